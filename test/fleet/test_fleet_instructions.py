# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What Qiskit can assemble either runs or ends as an error of its job that names the instruction; and the worker lives on."""

from __future__ import annotations

import queue
import warnings

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from qiskit import assemble
from qiskit.exceptions import QiskitError
from support.circuit_jobs import payload, task
from support.random_circuits import circuits

from qiskit_ibmq_provider.encoding import encode_qobj
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.engine import EventKind
from qiskit_ibmq_provider.service.executor import LocalEngine

DEVICES = [
    "ibmq_qasm_simulator",
    "simulator_statevector",
    "simulator_mps",
    "simulator_stabilizer",
    "simulator_extended_stabilizer",
    "ibmq_vigo",
    "ibmqx4",
    "ibm_prague",
]
WAIT = 120


class Bench:
    """An engine with one worker; runs a job at a time."""

    def __init__(self, directory):
        self._directory = directory
        self._events = queue.Queue()
        self._engine = LocalEngine(workers=1, memory=2**28)
        self._engine.start(self._events.put)
        self._number = 0

    def run(self, document, device):
        """Run a payload; give what the engine reported at its end."""
        self._number += 1
        wanted = task(self._directory, document, device, number=self._number)
        self._engine.submit(wanted)
        while True:
            report = self._events.get(timeout=WAIT)
            if report.kind is not EventKind.STARTED:
                wanted.payload_path.unlink()
                wanted.result_path.unlink(missing_ok=True)
                return report

    def close(self):
        self._engine.close()


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    engine = Bench(tmp_path_factory.mktemp("jobs"))
    yield engine
    engine.close()


def _check(bench, circuit, device, memory):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            document = encode_qobj(assemble(circuit, shots=5, memory=memory, seed_simulator=1))
        except (QiskitError, TypeError, ValueError, AttributeError):
            # Qiskit itself cannot assemble it.
            assume(False)
    report = bench.run(document, device)
    assert report.kind is EventKind.FINISHED, (report, document)
    outcome = report.outcome
    event(outcome.status.value)
    if outcome.status is ApiJobStatus.COMPLETED:
        return
    message = outcome.error.message
    names = {instruction.operation.name for instruction in circuit.data}
    # Long names are cut.
    assert any(repr(name)[1:30].rstrip("'") in message for name in names), message
    assert "Error" not in message.partition("The simulation failed:")[2], message


def test_a_state_that_cannot_be_saved_ends_the_job_and_not_the_worker(bench):
    instructions = [
        {"name": "reset", "qubits": [0]},
        {"name": "ccx", "qubits": [0, 1, 2]},
        {"name": "snapshot", "qubits": [0, 1], "label": "part"},
    ]
    document = payload(instructions, qubits=3, slots=3, shots=50)
    for _ in range(5):
        report = bench.run(document, "ibmq_qasm_simulator")
        assert report.kind is EventKind.FINISHED, report
        assert "'snapshot'" in report.outcome.error.message


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(circuits(), st.sampled_from(DEVICES), st.booleans())
def test_a_circuit_runs_or_its_job_says_which_instruction_does_not(bench, circuit, device, memory):
    _check(bench, circuit, device, memory)


@pytest.mark.fleet_long
@pytest.mark.timeout(1800)
@settings(max_examples=3000, deadline=None, suppress_health_check=list(HealthCheck))
@given(circuits(), st.sampled_from(DEVICES), st.booleans())
def test_thousands_of_circuits_run_or_say_which_instruction_does_not(bench, circuit, device, memory):
    _check(bench, circuit, device, memory)
