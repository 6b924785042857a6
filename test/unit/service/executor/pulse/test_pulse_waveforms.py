# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Parametric pulses have the samples that Terra gives them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from qiskit.pulse import library
from qiskit.pulse.exceptions import PulseError as TerraPulseError

from qiskit_ibmq_provider.service.executor.pulse.waveforms import MAX_PULSE, read_waveform
from qiskit_ibmq_provider.service.executor.qobj.checks import InstructionError

TERRA = {
    "constant": library.Constant,
    "drag": library.Drag,
    "gaussian": library.Gaussian,
    "gaussian_square": library.GaussianSquare,
}


@given(data=st.data(), shape=st.sampled_from(sorted(TERRA)), duration=st.integers(1, 600))
@settings(max_examples=80, deadline=None)
def test_the_samples_are_those_of_terra(data, shape, duration):
    parameters: dict[str, float] = {}
    if shape != "constant":
        parameters["sigma"] = data.draw(st.floats(0.5, 2000))
    if shape == "drag":
        parameters["beta"] = data.draw(st.floats(-5, 5))
    if shape == "gaussian_square":
        parameters["width"] = data.draw(st.floats(0, duration))
    size, angle = data.draw(st.floats(0, 1)), data.draw(st.floats(-7, 7))
    try:
        theirs = TERRA[shape](duration, amp=size, angle=angle, **parameters).get_waveform().samples
    except TerraPulseError:
        reject()  # a steep slope, above what a device plays
    amplitude = size * np.exp(1j * angle)
    ours = read_waveform(shape, {"duration": duration, "amp": [amplitude.real, amplitude.imag], **parameters})
    assert ours.duration == duration
    assert ours.samples() == pytest.approx(theirs, abs=1e-9)


GAUSSIAN = {"duration": 160, "amp": [0.1, 0.0], "sigma": 40}


@pytest.mark.parametrize(
    ("shape", "change", "said"),
    [
        ("sawtooth", {}, "one of constant, drag, gaussian, gaussian_square"),
        (None, {}, "pulse shape"),
        ("gaussian", {"duration": 0}, "from 1 to"),
        ("gaussian", {"duration": -16}, "from 1 to"),
        ("gaussian", {"duration": 1.5}, "whole number"),
        ("gaussian", {"duration": True}, "whole number"),
        ("gaussian", {"duration": MAX_PULSE + 1}, "whole number"),
        ("gaussian", {"amp": [0.9, 0.9]}, "above 1"),
        ("gaussian", {"amp": "0.1"}, "the amplitude"),
        ("gaussian", {"amp": [math.nan, 0]}, "the amplitude"),
        ("gaussian", {"sigma": 0}, "'sigma' should be above 0"),
        ("gaussian", {"sigma": 1e308}, "'sigma' should be above 0, from"),
        ("gaussian", {"sigma": 1e-300}, "'sigma' should be above 0, from"),
        ("drag", {"beta": 1e308}, "largest sample"),
        ("gaussian", {"sigma": None}, "'sigma' should be a number"),
        ("gaussian", {"beta": 0.1}, "no parameter 'beta'"),
        ("drag", {"duration": 2, "sigma": 2, "amp": 1, "beta": 9}, "largest sample"),
        ("drag", {}, "needs the parameter 'beta'"),
        ("gaussian_square", {}, "needs the parameter 'width'"),
        ("gaussian_square", {"width": 161}, "from 0 to the duration 160"),
        ("gaussian_square", {"width": -1}, "from 0 to the duration 160"),
    ],
)
def test_what_cannot_be_played_is_refused(shape, change, said):
    with pytest.raises(InstructionError, match=said):
        read_waveform(shape, {**GAUSSIAN, **change})


def test_parameters_are_an_object():
    with pytest.raises(InstructionError, match="'parameters' should be a JSON object"):
        read_waveform("gaussian", [160, 0.1, 40])


def test_a_flat_part_may_be_given_by_its_edges():
    by_width = read_waveform("gaussian_square", {**GAUSSIAN, "width": 80})
    by_edges = read_waveform("gaussian_square", {**GAUSSIAN, "risefall_sigma_ratio": 1})
    assert np.array_equal(by_width.samples(), by_edges.samples())


def test_a_very_wide_gaussian_is_a_parabola_and_not_noise():
    samples = read_waveform("gaussian", {**GAUSSIAN, "sigma": 1e9}).samples()
    times = np.arange(160) + 0.5
    assert samples == pytest.approx(0.1 * (1 - ((times - 80) / 81) ** 2), abs=1e-9)
