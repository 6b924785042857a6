# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Instructions become signals with the right phases, frequencies and instants; what cannot be is refused by name."""

from __future__ import annotations

import math

import numpy as np
import pytest
from support.pulse_jobs import device, drag, measure, steps

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.timeline import channel_signals, read_timeline
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected

MANILA = "ibmq_manila"
DT = 2 / 9
FLAT = {"flat": [[0.5, 0.0]] * 32}


def _flat(start, channel="d0"):
    return {"name": "flat", "t0": start, "ch": channel}


def _frame(kind, start, value, channel="d0"):
    field = "phase" if kind in ("fc", "setp") else "frequency"
    return {"name": kind, "t0": start, "ch": channel, field: value}


def _signal(*entries, channel="d0", drives=None):
    signals, _ = channel_signals(device(MANILA), steps(MANILA, *entries, library=FLAT), drives)
    dense = np.zeros(max(segment.stop for segment in signals[channel]), dtype=complex)
    for segment in signals[channel]:
        dense[segment.start : segment.stop] = segment.samples
    return dense


def _timeline(*entries):
    return read_timeline(device(MANILA), steps(MANILA, *entries, library=FLAT), "Experiment 0")


def test_phases_are_shifted_and_set():
    signal = _signal(
        _flat(0),
        _frame("fc", 32, 0.3),
        _frame("fc", 32, 0.4),
        _flat(32),
        _frame("setp", 64, -0.1),
        _flat(64),
    )
    assert signal[:32] == pytest.approx(0.5)
    assert signal[32:64] == pytest.approx(0.5 * np.exp(0.7j))
    assert signal[64:] == pytest.approx(0.5 * np.exp(-0.1j))


def test_what_takes_no_time_comes_before_a_pulse_that_begins_with_it():
    assert _signal(_flat(32), _frame("fc", 32, 0.5))[32:] == pytest.approx(0.5 * np.exp(0.5j))


def test_a_shifted_frequency_turns_the_phase_from_where_it_is():
    signal = _signal(_flat(0), _frame("shiftf", 32, 0.01), _flat(32), _frame("shiftf", 64, -0.01), _flat(64))
    assert signal[:32] == pytest.approx(0.5)
    ramp = 2 * math.pi * 0.01 * DT * (np.arange(32) + 0.5)
    assert signal[32:64] == pytest.approx(0.5 * np.exp(1j * ramp))
    assert signal[64:] == pytest.approx(0.5 * np.exp(2j * math.pi * 0.01 * DT * 32))


def test_a_frequency_is_the_same_however_it_is_set():
    calibrated = device(MANILA).frequencies
    wanted = calibrated[0] + 0.02
    by_oscillator = _signal(_flat(0), _flat(64), drives=(wanted, *calibrated[1:]))
    by_setting = _signal(_frame("setf", 0, wanted), _flat(0), _flat(64))
    by_shift = _signal(_frame("shiftf", 0, 0.02), _flat(0), _flat(64))
    assert by_setting == pytest.approx(by_oscillator)
    assert by_shift == pytest.approx(by_oscillator)
    assert abs(by_oscillator[1] - by_oscillator[0]) > 0.01


def test_a_control_channel_follows_the_frequency_of_the_qubit_that_it_aims_at():
    calibrated = device(MANILA).frequencies
    moved = (calibrated[0], calibrated[1] + 0.005, *calibrated[2:])
    ramp = 2 * math.pi * 0.005 * DT * (np.arange(32) + 0.5)
    assert _signal(_flat(0, "u0"), channel="u0", drives=moved) == pytest.approx(0.5 * np.exp(1j * ramp))
    assert _signal(_flat(0, "u1"), channel="u1", drives=moved) == pytest.approx(0.5)


def test_silence_and_measure_pulses_are_no_signals():
    signals, phases = channel_signals(
        device(MANILA),
        steps(
            MANILA,
            {"name": "zero", "t0": 0, "ch": "d0"},
            drag(0, channel="m0"),
            library={"zero": [[0, 0]] * 16},
        ),
    )
    assert signals == {} and phases == {"d0": 0.0}


def test_a_qubit_is_measured_when_its_measure_pulse_begins():
    timeline = _timeline(measure(100, 0, 1), drag(180, channel="m1"), drag(5000, channel="m0"))
    assert [(item.qubit, item.start, item.memory_slot) for item in timeline.acquisitions] == [
        (0, 100, 0),
        (1, 180, 1),
    ]


REFUSED = {
    "pulses overlap": (
        [drag(0), drag(159)],
        r"instruction 1 \('drag' on d0\): d0 still plays .* until sample 160",
    ),
    "no such qubit": (
        [drag(0, channel="d5")],
        r"instruction 0 \('drag' on d5\).*no channel d5.*5 drive channels",
    ),
    "no such control": ([drag(0, channel="u8")], r"on u8\).*no channel u8.*8 control channels"),
    "no channel": ([{"name": "fc", "t0": 0, "phase": 0.1}], "a channel should be named like d0"),
    "odd channel": ([drag(0, channel="x1")], "not 'x1'"),
    "on acquire": ([drag(0, channel="a0")], "nothing can be played on an acquire channel"),
    "no such pulse": (
        [{"name": "sine", "t0": 0, "ch": "d0"}],
        r"instruction 0 \('sine' on d0\).*no pulse of this name",
    ),
    "negative start": ([drag(-1)], "'t0' should be a whole number"),
    "no start": ([{"name": "fc", "ch": "d0", "phase": 0.1}], "'t0' should be a whole number"),
    "phase": ([_frame("fc", 0, "pi")], "'phase' should be a number"),
    "formula": ([_frame("fc", 0, "-(P0)")], "'phase' should be a number"),
    "frequency": ([_frame("setf", 0, math.inf)], "'frequency' should be a number"),
    "out of range": (
        [_frame("setf", 0, 9.0)],
        r"\('setf' on d0\): d0 of ibmq_manila can be tuned from 4.46.*not to 9 GHz",
    ),
    "shifted out": ([_frame("shiftf", 0, 2.0, "u0")], r"\('shiftf' on u0\): u0 of"),
    "delay": ([{"name": "delay", "t0": 0, "ch": "d0", "duration": -3}], "'duration' should be"),
    "snapshot": (
        [{"name": "snapshot", "t0": 0, "label": "s", "type": "state"}],
        r"\('snapshot'\): the state",
    ),
    "condition": ([{**drag(0), "conditional": 1}], "depends on a condition"),
    "no object": (["play"], "JSON object with a name"),
    "twice": ([measure(0, 1, 1)], "names a qubit twice"),
    "no qubits": ([{"name": "acquire", "t0": 0, "duration": 5}], "'qubits' should be a list"),
    "qubit": ([measure(0, 7)], "'qubits' should be a whole number from 0 to 4, not 7"),
    "slots": ([{**measure(0, 0, 1), "memory_slot": [0]}], "one slot for each of its 2 qubits"),
    "zero acquire": ([{**measure(0, 0), "duration": 0}], r"\('acquire' on qubits \[0\]\): 'duration'"),
    "kernels": ([{**measure(0, 0), "kernels": "boxcar"}], "'kernels' should be a list"),
    "acquired twice": ([measure(0, 0), measure(1599, 0)], "still being acquired until sample 1600"),
    "read out together": ([measure(0, 0), measure(800, 1)], "qubits 0 and 1 are read out together"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_by_name(case):
    entries, said = REFUSED[case]
    with pytest.raises(JobRejected, match=said) as caught:
        _timeline(*entries)
    assert caught.value.code is ErrorCode.INVALID_INSTRUCTION
    assert caught.value.message.startswith("Experiment 0, instruction ")


@pytest.mark.parametrize(
    "samples",
    [None, [], "abc", [[0.1, 0.2, 0.3]], [["a", 0]], [[math.nan, 0.0]], [[0.9, 0.9]], [None], [[10**400, 0]]],
    ids=str,
)
def test_samples_that_cannot_be_played_are_refused(samples):
    with pytest.raises(JobRejected, match=r"\('bad' on d0\).*sample"):
        steps(MANILA, {"name": "bad", "t0": 0, "ch": "d0"}, library={"bad": samples})


def test_samples_may_be_real_numbers():
    (step,) = steps(MANILA, {"name": "real", "t0": 0, "ch": "d0"}, library={"real": [0.5, [0.0, 0.25], -1]})
    assert step.pulse.samples().tolist() == [0.5, 0.25j, -1]
