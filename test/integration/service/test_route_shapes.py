# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What each route answers, as the original client reads it."""

from __future__ import annotations

import re
from typing import Any, Callable

import pytest
import requests
from service_api import DEVICE, JOBS, PROJECT, SIMULATOR, Api, bell

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
CONFIGURATION = {
    "backend_name": str,
    "backend_version": str,
    "n_qubits": int,
    "basis_gates": list,
    "gates": list,
    "local": bool,
    "simulator": bool,
    "conditional": bool,
    "open_pulse": bool,
    "memory": bool,
    "max_shots": int,
    "online_date": str,
    "input_allowed": list,
    "description": str,
}
GATE_KEYS = {"name", "parameters", "qasm_def", "coupling_map", "latency_map", "conditional", "description"}


@pytest.fixture(scope="module")
def done(api: Api) -> str:
    """A job that has completed."""
    job_id = api.submit(name="bell", tags=["lab1", "lab2"], experimentTag="exp-7")
    assert api.wait(job_id) == "COMPLETED"
    return job_id


def _nulls(value: Any, path: str = "") -> list[str]:
    """Return the paths of all nulls in a document: on this wire they mean trouble."""
    if value is None:
        return [path]
    if isinstance(value, dict):
        return [found for key, item in value.items() for found in _nulls(item, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for i, item in enumerate(value) for found in _nulls(item, f"{path}[{i}]")]
    return []


def test_version_needs_no_token_and_says_that_this_is_an_authentication_url(api: Api) -> None:
    answer = requests.get(api.service.url + "/version", timeout=10)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json()["api-auth"], str)


def test_login_gives_a_token_that_every_header_takes(api: Api) -> None:
    token = api.post("/users/loginWithToken", json={"apiToken": api.service.token})
    assert set(token) == {"id", "ttl", "created", "userId"}
    assert token["id"].isascii()
    assert token["ttl"] >= 86400
    assert DATE.fullmatch(token["created"])


def test_the_user_is_told_base_urls_with_slashes_in_the_right_places(api: Api) -> None:
    user = api.get("/users/me")
    assert user["urls"] == {
        "http": api.service.url,
        "ws": api.service.url.replace("http", "ws", 1) + "/ws/",
        "services": {},
    }
    assert user["capabilities"] == {"idempotency": 1, "direct-jobs": 2, "direct-results": 1}
    assert user["limits"] == {"directJobBytes": 4 * 1024 * 1024}
    assert user["id"]
    assert user["email"]


def test_the_network_has_one_default_project(api: Api) -> None:
    hubs = api.get("/Network")
    assert [hub["name"] for hub in hubs] == ["ibm-q"]
    project = hubs[0]["groups"]["open"]["projects"]["main"]
    assert project["isDefault"] is True


def test_devices_have_all_that_the_original_client_needs(api: Api) -> None:
    devices = api.get(PROJECT + "/devices/v/1")
    names = [device["backend_name"] for device in devices]
    assert len(names) == len(set(names))
    assert {SIMULATOR, DEVICE, "ibmq_armonk", "ibmq_manila", "ibmq_santiago", "ibm_washington"} <= set(names)
    for device in devices:
        for key, kind in CONFIGURATION.items():
            assert isinstance(device[key], kind), (device["backend_name"], key)
        assert "coupling_map" in device
        for gate in device["gates"]:
            assert {"name", "parameters", "qasm_def"} <= set(gate) <= GATE_KEYS
        for loss in [lo for channel in device.get("u_channel_lo", ()) for lo in channel]:
            assert isinstance(loss["scale"], list)


def test_properties_are_whole_and_can_be_asked_for_by_date(api: Api) -> None:
    path = f"{PROJECT}/devices/{DEVICE}/properties"
    properties = api.get(path, params={"version": 1})
    assert properties["backend_name"] == DEVICE
    assert {"backend_version", "last_update_date", "qubits", "gates", "general"} <= set(properties)
    for item in [item for qubit in properties["qubits"] for item in qubit]:
        assert set(item) == {"date", "name", "unit", "value"}
    assert (
        api.get(path, params={"filter": '{"where": {"last_update_date": {"lt": "2001-01-01T00:00:00Z"}}}'})
        == {}
    )
    later = '{"where": {"last_update_date": {"lt": "2101-01-01T00:00:00+00:00"}}}'
    assert api.get(path, params={"filter": later}) == properties


def test_defaults_are_an_object_also_where_there_are_none(api: Api) -> None:
    assert api.get(f"{PROJECT}/devices/{SIMULATOR}/defaults") == {}
    assert api.get(f"{PROJECT}/devices/{SIMULATOR}/properties") == {}
    defaults = api.get(f"{PROJECT}/devices/ibmq_armonk/defaults")
    assert {"qubit_freq_est", "meas_freq_est", "buffer", "pulse_library", "cmd_def"} <= set(defaults)


def test_the_status_of_a_device_lets_least_busy_choose_it(api: Api) -> None:
    status = api.get(f"{PROJECT}/devices/{DEVICE}/queue/status")
    assert status["state"] is True
    assert status["status"] == "active"
    assert status["lengthQueue"] == 0
    assert re.fullmatch(r"\d+\.\d+\.\d+", status["backend_version"])


def test_the_job_limit_has_both_numbers(api: Api) -> None:
    assert api.get(f"{PROJECT}/devices/{DEVICE}/jobsLimit") == {"maximumJobs": 1000, "runningJobs": 0}


def test_there_are_no_reservations(api: Api) -> None:
    window = {"initialDate": "2021-06-02T10:00:00.000Z", "endDate": "2021-06-02T11:00:00.000Z"}
    assert api.get(f"/Network/devices/{DEVICE}/bookings/v2", params=window) == []
    assert api.get("/Network/bookings/v2") == []


def test_creation_answers_with_the_job_and_an_upload_url(api: Api) -> None:
    job = api.create(
        name="n", tags=["a"], experimentTag="e", shots=7, shareLevel="none", something={"new": 1}
    )
    try:
        assert re.fullmatch("[0-9a-f]{24}", job["id"])
        assert job["status"] == "CREATING"
        assert job["kind"] == "q-object-external-storage"
        assert DATE.fullmatch(job["creationDate"])
        assert job["backend"]["name"] == SIMULATOR
        assert (job["name"], job["tags"], job["experimentTag"]) == ("n", ["a"], "e")
        assert job["objectStorageInfo"]["jobId"] == job["id"]
        assert job["objectStorageInfo"]["uploadUrl"].startswith(api.service.url + "/storage/upload/")
        assert "clientInfo" in job
        assert _nulls(job) == []
        assert api.get(f"{JOBS}/{job['id']}/jobUploadUrl")["url"].startswith(api.service.url + "/storage/")
    finally:
        api.post(f"{JOBS}/{job['id']}/cancel")


def test_the_announcement_is_answered_without_error_and_payload_and_may_be_repeated(api: Api) -> None:
    job_id = api.submit()
    for _ in range(2):
        answer = api.post(f"{JOBS}/{job_id}/jobDataUploaded")
        assert set(answer) == {"job"}
        assert answer["job"]["id"] == job_id
        assert not {"error", "qObject", "qObjectResult"} & set(answer["job"])
    api.wait(job_id)


def test_a_job_has_all_its_fields_and_no_null(api: Api, done: str) -> None:
    job = api.get(f"{JOBS}/{done}/v/1")
    assert job["status"] == "COMPLETED"
    assert job["runMode"] == "fairshare"
    assert job["tags"] == ["lab1", "lab2"]
    assert job["hubInfo"]["project"]["name"] == "main"
    assert set(job["clientInfo"]) == {"name", "version"}
    steps = job["timePerStep"]
    order = ["CREATING", "CREATED", "VALIDATING", "VALIDATED", "QUEUED", "RUNNING", "COMPLETED"]
    assert sorted(steps, key=order.index) == order
    assert [steps[name] for name in order] == sorted(steps.values())
    assert all(DATE.fullmatch(instant) for instant in steps.values())
    assert not {"error", "infoQueue", "qObject", "qObjectResult"} & set(job)
    assert job["summaryData"]["success"] is True
    assert _nulls(job) == []


def test_the_client_that_made_a_job_is_remembered(api: Api) -> None:
    header = {"X-Qx-Client-Application": "qiskit-ibmq-provider,qiskit-terra/0.20.2,0.46.3"}
    body = {"backend": {"name": SIMULATOR}}
    job = api.post(JOBS, json=body, headers=header)
    assert job["clientInfo"] == {"name": "qiskit-ibmq-provider,qiskit-terra", "version": "0.20.2,0.46.3"}
    api.post(f"{JOBS}/{job['id']}/cancel")


def test_the_status_route_gives_status_and_id(api: Api, done: str) -> None:
    status = api.get(f"{JOBS}/{done}/status/v/1")
    assert (status["id"], status["status"]) == (done, "COMPLETED")
    assert _nulls(status) == []


def test_the_result_is_complete_and_can_be_read_again(api: Api, done: str) -> None:
    first = api.result(done)
    assert api.post(f"{JOBS}/{done}/resultDownloaded") == {}
    assert api.result(done) == first
    assert {"backend_name", "backend_version", "qobj_id", "job_id", "success", "results"} <= set(first)
    assert (first["job_id"], first["backend_name"], first["success"]) == (done, SIMULATOR, True)
    assert first["qobj_id"] == bell()["qobj_id"]
    experiment = first["results"][0]
    assert experiment["header"] == bell()["experiments"][0]["header"]
    assert set(experiment["data"]["counts"]) <= {"0x0", "0x3"}
    assert sum(experiment["data"]["counts"].values()) == 100


def test_the_payload_comes_back_as_it_was_sent(api: Api, done: str) -> None:
    url = api.get(f"{JOBS}/{done}/jobDownloadUrl")["url"]
    assert api.get(url) == bell()


def test_the_properties_of_a_job_name_the_device_and_are_empty_for_the_simulator(api: Api, done: str) -> None:
    assert api.get(f"{JOBS}/{done}/properties") == {}
    job = api.create(DEVICE)
    assert api.get(f"{JOBS}/{job['id']}/properties")["backend_name"] == DEVICE
    api.post(f"{JOBS}/{job['id']}/cancel")


@pytest.mark.parametrize(("body", "answer"), [
    ({"name": "new"}, {"name": "new"}),
    ({"name": ""}, {"name": ""}),
    ({"tags": ["b", "a"]}, {"tags": ["b", "a"]}),
    ({"tags": []}, {"tags": []}),
])  # fmt: skip
def test_an_update_repeats_what_was_set(
    api: Api, done: str, body: dict[str, Any], answer: dict[str, Any]
) -> None:
    response = api.request("PUT", f"{JOBS}/{done}", json=body)
    assert (response.status_code, response.json()) == (200, answer)
    job = api.get(f"{JOBS}/{done}/v/1")
    assert all(job.get(key, "") == value for key, value in answer.items())


def test_cancelling_twice_is_fine_and_a_job_that_is_over_refuses(api: Api, done: str) -> None:
    job = api.create()
    for _ in range(2):
        assert api.post(f"{JOBS}/{job['id']}/cancel") == {"cancelled": True}
    refusal = api.post(f"{JOBS}/{done}/cancel")
    assert refusal["cancelled"] is False
    assert refusal["error"]["code"] == 3209


def test_a_deleted_job_is_gone(api: Api) -> None:
    job_id = api.create()["id"]
    assert api.request("DELETE", f"{JOBS}/{job_id}").status_code == 409
    api.post(f"{JOBS}/{job_id}/cancel")
    assert api.request("DELETE", f"{JOBS}/{job_id}").status_code == 200
    assert api.request("GET", f"{JOBS}/{job_id}/v/1").status_code == 404


def test_the_lists_follow_the_filter(api: Api, done: str) -> None:
    others = [api.create(tags=["listing"])["id"] for _ in range(3)]
    mine = {"tags": {"inq": ["listing"]}}
    listed = api.filtered(JOBS + "/status/v/1", where=mine, order="creationDate DESC", limit=10)
    assert [job["id"] for job in listed] == others[::-1]
    assert all(
        {"id", "status", "creationDate", "backend", "kind", "clientInfo"} <= set(job) for job in listed
    )
    assert _nulls(listed) == []
    listed = api.filtered(JOBS + "/status/v/1", where=mine, order="creationDate ASC", limit=2, skip=1)
    assert [job["id"] for job in listed] == others[1:]
    clause = {
        "and": [{"creationDate": {"lte": "2101-01-01T00:00:00Z"}}, {"lte": "2101-01-01T00:00:00+00:00"}, mine]
    }
    assert len(api.filtered(JOBS + "/status/v/1", where=clause)) == 3
    assert api.filtered(JOBS + "/status/v/1", where={"name": "nothing is called so"}) == []
    for job_id in others:
        api.post(f"{JOBS}/{job_id}/cancel")


def test_the_list_of_ids_holds_what_clients_page_by(api: Api, done: str) -> None:
    fields = {"id": True, "liveDataEnabled": True, "creationDate": True}
    (entry,) = api.filtered(JOBS + "/v/1", where={"id": done}, fields=fields)
    assert set(entry) == {"id", "liveDataEnabled", "creationDate"}
    assert entry["id"] == done


LEGACY: list[tuple[str, Callable[[Any], Any]]] = [
    ("/Jobs/{id}", lambda job: job["id"]),
    ("/Jobs/{id}/status", lambda status: status["id"]),
    ('/Jobs/status?filter={{"where": {{"id": "{id}"}}}}', lambda jobs: jobs[0]["id"]),
]


@pytest.mark.parametrize(("path", "job_of"), LEGACY)
def test_paths_of_older_clients_work(api: Api, done: str, path: str, job_of: Callable[[Any], Any]) -> None:
    assert job_of(api.get(PROJECT + path.format(id=done))) == done


def test_doubled_and_trailing_slashes_do_not_matter(api: Api) -> None:
    assert api.get("//version") == api.get("/version") == api.get("/version/")


def test_the_token_may_be_in_the_query(api: Api) -> None:
    answer = requests.get(api.service.url + "/users/me", params={"access_token": api.token}, timeout=10)
    assert answer.status_code == 200


def test_head_is_get_without_a_body(api: Api) -> None:
    answer = api.request("HEAD", "/version")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


@pytest.mark.parametrize("path", ["", "/"])
def test_the_root_says_what_this_is(api: Api, path: str) -> None:
    for base in (api.service.url, api.service.url[: -len("/api")]):
        about = requests.get(base + path, timeout=10).json()
        assert about["api"] == api.service.url
        assert "Not affiliated with IBM" in about["description"]
