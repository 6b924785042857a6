# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Readout mitigation, as the textbooks teach it, by Ignis on a device."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit, QuantumRegister, execute

pytest.importorskip("qiskit.ignis")

from qiskit.ignis.mitigation.measurement import (  # noqa: E402
    CompleteMeasFitter,
    TensoredMeasFitter,
    complete_meas_cal,
    tensored_meas_cal,
)

SHOTS = 4000
WAIT = 120


@pytest.fixture(scope="module")
def device(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_vigo")


@pytest.fixture(scope="module")
def ghz_result(device):
    """The result of a GHZ state on three qubits of the device."""
    circuit = QuantumCircuit(3, 3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.measure(range(3), range(3))
    return execute(circuit, device, shots=SHOTS, initial_layout=[0, 1, 3]).result(timeout=WAIT)


def ideal_part(counts) -> float:
    """The share of the two outcomes of a perfect GHZ state."""
    return (counts.get("000", 0) + counts.get("111", 0)) / sum(counts.values())


def test_the_complete_fitter_improves_a_ghz_state(device, ghz_result):
    circuits, labels = complete_meas_cal(qr=QuantumRegister(3), circlabel="mcal")
    results = execute(circuits, device, shots=SHOTS, initial_layout=[0, 1, 3]).result(timeout=WAIT)
    fitter = CompleteMeasFitter(results, labels, circlabel="mcal")
    assert fitter.cal_matrix.shape == (8, 8)
    assert np.allclose(fitter.cal_matrix.sum(axis=0), 1)
    assert 0.8 < fitter.readout_fidelity() < 0.99
    mitigated = fitter.filter.apply(ghz_result).get_counts(0)
    before, after = ideal_part(ghz_result.get_counts()), ideal_part(mitigated)
    assert before < 0.97
    assert after > before + 0.01


def test_the_tensored_fitter_improves_a_ghz_state(device, ghz_result):
    circuits, patterns = tensored_meas_cal(
        mit_pattern=[[0], [1], [2]], qr=QuantumRegister(3), circlabel="mcal"
    )
    results = execute(circuits, device, shots=SHOTS, initial_layout=[0, 1, 3]).result(timeout=WAIT)
    fitter = TensoredMeasFitter(results, mit_pattern=patterns, circlabel="mcal")
    mitigated = fitter.filter.apply(ghz_result.get_counts(), method="pseudo_inverse")
    assert ideal_part(mitigated) > ideal_part(ghz_result.get_counts()) + 0.01
