# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Acknowledged jobs survive ``kill -9``: the short form, with a few kills of a writer process."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support.bench import Bench

from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.store.sqlstore import open_store, sqlite_url

KILLS = 4

WRITER = """
    import sys
    from pathlib import Path
    from support.bench import Bench
    from qiskit_ibmq_provider.service.store.sqlstore import open_store, sqlite_url

    root = Path(sys.argv[1])
    bench = Bench(open_store(sqlite_url(root / "x.db")), root)
    while True:
        job = bench.queued(name="n" * 200, tags=["a", "b"])
        sys.stdout.write(job.id + "\\n")
        sys.stdout.flush()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_no_acknowledged_job_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    acknowledged: list[str] = []
    for kill in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).resolve().parent.parent,
        )
        assert child.stdout is not None
        for _ in range(5 + 3 * kill):
            acknowledged.append(child.stdout.readline().strip())
        child.send_signal(signal.SIGKILL)
        # What was acknowledged before the kill and is still in the pipe counts, too; a last line may be torn.
        acknowledged += [line for line in child.stdout.read().splitlines() if len(line) == 24]
        child.wait()
        child.stdout.close()

    with sqlite3.connect(tmp_path / "x.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    store = open_store(sqlite_url(tmp_path / "x.db"))
    bench = Bench(store, tmp_path)
    listed = {job.id: job for job in store.jobs.select(bench.project.id, Filter(), limit=100_000)}
    assert len(acknowledged) >= KILLS * 5
    for job_id in acknowledged:
        job = listed[job_id]
        assert (job.status, job.tags) == (ApiJobStatus.QUEUED, ("a", "b"))
        with bench.blobs.open_reader(bench.jobs.payload_ref(job)) as payload:
            assert payload.read() == b'{"qobj_id": "q"}'
    store.close()
