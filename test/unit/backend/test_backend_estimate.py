# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What is said of a job before it is submitted."""

from __future__ import annotations

import dataclasses

import pytest
from qiskit import QuantumCircuit, assemble, pulse
from qiskit.circuit import Parameter
from support.device_server import DeviceServer

from qiskit_ibmq_provider.exceptions import IBMQBackendValueError


@pytest.fixture
def vigo():
    server = DeviceServer()
    return server, server.backend()


def flip(qubit=0):
    circuit = QuantumCircuit(5, 1)
    circuit.x(qubit)
    circuit.measure(qubit, 0)
    return circuit


def gate(backend, name, *qubits):
    return backend.properties().gate_length(name, list(qubits))


def test_circuits_and_bytes_are_those_of_the_upload_and_nothing_is_submitted(vigo):
    server, backend = vigo
    circuits = [flip(0), flip(1)]
    estimate = backend.estimate(circuits, shots=100)
    assert not server.submitted
    backend.run(circuits, shots=100)
    assert (estimate.circuits, estimate.bytes) == (2, len(server.submitted[0].body))
    with pytest.raises(dataclasses.FrozenInstanceError):
        estimate.bytes = 0


def test_a_device_needs_shots_times_length_and_delay(vigo):
    _, backend = vigo
    circuit = QuantumCircuit(5, 1)
    circuit.rz(0.1, 0)
    circuit.sx(0)
    circuit.measure(0, 0)
    length = gate(backend, "sx", 0) + backend.properties().readout_length(0)
    assert length > 5e-6
    delay = backend.configuration().default_rep_delay
    assert backend.estimate(circuit, shots=1000).seconds == pytest.approx(1000 * (length + delay))
    assert backend.estimate([circuit] * 3, shots=10).seconds == pytest.approx(30 * (length + delay))
    quick = backend.estimate(circuit, shots=1000, rep_delay=1e-6)
    assert quick.seconds == pytest.approx(1000 * (length + 1e-6))


def test_a_device_with_fixed_repetition_times_takes_that_time_for_each_shot():
    backend = DeviceServer("armonk").backend()
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    assert backend.estimate(circuit, shots=3000).seconds == pytest.approx(3.0)
    circuit.delay(2, 0, unit="ms")
    assert backend.estimate(circuit, shots=1000).seconds == pytest.approx(
        2.0 + 1000 * backend.properties().readout_length(0)
    )


def test_only_the_longest_chain_of_gates_counts(vigo):
    _, backend = vigo

    def seconds(circuit):
        return backend.estimate(circuit, shots=1000).seconds

    alone, beside, after = QuantumCircuit(5), QuantumCircuit(5), QuantumCircuit(5)
    for circuit in (alone, beside, after):
        circuit.cx(0, 1)
    beside.sx(2)
    after.sx(1)
    assert seconds(beside) == seconds(alone)
    assert seconds(after) - seconds(alone) == pytest.approx(1000 * gate(backend, "sx", 1))


def test_pulse_gates_take_the_time_of_their_schedule(vigo):
    _, backend = vigo
    circuit = QuantumCircuit(5)
    circuit.x(0)
    with pulse.build() as long:
        pulse.delay(45 * 10**5, pulse.DriveChannel(0))
    plain = backend.estimate(circuit, shots=1000).seconds
    circuit.add_calibration("x", [0], long)
    seconds = backend.estimate(circuit, shots=1000).seconds
    assert seconds - plain == pytest.approx(1.0 - 1000 * gate(backend, "x", 0), rel=1e-6)


def test_parameters_repeat_circuits(vigo):
    _, backend = vigo
    angle = Parameter("angle")
    circuit = QuantumCircuit(5, 1)
    circuit.rz(angle, 0)
    circuit.measure(0, 0)
    one = backend.estimate(circuit, shots=10, parameter_binds=[{angle: 0.1}])
    three = backend.estimate(circuit, shots=10, parameter_binds=[{angle: 0.1 * i} for i in range(3)])
    assert (one.circuits, three.circuits) == (1, 3)
    assert three.seconds == pytest.approx(3 * one.seconds)


def test_a_qobj_is_estimated_as_its_circuits_are(vigo):
    _, backend = vigo
    circuit = flip()
    estimate = backend.estimate(assemble(circuit, backend, shots=200))
    assert estimate.seconds == pytest.approx(backend.estimate(circuit, shots=200).seconds)


def test_schedules_take_their_duration():
    server = DeviceServer("armonk")
    backend = server.backend()
    with pulse.build() as schedule:
        pulse.play(pulse.Gaussian(640, 0.1, 160), pulse.DriveChannel(0))
        pulse.delay(10**6, pulse.DriveChannel(0))
    dt = backend.configuration().dt
    seconds = backend.estimate(schedule, shots=2000, memory_slots=1).seconds
    assert seconds >= 2000 * (10**6 + 640) * dt
    qobj = assemble(schedule, backend, shots=2000, memory_slots=1)
    assert backend.estimate(qobj).seconds == pytest.approx(seconds, rel=1e-3)


def test_a_simulator_has_no_time(vigo):
    backend = DeviceServer(None).backend()
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    assert backend.estimate(circuit, shots=10).seconds is None


def test_what_run_refuses_is_refused_here(vigo):
    _, backend = vigo
    with pytest.raises(IBMQBackendValueError, match="shots"):
        backend.estimate(flip(), shots=10**7)
    with pytest.raises(IBMQBackendValueError, match="empty"):
        backend.estimate([])
