# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Taking a schedule apart into groups of qubits that do not feel each other.

Qubits without a coupling between them stay in a product of states, so each group is evolved for itself and the outcomes are put together.
A qubit that nothing drives stays in its ground state and needs no evolution at all.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.hamiltonian import channel_qubits, couplings
from qiskit_ibmq_provider.service.executor.pulse.model import MAX_QUBITS
from qiskit_ibmq_provider.service.executor.pulse.program import PulseProgram, Segment
from qiskit_ibmq_provider.service.executor.pulse.timeline import Timeline
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected

__all__ = ["MAX_ACQUISITIONS", "QubitGroup", "QubitGroups"]

MAX_ACQUISITIONS: Final = 8
"""Measurements in one group of coupled qubits; each can have three outcomes, after which the evolution goes on differently."""


@dataclasses.dataclass(frozen=True)
class QubitGroup:
    """A group of qubits as a program of its own; ``indices`` says which acquisitions of the timeline its acquisitions are."""

    program: PulseProgram
    indices: tuple[int, ...]


class QubitGroups:
    """Which qubits of a device are coupled, and on which each channel acts."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        self._configuration = configuration
        self._dt = configuration["dt"] * 1e-9
        self._couplings = couplings(configuration)
        self._reach: dict[str, tuple[int, ...]] = {}

    def of_timeline(self, timeline: Timeline, where: str) -> list[QubitGroup]:
        """Take a schedule apart into those groups of qubits that are driven and then measured.

        Raises:
            JobRejected: a group has too many qubits, or too many measurements.
        """
        last = max((item.start for item in timeline.acquisitions), default=0)
        heard = {name: segments for name, segments in timeline.signals.items() if segments[0].start < last}
        found = []
        for qubits in self._coupled(heard):
            group = self._group(timeline, heard, qubits)
            if group is None:
                continue
            count, listed = len(qubits), ", ".join(map(str, qubits))
            if count > MAX_QUBITS:
                raise JobRejected(
                    f"{where} drives {count} coupled qubits of {self._configuration['backend_name']} ({listed}). "
                    f"Schedules of at most {MAX_QUBITS} coupled qubits can be simulated; use fewer, or send circuits without pulses.",
                    ErrorCode.TOO_MANY_QUBITS,
                )
            if len(group.indices) > MAX_ACQUISITIONS:
                raise JobRejected(
                    f"{where} measures the coupled qubits {listed} {len(group.indices)} times in all. At most "
                    f"{MAX_ACQUISITIONS} measurements of coupled qubits can be simulated in one schedule.",
                    ErrorCode.TOO_MANY_QUBITS,
                )
            found.append(group)
        return found

    def _coupled(self, channels: Iterable[str]) -> list[tuple[int, ...]]:
        """Return the qubits on which channels act, in groups that are coupled."""
        links = set(self._couplings)
        used: set[int] = set()
        for channel in channels:
            if channel not in self._reach:
                self._reach[channel] = channel_qubits(self._configuration, channel)
            used.update(self._reach[channel])
            links.add(frozenset(self._reach[channel]))
        groups: list[set[int]] = [{qubit} for qubit in sorted(used)]
        for link in links:
            touched = [group for group in groups if group & link]
            if len(touched) > 1:
                groups = [group for group in groups if not group & link]
                groups.append(set().union(*touched))
        return sorted(tuple(sorted(group)) for group in groups)

    def _group(
        self, timeline: Timeline, signals: Mapping[str, tuple[Segment, ...]], qubits: tuple[int, ...]
    ) -> Optional[QubitGroup]:
        """Return a group as a program, or ``None`` if nobody looks at it after it was driven."""
        indices = tuple(index for index, item in enumerate(timeline.acquisitions) if item.qubit in qubits)
        duration = max((timeline.acquisitions[index].start for index in indices), default=0)
        own = {
            name: _until(segments, duration)
            for name, segments in signals.items()
            if self._reach[name][0] in qubits and segments[0].start < duration
        }
        if not own:
            return None
        program = PulseProgram(
            duration=duration,
            dt=self._dt,
            signals=own,
            acquisitions=tuple(timeline.acquisitions[index] for index in indices),
            qubits=qubits,
        )
        return QubitGroup(program, indices)


def _until(segments: Iterable[Segment], stop: int) -> tuple[Segment, ...]:
    return tuple(
        segment if segment.stop <= stop else Segment(segment.start, segment.samples[: stop - segment.start])
        for segment in segments
        if segment.start < stop
    )
