# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How many samples the schedules of one job may play in all, so that a job does not run out of memory."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.steps import Play, Step
from qiskit_ibmq_provider.service.executor.refusal import Refusal

__all__ = ["SampleBudget"]

_BYTES: Final = 256
"""Bytes that one sample takes while it is evolved: itself, its Hamiltonian and its step."""


class SampleBudget:
    """Counts the samples that drive and control channels play.

    Args:
        memory: bytes of memory of one worker.
    """

    def __init__(self, memory: int) -> None:
        self._limit = max(1, memory // _BYTES)
        self._taken = 0

    def take(self, steps: Iterable[Step], where: str) -> None:
        """Count a schedule.

        Args:
            steps: its instructions.
            where: the schedule, to begin messages with.

        Raises:
            Refusal: with this schedule the job plays too much.
        """
        self._taken += sum(
            step.duration for step in steps if isinstance(step, Play) and step.channel.moves_qubits
        )
        if self._taken > self._limit:
            raise Refusal(
                f"{where}: the schedules up to this one play {self._taken} samples on drive and control channels. A worker of this service has "
                f"memory for {self._limit} samples in one job. Use shorter pulses, or send the schedules in several jobs.",
                ErrorCode.TOO_MANY_EXPERIMENTS,
            )
