# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Devices are noisy as their calibration says."""

from __future__ import annotations

import math

import pytest
from qiskit import QuantumCircuit, transpile

SHOTS = 8192
SEED = 20200303
WAIT = 120


@pytest.fixture(scope="module")
def vigo(ibmq_provider):
    """The device of the tests: 5 qubits, T1 about 120 us on the first."""
    return ibmq_provider.get_backend("ibmq_vigo")


def _probability_of_one(counts: dict[str, int]) -> float:
    return counts.get("1", 0) / sum(counts.values())


def _within(measured: float, expected: float, shots: int = SHOTS) -> bool:
    """Whether a measured share is within five standard deviations, and half a percent of model, of the expected one."""
    sigma = math.sqrt(max(expected * (1 - expected), 1e-4) / shots)
    return abs(measured - expected) < 5 * sigma + 0.005


def test_the_decay_over_delays_follows_t1(vigo):
    properties, dt = vigo.properties(), vigo.configuration().dt
    t1 = properties.t1(0)
    readout = {
        value: properties.qubit_property(0, f"prob_meas{1 - value}_prep{value}")[0]
        if f"prob_meas{1 - value}_prep{value}" in properties.qubit_property(0)
        else properties.readout_error(0)
        for value in (0, 1)
    }
    delays = [0, 30e-6, 60e-6, 120e-6, 240e-6]
    circuits = []
    for delay in delays:
        circuit = QuantumCircuit(1, 1)
        circuit.x(0)
        if delay:
            circuit.delay(round(delay / dt), 0, unit="dt")
        circuit.measure(0, 0)
        circuits.append(circuit)
    result = vigo.run(
        transpile(circuits, vigo, initial_layout=[0], optimization_level=0), shots=SHOTS, seed_simulator=SEED
    ).result(timeout=WAIT)
    measured = [_probability_of_one(result.get_counts(index)) for index in range(len(delays))]
    excited = 1 - properties.gate_error("x", [0])
    for share, delay in zip(measured, delays):
        alive = excited * math.exp(-delay / t1)
        expected = alive * (1 - readout[1]) + (1 - alive) * readout[0]
        assert _within(share, expected), (delay, share, expected, measured)


def test_the_error_of_a_bell_pair_follows_gates_and_readout(vigo):
    properties = vigo.properties()
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    job = vigo.run(
        transpile(circuit, vigo, initial_layout=[0, 1], optimization_level=0),
        shots=SHOTS,
        seed_simulator=SEED,
    )
    counts = job.result(timeout=WAIT).get_counts()
    wrong = (counts.get("01", 0) + counts.get("10", 0)) / SHOTS
    readout = properties.readout_error(0) + properties.readout_error(1)
    entangling = properties.gate_error("cx", [0, 1])
    assert 0.5 * readout < wrong < 1.5 * (readout + entangling), (wrong, readout, entangling)


def test_the_simulator_has_no_noise(ibmq_provider):
    backend = ibmq_provider.get_backend("ibmq_qasm_simulator")
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    counts = backend.run(transpile(circuit, backend), shots=SHOTS).result(timeout=WAIT).get_counts()
    assert set(counts) == {"00", "11"} and _within(counts["00"] / SHOTS, 0.5)


def test_a_seed_gives_the_same_counts_again(vigo):
    circuit = QuantumCircuit(1, 1)
    circuit.sx(0)
    circuit.measure(0, 0)
    jobs = [vigo.run(circuit, shots=500, seed_simulator=SEED) for _ in range(2)]
    first, second = (job.result(timeout=WAIT).get_counts() for job in jobs)
    assert first == second
