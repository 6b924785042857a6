# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs as their users see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.bench import Bench
from support.listed_devices import ListedDevices

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest, JobRecord
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.engine import TaskOutcome
from qiskit_ibmq_provider.service.domain.errors import (
    Conflict,
    DomainError,
    InvalidRequest,
    LimitReached,
    NotFound,
    TooLarge,
    UnknownDevice,
)
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Job, Principal, payload_blob, result_blob
from qiskit_ibmq_provider.service.domain.store import Store
from qiskit_ibmq_provider.service.domain.submission import RequestedJob


def complete(bench: Bench, job: Job) -> Job:
    """Bring a queued job to its end, with a result."""
    now = bench.clock.now()
    running = lifecycle.claim(job, now, "me", now)
    ref = result_blob(job.id, 1)
    with bench.blobs.open_writer(ref) as writer:
        writer.write(b"{}")
    outcome = TaskOutcome(ApiJobStatus.COMPLETED, has_result=True)
    done = lifecycle.finish(running, now, outcome, ref, 2)
    assert bench.store.jobs.swap(job, running) and bench.store.jobs.swap(running, done)
    return bench.reread(job)


def nulls(document: Any) -> bool:
    """Tell whether there is a null anywhere."""
    if isinstance(document, dict):
        return any(nulls(value) for value in document.values())
    if isinstance(document, list):
        return any(nulls(value) for value in document)
    return document is None


def test_a_job_goes_from_creation_to_the_queue(bench: Bench) -> None:
    heard: list[str] = []
    bench.events.listen(heard.append)
    job = bench.draft()
    assert (job.status, len(job.id)) == (ApiJobStatus.CREATING, 24)
    bench.upload(job, b'{"a": 1}')
    bench.clock.advance(1)
    queued = bench.submissions.announce(bench.project, job.id)
    assert (queued.status, queued.position, queued.payload_size) == (ApiJobStatus.QUEUED, 1, 8)
    assert heard == [job.id]
    with bench.blobs.open_reader(bench.jobs.payload_ref(queued)) as payload:
        assert payload.read() == b'{"a": 1}'


def test_announcing_again_changes_nothing(bench: Bench) -> None:
    job = bench.queued()
    bench.clock.advance(5)
    assert bench.submissions.announce(bench.project, job.id) == job
    assert bench.jobs.cancel(bench.project, job.id)
    assert bench.submissions.announce(bench.project, job.id).status is ApiJobStatus.CANCELLED


def test_a_job_without_payload_is_not_queued(bench: Bench) -> None:
    job = bench.draft()
    with pytest.raises(Conflict) as refused:
        bench.submissions.announce(bench.project, job.id)
    assert refused.value.code is ErrorCode.PAYLOAD_MISSING
    assert bench.reread(job).status is ApiJobStatus.CREATING


def test_a_payload_may_be_sent_again_until_it_is_announced(bench: Bench) -> None:
    job = bench.draft()
    bench.upload(job, b"first")
    bench.upload(job, b"second")
    assert bench.submissions.announce(bench.project, job.id).payload_size == 6
    with pytest.raises(Conflict) as refused:
        bench.submissions.open_payload(job.id)
    assert refused.value.code is ErrorCode.JOB_STATE


def test_a_payload_over_the_limit_is_refused_early_or_late(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(payload_bytes=10))
    job = bench.draft()
    with pytest.raises(TooLarge) as refused:
        bench.submissions.open_payload(job.id, 11)
    assert refused.value.code is ErrorCode.PAYLOAD_TOO_LARGE
    writer = bench.submissions.open_payload(job.id)
    writer.write(b"x" * 10)
    with pytest.raises(TooLarge):
        writer.write(b"x")
    assert not bench.blobs.exists(payload_blob(job.id))
    assert bench.blobs.sweep_temporary(older_than=0.0) == 0
    bench.upload(job, b"x" * 10)


def test_an_unknown_device_takes_no_job(bench: Bench) -> None:
    with pytest.raises(UnknownDevice):
        bench.draft("gamma")


def test_a_full_project_takes_no_job(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(jobs_per_device=1))
    early = bench.draft()
    bench.upload(early)
    job = bench.queued()
    for attempt in (bench.draft, lambda: bench.submissions.announce(bench.project, early.id)):
        with pytest.raises(LimitReached) as refused:
            attempt()
        assert refused.value.code is ErrorCode.JOB_LIMIT
    assert bench.submissions.announce(bench.project, job.id) == job
    bench.jobs.cancel(bench.project, job.id)
    bench.draft()
    assert bench.submissions.announce(bench.project, early.id).status is ApiJobStatus.QUEUED


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "x" * 5000},
        {"name": "a\x00b"},
        {"name": "\ud800"},
        {"tags": ("ok", "y" * 5000)},
        {"tags": ("x",) * 1001},
        {"tags": tuple(f"{index:04000}" for index in range(17))},
        {"experiment_tag": "\x00"},
    ],
)
def test_texts_that_cannot_be_kept_are_refused(bench: Bench, fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        bench.draft(**fields)
    assert refused.value.code is ErrorCode.INVALID_ATTRIBUTE
    assert bench.jobs.list(bench.project, Filter()) == []


def test_an_idempotency_key_gives_the_same_job_again(bench: Bench) -> None:
    def create(name: str, key: str) -> str:
        request = JobCreateRequest("alpha", name=name)
        return bench.submissions.create(
            RequestedJob(bench.principal, bench.project, request, idempotency_key=key)
        ).id

    assert create("a", "k1") == create("a", "k1") != create("a", "k2")
    with pytest.raises(Conflict) as refused:
        create("b", "k1")
    assert refused.value.code is ErrorCode.IDEMPOTENCY_MISMATCH
    for wrong in ("", "x" * 256, "é", "a\nb"):
        with pytest.raises(InvalidRequest):
            create("a", wrong)


def test_another_project_s_job_answers_as_an_unknown_one(bench: Bench) -> None:
    job = bench.queued()
    stranger = Principal("other", "x@y", (bench.other_project,))
    asks = (
        lambda job_id: bench.jobs.get(bench.other_project, job_id),
        lambda job_id: bench.jobs.cancel(bench.other_project, job_id),
        lambda job_id: bench.submissions.announce(bench.other_project, job_id),
        lambda job_id: bench.jobs.update_name(bench.other_project, job_id, "x"),
        lambda job_id: bench.jobs.update_tags(bench.other_project, job_id, ["x"]),
        lambda job_id: bench.jobs.delete(bench.other_project, job_id),
        lambda job_id: bench.jobs.device_properties(bench.other_project, job_id),
        lambda job_id: bench.jobs.of_principal(stranger, job_id, bench.jobs.several([job_id]).get(job_id)),
    )
    unknown = "0" * 24
    for ask in asks:
        answers = []
        for job_id in (job.id, unknown):
            with pytest.raises(NotFound) as refused:
                ask(job_id)
            answers.append(
                (type(refused.value), refused.value.code, refused.value.message.replace(job_id, "ID"))
            )
        assert answers[0] == answers[1] == (NotFound, ErrorCode.JOB_NOT_FOUND, "Job ID not found.")
    assert bench.jobs.of_principal(bench.principal, job.id, bench.jobs.several([job.id])[job.id]) == job
    assert bench.reread(job).status is ApiJobStatus.QUEUED


@pytest.mark.parametrize(
    "job_id", ["", "x", "0" * 23, "A" * 24, "../../etc/passwd", "\x00", "\ud800", "0" * 24 + "\n"]
)
def test_an_id_without_sense_is_an_unknown_job(bench: Bench, job_id: str) -> None:
    for ask in (
        lambda: bench.jobs.get(bench.project, job_id),
        lambda: bench.submissions.open_payload(job_id),
    ):
        with pytest.raises(NotFound) as refused:
            ask()
        assert refused.value.code is ErrorCode.JOB_NOT_FOUND
        assert refused.value.message.isascii() and refused.value.message.isprintable()


def test_a_cancelled_job_may_be_cancelled_again_and_a_completed_one_not(bench: Bench) -> None:
    job = bench.queued()
    assert bench.jobs.cancel(bench.project, job.id)
    assert bench.jobs.cancel(bench.project, job.id)
    done = complete(bench, bench.queued())
    assert not bench.jobs.cancel(bench.project, done.id)
    assert bench.reread(done).status is ApiJobStatus.COMPLETED


def test_a_draft_may_be_cancelled(bench: Bench) -> None:
    job = bench.draft()
    assert bench.jobs.cancel(bench.project, job.id)
    with pytest.raises(Conflict):
        bench.submissions.open_payload(job.id)


def test_name_and_tags_may_change_at_any_time_and_be_empty(bench: Bench) -> None:
    done = complete(bench, bench.queued(name="old", tags=("a",)))
    assert bench.jobs.update_name(bench.project, done.id, "").name == ""
    assert bench.jobs.update_tags(bench.project, done.id, []).tags == ()
    renamed = bench.jobs.update_name(bench.project, done.id, "new")
    assert (renamed.name, renamed.status) == ("new", ApiJobStatus.COMPLETED)
    with pytest.raises(InvalidRequest):
        bench.jobs.update_tags(bench.project, done.id, ["\x00"])


def test_only_what_is_over_is_deleted_with_its_data(bench: Bench) -> None:
    job = bench.queued()
    with pytest.raises(Conflict) as refused:
        bench.jobs.delete(bench.project, job.id)
    assert refused.value.code is ErrorCode.JOB_STATE
    done = complete(bench, job)
    bench.jobs.delete(bench.project, done.id)
    with pytest.raises(NotFound):
        bench.reread(done)
    assert list(bench.blobs.refs(older_than=0.0)) == []


def test_results_and_payloads_are_there_or_not(bench: Bench) -> None:
    draft = bench.draft()
    bench.upload(draft)
    for ask, job in ((bench.jobs.payload_ref, draft), (bench.jobs.result_ref, draft)):
        with pytest.raises(NotFound) as refused:
            ask(job)
        assert refused.value.code is ErrorCode.DATA_GONE
    done = complete(bench, bench.queued())
    assert bench.jobs.result_ref(done) == result_blob(done.id, 1)
    bench.blobs.delete(result_blob(done.id, 1))
    with pytest.raises(NotFound):
        bench.jobs.result_ref(done)


def test_a_page_has_at_most_the_limit(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, Limits(page_size=3))
    jobs = [bench.draft() for _ in range(5)]
    newest = [job.id for job in reversed(jobs)]
    assert [job.id for job in bench.jobs.list(bench.project, Filter())] == newest[:3]
    assert [job.id for job in bench.jobs.list(bench.project, Filter(limit=2))] == newest[:2]
    assert [job.id for job in bench.jobs.list(bench.project, Filter(limit=100, skip=3))] == newest[3:]


def test_properties_are_those_of_the_time_of_running(bench: Bench) -> None:
    bench.devices = ListedDevices({})
    bench.devices._devices["alpha"] = [
        {"last_update_date": "2021-05-01T00:00:00Z", "general": []},
        {"last_update_date": "2021-06-02T00:00:00Z", "general": []},
    ]
    bench.devices._devices["beta"] = []
    bench.jobs._devices = bench.devices
    done = complete(bench, bench.queued())
    simulated = bench.queued("beta")
    bench.clock.advance(10 * 86400)
    properties = bench.jobs.device_properties(bench.project, done.id)
    assert properties == {"last_update_date": "2021-05-01T00:00:00Z", "general": [], "backend_name": "alpha"}
    assert bench.jobs.device_properties(bench.project, simulated.id) is None
    del bench.devices._devices["alpha"]
    assert bench.jobs.device_properties(bench.project, done.id) is None
    assert bench.reread(done).backend_name == "alpha"


def test_the_wire_form_has_what_clients_need_and_no_null(bench: Bench) -> None:
    jobs = [bench.draft(), bench.queued(name="bell", tags=("lab1",), experiment_tag="exp-7")]
    jobs.append(complete(bench, bench.queued()))
    for job in jobs:
        document = job.to_record().to_json()
        assert not nulls(document)
        assert document["kind"] == "q-object-external-storage"
        assert document["runMode"] == "fairshare"
        assert document["backend"] == {"name": "alpha"}
        assert document["clientInfo"] == {"name": "unknown", "version": "unknown"}
        assert document["hubInfo"]["hub"] == {"name": "ibm-q"}
        assert document["timePerStep"]["CREATING"] == document["creationDate"]
        assert JobRecord.from_json(document).to_json() == document
        assert not nulls(job.to_status_record().to_json())
    draft, queued, done = (job.to_record().to_json() for job in jobs)
    assert "infoQueue" not in draft and "infoQueue" not in done
    alone = {"hubPriority": 1.0, "groupPriority": 1.0, "projectPriority": 1.0}
    assert queued["infoQueue"] == {"status": "PENDING_IN_QUEUE", "position": 1, **alone}
    assert (queued["name"], queued["tags"], queued["experimentTag"]) == ("bell", ["lab1"], "exp-7")
    assert done["summaryData"]["success"] is True and done["endDate"] == done["timePerStep"]["COMPLETED"]
    assert jobs[1].to_status_record().to_json() == {
        "id": jobs[1].id,
        "status": "QUEUED",
        "kind": "q-object-external-storage",
        "creationDate": queued["creationDate"],
        "infoQueue": {"status": "PENDING_IN_QUEUE", "position": 1, **alone},
    }


def test_refusals_travel_between_processes() -> None:
    import pickle

    refusal = pickle.loads(pickle.dumps(TooLarge("big", ErrorCode.PAYLOAD_TOO_LARGE)))
    assert isinstance(refusal, DomainError) and isinstance(refusal, TooLarge)
    assert (refusal.message, refusal.code) == ("big", ErrorCode.PAYLOAD_TOO_LARGE)
