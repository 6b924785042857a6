# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Every device runs all that it says it accepts, with the noise of its calibration."""

from __future__ import annotations

import pytest
from support.circuit_jobs import FLEET, payload, rules, task
from support.whole_basis import circuit_of_everything, one_circuit_for_each

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.executor.worker import Worker
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

NAMES = FLEET.names()
SIMULATORS = [name for name in NAMES if FLEET.configuration(name)["simulator"]]
DEVICES = [name for name in NAMES if name not in SIMULATORS]
EULER = {"u1", "u2", "u3"}
SHORT = ("ibmq_vigo", "ibmqx4", "ibm_perth")
"""Devices of the short form: one that calibrates u2, and two that do it by others."""


@pytest.fixture(scope="module")
def worker():
    return Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**28))


@pytest.fixture
def run(worker, tmp_path):
    """Runs a payload on a device and gives the result of its circuit."""

    def run(document, device):
        wanted = task(tmp_path, document, device)
        outcome = worker.run(wanted)
        assert outcome.status is ApiJobStatus.COMPLETED, outcome.error
        (result,) = codec.loads(wanted.result_path.read_bytes())["results"]
        return result

    return run


def test_the_fleet_is_whole():
    assert (len(DEVICES), len(SIMULATORS)) == (49, 5)


@pytest.mark.parametrize("device", DEVICES)
def test_a_circuit_of_everything_that_a_device_accepts_runs_with_noise(run, device):
    result = run(circuit_of_everything(rules(device), shots=100, seed_simulator=3), device)
    assert sum(result["data"]["counts"].values()) == 100
    assert result["metadata"]["noise"] != "ideal"
    assert result["metadata"]["noise_source"] == "calibration"
    calibrated = FLEET.properties(device)["last_update_date"]
    assert result["metadata"]["calibration_date"] == calibrated


@pytest.mark.parametrize(
    "device",
    [
        name if name in SHORT else pytest.param(name, marks=pytest.mark.fleet_long)
        for name in DEVICES
        if rules(name).instructions >= EULER
    ],
)
def test_gates_of_older_releases_are_as_noisy_as_those_that_the_device_calibrates(run, device):
    # A hundred half turns leave a qubit of a real device far from where they found it; without noise, just there.
    turns = [{"name": "u2", "qubits": [0], "params": [0.0, 3.141592653589793]}] * 400
    measure = {"name": "measure", "qubits": [0], "memory": [0]}
    qubits = rules(device).qubits
    result = run(payload([*turns, measure], qubits=qubits, slots=1, shots=1000, seed_simulator=4), device)
    once = run(payload([measure], qubits=qubits, slots=1, shots=1000, seed_simulator=4), device)
    assert result["data"]["counts"].get("0x1", 0) > once["data"]["counts"].get("0x1", 0) + 20


@pytest.mark.parametrize("device", SIMULATORS)
def test_each_instruction_that_a_simulator_accepts_runs_alone(run, device):
    failed = {}
    for name, document in one_circuit_for_each(rules(device), shots=2, seed_simulator=5):
        try:
            run(document, device)
        except AssertionError as err:
            failed[name] = str(err)[:300]
    assert failed == {}
