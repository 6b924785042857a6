# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Queries of jobs: from the arguments of ``jobs()`` to the server's filter."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import operator
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional, Union

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.exceptions import IBMQBackendValueError
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.filters import AnyOf, Clause, Compare, Operator, conjunction, parse_clause
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.utils.converters import local_to_utc
from qiskit_ibmq_provider.utils.utils import validate_job_tags

__all__ = ["JobQuery", "StatusArgument"]

StatusArgument = Union[JobStatus, str, Sequence[Union[JobStatus, str]]]
"""What ``jobs(status=...)`` takes: a status, its name in any case, or several of these."""


@dataclasses.dataclass
class JobQuery:
    """What ``jobs()``, ``job_ids()`` or ``iter_jobs()`` was asked; see :meth:`.IBMQBackendService.jobs`.

    A ``limit`` of ``None`` asks for all jobs. The condition that follows from the other arguments is ``where``.

    Raises:
        IBMQBackendValueError: a value is not usable.
        TypeError: a date is neither a datetime nor a text.
    """

    limit: Optional[int] = 10
    skip: int = 0
    backend_name: Optional[str] = None
    status: Optional[StatusArgument] = None
    job_name: Optional[str] = None
    start_datetime: Optional[dt.datetime] = None
    end_datetime: Optional[dt.datetime] = None
    job_tags: Optional[list[str]] = None
    job_tags_operator: Optional[str] = "OR"
    experiment_id: Optional[str] = None
    descending: bool = True
    db_filter: Optional[Mapping[str, Any]] = None
    where: Clause = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.where = self._condition()
        self.limit = _count("limit", self.limit) or None
        self.skip = _count("skip", self.skip) or 0
        self.descending = bool(self.descending)

    def _condition(self) -> Clause:
        explicit: dict[str, Clause] = {}
        if self.backend_name:
            explicit["backend.name"] = Compare("backend.name", Operator.EQ, self.backend_name)
        if self.status:
            explicit["status"] = _status_clause(self.status)
        if self.job_name:
            explicit["name"] = Compare("name", Operator.REGEXP, self.job_name)
        if self.start_datetime or self.end_datetime:
            explicit["creationDate"] = _period(self.start_datetime, self.end_datetime)
        if self.job_tags:
            explicit["tags"] = _tags_clause(self.job_tags, self.job_tags_operator)
        if self.experiment_id:
            explicit["experimentTag"] = Compare("experimentTag", Operator.EQ, self.experiment_id)
        return conjunction(*explicit.values(), _user_clause(self.db_filter or {}, explicit))


def _count(name: str, value: Optional[int]) -> Optional[int]:
    """Return a number of jobs as Python's own kind of integer."""
    if value is None:
        return None
    with contextlib.suppress(TypeError):
        number = -1 if isinstance(value, bool) else operator.index(value)
        if number >= 0:
            return number
    raise IBMQBackendValueError(f"{name} should be an integer that is not negative, or None, not {value!r}.")


def _status_clause(status: StatusArgument) -> Clause:
    if isinstance(status, (JobStatus, str)):
        return _one_status(status)
    return AnyOf(tuple(_one_status(each) for each in status))


def _one_status(status: Union[JobStatus, str]) -> Clause:
    """Return the condition for one status of Qiskit, which may stand for several of the API."""
    if isinstance(status, str):
        status = JobStatus.__members__.get(status.upper(), status)
    if not isinstance(status, JobStatus):
        names = ", ".join(JobStatus.__members__)
        raise IBMQBackendValueError(f'"{status}" is not a valid status value. Valid values are {names}.')
    if status is JobStatus.ERROR:
        return Compare("status", Operator.REGEXP, "^ERROR")
    values = _API_STATUSES[status]
    if len(values) == 1:
        return Compare("status", Operator.EQ, values[0])
    return Compare("status", Operator.INQ, list(values))


_API_STATUSES: Final = {
    JobStatus.INITIALIZING: (
        ApiJobStatus.CREATING.value,
        ApiJobStatus.CREATED.value,
        ApiJobStatus.TRANSPILING.value,
        ApiJobStatus.TRANSPILED.value,
    ),
    JobStatus.VALIDATING: (ApiJobStatus.VALIDATING.value, ApiJobStatus.VALIDATED.value),
    JobStatus.QUEUED: (ApiJobStatus.QUEUED.value,),
    JobStatus.RUNNING: (ApiJobStatus.RUNNING.value,),
    JobStatus.DONE: (ApiJobStatus.COMPLETED.value,),
    JobStatus.CANCELLED: (ApiJobStatus.CANCELLED.value,),
}
"""Statuses of the API by status of Qiskit, but for errors, which a pattern covers. Waiting jobs are QUEUED in any server's list."""


def _period(start: Optional[dt.datetime], end: Optional[dt.datetime]) -> Clause:
    """Return the condition on the creation date. Dates without zone are local."""
    first = format_utc(local_to_utc(start)) if start else None
    last = format_utc(local_to_utc(end)) if end else None
    if first and last:
        return Compare("creationDate", Operator.BETWEEN, [first, last])
    return (
        Compare("creationDate", Operator.GTE, first) if first else Compare("creationDate", Operator.LTE, last)
    )


def _tags_clause(tags: list[str], how: Optional[str]) -> Clause:
    validate_job_tags(tags, IBMQBackendValueError)
    name = how.upper() if isinstance(how, str) else how
    if name == "OR":
        return Compare("tags", Operator.INQ, list(tags))
    if name == "AND":
        return conjunction(*(Compare("tags", Operator.EQ, tag) for tag in tags))
    raise IBMQBackendValueError(
        f'"{how}" is not a valid job_tags_operator value. Valid values are "AND" and "OR".'
    )


def _user_clause(db_filter: Mapping[str, Any], explicit: Mapping[str, Clause]) -> Optional[Clause]:
    """Read the caller's own filter. On a field that an argument asks about, the argument wins; ``and`` and ``or`` come on top."""
    if not isinstance(db_filter, Mapping):
        raise IBMQBackendValueError(f"db_filter should be a dictionary, not {type(db_filter).__name__}.")
    taken = explicit.keys() - {"and", "or"}
    rest = {key: value for key, value in db_filter.items() if key not in taken}
    try:
        return parse_clause(rest) if rest else None
    except ProtocolError as err:
        raise IBMQBackendValueError(f"db_filter cannot be used. {err}") from err
