# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Accounts, backends and job lists against the real service."""

from __future__ import annotations

import datetime as dt
import logging
import subprocess
import sys

import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider import (
    IBMQAccountCredentialsInvalidUrl,
    IBMQBackendApiError,
    IBMQBackendValueError,
    IBMQProviderError,
    least_busy,
)
from qiskit_ibmq_provider._login import Destination
from qiskit_ibmq_provider.api.addresses import ServiceLocation
from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.credentials import Credentials
from qiskit_ibmq_provider.ibmqbackend import IBMQSimulator
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.service.testing import ServiceProcess

WAIT = 120


@pytest.fixture
def factory() -> IBMQFactory:
    return IBMQFactory()


def test_save_and_load(factory, ibmq_service):
    factory.save_account(ibmq_service.token, ibmq_service.url)
    provider = factory.load_account()
    assert (
        factory.stored_account()
        == factory.active_account()
        == {"token": ibmq_service.token, "url": ibmq_service.url}
    )
    assert provider.get_backend("ibmq_vigo").configuration().n_qubits == 5


def test_an_unedited_script_finds_the_service_by_the_environment(ibmq_service, monkeypatch):
    monkeypatch.setenv("QE_TOKEN", ibmq_service.token)
    monkeypatch.setenv("QE_URL", ibmq_service.url)
    script = (
        "from qiskit import IBMQ\n"
        "provider = IBMQ.load_account()\n"
        "print(provider)\n"
        "print(IBMQ.get_provider(hub='ibm-q').get_backend('ibmq_qasm_simulator').name())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        "<AccountProvider for IBMQ(hub='ibm-q', group='open', project='main')>",
        "ibmq_qasm_simulator",
    ]
    assert ibmq_service.token not in done.stdout + done.stderr


def test_a_wrong_token_is_refused(factory, ibmq_service):
    with pytest.raises(ApiError) as caught:
        factory.enable_account("wrong-secret", ibmq_service.url)
    assert caught.value.status_code == 401
    assert "wrong-secret" not in str(caught.value)


def test_a_url_beside_the_service_is_not_an_authentication_url(factory, ibmq_service):
    origin = ibmq_service.url[: -len("/api")]
    for url in (origin, f"{origin}/other", f"{ibmq_service.url}/users"):
        with pytest.raises(IBMQAccountCredentialsInvalidUrl, match="is not an authentication URL"):
            factory.enable_account(ibmq_service.token, url)
    assert factory.enable_account(ibmq_service.token, f"{ibmq_service.url}/") is not None


def test_hub_group_and_project(factory, ibmq_service):
    arguments = {"hub": "ibm-q", "group": "open", "project": "main"}
    provider = factory.enable_account(ibmq_service.token, ibmq_service.url, **arguments)
    assert provider == factory.get_provider(**arguments) == factory.providers(group="open")[0]
    with pytest.raises(IBMQProviderError, match="The account has ibm-q/open/main"):
        factory.get_provider(hub="elsewhere")


def test_a_stored_default_project(factory, ibmq_service):
    factory.save_account(ibmq_service.token, ibmq_service.url, "ibm-q", "open", "main")
    assert factory.load_account().credentials.hub == "ibm-q"
    factory.save_account(ibmq_service.token, ibmq_service.url, "ibm-q", "open", "gone", overwrite=True)
    with pytest.raises(IBMQProviderError, match=r"\(hub/group/project\) stored on disk could not be found"):
        factory.load_account()


def test_the_token_shows_nowhere(factory, ibmq_service, caplog):
    caplog.set_level(logging.DEBUG)
    provider = factory.enable_account(ibmq_service.token, ibmq_service.url)
    provider.backend.jobs()
    access_token = provider.credentials.access_token
    shown = "".join(
        repr(each) for each in (provider, provider.credentials, provider.backend, provider.backends, factory)
    )
    for secret in (ibmq_service.token, access_token):
        assert secret
        assert secret not in shown
        assert secret not in caplog.text


def test_filters(ibmq_provider):
    simulators = ibmq_provider.backends(simulator=True)
    assert simulators
    assert all(isinstance(backend, IBMQSimulator) for backend in simulators)
    devices = ibmq_provider.backends(simulator=False, n_qubits=5)
    assert "ibmq_vigo" in [backend.name() for backend in devices]
    assert all(backend.configuration().n_qubits == 5 for backend in devices)
    assert ibmq_provider.backends(operational=True, n_qubits=5, simulator=False) == devices
    assert ibmq_provider.backends(operational=False) == []
    large = ibmq_provider.backends(min_num_qubits=60, filters=lambda b: not b.configuration().simulator)
    assert {backend.configuration().n_qubits for backend in large} >= {65, 127}
    assert ibmq_provider.backends(input_allowed="job") == ibmq_provider.backends()


def test_every_backend_is_an_attribute_and_found_by_its_name(ibmq_provider):
    for backend in ibmq_provider.backends():
        assert ibmq_provider.get_backend(backend.name()) is backend
        assert getattr(ibmq_provider.backend, backend.name()) is backend
    with pytest.raises(QiskitBackendNotFoundError, match="Did you mean ibmq_vigo"):
        ibmq_provider.get_backend("ibmq_viggo")


def test_least_busy_of_devices(ibmq_provider):
    backends = ibmq_provider.backends(simulator=False, min_num_qubits=5)
    assert least_busy(backends) in backends


@pytest.fixture(scope="module")
def finished(ibmq_provider):
    """Five finished jobs of a tag of their own, the oldest first."""
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    backend = ibmq_provider.get_backend("ibmq_qasm_simulator")
    transpiled = transpile(circuit, backend)
    jobs = []
    for number in range(5):
        tags = ["account-test", "even" if number % 2 == 0 else "odd"]
        jobs.append(backend.run(transpiled, shots=10, job_name=f"account {number}", job_tags=tags))
    for job in jobs:
        job.result(timeout=WAIT)
    return jobs


def ids(jobs: list) -> list[str]:
    return [job.job_id() for job in jobs]


def test_lists_of_jobs(ibmq_provider, finished):
    service = ibmq_provider.backend
    mine = {"job_tags": ["account-test"]}
    assert ids(service.jobs(limit=None, **mine)) == ids(finished)[::-1]
    assert ids(service.jobs(limit=None, descending=False, **mine)) == ids(finished)
    assert ids(service.jobs(limit=2, skip=1, **mine)) == ids(finished)[3:1:-1]
    assert ids(service.jobs(job_name="account [03]", **mine)) == ids([finished[3], finished[0]])
    both = {"job_tags": ["account-test", "odd"], "job_tags_operator": "AND"}
    assert ids(service.jobs(**both)) == ids([finished[3], finished[1]])
    assert (
        ids(service.jobs(status=JobStatus.DONE, backend_name="ibmq_qasm_simulator", **mine))
        == ids(finished)[::-1]
    )
    assert ids(service.jobs(status=["done", "error"], **mine)) == ids(finished)[::-1]
    assert service.jobs(status="CANCELLED", **mine) == []
    assert service.jobs(backend_name="ibmq_vigo", **mine) == []
    assert ids(service.jobs(db_filter={"name": "account 2"}, **mine)) == ids([finished[2]])
    assert [job.backend().name() for job in service.jobs(**mine)] == ["ibmq_qasm_simulator"] * 5


def test_lists_of_jobs_by_date(ibmq_provider, finished):
    service = ibmq_provider.backend
    middle = finished[2].creation_date()
    mine = {"job_tags": ["account-test"]}
    assert ids(service.jobs(start_datetime=middle, **mine)) == ids(finished)[:1:-1]
    assert ids(service.jobs(end_datetime=middle, **mine)) == ids(finished)[2::-1]
    naive = middle.astimezone().replace(tzinfo=None)
    assert ids(service.jobs(start_datetime=naive, end_datetime=naive, **mine)) == ids([finished[2]])
    assert service.jobs(start_datetime=dt.datetime.now() + dt.timedelta(days=1), **mine) == []


def test_ids_of_jobs(ibmq_provider, finished):
    entries = ibmq_provider.backend.job_ids(limit=3, job_tags=["account-test"])
    assert [entry["id"] for entry in entries] == ids(finished)[:1:-1]
    assert all({"id", "creationDate", "liveDataEnabled"} <= entry.keys() for entry in entries)


def test_a_job_is_retrieved_by_its_id(ibmq_provider, finished):
    job = ibmq_provider.backend.retrieve_job(finished[0].job_id())
    assert job.job_id() == finished[0].job_id()
    assert job.backend() is ibmq_provider.get_backend("ibmq_qasm_simulator")
    with pytest.raises(IBMQBackendApiError, match="cannot be retrieved") as caught:
        ibmq_provider.backend.retrieve_job("0123456789abcdef01234567")
    assert caught.value.status_code == 404
    for nothing in ("", None):
        with pytest.raises(IBMQBackendValueError, match="A job id is a text"):
            ibmq_provider.backend.retrieve_job(nothing)


def test_nobody_has_reservations(ibmq_provider):
    assert ibmq_provider.backend.my_reservations() == []


def test_a_provider_outlives_a_service_that_comes_back_elsewhere_with_another_token(factory, tmp_path):
    """What url="local" needs: the service is killed, and the next call finds, or starts, another one on the same data."""
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with ServiceProcess(tmp_path, token="first-token") as first:
        credentials = Credentials(first.token, first.url)
        destination = Destination(credentials, lambda: ServiceLocation(second.url, Secret(second.token)))
        (provider,) = factory._log_in(credentials, {}, destination).providers.values()
        backend = provider.get_backend("ibmq_qasm_simulator")
        job = backend.run(circuit, shots=5)
        first.kill()
        with ServiceProcess(tmp_path, token="second-token") as second:
            assert second.url != first.url
            assert job.result(timeout=WAIT).get_counts() == {"0": 5}
            later = backend.run(circuit, shots=6)
            assert later.result(timeout=WAIT).get_counts() == {"0": 6}
            assert ids(provider.backend.jobs()) == ids([later, job])
