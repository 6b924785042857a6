# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""How many unfinished jobs an account may have on a backend."""

from __future__ import annotations

from typing import Any, Optional

from qiskit_ibmq_provider.protocol.backends import JobLimitRecord
from qiskit_ibmq_provider.utils.utils import to_python_identifier

__all__ = ["BackendJobLimit"]


class BackendJobLimit:
    """The job limit of a backend for one provider, as :meth:`IBMQBackend.job_limit()<IBMQBackend.job_limit>` returns it.

    Args:
        maximum_jobs: how many unfinished jobs there may be; None where there is no limit.
        running_jobs: how many unfinished jobs there are.
        kwargs: what else the server says; each becomes an attribute.

    Attributes:
        maximum_jobs: how many unfinished jobs there may be; None where there is no limit.
        active_jobs: how many unfinished jobs there are.

    Example:

        >>> limit = BackendJobLimit(maximum_jobs=5, running_jobs=2)
        >>> limit.maximum_jobs - limit.active_jobs
        3
    """

    def __init__(self, maximum_jobs: Optional[int], running_jobs: int, **kwargs: Any) -> None:
        self.maximum_jobs = maximum_jobs
        self.active_jobs = running_jobs
        self._data = kwargs

    @classmethod
    def from_record(cls, record: JobLimitRecord) -> BackendJobLimit:
        """Return the job limit that a server's answer stands for.

        Args:
            record: the answer.
        """
        limit = cls(record.maximum_jobs, record.running_jobs)
        limit._data.update({to_python_identifier(key): value for key, value in record.extra.items()})
        return limit

    def __getattr__(self, name: str) -> Any:
        # Looked up without __getattr__, which copying and unpickling call before there is any attribute.
        data = self.__dict__.get("_data", {})
        if name in data:
            return data[name]
        raise AttributeError(f"The job limit has no attribute {name!r}.")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}(maximum_jobs={self.maximum_jobs}, active_jobs={self.active_jobs})>"
