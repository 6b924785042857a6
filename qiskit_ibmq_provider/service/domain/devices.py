# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The interface of the device catalogue."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any, Optional, Protocol

__all__ = ["DeviceCatalogue"]


class DeviceCatalogue(Protocol):
    """The devices that this service offers, as wire documents.

    Every answer is the caller's own copy or must be treated as read-only. Safe in any thread.
    """

    def names(self) -> Sequence[str]:
        """Return the names of all devices, in the order in which they are listed."""
        ...

    def configuration(self, name: str) -> dict[str, Any]:
        """Return the configuration of a device, with every key that clients need.

        Raises:
            UnknownDevice: if there is no device of this name.
        """
        ...

    def configurations(self) -> list[dict[str, Any]]:
        """Return the configurations of all devices, in the order of ``names``."""
        ...

    def encoded_configurations(self) -> bytes:
        """Return ``configurations`` as a JSON document: every login asks for it, and it is large."""
        ...

    def properties(self, name: str, before: Optional[datetime.datetime] = None) -> Optional[dict[str, Any]]:
        """Return the calibration of a device, or ``None`` if it has none.

        Args:
            name: the device.
            before: the newest set strictly older than this instant; the newest of all by default.

        Raises:
            UnknownDevice: if there is no device of this name.
        """
        ...

    def defaults(self, name: str) -> Optional[dict[str, Any]]:
        """Return the pulse defaults of a device, or ``None`` if it has none.

        Raises:
            UnknownDevice: if there is no device of this name.
        """
        ...
