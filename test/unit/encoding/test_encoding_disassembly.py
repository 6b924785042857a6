# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Circuits that were encoded come back as they were."""

from __future__ import annotations

import functools
import json
import os
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, assemble, pulse
from qiskit.assembler import disassemble
from qiskit.circuit import Clbit, Gate, Qubit
from support.device_server import DeviceServer
from support.random_programs import GATES, ProgramMaker

from qiskit_ibmq_provider.encoding import assemble_circuits, decode_qobj, disassembly
from qiskit_ibmq_provider.encoding.disassembly import rebuild_circuits, rebuild_programs

SIMULATOR = DeviceServer(None).backend()

PROGRAMS = int(os.environ.get("IBMQ_TEST_PROGRAMS", "40"))
"""Number of random documents; ``tox -e assembly`` sets it to thousands."""


def there_and_back(*circuits: QuantumCircuit, backend: Any = SIMULATOR) -> list[QuantumCircuit]:
    return rebuild_circuits(json.loads(assemble_circuits(list(circuits), backend).body))


@st.composite
def circuits(draw: Any) -> QuantumCircuit:
    """Return a circuit whose bits are in registers, or in none, in any order, with conditions on both."""
    circuit = QuantumCircuit(
        name="drawn", metadata={"a": [1]}, global_phase=draw(st.sampled_from([0.0, 0.5]))
    )
    sizes = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), min_size=1, max_size=3))
    for number, (in_register, size) in enumerate(sizes):
        if in_register:
            circuit.add_register(QuantumRegister(size, f"q{number}"))
        else:
            circuit.add_bits([Qubit() for _ in range(size)])
    sizes = draw(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), min_size=1, max_size=4))
    for number, (in_register, size) in enumerate(sizes):
        if in_register:
            circuit.add_register(ClassicalRegister(size, f"c{number}"))
        else:
            circuit.add_bits([Clbit() for _ in range(size)])
    qubits, clbits = st.sampled_from(circuit.qubits), st.sampled_from(circuit.clbits)
    # A condition on the only bit of a register comes back as one on the register.
    single = [
        bit
        for bit in circuit.clbits
        if not circuit.find_bit(bit).registers or len(circuit.find_bit(bit).registers[0][0]) > 1
    ]
    for kind in draw(st.lists(st.sampled_from(["h", "measure", "register", "bit"]), max_size=8)):
        if kind == "measure":
            circuit.measure(draw(qubits), draw(clbits))
        elif kind == "register" and circuit.cregs:
            register = draw(st.sampled_from(circuit.cregs))
            circuit.x(draw(qubits)).c_if(register, draw(st.integers(0, 2 ** len(register) - 1)))
        elif kind == "bit" and single:
            circuit.x(draw(qubits)).c_if(draw(st.sampled_from(single)), draw(st.booleans()))
        else:
            circuit.h(draw(qubits))
    return circuit


@settings(max_examples=60, deadline=None)
@given(circuits())
def test_any_circuit_comes_back_as_it_was(circuit):
    (rebuilt,) = there_and_back(circuit)
    assert rebuilt == circuit
    assert rebuilt.global_phase == circuit.global_phase
    assert rebuilt.metadata == circuit.metadata
    assert [register.name for register in rebuilt.cregs] == [register.name for register in circuit.cregs]


@settings(max_examples=60, deadline=None)
@given(circuits())
def test_conditions_are_kept_in_no_bit_of_the_circuit(circuit):
    experiment = json.loads(assemble_circuits([circuit], SIMULATOR).body)["experiments"][0]
    kept = [i["register"] for i in experiment["instructions"] if i["name"] == "bfunc"]
    used = [i["conditional"] for i in experiment["instructions"] if "conditional" in i]
    assert kept == used == sorted(set(kept))
    assert all(register >= circuit.num_clbits for register in kept)
    assert len(experiment["header"]["clbit_labels"]) == circuit.num_clbits
    assert len(experiment["header"]["qubit_labels"]) == circuit.num_qubits


def test_a_circuit_of_qiskits_own_assembler_gets_its_loose_bits_at_the_end():
    circuit = QuantumCircuit(QuantumRegister(1, "q"), ClassicalRegister(1, "c"), [Qubit()])
    circuit.h(0)
    circuit.measure(0, 0)
    document = assemble(circuit).to_dict()
    document["experiments"][0]["header"]["n_qubits"] = 2
    (rebuilt,), _, _ = rebuild_programs(decode_qobj(document))
    assert rebuilt == circuit


def calibrated(*qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    with pulse.build(name="mine") as schedule:
        pulse.play(pulse.Gaussian(160, 0.1, 40), pulse.DriveChannel(0))
    for qubit in qubits:
        circuit.append(Gate("mine", 1, []), [qubit])
        circuit.add_calibration("mine", [qubit], schedule)
    return circuit


def test_a_gate_with_a_schedule_in_one_circuit_and_one_in_all():
    backend = DeviceServer("manila").backend()
    both, one = there_and_back(calibrated(0, 1), calibrated(0), backend=backend)
    assert set(both.calibrations["mine"]) == {((0,), ()), ((1,), ())}
    assert set(one.calibrations["mine"]) == {((0,), ())}


def test_options_and_header_are_those_of_qiskit():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    qobj = assemble([circuit, circuit], shots=7, memory=True, qobj_header={"mine": 1}, qubit_lo_freq=[5e9])
    before = qobj.to_dict()
    programs, options, header = rebuild_programs(qobj)
    expected = disassemble(qobj)
    assert (programs, options, header) == (expected[0], expected[1], expected[2])
    assert qobj.to_dict() == before


def test_schedules_come_back_with_their_metadata():
    backend = DeviceServer("armonk").backend()
    schedule = pulse.Schedule(name="s", metadata={"a": 1})
    schedule += pulse.Play(pulse.Waveform(np.ones(16) * 0.1), pulse.DriveChannel(0))
    schedule += pulse.Acquire(16, pulse.AcquireChannel(0), pulse.MemorySlot(0)) << 16
    qobj = assemble(schedule, backend=backend, meas_map=[[0]])
    programs, options, _ = rebuild_programs(qobj)
    assert programs[0].duration == schedule.duration
    assert programs[0].metadata == {"a": 1}
    assert options["shots"] == qobj.config.shots


@pytest.mark.parametrize("missing", ["qubit_labels", "n_qubits"])
def test_a_circuit_without_labels_cannot_be_read(missing):
    qobj = assemble(QuantumCircuit(1, 1))
    delattr(qobj.experiments[0].header, missing)
    with pytest.raises(AttributeError):
        rebuild_programs(qobj)


@functools.cache
def _readable():
    """Return the gates that Qiskit can read back."""
    found = []
    for kind, numbers in GATES:
        circuit = QuantumCircuit(6)
        gate = kind(*[0.5] * numbers)
        circuit.append(gate, list(range(gate.num_qubits)))
        try:
            rebuild_programs(decode_qobj(json.loads(assemble_circuits([circuit], SIMULATOR).body)))
        except Exception:  # noqa: BLE001,S112 - whatever Qiskit raises
            continue
        found.append((kind, numbers))
    return found


@pytest.mark.parametrize("odd", [False, True], ids=["plain", "odd"])
@pytest.mark.parametrize("first", range(0, PROGRAMS, 20))
def test_random_circuits_are_rebuilt_as_qiskit_does(first, odd):
    gates = GATES if odd else _readable()
    compared = 0
    for seed in range(first, first + 20):
        maker = ProgramMaker(seed, gates, odd)
        conditions = seed % 4 == 0
        drawn = [
            maker.circuit(conditions=conditions, calibrations=seed % 9 == 0) for _ in range(1 + seed % 3)
        ]
        document = json.loads(assemble_circuits(drawn, SIMULATOR).body)
        try:
            theirs = rebuild_programs(decode_qobj(document))[0]
        except Exception as err:  # noqa: BLE001 - ours has to fail in the same way, whatever Qiskit raises
            with pytest.raises(type(err)):
                rebuild_circuits(document)
            continue
        ours = rebuild_circuits(document)
        assert ours == theirs, f"seed {seed}"
        for mine, other in zip(ours, theirs):
            assert details(mine) == details(other), f"seed {seed}"
        compared += 1
    assert odd or compared >= 15


def details(circuit):
    """Return what two circuits may differ in although they count as equal."""
    return (
        circuit.name,
        circuit.metadata,
        circuit.global_phase,
        [(register.name, register.size) for register in (*circuit.qregs, *circuit.cregs)],
        [
            (
                type(item.operation),
                item.operation.name,
                repr(item.operation.params),
                item.operation.label,
                item.operation.condition,
                item.operation.unit,
                [circuit.find_bit(bit).index for bit in (*item.qubits, *item.clbits)],
            )
            for item in circuit.data
        ],
    )


@pytest.mark.parametrize(("kind", "numbers"), GATES, ids=[kind.__name__ for kind, _ in GATES])
def test_every_gate_is_rebuilt_as_qiskit_does(kind, numbers):
    circuit = QuantumCircuit(6, name="gate")
    for values in ([0.5, 0.25, 0.125, 2, 3], [0.75, 1, 2, 0.5, 0.5]):
        gate = kind(*values[:numbers])
        circuit.append(gate, list(range(gate.num_qubits)))
    document = json.loads(assemble_circuits([circuit], SIMULATOR).body)
    try:
        [theirs] = rebuild_programs(decode_qobj(document))[0]
    except Exception as err:  # noqa: BLE001 - not every gate of the library can be read back by Qiskit
        with pytest.raises(type(err)):
            rebuild_circuits(document)
        return
    [ours] = rebuild_circuits(document)
    assert details(ours) == details(theirs)


def test_plain_circuits_are_rebuilt_without_the_disassembler(monkeypatch):
    def plain(number):
        circuit = QuantumCircuit(QuantumRegister(2, "a"), ClassicalRegister(2, "m"), name=f"plain{number}")
        circuit.sx(0)
        circuit.rz(0.5 * number, 1)
        circuit.cx(0, 1)
        circuit.barrier()
        circuit.delay(100, 0)
        circuit.measure([0, 1], [0, 1])
        return circuit

    document = json.loads(assemble_circuits([plain(number) for number in range(50)], SIMULATOR).body)
    asked = []
    monkeypatch.setattr(
        disassembly, "decode_qobj", lambda data: asked.append(len(data["experiments"])) or decode_qobj(data)
    )
    assert rebuild_circuits(document) == [plain(number) for number in range(50)]
    # Once for the head, and once for each kind of instruction.
    assert len(asked) == 1 + 6


def test_rebuilt_circuits_do_not_share_what_can_be_changed():
    circuit = QuantumCircuit(2, 2)
    circuit.rz(0.5, 0)
    circuit.barrier()
    first, second = there_and_back(circuit, circuit.copy())
    first.data[0].operation.params = [0.25]
    first.data[1].operation.label = "mine"
    first.x(0)
    assert second.data[0].operation.params == [0.5]
    assert second.data[1].operation.label is None
    assert len(second.data) == 2
