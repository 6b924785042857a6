# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a device offers to schedules: channels, frequencies and commands, out of its configuration and its pulse defaults."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.qobj.checks import InstructionError, JobRejected

__all__ = ["Channel", "PulseDevice"]

_CHANNEL: Final = re.compile(r"([dmua])([0-9]{1,6})")

_KINDS: Final[Mapping[str, str]] = {
    "a": "acquire channels",
    "d": "drive channels",
    "m": "measure channels",
    "u": "control channels",
}

_HALF_RANGE: Final = 0.5
"""GHz by which a channel can be tuned to either side where the device does not say; it is what most devices say."""


@dataclasses.dataclass(frozen=True)
class Channel:
    """A channel of a device: its kind, one of the letters of ``a3``, ``d3``, ``m3`` and ``u3``, and its number."""

    kind: str
    index: int

    @property
    def name(self) -> str:
        """The channel as it is written on the wire."""
        return f"{self.kind}{self.index}"

    @property
    def moves_qubits(self) -> bool:
        """Whether what is played on it acts on qubits."""
        return self.kind in "du"


@dataclasses.dataclass(frozen=True)
class PulseDevice:
    """A device that runs schedules.

    Attributes:
        name: of the device.
        qubits: how many it has.
        dt: ns of one sample.
        frequencies: GHz of each qubit's drive, as calibrated.
        controls: for each control channel the qubits whose frequencies it mixes, with their factors.
        ranges: GHz from and to which each drive can be tuned.
        measure_groups: qubits that are measured together.
        library: samples of the pulses that commands name.
        commands: the sequence of each command, by name and qubits.
    """

    name: str
    qubits: int
    dt: float
    frequencies: tuple[float, ...]
    controls: tuple[tuple[tuple[int, float], ...], ...]
    ranges: tuple[tuple[float, float], ...]
    measure_groups: tuple[frozenset[int], ...]
    library: Mapping[str, Any]
    commands: Mapping[tuple[str, tuple[int, ...]], Sequence[Mapping[str, Any]]]

    @classmethod
    def from_documents(
        cls, configuration: Mapping[str, Any], defaults: Optional[Mapping[str, Any]]
    ) -> PulseDevice:
        """Read a device as the device catalogue gives it, with GHz and ns. One that lacks what schedules need is refused."""
        name = configuration["backend_name"]
        lacking = "pulse defaults" if defaults is None else "a Hamiltonian"
        if defaults is None or not configuration.get("hamiltonian"):
            raise JobRejected(
                f"{name} cannot run pulse schedules or gates that are defined by pulses: it has no {lacking}. "
                "The devices that can are listed by provider.backends(open_pulse=True).",
                ErrorCode.SCHEDULES_UNSUPPORTED,
            )
        frequencies = tuple(defaults["qubit_freq_est"])
        ranges = configuration.get("qubit_lo_range") or []
        return cls(
            name=name,
            qubits=configuration["n_qubits"],
            dt=configuration["dt"],
            frequencies=frequencies,
            controls=tuple(
                tuple((term["q"], float(term["scale"][0])) for term in terms)
                for terms in configuration.get("u_channel_lo") or []
            ),
            ranges=tuple(
                (ranges[qubit][0], ranges[qubit][1])
                if qubit < len(ranges)
                else (frequency - _HALF_RANGE, frequency + _HALF_RANGE)
                for qubit, frequency in enumerate(frequencies)
            ),
            measure_groups=tuple(frozenset(group) for group in configuration.get("meas_map") or []),
            library={pulse["name"]: pulse["samples"] for pulse in defaults["pulse_library"]},
            commands={
                (command["name"], tuple(command["qubits"])): command["sequence"]
                for command in defaults["cmd_def"]
            },
        )

    def channel(self, name: Any) -> Channel:
        """Return a channel by its name, such as ``d0``."""
        match = _CHANNEL.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            raise InstructionError(f"a channel should be named like d0, u0, m0 or a0, not {name!r:.40}")
        kind, index = match[1], int(match[2])
        available = len(self.controls) if kind == "u" else self.qubits
        if index >= available:
            raise InstructionError(f"there is no channel {name}: {self.name} has {available} {_KINDS[kind]}")
        return Channel(kind, index)

    def frequency(self, channel: Channel, drives: Sequence[float]) -> float:
        """Return the frequency in GHz of a drive or control channel when the qubits' drives have the given ones."""
        if channel.kind == "d":
            return drives[channel.index]
        return sum(factor * drives[qubit] for qubit, factor in self.controls[channel.index])

    def range(self, channel: Channel) -> tuple[float, float]:
        """Return from where to where, in GHz, a drive or control channel can be tuned."""
        if channel.kind == "d":
            return self.ranges[channel.index]
        middle = self.frequency(channel, self.frequencies)
        return middle - _HALF_RANGE, middle + _HALF_RANGE
