# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Scripts as users have them, from account to result, against the real service."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import textwrap

import pytest
from qiskit import IBMQ, QuantumCircuit, assemble, execute, pulse, transpile
from qiskit.circuit.random import random_circuit
from qiskit.exceptions import QiskitError
from qiskit.providers import JobStatus
from qiskit.providers.exceptions import QiskitBackendNotFoundError

from qiskit_ibmq_provider import (
    IBMQAccountCredentialsInvalidUrl,
    IBMQBackendValueError,
    IBMQError,
)
from qiskit_ibmq_provider.job import IBMQJobFailureError, IBMQJobTimeoutError
from qiskit_ibmq_provider.service.testing import ServiceProcess

WAIT = 120


def bell() -> QuantumCircuit:
    """A Bell pair, measured."""
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def slow() -> QuantumCircuit:
    """A circuit that keeps the simulator busy for a minute."""
    circuit = QuantumCircuit(24)
    for layer in range(40):
        for qubit in range(24):
            circuit.rx(0.1 * (layer + 1), qubit)
        for qubit in range(layer % 2, 23, 2):
            circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


def test_the_reference_flow_with_circuits(ibmq_provider):
    backend = ibmq_provider.backend.ibmq_vigo
    job = backend.run(transpile(random_circuit(num_qubits=5, depth=4, seed=11), backend=backend))
    retrieved = backend.retrieve_job(job.job_id())
    assert retrieved.job_id() == job.job_id()
    assert job.result(timeout=WAIT).success
    assert retrieved.result(timeout=WAIT).to_dict()["job_id"] == job.job_id()


def test_the_reference_flow_with_an_assembled_qobj(ibmq_provider):
    backend = ibmq_provider.backend.ibmq_vigo
    circuit = random_circuit(num_qubits=5, depth=4, measure=True, seed=12)
    qobj = assemble(transpile(circuit, backend=backend), backend=backend, shots=100)
    with pytest.warns(DeprecationWarning):
        job = backend.run(qobj)
    assert sum(job.result(timeout=WAIT).get_counts().values()) == 100


def test_a_circuit_without_measurement_completes_and_terra_says_there_are_no_counts(ibmq_provider):
    backend = ibmq_provider.get_backend("ibmq_vigo")
    job = backend.run(transpile(random_circuit(3, 2, seed=1), backend=backend))
    result = job.result(timeout=WAIT)
    assert job.status() is JobStatus.DONE and result.success
    with pytest.raises(QiskitError, match="No counts"):
        result.get_counts()


def test_the_older_spelling_of_attribute_access_warns_and_works(ibmq_provider):
    with pytest.warns(DeprecationWarning):
        old = ibmq_provider.backends.ibmq_vigo
    assert old.name() == ibmq_provider.backend.ibmq_vigo.name() == "ibmq_vigo"


def test_execute_and_the_monitor_of_terra(ibmq_provider):
    from qiskit.tools.monitor import job_monitor

    job = execute(bell(), ibmq_provider.get_backend("ibmq_qasm_simulator"), shots=50)
    output = io.StringIO()
    job_monitor(job, interval=0.1, output=output)
    assert "successfully run" in output.getvalue()
    assert sum(job.result(timeout=WAIT).get_counts().values()) == 50


def test_the_jupyter_tools_of_terra_can_be_imported_and_watch_jobs(ibmq_service, tmp_path):
    pytest.importorskip("ipywidgets")
    script = """
        import warnings
        warnings.simplefilter("ignore")
        from IPython.core.interactiveshell import InteractiveShell
        shell = InteractiveShell.instance()
        cell = '''
        import qiskit.tools.jupyter
        from qiskit import IBMQ, QuantumCircuit
        circuit = QuantumCircuit(1, 1)
        circuit.measure(0, 0)
        provider = IBMQ.load_account()
        counts = provider.get_backend("ibmq_qasm_simulator").run(circuit, shots=20).result(timeout=120).get_counts()
        %qiskit_version_table
        '''
        done = shell.run_cell(cell)
        done.raise_error()
        print(shell.user_ns["counts"])
    """
    environ = {
        **os.environ,
        "QE_TOKEN": ibmq_service.token,
        "QE_URL": ibmq_service.url,
        "HOME": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=environ,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert "{'0': 20}" in done.stdout


def test_a_listener_that_fails_does_not_lose_the_job(ibmq_provider, caplog):
    from qiskit.tools.events.pubsub import Subscriber

    def fail(_job):
        raise RuntimeError("a fault of the listener")

    subscriber = Subscriber()
    subscriber.subscribe("ibmq.job.start", fail)
    try:
        job = ibmq_provider.get_backend("ibmq_qasm_simulator").run(bell(), shots=10)
    finally:
        subscriber.unsubscribe("ibmq.job.start", fail)
    assert sum(job.result(timeout=WAIT).get_counts().values()) == 10
    assert "ibmq.job.start" in caplog.text


def test_a_schedule_runs_and_returns_points(ibmq_provider):
    backend = ibmq_provider.get_backend("ibmq_armonk")
    with pulse.build(backend, default_alignment="sequential") as schedule:
        pulse.play(pulse.Gaussian(160, 0.1, 40), pulse.drive_channel(0))
        pulse.measure(0)
    result = backend.run(schedule, meas_level=1, meas_return="single", shots=10).result(timeout=WAIT)
    assert result.get_memory(0).shape == (10, 1)
    assert result.results[0].header.name == schedule.name


def test_a_schedule_is_refused_with_a_clear_reason_where_there_are_no_pulses(ibmq_provider):
    with pulse.build() as schedule:
        pulse.play(pulse.Gaussian(160, 0.1, 40), pulse.DriveChannel(0))
        pulse.acquire(160, pulse.AcquireChannel(0), pulse.MemorySlot(0))
    with pytest.raises(IBMQBackendValueError, match=r"ibmqx2 does not accept pulse schedules"):
        ibmq_provider.get_backend("ibmqx2").run(schedule, shots=10)


def test_a_gate_outside_the_basis_fails_the_job_by_name(ibmq_provider):
    job = ibmq_provider.get_backend("ibmq_vigo").run(bell())
    with pytest.raises(IBMQJobFailureError, match=r"'h'.*Error code: 7006\.") as caught:
        job.result(timeout=WAIT)
    assert caught.value.code == 7006 and "'h'" in job.error_message()


@pytest.mark.parametrize(
    ("circuits", "options", "said"),
    [
        ([], {}, "circuit"),
        (bell(), {"shots": 10_000_000}, "10000000"),
        (bell(), {"shots": 0}, "shots"),
        ([bell()] * 80, {}, "75"),
        (QuantumCircuit(9, 9), {}, "9"),
        ("bell", {}, "str"),
    ],
)
def test_what_a_device_cannot_take_is_refused_before_anything_is_sent(ibmq_provider, circuits, options, said):
    backend = ibmq_provider.get_backend("ibmq_vigo")
    before = len(backend.jobs(limit=None))
    with pytest.raises(IBMQBackendValueError, match=said):
        backend.run(circuits, **options)
    assert len(backend.jobs(limit=None)) == before


def test_unknown_names_and_ids_are_clear_errors(ibmq_provider):
    with pytest.raises(QiskitBackendNotFoundError):
        ibmq_provider.get_backend("ibmq_nowhere")
    with pytest.raises(IBMQError, match=r"Error code: 3250\.") as caught:
        ibmq_provider.backend.retrieve_job("0" * 24)
    assert caught.value.code == 3250


def test_a_timeout_is_honoured_and_the_job_can_be_cancelled(ibmq_provider):
    backend = ibmq_provider.get_backend("ibmq_qasm_simulator")
    job = backend.run(slow(), shots=1000)
    with pytest.raises(IBMQJobTimeoutError):
        job.result(timeout=0.5)
    assert job.cancel()
    job.wait_for_final_state(timeout=WAIT)
    assert job.status() is JobStatus.CANCELLED


def test_status_by_polling_where_the_websocket_is_refused(ibmq_service, monkeypatch, caplog):
    import websocket

    def refuse(*_args, **_kwargs):
        raise ConnectionRefusedError("refused by the test")

    monkeypatch.setattr(websocket, "create_connection", refuse)
    monkeypatch.setattr(websocket.WebSocket, "connect", refuse)
    from qiskit_ibmq_provider import IBMQFactory

    factory = IBMQFactory()
    provider = factory.enable_account(ibmq_service.token, ibmq_service.url)
    job = provider.get_backend("ibmq_qasm_simulator").run(bell(), shots=10)
    assert sum(job.result(timeout=WAIT).get_counts().values()) == 10


def test_a_wrong_token_and_a_url_of_something_else(ibmq_service):
    from qiskit_ibmq_provider import IBMQFactory

    with pytest.raises(IBMQError, match=r"Error code: 3446\.") as caught:
        IBMQFactory().enable_account("wrong", ibmq_service.url)
    assert caught.value.status_code == 401
    with pytest.raises((IBMQAccountCredentialsInvalidUrl, IBMQError)):
        IBMQFactory().enable_account(ibmq_service.token, ibmq_service.url + "/nothing")


_SCRIPT = """
    import json, sys, warnings
    warnings.simplefilter("ignore", DeprecationWarning)
    from qiskit import IBMQ, QuantumCircuit, transpile

    provider = IBMQ.load_account()
    backend = provider.get_backend("ibmq_qasm_simulator")
    if sys.argv[1] == "submit":
        circuit = QuantumCircuit(2, 2)
        circuit.h(0)
        circuit.cx(0, 1)
        circuit.measure([0, 1], [0, 1])
        jobs = [backend.run(transpile(circuit, backend), shots=100) for _ in range(5)]
        jobs[0].result(timeout=120)
        print(json.dumps([job.job_id() for job in jobs]))
    else:
        found = [backend.retrieve_job(job_id).result(timeout=120).get_counts() for job_id in sys.argv[2:]]
        print(json.dumps([sum(counts.values()) for counts in found]))
"""


def _run_script(service: ServiceProcess, home, *args: str) -> list:
    environ = {**os.environ, "QE_TOKEN": service.token, "QE_URL": service.url, "HOME": str(home)}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(_SCRIPT), *args],
        env=environ,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_jobs_are_found_by_a_new_process_after_the_service_was_killed(tmp_path):
    with ServiceProcess(tmp_path / "data") as service:
        ids = _run_script(service, tmp_path, "submit")
        service.kill()
        service.start()
        assert _run_script(service, tmp_path, "retrieve", *ids) == [100] * 5


def test_the_account_of_the_session(ibmq_service):
    from qiskit_ibmq_provider import IBMQFactory

    factory = IBMQFactory()
    provider = factory.enable_account(ibmq_service.token, ibmq_service.url)
    assert factory.active_account() == {"token": ibmq_service.token, "url": ibmq_service.url}
    assert factory.get_provider(hub="ibm-q") is provider and provider in factory.providers()
    factory.disable_account()
    assert factory.active_account() is None


def test_the_name_in_qiskit_is_the_factory():
    import qiskit_ibmq_provider

    assert isinstance(qiskit_ibmq_provider.IBMQ, qiskit_ibmq_provider.IBMQFactory)
    assert IBMQ.providers.__self__ is qiskit_ibmq_provider.IBMQ
