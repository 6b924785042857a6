# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Changes to Qobj objects, and Qobj objects from dictionaries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional, Union

from qiskit.qobj import PulseQobj, QasmQobj, QobjHeader

from qiskit_ibmq_provider.encoding.qobj import decode_qobj
from qiskit_ibmq_provider.encoding.values import to_wire

__all__ = ["dict_to_qobj", "update_qobj_config"]


def update_qobj_config(
    qobj: Union[QasmQobj, PulseQobj],
    backend_options: Optional[Mapping[str, Any]] = None,
    noise_model: Any = None,
) -> Union[QasmQobj, PulseQobj]:
    """Put backend options and a noise model into the configuration of a Qobj.

    Args:
        qobj: the Qobj, which is changed.
        backend_options: options to add, over those of the same name in the Qobj.
        noise_model: a noise model, or its dictionary; it wins over one in the options.

    Returns:
        The same Qobj.

    Example:

        >>> from qiskit import QuantumCircuit, assemble
        >>> qobj = assemble(QuantumCircuit(1), shots=100)
        >>> update_qobj_config(qobj, {"shots": 200, "seed_simulator": 7}).config.shots
        200
    """
    config = {**qobj.config.to_dict(), **(backend_options or {})}
    if noise_model:
        config["noise_model"] = noise_model
    qobj.config = QobjHeader.from_dict(_with_plain_noise_models(config))
    return qobj


def dict_to_qobj(qobj_dict: Mapping[str, Any]) -> Union[QasmQobj, PulseQobj]:
    """Return the Qobj that a dictionary stands for. The dictionary is not changed.

    Args:
        qobj_dict: the dictionary; complex numbers may be given as ``[real, imaginary]``.

    Raises:
        ProtocolError: the dictionary is not one of a Qobj.
    """
    return decode_qobj(qobj_dict)


def _with_plain_noise_models(config: Mapping[str, Any]) -> dict[str, Any]:
    plain = {}
    for key, value in config.items():
        if isinstance(value, Mapping):
            plain[key] = _with_plain_noise_models(value)
        elif key == "noise_model" and hasattr(value, "to_dict"):
            plain[key] = to_wire(value)
        else:
            plain[key] = value
    return plain
