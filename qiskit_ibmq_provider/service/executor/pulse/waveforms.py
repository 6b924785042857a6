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
import numpy.typing as npt

from qiskit_ibmq_provider._checks import is_number

__all__ = ["MAX_PULSE", "PulseError", "PulseShape", "SHAPES", "read_complex", "read_shape"]

MAX_PULSE: Final = 2**22
"""Samples of one pulse. At 0.22 ns a sample this is about a millisecond, longer than any qubit here lives."""

_AMPLITUDE_SLACK: Final = 1e-6
"""How far an amplitude may be above 1: by rounding."""

_SIGMAS: Final = (1e-3, 1e9)
"""Standard deviations that mean something: below, a pulse is one sample, and above, no longer a Gaussian."""

ComplexArray = npt.NDArray[np.complex128]
RealArray = npt.NDArray[np.float64]


class PulseError(ValueError):
    """A pulse or another instruction cannot be read. The message continues a sentence that names it."""


class PulseShape:
    """A pulse whose parameters were read and whose samples are computed when they are asked for.

    Args:
        duration: samples.
        samples: computes them.
    """

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
    """Return a complex number: a number, or a pair ``[re, im]``.

    Raises:
        PulseError: it is neither.
    """
    if is_number(value):
        return complex(value)
    if isinstance(value, list) and len(value) == 2 and is_number(value[0]) and is_number(value[1]):
        return complex(value[0], value[1])
    raise PulseError(f"{what} should be a number or a pair [re, im], not {value!r:.60}")


def read_shape(shape: Any, parameters: Any) -> PulseShape:
    """Read a parametric pulse.

    Args:
        shape: its ``pulse_shape``.
        parameters: its ``parameters``.

    Raises:
        PulseError: there is no such shape, or a parameter does not suit it.
    """
    names = SHAPES.get(shape) if isinstance(shape, str) else None
    if names is None:
        raise PulseError(f"the pulse shape should be one of {', '.join(sorted(SHAPES))}, not {shape!r:.40}")
    if not isinstance(parameters, dict):
        raise PulseError(f"'parameters' should be a JSON object, not {parameters!r:.60}")
    unknown = sorted(parameters.keys() - {"duration", "amp", *names, *_OPTIONAL})
    if unknown:
        raise PulseError(f"a pulse of shape {shape!r} has no parameter {unknown[0]!r:.40}")
    duration = _duration(parameters)
    amplitude = read_complex(parameters.get("amp"), "the amplitude")
    if is_number(parameters.get("angle")):
        amplitude *= np.exp(1j * parameters["angle"])
    if abs(amplitude) > 1 + _AMPLITUDE_SLACK:
        raise PulseError(
            f"the amplitude {abs(amplitude):.6g} is above 1, which is the most that a device plays"
        )
    values = {name: _real(parameters, name) for name in names if name in parameters}
    for name in names - values.keys():
        if name != "width" or "risefall_sigma_ratio" not in parameters:
            raise PulseError(f"a pulse of shape {shape!r} needs the parameter {name!r}")
    low, high = _SIGMAS
    if "sigma" in names and not low <= values["sigma"] <= high:
        raise PulseError(
            f"'sigma' should be above 0, from {low:g} to {high:g} samples, not {values['sigma']:.6g}"
        )
    if "width" in names:
        values["width"] = _width(parameters, values, duration)
    envelope = _ENVELOPES[shape]
    pulse = PulseShape(duration, lambda: amplitude * envelope(duration, values))
    highest = float(np.abs(pulse.samples()).max()) if "beta" in names else 0.0
    if not highest <= 1 + _AMPLITUDE_SLACK:
        raise PulseError(f"its largest sample is {highest:.6g}, but a device plays at most 1")
    return pulse


def _duration(parameters: Mapping[str, Any]) -> int:
    """Return the duration of a pulse in samples."""
    duration = parameters.get("duration")
    if isinstance(duration, float) and duration.is_integer():
        duration = int(duration)
    if isinstance(duration, bool) or not isinstance(duration, int) or not 1 <= duration <= MAX_PULSE:
        raise PulseError(
            f"the duration should be a whole number of samples from 1 to {MAX_PULSE}, not {duration!r:.40}"
        )
    return duration


def _real(parameters: Mapping[str, Any], name: str) -> float:
    """Return a real parameter."""
    value = parameters[name]
    if isinstance(value, list) and len(value) == 2 and value[1] == 0:
        value = value[0]
    if not is_number(value):
        raise PulseError(f"{name!r} should be a number, not {value!r:.60}")
    return float(value)


def _width(parameters: Mapping[str, Any], values: Mapping[str, float], duration: int) -> float:
    """Return the length of the flat part of a pulse in samples."""
    if "width" in values:
        width = values["width"]
    else:
        width = duration - 2 * _real(parameters, "risefall_sigma_ratio") * values["sigma"]
    if not 0 <= width <= duration:
        raise PulseError(f"'width' should be from 0 to the duration {duration}, not {width:.6g}")
    return width


def _times(duration: int) -> RealArray:
    """Return the middle of each sample, counted in samples."""
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
