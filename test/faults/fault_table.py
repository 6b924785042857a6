# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The whole table."""

from __future__ import annotations

from fault_row import Row
from rows_of_the_original import ROWS as ORIGINAL

__all__ = ["TABLE"]

TABLE: tuple[Row, ...] = (*ORIGINAL,)
"""All rows, in the order in which they are run."""
