# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The interface of the engine that runs tasks.

The service owns the state of a job; an engine runs what it is given, once, and reports. It never
retries: a lost task is reported as lost, and the dispatcher decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Callable, Optional, Protocol

from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus

__all__ = ["Engine", "EngineEvent", "EventKind", "Task", "TaskOutcome"]


@dataclass(frozen=True)
class Task:
    """One attempt at one job. Picklable: it travels to a worker process."""

    job_id: str
    """The job, 24 hexadecimal digits."""

    attempt: int
    """Which attempt this is, from 1. Every event carries it back."""

    backend_name: str
    """The device on which to run."""

    payload_path: Path
    """The Qobj document, exactly as it was uploaded."""

    result_path: Path
    """Where the Result document goes: written by ``durable.DurableFile``, so that it is whole or absent."""

    time_limit: float
    """Seconds after which the worker is killed and ``TIMED_OUT`` reported; ``inf`` for no limit."""

    options: Mapping[str, Any] = field(default_factory=dict)
    """What else the worker must know; plain JSON values."""


@dataclass(frozen=True)
class TaskOutcome:
    """How a task ended when its worker lived to say so. Picklable."""

    status: ApiJobStatus
    """A final status: ``COMPLETED``, ``ERROR_VALIDATING_JOB`` or ``ERROR_RUNNING_JOB``."""

    error: Optional[JobError] = None
    """Why it failed; ``None`` when it did not."""

    has_result: bool = False
    """Whether a Result document was committed to ``result_path``."""

    summary: Mapping[str, Any] = field(default_factory=dict)
    """What ``summaryData.summary`` shows: ``num_circuits``, ``gates_executed``,
    ``max_qubits_used``, ``qobj_config`` and so on; as much as is known."""

    time_taken: float = 0.0
    """Seconds of the execution itself."""


class EventKind(str, Enum):
    """What an engine reports of a task."""

    STARTED = "started"
    FINISHED = "finished"
    """The worker returned; ``outcome`` says how."""
    LOST = "lost"
    """The worker died under the task; ``reason`` says what is known."""
    CANCELLED = "cancelled"
    TIMED_OUT = "timed-out"


@dataclass(frozen=True)
class EngineEvent:
    """One report about one attempt.

    After ``submit`` returned, an engine reports exactly one event other than ``STARTED``, unless it was
    closed first.
    """

    kind: EventKind
    job_id: str
    attempt: int
    outcome: Optional[TaskOutcome] = None
    """Only with ``FINISHED``."""
    reason: str = ""
    """For the log and, with ``LOST``, for the user's error message."""


class Engine(Protocol):
    """Something that runs tasks, at most ``capacity`` at once. Safe in any thread."""

    @property
    def capacity(self) -> int:
        """How many tasks it takes at once; at least 1 and constant after ``start``."""
        ...

    def start(self, listener: Callable[[EngineEvent], None]) -> None:
        """Get ready, and report events to ``listener`` from now on.

        The listener may be called from any thread, is quick and does not raise.
        """
        ...

    def submit(self, task: Task) -> None:
        """Take a task. A failure to start it is reported as ``LOST``, not raised."""
        ...

    def cancel(self, job_id: str) -> None:
        """Kill the task of a job, if there is one, running or waiting; unknown ids are ignored.

        ``CANCELLED`` is reported, or ``FINISHED`` if the task was faster. At most one task of a job is
        with the engine at any time.
        """
        ...

    def close(self) -> None:
        """Kill what runs and free everything. No event is reported after this returned."""
        ...
