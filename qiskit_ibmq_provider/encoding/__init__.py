# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Qiskit objects and their wire values, both ways, without any I/O.

The client encodes circuits and schedules and decodes results and device data; the service's workers use the same functions for
the way back.
"""

from __future__ import annotations

from qiskit_ibmq_provider.encoding.assembly import assemble_circuits, assemble_schedules
from qiskit_ibmq_provider.encoding.backends import (
    decode_backend_configuration,
    decode_backend_properties,
    decode_pulse_defaults,
)
from qiskit_ibmq_provider.encoding.qobj import EncodedQobj, decode_qobj, encode_qobj, encode_with
from qiskit_ibmq_provider.encoding.results import decode_result
from qiskit_ibmq_provider.encoding.values import to_complex, to_wire

__all__ = [
    "EncodedQobj",
    "assemble_circuits",
    "assemble_schedules",
    "decode_backend_configuration",
    "decode_backend_properties",
    "decode_pulse_defaults",
    "decode_qobj",
    "decode_result",
    "encode_qobj",
    "encode_with",
    "to_complex",
    "to_wire",
]
