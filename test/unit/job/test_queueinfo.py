# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Queue information for users."""

from __future__ import annotations

import copy
import datetime as dt
import pickle

import pytest

from qiskit_ibmq_provider.job import QueueInfo
from qiskit_ibmq_provider.protocol.jobs import QueueRecord

RECORD = QueueRecord.from_json(
    {
        "position": 2,
        "status": "PENDING_IN_QUEUE",
        "estimatedStartTime": "2021-06-01T09:35:00.000Z",
        "estimatedCompleteTime": "2021-06-01T09:35:20.000Z",
        "hubPriority": 0.8,
        "groupPriority": 1.0,
        "projectPriority": 0.5,
        "fairShareRatio": 0.25,
    }
)


def test_a_record_becomes_attributes():
    info = QueueInfo.from_record(RECORD, "abc")
    assert (info.position, info.job_id) == (2, "abc")
    assert (info.hub_priority, info.group_priority, info.project_priority) == (0.8, 1.0, 0.5)
    assert info.fair_share_ratio == 0.25
    start = dt.datetime(2021, 6, 1, 9, 35, tzinfo=dt.timezone.utc)
    assert info.estimated_start_time == start
    assert info.estimated_start_time.utcoffset() is not None
    assert info.estimated_complete_time == start + dt.timedelta(seconds=20)


def test_format_and_repr_show_everything():
    info = QueueInfo.from_record(RECORD, "abc")
    report = info.format().splitlines()
    assert report[0] == "Job abc queue information:"
    assert "    queue position: 2" in report
    assert "    status: job is queued" in report
    assert "    project priority: 0.5" in report
    assert len(report) == 8
    assert "job_id='abc'" in repr(info)
    assert "'QUEUED'" in repr(info)
    assert "position=2" in repr(info)


def test_what_the_server_did_not_say_is_unknown():
    info = QueueInfo()
    assert info.estimated_start_time is None
    assert info.format().count("unknown") == 8
    assert "position=None" in repr(info)


def test_position_zero_is_a_position():
    assert "queue position: 0" in QueueInfo(position=0).format()


def test_a_status_that_is_not_known_is_shown_as_the_server_wrote_it():
    info = QueueInfo(status="WAITING_FOR_GODOT")
    assert "WAITING_FOR_GODOT" in info.format()
    assert "WAITING_FOR_GODOT" in repr(info)


@pytest.mark.parametrize("text", ["soon", ""])
def test_a_time_that_is_no_date_counts_as_not_given(text):
    assert QueueInfo(estimated_start_time=text).estimated_start_time is None


def test_a_naive_time_is_utc():
    info = QueueInfo(estimated_start_time=dt.datetime(2021, 6, 1, 9, 35))
    assert info.estimated_start_time == dt.datetime(2021, 6, 1, 9, 35, tzinfo=dt.timezone.utc)


def test_more_arguments_become_attributes_and_others_do_not_exist():
    info = QueueInfo(mood="good")
    assert info.mood == "good"
    with pytest.raises(AttributeError, match="no attribute 'weather'"):
        info.weather  # noqa: B018


def test_copies_and_pickles():
    info = QueueInfo.from_record(RECORD, "abc")
    for twin in (copy.copy(info), copy.deepcopy(info), pickle.loads(pickle.dumps(info))):
        assert repr(twin) == repr(info)
        assert twin.to_dict() == info.to_dict()


def test_to_dict_holds_what_is_known():
    assert QueueInfo(position=1, job_id="x").to_dict() == {"position": 1, "job_id": "x"}
    assert QueueInfo.from_record(RECORD, "abc").to_dict()["fair_share_ratio"] == 0.25
