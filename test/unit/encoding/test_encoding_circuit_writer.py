# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Circuits written directly against the same circuits assembled by Qiskit: the documents are equal, whatever the circuits hold.

The number of random Qobj documents is in IBMQ_TEST_PROGRAMS; ``tox -e assembly`` compares thousands.
"""

from __future__ import annotations

import json
import os
import warnings

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, assemble
from qiskit.circuit import Clbit, Delay, Gate, Instruction, Parameter, Qubit
from qiskit.circuit.library import RZGate, XGate
from support.device_server import simulator_configuration
from support.random_programs import GATES, ProgramMaker

from qiskit_ibmq_provider.encoding import assemble_circuits, decode_backend_configuration, to_wire
from qiskit_ibmq_provider.encoding.circuit_writer import CircuitWriter

PROGRAMS = int(os.environ.get("IBMQ_TEST_PROGRAMS", "80"))
"""Number of random documents; each holds up to five circuits."""


class Simulator:
    """As much of a backend as assembling looks at. Without time step, so that delays stay in their units."""

    def __init__(self):
        self._configuration = decode_backend_configuration(simulator_configuration())

    def configuration(self):
        return self._configuration

    def defaults(self):
        return None


SIMULATOR = Simulator()


def ours(circuits, **options):
    return _comparable(json.loads(assemble_circuits(circuits, SIMULATOR, **options).body))


def theirs(circuits, **options):
    return _comparable(json.loads(json.dumps(to_wire(assemble(circuits, SIMULATOR, **options).to_dict()))))


def _comparable(document):
    """Take out what is different in any two runs: the id, and names of circuits made for a set of values."""
    del document["qobj_id"]
    for experiment in document["experiments"]:
        experiment["header"]["name"] = experiment["header"]["name"].rsplit("-", 1)[0]
    return document


def _outcome(make, circuits, **options):
    """Return the document, or that there is none, for both sides alike."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return make(circuits, **options)
        except Exception as err:  # noqa: BLE001 - whatever Qiskit raises, ours has to refuse as well
            return type(err).__name__


def _program(seed):
    """Return circuits and options of a seed."""
    maker = ProgramMaker(seed)
    conditions, calibrations, parameters = seed % 3 == 0, seed % 7 == 0, seed % 5 == 0
    circuits = [
        maker.circuit(conditions=conditions, calibrations=calibrations, parameters=parameters)
        for _ in range(1 + seed % 5)
    ]
    options = {"shots": 1 + seed % 100, "memory": bool(seed % 2)}
    if parameters:
        used = set().union(*(circuit.parameters for circuit in circuits))
        circuits = [circuit for circuit in circuits if set(circuit.parameters) == used]
        if used:
            options["parameter_binds"] = [dict.fromkeys(used, 0.25 * k) for k in (1, 2, 3)]
    return circuits, options


@pytest.mark.parametrize("first", range(0, PROGRAMS, 20))
def test_random_circuits_give_qiskits_document(first):
    compared = 0
    for seed in range(first, min(first + 20, PROGRAMS)):
        circuits, options = _program(seed)
        if not circuits:
            continue
        expected = _outcome(theirs, circuits, **options)
        found = _outcome(ours, circuits, **options)
        if isinstance(expected, str):
            assert isinstance(found, str), f"seed {seed}: Qiskit refuses with {expected}"
        else:
            assert found == expected, f"seed {seed}"
            compared += 1
    assert compared >= 10


@pytest.mark.parametrize("label", [None, "ours"])
@pytest.mark.parametrize(("kind", "numbers"), GATES, ids=[kind.__name__ for kind, _ in GATES])
def test_every_gate_is_written_as_qiskit_has_it(kind, numbers, label):
    circuit = QuantumCircuit(6)
    gate = kind(*[0.5] * numbers, label=label)
    circuit.append(gate, list(range(gate.num_qubits)))
    assert CircuitWriter().write(circuit) is not None
    assert ours([circuit]) == theirs([circuit])


def test_gates_of_one_class_and_different_names_are_told_apart():
    circuit = QuantumCircuit(2)
    for name in ("one", "two", "one"):
        circuit.append(Gate(name, 1, []), [0])
    renamed = XGate().to_mutable() if hasattr(XGate(), "to_mutable") else XGate()
    renamed.name = "other"
    circuit.append(renamed, [0])
    circuit.x(1)
    assert ours([circuit]) == theirs([circuit])


@pytest.mark.parametrize(
    "value", [0.0, -0.0, 1e-320, 1e300, 0.1 + 0.2, 7, -(2**80), 1e16, 123456789.123456789]
)
def test_numbers_keep_every_digit(value):
    circuit = QuantumCircuit(1)
    circuit.append(Instruction("rz", 1, 0, [value]), [0])
    _, _, rest = CircuitWriter().write(circuit)
    [sent] = json.loads(b'{"config":{}' + rest)["instructions"][0]["params"]
    assert repr(sent) == repr(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_not_finite_is_sent_as_before(value):
    circuit = QuantumCircuit(1)
    circuit.append(Instruction("odd", 1, 0, [value]), [0])
    assert str(ours([circuit])) == str(theirs([circuit]))


def _equal_bits():
    circuit = QuantumCircuit(QuantumRegister(2, "q"))
    circuit.append(XGate(), [QuantumRegister(2, "q")[1]])
    return circuit


def _conditioned():
    circuit = QuantumCircuit(1, 1)
    circuit.x(0).c_if(0, 1)
    return circuit


def _loop():
    circuit = QuantumCircuit(1, 1)
    with circuit.for_loop(range(3)):
        circuit.x(0)
    return circuit


def _in_nanoseconds():
    circuit = QuantumCircuit(1)
    circuit.append(Delay(100, "ns"), [0])
    return circuit


def _with_id():
    circuit = QuantumCircuit(1)
    circuit.id(0)
    return circuit


def _unbound():
    circuit = QuantumCircuit(1)
    circuit.rz(Parameter("a"), 0)
    return circuit


@pytest.mark.parametrize(
    "circuit",
    [
        QuantumCircuit([Qubit(), Qubit()]),
        QuantumCircuit(1, 1).compose(_conditioned()),
        QuantumCircuit([Qubit()], [Clbit()], ClassicalRegister(1, "c")),
        QuantumCircuit(1, metadata={"thing": object()}),
        _loop(),
        _in_nanoseconds(),
        _with_id(),
        _unbound(),
    ],
    ids=["loose", "condition", "loose bit", "object", "loop", "unit", "left out", "parameter"],
)
def test_what_the_walk_does_not_know_is_left_to_qiskit(circuit):
    assert CircuitWriter(left_out=["id"]).write(circuit) is None


def test_a_bit_is_known_by_what_it_equals():
    circuit = _equal_bits()
    assert ours([circuit]) == theirs([circuit])


def test_an_instruction_with_an_array_does_not_cost_the_others_the_walk():
    circuit = QuantumCircuit(2, 2)
    circuit.unitary(np.eye(2), 0)
    circuit.append(RZGate(np.float64(0.5)), [1])
    circuit.measure([0, 1], [0, 1])
    assert CircuitWriter().write(circuit) is not None
    assert ours([circuit]) == theirs([circuit])


def test_idle_gates_are_left_to_who_replaces_them():
    plain, idle = QuantumCircuit(1, name="plain"), _with_id()
    asked = []

    def replace(circuit):
        asked.append(circuit)
        other = QuantumCircuit(1, name="replaced")
        other.delay(16, 0)
        return other

    document = json.loads(assemble_circuits([plain, idle], SIMULATOR, without_idle_gates=replace).body)
    assert asked == [idle]
    assert [experiment["header"]["name"] for experiment in document["experiments"]] == ["plain", "replaced"]
    assert document["experiments"][1]["instructions"] == [{"name": "delay", "params": [16], "qubits": [0]}]
