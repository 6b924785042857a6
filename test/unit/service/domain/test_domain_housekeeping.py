# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What is cleaned now and then, and what is left alone."""

from __future__ import annotations

import os

import pytest
from support.bench import API_TOKEN, Bench
from support.manual_engine import ManualEngine

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import housekeeping
from qiskit_ibmq_provider.service.domain.errors import Unauthenticated
from qiskit_ibmq_provider.service.domain.housekeeping import Housekeeper, HousekeepingConfig, is_orphan
from qiskit_ibmq_provider.service.domain.model import payload_blob, result_blob
from qiskit_ibmq_provider.service.domain.submission import RequestedJob

CONFIG = HousekeepingConfig(draft_ttl=600)
STRAY = "0" * 22


@pytest.fixture
def keeper(bench: Bench) -> Housekeeper:
    return Housekeeper(bench.store, bench.blobs, bench.events, bench.clock, CONFIG)


def put(bench: Bench, ref: str, *, age: float = 7200) -> str:
    """Write a blob that looks as old as that."""
    with bench.blobs.open_writer(ref) as writer:
        writer.write(b"x")
    path = bench.blobs.local_path(ref)
    touched = path.stat().st_mtime - age
    os.utime(path, (touched, touched))
    return ref


def test_a_draft_whose_payload_never_comes_is_given_up(bench: Bench, keeper: Housekeeper) -> None:
    heard: list[str] = []
    bench.events.listen(heard.append)
    draft = bench.draft()
    bench.clock.advance(590)
    young = bench.draft()
    keeper.run_if_due()
    assert bench.reread(draft).status is ApiJobStatus.CREATING
    bench.clock.advance(70)
    keeper.run_if_due()
    given_up = bench.reread(draft)
    assert given_up.status is ApiJobStatus.ERROR_CREATING_JOB
    assert given_up.error is not None and given_up.error.code == ErrorCode.PAYLOAD_MISSING
    assert bench.reread(young).status is ApiJobStatus.CREATING
    assert heard == [draft.id]
    assert bench.queues.job_limit(bench.project, "alpha").running_jobs == 0


def test_it_looks_once_per_interval(bench: Bench, keeper: Housekeeper) -> None:
    keeper.run_if_due()
    draft = bench.draft()
    bench.clock.advance(59)
    keeper._config = HousekeepingConfig(draft_ttl=1)
    keeper.run_if_due()
    assert bench.reread(draft).status is ApiJobStatus.CREATING
    bench.clock.advance(1)
    keeper.run_if_due()
    assert bench.reread(draft).status is ApiJobStatus.ERROR_CREATING_JOB


def test_blobs_without_a_job_are_deleted_when_they_are_old(bench: Bench, keeper: Housekeeper) -> None:
    old = [put(bench, payload_blob(STRAY + "00")), put(bench, result_blob(STRAY + "00", 1))]
    young = put(bench, payload_blob(STRAY + "01"), age=0)
    foreign = put(bench, "calibration/2021.json")
    keeper.run_if_due()
    assert [bench.blobs.exists(ref) for ref in old] == [False, False]
    assert bench.blobs.exists(young) and bench.blobs.exists(foreign)


def test_the_data_of_jobs_stays(bench: Bench, keeper: Housekeeper) -> None:
    engine = ManualEngine()
    dispatcher = bench.dispatcher(engine)
    done, running = bench.queued(), bench.queued()
    dispatcher.run_once()
    engine.complete(done.id)
    dispatcher.run_once()
    waiting = bench.queued()
    kept = [payload_blob(job.id) for job in (done, running, waiting)]
    kept += [result_blob(done.id, 1), put(bench, result_blob(running.id, 1))]
    stale = put(bench, result_blob(done.id, 7))
    for ref in kept:
        path = bench.blobs.local_path(ref)
        os.utime(path, (path.stat().st_mtime - 7200,) * 2)
    keeper.run_if_due()
    assert all(bench.blobs.exists(ref) for ref in kept)
    assert not bench.blobs.exists(stale)


def test_the_payload_of_a_job_that_never_was_is_deleted(bench: Bench) -> None:
    draft = bench.draft()
    assert not is_orphan(payload_blob(draft.id), draft)
    bench.jobs.cancel(bench.project, draft.id)
    assert is_orphan(payload_blob(draft.id), bench.reread(draft))
    job = bench.queued()
    bench.jobs.cancel(bench.project, job.id)
    assert not is_orphan(payload_blob(job.id), bench.reread(job))


def test_a_search_goes_on_in_the_next_rounds(
    bench: Bench, keeper: Housekeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_BATCH", 2)
    strays = [put(bench, payload_blob(f"{STRAY}{number:02x}")) for number in range(5)]

    def left() -> int:
        return sum(bench.blobs.exists(ref) for ref in strays)

    counts = []
    for _ in range(4):
        keeper.run_if_due()
        counts.append(left())
    assert counts == [3, 1, 0, 0]
    put(bench, strays[0])
    keeper.run_if_due()
    assert left() == 1
    bench.clock.advance(86400)
    keeper.run_if_due()
    assert left() == 0


def test_unfinished_files_are_swept_by_age_and_at_the_start_all(bench: Bench, keeper: Housekeeper) -> None:
    writers = [bench.blobs.open_writer(payload_blob(STRAY + "00")) for _ in range(2)]
    keeper.run_if_due()
    assert keeper.sweep_at_start() == 2
    for writer in writers:
        writer.abort()


def test_what_has_expired_is_forgotten(bench: Bench, keeper: Housekeeper) -> None:
    token = bench.accounts.login(API_TOKEN).id
    request = JobCreateRequest("alpha")
    first = bench.submissions.create(
        RequestedJob(bench.principal, bench.project, request, idempotency_key="k")
    )
    keeper.run_if_due()
    bench.clock.advance(86400)
    keeper.run_if_due()
    assert (
        bench.submissions.create(
            RequestedJob(bench.principal, bench.project, request, idempotency_key="k")
        ).id
        == first.id
    )
    bench.clock.advance(14 * 86400)
    keeper.run_if_due()
    assert (
        bench.submissions.create(
            RequestedJob(bench.principal, bench.project, request, idempotency_key="k")
        ).id
        != first.id
    )
    with pytest.raises(Unauthenticated):
        bench.accounts.authenticate(token)
    assert bench.store.accounts.delete_expired(bench.clock.now()) == 0


def test_the_dispatcher_keeps_house(bench: Bench) -> None:
    dispatcher = bench.dispatcher(ManualEngine(), housekeeping=CONFIG)
    draft = bench.draft()
    bench.clock.advance(601)
    dispatcher.run_once()
    assert bench.reread(draft).status is ApiJobStatus.ERROR_CREATING_JOB
