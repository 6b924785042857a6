# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The report of a failed job."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.job._failure import failure_report
from qiskit_ibmq_provider.job.utils import build_error_report, get_cancel_status
from qiskit_ibmq_provider.protocol.jobs import JobError

FAILED = {
    "results": [
        {"success": False, "status": "Error 1"},
        {"success": True, "status": "DONE"},
        {"success": False, "status": "Error 2"},
    ]
}


def test_every_failed_experiment_is_listed_with_its_place():
    report = failure_report("ERROR_RUNNING_JOB", document=FAILED)
    assert report.message == "The following experiments failed:\nExperiment 0: Error 1\nExperiment 2: Error 2"
    assert report.code is None


def test_the_summary_is_one_line_and_says_how_many_failed():
    report = failure_report("ERROR_RUNNING_JOB", JobError("ignored", 1234), {**FAILED, "error": None})
    assert report.summary == (
        "Experiment 0: Error 1 (2 of 3 experiments failed; error_message() lists them). Error code: 1234."
    )
    assert report.message.endswith("Experiment 2: Error 2\nError code: 1234.")


def test_a_single_failure_is_not_counted():
    document = {"results": [{"success": False, "status": "bad gate"}]}
    assert failure_report("ERROR_RUNNING_JOB", document=document).summary == "Experiment 0: bad gate"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Too many shots", "Too many shots. Error code: 7003."),
        ("Too many shots.", "Too many shots. Error code: 7003."),
        ("Really?", "Really? Error code: 7003."),
        ("Too many shots. Error code: 7003.", "Too many shots. Error code: 7003."),
        ("Too many shots. Error code: 7003", "Too many shots. Error code: 7003."),
    ],
)
def test_the_text_ends_with_the_code_once(message, expected):
    report = failure_report("ERROR_VALIDATING_JOB", JobError(message, 7003))
    assert report.message == expected
    assert report.code == 7003


def test_the_reason_in_the_result_document_goes_before_that_of_the_job():
    document = {"results": [], "error": {"message": "Out of memory", "code": 8000}}
    report = failure_report("ERROR_RUNNING_JOB", JobError("Failed", 1), document)
    assert (report.message, report.code) == ("Out of memory. Error code: 8000.", 8000)


@pytest.mark.parametrize(
    "document", [None, {}, {"results": None}, {"results": [], "error": "text"}, {"results": 3}]
)
def test_without_any_reason_the_report_names_the_status(document):
    report = failure_report("ERROR_CREATING_JOB", None, document)
    assert report.message == "The server gave no reason for the status ERROR_CREATING_JOB."
    assert "nknown" not in report.message


def test_a_reason_without_a_code_is_given_as_it_is():
    assert failure_report("ERROR_RUNNING_JOB", JobError("Power cut", "")).message == "Power cut"


def test_a_code_without_a_reason_is_given_too():
    assert failure_report("ERROR_RUNNING_JOB", JobError("", 8000)).message.endswith("Error code: 8000.")


def test_a_reason_of_several_lines_is_one_line_in_the_summary():
    report = failure_report("ERROR_RUNNING_JOB", JobError("first\n  second", 8000))
    assert report.summary == "first second. Error code: 8000."
    assert "\n" in report.message


def test_entries_that_lack_fields_count_as_failed():
    assert build_error_report([{}, {"success": True}]).splitlines()[1].startswith("Experiment 0: ERROR")


@pytest.mark.parametrize(
    ("answer", "cancelled"),
    [
        ({"cancelled": True}, True),
        ({"cancelled": False}, False),
        ({}, False),
        ({"cancelled": True, "error": None}, False),
        ({"cancelled": False, "error": {"message": "over", "code": 3209}}, False),
    ],
)
def test_a_cancel_counts_only_where_the_answer_says_so_and_has_no_error(answer, cancelled):
    assert get_cancel_status(answer) is cancelled
