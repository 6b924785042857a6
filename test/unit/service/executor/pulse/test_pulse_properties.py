# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Whatever Terra can assemble, and whatever else a payload may hold, runs or is refused by name; nothing breaks a worker."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from qiskit import pulse
from qiskit.exceptions import QiskitError
from qiskit.pulse import library
from support.pulse_jobs import assembled, drag, measure, payload_of, run

from qiskit_ibmq_provider.protocol.status import ApiJobStatus

SHORT, LONG = 40, 1500
MANILA = "ibmq_manila"

_SIZES = st.floats(0, 1)
_ANGLES = st.floats(-10, 10)


@st.composite
def _shapes(draw):
    """A pulse of Terra's library."""
    duration = draw(st.integers(1, 20)) * 16
    size, angle, width = draw(_SIZES), draw(_ANGLES), draw(st.floats(0.5, 100))
    kind = draw(st.sampled_from(sorted(_MAKERS)))
    try:
        return _MAKERS[kind](duration, size, angle, width)
    except QiskitError:
        reject()


def _waveform(duration, size, angle, width):
    return library.Waveform(size * np.exp(1j * (angle + np.arange(duration) / width)))


_MAKERS = {
    "constant": lambda duration, size, angle, width: library.Constant(duration, size, angle=angle),
    "cosine": lambda duration, size, angle, width: library.Cos(duration, size, 1 / width, angle=angle),
    "derivative": lambda duration, size, angle, width: library.GaussianDeriv(
        duration, size, width, angle=angle
    ),
    "drag": lambda duration, size, angle, width: library.Drag(duration, size, width, width / 50, angle=angle),
    "echo": lambda duration, size, angle, width: library.gaussian_square_echo(
        duration, size, width, width=duration / 3, angle=angle
    ),
    "gaussian": lambda duration, size, angle, width: library.Gaussian(duration, size, width, angle=angle),
    "saw": lambda duration, size, angle, width: library.Sawtooth(duration, size, 0, 1 / width, angle=angle),
    "sech": lambda duration, size, angle, width: library.Sech(duration, size, width, angle=angle),
    "square": lambda duration, size, angle, width: library.GaussianSquare(
        duration, size, width, width=duration / 2, angle=angle
    ),
    "square drag": lambda duration, size, angle, width: library.GaussianSquareDrag(
        duration, size, width, width / 100, width=duration / 2, angle=angle
    ),
    "triangle": lambda duration, size, angle, width: library.Triangle(
        duration, size, 0, 1 / width, angle=angle
    ),
    "waveform": _waveform,
}


@st.composite
def _instructions(draw):
    """An instruction of Terra, on channels that a device of five qubits has or has not."""
    kinds = [pulse.DriveChannel, pulse.DriveChannel, pulse.ControlChannel, pulse.MeasureChannel]
    channel = draw(st.sampled_from(kinds))(draw(st.sampled_from([0, 0, 0, 1, 1, 3, 9])))
    kind = draw(
        st.sampled_from(
            ["play", "play", "play", "fc", "setp", "shiftf", "setf", "delay", "acquire", "snapshot"]
        )
    )
    if kind == "play":
        return pulse.Play(draw(_shapes()), channel)
    if kind == "fc":
        return pulse.ShiftPhase(draw(_ANGLES), channel)
    if kind == "setp":
        return pulse.SetPhase(draw(_ANGLES), channel)
    if kind == "shiftf":
        return pulse.ShiftFrequency(draw(st.floats(-6e8, 6e8)), channel)
    if kind == "setf":
        return pulse.SetFrequency(draw(st.floats(4.2e9, 5.6e9)), channel)
    if kind == "delay":
        return pulse.Delay(draw(st.integers(0, 10**6)), channel)
    if kind == "snapshot":
        return pulse.Snapshot("look", "state")
    qubit = draw(st.integers(0, 5))
    slot = pulse.MemorySlot(draw(st.integers(0, 6)))
    return pulse.Acquire(draw(st.integers(1, 3000)), pulse.AcquireChannel(qubit), slot)


def _check(document):
    """A job runs, or is refused with a message that says where it is wrong."""
    with tempfile.TemporaryDirectory() as directory:
        outcome, result = run(Path(directory), document, MANILA)
    if outcome.status is ApiJobStatus.COMPLETED:
        for entry in result["results"]:
            if entry["meas_level"] == 2:
                assert sum(entry["data"].get("counts", {"": 100}).values()) == 100
        return
    assert outcome.status is ApiJobStatus.ERROR_VALIDATING_JOB, outcome.error
    assert outcome.error.message.startswith("Experiment 0"), outcome.error


def _check_assembled(entries, level):
    schedule = pulse.Schedule(name="any")
    try:
        for entry in entries:
            schedule = schedule.append(entry) if entry.duration else schedule.insert(schedule.duration, entry)
        document = assembled(schedule, MANILA, shots=100, meas_level=level, seed_simulator=1, memory_slots=7)
    except QiskitError:
        reject()
    _check(document)


_SUPPRESSED = [HealthCheck.too_slow, HealthCheck.filter_too_much]
_ENTRIES = st.lists(_instructions(), min_size=1, max_size=8)


@given(entries=_ENTRIES, level=st.sampled_from([1, 2]))
@settings(max_examples=SHORT, deadline=None, suppress_health_check=_SUPPRESSED)
def test_what_terra_assembles_runs_or_is_refused_by_name(entries, level):
    _check_assembled(entries, level)


@pytest.mark.pulse_long
@given(entries=_ENTRIES, level=st.sampled_from([1, 2]))
@settings(max_examples=LONG, deadline=None, suppress_health_check=_SUPPRESSED)
def test_much_of_what_terra_assembles_runs_or_is_refused_by_name(entries, level):
    _check_assembled(entries, level)


_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10**30),
    st.floats(allow_nan=False),
    st.sampled_from(["d0", "d1", "u0", "m0", "a0", "d99", "", "gaussian", "drag", "x", "-(P0)"]),
    st.just([0.1, 0.2]),
)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)
_NAMES = [
    "acquire",
    "delay",
    "fc",
    "flat",
    "parametric_pulse",
    "setf",
    "setp",
    "shiftf",
    "snapshot",
    "pv",
    "play",
]
_FIELDS = [
    "t0",
    "ch",
    "phase",
    "frequency",
    "duration",
    "qubits",
    "memory_slot",
    "register_slot",
    "kernels",
    "discriminators",
    "label",
    "type",
    "pulse_shape",
    "parameters",
    "conditional",
    "val",
]


@st.composite
def _wire(draw):
    """An instruction that is right but for some fields, or wrong altogether."""
    right = draw(
        st.sampled_from(
            [
                drag(0),
                drag(320, channel="u0"),
                measure(640, 0),
                {"name": "flat", "t0": 160, "ch": "d1"},
                {"name": "fc", "t0": 0, "ch": "d0", "phase": 0.1},
                {"name": "delay", "t0": 0, "ch": "d0", "duration": 5},
            ]
        )
    )
    entry = {**right, **draw(st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=2))}
    if draw(st.booleans()):
        entry["name"] = draw(st.sampled_from(_NAMES))
    if draw(st.booleans()) and isinstance(entry.get("parameters"), dict):
        key = draw(st.sampled_from(["amp", "beta", "duration", "sigma", "width", "angle", "other"]))
        entry["parameters"] = {**entry["parameters"], key: draw(_VALUES)}
    return draw(st.sampled_from([entry, entry, entry, entry, entry, draw(_VALUES)]))


def _check_wire(entries):
    _check(payload_of(entries, library={"flat": [[0.2, 0.1]] * 32}, shots=100))


@given(entries=st.lists(_wire(), max_size=4))
@settings(max_examples=2 * SHORT, deadline=None, suppress_health_check=_SUPPRESSED)
def test_any_instruction_runs_or_is_refused_by_name(entries):
    _check_wire(entries)


@pytest.mark.pulse_long
@given(entries=st.lists(_wire(), max_size=6))
@settings(max_examples=3 * LONG, deadline=None, suppress_health_check=_SUPPRESSED)
def test_any_instruction_of_many_runs_or_is_refused_by_name(entries):
    _check_wire(entries)


def test_a_phase_of_any_size_is_a_phase():
    _check(
        payload_of([{"name": "fc", "t0": 0, "ch": "d0", "phase": 1e300}, drag(0), measure(160, 0)], shots=100)
    )
    assert math.isfinite(math.remainder(1e300, 2 * math.pi))
