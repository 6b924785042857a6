# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Pulse programs as the notebooks of 2020 to 2023 have them, against the real service."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit, assemble, execute, pulse, schedule, transpile
from qiskit.circuit import Gate
from qiskit.pulse import Acquire, AcquireChannel, DriveChannel, Gaussian, MemorySlot, Play, Schedule

from qiskit_ibmq_provider import IBMQBackendValueError
from qiskit_ibmq_provider.job import IBMQJobFailureError

WAIT = 120
DRIVE = DriveChannel(0)

pytestmark = [
    pytest.mark.filterwarnings("ignore:Passing a Qobj:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Dynamic rep rates:RuntimeWarning"),
]


@pytest.fixture
def armonk(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_armonk")


@pytest.fixture
def manila(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_manila")


def _rabi(backend, amplitudes):
    """A Rabi experiment, put together by hand."""
    measure = backend.defaults().instruction_schedule_map.get("measure", qubits=[0])
    schedules = []
    for amplitude in amplitudes:
        program = Schedule(name=f"Rabi at {amplitude:.2f}")
        program += Play(Gaussian(duration=640, amp=amplitude, sigma=160), DRIVE)
        program += measure << program.duration
        schedules.append(program)
    return schedules


def test_an_assembled_rabi_experiment(armonk):
    amplitudes = np.linspace(0, 0.7, 8)
    program = assemble(
        _rabi(armonk, amplitudes),
        backend=armonk,
        meas_level=1,
        meas_return="avg",
        shots=1024,
        schedule_los=[{DRIVE: armonk.defaults().qubit_freq_est[0]}] * len(amplitudes),
    )
    job = armonk.run(program)
    result = job.result(timeout=WAIT)
    values = np.real([result.get_memory(index)[0] * 1e-14 for index in range(len(amplitudes))])
    # The ground state is to the right of the excited state, and half a turn takes an amplitude of about 0.35.
    assert values[0] > 4 and 3 <= values.argmin() <= 5 and values[values.argmin()] < values[0] - 4
    assert result.results[2].header.name == "Rabi at 0.20"
    assert result.results[0].meas_level == 1 and result.results[0].meas_return == "avg"


def test_a_sweep_of_the_frequency_by_execute(armonk):
    frequencies = armonk.defaults().qubit_freq_est[0] + np.linspace(-8e6, 8e6, 9)
    program = _rabi(armonk, [0.33])[0]
    job = execute(
        program,
        armonk,
        meas_level=2,
        shots=500,
        schedule_los=[{DRIVE: frequency} for frequency in frequencies],
    )
    counts = [job.result(timeout=WAIT).get_counts(index).get("1", 0) for index in range(9)]
    assert np.argmax(counts) == 4 and counts[4] > 400 and counts[0] < 150


def test_points_of_single_shots_and_a_frequency_for_all(armonk):
    calibrated = armonk.defaults().qubit_freq_est
    run = {"meas_level": 1, "meas_return": "single", "shots": 300}
    on, off = (
        armonk.run(_rabi(armonk, [0.35])[0], qubit_lo_freq=[frequency], **run)
        .result(timeout=WAIT)
        .get_memory(0)
        for frequency in (calibrated[0], calibrated[0] + 30e6)
    )
    assert on.shape == off.shape == (300, 1)
    assert off.real.mean() - on.real.mean() > 4e14


def test_counts_and_memory_of_a_built_schedule(manila):
    with pulse.build(manila, name="bell", default_alignment="sequential") as bell:
        pulse.u2(0, np.pi, 0)
        pulse.cx(0, 1)
        pulse.barrier(0, 1)
        pulse.measure_all()
    result = manila.run(bell, shots=400, memory=True, rep_delay=100e-6).result(timeout=WAIT)
    memory = result.get_memory("bell")
    assert len(memory) == sum(result.get_counts().values()) == 400
    assert {len(outcome) for outcome in memory} == {5}


def test_a_circuit_with_a_gate_of_its_own(manila):
    circuit = QuantumCircuit(2, 2)
    circuit.append(Gate("half", 1, []), [0])
    circuit.append(Gate("half", 1, []), [0])
    circuit.x(1)
    circuit.measure([0, 1], [0, 1])
    flip = manila.defaults().instruction_schedule_map.get("sx", 0)
    with pulse.build(manila, name="half") as half:
        pulse.call(flip)
    circuit.add_calibration("half", [0], half)
    result = manila.run(transpile(circuit, manila, initial_layout=[0, 1]), shots=1000).result(timeout=WAIT)
    counts = result.get_counts(circuit)
    assert max(counts, key=counts.get) == "11"
    assert result.results[0].metadata["method"] == "pulse"


def test_a_scheduled_circuit_runs_as_a_schedule(manila):
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    program = schedule(transpile(circuit, manila, initial_layout=[3]), manila)
    counts = manila.run(program, shots=500).result(timeout=WAIT).get_counts()
    assert max(counts, key=counts.get).endswith("1")


def test_what_a_device_cannot_do_is_said_by_name(armonk):
    measured = Acquire(160, AcquireChannel(0), MemorySlot(0))
    job = armonk.run(Schedule((0, pulse.Snapshot("look", "state")), (0, measured), name="peek"))
    with pytest.raises(IBMQJobFailureError, match=r"'peek'.*instruction 0 \('snapshot'\)") as caught:
        job.result(timeout=WAIT)
    assert caught.value.code == 7006
    with pytest.raises(IBMQBackendValueError, match="meas_level 0"):
        armonk.run(Schedule(measured), meas_level=0)
    job = armonk.run(Schedule(pulse.SetFrequency(9e9, DRIVE), measured, name="far"))
    with pytest.raises(
        IBMQJobFailureError, match=r"'far'.*'setf' on d0.*d0 of ibmq_armonk can be tuned from"
    ):
        job.result(timeout=WAIT)
