# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Awaiting jobs of the real service, in a loop of asyncio."""

from __future__ import annotations

import asyncio
import threading

import pytest
from qiskit import QuantumCircuit
from qiskit.providers.jobstatus import JobStatus
from support.job_server import JOB, refusal
from support.scripted_server import answer

from qiskit_ibmq_provider.job import IBMQJobApiError, IBMQJobFailureError, IBMQJobTimeoutError

WAIT = 120


def flip() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    return circuit


def waiting_threads(job) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith(f"ibmq-wait-{job.job_id()}")]


def gone(thread: threading.Thread) -> bool:
    thread.join(30)
    return not thread.is_alive()


def test_await_gives_the_result_and_leaves_no_thread(ibmq_backend):
    async def main():
        job = ibmq_backend.run(flip(), shots=10)
        result = await asyncio.wait_for(job, WAIT)
        return job, result

    job, result = asyncio.run(main())
    assert result.get_counts() == {"1": 10}
    assert job.result() is result
    assert all(gone(thread) for thread in waiting_threads(job))


def test_several_jobs_are_awaited_while_the_loop_goes_on(ibmq_backend):
    async def main():
        beats = 0

        async def beat():
            nonlocal beats
            while True:
                beats += 1
                await asyncio.sleep(0.001)

        heart = asyncio.ensure_future(beat())
        jobs = [ibmq_backend.run(flip(), shots=shots) for shots in (1, 2, 3)]
        before = beats
        results = await asyncio.wait_for(asyncio.gather(*jobs), WAIT)
        heart.cancel()
        return [result.get_counts()["1"] for result in results], beats - before

    counts, beats = asyncio.run(main())
    assert counts == [1, 2, 3]
    assert beats > 3, "the loop was held up"


def test_statuses_end_with_the_final_one(ibmq_backend):
    async def main():
        job = ibmq_backend.run(flip(), shots=10)
        seen = [status async for status in job.statuses(timeout=WAIT)]
        return seen, [status async for status in job.statuses()]

    seen, again = asyncio.run(main())
    assert seen[-1] is JobStatus.DONE
    assert len(set(seen)) == len(seen)
    assert again == [JobStatus.DONE], "a job that is over has one status left"


def test_statuses_tell_of_each_change(server, job):
    server.set(status=answer({**JOB, "status": "QUEUED"}))

    async def main():
        seen = []
        async for status in job.statuses(timeout=WAIT):
            seen.append(status)
            if status is JobStatus.QUEUED:
                server.set(status=answer(JOB))
            elif status is JobStatus.RUNNING:
                server.becomes("COMPLETED")
        return seen

    assert asyncio.run(main()) == [JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DONE]
    assert all(gone(thread) for thread in waiting_threads(job))


def test_a_cancelled_task_ends_the_thread_of_its_wait_and_the_job_can_be_awaited_again(server, job):
    async def main():
        task = asyncio.ensure_future(_await(job))
        while not waiting_threads(job):
            await asyncio.sleep(0.01)
        threads = waiting_threads(job)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return threads

    assert all(gone(thread) for thread in asyncio.run(main()))
    server.becomes("COMPLETED")
    assert asyncio.run(_await(job)).success


def test_leaving_the_iteration_ends_the_thread_of_its_wait(job):
    async def main():
        statuses = job.statuses()
        async for status in statuses:
            assert status is JobStatus.RUNNING
            break
        threads = waiting_threads(job)
        await statuses.aclose()
        return threads

    threads = asyncio.run(main())
    assert threads
    assert all(gone(thread) for thread in threads)


def test_a_failed_job_raises_its_reason_and_code(server, job):
    server.becomes("ERROR_VALIDATING_JOB", error={"message": "No such gate: foo.", "code": 1106})
    with pytest.raises(IBMQJobFailureError, match=r"No such gate: foo\. .*1106") as caught:
        asyncio.run(_await(job))
    assert caught.value.code == 1106


def test_a_refusal_and_a_timeout_reach_who_iterates(server, job):
    async def main(timeout):
        return [status async for status in job.statuses(timeout=timeout)]

    with pytest.raises(IBMQJobTimeoutError):
        asyncio.run(main(0.3))
    server.set(status=refusal(404, 3250, "Job not found."))
    with pytest.raises(IBMQJobApiError, match="Job not found") as caught:
        asyncio.run(main(30))
    assert caught.value.code == 3250


async def _await(job):
    return await job
