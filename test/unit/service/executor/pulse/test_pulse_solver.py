# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Programs are evolved as the equation of motion says; shortcuts change nothing."""

from __future__ import annotations

import numpy as np
import pytest
from pulse_fit.gates import Gate, unitary
from pulse_fit.quality import final_states
from scipy.linalg import expm

from qiskit_ibmq_provider.service.executor.pulse.corrections import (
    ChannelCorrection,
    Corrections,
    Gain,
    gain_at,
)
from qiskit_ibmq_provider.service.executor.pulse.program import Acquisition, PulseProgram
from qiskit_ibmq_provider.service.executor.pulse.propagators import exponentials
from qiskit_ibmq_provider.service.executor.pulse.solver import estimate, evolve

BARE = Corrections({})


def _gate(name, *qubits):
    return Gate(name, qubits)


def _dense(program, channel):
    """The signal of a channel sample by sample, with the silence in it."""
    signal = np.zeros(program.duration, dtype=complex)
    for segment in program.signals.get(channel, ()):
        stop = min(segment.stop, program.duration)
        signal[segment.start : stop] = segment.samples[: stop - segment.start]
    return signal


def _brute_force(model, program, parts=8):
    """Return the matrix of a program from small steps in the frame of the first qubit, with each carrier as it is."""
    step = program.dt * 1e9 / parts
    number = model.excitations
    frame = model.frequencies[0]
    result = np.eye(model.dimension, dtype=complex)
    signals = {channel: np.repeat(_dense(program, channel), parts) for channel in program.signals}
    for place in range(program.duration * parts):
        total = np.diag(model.energies - frame * number).astype(complex)
        for channel, samples in signals.items():
            drive = model.drives[channel]
            carrier = np.exp(1j * (drive.frequency - frame) * (place + 0.5) * step)
            lower = samples[place] * carrier * drive.operator / 2
            total += lower + lower.conj().T
            if drive.shift is not None:
                total += np.diag(np.abs(samples[place]) ** 2 * drive.shift)
        result = expm(-1j * step * total) @ result
    return model.to_qubit_frames(program.duration * program.dt * 1e9)[:, None] * result


def test_exponentials_are_those_of_scipy():
    generator = np.random.default_rng(5)
    for scale in (1e-6, 0.1, 0.9, 7.0):
        values = generator.normal(size=(4, 6, 6)) + 1j * generator.normal(size=(4, 6, 6))
        values = scale * (values - values.conj().transpose(0, 2, 1)) / 10
        np.testing.assert_allclose(exponentials(values), [expm(value) for value in values], atol=2e-7)


def test_gains_belong_to_whole_pulses_by_their_peak(pulse_site):
    """Each pulse is as under a drive of that strength and shift, also its parts that are weaker than its peak."""
    site = pulse_site("ibmq_armonk")
    gains = (Gain(0.2, 1.2j, -3.0), Gain(0.4))
    corrected = site.model(
        0, decay=False, corrections=Corrections({"d0": ChannelCorrection(0.9, {}, {0: 0.3}, gains)})
    )
    shape = np.exp(-(np.linspace(-2, 2, 321) ** 2))
    alone = []
    for peak, factor, shifts in ((0.1, 1.2j, -3.0), (0.3, 0.5 + 0.6j, -1.0), (0.7, 1.0, 1.0)):
        found = gain_at(gains, peak)
        assert (found.factor, found.shifts) == (pytest.approx(factor), pytest.approx(shifts))
        program = site.program({"d0": [(0, peak * shape)]})
        other = Corrections({"d0": ChannelCorrection(0.9, {}, {0: 0.3 * shifts})})
        expected = unitary(
            site.model(0, decay=False, corrections=other),
            site.program({"d0": [(0, factor * peak * shape)]}),
        )
        np.testing.assert_allclose(unitary(corrected, program), expected, atol=1e-9)
        alone.append(expected)
    assert abs(alone[0] - alone[1]).max() > 0.1
    # One after the other, in one program: the weak pulse again, then the strong one.
    both = unitary(corrected, site.program({"d0": [(0, 0.1 * shape), (321, 0.7 * shape)]}))
    np.testing.assert_allclose(both, alone[2] @ alone[0], atol=1e-9)


def test_two_channels_at_two_frequencies_and_a_flat_top(pulse_site):
    """Everything at once: ramps, flat stretches with one carrier and with two, a gap, phases, shifts."""
    site = pulse_site("ibmq_valencia")
    corrections = Corrections(
        {"u0": ChannelCorrection(0.9j, {"d1": 0.05}, {0: 0.02, 1: -0.01}), "d1": ChannelCorrection(0.8)}
    )
    model = site.model(0, 1, decay=False, corrections=corrections)
    generator = np.random.default_rng(11)
    ramp = np.linspace(0, 0.3, 20) * np.exp(1j * generator.uniform(-np.pi, np.pi, 20))
    flat = np.full(40, 0.3j)
    program = site.program(
        {
            "d0": [(0, ramp), (150, 0.2 * np.ones(30))],
            "d1": [(30, np.full(60, 0.1)), (160, 1j * ramp)],
            "u0": [(25, np.concatenate((ramp, flat, ramp[::-1])))],
        },
        duration=200,
    )
    found, expected = unitary(model, program), _brute_force(model, program)
    overlap = np.trace(expected.conj().T @ found)
    np.testing.assert_allclose(found, expected * overlap / abs(overlap), atol=2e-3)


def test_a_resonant_tone_turns_a_qubit_as_fast_as_its_strength(pulse_site):
    site = pulse_site("ibmq_valencia")
    model = site.model(0, decay=False, corrections=BARE)
    strength = site.configuration["hamiltonian"]["vars"]["omegad0"]
    amplitude = 0.004
    lengths = [500, 1000, 2000, 4000]
    programs = [site.program({"d0": [(0, np.full(length, amplitude))]}, [(0, length)]) for length in lengths]
    found = [result[1] for result in evolve(model, programs)]
    expected = [np.sin(strength * amplitude * length * site.dt * 1e9 / 2) ** 2 for length in lengths]
    np.testing.assert_allclose(found, expected, atol=2e-3)


@pytest.mark.parametrize("offset", [-2e6, 2e6])
def test_a_detuned_tone_turns_it_less(pulse_site, offset):
    site = pulse_site("ibmq_valencia")
    model = site.model(0, decay=False, corrections=BARE)
    rate = site.configuration["hamiltonian"]["vars"]["omegad0"] * 0.005
    times = (np.arange(3000) + 0.5) * site.dt
    program = site.program({"d0": [(0, 0.005 * np.exp(2j * np.pi * offset * times))]}, [(0, 3000)])
    detuning = 2 * np.pi * offset * 1e-9
    total = np.hypot(rate, detuning)
    expected = (rate / total) ** 2 * np.sin(total * 3000 * site.dt * 1e9 / 2) ** 2
    assert evolve(model, [program])[0][1] == pytest.approx(expected, abs=3e-3)


def test_a_frequency_above_the_calibrated_one_reaches_down_not_up(pulse_site):
    """The second transition lies below the first by the anharmonicity; a tone there moves nothing in the ground state, and the excited one up."""
    site = pulse_site("ibmq_valencia")
    model = site.model(0, decay=False, corrections=BARE)
    half = site.gates.program([_gate("x", 0)])[0]
    anharmonicity = model.energies[2] - 2 * model.energies[1]
    assert anharmonicity < 0
    times = (np.arange(2000) + 0.5) * site.dt * 1e9
    found = {}
    for sign in (1, -1):
        tone = 0.006 * np.exp(1j * sign * anharmonicity * (times + half.duration * site.dt * 1e9))
        signals = {"d0": [(0, half.signals["d0"][0].samples), (half.duration, tone)]}
        found[sign] = evolve(model, [site.program(signals, [(0, half.duration + 2000)])])[0][2]
    assert found[1] > 0.5
    assert found[-1] < 0.02


def test_a_long_pause_is_one_step_and_loses_nothing_without_decay(pulse_site):
    site = pulse_site("ibmq_valencia")
    model = site.model(0, 1, decay=False)
    second = int(1 / site.dt)
    program = site.program(
        {"d0": [(0, np.full(80, 0.1))], "d1": [(second, np.full(80, 0.1))]}, [(0, second + 100)]
    )
    alone = site.program({"d0": [(0, np.full(80, 0.1))]}, [(0, 100)])
    waited, direct = evolve(model, [program, alone])
    # The second qubit's pulse shifts the first a little, so the comparison is coarse; the state is still there after a second.
    np.testing.assert_allclose(waited, direct, atol=5e-3)
    assert estimate(model, program) < 0.1


def test_equal_pulses_are_computed_once_whatever_their_phase(pulse_site):
    site = pulse_site("ibmq_valencia")
    model = site.model(0, decay=False)
    half = site.gates.program([_gate("sx", 0)])[0].signals["d0"][0].samples
    turned = [
        site.program({"d0": [(0, half), (200, half * np.exp(1j * phase))]}, [(0, 400)])
        for phase in np.linspace(0, 2 * np.pi, 9)
    ]
    found = np.array([result[1] for result in evolve(model, turned)])
    # Two half turns around axes that differ by an angle.
    np.testing.assert_allclose(found, np.cos(np.linspace(0, 2 * np.pi, 9) / 2) ** 2, atol=5e-3)


def test_programs_of_a_batch_do_not_disturb_each_other(pulse_site):
    site = pulse_site("ibmq_valencia")
    model = site.model(0, 1)
    generator = np.random.default_rng(3)
    programs = [
        site.program(
            {"d0": [(start, 0.1 * generator.normal(size=50))], "u0": [(start + 70, np.full(length, 0.3))]},
            [(0, start + 90), (1, start + 90 + length)],
        )
        for start, length in ((0, 40), (500, 200), (3, 90))
    ]
    together = evolve(model, programs)
    for program, result in zip(programs, together):
        np.testing.assert_allclose(evolve(model, [program])[0], result, atol=1e-12)
        assert result.shape == (3, 3)
        assert result.sum() == pytest.approx(1)


def test_a_measurement_in_the_middle_collapses(pulse_site):
    site = pulse_site("ibmq_valencia")
    model = site.model(0, decay=False)
    half = site.gates.program([_gate("sx", 0)])[0].signals["d0"][0].samples
    signals = {"d0": [(0, half), (200, half)]}
    once, twice = evolve(
        model, [site.program(signals, [(0, 400)]), site.program(signals, [(0, 180), (0, 400)])]
    )
    assert once[1] > 0.99
    np.testing.assert_allclose(twice[:2, :2], 0.25, atol=5e-3)


def test_measuring_twice_finds_the_same(pulse_site):
    site = pulse_site("ibmq_valencia")
    half = site.gates.program([_gate("sx", 0)])[0].signals["d0"][0].samples
    joint = evolve(
        site.model(0, decay=False), [site.program({"d0": [(0, half)]}, [(0, 160), (0, 160), (0, 900)])]
    )[0]
    assert joint.shape == (3, 3, 3)
    assert joint[0, 0, 0] + joint[1, 1, 1] + joint[2, 2, 2] == pytest.approx(1)
    assert joint[1, 1, 1] == pytest.approx(0.5, abs=0.01)


def test_a_qubit_outside_of_the_model_is_in_its_ground_state(pulse_site):
    site = pulse_site("ibmq_valencia")
    program = site.measured([_gate("x", 0)], [0, 4])
    joint = evolve(site.model(0), [program])[0]
    assert joint[1, 0] > 0.99


def test_nothing_measured_is_certain(pulse_site):
    site = pulse_site("ibmq_valencia")
    result = evolve(site.model(0), [site.program({"d0": [(0, [0.1, 0.2])]})])[0]
    assert result.shape == ()
    assert result == 1


def test_signals_of_other_qubits_are_left_out(pulse_site):
    site = pulse_site("ibmq_valencia")
    program = site.program({"d0": [(0, np.full(100, 0.1))], "d4": [(0, np.full(100, 0.1))]}, [(0, 100)])
    alone = site.program({"d0": [(0, np.full(100, 0.1))]}, [(0, 100)])
    model = site.model(0)
    np.testing.assert_array_equal(*evolve(model, [program, alone]))


def test_acquisitions_out_of_order_are_an_error_of_the_caller(pulse_site):
    site = pulse_site("ibmq_valencia")
    late, early = Acquisition(0, 200, 10, 0), Acquisition(0, 100, 10, 1)
    with pytest.raises(ValueError, match="order"):
        evolve(site.model(0), [PulseProgram(200, site.dt, {}, (late, early), (0,))])


def test_the_estimate_grows_with_qubits_and_with_what_is_played(pulse_site):
    site = pulse_site("ibm_lagos")
    short = site.program({"d1": [(0, np.linspace(0, 0.1, 100))]}, [(1, 100)])
    long = site.program({"d1": [(0, np.linspace(0, 0.1, 10_000))]}, [(1, 10_000)])
    flat = site.program({"d1": [(0, np.full(10_000, 0.1))]}, [(1, 10_000)])
    sizes = [(1,), (1, 2), (1, 2, 3), (0, 1, 2, 3)]
    seconds = [estimate(site.model(*qubits), long) for qubits in sizes]
    assert seconds == sorted(seconds)
    assert seconds[-1] > 100 * seconds[0]
    model = site.model(1)
    assert estimate(model, long) > 50 * estimate(model, short)
    assert estimate(model, long) > estimate(model, flat)


def test_final_states_are_those_of_the_unitary_without_decay(pulse_site):
    site = pulse_site("ibmq_valencia")
    model = site.model(0, 1, decay=False)
    programs = [site.gates.program([_gate("cx", 0, 1)])[0], site.gates.program([_gate("x", 1)])[0]]
    for program, state in zip(programs, final_states(model, programs)):
        column = unitary(model, program)[:, 0]
        np.testing.assert_allclose(state, np.outer(column, column.conj()), atol=1e-6)
    assert len(final_states(model, [])) == 0
