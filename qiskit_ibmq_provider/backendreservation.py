# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A time during which a backend is reserved for one user."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Optional

from qiskit_ibmq_provider.protocol.backends import ReservationRecord

__all__ = ["BackendReservation"]


class BackendReservation:
    """A reservation of a backend, as :meth:`IBMQBackend.reservations()<IBMQBackend.reservations>` returns it.

    Id, creation date, hub, group and project are only known to the owner of the reservation.

    Args:
        backend_name: name of the backend.
        start_datetime: when it begins, in local time.
        end_datetime: when it ends, in local time.
        creation_datetime: when it was made, in local time.
        mode: the scheduling mode.
        reservation_id: its id.
        hub_info: hub, group and project that it was made with: ``{"hub": {"name": ...}, "group": ..., "project": ...}``.

    Attributes:
        backend_name: name of the backend.
        start_datetime: when it begins, in local time.
        end_datetime: when it ends, in local time.
        duration: its length in whole minutes.
        creation_datetime: when it was made, in local time, or None.
        mode: the scheduling mode, or None.
        reservation_id: its id, or None.
        hub: the hub, or None.
        group: the group, or None.
        project: the project, or None.

    Example:

        >>> nine = dt.datetime(2021, 6, 1, 9)
        >>> BackendReservation("ibmq_vigo", nine, nine + dt.timedelta(hours=1, minutes=30)).duration
        90
    """

    def __init__(
        self,
        backend_name: str,
        start_datetime: dt.datetime,
        end_datetime: dt.datetime,
        creation_datetime: Optional[dt.datetime] = None,
        mode: Optional[str] = None,
        reservation_id: Optional[str] = None,
        hub_info: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.backend_name = backend_name
        self.start_datetime = start_datetime
        self.end_datetime = end_datetime
        self.duration = int((end_datetime - start_datetime).total_seconds() // 60)
        self.creation_datetime = creation_datetime
        self.mode = mode
        self.reservation_id = reservation_id
        self.hub = _name_in(hub_info, "hub")
        self.group = _name_in(hub_info, "group")
        self.project = _name_in(hub_info, "project")

    @classmethod
    def from_record(cls, record: ReservationRecord, backend_name: Optional[str] = None) -> BackendReservation:
        """Return the reservation that a server's answer stands for.

        Args:
            record: the answer.
            backend_name: name of the backend that was asked about; the record's own if it was not about one.
        """
        reservation = cls(
            backend_name=backend_name or record.backend_name or "",
            start_datetime=record.start.astimezone(),
            end_datetime=record.end.astimezone(),
            creation_datetime=None if record.creation is None else record.creation.astimezone(),
            mode=record.mode,
            reservation_id=record.id,
        )
        reservation.hub, reservation.group, reservation.project = record.hub, record.group, record.project
        return reservation

    def __eq__(self, other: object) -> bool:
        """Same backend, and the same id or the same time."""
        if not isinstance(other, BackendReservation):
            return NotImplemented
        if self.backend_name != other.backend_name:
            return False
        if self.reservation_id and self.reservation_id == other.reservation_id:
            return True
        return self.start_datetime == other.start_datetime and self.end_datetime == other.end_datetime

    def __hash__(self) -> int:
        # Equal reservations may differ in all but this.
        return hash(self.backend_name)

    def __repr__(self) -> str:
        known = {
            "backend_name": self.backend_name,
            "start_datetime": self.start_datetime.isoformat(),
            "end_datetime": self.end_datetime.isoformat(),
            "mode": self.mode,
            "duration": self.duration,
            "reservation_id": self.reservation_id,
            "creation_datetime": self.creation_datetime and self.creation_datetime.isoformat(),
            "hub": self.hub,
            "group": self.group,
            "project": self.project,
        }
        fields = ", ".join(f"{name}={value}" for name, value in known.items() if value is not None)
        return f"<{type(self).__name__}({fields})>"


def _name_in(hub_info: Optional[Mapping[str, Any]], level: str) -> Optional[str]:
    name: Optional[str] = ((hub_info or {}).get(level) or {}).get("name")
    return name
