# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Records of devices: queue status, job limit and reservations.

Configurations, properties and pulse defaults are large documents that Qiskit has its own classes for; they travel as plain objects.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, ClassVar, Optional

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, as_objects
from qiskit_ibmq_provider.protocol.records import Record, described, wire_field
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc

__all__ = [
    "BackendStatusRecord",
    "JobLimitRecord",
    "ReservationRecord",
    "decode_reservations",
    "properties_bound",
    "properties_filter",
]


class BackendStatusRecord(Record, frozen=True):
    """State of a device and of its queue. ``status_msg`` is ``active`` where jobs are processed."""

    WHAT: ClassVar[str] = "the device status"
    TITLE: ClassVar[str] = "DeviceStatus"

    operational: Annotated[bool, described("Whether it takes jobs.")] = wire_field(
        default=False, name="state"
    )
    status_msg: str = wire_field(default="", name="status")
    pending_jobs: Annotated[int, described("Jobs that wait for it.", minimum=0)] = wire_field(
        default=0, name="lengthQueue"
    )
    backend_version: str = wire_field(default="0.0.0", name="backend_version")
    message: str = ""

    @classmethod
    def from_json(cls, data: Any) -> BackendStatusRecord:
        """Read a queue status; every field is optional, and a negative length is none."""
        status = super().from_json(data)
        return status.replaced(
            pending_jobs=max(0, status.pending_jobs), backend_version=status.backend_version or "0.0.0"
        )


class JobLimitRecord(Record, frozen=True):
    """How many unfinished jobs an account may have on a device. ``maximum_jobs`` is ``None`` where there is no limit."""

    WHAT: ClassVar[str] = "the job limit"
    TITLE: ClassVar[str] = "JobLimit"

    maximum_jobs: Annotated[
        Optional[int],
        described("Unfinished jobs that the project may have here; -1 for any number.", minimum=-1),
    ]
    running_jobs: Annotated[int, described("Unfinished jobs that it has.", minimum=0)]

    @classmethod
    def from_json(cls, data: Any) -> JobLimitRecord:
        """Read a job limit; both numbers are needed, and -1 means no limit."""
        limit = super().from_json(data)
        if limit.maximum_jobs is None:
            raise ProtocolError("The job limit lacks the field 'maximumJobs'.")
        return limit.replaced(maximum_jobs=None) if limit.maximum_jobs == -1 else limit

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {"maximumJobs": -1, **super().to_json()}


class ReservationRecord(Record, frozen=True):
    """A reserved slot of a device. ``id`` and ``creation`` are only shown to its owner."""

    WHAT: ClassVar[str] = "the reservation"
    TITLE: ClassVar[str] = "Booking"

    start: dt.datetime = wire_field(name="initialDate")
    end: dt.datetime = wire_field(name="endDate")
    backend_name: Optional[str] = None
    creation: Optional[dt.datetime] = wire_field(default=None, name="creationDate")
    mode: Optional[str] = None
    id: Optional[str] = None
    hub: Optional[str] = wire_field(default=None, name="hubInfo.hub.name")
    group: Optional[str] = wire_field(default=None, name="hubInfo.group.name")
    project: Optional[str] = wire_field(default=None, name="hubInfo.project.name")


def decode_reservations(data: Any) -> list[ReservationRecord]:
    """Read an array of bookings.

    Raises:
        ProtocolError: it is not one.
    """
    return [ReservationRecord.from_json(entry) for entry in as_objects(data, "the list of reservations")]


def properties_filter(before: dt.datetime) -> dict[str, Any]:
    """Return the filter that asks for the newest calibration older than an instant."""
    return {"where": {"last_update_date": {"lt": format_utc(before)}}}


def properties_bound(data: Any) -> Optional[dt.datetime]:
    """Return the instant that a calibration filter names, or ``None`` where it names none.

    Raises:
        ProtocolError: the filter has another form.
    """
    where = as_object(data, "the filter").get("where")
    if where is None:
        return None
    bound = as_object(where, "the filter's 'where'").get("last_update_date")
    if bound is None:
        return None
    return parse_utc(as_object(bound, "the filter's 'last_update_date'").get("lt"))
