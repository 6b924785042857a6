# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The service behind ``url="local"``: started on demand, shared, and there again after whatever happened to it."""

from __future__ import annotations

import dataclasses
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from qiskit import QuantumCircuit
from support.local_service import RESOLVE, kill_service, local_config, service_of
from support.scripted_server import ScriptedServer, answer

from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.service.local import finding, resolve_local
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig
from qiskit_ibmq_provider.service.local.discovery import ServiceRecord, write_record
from qiskit_ibmq_provider.service.local.finding import Presence, find, presence_of, unfinished_jobs
from qiskit_ibmq_provider.service.local.stopping import stop

__all__ = ["local_config"]

SIMULATOR = "ibmq_qasm_simulator"
WAIT = 60


def _flip() -> QuantumCircuit:
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    return circuit


def _endless() -> QuantumCircuit:
    circuit = QuantumCircuit(25, 1)
    for layer in range(2000):
        for qubit in range(24):
            circuit.cx(qubit, qubit + 1)
            circuit.ry(0.1 + layer, qubit)
    circuit.measure(0, 0)
    return circuit


def _starts(config: LocalServiceConfig) -> int:
    return config.log_file.read_text().count("listening on ")


def _record(config: LocalServiceConfig, **changes: object) -> ServiceRecord:
    """A discovery file of a service that is not there."""
    record = ServiceRecord(
        host=socket.gethostname(),
        pid=os.getpid(),
        url="http://127.0.0.1:1/api",
        token="stale",
        instance_id="stale",
        version="0.21.0",
        started="2021-06-01T09:31:02.417123Z",
    )
    record = dataclasses.replace(record, **changes)
    config.make_directory()
    write_record(config.discovery_file, record)
    return record


def test_it_starts_on_demand_and_is_found_again(local_config: LocalServiceConfig) -> None:
    assert find(local_config) is None
    endpoint = resolve_local()
    assert resolve_local() == endpoint
    record = service_of(local_config)
    assert record.endpoint() == endpoint
    assert unfinished_jobs(record) == 0
    for path in (local_config.discovery_file, local_config.log_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(local_config.directory.stat().st_mode) == 0o700
    # It belongs to no script and no terminal.
    assert os.getsid(record.pid) != os.getsid(0)
    assert endpoint.token not in local_config.log_file.read_text()
    # Stopped and started again it is another one, with another token.
    assert stop(local_config) == record.pid
    assert not local_config.discovery_file.exists()
    assert stop(local_config) is None
    assert resolve_local().token != endpoint.token


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads /proc")
def test_its_token_is_not_in_its_arguments(local_config: LocalServiceConfig) -> None:
    endpoint = resolve_local()
    arguments = Path(f"/proc/{service_of(local_config).pid}/cmdline").read_text()
    assert endpoint.instance_id in arguments
    assert endpoint.token not in arguments


def test_many_processes_at_once_start_one_service(local_config: LocalServiceConfig, tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "ignore", "-c", RESOLVE], cwd=tmp_path, stdout=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    answers = {process.communicate(timeout=WAIT)[0].strip() for process in processes}
    assert answers == {service_of(local_config).instance_id}
    assert _starts(local_config) == 1


def test_a_provider_and_its_jobs_outlive_a_service_that_is_killed(local_config: LocalServiceConfig) -> None:
    provider = IBMQFactory().enable_account(url="local")
    backend = provider.get_backend(SIMULATOR)
    job = backend.run(_flip(), shots=10)
    assert job.result(timeout=WAIT).get_counts() == {"1": 10}
    for _ in range(2):
        old = service_of(local_config)
        kill_service(local_config)
        # The same object goes on, at another port and with another token.
        assert backend.retrieve_job(job.job_id()).result(timeout=WAIT).get_counts() == {"1": 10}
        assert service_of(local_config).instance_id != old.instance_id
    assert backend.run(_flip(), shots=20).result(timeout=WAIT).get_counts() == {"1": 20}
    assert len(IBMQFactory().enable_account(url="local").backend.jobs()) == 2


def test_a_job_that_was_running_when_the_service_was_killed_is_run_again(
    local_config: LocalServiceConfig,
) -> None:
    backend = IBMQFactory().enable_account(url="local").get_backend(SIMULATOR)
    heavy, light = backend.run(_endless(), shots=1), backend.run(_flip(), shots=10)
    assert unfinished_jobs(service_of(local_config)) == 2
    kill_service(local_config)
    resolve_local()
    assert heavy.cancel()
    assert light.result(timeout=WAIT).get_counts() == {"1": 10}


def test_a_file_that_lies_is_not_believed(local_config: LocalServiceConfig) -> None:
    with ScriptedServer() as server:
        server.on("GET", "/api", *[answer({"instance_id": "another"})] * 5)
        # The process id is that of this test, and the port that of a server that is not ours.
        record = _record(local_config, url=server.url + "/api")
        assert presence_of(record) is Presence.GONE
        endpoint = resolve_local()
        assert not endpoint.url.startswith(server.url)
        assert set(server.paths()) == {"/api"}
        assert all("stale" not in repr(request) for request in server.requests)
    assert resolve_local() == endpoint


@pytest.mark.parametrize("pid", [0, -1, 2**80, 2**22 + 1, os.getpid()])
def test_a_stale_file_is_replaced(local_config: LocalServiceConfig, pid: int) -> None:
    assert presence_of(_record(local_config, pid=pid)) is Presence.GONE


def test_a_port_that_says_nothing_is_not_waited_for_long(
    local_config: LocalServiceConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        record = _record(local_config, url=f"http://127.0.0.1:{silent.getsockname()[1]}/api")
        assert presence_of(record) is Presence.SILENT
        assert resolve_local().url != record.url


def test_the_directory_of_another_machine_is_refused_at_once(local_config: LocalServiceConfig) -> None:
    _record(local_config, host="other-machine")
    began = time.monotonic()
    for call in (
        resolve_local,
        lambda: IBMQFactory().enable_account(url="local"),
        lambda: stop(local_config),
    ):
        with pytest.raises(IBMQLocalServiceError, match="of another machine, other-machine"):
            call()
    assert time.monotonic() - began < 1
    assert not local_config.log_file.exists()
    local_config.discovery_file.unlink()


def test_it_ends_by_itself_and_the_next_script_starts_it(
    local_config: LocalServiceConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBMQ_LOCAL_IDLE_TIMEOUT", "0.5")
    first = resolve_local()
    deadline = time.monotonic() + WAIT
    while local_config.discovery_file.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not local_config.discovery_file.exists()
    assert "Nobody used the service for 0.5 seconds" in local_config.log_file.read_text()
    assert resolve_local().instance_id != first.instance_id


def test_after_an_upgrade_it_is_started_again_once_it_has_nothing_to_do(
    local_config: LocalServiceConfig,
) -> None:
    backend = IBMQFactory().enable_account(url="local").get_backend(SIMULATOR)
    job = backend.run(_endless(), shots=1)
    busy = dataclasses.replace(service_of(local_config), version="0.20.9")
    write_record(local_config.discovery_file, busy)
    assert resolve_local() == busy.endpoint()
    assert job.cancel()
    job.wait_for_final_state(timeout=WAIT)
    assert resolve_local().instance_id != busy.instance_id
    # One that is newer than this client is not ours to replace.
    newer = dataclasses.replace(service_of(local_config), version="0.22.0")
    write_record(local_config.discovery_file, newer)
    assert resolve_local() == newer.endpoint()


def test_settings_of_another_service_do_not_reach_it(
    local_config: LocalServiceConfig, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    foreign = {
        "CONFIG": "/nowhere",
        "PUBLIC_URL": "https://q.example.org",
        "DATABASE_URL": "sqlite://",
        "TOKEN": "t",
    }
    for name, value in foreign.items():
        monkeypatch.setenv(f"IBMQ_SERVICE_{name}", value)
    provider = IBMQFactory().enable_account(url="local")
    assert provider.credentials.url.startswith("http://127.0.0.1:")
    assert (local_config.data_dir / "service.db").exists()
