# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Readout mitigation by mthree on a device."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit, transpile

mthree = pytest.importorskip("mthree")

SHOTS = 4000
QUBITS = [0, 1, 3]  # a line of the device


@pytest.fixture(scope="module")
def device(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_vigo")


@pytest.fixture(scope="module")
def counts(device):
    """Counts of a GHZ state on three qubits of the device."""
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.measure_all()
    compiled = transpile(circuit, device, initial_layout=QUBITS, optimization_level=1, seed_transpiler=7)
    return device.run(compiled, shots=SHOTS).result(timeout=120).get_counts()


def ideal_part(counts) -> float:
    """The share of the two outcomes of a perfect GHZ state."""
    return (counts.get("000", 0) + counts.get("111", 0)) / sum(counts.values())


@pytest.mark.parametrize("method", ["balanced", "independent", "marginal"])
def test_mitigation_improves_a_ghz_state(device, counts, method):
    mitigation = mthree.M3Mitigation(device)
    mitigation.cals_from_system(QUBITS, shots=SHOTS, method=method)
    mitigated = mitigation.apply_correction(counts, QUBITS).nearest_probability_distribution()
    before, after = ideal_part(counts), ideal_part(mitigated)
    assert before < 0.97
    assert after > before + 0.01
    # Parity of two qubits: exactly one without noise.
    assert mthree.utils.expval(mitigated, "ZZI") > mthree.utils.expval(counts, "ZZI")


def test_calibrations_are_kept_in_a_file_and_read_again(device, counts, tmp_path):
    mitigation = mthree.M3Mitigation(device)
    mitigation.cals_from_system(QUBITS, shots=SHOTS)
    mitigation.cals_to_file(str(tmp_path / "cals.json"))
    again = mthree.M3Mitigation()
    again.cals_from_file(str(tmp_path / "cals.json"))
    first = mitigation.apply_correction(counts, QUBITS)
    assert again.apply_correction(counts, QUBITS) == pytest.approx(first)


def test_qubits_of_a_circuit_are_found_by_its_final_measurements(device):
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure_all()
    compiled = transpile(circuit, device, initial_layout=[3, 4])
    assert list(mthree.utils.final_measurement_mapping(compiled).values()) == [3, 4]
