# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A payload appears only while its job waits for it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from support.bench import Bench

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import Conflict
from qiskit_ibmq_provider.service.domain.model import payload_blob


def _stored(bench: Bench, job_id: str) -> bytes:
    with bench.blobs.open_reader(payload_blob(job_id)) as payload:
        return payload.read()


def test_an_upload_that_ends_after_the_announcement_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    job = bench.draft()
    late = bench.jobs.open_payload(job.id)
    late.write(b"late")
    bench.upload(job, b"first")
    bench.jobs.announce(bench.project, job.id)
    with pytest.raises(Conflict) as refused:
        late.commit()
    assert refused.value.code is ErrorCode.JOB_STATE
    assert _stored(bench, job.id) == b"first"
    assert bench.reread(job).payload_size == 5
    assert not list(tmp_path.rglob("*.tmp"))


def test_an_upload_that_ends_after_the_job_was_cancelled_or_deleted_leaves_nothing(
    bench: Bench, tmp_path: Path
) -> None:
    for deleted in (False, True):
        job = bench.draft()
        writer = bench.jobs.open_payload(job.id)
        writer.write(b"late")
        assert bench.jobs.cancel(bench.project, job.id)
        if deleted:
            bench.jobs.delete(bench.project, job.id)
        with pytest.raises(Conflict, match="was deleted" if deleted else "is CANCELLED"):
            writer.commit()
        assert not bench.blobs.exists(payload_blob(job.id))
    assert not list(tmp_path.rglob("*.tmp"))


def test_what_runs_is_what_was_announced_however_uploads_and_announcements_race(bench: Bench) -> None:
    for _ in range(10):
        job = bench.draft()
        bench.upload(job, b"1")
        start = threading.Barrier(5)

        def send(size: int, job_id: str = job.id, start: threading.Barrier = start) -> None:
            writer = bench.jobs.open_payload(job_id)
            writer.write(b"x" * size)
            start.wait()
            try:
                writer.commit()
            except Conflict:
                writer.abort()

        def announce(job_id: str = job.id, start: threading.Barrier = start) -> None:
            start.wait()
            bench.jobs.announce(bench.project, job_id)

        threads = [threading.Thread(target=send, args=(size,)) for size in (2, 3, 4, 5)]
        threads.append(threading.Thread(target=announce))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bench.reread(job).payload_size == len(_stored(bench, job.id))


def test_a_writer_may_be_ended_before_its_block_does(bench: Bench) -> None:
    job = bench.draft()
    with bench.jobs.open_payload(job.id) as writer:
        writer.write(b"12")
        assert writer.commit() == 2
    with bench.jobs.open_payload(job.id) as writer:
        writer.write(b"123")
        writer.abort()
    with pytest.raises(ValueError, match="mine"), bench.jobs.open_payload(job.id) as writer:
        raise ValueError("mine")
    assert _stored(bench, job.id) == b"12"
