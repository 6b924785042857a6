# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The samples of parametric pulses.

The shapes are those that Qiskit documents: Gaussians are lifted, that is shifted to be zero one step before the first and one after the last
sample and scaled back to their height, and all envelopes are taken at the middle of each sample.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Callable, Final, Optional

import numpy as np

from qiskit_ibmq_provider._checks import is_number, is_whole
from qiskit_ibmq_provider.service.executor.pulse.program import ComplexArray, RealArray
from qiskit_ibmq_provider.service.executor.qobj.checks import InstructionError

__all__ = ["AMPLITUDE_SLACK", "MAX_PULSE", "SHAPES", "Waveform", "read_complex", "read_waveform"]

MAX_PULSE: Final = 2**22
"""Samples of one pulse. At 0.22 ns a sample this is about a millisecond, longer than any qubit here lives."""

AMPLITUDE_SLACK: Final = 1e-6
"""How far an amplitude may be above 1: by rounding."""

_SIGMAS: Final = (1e-3, 1e9)
"""Standard deviations that mean something: below, a pulse is one sample, and above, no longer a Gaussian."""


class Waveform:
    """A pulse whose parameters were read and whose samples are computed when they are asked for."""

    def __init__(self, duration: int, samples: Callable[[], ComplexArray]) -> None:
        self.duration = duration
        self._compute = samples
        self._samples: Optional[ComplexArray] = None

    def samples(self) -> ComplexArray:
        """Return the samples, of shape ``(duration,)``. Do not change them: they are computed once."""
        if self._samples is None:
            self._samples = self._compute()
        return self._samples


def read_complex(value: Any, what: str) -> complex:
    """Return a complex number: a number, or a pair ``[re, im]``."""
    if is_number(value):
        return complex(value)
    if isinstance(value, list) and len(value) == 2 and is_number(value[0]) and is_number(value[1]):
        return complex(value[0], value[1])
    raise InstructionError(f"{what} should be a number or a pair [re, im], not {value!r:.60}")


def read_waveform(shape: Any, parameters: Any) -> Waveform:
    """Read a parametric pulse: its ``pulse_shape`` and its ``parameters``.

    Raises:
        InstructionError: there is no such shape, or a parameter does not suit it.
    """
    names = SHAPES.get(shape) if isinstance(shape, str) else None
    if names is None:
        raise InstructionError(
            f"the pulse shape should be one of {', '.join(sorted(SHAPES))}, not {shape!r:.40}"
        )
    if not isinstance(parameters, dict):
        raise InstructionError(f"'parameters' should be a JSON object, not {parameters!r:.60}")
    unknown = sorted(parameters.keys() - {"duration", "amp", *names, *_OPTIONAL})
    if unknown:
        raise InstructionError(f"a pulse of shape {shape!r} has no parameter {unknown[0]!r:.40}")
    duration = _duration(parameters)
    amplitude = read_complex(parameters.get("amp"), "the amplitude")
    if is_number(parameters.get("angle")):
        amplitude *= np.exp(1j * parameters["angle"])
    if abs(amplitude) > 1 + AMPLITUDE_SLACK:
        raise InstructionError(
            f"the amplitude {abs(amplitude):.6g} is above 1, which is the most that a device plays"
        )
    values = {name: _real(parameters, name) for name in names if name in parameters}
    for name in names - values.keys():
        if name != "width" or "risefall_sigma_ratio" not in parameters:
            raise InstructionError(f"a pulse of shape {shape!r} needs the parameter {name!r}")
    low, high = _SIGMAS
    if "sigma" in names and not low <= values["sigma"] <= high:
        raise InstructionError(
            f"'sigma' should be above 0, from {low:g} to {high:g} samples, not {values['sigma']:.6g}"
        )
    if "width" in names:
        values["width"] = _width(parameters, values, duration)
    envelope = _ENVELOPES[shape]
    pulse = Waveform(duration, lambda: amplitude * envelope(duration, values))
    highest = float(np.abs(pulse.samples()).max()) if "beta" in names else 0.0
    if not highest <= 1 + AMPLITUDE_SLACK:
        raise InstructionError(f"its largest sample is {highest:.6g}, but a device plays at most 1")
    return pulse


def _duration(parameters: Mapping[str, Any]) -> int:
    duration: Any = parameters.get("duration")
    if isinstance(duration, float) and duration.is_integer():
        duration = int(duration)
    if not is_whole(duration, 1, MAX_PULSE + 1):
        raise InstructionError(
            f"the duration should be a whole number of samples from 1 to {MAX_PULSE}, not {duration!r:.40}"
        )
    return int(duration)


def _real(parameters: Mapping[str, Any], name: str) -> float:
    value = parameters[name]
    if isinstance(value, list) and len(value) == 2 and value[1] == 0:
        value = value[0]
    if not is_number(value):
        raise InstructionError(f"{name!r} should be a number, not {value!r:.60}")
    return float(value)


def _width(parameters: Mapping[str, Any], values: Mapping[str, float], duration: int) -> float:
    if "width" in values:
        width = values["width"]
    else:
        width = duration - 2 * _real(parameters, "risefall_sigma_ratio") * values["sigma"]
    if not 0 <= width <= duration:
        raise InstructionError(f"'width' should be from 0 to the duration {duration}, not {width:.6g}")
    return width


def _times(duration: int) -> RealArray:
    return np.arange(duration, dtype=float) + 0.5


def _lifted(times: RealArray, center: float, zeroed: float, sigma: float) -> RealArray:
    """Return a Gaussian of height 1 that is 0 at the distance ``zeroed`` from its center."""
    # Differences from 1, of which a very wide one has only small ones.
    floor = -np.expm1(-0.5 * (zeroed / sigma) ** 2)
    return np.asarray(1 + np.expm1(-0.5 * ((times - center) / sigma) ** 2) / floor)


def _constant(duration: int, values: Mapping[str, float]) -> ComplexArray:
    return np.ones(duration, dtype=complex)


def _gaussian(duration: int, values: Mapping[str, float]) -> ComplexArray:
    center = duration / 2
    return _lifted(_times(duration), center, center + 1, values["sigma"]).astype(complex)


def _drag(duration: int, values: Mapping[str, float]) -> ComplexArray:
    center, sigma = duration / 2, values["sigma"]
    times = _times(duration)
    bell = _lifted(times, center, center + 1, sigma)
    # Qiskit documents the derivative of the unlifted Gaussian, but plays this; the calibrations of the devices were made with it.
    slope = -(times - center) / sigma**2 * bell
    return np.asarray(bell + 1j * values["beta"] * slope)


def _gaussian_square(duration: int, values: Mapping[str, float]) -> ComplexArray:
    sigma, width = values["sigma"], values["width"]
    times = _times(duration)
    edge = (duration - width) / 2
    envelope = np.ones(duration)
    for part, center in ((times <= edge, edge), (times >= edge + width, edge + width)):
        envelope[part] = _lifted(times[part], center, edge + 1, sigma)
    return envelope.astype(complex)


_OPTIONAL: Final = frozenset({"angle", "risefall_sigma_ratio"})
"""Parameters that some releases of Qiskit send besides."""

_ENVELOPES: Final[Mapping[str, Callable[[int, Mapping[str, float]], ComplexArray]]] = {
    "constant": _constant,
    "drag": _drag,
    "gaussian": _gaussian,
    "gaussian_square": _gaussian_square,
}

SHAPES: Final[Mapping[str, frozenset[str]]] = {
    "constant": frozenset(),
    "drag": frozenset({"beta", "sigma"}),
    "gaussian": frozenset({"sigma"}),
    "gaussian_square": frozenset({"sigma", "width"}),
}
"""The parametric pulses that devices announce, with their parameters besides ``duration`` and ``amp``."""
