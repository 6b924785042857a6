# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Characterization by Qiskit Experiments on a device."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("qiskit_experiments")

from qiskit import pulse  # noqa: E402
from qiskit.circuit import Parameter  # noqa: E402
from qiskit_experiments.framework import ParallelExperiment  # noqa: E402
from qiskit_experiments.library import (  # noqa: E402
    T1,
    LocalReadoutError,
    QubitSpectroscopy,
    Rabi,
    StandardRB,
)

WAIT = 240


@pytest.fixture(scope="module")
def device(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_vigo")


def finished(data):
    """Wait for the jobs and the analysis of an experiment, and make sure of both."""
    data.block_for_results(timeout=WAIT)
    assert data.job_status().name == "DONE", data.job_errors()
    assert data.analysis_status().name == "DONE", data.analysis_errors()
    return data


def test_t1_is_that_of_the_properties(device):
    known = device.properties().t1(0)
    experiment = T1((0,), delays=list(np.linspace(1e-6, 3 * known, 16)), backend=device)
    experiment.set_run_options(shots=2000)
    data = finished(experiment.run())
    assert data.analysis_results("T1").value.nominal_value == pytest.approx(known, rel=0.2)
    (job,) = data.jobs()
    assert job.job_id() in data.job_ids
    assert job.backend().name() == "ibmq_vigo"
    assert job.circuits()[0].count_ops()["delay"] == 1


def test_t1_of_two_qubits_at_once(device):
    times = [device.properties().t1(qubit) for qubit in (1, 3)]
    experiments = [
        T1((qubit,), delays=list(np.linspace(1e-6, 3 * known, 12))) for qubit, known in zip((1, 3), times)
    ]
    experiment = ParallelExperiment(experiments, backend=device, flatten_results=False)
    data = finished(experiment.run(shots=2000))
    measured = [data.child_data(index).analysis_results("T1").value.nominal_value for index in (0, 1)]
    assert measured == pytest.approx(times, rel=0.25)


def test_randomized_benchmarking_finds_the_gate_errors_of_the_properties(device):
    experiment = StandardRB((0,), lengths=[1, 50, 100, 200, 400, 800], num_samples=3, seed=5, backend=device)
    experiment.analysis.set_options(gate_error_ratio={"sx": 1.0, "x": 1.0, "rz": 0.0})
    data = finished(experiment.run(shots=1000))
    decay = data.analysis_results("alpha").value.nominal_value
    assert 0.99 < decay < 1
    known = device.properties().gate_error("sx", 0)
    measured = data.analysis_results("EPG_sx").value.nominal_value
    assert known / 3 < measured < known * 3


def test_readout_errors_are_those_of_the_properties(device):
    data = finished(LocalReadoutError([0, 1], backend=device).run(shots=8000))
    mitigator = data.analysis_results("Local Readout Mitigator").value
    for qubit in (0, 1):
        assignment = mitigator.assignment_matrix([qubit])
        assert (assignment[0, 1] + assignment[1, 0]) / 2 == pytest.approx(
            device.properties().readout_error(qubit), abs=0.015
        )


def test_jobs_are_split_at_the_most_circuits_of_the_device(device):
    most = device.configuration().max_experiments
    experiment = T1((0,), delays=list(np.linspace(1e-6, 2e-4, most + 5)), backend=device)
    data = finished(experiment.run(shots=100))
    assert [len(job.circuits()) for job in data.jobs()] == [most, 5]
    assert set(data.job_ids) == {job.job_id() for job in device.jobs(limit=2)}


def test_randomized_benchmarking_of_two_qubits_finds_the_error_of_their_gate(ibmq_provider):
    manila = ibmq_provider.get_backend("ibmq_manila")
    known = manila.properties()
    single = {qubit: known.gate_error("sx", qubit) for qubit in (1, 2)}
    experiment = StandardRB((1, 2), lengths=[1, 10, 20, 40, 80], num_samples=4, seed=3, backend=manila)
    experiment.analysis.set_options(
        epg_1_qubit=None,
        gate_error_ratio={"cx": 1.0, "sx": single[1] / known.gate_error("cx", [1, 2]), "rz": 0.0},
    )
    data = finished(experiment.run(shots=1000))
    decay = data.analysis_results("alpha").value.nominal_value
    assert 0.9 < decay < 1
    measured = data.analysis_results("EPG_cx").value.nominal_value
    assert known.gate_error("cx", [1, 2]) / 3 < measured < 3 * known.gate_error("cx", [1, 2])


def test_a_rabi_experiment_with_pulse_gates_finds_the_amplitude_of_x(ibmq_provider):
    manila = ibmq_provider.get_backend("ibmq_manila")
    calibrated = manila.defaults().instruction_schedule_map.get("x", 0).instructions[0][1].pulse
    amplitude = Parameter("amplitude")
    with pulse.build(name="rabi") as schedule:
        pulse.play(
            pulse.Drag(calibrated.duration, amplitude, calibrated.sigma, calibrated.beta),
            pulse.DriveChannel(0),
        )
    experiment = Rabi((0,), schedule, amplitudes=np.linspace(-0.9, 0.9, 61), backend=manila)
    data = finished(experiment.run())
    # One period is two half turns.
    frequency = data.analysis_results("rabi_rate").value.nominal_value
    assert 1 / (2 * frequency) == pytest.approx(abs(calibrated.amp), rel=0.03)
    (job,) = data.jobs()
    result = job.result()
    assert result.results[0].metadata["method"] == "pulse" and result.results[0].meas_level == 1


def test_spectroscopy_finds_the_frequency_of_a_qubit(ibmq_provider):
    manila = ibmq_provider.get_backend("ibmq_manila")
    calibrated = manila.defaults().qubit_freq_est[1]
    experiment = QubitSpectroscopy((1,), calibrated + np.linspace(-8e6, 8e6, 41), backend=manila)
    experiment.set_experiment_options(amp=0.02, duration=1e-6, sigma=2.5e-7, width=0)
    data = finished(experiment.run(shots=500))
    found = data.analysis_results("f01").value.nominal_value
    assert found == pytest.approx(calibrated, abs=2e5)
