# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A job that comes together with its payload is kept whole or not at all."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, Optional

import pytest
from support.bench import Bench

from qiskit_ibmq_provider.protocol.direct_jobs import FIELDS_BYTES, direct_body
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.direct import DirectJob
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
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.domain.store import Store

PAYLOAD = b'{"qobj_id": "q"}'
CLIENT = {"name": "tests", "version": "1"}


def begin(bench: Bench, key: Optional[str] = None, size: Optional[int] = None) -> DirectJob:
    return bench.jobs.direct.begin(bench.principal, bench.project, CLIENT, idempotency_key=key, size=size)


def body(payload: bytes = PAYLOAD, backend_name: str = "alpha", **fields: Any) -> bytes:
    return b"".join(direct_body(JobCreateRequest(backend_name, **fields), [payload]))


def sent(bench: Bench, data: bytes, key: Optional[str] = None) -> Job:
    incoming = begin(bench, key)
    try:
        return incoming.finish(data)
    finally:
        incoming.abort()


def assert_nothing_is_left(bench: Bench, directory: Path, jobs: int = 0) -> None:
    assert len(bench.jobs.list(bench.project, Filter())) == jobs
    assert len([path for path in directory.rglob("*") if path.suffix in (".json", ".tmp")]) == jobs


def test_a_job_is_queued_in_one_step(bench: Bench, tmp_path: Path) -> None:
    heard: list[str] = []
    bench.events.listen(heard.append)
    job = sent(bench, body(name="bell", tags=("t",)))
    assert (job.status, job.name, job.tags, job.client_info) == (ApiJobStatus.QUEUED, "bell", ("t",), CLIENT)
    assert (job.payload_size, heard) == (len(PAYLOAD), [job.id])
    assert list(job.time_per_step) == ["CREATING", "CREATED", "VALIDATING", "VALIDATED", "QUEUED"]
    with bench.blobs.open_reader(bench.jobs.payload_ref(job)) as payload:
        assert payload.read() == PAYLOAD
    assert bench.jobs.announce(bench.project, job.id).id == job.id
    with pytest.raises(Conflict):
        bench.jobs.open_payload(job.id)
    assert_nothing_is_left(bench, tmp_path, jobs=1)


def test_a_body_that_comes_in_parts_makes_the_same_job(bench: Bench) -> None:
    data = body()
    *parts, last = [data[start : start + 7] for start in range(0, len(data), 7)]
    incoming = begin(bench)
    for part in parts:
        incoming.write(part)
    job = incoming.finish(last)
    assert job.payload_size == len(PAYLOAD)


def test_the_same_key_and_body_give_the_same_job_whatever_became_of_it(bench: Bench, tmp_path: Path) -> None:
    first = sent(bench, body(), key="k1")
    assert sent(bench, body(), key="k1").id == first.id
    assert bench.jobs.cancel(bench.project, first.id)
    again = sent(bench, body(), key="k1")
    assert (again.id, again.status) == (first.id, ApiJobStatus.CANCELLED)
    assert bench.jobs.made_with(bench.project, "k1").id == first.id
    assert_nothing_is_left(bench, tmp_path, jobs=1)
    assert sent(bench, body(), key="k2").id != first.id
    assert sent(bench, body()).id != first.id


@pytest.mark.parametrize(
    "other", [body(b'{"qobj_id": "r"}'), body(name="x"), body(backend_name="beta"), body(PAYLOAD + b" ")]
)
def test_the_same_key_with_another_body_is_refused(bench: Bench, tmp_path: Path, other: bytes) -> None:
    sent(bench, body(), key="k1")
    with pytest.raises(Conflict) as refused:
        sent(bench, other, key="k1")
    assert refused.value.code is ErrorCode.IDEMPOTENCY_MISMATCH
    assert_nothing_is_left(bench, tmp_path, jobs=1)


def test_a_key_is_one_for_both_ways(bench: Bench) -> None:
    request = JobCreateRequest("alpha")
    bench.jobs.create(bench.principal, bench.project, request, idempotency_key="k1")
    with pytest.raises(Conflict):
        sent(bench, body(), key="k1")
    sent(bench, body(), key="k2")
    with pytest.raises(Conflict):
        bench.jobs.create(bench.principal, bench.project, request, idempotency_key="k2")


def test_of_requests_in_flight_at_the_same_time_one_makes_the_job(bench: Bench, tmp_path: Path) -> None:
    start = threading.Barrier(6)
    found: list[str] = []

    def send() -> None:
        incoming = begin(bench, "k1")
        data = body()
        incoming.write(data[:60])
        start.wait(20)
        found.append(incoming.finish(data[60:]).id)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (len(found), len(set(found))) == (6, 1)
    assert_nothing_is_left(bench, tmp_path, jobs=1)


@pytest.mark.parametrize("length", range(0, len(body()), 9))
def test_a_body_that_ends_early_leaves_nothing(bench: Bench, tmp_path: Path, length: int) -> None:
    incoming = begin(bench, "k1")
    incoming.write(body()[:length])
    incoming.abort()
    with pytest.raises(ProtocolError):
        sent(bench, body()[:length], key="k1")
    assert_nothing_is_left(bench, tmp_path)
    with pytest.raises(NotFound):
        bench.jobs.made_with(bench.project, "k1")
    assert sent(bench, body(), key="k1").status is ApiJobStatus.QUEUED


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (body(backend_name="gamma"), UnknownDevice),
        (body(name="\x00"), InvalidRequest),
        (body(tags=("y" * 5000,)), InvalidRequest),
        (b'{"qObject":{}}', ProtocolError),
        (b"[]", ProtocolError),
    ],
)
def test_what_cannot_be_a_job_is_refused(bench: Bench, tmp_path: Path, data: bytes, kind: type) -> None:
    with pytest.raises(kind):
        sent(bench, data)
    assert_nothing_is_left(bench, tmp_path)


def test_keys_that_cannot_be_kept_are_refused(bench: Bench, tmp_path: Path) -> None:
    for wrong in ("", "x" * 256, "é", "a\nb"):
        with pytest.raises(InvalidRequest):
            sent(bench, body(), key=wrong)
        with pytest.raises(InvalidRequest):
            bench.jobs.made_with(bench.project, wrong)
    assert_nothing_is_left(bench, tmp_path)


def test_a_key_belongs_to_its_project(bench: Bench) -> None:
    sent(bench, body(), key="k1")
    with pytest.raises(NotFound) as refused:
        bench.jobs.made_with(bench.other_project, "k1")
    assert refused.value.code is ErrorCode.JOB_NOT_FOUND


def test_a_payload_over_the_limit_is_refused_early_or_late(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(direct_bytes=100, payload_bytes=1000))
    large = json.dumps({"a": "x" * 200}).encode()
    with pytest.raises(TooLarge) as refused:
        sent(bench, body(large))
    assert refused.value.code is ErrorCode.PAYLOAD_TOO_LARGE
    with pytest.raises(TooLarge):
        begin(bench, size=FIELDS_BYTES + 101)
    exact = json.dumps({"a": "x" * 91}).encode()
    assert len(exact) == 100
    assert sent(bench, body(exact)).payload_size == 100
    assert_nothing_is_left(bench, tmp_path, jobs=1)
    assert Bench(store, tmp_path / "b", Limits(direct_bytes=100, payload_bytes=50)).jobs.direct.largest == 50


def test_a_full_project_takes_no_job_so_either(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(jobs_per_device=1))
    first = sent(bench, body(), key="k1")
    with pytest.raises(LimitReached):
        sent(bench, body())
    assert sent(bench, body(), key="k1").id == first.id
    assert_nothing_is_left(bench, tmp_path, jobs=1)


def test_a_full_disk_leaves_nothing(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise StorageFull("The disk is full.", ErrorCode.STORAGE_FULL)

    monkeypatch.setattr("qiskit_ibmq_provider.service.store.jobs.insert_row", full)
    with pytest.raises(StorageFull):
        sent(bench, body())
    monkeypatch.undo()
    assert_nothing_is_left(bench, tmp_path)
