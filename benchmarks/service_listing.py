# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Listing 1,000 of 100,000 jobs, in the store: from a filter to job objects.

    python -m benchmarks.service_listing --json listing.json

Indexed fields are those of which the store has columns: status, device, dates, names, tags. A pattern and a field that
only the job's document has are decided row by row. Times are processor times of the one thread, which other work on
the machine disturbs least; medians of several rounds.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import secrets
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from benchmarks.service_common import SIMULATOR, finish, options, spread
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.accounts import Accounts
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.model import Project
from qiskit_ibmq_provider.service.store.sqlstore import SqlStore, open_store, sqlite_url

__all__ = ["FILTERS", "fill", "main"]

BEGIN = dt.datetime(2021, 1, 1, tzinfo=dt.timezone.utc)
LIMIT = 1000
TOKEN = "benchmark-token"

FILTERS: dict[str, dict[str, Any]] = {
    "indexed: newest": {},
    "indexed: status": {"status": "COMPLETED"},
    "indexed: device": {"backend.name": "ibmq_belem"},
    "indexed: device and status": {"backend.name": "ibmq_belem", "status": "COMPLETED"},
    "indexed: dates": {"creationDate": {"between": ["2021-01-01T10:00:00Z", "2021-01-01T12:00:00Z"]}},
    "indexed: name": {"name": "name-77-77"},
    "indexed: tag": {"tags": {"inq": ["tag-7"]}},
    "pattern: in every name": {"name": {"regexp": "^name-"}},
    "pattern: in one name of a hundred": {"name": {"regexp": "7{2}$"}},
    "pattern: in no name": {"name": {"regexp": "zzz$"}},
    "free field: the same in all": {"clientInfo.name": "qiskit"},
    "free field: in one of a hundred": {"summaryData.summary.num_circuits": 77},
    "free field: in none": {"summaryData.summary.num_circuits": -1},
}


def fill(store: SqlStore, path: Path, count: int) -> Project:
    """Put so many jobs that are over into a new database, and return their project."""
    accounts = Accounts(store, Clock())
    accounts.bootstrap(TOKEN)
    principal = accounts.authenticate(accounts.login(TOKEN).id)
    project = principal.projects[0]
    insert = (
        "INSERT INTO job (id, project_id, user_id, backend, status, active, created, ended, queued, name, tags,"
        " client_info, run_mode, steps, summary, payload_size, result_ref, result_size, attempt, losses, takeovers)"
        " VALUES (?,?,?,?,?,0,?,?,?,?,?,?,?,?,?,?,?,?,1,0,0)"
    )
    rows, tags = [], []
    for number in range(count):
        created = BEGIN + dt.timedelta(seconds=number)
        micros = int(created.timestamp() * 1_000_000)
        job_id = secrets.token_hex(12)
        backend = SIMULATOR if number % 10 else "ibmq_belem"
        status = ApiJobStatus.COMPLETED if number % 7 else ApiJobStatus.ERROR_RUNNING_JOB
        steps = json.dumps(
            {step: format_utc(created) for step in ("CREATING", "CREATED", "QUEUED", "RUNNING", status.value)}
        )
        summary = json.dumps({"success": True, "summary": {"num_circuits": number % 100}})
        client = json.dumps({"name": "qiskit", "version": "0.21"})
        rows.append(
            (job_id, project.id, principal.user_id, backend, status.value, micros, micros, micros, f"name-{number}-{number % 100}",
             json.dumps([f"tag-{number % 50}", "all"]), client, "fairshare", steps, summary, 1000,
             f"result/{job_id[-2:]}/{job_id}-1.json", 1000)
        )  # fmt: skip
        tags += [(f"tag-{number % 50}", number + 1), ("all", number + 1)]
    database = sa.create_engine(sqlite_url(path))
    with contextlib.closing(database.raw_connection()) as connection:
        connection.driver_connection.executemany(insert, rows)
        connection.driver_connection.executemany("INSERT INTO job_tag (tag, seq) VALUES (?, ?)", tags)
        connection.commit()
    database.dispose()
    return project


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--jobs", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="ibmq-bench-") as directory:
        path = Path(directory) / "service.db"
        with contextlib.closing(open_store(sqlite_url(path))) as store:
            project = fill(store, path, given.jobs)
            for name, where in FILTERS.items():
                query = Filter.from_json(json.dumps({"where": where, "limit": LIMIT}))
                times, found = [], 0
                for _ in range(given.rounds):
                    began = time.process_time()
                    found = len(store.jobs.select(project.id, query, limit=LIMIT))
                    times.append(1000 * (time.process_time() - began))
                figures[name] = {"jobs found": found, **{f"{k}, ms": v for k, v in spread(times).items()}}
    finish("service_listing", figures, given.json)


if __name__ == "__main__":
    main()
