# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The transport at the real service: every call once, and what happens when the service is killed under it."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from qiskit import QuantumCircuit, assemble

from qiskit_ibmq_provider.api.clients import AccountClient, AuthClient, VersionClient
from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.credentials import Credentials, HubGroupProject
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.service.testing import ServiceProcess

SIMULATOR = "ibmq_qasm_simulator"


def bell() -> dict:
    """Return a Qobj as plain values."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    return assemble(circuit, shots=100).to_dict()


def connect(service: ServiceProcess) -> AccountClient:
    """Log in, as the factory does, and return a client of the default project."""
    version = VersionClient(service.url)
    assert version.version().is_authentication_api
    auth = AuthClient(service.token, service.url, session=version.session)
    first = auth.user_hubs()[0]
    assert first.is_default
    credentials = Credentials(service.token, service.url).for_project(
        HubGroupProject(first.hub, first.group, first.project),
        url=auth.user_info.http_url,
        websockets_url=auth.user_info.ws_url,
        access_token=auth.current_access_token(),
    )
    return AccountClient(credentials, session=auth.session)


@pytest.fixture(scope="module")
def client(ibmq_service: ServiceProcess) -> Iterator[AccountClient]:
    found = connect(ibmq_service)
    yield found
    found.session.close()


def test_devices_are_described(client):
    names = {configuration["backend_name"] for configuration in client.list_backends()}
    assert {"ibmq_vigo", "ibmq_armonk", SIMULATOR} <= names
    assert client.backend_status("ibmq_vigo").status_msg == "active"
    assert client.backend_properties("ibmq_vigo")["backend_name"] == "ibmq_vigo"
    assert client.backend_properties(SIMULATOR) is None
    assert client.backend_pulse_defaults(SIMULATOR) is None
    assert client.backend_job_limit("ibmq_vigo").running_jobs >= 0
    assert client.backend_reservations("ibmq_vigo") == []
    assert client.my_reservations() == []


def test_a_job_goes_all_the_way(client):
    record = client.job_submit(SIMULATOR, bell(), job_name="bell", job_tags=["lab1"])
    seen: list[str] = []
    final = client.job_final_status(
        record.id, timeout=60, status_queue=SimpleNamespace(put=lambda each: seen.append(each.status))
    )
    assert final.status == "COMPLETED"
    assert "COMPLETED" not in seen
    result = client.job_result(record.id, expected=True)
    assert sum(result["results"][0]["data"]["counts"].values()) == 100
    assert client.job_download_qobj(record.id)["experiments"][0]["instructions"][0]["name"] == "h"
    job = client.job_get(record.id)
    assert (job.name, job.tags, job.backend_name, job.status) == ("bell", ("lab1",), SIMULATOR, "COMPLETED")
    assert client.job_update_attribute(record.id, "tags", ["redo"])["tags"] == ["redo"]
    assert client.job_properties(record.id) is None
    assert client.job_cancel(record.id) is False
    listed = client.list_jobs_statuses(limit=5, extra_filter={"tags": "redo"})
    assert record.id in [each.id for each in listed]
    assert record.id in [each["id"] for each in client.list_jobs_ids(limit=5)]
    client.job_delete(record.id)
    with pytest.raises(RequestsApiError) as failed:
        client.job_get(record.id)
    assert (failed.value.status_code, failed.value.code) == (404, ErrorCode.JOB_NOT_FOUND)


def test_a_job_is_waited_for_by_websocket_alone(client):
    record = client.job_submit(SIMULATOR, bell())
    # After the first request the next one would be due in ten minutes.
    assert client.job_final_status(record.id, timeout=60, wait=600).status == "COMPLETED"


def test_a_wrong_token_is_refused_in_words(ibmq_service):
    with pytest.raises(RequestsApiError, match="Check the API token") as failed:
        AuthClient("not-the-token", ibmq_service.url)
    assert (failed.value.status_code, failed.value.code) == (401, ErrorCode.LOGIN_FAILED)
    assert failed.value.message.endswith(f"Error code: {int(ErrorCode.LOGIN_FAILED)}.")
    assert "not-the-token" not in failed.value.message


def test_a_device_that_is_not_there_is_named(client):
    with pytest.raises(RequestsApiError, match=r"no_such_device.*Error code: [0-9]{4}\.") as failed:
        client.job_submit("no_such_device", bell())
    assert 400 <= failed.value.status_code < 500
    assert not failed.value.outcome_unknown


def test_a_token_that_the_service_no_longer_knows_is_renewed(client):
    client.session.access_token = "expired-token"
    assert client.list_jobs_ids(limit=1) is not None
    assert client.session.access_token != "expired-token"
    client.session.access_token = "expired-token"
    record = client.job_submit(SIMULATOR, bell())
    assert client.job_final_status(record.id, timeout=60).status == "COMPLETED"


def test_a_killed_service_that_comes_back_is_found_again(tmp_path):
    with ServiceProcess(tmp_path) as service:
        port = int(service.url.rpartition(":")[2].partition("/")[0])
        client = connect(service)
        record = client.job_submit(SIMULATOR, bell())
        service.kill()
        with pytest.raises(RequestsApiError, match="Check that the service is running"):
            client.job_status(record.id)
        again = ServiceProcess(tmp_path, token=service.token, port=port)
        with again:
            assert client.job_final_status(record.id, timeout=60).status == "COMPLETED"
            assert client.job_result(record.id)["success"]


def test_a_wait_outlives_a_restart_of_the_service(tmp_path):
    with ServiceProcess(tmp_path) as service:
        client = connect(service)
        job_id, _ = client.account_api.create_remote_job(JobCreateRequest(SIMULATOR), idempotency_key=None)
        steps = iter([service.kill, service.restart, lambda: client.job_cancel(job_id)])
        final = client.job_final_status(job_id, timeout=60, tick=0.3, on_tick=lambda: next(steps, int)())
        assert final.status == "CANCELLED"
