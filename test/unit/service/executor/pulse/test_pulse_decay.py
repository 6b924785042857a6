# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Qubits lose energy with T1 and phase with T2, as the calibration says."""

from __future__ import annotations

import numpy as np
import pytest
from pulse_fit.gates import Gate, half_turn
from scipy.linalg import expm

from qiskit_ibmq_provider.service.executor.pulse.solver import evolve, relax

DEVICES = ["ibmq_armonk", "ibmq_manila", "ibm_lagos"]
WAITS = np.array([0.0, 2e-5, 6e-5, 2e-4])
"""Seconds."""


def _lifetimes(site, qubit):
    values = {entry["name"]: entry["value"] * 1e-6 for entry in site.properties["qubits"][qubit]}
    return values["T1"], min(values["T2"], 2 * values["T1"])


@pytest.mark.parametrize("name", DEVICES)
def test_the_excited_state_decays_with_t1(pulse_site, name):
    site = pulse_site(name)
    waits = np.round(WAITS / site.dt).astype(int)
    programs = [site.measured([Gate("x", (0,))], [0], wait=int(wait)) for wait in waits]
    found = np.array([result[1] for result in evolve(site.model(0), programs)])
    relaxation, _ = _lifetimes(site, 0)
    np.testing.assert_allclose(found / found[0], np.exp(-waits * site.dt / relaxation), atol=1e-3)


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("echo", [False, True])
def test_a_superposition_decays_with_t2(pulse_site, name, echo):
    """The contrast between a second half turn forth and back, after a wait with or without a full turn in its middle."""
    site = pulse_site(name)
    (half,) = site.gates.program(half_turn(site.gates, 0))[0].signals["d0"]
    (full,) = site.gates.program([Gate("x", (0,))])[0].signals["d0"]
    waits = np.round(WAITS / site.dt / 2).astype(int) * 2
    programs = []
    for wait in waits:
        begin = len(half.samples) + int(wait) // 2
        middle = [(begin, full.samples)] if echo else []
        end = begin + int(wait) // 2 + (len(full.samples) if echo else 0)
        for sign in (1, -1):
            parts = [(0, half.samples), *middle, (end, sign * half.samples)]
            programs.append(site.program({"d0": parts}, [(0, end + len(half.samples))]))
    found = np.array([result[1] for result in evolve(site.model(0), programs)]).reshape(-1, 2)
    contrast = np.abs(found[:, 0] - found[:, 1])
    _, dephasing = _lifetimes(site, 0)
    np.testing.assert_allclose(contrast / contrast[0], np.exp(-waits * site.dt / dephasing), atol=4e-3)


def test_the_map_is_the_solution_of_the_lindblad_equation():
    """Of two oscillators, but for the transfer between coherences that is left out: the start has no such coherences."""
    lifetimes = ((40.0, 70.0), (25.0, 90.0))
    lower = np.diag(np.sqrt([1.0, 2.0]), 1)
    number = np.diag([0.0, 1.0, 2.0])
    jumps = []
    for place, (relaxation, dephasing) in enumerate(lifetimes):
        for single in (lower / np.sqrt(relaxation), number * np.sqrt(2 / dephasing)):
            jumps.append(np.kron(single, np.eye(3)) if place == 0 else np.kron(np.eye(3), single))
    one = np.eye(9)
    generator = sum(
        np.kron(jump, jump.conj())
        - 0.5 * np.kron(jump.conj().T @ jump, one)
        - 0.5 * np.kron(one, (jump.conj().T @ jump).T)
        for jump in jumps
    )
    # Coherences of two quanta of the first qubit have nothing below them that the map leaves out; the second qubit is in a mixture.
    first = np.array([[0.5, 0, 0.3], [0, 0.2, 0], [0.3, 0, 0.3]])
    state = np.kron(first, np.diag([0.2, 0.3, 0.5])).astype(complex)
    for time in (0.5, 10.0, 200.0):
        expected = (expm(generator * time) @ state.ravel()).reshape(9, 9)
        found = relax(state[None], np.array([time]), lifetimes)[0]
        np.testing.assert_allclose(found, expected, atol=1e-12)
        assert np.trace(found) == pytest.approx(1)


def test_decay_during_a_long_drive_is_that_of_a_saturated_qubit(pulse_site):
    """A strong resonant tone for many lifetimes leaves the lower two levels evenly filled."""
    site = pulse_site("ibmq_manila")
    relaxation, _ = _lifetimes(site, 0)
    length = int(5 * relaxation / site.dt)
    program = site.program({"d0": [(0, np.full(length, 0.001))]}, [(0, length)])
    found = evolve(site.model(0), [program])[0]
    np.testing.assert_allclose(found[:2], 0.5, atol=0.02)
