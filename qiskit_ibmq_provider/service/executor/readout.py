# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Readout of a device: from the levels that qubits were found in to bits and to points in the IQ plane, with the device's own errors.

The points of each level lie in a round cloud. Two things go wrong in the readout of a qubit, here as on hardware: the clouds overlap, and
the qubit changes its level while it is listened to, so that its point lies in the cloud of the other level. A small part of the smaller of
the two probabilities of an error comes from the overlap, all else from changes of the level. A straight line half way between the clouds
so makes the device's errors again, and one half way between the means of what was prepared nearly so.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

import numpy as np
import numpy.typing as npt

__all__ = ["QubitReadout", "Readout", "points_to_json"]

_SCALE: Final = 1e14
"""Size of the numbers that hardware returned; scripts divide by it."""

_REST: Final = 5.0 * _SCALE
"""How far from the origin the cloud of the ground state lies."""

_SEPARATION: Final = 6.0 * _SCALE
"""From the middle of the cloud of the ground state to that of the first excited state."""

_TURN: Final = 0.4
"""Radians by which the axis between the clouds of a qubit is turned at most, to either side."""

_THIRD: Final = math.radians(65)
"""The angle at which the cloud of the second excited state lies, seen from that of the first, against the axis of the first two."""

_OVERLAP: Final = 0.05
"""Part of the smaller error that comes from the overlap of the clouds."""

_OVERLAP_RANGE: Final = (1e-6, 0.25)
"""Least and largest part of a cloud that lies on the other side of the line half way between two."""

IntArray = npt.NDArray[np.integer[Any]]
ComplexArray = npt.NDArray[np.complex128]
FloatArray = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class QubitReadout:
    """Readout of one qubit.

    Attributes:
        excited_from_ground: probability to read 1 after the level 0 (``prob_meas1_prep0``).
        ground_from_excited: probability to read 0 after the levels 1 and 2 (``prob_meas0_prep1``).
        clouds: middle of the cloud of each of the three levels.
        spread: standard deviation of the clouds in each direction.
        changes: probability that the levels 0 and 1 change into each other during the readout.
    """

    excited_from_ground: float
    ground_from_excited: float
    clouds: tuple[complex, complex, complex]
    spread: float
    changes: tuple[float, float]

    @classmethod
    def from_errors(cls, excited_from_ground: float, ground_from_excited: float, seed: int) -> QubitReadout:
        """Return the readout of a qubit with such errors. The seed makes the place of the clouds differ from qubit to qubit."""
        errors = (excited_from_ground, ground_from_excited)
        low, high = _OVERLAP_RANGE
        overlap = min(max(low, _OVERLAP * min(*errors, 1 - errors[0], 1 - errors[1])), high)
        changes = tuple(min(1.0, max(0.0, (error - overlap) / (1 - 2 * overlap))) for error in errors)
        angle = _TURN * ((seed & 0xFFFF) / 0x8000 - 1)
        rest = _REST * np.exp(0.5j * _TURN * ((seed >> 16 & 0xFFFF) / 0x8000 - 1))
        axis = -np.exp(1j * angle)
        first = rest + _SEPARATION * axis
        second = first + _SEPARATION * axis * np.exp(1j * _THIRD)
        return cls(
            excited_from_ground=excited_from_ground,
            ground_from_excited=ground_from_excited,
            clouds=(complex(rest), complex(first), complex(second)),
            spread=_SEPARATION / 2 / statistics.NormalDist().inv_cdf(1 - overlap),
            changes=(changes[0], changes[1]),
        )

    def bits(self, levels: IntArray, rng: np.random.Generator) -> IntArray:
        """Return what is read, 0 or 1, where these levels are found. Any shape."""
        excited = levels > 0
        wrong = rng.random(levels.shape) < np.where(
            excited, self.ground_from_excited, self.excited_from_ground
        )
        return np.asarray(excited ^ wrong, dtype=np.uint8)

    def points(self, levels: IntArray, rng: np.random.Generator) -> ComplexArray:
        """Return one point in the IQ plane for each level that is found. Any shape."""
        changed = rng.random(levels.shape) < np.array((*self.changes, 0.0))[levels]
        seen = np.where(changed, 1 - levels, levels)
        noise = rng.normal(size=(*levels.shape, 2)) * self.spread
        return np.asarray(np.array(self.clouds)[seen] + noise[..., 0] + 1j * noise[..., 1])

    def points_of_bits(self, bits: IntArray, rng: np.random.Generator) -> ComplexArray:
        """Return one point for each bit that was read, on the bit's side of the line between the clouds. Any shape.

        For readings that have the errors in them already.
        """
        half = statistics.NormalDist()
        axis = (self.clouds[1] - self.clouds[0]) / abs(self.clouds[1] - self.clouds[0])
        reach = _SEPARATION / 2 / self.spread
        # The part of the cloud that lies on its own side, by the inverse of the distribution.
        kept = half.cdf(reach)
        quantiles = np.clip(rng.random(bits.shape) * kept, 1e-300, kept)
        along = _normal_quantiles(quantiles) * self.spread
        across = rng.normal(size=bits.shape) * self.spread
        sign = np.where(bits > 0, -1.0, 1.0)
        return np.asarray(np.array(self.clouds)[bits] + axis * (sign * along + 1j * across))


class Readout:
    """Readout of all qubits of a device."""

    def __init__(self, qubits: Sequence[QubitReadout]) -> None:
        self._qubits = tuple(qubits)

    @classmethod
    def from_properties(cls, name: str, properties: Optional[Mapping[str, Any]], qubits: int) -> Readout:
        """Return the readout of a device by its calibration; one without calibration reads without error."""
        calibrated = (properties or {}).get("qubits", [])
        return cls(
            [
                QubitReadout.from_errors(
                    *_errors(calibrated[qubit] if qubit < len(calibrated) else ()),
                    seed=zlib.crc32(f"{name}/{qubit}".encode()),
                )
                for qubit in range(qubits)
            ]
        )

    def __getitem__(self, qubit: int) -> QubitReadout:
        """Return the readout of one qubit."""
        return self._qubits[qubit]


def points_to_json(points: ComplexArray, *, average: bool) -> list[Any]:
    """Return points as ``[re, im]``, of each shot or averaged over them. Shape of the points: ``(shots, slots)``."""
    shown = points.mean(axis=0) if average else points
    pairs: list[Any] = np.stack([shown.real, shown.imag], axis=-1).tolist()
    return pairs


def _errors(values: Sequence[Mapping[str, Any]]) -> tuple[float, float]:
    named = {value["name"]: float(value["value"]) for value in values}
    mean = named.get("readout_error", 0.0)
    errors = (named.get("prob_meas1_prep0", mean), named.get("prob_meas0_prep1", mean))
    return min(1.0, max(0.0, errors[0])), min(1.0, max(0.0, errors[1]))


def _normal_quantiles(probabilities: FloatArray) -> FloatArray:
    """Return the quantiles of the normal distribution: a fine table of them, read in between."""
    grid = np.linspace(-8.5, 8.5, 4097)
    table = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in grid])
    return np.asarray(np.interp(probabilities, table, grid))
