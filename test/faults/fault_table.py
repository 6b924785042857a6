# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The whole table."""

from __future__ import annotations

from fault_row import Row
from rows_of_devices import ROWS as DEVICES
from rows_of_extensions import ROWS as EXTENSIONS
from rows_of_jobs import ROWS as JOBS
from rows_of_login import ROWS as LOGIN
from rows_of_results import ROWS as RESULTS
from rows_of_sessions import ROWS as SESSIONS
from rows_of_submission import ROWS as SUBMISSION
from rows_of_the_original import ROWS as ORIGINAL
from rows_of_waits import ROWS as WAITS

__all__ = ["TABLE"]

TABLE: tuple[Row, ...] = (
    *ORIGINAL,
    *LOGIN,
    *DEVICES,
    *SUBMISSION,
    *WAITS,
    *RESULTS,
    *JOBS,
    *SESSIONS,
    *EXTENSIONS,
)
"""All rows, in the order in which they are run."""
