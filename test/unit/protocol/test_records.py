# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Records: what must be there, what may be missing, what is kept."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiskit_ibmq_provider.protocol.accounts import (
    AccessToken,
    ProjectEntry,
    UserInfo,
    VersionInfo,
    decode_network,
    encode_network,
)
from qiskit_ibmq_provider.protocol.backends import (
    BackendStatusRecord,
    JobLimitRecord,
    ReservationRecord,
    decode_reservations,
    properties_bound,
    properties_filter,
)
from qiskit_ibmq_provider.protocol.errors import ErrorBody, ErrorCode, ProtocolError, encode_error
from qiskit_ibmq_provider.protocol.jobs import (
    JobCreateRequest,
    JobError,
    JobRecord,
    JobStatusRecord,
    QueueRecord,
    UploadTicket,
    decode_job_list,
)
from qiskit_ibmq_provider.protocol.status import ApiJobStatus

JOB = {
    "id": "5fb48d2ae4314600192a1c2c",
    "kind": "q-object-external-storage",
    "status": "QUEUED",
    "creationDate": "2021-06-01T09:31:02.417Z",
    "backend": {"name": "ibmq_vigo"},
    "name": "bell",
    "tags": ["lab1"],
    "runMode": "fairshare",
    "liveDataEnabled": False,
    "timePerStep": {"CREATING": "2021-06-01T09:31:02.417Z"},
    "infoQueue": {"status": "PENDING_IN_QUEUE", "position": 2, "hubPriority": 0.8, "odd": 1},
    "clientInfo": {"name": "qiskit", "version": "0.46.3"},
    "experimentTag": "exp-7",
    "hubInfo": {"hub": {"name": "ibm-q"}},
    "batman": "robin",
}


def test_a_job_goes_through_its_record_unchanged():
    record = JobRecord.from_json(JOB)
    assert record.to_json() == JOB
    assert record.backend_name == "ibmq_vigo"
    assert record.queue is not None and record.queue.position == 2 and record.queue.extra == {"odd": 1}
    assert record.extra == {"hubInfo": {"hub": {"name": "ibm-q"}}, "batman": "robin"}


def test_a_job_can_be_read_as_a_mapping():
    record = JobRecord.from_json(JOB)
    assert record["id"] == record["job_id"] == JOB["id"]
    assert record["creation_date"] == record["creationDate"] == JOB["creationDate"]
    assert record["_backend_info"] == record["backend"] == {"name": record["backend_name"]} == JOB["backend"]
    assert record["infoQueue"] == JOB["infoQueue"] and record["info_queue"]["hub_priority"] == 0.8
    assert record["experiment_id"] == "exp-7" and record["hub_info"] == record["hubInfo"] == JOB["hubInfo"]
    assert "tags" in record and "error" not in record and record.get("error", 3) == 3
    with pytest.raises(KeyError):
        record["error"]
    assert {"job_id", "creation_date", "status", "info_queue"} < set(record.keys()) == set(dict(record))


@pytest.mark.parametrize(
    "answer",
    [
        {"job_id": "1", "creation_date": "2021-06-01T09:31:02Z", "_status": "QUEUED", "tags": ("a",)},
        {"id": "1", "creationDate": "2021-06-01T09:31:02Z", "status": ApiJobStatus.QUEUED, "tags": ["a"]},
        JobRecord(id="1", creation_date="2021-06-01T09:31:02Z", status="QUEUED", tags=("a",)),
    ],
)
def test_an_answer_of_any_client_becomes_a_record(answer):
    record = JobRecord.of(answer)
    assert record == JobRecord(id="1", creation_date="2021-06-01T09:31:02Z", status="QUEUED", tags=("a",))
    given = {**dict(record), "_backend_info": {"name": "b"}, "info_queue": {"hub_priority": 1, "odd": 2}}
    other = JobRecord.of(given)
    assert other.backend_name == "b" and other.extra == {}
    assert other.queue == QueueRecord(hub_priority=1.0, extra={"odd": 2})


@pytest.mark.parametrize("name", ["*", "backend.name", "extra"])
def test_a_field_of_any_name_survives(name):
    assert JobRecord.from_json({**JOB, name: None}).to_json() == {**JOB, name: None}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": 3}, "The field 'name' of the job should be a str, not 3."),
        ({"tags": [1]}, "The field 'tags' of the job should hold texts only, not [1]."),
        ({"backend": "x"}, "The field 'backend' of the job should be a dict, not 'x'."),
        ({"liveDataEnabled": 1}, "The field 'liveDataEnabled' of the job should be a bool, not 1."),
        (
            {"infoQueue": {"position": 1.5}},
            "The field 'position' of the queue information should be an integer, not 1.5.",
        ),
        (
            {"infoQueue": {"hubPriority": float("nan")}},
            "The field 'hubPriority' of the queue information should be a number, not nan.",
        ),
    ],
)
def test_a_field_of_another_type_is_refused_by_name(change, text):
    with pytest.raises(ProtocolError, match=re.escape(text)):
        JobRecord.from_json({**JOB, **change})


@pytest.mark.parametrize("key", ["id", "status", "creationDate"])
def test_a_job_without_what_is_needed_is_refused_by_name(key):
    with pytest.raises(ProtocolError, match=key):
        JobRecord.from_json({name: value for name, value in JOB.items() if name != key})


@given(st.sets(st.sampled_from(sorted(set(JOB) - {"id", "status", "creationDate"}))), st.booleans())
def test_any_optional_field_of_a_job_may_be_absent_or_null(keys, absent):
    job = {name: (None if name in keys else value) for name, value in JOB.items()}
    if absent:
        job = {name: value for name, value in job.items() if value is not None}
    record = JobRecord.from_json(job)
    assert record.id == JOB["id"]
    assert not any(
        value is None for key, value in record.to_json().items() if key != "batman" and key != "hubInfo"
    )


def test_the_queue_is_only_read_while_the_job_is_queued():
    assert JobRecord.from_json({**JOB, "status": "RUNNING"}).queue is None
    assert JobStatusRecord.from_json({"status": "RUNNING", "infoQueue": {"position": 1}}).queue is None


def test_an_unknown_status_is_kept():
    assert (
        JobStatusRecord.from_json({"status": "CANCELLED - RAN TOO LONG"}).status == "CANCELLED - RAN TOO LONG"
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ({"message": "Full", "code": 3458}, JobError("Full", 3458)),
        ({"message": "Full"}, JobError("Full", "")),
        ({"code": 3458}, JobError("", 3458)),
        ("Full", JobError("Full", "")),
        ([], JobError("", "")),
    ],
)
def test_a_reason_of_any_form_leaves_the_job_readable(error, expected):
    assert JobRecord.from_json({**JOB, "error": error}).error == expected


def test_one_bad_entry_does_not_spoil_a_list_of_jobs():
    records, problems = decode_job_list([JOB, {"id": 3}, JOB])
    assert [record.id for record in records] == [JOB["id"]] * 2
    assert len(problems) == 1
    with pytest.raises(ProtocolError, match="array"):
        decode_job_list({})


def test_a_job_request_always_says_whether_live_data_is_wanted():
    request = JobCreateRequest(backend_name="ibmq_vigo", name="", tags=())
    assert request.to_json() == {
        "backend": {"name": "ibmq_vigo"},
        "allowObjectStorage": True,
        "liveDataEnabled": None,
    }
    full = JobCreateRequest("ibmq_vigo", "bell", ("a", "b"), "exp", True)
    assert JobCreateRequest.from_json(full.to_json()) == full


@pytest.mark.parametrize(
    "body",
    [None, [], {}, {"backend": "x"}, {"backend": {"name": 3}}, {"backend": {"name": "x"}, "tags": [1]}],
)
def test_a_job_request_of_another_form_is_refused(body):
    with pytest.raises(ProtocolError):
        JobCreateRequest.from_json(body)


def test_the_upload_url_does_not_show_in_the_repr():
    ticket = UploadTicket.from_json({"id": "j", "objectStorageInfo": {"uploadUrl": "https://s/x?sig=SECRET"}})
    assert ticket.upload_url.endswith("SECRET") and "SECRET" not in repr(ticket)


def test_a_device_status_has_defaults_and_no_negative_queue():
    assert BackendStatusRecord.from_json({}) == BackendStatusRecord()
    assert BackendStatusRecord.from_json({"lengthQueue": -3}).pending_jobs == 0
    with pytest.raises(ProtocolError, match="lengthQueue"):
        BackendStatusRecord.from_json({"lengthQueue": "3"})


def test_a_job_limit_of_minus_one_is_none():
    limit = JobLimitRecord.from_json({"maximumJobs": -1, "runningJobs": 2, "more": 1})
    assert limit == JobLimitRecord(None, 2, extra={"more": 1})
    assert limit.to_json() == {"maximumJobs": -1, "runningJobs": 2, "more": 1}
    with pytest.raises(ProtocolError, match="runningJobs"):
        JobLimitRecord.from_json({"maximumJobs": 3})


def test_a_reservation_goes_through_its_record():
    booking = {
        "id": "60b0f1c2d3e4a5b6c7d8e9f0",
        "initialDate": "2021-06-02T10:00:00.000000Z",
        "endDate": "2021-06-02T11:00:00.000000Z",
        "mode": "shared",
        "creationDate": "2021-06-01T08:00:00.000000Z",
        "backendName": "ibmq_vigo",
        "hubInfo": {"hub": {"name": "h"}, "group": {"name": "g"}, "project": {"name": "p"}},
    }
    [record] = decode_reservations([booking])
    assert record.to_json() == booking
    assert record.start == dt.datetime(2021, 6, 2, 10, tzinfo=dt.timezone.utc)
    assert isinstance(record, ReservationRecord)


def test_the_calibration_filter_is_read_as_written():
    instant = dt.datetime(2021, 3, 3, 12, tzinfo=dt.timezone.utc)
    assert properties_bound(properties_filter(instant)) == instant
    assert properties_bound({}) is None
    with pytest.raises(ProtocolError):
        properties_bound({"where": {"last_update_date": {"lt": "soon"}}})


def test_the_last_default_project_comes_first():
    hubs = [
        {"name": "a", "groups": {"g": {"projects": {"p": {"isDefault": True}, "q": {}}}}},
        {"name": "b", "groups": {"g": {"projects": {"p": {"isDefault": True}}}, "broken": None}},
        {"name": "c", "groups": None},
    ]
    entries = decode_network(hubs)
    assert entries == [
        ProjectEntry("b", "g", "p", True),
        ProjectEntry("a", "g", "p", True),
        ProjectEntry("a", "g", "q", False),
    ]
    assert decode_network(encode_network([entries[0], entries[2]])) == [entries[0], entries[2]]
    with pytest.raises(ProtocolError):
        decode_network({"error": "no"})


def test_the_access_token_has_to_be_printable_ascii_and_does_not_show():
    token = AccessToken.from_json({"id": "abc", "ttl": 5})
    assert token.to_json() == {"id": "abc", "ttl": 5}
    assert "abc" not in repr(token)
    for bad in ("", "é", "a\nb", 3, None):
        with pytest.raises(ProtocolError):
            AccessToken.from_json({"id": bad})


def test_user_information_needs_both_urls():
    user = UserInfo.from_json({"urls": {"http": "h", "ws": "w", "services": None}, "email": "e", "x": 1})
    assert user == UserInfo("h", "w", email="e", extra={"x": 1})
    assert UserInfo.from_json(user.to_json()) == user
    with pytest.raises(ProtocolError, match="ws"):
        UserInfo.from_json({"urls": {"http": "h"}})


def test_only_a_server_with_api_auth_is_an_authentication_server():
    assert VersionInfo.from_json({"api-auth": "1"}).is_authentication_api
    assert not VersionInfo.from_json({"api-app": "1"}).is_authentication_api


@given(st.binary(max_size=200))
def test_an_error_body_of_any_shape_is_read(body):
    assert isinstance(ErrorBody.from_bytes(body), ErrorBody)


@pytest.mark.parametrize(
    ("body", "message", "code"),
    [
        (b'{"error": {"message": "full", "code": 3458}}', "full", 3458),
        (b'{"error": {"message": "full", "code": "X1"}}', "full", "X1"),
        (b'{"error": "plain"}', "plain", None),
        (b'{"error": {"message": ""}}', None, None),
        (b"<html>", None, None),
        (b"", None, None),
        (b"[" * 5000, None, None),
    ],
)
def test_error_bodies(body, message, code):
    read = ErrorBody.from_bytes(body)
    assert (read.message, read.code) == (message, code)
    assert len(read.raw_text) <= 401


def test_an_error_is_written_without_the_full_stop_that_clients_add():
    body = encode_error(ErrorCode.JOB_LIMIT, "Full.", 400)
    assert body == {"error": {"message": "Full", "code": 3458, "status": 400, "name": "Error"}}
