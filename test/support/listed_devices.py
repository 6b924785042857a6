# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A small device catalogue out of plain documents."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Optional

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.domain.errors import UnknownDevice

__all__ = ["ListedDevices"]


class ListedDevices:
    """Implements the domain's catalogue for devices of which only name, version and calibration matter.

    Args:
        devices: calibrations by name of device, in any order; a simulator has none.
    """

    def __init__(self, devices: Optional[dict[str, list[dict[str, Any]]]] = None) -> None:
        self._devices = devices if devices is not None else {"alpha": [], "beta": []}

    def names(self) -> Sequence[str]:
        """Return all names."""
        return list(self._devices)

    def configuration(self, name: str) -> dict[str, Any]:
        """Return a configuration."""
        self._check(name)
        return {"backend_name": name, "backend_version": "1.2.3", "n_qubits": 5}

    def configurations(self) -> list[dict[str, Any]]:
        """Return all configurations."""
        return [self.configuration(name) for name in self._devices]

    def encoded_configurations(self) -> bytes:
        """Return all configurations as JSON."""
        return codec.dumps(self.configurations())

    def properties(self, name: str, before: Optional[datetime.datetime] = None) -> Optional[dict[str, Any]]:
        """Return the newest calibration before an instant."""
        self._check(name)
        dated = [(parse_utc(each["last_update_date"]), each) for each in self._devices[name]]
        fitting = [pair for pair in dated if before is None or pair[0] < before]
        return dict(max(fitting, key=lambda pair: pair[0])[1]) if fitting else None

    def defaults(self, name: str) -> Optional[dict[str, Any]]:
        """Return no pulse defaults."""
        self._check(name)
        return None

    def _check(self, name: str) -> None:
        if name not in self._devices:
            raise UnknownDevice(f"There is no device {name}.", ErrorCode.DEVICE_NOT_FOUND)
