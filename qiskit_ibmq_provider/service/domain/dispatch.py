# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From the queue to the engine and back.

One thread claims queued jobs for this process, hands them to the engine and writes down how they ended. Whatever
the engine reports counts only if the store still has the job running in the very attempt that is reported.
"""

from __future__ import annotations

import collections
import dataclasses
import datetime
import math
import secrets
import threading
from typing import Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.clock import Clock, SystemClock
from qiskit_ibmq_provider.service.domain.engine import Engine, EngineEvent, EventKind, Task, TaskOutcome
from qiskit_ibmq_provider.service.domain.errors import DomainError, NotFound
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.housekeeping import Housekeeper
from qiskit_ibmq_provider.service.domain.model import Job, payload_blob, result_blob
from qiskit_ibmq_provider.service.domain.store import Holding, Store

__all__ = ["DispatchConfig", "Dispatcher"]

logger = get_logger(__name__)

_OUTCOMES = frozenset(
    {ApiJobStatus.COMPLETED, ApiJobStatus.ERROR_RUNNING_JOB, ApiJobStatus.ERROR_VALIDATING_JOB}
)


@dataclasses.dataclass(frozen=True)
class DispatchConfig:
    """How a dispatcher behaves. Times are in seconds."""

    exclusive: bool = False
    """Whether no other process uses the database, as the lock on the data directory guarantees with SQLite.
    Then what somebody else owns at the start is taken over at once."""

    owner: str = dataclasses.field(default_factory=lambda: secrets.token_hex(8))
    """Names this dispatcher among all; never used twice."""

    lease: float = 60.0
    """How long a claim holds without renewal; it is renewed three times as often."""

    poll: float = 5.0
    """How long to sleep when nothing is announced."""

    time_limit: float = math.inf
    """How long one attempt at a job may run."""

    max_losses: int = 3
    """After so many dead workers a job is given up."""

    max_takeovers: int = 20
    """After so many dead dispatchers a job is given up."""


@dataclasses.dataclass
class _Held:
    """A job that the engine has."""

    attempt: int
    lease_until: datetime.datetime
    forfeited: bool = False
    """Somebody else decided about it; the engine was told to stop."""


class Dispatcher:
    """Runs queued jobs on an engine.

    Args:
        store: the database.
        blobs: payloads and results.
        engine: what runs the jobs; this dispatcher starts and closes it.
        events: where changes are announced.
        config: how to behave.
        housekeeper: what to clean now and then; nothing by default.
        clock: the time.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        engine: Engine,
        events: EventHub,
        config: Optional[DispatchConfig] = None,
        *,
        housekeeper: Optional[Housekeeper] = None,
        clock: Optional[Clock] = None,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._engine = engine
        self._events = events
        self._config = config or DispatchConfig()
        self._housekeeper = housekeeper
        self._clock: Clock = clock or SystemClock()
        self._held: dict[str, _Held] = {}
        # Appended to by other threads, emptied by this one: a deque needs no lock for that.
        self._reports: collections.deque[EngineEvent] = collections.deque()
        self._changed: collections.deque[str] = collections.deque()
        self._announcing: Optional[int] = None
        self._next_look: Optional[datetime.datetime] = None
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: Optional[threading.Thread] = None
        self._stop_listening = events.listen(self._on_change)

    def start(self) -> None:
        """Start the engine and the thread."""
        self.start_engine()
        self._thread = threading.Thread(target=self._run, name="ibmq-dispatcher", daemon=True)
        self._thread.start()

    def start_engine(self) -> None:
        """Start the engine alone, for a caller who makes the rounds by hand."""
        self._engine.start(self._on_report)

    def close(self) -> None:
        """Stop everything and put what was running back into the queue, where it costs no attempt."""
        self._stopping.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self._stop_listening()
        self._engine.close()
        try:
            self._apply_reports()
            for job_id, held in list(self._held.items()):
                self._give_back(job_id, held)
        except DomainError as err:
            # The next start finds these jobs with their old owner and takes them over.
            logger.warning("Not all running jobs could be put back into the queue: %s", err)

    def run_once(self) -> None:
        """Make one round: settle what ended, keep what runs, take over what was abandoned, claim what waits."""
        self._apply_reports()
        self._check_changed()
        self._renew()
        self._take_over()
        self._claim()
        if self._housekeeper is not None:
            self._housekeeper.run_if_due()

    def _run(self) -> None:
        """Make rounds until stopped."""
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self.run_once()
            except DomainError as err:
                # The disk is full or the database away: both pass, and reports are kept until then.
                logger.error("Jobs wait because of the store: %s", err)
                self._stopping.wait(1.0)
            except Exception:  # noqa: BLE001 - a fault in one round must not end the thread: no job would ever run again
                logger.exception("A round of the dispatcher failed; it goes on.")
                self._stopping.wait(1.0)
            self._wake.wait(self._config.poll)

    def _on_report(self, event: EngineEvent) -> None:
        """Take a report of the engine, in any thread."""
        self._reports.append(event)
        self._wake.set()

    def _on_change(self, job_id: str) -> None:
        """Take news about a job, in any thread, but for those that this thread is just announcing itself."""
        if self._announcing == threading.get_ident():
            return
        self._changed.append(job_id)
        self._wake.set()

    def _publish(self, job: Job, *, moved: bool) -> None:
        """Announce a change that this dispatcher made; ``moved`` tells whether the device's queue moved by it."""
        self._announcing = threading.get_ident()
        try:
            self._events.publish(job.id, queue=job.backend_name if moved else None)
        finally:
            self._announcing = None

    def _apply_reports(self) -> None:
        """Settle everything that the engine reported. A report that cannot be written down now is kept."""
        while self._reports:
            event = self._reports.popleft()
            keep = False
            try:
                self._apply(event)
            except DomainError:
                keep = True
                raise
            finally:
                if keep:
                    self._reports.appendleft(event)
                elif event.kind is not EventKind.STARTED:
                    self._let_go(event)

    def _apply(self, event: EngineEvent) -> None:
        """Write down what one report means for its job."""
        if event.kind is EventKind.STARTED:
            return
        job = self._store.jobs.get(event.job_id)
        current = job is not None and job.status is ApiJobStatus.RUNNING and job.attempt == event.attempt
        if job is None or not current or not self._settle(job, event):
            logger.info("Attempt %d at job %s came too late and is ignored.", event.attempt, event.job_id)
            self._blobs.delete(result_blob(event.job_id, event.attempt))

    def _settle(self, job: Job, event: EngineEvent) -> bool:
        """Write the state that a report leads to; return whether it still counted."""
        settled = self._judge(job, event)
        if not self._store.jobs.swap(job, settled):
            return False
        if settled.result_ref is None:
            self._blobs.delete(result_blob(job.id, event.attempt))
        self._publish(settled, moved=settled.status is ApiJobStatus.QUEUED)
        return True

    def _judge(self, job: Job, event: EngineEvent) -> Job:
        """Return the job as a report leaves it."""
        now = self._clock.now()
        if event.kind is EventKind.FINISHED and event.outcome is not None:
            return self._finish(job, event.outcome, now)
        if event.kind is EventKind.TIMED_OUT:
            return lifecycle.time_out(job, now, self._config.time_limit)
        if event.kind is EventKind.CANCELLED:
            # Nobody cancelled the job itself, or it would not be running any more: the engine gave it back.
            return lifecycle.release(job)
        logger.warning("The worker of job %s died in attempt %d: %s", job.id, job.attempt, event.reason)
        return lifecycle.lose(job, now, event.reason, self._config.max_losses)

    def _finish(self, job: Job, outcome: TaskOutcome, now: datetime.datetime) -> Job:
        """Return the job as its worker left it, if that makes sense."""
        ref: Optional[str] = None
        size: Optional[int] = None
        if outcome.has_result:
            ref = result_blob(job.id, job.attempt)
            try:
                size = self._blobs.size(ref)
            except NotFound:
                return lifecycle.lose(job, now, "its result was not stored", self._config.max_losses)
        if outcome.status not in _OUTCOMES or (outcome.status is ApiJobStatus.COMPLETED and ref is None):
            error = JobError(
                f"The worker ended the job as {outcome.status.value} without a result. "
                "This is a fault of the service.",
                int(ErrorCode.EXECUTION_FAILED),
            )
            outcome = dataclasses.replace(outcome, status=ApiJobStatus.ERROR_RUNNING_JOB, error=error)
        return lifecycle.finish(job, now, outcome, ref, size)

    def _let_go(self, event: EngineEvent) -> None:
        """Free the place that an attempt had."""
        held = self._held.get(event.job_id)
        if held is not None and held.attempt == event.attempt:
            del self._held[event.job_id]

    def _check_changed(self) -> None:
        """Stop the engine on jobs that were cancelled or deleted."""
        while self._changed:
            job_id = self._changed.popleft()
            held = self._held.get(job_id)
            if held is None or held.forfeited:
                continue
            job = self._store.jobs.get(job_id)
            if job is None or job.status is not ApiJobStatus.RUNNING or job.attempt != held.attempt:
                self._forfeit(job_id, held)

    def _forfeit(self, job_id: str, held: _Held) -> None:
        """Stop the engine on a job about which somebody else decided; its place is free once it has stopped."""
        held.forfeited = True
        self._engine.cancel(job_id)

    def _renew(self) -> None:
        """Prolong the leases when a third of their time is over, and notice which were lost."""
        now = self._clock.now()
        third = datetime.timedelta(seconds=self._config.lease / 3)
        mine = {job_id: held for job_id, held in self._held.items() if not held.forfeited}
        if not any(held.lease_until - now <= 2 * third for held in mine.values()):
            return
        until = now + 3 * third
        holdings = [Holding(job_id, held.attempt) for job_id, held in mine.items()]
        kept = self._store.queue.renew(self._config.owner, holdings, until)
        for job_id, held in mine.items():
            if Holding(job_id, held.attempt) in kept:
                held.lease_until = until
            else:
                self._forfeit(job_id, held)

    def _take_over(self) -> None:
        """Queue again what a dispatcher that is gone was running; looks at the start and three times per lease."""
        now = self._clock.now()
        if self._next_look is not None and now < self._next_look:
            return
        self._next_look = now + datetime.timedelta(seconds=self._config.lease / 3)
        for job in self._store.queue.abandoned(
            now, owner=self._config.owner, exclusive=self._config.exclusive
        ):
            if job.id in self._held:
                continue
            freed = lifecycle.take_over(job, now, self._config.max_takeovers)
            if self._store.jobs.swap(job, freed):
                logger.warning("Attempt %d at job %s was abandoned; taken over.", job.attempt, job.id)
                self._publish(freed, moved=True)

    def _claim(self) -> None:
        """Fill the engine's free places."""
        free = self._engine.capacity - len(self._held)
        if free <= 0 or self._stopping.is_set():
            return
        now = self._clock.now()
        until = now + datetime.timedelta(seconds=self._config.lease)
        owner = self._config.owner
        claimed = self._store.queue.claim(
            lambda job: lifecycle.claim(job, now, owner, until), limit=free, excluding=list(self._held)
        )
        for job in claimed:
            self._held[job.id] = _Held(job.attempt, until)
            self._publish(job, moved=True)
            self._engine.submit(self._task_of(job))

    def _task_of(self, job: Job) -> Task:
        """Return what the engine needs to know of a claimed job."""
        return Task(
            job_id=job.id,
            attempt=job.attempt,
            backend_name=job.backend_name,
            payload_path=self._blobs.local_path(payload_blob(job.id)),
            result_path=self._blobs.local_path(result_blob(job.id, job.attempt)),
            time_limit=self._config.time_limit,
        )

    def _give_back(self, job_id: str, held: _Held) -> None:
        """Queue a job again that was running when the dispatcher was closed."""
        del self._held[job_id]
        job = self._store.jobs.get(job_id)
        if job is None or job.status is not ApiJobStatus.RUNNING or job.attempt != held.attempt:
            return
        if self._store.jobs.swap(job, lifecycle.release(job)):
            self._publish(job, moved=True)
