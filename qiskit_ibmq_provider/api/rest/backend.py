# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Adapter for one device."""

from __future__ import annotations

import datetime as dt
from typing import Any, Optional

from qiskit_ibmq_provider.api.rest.base import RestAdapterBase, json_text, read_document
from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.backends import (
    BackendStatusRecord,
    JobLimitRecord,
    ReservationRecord,
    decode_reservations,
    properties_filter,
)
from qiskit_ibmq_provider.protocol.timestamps import format_utc

__all__ = ["Backend"]


class Backend(RestAdapterBase):
    """One device. Its place in the paths is ``device``."""

    def properties(self, datetime: Optional[dt.datetime] = None) -> Optional[dict[str, Any]]:
        """Return the calibration, ``None`` if there is none.

        Args:
            datetime: ask for the newest one before this instant. A naive value is local time.
        """
        params = {"version": "1"}
        if datetime is not None:
            params["filter"] = json_text(properties_filter(datetime), "The date")
        return self.session.request(
            "GET", self.get_url(routes.DEVICE_PROPERTIES), read=read_document, params=params
        )

    def pulse_defaults(self) -> Optional[dict[str, Any]]:
        """Return the pulse defaults, ``None`` if there are none."""
        return self.session.request("GET", self.get_url(routes.DEVICE_DEFAULTS), read=read_document)

    def status(self) -> BackendStatusRecord:
        """Return the state of the device and of its queue."""
        return self.session.request(
            "GET", self.get_url(routes.DEVICE_STATUS), read=BackendStatusRecord.from_json
        )

    def job_limit(self) -> JobLimitRecord:
        """Return how many unfinished jobs the account may have there."""
        return self.session.request(
            "GET", self.get_url(routes.DEVICE_JOBS_LIMIT), read=JobLimitRecord.from_json
        )

    def reservations(
        self, start_datetime: Optional[dt.datetime] = None, end_datetime: Optional[dt.datetime] = None
    ) -> list[ReservationRecord]:
        """Return the reservations that overlap a window, which is open on a side that is ``None``. Naive values are local time."""
        bounds = {"initialDate": start_datetime, "endDate": end_datetime}
        params = {name: format_utc(instant) for name, instant in bounds.items() if instant is not None}
        return self.session.request(
            "GET", self.get_url(routes.DEVICE_BOOKINGS), read=decode_reservations, params=params
        )
