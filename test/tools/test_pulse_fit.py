# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""With the corrections that are shipped, calibrated gates do what they are called."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json

import numpy as np
import pytest
from pulse_fit.fitting import PairFit, corrections_document, fit_qubit, ideal_gate
from pulse_fit.gates import (
    Gate,
    controlled_not,
    fidelity,
    hadamard,
    half_turn,
)
from pulse_fit.quality import agreement, pair_quality, turn_quality
from support.circuit_jobs import FLEET

from qiskit_ibmq_provider.service.executor.pulse.corrections import (
    CORRECTIONS_FILE,
    ChannelCorrection,
    Corrections,
    find_corrections,
)
from qiskit_ibmq_provider.service.executor.pulse.solver import evolve

PAIRS = [
    ("ibmq_valencia", 0, 1),
    ("ibmq_manila", 2, 3),
    ("ibmq_boeblingen", 1, 2),
    ("ibm_cairo", 12, 13),
    ("ibm_lagos", 1, 3),
    ("ibm_washington", 5, 6),
    ("ibm_sherbrooke", 1, 0),
]
"""One for each way in which these devices define gates: with and without u gates, echoed and direct, in both directions, by cx and by ecr."""

AT_ODDS = [("ibm_washington", 37, 38), ("ibm_washington", 109, 96), ("ibmq_manhattan", 56, 52)]
"""The calibrated sx of the first qubit is not half of its x, unless it has a gain of its own."""


def test_corrections_are_shipped_for_every_qubit_and_pair():
    names = json.loads(CORRECTIONS_FILE.read_text(encoding="utf-8"))["devices"]
    assert len(names) >= 33
    for name in names:
        configuration = FLEET.configuration(name)
        corrections = find_corrections(configuration)
        assert corrections is not None, name
        drives = {channel for channel in corrections.channels if channel.startswith("d")}
        assert drives == {f"d{qubit}" for qubit in range(configuration["n_qubits"])}
        corrected = {
            frozenset(
                (configuration["u_channel_lo"][int(channel[1:])][0]["q"], _acted(configuration, channel))
            )
            for channel in corrections.channels.keys() - drives
        }
        coupled = {frozenset(pair) for pair in configuration["coupling_map"] or []}
        assert corrected <= coupled
        # Left out are pairs without a calibrated gate, and those whose gate is right as it stands.
        assert len(coupled - corrected) <= 2, name


def _acted(configuration, channel):
    (text,) = (term for term in configuration["hamiltonian"]["h_str"] if term.endswith("||U" + channel[1:]))
    return int(text.split("*X")[1].split("||")[0])


def test_another_hamiltonian_of_the_same_name_is_not_corrected():
    configuration = copy.deepcopy(FLEET.configuration("ibmq_manila"))
    assert find_corrections(configuration) is not None
    configuration["hamiltonian"]["vars"]["wq0"] += 1e-6
    assert find_corrections(configuration) is None


def test_the_file_is_read_as_it_was_written():
    for document in json.loads(CORRECTIONS_FILE.read_text(encoding="utf-8"))["devices"].values():
        again = corrections_document(Corrections.from_json(document))
        assert again["channels"] == document["channels"]
        assert again.get("assumed") == document.get("assumed")


@pytest.mark.parametrize(
    ("name", "qubit"),
    [
        *((name, second) for name, _, second in PAIRS),
        *((name, first) for name, first, _ in AT_ODDS),
        ("ibmq_armonk", 0),
    ],
)
def test_x_and_sx_turn_a_qubit(pulse_site, name, qubit):
    site = pulse_site(name)
    flip, half = turn_quality(site.model(qubit), site.gates)
    assert flip > 0.99
    # The sx of ibmq_armonk's calibration has 0.45 where its x has 1. It has no gain: there a turn is in proportion to the envelope.
    assert half > (0.98 if name == "ibmq_armonk" else 0.99)


@pytest.mark.parametrize(("name", "qubit"), [(name, first) for name, first, _ in AT_ODDS])
def test_a_half_turn_at_odds_with_the_turn_gets_a_gain(pulse_site, name, qubit):
    site = pulse_site(name)
    shipped = find_corrections(site.configuration).channels[f"d{qubit}"]
    weak, strong = shipped.gains
    assert weak.peak < strong.peak
    assert (strong.factor, strong.shifts) == (1.0, 1.0)
    assert agreement(site.model(qubit), site.gates) > 0.999
    without = Corrections({f"d{qubit}": dataclasses.replace(shipped, gains=())})
    assert agreement(site.model(qubit, corrections=without), site.gates) < 0.99
    found = fit_qubit(site.model(qubit, decay=False, corrections=Corrections({})), site.gates)
    assert abs(found.gains[0].factor - weak.factor) < 1e-3


def test_few_qubits_need_a_gain():
    devices = json.loads(CORRECTIONS_FILE.read_text(encoding="utf-8"))["devices"]
    with_gains = {
        name: sum("gains" in channel for channel in device["channels"].values())
        for name, device in devices.items()
    }
    # Half of the qubits of ibmq_poughkeepsie, whose x and sx are shaped as for different anharmonicities.
    assert with_gains.pop("ibmq_poughkeepsie") == 12
    assert with_gains["ibmq_armonk"] == 0
    assert sum(with_gains.values()) == 5


@pytest.mark.parametrize(("name", "first", "second"), [*PAIRS, *AT_ODDS, ("ibm_washington", 71, 58)])
def test_cx_is_one_in_both_directions(pulse_site, name, first, second):
    site = pulse_site(name)
    directions = [pair for pair in ((first, second), (second, first)) if controlled_not(site.gates, *pair)]
    assert directions
    for control, target in directions:
        quality = pair_quality(site.model(control, target), site.gates, control, target)
        assert quality.truth > 0.97
        assert quality.bell > 0.95
        closed = pair_quality(site.model(control, target, decay=False), site.gates, control, target)
        assert closed.bell >= quality.bell - 1e-6


@pytest.mark.parametrize(("name", "control", "target"), [("ibmq_manila", 2, 3), ("ibm_sherbrooke", 1, 0)])
def test_the_bell_state_by_what_can_be_measured(pulse_site, name, control, target):
    """The fidelity out of three correlations, by turns before the measurement: it does not know how the solver counts phases."""
    site = pulse_site(name)
    model = site.model(control, target)
    pair = [*hadamard(site.gates, control), *controlled_not(site.gates, control, target)]
    turns = {
        "z": lambda qubit: [],
        "x": lambda qubit: hadamard(site.gates, qubit),
        "y": lambda qubit: half_turn(site.gates, qubit),
    }
    programs = [
        site.measured([*pair, *turns[axis](control), *turns[axis](target)], sorted((control, target)))
        for axis in "xyz"
    ]
    signs = np.array([1, -1, -1])
    values = [float(np.einsum("ab,a,b->", joint, signs, signs)) for joint in evolve(model, programs)]
    assert (1 + values[0] - values[1] + values[2]) / 4 > 0.95


def test_three_qubits_in_a_row(pulse_site):
    """A GHZ state over a pair and its neighbour, each cx calibrated without the third qubit."""
    site = pulse_site("ibmq_valencia")
    gates = [*hadamard(site.gates, 0), Gate("cx", (0, 1)), Gate("cx", (1, 2))]
    joint = evolve(site.model(0, 1, 2), [site.measured(gates, [0, 1, 2])])[0]
    assert joint[0, 0, 0] + joint[1, 1, 1] > 0.9
    assert abs(joint[0, 0, 0] - joint[1, 1, 1]) < 0.1


def test_the_fit_finds_what_is_shipped(pulse_site):
    site = pulse_site("ibmq_manila")
    shipped = find_corrections(site.configuration).channels
    found = fit_qubit(site.model(1, decay=False, corrections=Corrections({})), site.gates)
    assert abs(found.scale - shipped["d1"].scale) < 1e-4
    drives = Corrections({channel: value for channel, value in shipped.items() if channel.startswith("d")})
    gate = Gate("cx", (0, 1))
    fit = PairFit(site.model(0, 1, decay=False, corrections=drives), site.gates, gate)
    fitted = fit.fit()
    assert set(fitted) == {"u0"}
    assert abs(fitted["u0"].scale - shipped["u0"].scale) < 1e-3
    assert fit.fidelity(fitted) > 0.99
    # Without a correction of its control channel the gate is none.
    assert fit.fidelity({"u0": ChannelCorrection()}) < 0.8
    model = site.model(0, 1, decay=False)
    assert fidelity(site.gates.matrix(model, [gate]), ideal_gate(gate)) == pytest.approx(
        fit.fidelity({"u0": shipped["u0"]}), abs=1e-6
    )


def test_the_matrix_of_a_gate_does_not_depend_on_the_order_of_its_qubits(pulse_site):
    site = pulse_site("ibmq_manila")
    model = site.model(0, 1, decay=False)
    for control, target in itertools.permutations((0, 1)):
        gate = Gate("cx", (control, target))
        assert fidelity(site.gates.matrix(model, [gate]), ideal_gate(gate)) > 0.98
