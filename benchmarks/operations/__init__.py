# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What is measured, in the order of the table."""

from __future__ import annotations

from benchmarks.operations import account, devices, imports, jobs, listing, managed, waiting
from benchmarks.side import Operation

__all__ = ["OPERATIONS"]

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for group in (imports, account, devices, jobs, waiting, listing, managed)
    for operation in group.OPERATIONS
}
"""By name."""
