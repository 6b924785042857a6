# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Error mitigation by Mitiq on a device."""

# No postponed annotations here: Mitiq looks at what an executor says it returns.
from typing import List  # noqa: UP035 - what Mitiq compares with

import pytest
from qiskit import QuantumCircuit, transpile

mitiq = pytest.importorskip("mitiq")

from mitiq import rem, zne  # noqa: E402

SHOTS = 8000
WAIT = 120
PAIRS = 4


@pytest.fixture(scope="module")
def device(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_vigo")


def echo() -> QuantumCircuit:
    """A superposition, pairs of CNOTs that undo each other, and back: without noise it gives 00.

    In the ground state, which relaxation leaves alone, most of the noise of the device would not be seen.
    """
    circuit = QuantumCircuit(2)
    circuit.h(0)
    for _ in range(2 * PAIRS):
        circuit.cx(0, 1)
    circuit.h(0)
    return circuit


def run(device, circuits: list[QuantumCircuit]) -> list[dict[str, int]]:
    """Counts of circuits on qubits 0 and 1 of the device, gate by gate as given."""
    measured = []
    for circuit in circuits:
        copied = circuit.copy()
        copied.measure_all()
        measured.append(copied)
    compiled = transpile(measured, device, initial_layout=[0, 1], optimization_level=0)
    counts = device.run(compiled, shots=SHOTS).result(timeout=WAIT).get_counts()
    return counts if isinstance(counts, list) else [counts]


def test_zero_noise_extrapolation_comes_closer_to_the_truth(device):
    def ground_states(circuits) -> List[float]:  # noqa: UP006
        return [counts.get("00", 0) / SHOTS for counts in run(device, circuits)]

    circuit = echo()
    noisy = ground_states([circuit])[0]
    executor = mitiq.Executor(ground_states, max_batch_size=75)
    mitigated = zne.execute_with_zne(
        circuit,
        executor,
        scale_noise=zne.scaling.fold_global,
        factory=zne.inference.LinearFactory(scale_factors=[1, 2, 3]),
    )
    assert noisy < 0.86
    assert noisy + 0.02 < mitigated < 1.02
    # All three circuits went in one job.
    assert executor.calls_to_executor == 1
    job = device.jobs(limit=1)[0]
    assert [each.count_ops()["cx"] for each in job.circuits()] == [8, 16, 24]


def test_readout_mitigation_by_the_rates_of_the_device(device):
    qubit_rates = [
        (device.properties().qubits[qubit], device.properties().readout_error(qubit)) for qubit in (0, 1)
    ]
    p01 = [next(each.value for each in rates if each.name == "prob_meas1_prep0") for rates, _ in qubit_rates]
    p10 = [next(each.value for each in rates if each.name == "prob_meas0_prep1") for rates, _ in qubit_rates]
    inverse = rem.generate_tensored_inverse_confusion_matrix(
        2, [[[1 - first, second], [first, 1 - second]] for first, second in zip(p01, p10)]
    )

    def bits(circuit) -> mitiq.MeasurementResult:
        compiled = transpile(circuit, device, initial_layout=[0, 1], optimization_level=0)
        memory = device.run(compiled, shots=SHOTS, memory=True).result(timeout=WAIT).get_memory()
        return mitiq.MeasurementResult([[int(bit) for bit in reversed(shot)] for shot in memory])

    circuit = QuantumCircuit(2)
    circuit.x([0, 1])
    observable = mitiq.Observable(mitiq.PauliString("ZZ"))
    noisy = mitiq.Executor(bits).evaluate(circuit, observable)[0].real
    mitigated = rem.execute_with_rem(circuit, bits, observable, inverse_confusion_matrix=inverse).real
    assert noisy < 0.98
    assert abs(1 - mitigated) < abs(1 - noisy)
