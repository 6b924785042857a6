# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""An engine whose tasks end when the test says so, and as the test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any, Callable, Optional

from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.durable import DurableFile
from qiskit_ibmq_provider.service.domain.engine import EngineEvent, EventKind, Task, TaskOutcome

__all__ = ["ManualEngine"]


class ManualEngine:
    """Implements the domain's engine.

    Args:
        capacity: how many tasks it takes at once; more are refused with an assertion.
        prompt_cancel: whether a cancelled task ends at once; otherwise the test ends it.
    """

    def __init__(self, capacity: int = 2, *, prompt_cancel: bool = True) -> None:
        self.capacity = capacity
        self.tasks: dict[str, Task] = {}
        self.submitted: list[Task] = []
        self.cancelled: list[str] = []
        self.closed = False
        self.taken = threading.Event()
        """Set when a task has been taken."""
        self._prompt_cancel = prompt_cancel
        self._listener: Optional[Callable[[EngineEvent], None]] = None

    def start(self, listener: Callable[[EngineEvent], None]) -> None:
        """Report to this listener."""
        self._listener = listener

    def submit(self, task: Task) -> None:
        """Take a task."""
        assert task.job_id not in self.tasks, "a job is with the engine twice"
        assert len(self.tasks) < self.capacity, "the engine was given more than it takes"
        self.tasks[task.job_id] = task
        self.submitted.append(task)
        self._report(EventKind.STARTED, task)
        self.taken.set()

    def cancel(self, job_id: str) -> None:
        """Take note, and end the task unless the test wants to."""
        self.cancelled.append(job_id)
        if self._prompt_cancel and job_id in self.tasks:
            self.acknowledge_cancel(job_id)

    def close(self) -> None:
        """Forget everything and report no more."""
        self.closed = True
        self.tasks.clear()
        self._listener = None

    def complete(self, job_id: str, result: Optional[Mapping[str, Any]] = None, **outcome: Any) -> Task:
        """Let a task succeed with a result."""
        task = self.tasks.pop(job_id)
        with DurableFile(task.result_path) as file:
            file.write(json.dumps(result or {"success": True, "attempt": task.attempt}).encode())
        ended = TaskOutcome(ApiJobStatus.COMPLETED, has_result=True, **outcome)
        self._report(EventKind.FINISHED, task, outcome=ended)
        return task

    def finish(self, job_id: str, outcome: TaskOutcome) -> Task:
        """Let a task end with any outcome; a result is not written."""
        task = self.tasks.pop(job_id)
        self._report(EventKind.FINISHED, task, outcome=outcome)
        return task

    def refuse(self, job_id: str, message: str, code: int) -> Task:
        """Let a task fail the validation of its payload."""
        error = JobError(message, code)
        return self.finish(job_id, TaskOutcome(ApiJobStatus.ERROR_VALIDATING_JOB, error=error))

    def lose(self, job_id: str, reason: str = "exit code -9") -> Task:
        """Let the worker of a task die."""
        task = self.tasks.pop(job_id)
        self._report(EventKind.LOST, task, reason=reason)
        return task

    def time_out(self, job_id: str) -> Task:
        """Let a task reach its time limit."""
        task = self.tasks.pop(job_id)
        self._report(EventKind.TIMED_OUT, task)
        return task

    def acknowledge_cancel(self, job_id: str) -> Task:
        """Let a task end because it was cancelled."""
        task = self.tasks.pop(job_id)
        self._report(EventKind.CANCELLED, task)
        return task

    def report_late(self, task: Task, outcome: TaskOutcome) -> None:
        """Report a task that ended before once more, as a worker would that was thought dead."""
        self._report(EventKind.FINISHED, task, outcome=outcome)

    def _report(
        self, kind: EventKind, task: Task, outcome: Optional[TaskOutcome] = None, reason: str = ""
    ) -> None:
        if self._listener is not None:
            self._listener(EngineEvent(kind, task.job_id, task.attempt, outcome, reason))
