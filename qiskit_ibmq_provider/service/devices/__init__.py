# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The fleet: devices and simulators as data.

Device snapshots come from the JSON files that terra ships, from profile files of this package and from directories of the user. They are
read as data, without importing Qiskit.
"""

from __future__ import annotations

from qiskit_ibmq_provider.service.devices.files import DeviceFileError
from qiskit_ibmq_provider.service.devices.fleet import Fleet

__all__ = ["DeviceFileError", "Fleet"]
