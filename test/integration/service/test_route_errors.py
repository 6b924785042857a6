# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Every refusal has one shape, its own code, and a status that the original client does not retry."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from service_api import DEVICE, JOBS, PROJECT, SIMULATOR, Api, endless

from qiskit_ibmq_provider.service.testing import ServiceProcess

NOBODY = "0123456789abcdef01234567"
OTHER_PROJECT = "/Network/ibm-q/Groups/open/Projects/other"

NEEDS_TOKEN = [
    ("GET", "/users/me"),
    ("GET", "/Network"),
    ("GET", "/Network/bookings/v2"),
    ("GET", f"/Network/devices/{DEVICE}/bookings/v2"),
    ("GET", f"{PROJECT}/devices/v/1"),
    ("GET", f"{PROJECT}/devices/{DEVICE}/properties"),
    ("GET", f"{PROJECT}/devices/{DEVICE}/defaults"),
    ("GET", f"{PROJECT}/devices/{DEVICE}/queue/status"),
    ("GET", f"{PROJECT}/devices/{DEVICE}/jobsLimit"),
    ("POST", JOBS),
    ("GET", f"{JOBS}/status/v/1"),
    ("GET", f"{JOBS}/status"),
    ("GET", f"{JOBS}/v/1"),
    ("GET", f"{JOBS}/{NOBODY}/v/1"),
    ("GET", f"{JOBS}/{NOBODY}"),
    ("GET", f"{JOBS}/{NOBODY}/status/v/1"),
    ("GET", f"{JOBS}/{NOBODY}/status"),
    ("POST", f"{JOBS}/{NOBODY}/jobDataUploaded"),
    ("POST", f"{JOBS}/{NOBODY}/cancel"),
    ("GET", f"{JOBS}/{NOBODY}/properties"),
    ("GET", f"{JOBS}/{NOBODY}/jobUploadUrl"),
    ("GET", f"{JOBS}/{NOBODY}/jobDownloadUrl"),
    ("GET", f"{JOBS}/{NOBODY}/resultDownloadUrl"),
    ("POST", f"{JOBS}/{NOBODY}/resultDownloaded"),
    ("PUT", f"{JOBS}/{NOBODY}"),
    ("DELETE", f"{JOBS}/{NOBODY}"),
]
OF_A_JOB = [(method, path) for method, path in NEEDS_TOKEN if NOBODY in path]
OF_A_PROJECT = [(method, path) for method, path in NEEDS_TOKEN if path.startswith(PROJECT)]


def _check(answer: requests.Response, status: int, code: int, text: str = "") -> dict[str, Any]:
    """Check all that clients look for in a refusal; return its error object."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["uber-trace-id"]
    assert set(answer.json()) == {"error"}
    error: dict[str, Any] = answer.json()["error"]
    assert (error["code"], error["status"], error["name"]) == (code, status, "Error")
    assert text in error["message"]
    return error


def _body(method: str, path: str) -> dict[str, Any]:
    if method == "POST" and path.endswith("/Jobs"):
        return {"json": {"backend": {"name": SIMULATOR}}}
    return {"json": {"name": "x"}} if method == "PUT" else {}


@pytest.mark.parametrize(("method", "path"), NEEDS_TOKEN)
@pytest.mark.parametrize("headers", [{}, {"X-Access-Token": "wrong"}, {"X-Access-Token": ""}])
def test_without_a_valid_token_nothing_is_told(
    ibmq_service: ServiceProcess, method: str, path: str, headers: dict[str, str]
) -> None:
    url = ibmq_service.url + path
    _check(requests.request(method, url, headers=headers, timeout=10, **_body(method, path)), 401, 3447)


@pytest.mark.parametrize(("method", "path"), OF_A_JOB)
def test_an_unknown_job_is_not_found(api: Api, method: str, path: str) -> None:
    _check(api.request(method, path, **_body(method, path)), 404, 3250, NOBODY)


@pytest.mark.parametrize("job_id", ["x", "A" * 24, "%2e%2e", "a%20b", "1" * 2000, "%00", "%F0%9F%98%80"])
def test_what_cannot_be_a_job_id_is_not_found_either(api: Api, job_id: str) -> None:
    _check(api.request("GET", f"{JOBS}/{job_id}/v/1"), 404, 3250)


@pytest.mark.parametrize(("method", "path"), OF_A_PROJECT)
def test_an_unknown_project_is_not_found(api: Api, method: str, path: str) -> None:
    other = path.replace(PROJECT, OTHER_PROJECT)
    _check(api.request(method, other, **_body(method, path)), 404, 2001, "ibm-q/open/other")


@pytest.mark.parametrize("rest", ["properties", "defaults", "queue/status", "jobsLimit"])
def test_an_unknown_device_is_not_found(api: Api, rest: str) -> None:
    _check(api.request("GET", f"{PROJECT}/devices/ibmq_nowhere/{rest}"), 404, 3214, "ibmq_nowhere")


def test_a_job_for_an_unknown_device_is_refused(api: Api) -> None:
    body = {"backend": {"name": "ibmq_nowhere"}}
    _check(api.request("POST", JOBS, json=body), 404, 3214, "ibmq_nowhere")
    _check(api.request("GET", "/Network/devices/ibmq_nowhere/bookings/v2"), 404, 3214)


@pytest.mark.parametrize("body", [
    b"", b"[]", b"{}", b"null", b"{", b"\xff", b'{"backend": "x"}', b'{"backend": {"name": 1}}',
    b'{"backend": {"name": "ibmq_qasm_simulator"}, "tags": "x"}',
    b'{"backend": {"name": "ibmq_qasm_simulator"}, "tags": [1]}',
    b'{"backend": {"name": "ibmq_qasm_simulator"}, "name": {}}',
    b"[" * 100_000,
])  # fmt: skip
def test_a_body_that_makes_no_sense_is_refused(api: Api, body: bytes) -> None:
    _check(api.request("POST", JOBS, data=body), 400, 2000)


def test_a_body_beyond_all_reason_is_refused(api: Api) -> None:
    _check(api.request("POST", JOBS, data=b" " * (1024 * 1024 + 1)), 413, 2803)


@pytest.mark.parametrize(
    "body", [{}, {"name": 1}, {"tags": "x"}, {"tags": [1]}, {"name": "a", "tags": []}, []]
)
def test_an_update_sets_name_or_tags(api: Api, body: Any) -> None:
    job_id = api.create()["id"]
    answer = api.request("PUT", f"{JOBS}/{job_id}", json=body)
    _check(answer, 400, 2000 if body == [] else 3213)
    api.post(f"{JOBS}/{job_id}/cancel")


@pytest.mark.parametrize("text", [
    "{", "[]", "7", '{"limit": -1}', '{"where": [1]}', '{"where": {"name": {"regexp": "("}}}', '{"order": "id"}',
])  # fmt: skip
@pytest.mark.parametrize("path", ["/status/v/1", "/v/1", "/status"])
def test_a_filter_that_cannot_be_understood_is_refused(api: Api, path: str, text: str) -> None:
    _check(api.request("GET", JOBS + path, params={"filter": text}), 400, 3212)


@pytest.mark.parametrize("text", ["{", "[]", '{"where": {"last_update_date": {"lt": "soon"}}}'])
def test_a_filter_of_properties_that_cannot_be_understood_is_refused(api: Api, text: str) -> None:
    _check(api.request("GET", f"{PROJECT}/devices/{DEVICE}/properties", params={"filter": text}), 400, 2000)


@pytest.mark.parametrize("token", ["", "wrong", "wröng", "x" * 10_000])
def test_a_wrong_api_token_is_refused_and_not_repeated(api: Api, token: str) -> None:
    answer = api.request("POST", "/users/loginWithToken", json={"apiToken": token})
    error = _check(answer, 401, 3446)
    assert not token or token not in error["message"]


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}", b'{"apiToken": 1}', b'{"apiToken": "abc'])
def test_a_login_that_makes_no_sense_is_refused(api: Api, body: bytes) -> None:
    error = _check(api.request("POST", "/users/loginWithToken", data=body), 400, 2000)
    assert "abc" not in error["message"]


def test_an_announcement_without_payload_is_refused(api: Api) -> None:
    job_id = api.create()["id"]
    _check(api.request("POST", f"{JOBS}/{job_id}/jobDataUploaded"), 409, 2804)
    api.post(f"{JOBS}/{job_id}/cancel")


def test_data_that_does_not_exist_has_its_own_code(api: Api) -> None:
    job_id = api.create()["id"]
    _check(api.request("GET", f"{JOBS}/{job_id}/resultDownloadUrl"), 404, 2801)
    _check(api.request("GET", f"{JOBS}/{job_id}/jobDownloadUrl"), 404, 2801)
    api.post(f"{JOBS}/{job_id}/cancel")


@pytest.mark.parametrize(
    "path", ["/nothing", f"{PROJECT}", f"{JOBS}/{NOBODY}/nothing", "/ws/jobs/x/status/v/1"]
)
def test_an_unknown_path_is_answered_in_the_same_shape(api: Api, path: str) -> None:
    _check(api.request("GET", path), 404, 2001, path)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/version", {"GET", "HEAD"}),
        ("GET", "/users/loginWithToken", {"POST"}),
        ("PATCH", f"{JOBS}/{NOBODY}", {"GET", "HEAD", "PUT", "DELETE"}),
        ("GET", f"{JOBS}/{NOBODY}/cancel", {"POST"}),
        ("POST", f"/storage/upload/{NOBODY}", {"GET", "HEAD", "PUT"}),
    ],
)
def test_a_wrong_method_is_answered_in_the_same_shape(
    api: Api, method: str, path: str, allowed: set[str]
) -> None:
    answer = api.request(method, path)
    _check(answer, 405, 2002, method)
    assert {name.strip() for name in answer.headers["allow"].split(",")} == allowed


def test_the_job_limit_has_the_code_that_clients_look_for(tmp_path: Any) -> None:
    with (
        ServiceProcess(tmp_path / "data", settings={"max_jobs_per_device": 1}) as service,
        Api(service) as api,
    ):
        api.create()
        # A job without a payload neither waits nor runs.
        assert api.get(f"{PROJECT}/devices/{SIMULATOR}/jobsLimit") == {"maximumJobs": 1, "runningJobs": 0}
        job_id = api.submit(endless())
        assert api.get(f"{PROJECT}/devices/{SIMULATOR}/jobsLimit") == {"maximumJobs": 1, "runningJobs": 1}
        _check(api.request("POST", JOBS, json={"backend": {"name": SIMULATOR}}), 400, 3458)
        api.post(f"{JOBS}/{job_id}/cancel")
        api.create()


def test_requests_in_parallel_are_all_answered(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: api.filtered(JOBS + "/status/v/1", limit=1), range(40)))
    assert all(isinstance(answer, list) for answer in answers), json.dumps(answers)
