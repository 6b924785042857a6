# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Reservation data as :class:`BackendReservation` objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Optional, Union

from qiskit_ibmq_provider.backendreservation import BackendReservation
from qiskit_ibmq_provider.protocol.backends import ReservationRecord

__all__ = ["convert_reservation_data"]


def convert_reservation_data(
    raw_reservations: Iterable[Union[ReservationRecord, Mapping[str, Any]]],
    backend_name: Optional[str] = None,
) -> list[BackendReservation]:
    """Return reservations with dates in the local zone.

    Args:
        raw_reservations: records, or the objects that the server sends.
        backend_name: name of the device, if all of them are for one; else each says its own.

    Raises:
        ProtocolError: an object is not a reservation.
    """
    records = (
        entry if isinstance(entry, ReservationRecord) else ReservationRecord.from_json(entry)
        for entry in raw_reservations
    )
    return [BackendReservation.from_record(record, backend_name) for record in records]
