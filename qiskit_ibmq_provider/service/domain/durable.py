# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Files of payloads and results, whose failures are those of the domain.

The service's blob directory and the workers, which write results, make them the same way.
"""

from __future__ import annotations

from pathlib import Path

from qiskit_ibmq_provider._atomic import AtomicFile, is_disk_full
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import DomainError, StorageFull, Unavailable

__all__ = ["DurableFile", "refusal_of"]


class DurableFile(AtomicFile):
    """A file that appears under its name only when it is complete and on the disk.

    Args:
        path: the final name; its directory must exist.

    Raises:
        StorageFull: if there is no space; here and in ``write`` and ``commit``.
        Unavailable: if the file cannot be written for another reason.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, failure=lambda err, path: refusal_of(err, path.name))


def refusal_of(err: OSError, name: str) -> DomainError:
    """Return what the domain says about a failed system call on a file of this name."""
    if is_disk_full(err):
        return StorageFull(
            f"There is no space left to write {name}. Free some space on the service's disk and try again.",
            ErrorCode.STORAGE_FULL,
        )
    return Unavailable(
        f"{name} cannot be read or written: {err.strerror}. Check the service's data directory.",
        ErrorCode.UNAVAILABLE,
    )
