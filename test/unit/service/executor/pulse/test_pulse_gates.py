# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Circuits with pulse gates are scheduled as Terra schedules them."""

from __future__ import annotations

import copy
import json
import random

import numpy as np
import pytest
from qiskit import QuantumCircuit, assemble, pulse, schedule
from qiskit.circuit import Gate
from support.circuit_jobs import FLEET, payload, rules
from support.pulse_jobs import assembled, device, drag, measure

from qiskit_ibmq_provider.encoding import decode_pulse_defaults
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.pulse_gates import has_pulse_gates, read_circuits
from qiskit_ibmq_provider.service.executor.pulse.pulse_job import SampleLimit, read_schedules
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected

BELEM = "ibmq_belem"
BUDGET = SampleLimit(2**40)
COUPLED = [(0, 1), (1, 0), (1, 2), (2, 1), (1, 3), (3, 1), (3, 4), (4, 3)]


def _plain(value):
    return value.tolist() if isinstance(value, np.ndarray) else [value.real, value.imag]


def _own_gate(circuit: QuantumCircuit, qubit: int, angle: float) -> None:
    """Put a gate with pulses of its own on a qubit."""
    with pulse.build() as own:
        pulse.play(pulse.Gaussian(96, 0.2, 24), pulse.DriveChannel(qubit))
        pulse.shift_phase(angle, pulse.DriveChannel(qubit))
        pulse.play(pulse.Waveform(np.full(32, 0.1j)), pulse.DriveChannel(qubit))
    circuit.append(Gate("own", 1, [angle]), [qubit])
    circuit.add_calibration("own", [qubit], own, [angle])


def _random_circuit(seed: int) -> QuantumCircuit:
    rng = random.Random(seed)
    circuit = QuantumCircuit(5, 5)
    _own_gate(circuit, 2, 0.5)
    for _ in range(25):
        qubit = rng.randrange(5)
        kind = rng.choice(["x", "sx", "rz", "cx", "own", "delay", "barrier", "id"])
        if kind == "rz":
            circuit.rz(rng.uniform(-7, 7), qubit)
        elif kind == "cx":
            circuit.cx(*rng.choice(COUPLED))
        elif kind == "own":
            _own_gate(circuit, qubit, rng.choice([0.25, -1.5]))
        elif kind == "delay":
            circuit.delay(16 * rng.randrange(1, 30), qubit, "dt")
        elif kind == "barrier":
            circuit.barrier(*rng.sample(range(5), 3))
        else:
            getattr(circuit, kind)(qubit)
    measured = rng.sample(range(5), rng.randrange(1, 6))
    circuit.barrier()
    circuit.measure(measured, measured)
    return circuit


def _wire(circuits, **options):
    return json.loads(json.dumps(assemble(circuits, **options).to_dict(), default=_plain))


def _timelines(circuit):
    ours = read_circuits(
        _wire(circuit, parametric_pulses=FLEET.configuration(BELEM)["parametric_pulses"]),
        rules(BELEM),
        device(BELEM),
        BUDGET,
    )
    theirs = schedule(
        circuit,
        inst_map=decode_pulse_defaults(copy.deepcopy(FLEET.defaults(BELEM))).instruction_schedule_map,
        meas_map=FLEET.configuration(BELEM)["meas_map"],
        dt=FLEET.configuration(BELEM)["dt"] * 1e-9,
    )
    assert isinstance(theirs, pulse.Schedule)
    read = read_schedules(assembled(theirs, BELEM), rules(BELEM), device(BELEM), BUDGET)
    return ours.experiments[0].timeline, read.experiments[0].timeline


@pytest.mark.parametrize("seed", range(8))
def test_signals_and_measurements_are_those_of_terra(seed):
    ours, theirs = _timelines(_random_circuit(seed))
    assert ours.acquisitions == theirs.acquisitions
    assert ours.signals.keys() == theirs.signals.keys()
    for channel, segments in ours.signals.items():
        others = theirs.signals[channel]
        assert [segment.start for segment in segments] == [segment.start for segment in others]
        for segment, other in zip(segments, others):
            assert segment.samples == pytest.approx(other.samples, abs=1e-9)


def test_one_circuit_may_define_what_another_has_not():
    gate = {"name": "x", "qubits": [0], "params": [], "instructions": [drag(0, 0.05)]}
    document = payload([{"name": "x", "qubits": [0]}, {"name": "measure", "qubits": [0], "memory": [0]}])
    document["experiments"].append(copy.deepcopy(document["experiments"][0]))
    document["experiments"][1]["config"]["calibrations"] = {"gates": [gate]}
    first, second = read_circuits(document, rules(BELEM), device(BELEM), BUDGET).experiments
    heights = [abs(one.timeline.signals["d0"][0].samples).max() for one in (first, second)]
    assert heights[1] == pytest.approx(0.05, rel=0.1) and heights[0] > 0.1


def test_a_measurement_may_have_pulses_of_its_own():
    gate = {
        "name": "measure",
        "qubits": [1],
        "params": [],
        "instructions": [drag(0, 0.1, "m1"), measure(32, 1)],
    }
    document = payload([{"name": "measure", "qubits": [1], "memory": [0]}], calibrations={"gates": [gate]})
    (experiment,) = read_circuits(document, rules(BELEM), device(BELEM), BUDGET).experiments
    (acquisition,) = experiment.timeline.acquisitions
    assert (acquisition.qubit, acquisition.memory_slot, acquisition.duration) == (1, 0, 1600)


@pytest.mark.parametrize(
    ("document", "found"),
    [
        (payload([]), False),
        (payload([], calibrations={"gates": []}), False),
        (payload([], calibrations={"gates": [1]}), True),
        (payload([], calibrations="all"), True),
        ({**payload([], calibrations={"gates": [1]}), "type": "PULSE"}, False),
        ({"experiments": 5, "config": 3}, False),
        ([], False),
    ],
)
def test_pulse_gates_are_noticed(document, found):
    assert has_pulse_gates(document) is found


X0 = {"name": "x", "qubits": [0]}
REFUSED = {
    "no pulses": (
        [{"name": "h", "qubits": [0]}],
        r"instruction 0 \('h'\): neither the circuit nor ibmq_belem defines",
    ),
    "other parameters": (
        [{"name": "own", "qubits": [0], "params": [0.2]}],
        r"'own'\).*with the parameters \[0.2\]",
    ),
    "uncoupled": ([{"name": "cx", "qubits": [0, 4]}], r"on the qubits \[0, 4\]"),
    "condition": ([{**X0, "conditional": 3}], "conditions are not tested"),
    "function": ([{"name": "bfunc", "mask": "0x1"}], r"\('bfunc'\): conditions"),
    "reset": ([{"name": "reset", "qubits": [0]}], r"\('reset'\): a qubit cannot be reset"),
    "qubit": ([{"name": "x", "qubits": [5]}], "numbers from 0 to 4, not 5"),
    "qubits": ([{"name": "x"}], "'qubits' should be a list"),
    "twice": ([{"name": "cx", "qubits": [1, 1]}], "names a qubit twice"),
    "delay": ([{"name": "delay", "qubits": [0], "params": [-5]}], "from 0 to"),
    "no delay": ([{"name": "delay", "qubits": [0]}], "takes one number of samples"),
    "memory": ([{"name": "measure", "qubits": [0], "memory": [-1]}], "a classical bit should be"),
    "too few memory": ([{"name": "measure", "qubits": [0], "memory": []}], "one number for each"),
    "params": ([{**X0, "params": ["a"]}], "finite real numbers"),
    "no object": ([7], "JSON object with a name"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_pulses_is_refused_by_name(case):
    entries, said = REFUSED[case]
    own = {"name": "own", "qubits": [0], "params": [0.1], "instructions": [drag(0)]}
    with pytest.raises(JobRejected, match=said) as caught:
        read_circuits(payload(entries, calibrations={"gates": [own]}), rules(BELEM), device(BELEM), BUDGET)
    assert caught.value.code is ErrorCode.INVALID_INSTRUCTION


@pytest.mark.parametrize(
    ("calibrations", "said"),
    [
        ("all", "'calibrations' should be a JSON object"),
        ({"gates": 1}, "no list 'gates'"),
        ({"gates": [1]}, "entry 0 of 'calibrations' should be a JSON object"),
        ({"gates": [{"name": "x", "qubits": ["0"]}]}, "a name and a list of qubits"),
        (
            {"gates": [{"name": "x", "qubits": [9], "instructions": []}]},
            "there is no qubit 9; ibmq_belem has 5",
        ),
        ({"gates": [{"name": "x", "qubits": [0]}]}, "has no list of instructions"),
        (
            {"gates": [{"name": "x", "qubits": [0], "instructions": [drag(0, channel="d9")]}]},
            r"The job, the pulses of the gate 'x' on qubits \[0\], instruction 0 \('drag' on d9\): there is no channel d9",
        ),
    ],
)
def test_pulses_of_gates_that_cannot_be_read_are_refused(calibrations, said):
    with pytest.raises(JobRejected, match=said):
        read_circuits(payload([X0], calibrations=calibrations), rules(BELEM), device(BELEM), BUDGET)
