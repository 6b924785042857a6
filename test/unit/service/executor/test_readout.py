# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Bits and points have the errors that the device's calibration tells."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qiskit.result import Result
from support.circuit_jobs import FLEET

from qiskit_ibmq_provider.service.executor.pulse.program import Acquisition
from qiskit_ibmq_provider.service.executor.pulse.results import count_data, draw_levels, point_data
from qiskit_ibmq_provider.service.executor.readout import QubitReadout, Readout

SHOTS = 200_000
SEED = 20210315


def _rng():
    print("seed", SEED)
    return np.random.default_rng(SEED)


def _within(measured, expected, shots=SHOTS, sigmas=5):
    spread = math.sqrt(max(expected * (1 - expected), 1e-4) / shots)
    return abs(measured - expected) < sigmas * spread


def _sides(points, clouds):
    """Which of two clouds each point is nearer to."""
    return (abs(points - clouds[1]) < abs(points - clouds[0])).astype(int)


@pytest.mark.parametrize(
    "errors", [(0.0, 0.0), (0.01, 0.05), (0.05, 0.01), (0.3, 0.4), (0.0, 0.1), (0.9, 0.8)]
)
def test_bits_and_the_sides_of_points_have_the_same_errors(errors):
    readout = QubitReadout.from_errors(*errors, seed=77)
    rng = _rng()
    for level, error in ((0, errors[0]), (1, 1 - errors[1])):
        levels = np.full(SHOTS, level)
        assert _within(readout.bits(levels, rng).mean(), error)
        sides = _sides(readout.points(levels, rng), readout.clouds)
        assert abs(sides.mean() - error) < 5 * math.sqrt(0.25 / SHOTS) + 2e-6


@pytest.mark.parametrize("name", ["ibmq_armonk", "ibmq_manila"])
def test_a_discriminator_fitted_to_points_finds_the_errors_of_the_calibration(name):
    properties = FLEET.properties(name)
    readout = Readout.from_properties(name, properties, len(properties["qubits"]))[0]
    values = {value["name"]: value["value"] for value in properties["qubits"][0]}
    rng = _rng()
    ground, excited = (readout.points(np.full(SHOTS, level), rng) for level in (0, 1))
    # A straight line half way between the means of what was prepared, as scripts have it.
    sides = [_sides(points, (ground.mean(), excited.mean())).mean() for points in (ground, excited)]
    assert sides[0] == pytest.approx(values["prob_meas1_prep0"], abs=0.002, rel=0.2)
    assert 1 - sides[1] == pytest.approx(values["prob_meas0_prep1"], abs=0.002, rel=0.2)


def test_the_third_level_is_read_as_one_and_has_a_cloud_of_its_own():
    readout = QubitReadout.from_errors(0.01, 0.03, seed=1)
    rng = _rng()
    levels = np.full(SHOTS, 2)
    assert _within(readout.bits(levels, rng).mean(), 0.97)
    points = readout.points(levels, rng)
    assert _sides(points, readout.clouds).mean() > 0.97
    assert abs(points.mean() - readout.clouds[2]) < 0.02 * abs(readout.clouds[2] - readout.clouds[1])


def test_points_of_bits_lie_on_their_own_side():
    readout = QubitReadout.from_errors(0.02, 0.06, seed=5)
    bits = np.tile([0, 1], 50_000)
    points = readout.points_of_bits(bits, _rng())
    assert np.array_equal(_sides(points, readout.clouds), bits)
    assert abs(points[::2].mean() - readout.clouds[0]) < readout.spread
    assert points.shape == bits.shape


def test_the_clouds_of_a_qubit_stay_where_they_are():
    first = Readout.from_properties("ibmq_manila", FLEET.properties("ibmq_manila"), 5)
    again = Readout.from_properties("ibmq_manila", FLEET.properties("ibmq_manila"), 5)
    assert [first[qubit] for qubit in range(5)] == [again[qubit] for qubit in range(5)]
    assert len({first[qubit].clouds for qubit in range(5)}) == 5
    # Scripts divide by 1e14 and take the real part.
    assert all(first[qubit].clouds[0].real > first[qubit].clouds[1].real + 3e14 for qubit in range(5))


def test_a_device_without_calibration_reads_without_error():
    readout = Readout.from_properties("none", None, 2)
    assert readout[1].bits(np.array([0, 1, 1]), _rng()).tolist() == [0, 1, 1]


def test_levels_are_drawn_from_the_joint_probabilities_of_each_group():
    pair = np.zeros((3, 3))
    pair[0, 0], pair[1, 2] = 0.25, 0.75
    single = np.array([0.0, 1.0, 0.0])
    levels = draw_levels([(pair, (0, 3)), (single, (1,))], 4, SHOTS, _rng())
    assert levels.shape == (SHOTS, 4)
    assert np.all(levels[:, 1] == 1) and np.all(levels[:, 2] == 0)
    assert np.array_equal(levels[:, 0] * 2, levels[:, 3])
    assert _within(levels[:, 0].mean(), 0.75)


def _acquisitions(*slots):
    return tuple(Acquisition(qubit, 10 * index, 5, slot) for index, (qubit, slot) in enumerate(slots))


def test_counts_and_memory_are_written_as_hexadecimal_numbers_of_any_width():
    readout = Readout.from_properties("none", None, 3)
    levels = np.array([[1, 0, 1], [1, 1, 0], [1, 0, 1]])
    data = count_data(levels, _acquisitions((0, 0), (1, 3), (2, 70)), readout, 71, _rng(), memory=True)
    wide = hex(1 + 2**70)
    assert data == {"counts": {"0x9": 1, wide: 2}, "memory": [wide, "0x9", wide]}
    assert "memory" not in count_data(levels, _acquisitions((0, 0)), readout, 1, _rng(), memory=False)


def test_a_later_measurement_overwrites_a_slot():
    readout = Readout.from_properties("none", None, 1)
    levels = np.array([[1, 0], [0, 1]])
    acquisitions = _acquisitions((0, 0), (0, 0))
    assert count_data(levels, acquisitions, readout, 1, _rng(), memory=True)["memory"] == ["0x0", "0x1"]


@pytest.mark.parametrize("average", [True, False])
def test_points_are_read_by_terra(average):
    readout = Readout.from_properties("none", None, 2)
    levels = np.array([[1, 0]] * 30)
    data = point_data(levels, _acquisitions((1, 0), (0, 2)), readout, 3, _rng(), average=average)
    entry = {
        "shots": 30,
        "success": True,
        "meas_level": 1,
        "meas_return": "avg" if average else "single",
        "data": data,
        "header": {"name": "s", "memory_slots": 3},
    }
    known = {"backend_name": "b", "backend_version": "1.0.0", "qobj_id": "q", "job_id": "j", "success": True}
    memory = Result.from_dict({**known, "results": [entry]}).get_memory("s")
    assert memory.shape == ((3,) if average else (30, 3))
    mean = memory if average else memory.mean(axis=0)
    assert abs(mean[0] - readout[1].clouds[1]) < readout[1].spread
    assert mean[1] == 0
    assert abs(mean[2] - readout[0].clouds[0]) < readout[0].spread
