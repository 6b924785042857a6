# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The limits of the service on the wire, and how our client gets along with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from qiskit import QuantumCircuit
from service_api import JOBS, PROJECT, SIMULATOR, Api, bell, close_code, endless, receive, statuses

from qiskit_ibmq_provider import IBMQFactory
from qiskit_ibmq_provider.service.testing import ServiceProcess

SETTINGS = {
    "workers": 1,
    "max_body_bytes": 4096,
    "max_json_depth": 20,
    "max_sockets": 3,
    "max_sockets_per_user": 2,
    "requests_per_second": 3,
}
BURST = 30


@pytest.fixture(scope="module")
def narrow() -> Iterator[ServiceProcess]:
    """A service with low limits."""
    with ServiceProcess(settings=SETTINGS) as service:
        yield service


@pytest.fixture
def caller(narrow: ServiceProcess) -> Iterator[Api]:
    with Api(narrow) as api:
        yield api


def test_too_many_requests_are_refused_with_the_time_to_wait_but_jobs_are_made(caller: Api) -> None:
    answers = [caller.request("GET", "/Network") for _ in range(5 * BURST)]
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused
    assert {(each.status_code, each.json()["error"]["code"]) for each in refused} == {(429, 2429)}
    assert all(1 <= int(each.headers["Retry-After"]) <= 2 for each in refused)
    # A whole submit meets no refusal, however many requests there were.
    jobs = [caller.submit() for _ in range(5)]
    assert all(caller.wait(job_id) == "COMPLETED" for job_id in jobs)
    for method, path in (("GET", f"/{jobs[0]}/v/1"), ("PUT", f"/{jobs[0]}"), ("DELETE", f"/{jobs[0]}")):
        while (answer := caller.request(method, JOBS + path, json={"name": "x"})).status_code != 429:
            assert answer.status_code in (200, 404)


def test_our_client_waits_as_it_is_told_and_gets_its_result(narrow: ServiceProcess, caller: Api) -> None:
    factory = IBMQFactory()
    try:
        backend = factory.enable_account(narrow.token, narrow.url).get_backend(SIMULATOR)
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        while caller.request("GET", "/Network").status_code != 429:
            pass
        job = backend.run(circuit, shots=7)
        assert job.result().get_counts() == {"0": 7}
        assert job.job_id() in [each.job_id() for each in backend.jobs()]
    finally:
        factory.disable_account()


def test_a_user_has_so_many_websockets_and_the_service_so_many_in_all(caller: Api) -> None:
    job_id = caller.submit(endless())
    with caller.socket(job_id) as first, caller.socket(job_id) as second:
        for connection in (first, second):
            assert receive(connection) == {"type": "authenticated"}
            assert receive(connection)["type"] == "job-status"
        with caller.socket(job_id) as third:
            assert close_code(third) == 1013
        # The third one of all says nothing, so the fourth finds no place.
        with caller.socket(job_id, token=""), caller.socket(job_id, token="") as fourth:
            assert close_code(fourth) == 1013
        caller.post(f"{JOBS}/{job_id}/cancel")
        assert statuses(first)[-1]["status"] == "CANCELLED"
    assert caller.wait(job_id) == "CANCELLED"


def test_our_client_waits_without_a_websocket_if_there_are_too_many(
    narrow: ServiceProcess, caller: Api
) -> None:
    job_id = caller.submit(endless())
    factory = IBMQFactory()
    try:
        backend = factory.enable_account(narrow.token, narrow.url).get_backend(SIMULATOR)
        with caller.socket(job_id) as first, caller.socket(job_id) as second:
            for connection in (first, second):
                assert receive(connection) == {"type": "authenticated"}
            job = backend.retrieve_job(job_id)
            caller.post(f"{JOBS}/{job_id}/cancel")
            assert job.wait_for_final_state(timeout=60) is None
            assert job.cancelled()
    finally:
        factory.disable_account()


def test_bodies_over_the_limit_are_refused(caller: Api) -> None:
    body = {"backend": {"name": SIMULATOR}, "name": "x" * 5000}
    for send in ({"json": body}, {"data": iter([json.dumps(body).encode()])}):
        answer = caller.request("POST", JOBS, **send)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, 2803)
    # Payloads have a limit of their own.
    assert caller.wait(caller.submit({**bell(), "note": "x" * 10_000})) == "COMPLETED"


@pytest.mark.parametrize("depth", [101, 500, 900, 2000])
def test_bodies_and_filters_that_are_nested_deeply_are_refused(api: Api, depth: int) -> None:
    value = "[" * depth + '"x"' + "]" * depth
    for path in (JOBS, "/users/loginWithToken"):
        answer = api.request("POST", path, data=f'{{"backend": {value}, "apiToken": {value}}}')
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, 2000)
    where = '{"or": [' * depth + "{}" + "]}" * depth
    properties = f"{PROJECT}/devices/{SIMULATOR}/properties"
    for path, code in ((f"{JOBS}/v/1", 3212), (f"{JOBS}/status/v/1", 3212), (properties, 2000)):
        for text in (f'{{"where": {where}}}', f'{{"where": {{"name": {value}}}}}', value):
            answer = api.request("GET", path, params={"filter": text})
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_the_depth_is_a_setting_and_what_is_nested_less_is_taken(caller: Api, api: Api) -> None:
    for depth, taken_by in ((15, [caller, api]), (30, [api])):
        value: Any = "x"
        for _ in range(depth):
            value = [value]
        for each in (caller, api):
            body = {"backend": {"name": SIMULATOR}, "name": "n", "extra": value}
            answer = each.request("POST", JOBS, json=body)
            assert answer.status_code == (200 if each in taken_by else 400), answer.text


def test_a_job_has_so_many_circuits_shots_and_bytes_of_memory() -> None:
    settings = {"max_circuits": 2, "max_shots": 300, "max_job_memory": 64 * 2**20, "workers": 1}
    with ServiceProcess(settings=settings) as service, Api(service) as api:
        listed = {each["backend_name"]: each for each in api.get(f"{PROJECT}/devices/v/1")}
        assert {(each["max_experiments"], each["max_shots"]) for each in listed.values()} <= {
            (1, 300),
            (2, 300),
        }
        good = bell(shots=300)
        good["experiments"] *= 2
        wide = endless(qubits=26, depth=1)
        wide["config"]["method"] = "statevector"
        wanted = {
            api.submit(good): None,
            api.submit({**good, "experiments": bell()["experiments"] * 3}): 7002,
            api.submit(bell(shots=301)): 7003,
            api.submit(wide): 7007,
        }
        for job_id, code in wanted.items():
            api.wait(job_id)
            assert api.get(f"{JOBS}/{job_id}/v/1").get("error", {}).get("code") == code
        # Our client knows it beforehand, and asks for no more by itself.
        factory = IBMQFactory()
        try:
            backend = factory.enable_account(service.token, service.url).get_backend(SIMULATOR)
            circuit = QuantumCircuit(1, 1)
            circuit.measure(0, 0)
            assert sum(backend.run(circuit).result().get_counts().values()) == 300
        finally:
            factory.disable_account()
