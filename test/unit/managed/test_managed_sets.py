# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Names, tags and reports of job sets, and finding the place of each job."""

from __future__ import annotations

import logging
import re
import types
from concurrent.futures import Future

import pytest
from qiskit.exceptions import QiskitError
from qiskit.providers.exceptions import JobError
from qiskit.providers.jobstatus import JobStatus
from qiskit.result import Result

from qiskit_ibmq_provider.exceptions import IBMQBackendApiError
from qiskit_ibmq_provider.managed import IBMQJobManagerInvalidStateError, ManagedJob, ManagedJobSet
from qiskit_ibmq_provider.managed._retrieval import arrange, num_circuits, parse_name
from qiskit_ibmq_provider.managed.utils import (
    JOB_SET_NAME_FORMATTER,
    default_name,
    format_job_details,
    format_status_counts,
    new_id,
    requires_submit,
    set_tag,
)


class Place:
    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name


class ListedJob:
    """A job as a list of a server's shows it."""

    def __init__(self, job_id, name, status=JobStatus.DONE, backend="small", count=None):
        self._id, self._name, self._status, self._backend = job_id, name, status, Place(backend)
        if count is not None:
            self.summary_data_ = {"summary": {"num_circuits": count}}

    def job_id(self):
        return self._id

    def name(self):
        return self._name

    def backend(self):
        return self._backend

    def status(self):
        if self._status is None:
            raise JobError("no status")
        return self._status


def test_ids_and_tags_have_the_form_of_the_original():
    job_set_id = new_id()
    assert re.fullmatch(r"[0-9a-f]{32}-[0-9]+", job_set_id) and new_id() != job_set_id
    assert set_tag(job_set_id) == f"ibmq_jobset_{job_set_id}_"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+", default_name())


@pytest.mark.parametrize("name", ["foo", "a_1_", "", "with space", "two\nlines"])
def test_names_are_read_back(name):
    assert parse_name(JOB_SET_NAME_FORMATTER.format(name, 12)) == (name, 12)


@pytest.mark.parametrize("name", [None, "", "foo", "foo_1", "foo_x_"])
def test_other_names_are_not(name):
    assert parse_name(name) is None


def test_jobs_are_put_in_their_places_whatever_order_they_come_in():
    jobs = [ListedJob("c", "s_2_"), ListedJob("a", "s_0_"), ListedJob("b", "s_1_")]
    name, places = arrange(jobs, "id")
    assert name == "s" and [job.job_id() for job in places] == ["a", "b", "c"]


def test_a_missing_job_leaves_its_place_empty():
    _, places = arrange([ListedJob("c", "s_2_"), ListedJob("a", "s_0_")], "id")
    assert [job and job.job_id() for job in places] == ["a", None, "c"]


@pytest.mark.parametrize(
    ("statuses", "winner"),
    [
        ((JobStatus.ERROR, JobStatus.DONE), "old"),
        ((JobStatus.DONE, JobStatus.ERROR), "new"),
        ((JobStatus.RUNNING, JobStatus.DONE), "new"),
        ((JobStatus.ERROR, JobStatus.CANCELLED), "new"),
        ((None, JobStatus.DONE), "new"),
    ],
)
def test_of_two_jobs_of_one_place_the_newest_that_has_not_failed_counts(statuses, winner):
    jobs = [ListedJob("new", "s_0_", statuses[0]), ListedJob("old", "s_0_", statuses[1])]
    assert arrange(jobs, "id")[1][0].job_id() == winner


def test_a_job_without_a_place_or_of_another_backend_is_an_error_that_names_it():
    with pytest.raises(IBMQJobManagerInvalidStateError, match="Job b .*'other'"):
        arrange([ListedJob("a", "s_0_"), ListedJob("b", "other")], "id")
    with pytest.raises(IBMQJobManagerInvalidStateError, match="Job b .*ran on large"):
        arrange([ListedJob("a", "s_0_"), ListedJob("b", "s_1_", backend="large")], "id")


def test_a_set_that_was_renamed_in_part_is_still_found(caplog):
    with caplog.at_level(logging.WARNING):
        name, places = arrange([ListedJob("b", "new_1_"), ListedJob("a", "old_0_")], "id")
    assert name == "new" and len(places) == 2 and "do not agree" in caplog.text


def test_the_number_of_circuits_is_read_where_the_server_gives_it():
    assert num_circuits(ListedJob("a", "s_0_", count=7)) == 7
    assert num_circuits(ListedJob("a", "s_0_")) is None
    odd = ListedJob("a", "s_0_")
    for odd.summary_data_ in (None, 3, {}, {"summary": None}, {"summary": {"num_circuits": "many"}}):
        assert num_circuits(odd) is None


def test_counts_of_statuses_add_up():
    lines = format_status_counts([JobStatus.DONE, JobStatus.DONE, JobStatus.QUEUED, JobStatus.VALIDATING])
    assert [int(line.split(":")[1]) for line in lines] == [4, 2, 0, 0, 0, 2]
    assert [line.split(":")[0].strip() for line in lines[:3]] == [
        "Total jobs",
        "Successful jobs",
        "Failed jobs",
    ]
    assert len({line.index(":") for line in lines}) == 1
    assert format_status_counts([None])[-1].strip() == "Unknown jobs: 1"


def test_details_tell_about_jobs_that_wait_and_jobs_that_could_not_be_submitted():
    waiting, failed = ManagedJob(0, 5), ManagedJob(5, 3)
    waiting.future, failed.future = Future(), Future()
    failed.future.set_exception(ValueError("too wide"))
    lines = format_job_details([JobStatus.INITIALIZING, None], [waiting, failed])
    assert lines == [
        "  experiments: 0-4",
        "    job index: 0",
        f"    status: {JobStatus.INITIALIZING.value}",
        "  experiments: 5-7",
        "    job index: 1",
        "    status: job submit failed: too wide",
    ]
    assert waiting.status() is JobStatus.INITIALIZING and failed.status() is None
    assert failed.error_message() == "too wide" and failed.result() is None and failed.qobj() is None


def test_methods_that_need_all_jobs_wait_for_submissions_and_keep_their_name():
    class Jobs:
        def managed_jobs(self):
            job = ManagedJob(0, 1)
            job.future = Future()
            job.future.set_result(None)
            return [job, ManagedJob(1, 1)]

        @requires_submit
        def count(self, more):
            """Count."""
            return len(self.managed_jobs()) + more

    assert Jobs().count(1) == 3 and Jobs.count.__name__ == "count"


class HalfFailedJob(ListedJob):
    """A job of two experiments, of which one failed."""

    def wait_for_final_state(self, timeout, wait, callback):
        pass

    def result(self, timeout=None, partial=False, refresh=False):
        if not partial:
            raise JobError("Job a has failed.")
        entries = [
            {"shots": 1, "success": True, "data": {"counts": {"0x1": 1}}, "header": {"name": "good"}},
            {"shots": 1, "success": False, "status": "broken", "data": {}, "header": {"name": "bad"}},
        ]
        return Result.from_dict(
            {
                "backend_name": "small",
                "backend_version": "1",
                "qobj_id": "q",
                "job_id": "a",
                "success": False,
                "status": "ERROR",
                "results": entries,
            }
        )


class Listing:
    """A provider that lists the jobs of a set."""

    def __init__(self, jobs) -> None:
        self.backend, self._jobs = self, jobs

    def jobs(self, limit, job_tags):
        assert limit is None and job_tags[0].startswith("ibmq_jobset_")
        return self._jobs


def test_partial_results_give_the_experiments_that_went_well():
    job = HalfFailedJob("a", "s_0_", JobStatus.ERROR, count=2)
    job.tags = list
    job_set = ManagedJobSet(short_id="id")
    job_set.retrieve_jobs(Listing([job]))
    with pytest.warns(UserWarning, match="experiments 0-1 .job ID a.*has failed"):
        whole = job_set.results()
    assert not whole.success
    results = job_set.results(partial=True)
    assert not results.success and results.get_counts("good") == results.get_counts(0) == {"1": 1}
    with pytest.raises(QiskitError, match="broken"):
        results.get_counts("bad")
    assert job_set.results() is results


@pytest.mark.parametrize(
    ("status", "unknown", "adopted"),
    [
        (JobStatus.RUNNING, True, True),
        (JobStatus.DONE, True, True),
        (JobStatus.RUNNING, False, False),
        (JobStatus.INITIALIZING, True, False),
        (JobStatus.CANCELLED, True, False),
        (None, True, False),
    ],
)
@pytest.mark.parametrize("known_by", ["job_id", "idempotency_key"])
def test_a_job_whose_submission_lost_its_answer_is_taken_over_if_it_runs(status, unknown, adopted, known_by):
    class Backend:
        def retrieve_job(self, job_id):
            if status is None:
                raise IBMQBackendApiError("there is no such job")
            return ListedJob(job_id, "s_0_", status)

        def provider(self):
            return types.SimpleNamespace(backend=self)

        def find_submitted_job(self, idempotency_key):
            return None if status is None else ListedJob(idempotency_key, "s_0_", status)

    failure = IBMQBackendApiError("lost")
    failure.outcome_unknown = unknown
    setattr(failure, known_by, "a")
    managed = ManagedJob(0, 1)
    managed.future = Future()
    managed.future.set_exception(failure)
    managed.adopt_lost_job(Backend())
    assert (managed.job is not None) is adopted
    assert managed.submit_error is (None if adopted else failure)
