# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Records of devices: queue status, job limit and reservations.

Configurations, properties and pulse defaults are large documents that Qiskit has its own classes for; they travel as plain objects.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol._reading import Readable
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import (
    as_object,
    as_objects,
    integer,
    leftover,
    optional,
    required,
    without_none,
)
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc

__all__ = [
    "BackendStatusRecord",
    "JobLimitRecord",
    "ReservationRecord",
    "decode_reservations",
    "properties_bound",
    "properties_filter",
]

_STATUS_KEYS: Final = frozenset({"state", "status", "lengthQueue", "backend_version", "message"})
_LIMIT_KEYS: Final = frozenset({"maximumJobs", "runningJobs"})
_BOOKING_KEYS: Final = frozenset(
    {"id", "initialDate", "endDate", "creationDate", "mode", "backendName", "hubInfo"}
)


@dataclasses.dataclass(frozen=True)
class BackendStatusRecord(Readable):
    """State of a device and of its queue. ``status_msg`` is ``active`` where jobs are processed."""

    operational: bool = False
    status_msg: str = ""
    pending_jobs: int = 0
    backend_version: str = "0.0.0"
    message: Optional[str] = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> BackendStatusRecord:
        """Read a queue status; every field is optional, and a negative length is none."""
        what = "the device status"
        status = as_object(data, what)
        return cls(
            operational=bool(optional(status, "state", bool, what)),
            status_msg=optional(status, "status", str, what) or "",
            pending_jobs=max(0, integer(status, "lengthQueue", what) or 0),
            backend_version=optional(status, "backend_version", str, what) or "0.0.0",
            message=optional(status, "message", str, what),
            extra=leftover(status, _STATUS_KEYS),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return {
            **self.extra,
            "state": self.operational,
            "status": self.status_msg,
            "message": self.message or "",
            "lengthQueue": self.pending_jobs,
            "backend_version": self.backend_version,
        }


@dataclasses.dataclass(frozen=True)
class JobLimitRecord(Readable):
    """How many unfinished jobs an account may have on a device. ``maximum_jobs`` is ``None`` where there is no limit."""

    maximum_jobs: Optional[int]
    running_jobs: int
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> JobLimitRecord:
        """Read a job limit; both numbers are needed, and -1 means no limit."""
        what = "the job limit"
        limit = as_object(data, what)
        maximum, running = integer(limit, "maximumJobs", what), integer(limit, "runningJobs", what)
        if maximum is None or running is None:
            raise ProtocolError("The job limit should hold 'maximumJobs' and 'runningJobs'.")
        return cls(
            maximum_jobs=None if maximum == -1 else maximum,
            running_jobs=running,
            extra=leftover(limit, _LIMIT_KEYS),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        maximum = -1 if self.maximum_jobs is None else self.maximum_jobs
        return {**self.extra, "maximumJobs": maximum, "runningJobs": self.running_jobs}


@dataclasses.dataclass(frozen=True)
class ReservationRecord(Readable):
    """A reserved slot of a device. ``id`` and ``creation`` are only shown to its owner."""

    start: dt.datetime
    end: dt.datetime
    backend_name: Optional[str] = None
    creation: Optional[dt.datetime] = None
    mode: Optional[str] = None
    id: Optional[str] = None
    hub: Optional[str] = None
    group: Optional[str] = None
    project: Optional[str] = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> ReservationRecord:
        """Read a booking; ``initialDate`` and ``endDate`` are needed."""
        what = "the reservation"
        booking = as_object(data, what)
        hub_info = optional(booking, "hubInfo", dict, what) or {}
        created = booking.get("creationDate")
        return cls(
            start=parse_utc(required(booking, "initialDate", str, what)),
            end=parse_utc(required(booking, "endDate", str, what)),
            backend_name=optional(booking, "backendName", str, what),
            creation=None if created is None else parse_utc(created),
            mode=optional(booking, "mode", str, what),
            id=optional(booking, "id", str, what),
            hub=_name_of(hub_info, "hub"),
            group=_name_of(hub_info, "group"),
            project=_name_of(hub_info, "project"),
            extra=leftover(booking, _BOOKING_KEYS),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        hub_info = None
        if self.hub is not None and self.group is not None and self.project is not None:
            hub_info = {
                "hub": {"name": self.hub},
                "group": {"name": self.group},
                "project": {"name": self.project},
            }
        known = without_none(
            id=self.id,
            initialDate=format_utc(self.start),
            endDate=format_utc(self.end),
            creationDate=None if self.creation is None else format_utc(self.creation),
            mode=self.mode,
            backendName=self.backend_name,
            hubInfo=hub_info,
        )
        return {**self.extra, **known}


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


def _name_of(hub_info: Mapping[str, Any], key: str) -> Optional[str]:
    """Return the name inside one level of ``hubInfo``."""
    level = hub_info.get(key)
    return optional(level, "name", str, f"the reservation's {key}") if isinstance(level, dict) else None
