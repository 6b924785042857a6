# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A Qobj as bytes and back."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, assemble, pulse
from qiskit.assembler import disassemble
from qiskit.circuit import Gate
from qiskit.circuit.random import random_circuit
from qiskit.exceptions import QiskitError
from qiskit.pulse import DriveChannel
from qiskit.qobj import PulseQobj, QasmQobj, QasmQobjConfig

from qiskit_ibmq_provider.encoding import decode_qobj, encode_qobj, encode_with, to_wire
from qiskit_ibmq_provider.protocol.errors import ProtocolError


def _drive():
    with pulse.build(name="rabi") as schedule:
        pulse.play(pulse.Gaussian(160, 0.1, 40), DriveChannel(0))
        pulse.play(pulse.Waveform(np.array([0.1, 0.2j])), DriveChannel(0))
    return schedule


def _schedule():
    with pulse.build(name="rabi") as schedule:
        pulse.call(_drive())
        pulse.acquire(
            100,
            pulse.AcquireChannel(0),
            pulse.MemorySlot(0),
            kernel=pulse.Kernel("boxcar", start=0),
            discriminator=pulse.Discriminator("linear"),
        )
    return schedule


def _pulse_qobj():
    options = {"qubit_lo_freq": [5e9], "meas_lo_freq": [7e9], "meas_levels": [1]}
    return assemble(_schedule(), shots=5, parametric_pulses=["gaussian"], **options)


def _calibrated():
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("kick", 1, []), [0])
    circuit.measure(0, 0)
    circuit.add_calibration("kick", [0], _drive())
    return assemble(circuit, parametric_pulses=["gaussian"])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 2**31), min_size=1, max_size=3), st.booleans())
def test_a_qobj_of_circuits_comes_back_the_same(seeds, conditional):
    circuits = [random_circuit(3, 4, measure=True, conditional=conditional, seed=seed) for seed in seeds]
    qobj = assemble(circuits, shots=10, seed_simulator=3, qobj_header={"mine": 1})
    body = encode_qobj(qobj)
    decoded = decode_qobj(json.loads(body))
    assert isinstance(decoded, QasmQobj)
    assert decoded == qobj
    assert json.loads(encode_qobj(decoded)) == json.loads(body)


@pytest.mark.parametrize("make", [_pulse_qobj, _calibrated], ids=["schedules", "pulse gates"])
def test_pulses_come_back_with_complex_numbers(make):
    qobj = make()
    body = encode_qobj(qobj)
    decoded = decode_qobj(json.loads(body))
    assert type(decoded) is type(qobj)
    assert json.loads(encode_qobj(decoded)) == json.loads(body)
    assert [type(sample) for sample in decoded.config.pulse_library[0].samples] == [complex, complex]
    assert len(disassemble(decoded)[0]) == 1


def test_arrays_come_back_as_complex_numbers():
    circuit = QuantumCircuit(2)
    circuit.unitary(np.array([[0, 1j], [-1j, 0]]), [0])
    circuit.initialize([0.6, 0, 0, 0.8j], [0, 1])
    circuit.initialize("01", [0, 1])
    [instructions] = [
        experiment.instructions
        for experiment in decode_qobj(json.loads(encode_qobj(assemble(circuit)))).experiments
    ]
    assert np.array_equal(instructions[0].params[0], [[0, 1j], [-1j, 0]])
    assert instructions[1].params == [0.6, 0, 0, 0.8j]
    assert instructions[2].params == ["1", "0"] or instructions[2].params == ["0", "1"]


def test_the_document_is_not_changed_by_reading_it():
    for qobj in (_pulse_qobj(), _calibrated()):
        document = json.loads(encode_qobj(qobj))
        before = copy.deepcopy(document)
        decode_qobj(document)
        assert document == before


def test_what_qiskit_does_not_know_is_left_out():
    document = json.loads(encode_qobj(assemble(QuantumCircuit(1, 1, name="c"))))
    document["surprise"] = 1
    document["experiments"][0]["surprise"] = 1
    document["experiments"][0]["instructions"] = [{"name": "x", "qubits": [0], "surprise": 1}]
    [experiment] = decode_qobj(document).experiments
    assert to_wire(experiment.instructions[0].to_dict()) == {"name": "x", "qubits": [0]}
    pulses = json.loads(encode_qobj(_pulse_qobj()))
    pulses["experiments"][0]["instructions"][0]["surprise"] = 1
    assert isinstance(decode_qobj(pulses), PulseQobj)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"type": "QASM"},
        {"type": "OTHER", "experiments": []},
        {"type": "QASM", "experiments": [3]},
        {"type": "QASM", "experiments": [{"instructions": [{"qubits": [0]}]}]},
        {"type": "QASM", "config": 7, "experiments": []},
        {
            "type": "PULSE",
            "config": {"pulse_library": [{"name": "p", "samples": [1, "x"]}]},
            "experiments": [],
        },
        {
            "type": "PULSE",
            "config": {"pulse_library": []},
            "experiments": [{"instructions": [{"name": "fc"}]}],
        },
    ],
)
def test_what_is_no_qobj_is_refused(document):
    with pytest.raises(ProtocolError):
        decode_qobj(document)


def test_options_can_be_added_without_changing_the_qobj():
    qobj = assemble(QuantumCircuit(1), shots=3)
    encoded = encode_with(qobj, method="statevector", noise_model={"errors": []})
    config = json.loads(encoded.body)["config"]
    assert config["method"] == "statevector"
    assert config["noise_model"] == {"errors": []}
    assert not hasattr(qobj.config, "method")
    assert "noise_model" not in encoded.config
    assert encoded.run_options is None


def test_the_kept_options_are_in_hertz():
    qobj = assemble(QuantumCircuit(1), shots=3, qubit_lo_freq=[5e9], meas_lo_freq=[7e9])
    assert encode_with(qobj).run_options == disassemble(qobj)[1]
    assert encode_with(_pulse_qobj()).run_options is None
    assert encode_with(_calibrated()).run_options is None


def test_the_body_does_not_show_in_the_log():
    assert "body" not in repr(encode_with(assemble(QuantumCircuit(1, name="secret"))))


def test_what_has_no_form_on_the_wire_is_refused():
    qobj = assemble(QuantumCircuit(1, name="odd", metadata={"a": object()}))
    with pytest.raises(QiskitError, match="'odd' cannot be sent"):
        encode_qobj(qobj)
    plain = assemble(QuantumCircuit(1))
    plain.config = QasmQobjConfig(thing=object())
    with pytest.raises(QiskitError, match="run options"):
        encode_qobj(plain)
