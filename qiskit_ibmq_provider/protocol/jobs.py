# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Records of jobs: what creation sends, and what the server says of a job.

Dates stay the server's own text, because a client hands them back as cursors; :mod:`timestamps` reads them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, Optional, Union

from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider.protocol._reading import Readable
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import (
    as_object,
    integer,
    leftover,
    number,
    optional,
    required,
    without_none,
)
from qiskit_ibmq_provider.protocol.status import ApiJobStatus

__all__ = [
    "JobCreateRequest",
    "JobError",
    "JobRecord",
    "JobStatusRecord",
    "QueueRecord",
    "UploadTicket",
    "decode_job_list",
]


_QUEUE_KEYS: Final = frozenset(
    {
        "position",
        "status",
        "estimatedStartTime",
        "estimatedCompleteTime",
        "hubPriority",
        "groupPriority",
        "projectPriority",
    }
)

_CREATE_KEYS: Final = frozenset(
    {"backend", "name", "tags", "experimentTag", "liveDataEnabled", "allowObjectStorage"}
)

_STATUS_KEYS: Final = frozenset({"id", "status", "infoQueue", "error"})

_JOB_FIELDS: Final[Mapping[str, tuple[str, type]]] = {
    "id": ("id", str),
    "creationDate": ("creation_date", str),
    "status": ("status", str),
    "kind": ("kind", str),
    "name": ("name", str),
    "tags": ("tags", list),
    "timePerStep": ("time_per_step", dict),
    "runMode": ("run_mode", str),
    "clientInfo": ("client_info", dict),
    "experimentTag": ("experiment_tag", str),
    "shareLevel": ("share_level", str),
    "liveDataEnabled": ("live_data_enabled", bool),
    "qObject": ("qobj", dict),
    "qObjectResult": ("result", dict),
}
"""Fields of a job that are of one type: the attribute of the record, and the type."""

_JOB_OBJECTS: Final = frozenset({"backend", "error", "infoQueue"})
"""Fields of a job that are records of their own, or parts of such."""


@dataclasses.dataclass(frozen=True)
class JobError:
    """Why a job failed. Either may be empty where the server left it out."""

    message: str
    code: Union[int, str]

    @classmethod
    def from_json(cls, data: Any) -> JobError:
        """Read ``{"message", "code"}``. Whatever its form, a reason must not make the job unreadable."""
        if not isinstance(data, Mapping):
            return cls(message=data if isinstance(data, str) else "", code="")
        message, code = data.get("message"), data.get("code")
        return cls(
            message=message if isinstance(message, str) else "",
            code=code if isinstance(code, (int, str)) and not isinstance(code, bool) else "",
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form. Clients write ``<message>. Error code: <code>.``, so the text goes without its full stop."""
        return {"message": self.message.rstrip("."), "code": self.code}


@dataclasses.dataclass(frozen=True)
class QueueRecord(Readable):
    """Where a queued job stands. Priorities are between 0 and 1, times are ISO 8601 texts in UTC."""

    position: Optional[int] = None
    status: Optional[str] = None
    estimated_start_time: Optional[str] = None
    estimated_complete_time: Optional[str] = None
    hub_priority: Optional[float] = None
    group_priority: Optional[float] = None
    project_priority: Optional[float] = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> QueueRecord:
        """Read an ``infoQueue`` object; every field is optional."""
        what = "the queue information"
        queue = as_object(data, what)
        return cls(
            position=integer(queue, "position", what),
            status=optional(queue, "status", str, what),
            estimated_start_time=optional(queue, "estimatedStartTime", str, what),
            estimated_complete_time=optional(queue, "estimatedCompleteTime", str, what),
            hub_priority=number(queue, "hubPriority", what),
            group_priority=number(queue, "groupPriority", what),
            project_priority=number(queue, "projectPriority", what),
            extra=leftover(queue, _QUEUE_KEYS),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        known = without_none(
            status=self.status,
            position=self.position,
            estimatedStartTime=self.estimated_start_time,
            estimatedCompleteTime=self.estimated_complete_time,
            hubPriority=self.hub_priority,
            groupPriority=self.group_priority,
            projectPriority=self.project_priority,
        )
        return {**self.extra, **known}


@dataclasses.dataclass(frozen=True)
class JobCreateRequest:
    """Body of job creation."""

    backend_name: str
    name: Optional[str] = None
    tags: tuple[str, ...] = ()
    experiment_tag: Optional[str] = None
    live_data_enabled: Optional[bool] = None
    allow_object_storage: bool = True
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> JobCreateRequest:
        """Read the body; only ``backend.name`` is needed."""
        what = "the job"
        body = as_object(data, what)
        backend = as_object(body.get("backend"), "the job's backend")
        return cls(
            backend_name=required(backend, "name", str, "the job's backend"),
            name=optional(body, "name", str, what),
            tags=_texts(body, "tags", what) or (),
            experiment_tag=optional(body, "experimentTag", str, what),
            live_data_enabled=optional(body, "liveDataEnabled", bool, what),
            allow_object_storage=optional(body, "allowObjectStorage", bool, what) is not False,
            extra=leftover(body, _CREATE_KEYS),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form. ``liveDataEnabled`` is always sent, also as ``null``."""
        known = without_none(
            backend={"name": self.backend_name},
            allowObjectStorage=self.allow_object_storage,
            name=self.name or None,
            tags=list(self.tags) or None,
            experimentTag=self.experiment_tag or None,
        )
        return {**self.extra, **known, "liveDataEnabled": self.live_data_enabled}


@dataclasses.dataclass(frozen=True)
class UploadTicket:
    """Answer to job creation: the new job's id and where its payload goes."""

    job_id: str
    upload_url: str = dataclasses.field(repr=False)

    @classmethod
    def from_json(cls, data: Any) -> UploadTicket:
        """Read the answer; ``id`` and ``objectStorageInfo.uploadUrl`` are needed."""
        answer = as_object(data, "the answer to job creation")
        storage = as_object(
            answer.get("objectStorageInfo"), "the field 'objectStorageInfo' of the answer to job creation"
        )
        return cls(
            job_id=required(answer, "id", str, "the answer to job creation"),
            upload_url=required(storage, "uploadUrl", str, "the answer to job creation"),
        )


@dataclasses.dataclass(frozen=True)
class JobStatusRecord(Readable):
    """Status of a job, as ``status/v/1`` and the websocket give it. The queue is only read while the job is queued."""

    status: str
    id: Optional[str] = None
    queue: Optional[QueueRecord] = None
    error: Optional[JobError] = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> JobStatusRecord:
        """Read a status object; ``status`` is needed, and kept also where it is not known."""
        what = "the job status"
        answer = as_object(data, what)
        status = required(answer, "status", str, what)
        return cls(
            status=status,
            id=optional(answer, "id", str, what),
            queue=_queue(answer, status),
            error=_error(answer),
            extra=leftover(answer, _STATUS_KEYS),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        known = without_none(
            id=self.id,
            status=self.status,
            infoQueue=self.queue.to_json() if self.queue else None,
            error=self.error.to_json() if self.error else None,
        )
        return {**self.extra, **known}


@dataclasses.dataclass(frozen=True)
class JobRecord(Readable):
    """A job as the server describes it.

    ``time_per_step`` maps API statuses to ISO 8601 texts; ``qobj`` and ``result`` are only there on servers that keep small payloads inside
    the job.
    """

    id: str
    creation_date: str
    status: str
    kind: Optional[str] = None
    backend_name: Optional[str] = None
    name: Optional[str] = None
    tags: Optional[tuple[str, ...]] = None
    time_per_step: Optional[Mapping[str, str]] = None
    error: Optional[JobError] = None
    run_mode: Optional[str] = None
    queue: Optional[QueueRecord] = None
    client_info: Optional[Mapping[str, Any]] = None
    experiment_tag: Optional[str] = None
    share_level: Optional[str] = None
    live_data_enabled: Optional[bool] = None
    qobj: Optional[Mapping[str, Any]] = None
    result: Optional[Mapping[str, Any]] = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> JobRecord:
        """Read a job object; ``id``, ``creationDate`` and ``status`` are needed."""
        what = "the job"
        job = as_object(data, what)
        # One pass over what is there: lists of jobs have thousands of them.
        fields = dict.fromkeys(_JOB_DEFAULTS)
        extra = {}
        for key, value in job.items():
            known = _JOB_FIELDS.get(key)
            if known is None:
                if key not in _JOB_OBJECTS:
                    extra[key] = value
            elif type(value) is known[1]:
                fields[known[0]] = value
            else:
                fields[known[0]] = optional(job, key, known[1], what)
        for key in ("status", "id", "creationDate"):
            if fields[_JOB_FIELDS[key][0]] is None:
                required(job, key, str, what)
        if fields["tags"] is not None:
            fields["tags"] = _texts(job, "tags", what)
        if fields["time_per_step"] is not None:
            fields["time_per_step"] = _steps(job)
        backend = optional(job, "backend", dict, what) or {}
        fields["backend_name"] = optional(backend, "name", str, "the job's backend")
        fields["error"] = _error(job)
        fields["queue"] = _queue(job, str(fields["status"]))
        fields["extra"] = extra
        record = cls.__new__(cls)
        # The constructor of a frozen class sets each attribute by a call.
        vars(record).update(fields)
        return record

    def to_json(self) -> dict[str, Any]:
        """Return the wire form, without what is not there."""
        known = without_none(
            id=self.id,
            kind=self.kind,
            status=self.status,
            creationDate=self.creation_date,
            backend={"name": self.backend_name} if self.backend_name is not None else None,
            name=self.name,
            tags=list(self.tags) if self.tags is not None else None,
            timePerStep=dict(self.time_per_step) if self.time_per_step is not None else None,
            error=self.error.to_json() if self.error else None,
            runMode=self.run_mode,
            infoQueue=self.queue.to_json() if self.queue else None,
            clientInfo=dict(self.client_info) if self.client_info is not None else None,
            experimentTag=self.experiment_tag,
            shareLevel=self.share_level,
            liveDataEnabled=self.live_data_enabled,
            qObject=dict(self.qobj) if self.qobj is not None else None,
            qObjectResult=dict(self.result) if self.result is not None else None,
        )
        return {**self.extra, **known}


_JOB_DEFAULTS: Final = tuple(field.name for field in dataclasses.fields(JobRecord))


def decode_job_list(data: Any) -> tuple[list[JobRecord], list[ProtocolError]]:
    """Read an array of jobs; an entry that cannot be read does not spoil the others.

    Returns:
        the jobs that can be read, in order, and one error for each that cannot.

    Raises:
        ProtocolError: the document is not an array.
    """
    if not isinstance(data, list):
        raise ProtocolError(f"The list of jobs should be a JSON array, not {type(data).__name__}.")
    records: list[JobRecord] = []
    problems: list[ProtocolError] = []
    with collector_held():
        for entry in data:
            try:
                records.append(JobRecord.from_json(entry))
            except ProtocolError as err:
                problems.append(err)
    return records, problems


def _texts(data: Mapping[str, Any], key: str, what: str) -> Optional[tuple[str, ...]]:
    """Return an array of texts, or ``None``."""
    values = optional(data, key, list, what)
    if not values:
        return None if values is None else ()
    if not all(isinstance(value, str) for value in values):
        raise ProtocolError(f"The field {key!r} of {what} should hold texts only, not {values!r:.80}.")
    return tuple(values)


def _steps(job: Mapping[str, Any]) -> Optional[Mapping[str, str]]:
    """Return the times of the steps, leaving out those without a value."""
    steps = optional(job, "timePerStep", dict, "the job")
    if steps is None:
        return None
    return {step: instant for step, instant in steps.items() if isinstance(instant, str)}


def _error(data: Mapping[str, Any]) -> Optional[JobError]:
    """Return the reason of a failure, or ``None``."""
    return None if data.get("error") is None else JobError.from_json(data["error"])


def _queue(data: Mapping[str, Any], status: str) -> Optional[QueueRecord]:
    """Return the queue information of a job that is queued; in any other status it has no meaning."""
    if status != ApiJobStatus.QUEUED.value or data.get("infoQueue") is None:
        return None
    return QueueRecord.from_json(data["infoQueue"])
