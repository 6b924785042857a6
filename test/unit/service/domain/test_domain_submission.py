# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A job that comes together with its payload is kept whole or not at all; one that comes in steps takes its payload only while it waits for it."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Optional

import pytest
from support.bench import Bench

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.errors import (
    Conflict,
    InvalidRequest,
    LimitReached,
    NotFound,
    StorageFull,
    TooLarge,
    UnknownDevice,
)
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Job, payload_blob
from qiskit_ibmq_provider.service.domain.store import Store
from qiskit_ibmq_provider.service.domain.submission import PayloadWriter, RequestedJob

PAYLOAD = b'{"qobj_id": "q"}'
CLIENT = {"name": "tests", "version": "1"}


def asked(backend_name: str = "alpha", **fields: Any) -> JobCreateRequest:
    return JobCreateRequest(backend_name, **fields)


def begin(
    bench: Bench, request: JobCreateRequest, key: Optional[str] = None, size: Optional[int] = None
) -> PayloadWriter[Job]:
    return bench.submissions.open_direct(
        RequestedJob(bench.principal, bench.project, request, CLIENT, key), size
    )


def sent(
    bench: Bench,
    request: Optional[JobCreateRequest] = None,
    payload: bytes = PAYLOAD,
    key: Optional[str] = None,
) -> Job:
    incoming = begin(bench, request or asked(), key)
    try:
        incoming.write(payload)
        return incoming.commit()
    finally:
        incoming.abort()


def assert_nothing_is_left(bench: Bench, directory: Path, jobs: int = 0) -> None:
    assert len(bench.jobs.list(bench.project, Filter())) == jobs
    assert len([path for path in directory.rglob("*") if path.suffix in (".json", ".tmp")]) == jobs


def test_a_job_is_queued_in_one_step(bench: Bench, tmp_path: Path) -> None:
    heard: list[str] = []
    bench.events.listen(heard.append)
    job = sent(bench, asked(name="bell", tags=("t",)))
    assert (job.status, job.name, job.tags, job.client_info) == (ApiJobStatus.QUEUED, "bell", ("t",), CLIENT)
    assert (job.payload_size, heard) == (len(PAYLOAD), [job.id])
    assert list(job.time_per_step) == ["CREATING", "CREATED", "VALIDATING", "VALIDATED", "QUEUED"]
    with bench.blobs.open_reader(bench.jobs.payload_ref(job)) as payload:
        assert payload.read() == PAYLOAD
    assert bench.submissions.announce(bench.project, job.id).id == job.id
    with pytest.raises(Conflict):
        bench.submissions.open_payload(job.id)
    assert_nothing_is_left(bench, tmp_path, jobs=1)


def test_a_payload_that_comes_in_parts_makes_the_same_job(bench: Bench) -> None:
    incoming = begin(bench, asked())
    for start in range(0, len(PAYLOAD), 7):
        incoming.write(PAYLOAD[start : start + 7])
    job = incoming.commit()
    assert job.payload_size == len(PAYLOAD)
    assert _stored(bench, job.id) == PAYLOAD


def test_the_same_key_and_body_give_the_same_job_whatever_became_of_it(bench: Bench, tmp_path: Path) -> None:
    first = sent(bench, key="k1")
    assert sent(bench, key="k1").id == first.id
    assert bench.jobs.cancel(bench.project, first.id)
    again = sent(bench, key="k1")
    assert (again.id, again.status) == (first.id, ApiJobStatus.CANCELLED)
    assert bench.submissions.made_with(bench.project, "k1").id == first.id
    assert_nothing_is_left(bench, tmp_path, jobs=1)
    assert sent(bench, key="k2").id != first.id
    assert sent(bench).id != first.id


@pytest.mark.parametrize(
    ("request_", "payload"),
    [
        (asked(), b'{"qobj_id": "r"}'),
        (asked(name="x"), PAYLOAD),
        (asked("beta"), PAYLOAD),
        (asked(), PAYLOAD + b" "),
    ],
)
def test_the_same_key_with_another_body_is_refused(
    bench: Bench, tmp_path: Path, request_: JobCreateRequest, payload: bytes
) -> None:
    sent(bench, key="k1")
    with pytest.raises(Conflict) as refused:
        sent(bench, request_, payload, key="k1")
    assert refused.value.code is ErrorCode.IDEMPOTENCY_MISMATCH
    assert_nothing_is_left(bench, tmp_path, jobs=1)


def test_a_key_is_one_for_both_ways(bench: Bench) -> None:
    request = JobCreateRequest("alpha")
    bench.submissions.create(RequestedJob(bench.principal, bench.project, request, idempotency_key="k1"))
    with pytest.raises(Conflict):
        sent(bench, key="k1")
    sent(bench, key="k2")
    with pytest.raises(Conflict):
        bench.submissions.create(RequestedJob(bench.principal, bench.project, request, idempotency_key="k2"))


def test_of_requests_in_flight_at_the_same_time_one_makes_the_job(bench: Bench, tmp_path: Path) -> None:
    start = threading.Barrier(6)
    found: list[str] = []

    def send() -> None:
        incoming = begin(bench, asked(), "k1")
        incoming.write(PAYLOAD[:6])
        start.wait(20)
        incoming.write(PAYLOAD[6:])
        found.append(incoming.commit().id)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(found), len(set(found))) == (6, 1)
    assert_nothing_is_left(bench, tmp_path, jobs=1)


@pytest.mark.parametrize("length", range(0, len(PAYLOAD), 3))
def test_a_payload_that_ends_early_leaves_nothing(bench: Bench, tmp_path: Path, length: int) -> None:
    incoming = begin(bench, asked(), "k1")
    incoming.write(PAYLOAD[:length])
    incoming.abort()
    assert_nothing_is_left(bench, tmp_path)
    with pytest.raises(NotFound):
        bench.submissions.made_with(bench.project, "k1")
    assert sent(bench, key="k1").status is ApiJobStatus.QUEUED


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (asked("gamma"), UnknownDevice),
        (asked(name="\x00"), InvalidRequest),
        (asked(tags=("y" * 5000,)), InvalidRequest),
    ],
)
def test_what_cannot_be_a_job_is_refused(
    bench: Bench, tmp_path: Path, request_: JobCreateRequest, kind: type
) -> None:
    with pytest.raises(kind):
        sent(bench, request_)
    assert_nothing_is_left(bench, tmp_path)


def test_keys_that_cannot_be_kept_are_refused(bench: Bench, tmp_path: Path) -> None:
    for wrong in ("", "x" * 256, "é", "a\nb"):
        with pytest.raises(InvalidRequest):
            sent(bench, key=wrong)
        with pytest.raises(InvalidRequest):
            bench.submissions.made_with(bench.project, wrong)
    assert_nothing_is_left(bench, tmp_path)


def test_a_key_belongs_to_its_project(bench: Bench) -> None:
    sent(bench, key="k1")
    with pytest.raises(NotFound) as refused:
        bench.submissions.made_with(bench.other_project, "k1")
    assert refused.value.code is ErrorCode.JOB_NOT_FOUND


def test_a_payload_over_the_limit_is_refused_early_or_late(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(direct_bytes=100, payload_bytes=1000))
    large = json.dumps({"a": "x" * 200}).encode()
    with pytest.raises(TooLarge) as refused:
        sent(bench, payload=large)
    assert refused.value.code is ErrorCode.PAYLOAD_TOO_LARGE
    with pytest.raises(TooLarge):
        begin(bench, asked(), size=101)
    exact = json.dumps({"a": "x" * 91}).encode()
    assert len(exact) == 100
    assert sent(bench, payload=exact).payload_size == 100
    assert_nothing_is_left(bench, tmp_path, jobs=1)
    none = Bench(store, tmp_path / "a", Limits(direct_bytes=0))
    with pytest.raises(TooLarge):
        sent(none, payload=b"")
    assert (
        Bench(store, tmp_path / "b", Limits(direct_bytes=100, payload_bytes=50)).submissions.largest_direct
        == 50
    )


def test_a_full_project_takes_no_job_so_either(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(jobs_per_device=1))
    first = sent(bench, key="k1")
    with pytest.raises(LimitReached):
        sent(bench)
    assert sent(bench, key="k1").id == first.id
    assert_nothing_is_left(bench, tmp_path, jobs=1)


def test_a_full_disk_leaves_nothing(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise StorageFull("The disk is full.", ErrorCode.STORAGE_FULL)

    monkeypatch.setattr("qiskit_ibmq_provider.service.store.jobs.insert_row", full)
    with pytest.raises(StorageFull):
        sent(bench)
    monkeypatch.undo()
    assert_nothing_is_left(bench, tmp_path)


def _stored(bench: Bench, job_id: str) -> bytes:
    with bench.blobs.open_reader(payload_blob(job_id)) as payload:
        return payload.read()


def test_an_upload_that_ends_after_the_announcement_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    job = bench.draft()
    late = bench.submissions.open_payload(job.id)
    late.write(b"late")
    bench.upload(job, b"first")
    bench.submissions.announce(bench.project, job.id)
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
        writer = bench.submissions.open_payload(job.id)
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
            writer = bench.submissions.open_payload(job_id)
            writer.write(b"x" * size)
            start.wait()
            try:
                writer.commit()
            except Conflict:
                writer.abort()

        def announce(job_id: str = job.id, start: threading.Barrier = start) -> None:
            start.wait()
            bench.submissions.announce(bench.project, job_id)

        threads = [threading.Thread(target=send, args=(size,)) for size in (2, 3, 4, 5)]
        threads.append(threading.Thread(target=announce))
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert bench.reread(job).payload_size == len(_stored(bench, job.id))


def test_what_is_committed_stays_and_what_is_aborted_goes(bench: Bench) -> None:
    job = bench.draft()
    writer = bench.submissions.open_payload(job.id)
    writer.write(b"12")
    assert writer.commit() == 2
    writer.abort()
    for _ in range(2):
        writer = bench.submissions.open_payload(job.id)
        writer.write(b"123")
        writer.abort()
        writer.abort()
    assert _stored(bench, job.id) == b"12"
