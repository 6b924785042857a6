# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Circuits and schedules as a Qobj: the same document as Qiskit's own assembler makes, one experiment at a time."""

from __future__ import annotations

import gc
import json
import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, assemble, pulse
from qiskit.circuit import Clbit, Gate, Parameter, ParameterVector, Qubit
from qiskit.circuit.random import random_circuit
from qiskit.exceptions import QiskitError
from qiskit.pulse import DriveChannel, LoConfig
from support.snapshots import snapshot

from qiskit_ibmq_provider.encoding import (
    assemble_circuits,
    assemble_schedules,
    decode_backend_configuration,
    decode_pulse_defaults,
    to_wire,
)


class Device:
    """As much of a backend as assembling looks at."""

    def __init__(self, name, **changes):
        self._configuration = decode_backend_configuration({**snapshot(name), **changes})
        try:
            self._defaults = decode_pulse_defaults(snapshot(name, "defs"))
        except FileNotFoundError:
            self._defaults = None

    def configuration(self):
        return self._configuration

    def defaults(self):
        return self._defaults


VIGO = Device("vigo")
MANILA = Device("manila")
ARMONK = Device("armonk")


def documents(circuits, backend, *, same_names=True, **options):
    """Return our document and Qiskit's, without what is different in any two runs."""
    ours = json.loads(assemble_circuits(circuits, backend, **options).body)
    theirs = to_wire(assemble(circuits, backend=backend, **options).to_dict())
    for document in (ours, theirs):
        del document["qobj_id"]
        if not same_names:
            for experiment in document["experiments"]:
                experiment["header"].pop("name")
    return ours, theirs


def bell(name="bell"):
    circuit = QuantumCircuit(2, 2, name=name, metadata={"k": 1})
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def several_registers():
    circuit = QuantumCircuit(
        QuantumRegister(2, "a"), QuantumRegister(1, "b"), ClassicalRegister(2, "c"), ClassicalRegister(3, "d")
    )
    circuit.x(2)
    circuit.barrier()
    circuit.measure([0, 1, 2], [0, 3, 4])
    circuit.reset(1)
    return circuit


def conditions():
    circuit = QuantumCircuit(QuantumRegister(2, "q"), ClassicalRegister(2, "c"), ClassicalRegister(70, "d"))
    circuit.measure(0, 0)
    circuit.x(1).c_if(circuit.cregs[0], 3)
    circuit.h(1).c_if(circuit.clbits[1], 0)
    circuit.z(0).c_if(circuit.cregs[1], 2**69)
    circuit.measure(1, 71)
    return circuit


def loose_bits():
    circuit = QuantumCircuit([Qubit(), Qubit()], [Clbit()], ClassicalRegister(1, "c"))
    circuit.measure(1, 0)
    circuit.measure(0, 1)
    return circuit


def phase():
    circuit = QuantumCircuit(1, global_phase=0.75, metadata={"when": None, "list": [1, 2.5]})
    circuit.rz(np.float64(0.5), 0)
    circuit.delay(100, 0)
    return circuit


def arrays():
    circuit = QuantumCircuit(2)
    circuit.unitary(np.array([[0, 1], [1, 0]]), [0], label="flip")
    circuit.initialize([1 / np.sqrt(2), 0, 0, 1j / np.sqrt(2)], [0, 1])
    return circuit


@pytest.mark.parametrize("make", [bell, several_registers, conditions, phase, arrays])
def test_a_circuit_gives_qiskits_document(make):
    ours, theirs = documents([make()], VIGO, shots=100, memory=True, init_qubits=False)
    assert ours == theirs


def test_bits_outside_of_registers_are_counted():
    ours, theirs = documents([loose_bits()], VIGO)
    [experiment], [plain] = ours["experiments"], theirs["experiments"]
    assert experiment["instructions"] == plain["instructions"]
    for counted in (ours["config"], experiment["config"], experiment["header"]):
        assert (counted["n_qubits"], counted["memory_slots"]) == (2, 2)
    assert experiment["header"]["creg_sizes"] == plain["header"]["creg_sizes"] == [["c", 1]]


def test_several_circuits_give_qiskits_document():
    circuits = [bell("a"), several_registers(), conditions(), phase()]
    ours, theirs = documents(circuits, VIGO, shots=7, qobj_header={"mine": [1, {"x": None}]})
    assert ours == theirs
    assert ours["config"]["memory_slots"] == 72
    assert ours["config"]["n_qubits"] == 3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2**31), min_size=1, max_size=3), st.booleans())
def test_random_circuits_give_qiskits_document(seeds, conditional):
    circuits = [random_circuit(4, 5, measure=True, conditional=conditional, seed=seed) for seed in seeds]
    ours, theirs = documents(circuits, VIGO)
    assert ours == theirs


def test_a_parameter_is_bound_in_every_circuit_once_for_each_value():
    theta, vector = Parameter("θ"), ParameterVector("v", 2)
    circuits = []
    for _ in range(2):
        circuit = QuantumCircuit(1)
        circuit.rx(theta + 1, 0)
        circuit.rz(vector[0] * vector[1], 0)
        circuits.append(circuit)
    binds = [{theta: 0.5, vector: [1, 2]}, {theta: 1, vector: [3, 4]}, {theta: 2, vector: [5, 6]}]
    ours, theirs = documents(circuits, VIGO, same_names=False, parameter_binds=binds)
    assert ours == theirs
    assert len(ours["experiments"]) == 6
    assert ours["experiments"][0]["instructions"][0]["params"] == [1.5]


@pytest.mark.parametrize("binds", [None, [], [{}]])
def test_a_parameter_without_value_is_named(binds):
    circuit = QuantumCircuit(1, name="rabi")
    circuit.rx(Parameter("amplitude"), 0)
    with pytest.raises(QiskitError, match="'rabi'.*amplitude"):
        assemble_circuits([circuit], VIGO, parameter_binds=binds)


def test_binds_for_other_parameters_are_refused():
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("alpha"), 0)
    with pytest.raises(QiskitError, match="Circuit: alpha. parameter_binds: beta"):
        assemble_circuits([circuit], VIGO, parameter_binds=[{Parameter("beta"): 1}])
    with pytest.raises(QiskitError, match="2 elements, but 1 values"):
        assemble_circuits([circuit], VIGO, parameter_binds=[{ParameterVector("w", 2): [1]}])


def _calibrated(amplitude, name="x"):
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate(name, 1, []), [0])
    circuit.measure(0, 0)
    with pulse.build() as schedule:
        pulse.play(pulse.Gaussian(160, amplitude, 40), DriveChannel(0))
        pulse.play(pulse.Waveform(np.full(16, amplitude * 1j)), DriveChannel(0))
    circuit.add_calibration(name, [0], schedule)
    return circuit


@pytest.mark.parametrize(
    "circuits",
    [
        [_calibrated(0.1)],
        [_calibrated(0.1), _calibrated(0.1)],
        [_calibrated(0.1), _calibrated(0.2)],
        [_calibrated(0.1), bell()],
    ],
    ids=["one", "alike", "different", "one without"],
)
def test_pulse_gates_give_qiskits_document(circuits):
    ours, theirs = documents(circuits, MANILA)
    assert ours == theirs
    assert ours["config"]["pulse_library"]


def test_two_pulse_gates_of_which_one_is_common_give_qiskits_document():
    first, second = _calibrated(0.1), _calibrated(0.1)
    with pulse.build() as schedule:
        pulse.play(pulse.Constant(160, 0.3), DriveChannel(0))
    second.add_calibration("y", [0], schedule)
    ours, theirs = documents([first, second], MANILA)
    assert ours == theirs
    assert [gate["name"] for gate in ours["config"]["calibrations"]["gates"]] == ["x"]


def test_frequencies_are_sent_in_ghz():
    frequencies = MANILA.defaults().qubit_freq_est
    ours, theirs = documents([bell(), bell("b")], MANILA, qubit_lo_freq=frequencies)
    assert ours == theirs
    assert ours["config"]["qubit_lo_freq"] == [frequency / 1e9 for frequency in frequencies]


def _shifted(megahertz):
    return LoConfig({DriveChannel(0): MANILA.defaults().qubit_freq_est[0] + megahertz * 1e6})


def test_one_set_of_frequencies_is_for_all_circuits():
    ours, theirs = documents([bell(), bell("b")], MANILA, schedule_los=_shifted(1))
    assert ours == theirs
    assert "qubit_lo_freq" not in ours["experiments"][0]["config"]


@pytest.mark.parametrize("names", [["a"], ["a", "b", "c"]], ids=["swept", "one each"])
def test_several_sets_of_frequencies_are_for_one_experiment_each(names):
    sets = [_shifted(1), {DriveChannel(1): 4.9e9}, _shifted(3)]
    document = json.loads(assemble_circuits([bell(name) for name in names], MANILA, schedule_los=sets).body)
    first = MANILA.defaults().qubit_freq_est[0]
    sent = [experiment["config"]["qubit_lo_freq"][0] for experiment in document["experiments"]]
    assert sent == pytest.approx([(first + 1e6) / 1e9, first / 1e9, (first + 3e6) / 1e9], rel=1e-12)
    assert document["experiments"][1]["config"]["qubit_lo_freq"][1] == 4.9
    assert document["config"]["qubit_lo_freq"][0] == first / 1e9
    assert [experiment["header"]["name"] for experiment in document["experiments"]] == names * (
        3 // len(names)
    )


def test_several_sets_of_frequencies_for_both_lines_give_qiskits_document():
    drive, measure = MANILA.defaults().qubit_freq_est[0], MANILA.defaults().meas_freq_est[0]
    sets = [{DriveChannel(0): drive + i * 1e6, pulse.MeasureChannel(0): measure + i * 1e6} for i in (1, 2)]
    ours, theirs = documents([bell()], MANILA, schedule_los=sets)
    assert ours == theirs


def test_a_wrong_number_of_sets_of_frequencies_is_refused():
    with pytest.raises(QiskitError, match="2 sets of frequencies for 3 experiments"):
        assemble_circuits([bell(), bell("b"), bell("c")], MANILA, schedule_los=[_shifted(1), _shifted(2)])


def test_a_delay_between_runs_is_sent_in_microseconds():
    device = Device(
        "manila", dynamic_reprate_enabled=True, rep_delay_range=[0.0, 500.0], default_rep_delay=250.0
    )
    ours, theirs = documents([bell()], device, rep_delay=100e-6)
    assert ours == theirs
    assert ours["config"]["rep_delay"] == pytest.approx(100)
    assert json.loads(assemble_circuits([bell()], device).body)["config"]["rep_delay"] == pytest.approx(250)
    with pytest.raises(QiskitError, match="rep delay"):
        assemble_circuits([bell()], device, rep_delay=1.0)


def test_the_document_of_a_run_on_a_simulator_is_the_observed_one():
    simulator = Device(
        "vigo",
        backend_name="ibmq_qasm_simulator",
        backend_version="0.1.547",
        simulator=True,
        n_qubits=32,
        conditional=True,
        memory=True,
        max_shots=100000,
        dynamic_reprate_enabled=False,
    )
    circuit = QuantumCircuit(2, 2, name="bell", metadata={"k": 1})
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    circuit.x(0).c_if(circuit.cregs[0], 3)
    options = {
        "shots": 10,
        "seed_simulator": 5,
        "memory": True,
        "init_qubits": True,
        "use_measure_esp": False,
        "qobj_header": {"mine": 1},
    }
    encoded = assemble_circuits([circuit], simulator, **options)
    document = json.loads(encoded.body)
    assert list(document) == ["qobj_id", "header", "config", "schema_version", "type", "experiments"]
    assert document["type"] == "QASM"
    assert document["schema_version"] == "1.3.0"
    assert document["header"] == {
        "backend_name": "ibmq_qasm_simulator",
        "backend_version": "0.1.547",
        "mine": 1,
    }
    assert document["config"] == {
        "shots": 10,
        "seed_simulator": 5,
        "memory": True,
        "parameter_binds": [],
        "meas_level": 2,
        "n_qubits": 2,
        "init_qubits": True,
        "use_measure_esp": False,
        "parametric_pulses": [],
        "memory_slots": 2,
    }
    [experiment] = document["experiments"]
    assert experiment["config"] == {"n_qubits": 2, "memory_slots": 2}
    assert experiment["instructions"][2:] == [
        {"name": "measure", "qubits": [0], "memory": [0], "register": [0]},
        {"name": "measure", "qubits": [1], "memory": [1], "register": [1]},
        {"name": "bfunc", "register": 2, "mask": "0x3", "relation": "==", "val": "0x3"},
        {"name": "x", "qubits": [0], "conditional": 2},
    ]
    assert encoded.run_options == document["config"]
    assert encoded.header == document["header"]
    assert encoded.qobj_id == document["qobj_id"]
    assert encoded.experiments == 1


def test_schedules_give_qiskits_document():
    with pulse.build(name="rabi") as parametric:
        pulse.play(pulse.Gaussian(160, 0.1, 40), DriveChannel(0))
        pulse.shift_phase(0.5, DriveChannel(0))
        pulse.set_frequency(4.97e9, DriveChannel(0))
        pulse.acquire(1000, pulse.AcquireChannel(0), pulse.MemorySlot(0))
    sampled = pulse.Schedule(name="sampled")
    sampled += pulse.Play(pulse.Waveform(np.array([0.1, 0.2j])), DriveChannel(0))
    options = {"shots": 50, "meas_level": 1, "meas_return": "single", "rep_time": 1000e-6}
    for schedules in ([parametric], [parametric, sampled]):
        ours = json.loads(assemble_schedules(schedules, ARMONK, **options).body)
        theirs = to_wire(assemble(schedules, backend=ARMONK, **options).to_dict())
        del ours["qobj_id"], theirs["qobj_id"]
        assert ours == theirs
    assert ours["type"] == "PULSE"
    assert ours["config"]["meas_return"] == "single"
    assert ours["config"]["rep_time"] == 1000
    assert ours["config"]["pulse_library"][0]["samples"] == [[0.1, 0.0], [0.0, 0.2]]


def test_control_flow_is_refused_by_name():
    circuit = QuantumCircuit(1, 1, name="loop")
    with circuit.for_loop(range(3)):
        circuit.x(0)
    with pytest.raises(QiskitError, match="'loop' holds 'for_loop'"):
        assemble_circuits([circuit], VIGO)


def test_what_has_no_form_on_the_wire_is_refused_by_circuit():
    circuit = QuantumCircuit(1, name="odd", metadata={"thing": object()})
    with pytest.raises(QiskitError, match="'odd' cannot be sent.*object"):
        assemble_circuits([circuit], VIGO)
    with pytest.raises(QiskitError, match="header"):
        assemble_circuits([bell()], VIGO, qobj_header={"thing": object()})


def test_the_circuits_are_left_alone():
    circuit = conditions()
    before = circuit.copy()
    assemble_circuits([circuit], VIGO)
    assert circuit == before


def test_no_process_is_started(monkeypatch):
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("a process was started"))
    encoded = assemble_circuits([bell(str(number)) for number in range(20)], VIGO)
    assert encoded.experiments == 20


def test_memory_stays_near_the_size_of_the_document():
    circuits = [random_circuit(5, 40, max_operands=2, measure=True, seed=seed) for seed in range(5)] * 40
    assemble_circuits(circuits[:5], VIGO)
    tracemalloc.start()
    try:
        encoded = assemble_circuits(circuits, VIGO)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(encoded.body) > 1_000_000
    assert peak < 2.5 * len(encoded.body)


def test_the_garbage_collector_runs_again_afterwards():
    assert gc.isenabled()
    assemble_circuits([bell()], VIGO)
    assert gc.isenabled()
    with pytest.raises(QiskitError):
        assemble_circuits([bell()], VIGO, shots=10**9)
    assert gc.isenabled()
