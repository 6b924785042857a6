# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Copies and pickles of a job: its record and its backend go along, token, connection and result do not."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from qiskit.providers.job import JobV1

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.job._payload import JobPayload
    from qiskit_ibmq_provider.job._state import JobState
    from qiskit_ibmq_provider.protocol.jobs import JobRecord

__all__ = ["PortableJob"]

_SIGNED: Final = ("objectStorageInfo",)
"""Fields that may hold signed URLs."""

_Job = TypeVar("_Job", bound="PortableJob")


class PortableJob(JobV1):
    """A job that can be copied and pickled. A copy shares the connection; what was pickled connects by its backend."""

    _api_client: AccountClient
    _state: JobState
    _payload: JobPayload
    _extra: dict[str, Any]

    def __copy__(self: _Job) -> _Job:
        return self._twin(self._backend)

    def __deepcopy__(self: _Job, memo: dict[int, Any]) -> _Job:
        return self._twin(copy.deepcopy(self._backend, memo))

    def __reduce__(self) -> tuple[Any, ...]:
        # The payload may be large, and can be fetched again. For the sake of a job, the server is asked nothing about its backend.
        backend = self._backend.as_known()
        record = self._state.record
        extra = {key: value for key, value in record.extra.items() if key not in _SIGNED}
        record = record.replaced(qobj=None, extra=extra)
        return _restored, (type(self), backend, record, self._payload.known_outline(), self._extra)

    def _twin(self: _Job, backend: IBMQBackend) -> _Job:
        outline = self._payload.known_outline()
        job: _Job = type(self).from_record(backend, self._api_client, self._state.record, **outline)
        job._extra.update(self._extra)  # noqa: SLF001 - its own
        return job


def _restored(
    kind: Any, backend: IBMQBackend, record: JobRecord, outline: Mapping[str, Any], extra: Mapping[str, Any]
) -> Any:
    """Return a job that was pickled."""
    client = backend._api_client  # noqa: SLF001 - the connection is that of the backend's project
    job = kind.from_record(backend, client, record, **outline)
    job._extra.update(extra)  # noqa: SLF001 - a part of the job's own making
    return job
