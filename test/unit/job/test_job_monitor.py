# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The line that shows how a job goes."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider import job
from qiskit_ibmq_provider.job import QueueInfo
from qiskit_ibmq_provider.job.job_monitor import _StatusLine, describe_status


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_on_a_terminal_the_line_is_rewritten_and_longer_texts_are_covered():
    output = Terminal()
    line = _StatusLine(output)
    for text in ("job is queued (12)", "job is queued (9)", "job is queued (9)", "done"):
        line.show(text)
    line.close()
    shown = output.getvalue()
    assert shown.endswith("\n")
    assert shown.count("\n") == 1
    lines = shown.rstrip("\n").split("\r")
    assert lines == [
        "",
        "Job Status: job is queued (12)",
        "Job Status: job is queued (9) ",
        "Job Status: done              ",
    ]


def test_elsewhere_each_change_is_a_line():
    output = io.StringIO()
    line = _StatusLine(output)
    for text in ("queued", "queued", "running"):
        line.show(text)
    line.close()
    assert output.getvalue() == "Job Status: queued\nJob Status: running\n"


def test_a_line_that_was_never_shown_needs_no_end():
    output = Terminal()
    _StatusLine(output).close()
    assert output.getvalue() == ""


@pytest.mark.parametrize("status", list(JobStatus))
def test_a_status_is_its_text(status):
    assert describe_status(status) == status.value


def test_the_queue_is_shown_only_while_the_job_is_queued():
    start = dt.datetime.now(dt.timezone.utc) + dt.timedelta(minutes=5, seconds=30)
    info = QueueInfo(position=3, estimated_start_time=start)
    assert describe_status(JobStatus.QUEUED, info).startswith("job is queued (3) [Est. wait time: 5 min ")
    assert describe_status(JobStatus.QUEUED, QueueInfo(position=3)) == "job is queued (3)"
    assert describe_status(JobStatus.QUEUED, QueueInfo(hub_priority=0.5)) == "job is queued"
    assert describe_status(JobStatus.RUNNING, info) == JobStatus.RUNNING.value


def test_a_start_that_should_have_been_is_not_shown():
    past = dt.datetime.now(dt.timezone.utc) - dt.timedelta(minutes=5)
    assert (
        describe_status(JobStatus.QUEUED, QueueInfo(position=1, estimated_start_time=past))
        == "job is queued (1)"
    )


def test_the_reason_of_a_failure_is_on_the_line():
    text = describe_status(JobStatus.ERROR, reason="The following experiments failed:\nExperiment 0: bad")
    assert "\n" not in text
    assert text.endswith("Experiment 0: bad")


def test_the_package_offers_the_function_and_not_the_module():
    assert callable(job.job_monitor)
