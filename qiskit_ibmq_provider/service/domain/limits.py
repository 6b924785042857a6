# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How much of everything the service accepts."""

from __future__ import annotations

import dataclasses

__all__ = ["Limits"]


@dataclasses.dataclass(frozen=True)
class Limits:
    """The limits of the service; all of them are inclusive."""

    payload_bytes: int = 256 * 1024 * 1024
    """Largest payload of a job, in bytes."""

    direct_bytes: int = 4 * 1024 * 1024
    """Largest payload that may come in one request with its job, in bytes, if it is not over the limit above; 0 for none."""

    jobs_per_device: int = 1000
    """Unfinished jobs that a project may have on one device; -1 for any number."""

    filter_seconds: float = 10.0
    """Time that the search for the jobs of one listing may take, in seconds."""

    page_size: int = 1000
    """Most jobs in one answer to a listing; clients ask for further pages."""

    name_length: int = 4096
    """Longest job name, experiment tag or job tag, in characters."""

    tags: int = 1000
    """Most tags of a job."""

    tags_length: int = 65536
    """Most characters of all tags of a job together: a page of a listing holds a thousand jobs."""
