# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Providers, backends and jobs of the real service go to other processes, without their token."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from qiskit import QuantumCircuit, transpile

import qiskit_ibmq_provider
from qiskit_ibmq_provider import IBMQ
from qiskit_ibmq_provider.exceptions import IBMQAccountCredentialsNotFound, IBMQProviderError
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

WAIT = 120
ROOT = Path(qiskit_ibmq_provider.__file__).parents[1]


def flip() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    return circuit


@pytest.fixture
def backend(ibmq_provider):
    return copy.deepcopy(ibmq_provider.get_backend("ibmq_vigo"))


@pytest.fixture
def session_account(ibmq_service):
    """The account of the service in use in this session."""
    provider = IBMQ.enable_account(ibmq_service.token, ibmq_service.url)
    yield provider
    IBMQ.disable_account()


@pytest.fixture
def environment_account(ibmq_service, monkeypatch):
    monkeypatch.setenv("QE_TOKEN", ibmq_service.token)
    monkeypatch.setenv("QE_URL", ibmq_service.url)
    monkeypatch.setattr(IBMQ, "_reopened", {})


@pytest.fixture
def no_account(monkeypatch):
    monkeypatch.setattr(IBMQ, "_reopened", {})


def again(thing):
    return pickle.loads(pickle.dumps(thing))


def in_child(script: str, *things, **environ: str) -> str:
    """Load things in another interpreter, as ``things``, and run a script there."""
    prelude = "import pickle, sys; things = pickle.loads(sys.stdin.buffer.read())\n"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", prelude + textwrap.dedent(script)],
        input=pickle.dumps(things),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        timeout=WAIT,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_no_pickle_holds_a_token_or_a_signed_url(ibmq_provider, ibmq_backend, backend):
    job = ibmq_backend.run(flip(), shots=10)
    job.result(timeout=WAIT)
    credentials = ibmq_provider.credentials
    secrets = [credentials.token, credentials.access_token, ibmq_provider._api_client.session.access_token]
    assert all(secrets)
    for thing in (ibmq_provider, ibmq_provider.backend, ibmq_provider.backends, backend, ibmq_backend, job):
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            pickled = pickle.dumps(thing, protocol)
            assert not [secret for secret in secrets if secret.encode() in pickled]
            assert b"storage" not in pickled or b"signature" not in pickled


def test_passwords_of_proxies_and_urls_are_not_pickled():
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.credentials import Credentials

    credentials = Credentials(
        "planted-token",
        "https://me:planted-password@host/api",
        hub="h",
        group="g",
        project="p",
        access_token="planted-access",
        proxies={"urls": {"https": "http://user:planted-proxy@proxy"}},
    )
    assert b"planted" not in pickle.dumps(AccountProvider(credentials, IBMQ))


def test_credentials_themselves_are_copied_and_not_pickled(ibmq_provider):
    credentials = ibmq_provider.credentials
    assert copy.copy(credentials) == copy.deepcopy(credentials) == credentials
    with pytest.raises(TypeError, match="token"):
        pickle.dumps(credentials)


def test_what_is_loaded_in_the_same_session_has_the_account_of_the_session(session_account):
    assert again(session_account) is session_account
    assert again(IBMQ) is IBMQ
    backend = session_account.get_backend("ibmq_qasm_simulator")
    twin = again(backend)
    assert twin.provider() is session_account
    assert twin.status().operational
    assert again(backend.run(flip(), shots=3)).result(timeout=WAIT).get_counts() == {"1": 3}


def test_a_backend_brings_configuration_and_kept_documents_and_asks_nobody(backend, no_account):
    twin = again(backend)
    assert type(twin) is type(backend)
    assert (twin.name(), repr(twin), twin.hub) == (backend.name(), repr(backend), backend.hub)
    assert twin.configuration().to_dict() == backend.configuration().to_dict()
    assert twin.properties().to_dict() == backend.properties().to_dict()
    assert twin.options.shots == backend.options.shots
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    circuit.cx(0, 2)
    transpiled = transpile(circuit, twin, seed_transpiler=1)
    assert transpiled == transpile(circuit, backend, seed_transpiler=1)


def test_a_job_is_pickled_without_asking_the_server_about_its_backend(ibmq_service, no_account):
    # A provider of its own: in the shared one, another test may have asked for the calibration already.
    provider = IBMQFactory().enable_account(ibmq_service.token, ibmq_service.url)
    job = provider.get_backend("ibmq_ourense").run(flip(), shots=5)
    job.cancel()
    with pytest.raises(IBMQAccountCredentialsNotFound):
        again(job).backend().properties()


def test_without_an_account_the_error_says_what_to_call(backend, no_account):
    twin = again(backend)
    with pytest.raises(
        IBMQAccountCredentialsNotFound, match=r"IBMQ\.enable_account\(token, url='http.*QE_TOKEN"
    ):
        twin.status()
    with pytest.raises(IBMQAccountCredentialsNotFound, match="This was pickled"):
        twin.provider().get_backend("ibmq_vigo")


def test_an_account_enabled_later_is_found(backend, no_account, ibmq_service):
    twin = again(backend)
    with pytest.raises(IBMQAccountCredentialsNotFound):
        twin.status()
    IBMQ.enable_account(ibmq_service.token, ibmq_service.url)
    try:
        assert twin.status().operational
        assert twin.provider().credentials.token == ibmq_service.token
    finally:
        IBMQ.disable_account()


def test_the_environment_gives_the_account_which_does_not_become_the_one_in_use(
    ibmq_provider, ibmq_backend, environment_account
):
    job = ibmq_backend.run(flip(), shots=4)
    twin = again(job)
    assert (twin.job_id(), twin.name(), twin.backend().name()) == (job.job_id(), None, ibmq_backend.name())
    assert twin.result(timeout=WAIT).get_counts() == {"1": 4}
    assert twin.header() == job.header()
    assert IBMQ.active_account() is None
    assert again(ibmq_provider) == ibmq_provider
    assert hash(again(ibmq_provider)) == hash(ibmq_provider)


def test_the_stored_account_is_used_and_one_of_another_url_is_not(ibmq_backend, ibmq_service, no_account):
    IBMQFactory.save_account("other", "http://127.0.0.1:9/api")
    with pytest.raises(IBMQAccountCredentialsNotFound):
        again(ibmq_backend).status()
    IBMQFactory.save_account(ibmq_service.token, ibmq_service.url, overwrite=True)
    assert again(ibmq_backend).status().operational


def test_a_project_that_the_account_does_not_have_is_named(ibmq_provider, environment_account):
    import dataclasses

    from qiskit_ibmq_provider.credentials import HubGroupProject

    reference = dataclasses.replace(
        ibmq_provider._reference, project=HubGroupProject("no", "such", "project")
    )
    with pytest.raises(IBMQProviderError, match="no"):
        IBMQ.provider_of(reference)


def test_many_pickled_objects_log_in_once(ibmq_backend, environment_account, monkeypatch):
    logins = []
    original = IBMQ._log_in
    monkeypatch.setattr(IBMQ, "_log_in", lambda *args: logins.append(1) or original(*args))
    for twin in [again(ibmq_backend) for _ in range(5)]:
        twin.status()
    assert len(logins) == 1


def test_a_spawned_process_transpiles_without_an_account_and_runs_with_one(
    backend, ibmq_backend, ibmq_service
):
    script = f"""
        from qiskit import QuantumCircuit, transpile
        backend, simulator = things
        circuit = QuantumCircuit(1, 1); circuit.x(0); circuit.measure(0, 0)
        print(transpile(circuit, backend).num_qubits, end=" ")
        from qiskit_ibmq_provider import IBMQ
        try:
            simulator.status()
        except Exception as err:
            print(type(err).__name__, end=" ")
        IBMQ.enable_account({ibmq_service.token!r}, {ibmq_service.url!r})
        print(simulator.run(circuit, shots=7).result().get_counts())
    """
    assert in_child(script, backend, ibmq_backend) == "5 IBMQAccountCredentialsNotFound {'1': 7}"


def test_a_job_is_waited_for_in_a_process_that_has_the_account_in_its_environment(ibmq_backend, ibmq_service):
    job = ibmq_backend.run(flip(), shots=9)
    out = in_child(
        "print(things[0].result().get_counts(), things[0].job_id())",
        job,
        QE_TOKEN=ibmq_service.token,
        QE_URL=ibmq_service.url,
    )
    assert out == f"{{'1': 9}} {job.job_id()}"


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_pool_of_processes_gets_backends_and_jobs(ibmq_service, tmp_path, method):
    script = tmp_path / "pool.py"
    script.write_text(
        textwrap.dedent(
            """
            import multiprocessing, sys
            from qiskit import IBMQ, QuantumCircuit, transpile

            def work(given):
                backend, job, shots = given
                circuit = QuantumCircuit(1, 1); circuit.x(0); circuit.measure(0, 0)
                counts = backend.run(transpile(circuit, backend), shots=shots).result().get_counts()
                return counts, job.result().get_counts(), job

            if __name__ == "__main__":
                provider = IBMQ.load_account()
                backend = provider.get_backend("ibmq_qasm_simulator")
                circuit = QuantumCircuit(1, 1); circuit.measure(0, 0)
                job = backend.run(circuit, shots=2)
                with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                    got = pool.map(work, [(backend, job, 1), (backend, job, 5)])
                print([(mine, first) for mine, first, _ in got], got[0][2].job_id() == job.job_id())
            """
        )
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), method],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QE_TOKEN": ibmq_service.token,
            "QE_URL": ibmq_service.url,
        },
        timeout=WAIT,
    )
    assert done.stdout.strip() == "[({'1': 1}, {'0': 2}), ({'1': 5}, {'0': 2})] True", done.stderr


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_several_circuits_are_transpiled_in_parallel(ibmq_service, tmp_path, method):
    script = tmp_path / "parallel.py"
    script.write_text(
        textwrap.dedent(
            """
            import multiprocessing, sys
            from qiskit import IBMQ, QuantumCircuit, transpile

            if __name__ == "__main__":
                multiprocessing.set_start_method(sys.argv[1])
                backend = IBMQ.load_account().get_backend("ibmq_vigo")
                circuits = [QuantumCircuit(2) for _ in range(4)]
                for circuit in circuits:
                    circuit.cx(0, 1)
                print([circuit.num_qubits for circuit in transpile(circuits, backend)])
            """
        )
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), method],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "QE_TOKEN": ibmq_service.token,
            "QE_URL": ibmq_service.url,
            "QISKIT_PARALLEL": "TRUE",
            "QISKIT_NUM_PROCS": "2",
        },
        timeout=WAIT,
    )
    assert done.stdout.strip() == "[5, 5, 5, 5]", done.stderr


def test_copies_share_the_connection(ibmq_provider, ibmq_backend):
    job = ibmq_backend.run(flip(), shots=6)
    job.update_name("copied")
    assert copy.deepcopy(ibmq_provider) is ibmq_provider
    provider = copy.copy(ibmq_provider)
    assert provider == ibmq_provider and provider._api_client is ibmq_provider._api_client
    for twin in (copy.copy(job), copy.deepcopy(job)):
        assert twin is not job
        assert (twin.job_id(), twin.name()) == (job.job_id(), "copied")
        assert twin.result(timeout=WAIT).get_counts() == {"1": 6}
    for twin in (copy.copy(ibmq_backend), copy.deepcopy(ibmq_backend)):
        assert twin is not ibmq_backend
        assert twin.status().operational
    twin.set_options(shots=17)
    assert ibmq_backend.options.shots != 17


def test_retired_backends_and_the_services_of_a_provider_are_pickled(ibmq_provider, environment_account):
    from qiskit_ibmq_provider.ibmqbackend import IBMQRetiredBackend

    retired = IBMQRetiredBackend.from_name(
        "ibmq_gone", ibmq_provider, ibmq_provider.credentials, ibmq_provider._api_client
    )
    assert again(retired).name() == "ibmq_gone"
    assert not again(retired).status().operational
    assert len(again(ibmq_provider.backend).backends()) == len(ibmq_provider.backends())
    assert len(again(ibmq_provider.backends)()) == len(ibmq_provider.backends())
