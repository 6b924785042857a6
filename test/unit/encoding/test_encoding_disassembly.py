# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Circuits that were encoded come back as they were."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, assemble, pulse
from qiskit.assembler import disassemble
from qiskit.circuit import Clbit, Gate, Qubit
from support.device_server import DeviceServer

from qiskit_ibmq_provider.encoding import assemble_circuits, decode_qobj
from qiskit_ibmq_provider.encoding.disassembly import rebuild_programs

SIMULATOR = DeviceServer(None).backend()


def there_and_back(*circuits: QuantumCircuit, backend: Any = SIMULATOR) -> list[QuantumCircuit]:
    body = assemble_circuits(list(circuits), backend).body
    return rebuild_programs(decode_qobj(json.loads(body)))[0]


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
