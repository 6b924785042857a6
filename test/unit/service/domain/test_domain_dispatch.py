# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From the queue to the engine and back, round by round."""

from __future__ import annotations

import threading

import pytest
from support.bench import Bench
from support.manual_engine import ManualEngine

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.dispatch import DispatchConfig, Dispatcher
from qiskit_ibmq_provider.service.domain.engine import TaskOutcome
from qiskit_ibmq_provider.service.domain.errors import StorageFull, Unavailable
from qiskit_ibmq_provider.service.domain.model import Job, payload_blob, result_blob

CREATING, QUEUED, RUNNING = ApiJobStatus.CREATING, ApiJobStatus.QUEUED, ApiJobStatus.RUNNING
COMPLETED, CANCELLED = ApiJobStatus.COMPLETED, ApiJobStatus.CANCELLED
FAILED = ApiJobStatus.ERROR_RUNNING_JOB


@pytest.fixture
def engine() -> ManualEngine:
    return ManualEngine(capacity=2)


@pytest.fixture
def dispatcher(bench: Bench, engine: ManualEngine) -> Dispatcher:
    return bench.dispatcher(engine)


def states(bench: Bench, jobs: list[Job]) -> list[ApiJobStatus]:
    return [bench.reread(job).status for job in jobs]


def test_a_job_runs_and_completes(bench: Bench, engine: ManualEngine, dispatcher: Dispatcher) -> None:
    job = bench.queued()
    dispatcher.run_once()
    (task,) = engine.submitted
    assert (task.job_id, task.attempt, task.backend_name) == (job.id, 1, "alpha")
    assert task.payload_path.read_bytes() == b'{"qobj_id": "q"}'
    assert bench.reread(job).status is RUNNING
    bench.clock.advance(2)
    engine.complete(job.id, {"success": True}, summary={"num_circuits": 1}, time_taken=1.5)
    dispatcher.run_once()
    done = bench.reread(job)
    assert (done.status, done.error, done.ended) == (COMPLETED, None, bench.clock.now())
    assert done.summary is not None and done.summary["summary"] == {"num_circuits": 1}
    with bench.blobs.open_reader(bench.jobs.result_ref(done)) as result:
        assert result.read() == b'{"success": true}'


def test_no_more_is_claimed_than_the_engine_takes(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    jobs = []
    for _ in range(4):
        jobs.append(bench.queued())
        bench.clock.advance(1)
    dispatcher.run_once()
    dispatcher.run_once()
    assert states(bench, jobs) == [RUNNING, RUNNING, QUEUED, QUEUED]
    engine.complete(jobs[1].id)
    dispatcher.run_once()
    assert states(bench, jobs) == [RUNNING, COMPLETED, RUNNING, QUEUED]


def test_drafts_do_not_run(bench: Bench, engine: ManualEngine, dispatcher: Dispatcher) -> None:
    job = bench.draft()
    bench.upload(job)
    dispatcher.run_once()
    assert engine.submitted == []


def test_a_refused_payload_is_the_job_s_error(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    job = bench.queued()
    dispatcher.run_once()
    engine.refuse(job.id, "The gate 'foo' is unknown", 7006)
    dispatcher.run_once()
    failed = bench.reread(job)
    assert failed.status is ApiJobStatus.ERROR_VALIDATING_JOB
    assert failed.error == JobError("The gate 'foo' is unknown", 7006)
    assert failed.result_ref is None


def test_a_lost_job_runs_again_and_the_third_loss_is_final(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    poison, innocent = bench.queued(), bench.queued()
    for attempt in (1, 2, 3):
        dispatcher.run_once()
        assert engine.tasks[poison.id].attempt == attempt
        engine.lose(poison.id)
    dispatcher.run_once()
    failed = bench.reread(poison)
    assert (failed.status, failed.losses, failed.attempt) == (FAILED, 3, 3)
    assert failed.error is not None and failed.error.code == ErrorCode.WORKER_LOST
    assert "ended unexpectedly 3 times: exit code -9" in failed.error.message
    engine.complete(innocent.id)
    dispatcher.run_once()
    assert bench.reread(innocent).status is COMPLETED


def test_a_result_without_space_waits_and_so_do_the_others(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    first, second, third = bench.queued(), bench.queued(), bench.queued()
    dispatcher.run_once()
    error = JobError("There is no space left to write it.", int(ErrorCode.STORAGE_FULL))
    engine.finish(first.id, TaskOutcome(FAILED, error=error))
    dispatcher.run_once()
    # No attempt is lost by it, and nothing else computes for nothing.
    assert states(bench, [first, second, third]) == [QUEUED, RUNNING, QUEUED]
    assert bench.reread(first).losses == 0
    bench.clock.advance(DispatchConfig().full_pause)
    dispatcher.run_once()
    assert engine.tasks[first.id].attempt == 2
    engine.complete(first.id)
    dispatcher.run_once()
    assert bench.reread(first).status is COMPLETED


def test_a_job_over_its_time_fails(bench: Bench, engine: ManualEngine) -> None:
    dispatcher = bench.dispatcher(engine, DispatchConfig(time_limit=3600, device_limits={"alpha": 30}))
    job = bench.queued()
    dispatcher.run_once()
    assert engine.tasks[job.id].time_limit == 30
    engine.time_out(job.id)
    dispatcher.run_once()
    failed = bench.reread(job)
    assert failed.error is not None
    assert (failed.status, failed.error.code) == (FAILED, ErrorCode.TIME_LIMIT)


def test_a_cancelled_running_job_is_stopped_and_its_place_freed(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    first, second, third = bench.queued(), bench.queued(), bench.queued()
    dispatcher.run_once()
    assert bench.jobs.cancel(bench.project, first.id)
    dispatcher.run_once()
    assert engine.cancelled == [first.id]
    dispatcher.run_once()
    assert states(bench, [first, second, third]) == [CANCELLED, RUNNING, RUNNING]


def test_a_place_is_taken_until_the_engine_has_stopped(bench: Bench) -> None:
    engine = ManualEngine(capacity=1, prompt_cancel=False)
    dispatcher = bench.dispatcher(engine)
    first, second = bench.queued(), bench.queued()
    dispatcher.run_once()
    bench.jobs.cancel(bench.project, first.id)
    for _ in range(3):
        dispatcher.run_once()
    assert engine.cancelled == [first.id]
    assert bench.reread(second).status is QUEUED
    engine.acknowledge_cancel(first.id)
    dispatcher.run_once()
    assert states(bench, [first, second]) == [CANCELLED, RUNNING]


def test_a_cancelled_waiting_job_never_runs(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    job = bench.queued()
    assert bench.jobs.cancel(bench.project, job.id)
    dispatcher.run_once()
    assert engine.submitted == []
    assert bench.reread(job).status is CANCELLED


def test_a_result_after_the_cancel_is_thrown_away(bench: Bench) -> None:
    engine = ManualEngine(prompt_cancel=False)
    dispatcher = bench.dispatcher(engine)
    job = bench.queued()
    dispatcher.run_once()
    bench.jobs.cancel(bench.project, job.id)
    engine.complete(job.id)
    dispatcher.run_once()
    assert bench.reread(job).status is CANCELLED
    assert not bench.blobs.exists(result_blob(job.id, 1))


def test_a_cancel_after_the_result_is_refused(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    job = bench.queued()
    dispatcher.run_once()
    engine.complete(job.id)
    dispatcher.run_once()
    assert not bench.jobs.cancel(bench.project, job.id)
    assert bench.reread(job).status is COMPLETED


def test_a_cancel_between_claim_and_hand_over_is_noticed(bench: Bench, engine: ManualEngine) -> None:
    # The job is cancelled by somebody who hears of the claim before the engine does.
    dispatcher = bench.dispatcher(engine)
    job = bench.queued()

    cancelled: list[str] = []

    def cancel_at_once(job_id: str) -> None:
        if not cancelled and bench.store.jobs.get(job_id).status is RUNNING:
            thread = threading.Thread(target=bench.jobs.cancel, args=(bench.project, job_id))
            thread.start()
            thread.join()

    bench.events.listen(cancel_at_once)
    dispatcher.run_once()
    dispatcher.run_once()
    assert (engine.submitted, engine.tasks) == ([], {})
    assert bench.reread(job).status is CANCELLED
    # Their places are free.
    others = [bench.queued() for _ in range(engine.capacity)]
    cancelled.append("enough")
    dispatcher.run_once()
    assert states(bench, others) == [RUNNING] * engine.capacity


def test_a_deleted_job_is_stopped(bench: Bench, engine: ManualEngine, dispatcher: Dispatcher) -> None:
    job = bench.queued()
    dispatcher.run_once()
    bench.jobs.cancel(bench.project, job.id)
    bench.jobs.delete(bench.project, job.id)
    dispatcher.run_once()
    assert engine.cancelled == [job.id]
    dispatcher.run_once()
    assert bench.store.jobs.get(job.id) is None


def test_a_late_result_of_an_older_attempt_is_ignored(bench: Bench) -> None:
    slow, fast = ManualEngine(prompt_cancel=False), ManualEngine()
    first = bench.dispatcher(slow, DispatchConfig(lease=60))
    second = bench.dispatcher(fast, DispatchConfig(lease=60))
    job = bench.queued()
    first.run_once()
    # The first dispatcher hangs for longer than its lease.
    bench.clock.advance(61)
    second.run_once()
    assert fast.tasks[job.id].attempt == 2
    slow.complete(job.id, {"from": "the slow one"})
    first.run_once()
    assert bench.reread(job).status is RUNNING
    assert not bench.blobs.exists(result_blob(job.id, 1))
    fast.complete(job.id, {"from": "the fast one"})
    second.run_once()
    done = bench.reread(job)
    assert (done.status, done.attempt, done.result_ref) == (COMPLETED, 2, result_blob(job.id, 2))


def test_a_late_result_after_the_end_does_no_harm(bench: Bench) -> None:
    slow, fast = ManualEngine(prompt_cancel=False), ManualEngine()
    first, second = bench.dispatcher(slow), bench.dispatcher(fast)
    job = bench.queued()
    first.run_once()
    bench.clock.advance(61)
    second.run_once()
    fast.complete(job.id)
    second.run_once()
    slow.complete(job.id)
    first.run_once()
    done = bench.reread(job)
    assert (done.status, done.result_ref) == (COMPLETED, result_blob(job.id, 2))
    assert bench.blobs.exists(result_blob(job.id, 2))
    assert not bench.blobs.exists(result_blob(job.id, 1))


def test_a_report_written_down_twice_keeps_its_result(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    # A commit may succeed although its answer is lost: then the report is applied again.
    job = bench.queued()
    dispatcher.run_once()
    task = engine.complete(job.id)
    dispatcher.run_once()
    engine.report_late(task, TaskOutcome(COMPLETED, has_result=True))
    dispatcher.run_once()
    assert bench.blobs.exists(result_blob(job.id, 1))
    assert bench.jobs.result_ref(bench.reread(job)) == result_blob(job.id, 1)


def test_leases_are_renewed_while_a_job_runs(bench: Bench, engine: ManualEngine) -> None:
    mine = bench.dispatcher(engine, DispatchConfig(lease=60))
    other_engine = ManualEngine()
    other = bench.dispatcher(other_engine, DispatchConfig(lease=60))
    job = bench.queued()
    mine.run_once()
    for _ in range(20):
        bench.clock.advance(25)
        mine.run_once()
        other.run_once()
    assert other_engine.submitted == []
    assert bench.reread(job).attempt == 1


def test_a_dispatcher_that_slept_keeps_its_jobs_if_nobody_took_them(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    job = bench.queued()
    dispatcher.run_once()
    bench.clock.advance(8 * 3600)
    dispatcher.run_once()
    assert (bench.reread(job).attempt, engine.cancelled) == (1, [])
    engine.complete(job.id)
    dispatcher.run_once()
    assert bench.reread(job).status is COMPLETED


def test_a_lost_lease_stops_the_engine(bench: Bench) -> None:
    slow, fast = ManualEngine(), ManualEngine()
    first, second = bench.dispatcher(slow), bench.dispatcher(fast)
    job = bench.queued()
    first.run_once()
    bench.clock.advance(61)
    second.run_once()
    first.run_once()
    assert slow.cancelled == [job.id]
    first.run_once()
    assert (bench.reread(job).attempt, bench.reread(job).status) == (2, RUNNING)
    assert bench.reread(job).takeovers == 1


def test_two_dispatchers_share_the_queue_without_doubles(bench: Bench) -> None:
    engines = [ManualEngine(capacity=3), ManualEngine(capacity=3)]
    dispatchers = [bench.dispatcher(engine) for engine in engines]
    jobs = [bench.queued() for _ in range(30)]
    while any(status is not COMPLETED for status in states(bench, jobs)):
        threads = [threading.Thread(target=each.run_once) for each in dispatchers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for engine in engines:
            for job_id in list(engine.tasks):
                engine.complete(job_id)
    runs = sorted(task.job_id for engine in engines for task in engine.submitted)
    assert runs == sorted(job.id for job in jobs)


def test_after_a_restart_what_ran_is_taken_over_at_once(bench: Bench, engine: ManualEngine) -> None:
    running, waiting = bench.queued(), bench.queued("beta")
    dead = bench.dispatcher(ManualEngine(capacity=1), DispatchConfig(exclusive=True))
    dead.run_once()
    # The first process is killed here: nothing of it is closed.
    fresh = bench.dispatcher(engine, DispatchConfig(exclusive=True))
    fresh.run_once()
    assert {task.job_id: task.attempt for task in engine.submitted} == {running.id: 2, waiting.id: 1}
    assert bench.reread(running).takeovers == 1


def test_what_a_killed_attempt_wrote_is_deleted_when_the_job_ends(bench: Bench, engine: ManualEngine) -> None:
    job = bench.queued()
    dead_engine = ManualEngine()
    bench.dispatcher(dead_engine, DispatchConfig(exclusive=True)).run_once()
    fresh = bench.dispatcher(engine, DispatchConfig(exclusive=True))
    fresh.run_once()
    # The worker of the killed service outlived it for a moment.
    dead_engine.complete(job.id)
    assert bench.blobs.exists(result_blob(job.id, 1))
    engine.complete(job.id)
    fresh.run_once()
    assert not bench.blobs.exists(result_blob(job.id, 1))
    assert bench.blobs.exists(result_blob(job.id, 2))


def test_without_the_lock_a_restart_waits_for_the_lease(bench: Bench, engine: ManualEngine) -> None:
    job = bench.queued()
    bench.dispatcher(ManualEngine()).run_once()
    fresh = bench.dispatcher(engine)
    fresh.run_once()
    assert engine.submitted == []
    bench.clock.advance(30)
    fresh.run_once()
    assert engine.submitted == []
    bench.clock.advance(31)
    fresh.run_once()
    assert [task.attempt for task in engine.submitted] == [2]
    assert bench.reread(job).status is RUNNING


def test_a_job_that_takes_the_service_down_again_and_again_is_given_up(bench: Bench) -> None:
    job = bench.queued()
    for _ in range(6):
        bench.dispatcher(ManualEngine(), DispatchConfig(exclusive=True, max_takeovers=4)).run_once()
    failed = bench.reread(job)
    assert (failed.status, failed.takeovers, failed.attempt, failed.losses) == (FAILED, 4, 4, 0)


def test_closing_puts_running_jobs_back_at_no_cost(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    job = bench.queued()
    dispatcher.run_once()
    dispatcher.close()
    back = bench.reread(job)
    assert engine.closed
    assert (back.status, back.losses, back.takeovers, back.owner, back.position) == (QUEUED, 0, 0, None, 1)


def test_closing_keeps_results_that_were_reported(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    job = bench.queued()
    dispatcher.run_once()
    engine.complete(job.id)
    dispatcher.close()
    assert bench.reread(job).status is COMPLETED


def test_a_report_waits_for_the_store(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.queued()
    dispatcher.run_once()
    engine.complete(job.id)

    def full(*_: object) -> bool:
        raise StorageFull("full", ErrorCode.STORAGE_FULL)

    with monkeypatch.context() as patch:
        patch.setattr(bench.store.jobs, "swap", full)
        for _ in range(2):
            with pytest.raises(StorageFull):
                dispatcher.run_once()
    assert bench.reread(job).status is RUNNING
    dispatcher.run_once()
    assert bench.reread(job).status is COMPLETED


def test_claimed_jobs_that_could_not_be_handed_over_have_their_turn_later(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [bench.queued() for _ in range(engine.capacity)]

    def full(*_: object) -> None:
        raise StorageFull("full", ErrorCode.STORAGE_FULL)

    with monkeypatch.context() as patch:
        patch.setattr(bench.blobs, "local_path", full)
        patch.setattr(bench.store.jobs, "swap", full)
        for _ in range(2):
            with pytest.raises(StorageFull):
                dispatcher.run_once()
    assert states(bench, jobs) == [RUNNING] * engine.capacity
    assert engine.submitted == []
    # One of them is cancelled while it waits for the disk: it takes no place.
    bench.jobs.cancel(bench.project, jobs[0].id)
    late = bench.queued()
    dispatcher.run_once()
    assert states(bench, [*jobs, late]) == [CANCELLED, *[RUNNING] * engine.capacity]
    assert set(engine.tasks) == {job.id for job in [*jobs[1:], late]}


def test_a_job_whose_result_has_no_place_waits(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = bench.queued()

    def unavailable(ref: str) -> None:
        raise Unavailable("no", ErrorCode.UNAVAILABLE)

    with monkeypatch.context() as patch:
        patch.setattr(bench.blobs, "local_path", unavailable)
        dispatcher.run_once()
    assert (bench.reread(job).status, engine.submitted) == (QUEUED, [])
    dispatcher.run_once()
    assert bench.reread(job).status is RUNNING


def test_a_job_whose_payload_is_gone_fails_alone(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    broken, fine = bench.queued(), bench.queued()
    bench.blobs.delete(payload_blob(broken.id))
    dispatcher.run_once()
    failed = bench.reread(broken)
    assert failed.error is not None
    assert (failed.status, failed.error.code) == (FAILED, ErrorCode.DATA_GONE)
    assert list(engine.tasks) == [fine.id]


def test_a_promised_result_that_is_not_there_counts_as_a_loss(
    bench: Bench, engine: ManualEngine, dispatcher: Dispatcher
) -> None:
    job = bench.queued()
    dispatcher.run_once()
    engine.finish(job.id, TaskOutcome(COMPLETED, has_result=True))
    dispatcher.run_once()
    assert (bench.reread(job).status, bench.reread(job).losses) == (RUNNING, 1)


def test_others_hear_of_every_change(bench: Bench, engine: ManualEngine, dispatcher: Dispatcher) -> None:
    heard: list[tuple[str, ApiJobStatus]] = []
    bench.events.listen(lambda job_id: heard.append((job_id, bench.store.jobs.get(job_id).status)))
    job = bench.queued()
    dispatcher.run_once()
    engine.complete(job.id)
    dispatcher.run_once()
    assert heard == [(job.id, QUEUED), (job.id, RUNNING), (job.id, COMPLETED)]


def test_the_thread_is_woken_by_news_and_reports(bench: Bench) -> None:
    engine = ManualEngine()
    # Without news it would sleep for an hour.
    dispatcher = bench.dispatcher(engine, DispatchConfig(poll=3600))
    reached = {status: threading.Event() for status in (RUNNING, COMPLETED)}

    def watch(job_id: str) -> None:
        status = bench.store.jobs.get(job_id).status
        if status in reached:
            reached[status].set()

    bench.events.listen(watch)
    dispatcher.start()
    try:
        job = bench.queued()
        assert reached[RUNNING].wait(30)
        assert engine.taken.wait(30)
        engine.complete(job.id)
        assert reached[COMPLETED].wait(30)
    finally:
        dispatcher.close()
    assert engine.closed


def test_the_thread_survives_a_fault_in_a_round(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = ManualEngine()
    dispatcher = bench.dispatcher(engine, DispatchConfig(poll=0.01))
    claim, faults, claimed = bench.store.queue.claim, iter([ZeroDivisionError("bug")]), threading.Event()

    def faulty(*args: object, **kwargs: object) -> list[Job]:
        for fault in faults:
            raise fault
        jobs = claim(*args, **kwargs)  # type: ignore[arg-type]
        if jobs:
            claimed.set()
        return jobs

    monkeypatch.setattr(bench.store.queue, "claim", faulty)
    bench.queued()
    dispatcher.start()
    try:
        assert claimed.wait(30)
    finally:
        dispatcher.close()
