# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Corrections that make a device's Hamiltonian agree with its calibrated pulses.

The Hamiltonians of the snapshots do not reproduce the calibrations beside them: a calibrated ``x`` is short of a full turn, and a calibrated
``cx`` is far from one. The file ``corrections.json`` beside this module holds, for each device, factors of its channels with which they
do; ``docs/pulse.md`` tells how they were computed and what they mean.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Optional

import numpy as np

__all__ = [
    "CORRECTIONS_FILE",
    "ChannelCorrection",
    "Corrections",
    "Gain",
    "find_corrections",
    "fingerprint",
    "gain_at",
]

CORRECTIONS_FILE: Final = Path(__file__).with_name("corrections.json")


@dataclasses.dataclass(frozen=True)
class Gain:
    """How pulses of one strength differ from what the channel says.

    Attributes:
        peak: the largest modulus of the envelope.
        factor: of the envelope.
        shifts: the factor of the channel's shifts.
    """

    peak: float
    factor: complex = 1.0
    shifts: float = 1.0


@dataclasses.dataclass(frozen=True)
class ChannelCorrection:
    """How a channel differs from what the Hamiltonian says.

    Attributes:
        scale: the factor of the channel's own term.
        crosstalk: how much of what another channel drives, with its factor, the channel drives besides, by channel.
        shifts: the shift of qubits' frequencies in rad/ns at an envelope of 1, by qubit. It grows with the square of the envelope.
        gains: what is different for weak and for strong pulses, ascending by peak, where those of a calibration do not fit together.
    """

    scale: complex = 1.0
    crosstalk: Mapping[str, complex] = dataclasses.field(default_factory=dict)
    shifts: Mapping[int, float] = dataclasses.field(default_factory=dict)
    gains: tuple[Gain, ...] = ()

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> ChannelCorrection:
        """Read the entry of a channel."""
        return cls(
            scale=complex(*document["scale"]),
            crosstalk={channel: complex(*value) for channel, value in document.get("crosstalk", {}).items()},
            shifts={int(qubit): float(value) for qubit, value in document.get("shifts", {}).items()},
            gains=tuple(
                Gain(float(peak), complex(real, imaginary), float(shifts))
                for peak, real, imaginary, shifts in document.get("gains", [])
            ),
        )


@dataclasses.dataclass(frozen=True)
class Corrections:
    """The corrections of one device.

    Attributes:
        channels: by channel.
        assumed: values in rad/ns that stand for variables of the Hamiltonian with which no calibrated gate can be had, by their names
            (``delta3``, ``omegad3``, ``jq3q5``).
    """

    channels: Mapping[str, ChannelCorrection]
    assumed: Mapping[str, float] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Corrections:
        """Read the entry of a device."""
        return cls(
            {channel: ChannelCorrection.from_json(value) for channel, value in document["channels"].items()},
            {name: float(value) for name, value in document.get("assumed", {}).items()},
        )


def gain_at(gains: Sequence[Gain], peak: float) -> Gain:
    """Return the gain of a pulse: linear between the peaks that are known, and beyond them that of the nearest."""
    if not gains:
        return Gain(peak)
    peaks = [gain.peak for gain in gains]
    factor = np.interp(peak, peaks, np.array([gain.factor for gain in gains], dtype=complex))
    return Gain(peak, complex(factor), float(np.interp(peak, peaks, [gain.shifts for gain in gains])))


def fingerprint(configuration: Mapping[str, Any]) -> str:
    """Return what tells a Hamiltonian from others: corrections of one make no sense with another."""
    hamiltonian = configuration.get("hamiltonian") or {}
    content = json.dumps(
        [hamiltonian.get("h_str"), hamiltonian.get("vars"), configuration.get("dt")], sort_keys=True
    )
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def find_corrections(configuration: Mapping[str, Any]) -> Optional[Corrections]:
    """Return the corrections that are shipped for a device, or ``None`` if there are none for its name and its very Hamiltonian."""
    document = _shipped()["devices"].get(configuration.get("backend_name"))
    if document is None or document["hamiltonian"] != fingerprint(configuration):
        return None
    return Corrections.from_json(document)


@functools.lru_cache(maxsize=1)
def _shipped() -> Mapping[str, Any]:
    content = json.loads(CORRECTIONS_FILE.read_text(encoding="utf-8"))
    return {"devices": {}} if not isinstance(content, dict) else content
