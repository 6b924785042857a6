# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Records of jobs: what creation sends, and what the server says of a job.

Dates stay the server's own text, because a client hands them back as cursors; :mod:`timestamps` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Optional, Union

from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object
from qiskit_ibmq_provider.protocol.records import (
    FiniteNumber,
    Record,
    Value,
    WireForm,
    described,
    extra_fields,
    wire_field,
)
from qiskit_ibmq_provider.protocol.status import ApiJobStatus

__all__ = [
    "JobCreateRequest",
    "JobError",
    "JobLabels",
    "JobRecord",
    "JobStatusRecord",
    "QueueRecord",
    "ServiceJobRecord",
    "UploadTicket",
    "decode_job_list",
]

_Status = Annotated[str, described(enum=[status.value for status in ApiJobStatus])]
_Share = Annotated[
    Optional[FiniteNumber], described("A share of the workers.", exclusiveMinimum=0, maximum=1)
]
_CreationDate = Annotated[str, described("ISO date in UTC, unique in the project.")]


class JobError(Record, frozen=True):
    """Why a job failed. Either may be empty where the server left it out."""

    WHAT: ClassVar[str] = "the reason of a failure"

    message: str = ""
    code: Union[int, str] = ""

    @classmethod
    def from_json(cls, data: Any) -> JobError:
        """Read ``{"message", "code"}``. Whatever its form, a reason must not make the job unreadable."""
        if not isinstance(data, Mapping):
            return cls(data if isinstance(data, str) else "")
        message, code = data.get("message"), data.get("code")
        return cls(
            message if isinstance(message, str) else "",
            code if isinstance(code, (int, str)) and not isinstance(code, bool) else "",
            extra={key: value for key, value in data.items() if key not in ("message", "code")},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form. Clients write ``<message>. Error code: <code>.``, so the text goes without its full stop."""
        return {**self.extra, "message": self.message.rstrip("."), "code": self.code}


class QueueRecord(Record, frozen=True):
    """Where a queued job stands. Priorities are between 0 and 1, times are ISO 8601 texts in UTC."""

    WHAT: ClassVar[str] = "the queue information"
    TITLE: ClassVar[str] = "QueueInfo"
    ALWAYS: ClassVar[frozenset[str]] = frozenset({"position", "status"})

    position: Annotated[Optional[int], described("From 1, over all projects.", minimum=1)] = None
    status: Optional[str] = None
    estimated_start_time: Optional[str] = None
    estimated_complete_time: Optional[str] = None
    hub_priority: _Share = None
    group_priority: _Share = None
    project_priority: _Share = None


class JobLabels(Value, frozen=True):
    """What its owner says of a job. A request has it, an answer has it, and so has the job that a service keeps."""

    backend_name: str = wire_field(name="backend.name")
    name: Annotated[Optional[str], described(maxLength=4096)] = None
    tags: Annotated[tuple[Annotated[str, described(maxLength=4096)], ...], described(maxItems=1000)] = ()
    experiment_tag: Optional[str] = None
    live_data_enabled: Optional[bool] = None
    share_level: Optional[str] = None

    def labels(self) -> dict[str, Any]:
        """Return these attributes, to make another structure with the same."""
        return {name: getattr(self, name) for name in JobLabels.__struct_fields__}


class JobCreateRequest(WireForm, JobLabels, frozen=True):
    """Body of job creation. ``liveDataEnabled`` is always sent, also as ``null``."""

    WHAT: ClassVar[str] = "the job"
    TITLE: ClassVar[str] = "JobCreation"

    allow_object_storage: bool = True
    extra: dict[str, Any] = extra_fields()

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        wanted = self.replaced(name=self.name or None, experiment_tag=self.experiment_tag or None)
        document = {**WireForm.to_json(wanted), "liveDataEnabled": self.live_data_enabled}
        if not self.tags:
            del document["tags"]
        return document


class UploadTicket(Record, frozen=True):
    """Answer to job creation: the new job's id and where its payload goes."""

    WHAT: ClassVar[str] = "the answer to job creation"
    HIDDEN: ClassVar[frozenset[str]] = frozenset({"upload_url"})

    job_id: str = wire_field(name="id")
    upload_url: str = wire_field(name="objectStorageInfo.uploadUrl")


class JobStatusRecord(Record, frozen=True):
    """Status of a job, as ``status/v/1`` and the websocket give it. The queue is only read while the job is queued."""

    WHAT: ClassVar[str] = "the job status"
    TITLE: ClassVar[str] = "JobStatus"
    ALWAYS: ClassVar[frozenset[str]] = frozenset({"id", "kind", "creation_date"})
    OTHER_NAMES: ClassVar[Mapping[str, str]] = {"job_id": "id"}

    status: _Status
    id: Optional[str] = None
    queue: Optional[QueueRecord] = wire_field(default=None, name="infoQueue")
    error: Optional[JobError] = None
    kind: Optional[str] = None
    creation_date: Optional[str] = None

    @classmethod
    def from_json(cls, data: Any) -> JobStatusRecord:
        """Read a status object; ``status`` is needed, and kept also where it is not known."""
        return super().from_json(_with_queue_if_queued(data, cls.WHAT))


class JobRecord(WireForm, JobLabels, frozen=True, kw_only=True):
    """A job as the server describes it.

    ``time_per_step`` maps API statuses to ISO 8601 texts; ``qobj`` and ``result`` are only there on servers that keep small payloads inside
    the job.
    """

    WHAT: ClassVar[str] = "the job"
    OTHER_NAMES: ClassVar[Mapping[str, str]] = {
        "job_id": "id",
        "_backend_info": "backend",
        "experiment_id": "experimentTag",
    }

    id: str
    creation_date: _CreationDate
    status: _Status
    kind: Optional[str] = None
    backend_name: Optional[str] = wire_field(default=None, name="backend.name")  # type: ignore[assignment]
    tags: Optional[tuple[str, ...]] = None  # type: ignore[assignment]
    time_per_step: Annotated[Optional[Mapping[str, str]], described("When each status was entered.")] = None
    error: Optional[JobError] = None
    run_mode: Optional[str] = None
    queue: Optional[QueueRecord] = wire_field(default=None, name="infoQueue")
    client_info: Optional[Mapping[str, Any]] = None
    qobj: Optional[Mapping[str, Any]] = wire_field(default=None, name="qObject")
    result: Optional[Mapping[str, Any]] = wire_field(default=None, name="qObjectResult")
    extra: dict[str, Any] = extra_fields()

    @classmethod
    def from_json(cls, data: Any) -> JobRecord:
        """Read a job object; ``id``, ``creationDate`` and ``status`` are needed. Steps without a time are left out."""
        job = _with_queue_if_queued(data, cls.WHAT)
        try:
            return super().from_json(job)
        except ProtocolError:
            steps = job.get("timePerStep")
            if not isinstance(steps, Mapping) or all(isinstance(instant, str) for instant in steps.values()):
                raise
            known = {step: instant for step, instant in steps.items() if isinstance(instant, str)}
            return super().from_json({**job, "timePerStep": known})


class ServiceJobRecord(JobRecord, frozen=True, kw_only=True):
    """A job as our own service describes it: what it always says, and what no client reads."""

    TITLE: ClassVar[str] = "Job"

    kind: str
    backend_name: str = wire_field(name="backend.name")
    tags: tuple[str, ...]
    time_per_step: Annotated[Mapping[str, str], described("When each status was entered.")]
    client_info: Mapping[str, str]
    hub: str = wire_field(name="hubInfo.hub.name")
    group: str = wire_field(name="hubInfo.group.name")
    project: str = wire_field(name="hubInfo.project.name")
    user_id: str
    summary_data: Optional[Mapping[str, Any]] = None
    end_date: Optional[str] = None


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


def _with_queue_if_queued(data: Any, what: str) -> Mapping[str, Any]:
    """Return a job or its status without queue information that has no meaning, since the job is not queued."""
    document = as_object(data, what)
    if "infoQueue" not in document or document.get("status") == ApiJobStatus.QUEUED.value:
        return document
    return {key: value for key, value in document.items() if key != "infoQueue"}
