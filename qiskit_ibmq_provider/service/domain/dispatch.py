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
from collections.abc import Collection, Mapping
from typing import Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.engine import Engine, EngineEvent, EventKind, Task
from qiskit_ibmq_provider.service.domain.errors import DomainError, NotFound
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.housekeeping import Housekeeper
from qiskit_ibmq_provider.service.domain.model import Job, payload_blob, result_blob
from qiskit_ibmq_provider.service.domain.store import Holding, Store

__all__ = ["DispatchConfig", "Dispatcher"]

logger = get_logger(__name__)

_BREATH: Final = 0.02
"""Seconds between two portions of cleaning."""


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

    full_pause: float = 5.0
    """How long no job is started after one whose result found no space."""

    time_limit: float = math.inf
    """How long one attempt at a job may run."""

    device_limits: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """The same for single devices, by name."""

    max_losses: int = 3
    """After so many dead workers a job is given up."""

    max_takeovers: int = 100
    """After so many dead dispatchers a job is given up. A service that is killed often, and soon after its start,
    kills the oldest jobs again and again, and they are not to blame."""

    def limit_of(self, device: str) -> float:
        """Return how long one attempt at a job on a device may run."""
        return self.device_limits.get(device, self.time_limit)


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
        self._clock: Clock = clock or Clock()
        self._held = _HeldJobs(store, engine, self._config.owner, self._config.lease)
        # Appended to by other threads, emptied by this one: a deque needs no lock for that.
        self._reports: collections.deque[EngineEvent] = collections.deque()
        self._changed: collections.deque[str] = collections.deque()
        self._claimed: collections.deque[Job] = collections.deque()
        self._announcing: Optional[int] = None
        self._cleans = False
        self._next_look: Optional[datetime.datetime] = None
        self._full_until: Optional[datetime.datetime] = None
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
            for job in self._store.jobs.existing(self._held.ids).values():
                self._give_back(job)
        except DomainError as err:
            # The next start finds these jobs with their old owner and takes them over.
            logger.warning("Not all running jobs could be put back into the queue: %s", err)

    def run_once(self) -> None:
        """Make one round: write down what ended, keep what runs, take over what was abandoned, claim what waits."""
        self._apply_reports()
        while self._changed:
            self._held.check(self._changed.popleft())
        self._held.renew(self._clock.now())
        self._take_over()
        self._hand_over_claimed()
        self._claim()
        self._hand_over_claimed()
        self._cleans = self._housekeeper is not None and self._housekeeper.run_if_due()

    def _run(self) -> None:
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
            self._wake.wait(_BREATH if self._cleans else self._config.poll)

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

    def _publish(self, job: Job, moved: bool) -> None:
        """Announce a change that this dispatcher made; ``moved`` tells whether the device's queue moved by it."""
        self._announcing = threading.get_ident()
        try:
            self._events.publish(job.id, queue=job.backend_name if moved else None)
        finally:
            self._announcing = None

    def _apply_reports(self) -> None:
        """Write down everything that the engine reported. A report that cannot be written down now is kept."""
        while self._reports:
            event = self._reports.popleft()
            keep = False
            try:
                self._apply_report(event)
            except DomainError:
                keep = True
                raise
            finally:
                if keep:
                    self._reports.appendleft(event)
                elif event.kind is not EventKind.STARTED:
                    self._held.drop(event.job_id, event.attempt)

    def _apply_report(self, event: EngineEvent) -> None:
        """Write down what one report means for its job, or raise if that is not possible now."""
        if event.kind is EventKind.STARTED:
            return
        job = self._store.jobs.get(event.job_id)
        if job is not None and _runs_in(job, event.attempt) and self._write_down(job, event):
            return
        ref = result_blob(event.job_id, event.attempt)
        if job is None or job.result_ref != ref:
            # If it is the job's result, this report was written down before, and only the answer was lost.
            logger.info("Attempt %d at job %s came too late and is ignored.", event.attempt, event.job_id)
            self._discard(ref)

    def _write_down(self, job: Job, event: EngineEvent) -> bool:
        """Write the state that a report leads to; return whether the report still counted."""
        if event.kind is EventKind.LOST:
            logger.warning("The worker of job %s died in attempt %d: %s", job.id, job.attempt, event.reason)
        if lifecycle.found_no_space(event):
            pause = self._config.full_pause
            self._full_until = self._clock.now() + datetime.timedelta(seconds=pause)
            logger.error("There is no space for the result of job %s. Jobs wait for %g s.", job.id, pause)
        changed = lifecycle.after_report(
            job,
            event,
            self._clock.now(),
            result_size=self._result_size(event),
            time_limit=self._config.limit_of(job.backend_name),
            max_losses=self._config.max_losses,
        )
        if not self._store.jobs.swap(job, changed):
            return False
        self._discard_results(changed)
        self._publish(changed, changed.status is ApiJobStatus.QUEUED)
        return True

    def _discard_results(self, job: Job) -> None:
        """Delete what the attempts at a job wrote, but for the result that counts."""
        for attempt in range(1, job.attempt + 1):
            ref = result_blob(job.id, attempt)
            if ref != job.result_ref:
                self._discard(ref)

    def _result_size(self, event: EngineEvent) -> Optional[int]:
        """Return how large the result of a reported attempt is, or ``None`` if it has none."""
        if event.outcome is None or not event.outcome.has_result:
            return None
        try:
            return self._blobs.size(result_blob(event.job_id, event.attempt))
        except NotFound:
            return None

    def _discard(self, ref: str) -> None:
        """Delete a result that nobody wants, finished or not; if that fails, housekeeping finds it later."""
        try:
            self._blobs.discard(ref)
        except DomainError as err:
            logger.warning("The unwanted %s was not deleted: %s", ref, err)

    def _take_over(self) -> None:
        """Queue again what a dispatcher that is gone was running; looks at the start and three times per lease."""
        now = self._clock.now()
        if self._next_look is not None and now < self._next_look:
            return
        self._next_look = now + datetime.timedelta(seconds=self._config.lease / 3)
        for job in self._store.queue.abandoned(
            now, owner=self._config.owner, exclusive=self._config.exclusive
        ):
            if job.id in self._held.ids:
                continue
            freed = lifecycle.take_over(job, now, self._config.max_takeovers)
            if self._store.jobs.swap(job, freed):
                logger.warning("Attempt %d at job %s was abandoned; taken over.", job.attempt, job.id)
                self._publish(freed, True)

    def _claim(self) -> None:
        held = self._held.ids
        free = self._engine.capacity - len(held)
        if free <= 0 or self._stopping.is_set():
            return
        now = self._clock.now()
        if self._full_until is not None and now < self._full_until:
            # A result found no space just now: other jobs would compute for nothing.
            return
        until = self._held.lease_end(now)
        claimed = self._store.queue.claim(
            lambda job: lifecycle.claim(job, now, self._config.owner, until), limit=free, excluding=held
        )
        for job in claimed:
            self._held.add(job, until)
            self._publish(job, True)
        self._claimed.extend(claimed)

    def _hand_over_claimed(self) -> None:
        """Give the claimed jobs to the engine. If the store fails in between, the rest has its turn in the next round."""
        while self._claimed:
            job = self._claimed[0]
            if _runs_in(self._store.jobs.get(job.id), job.attempt):
                self._hand_over(job)
            else:
                self._held.drop(job.id, job.attempt)
            self._claimed.popleft()

    def _hand_over(self, job: Job) -> None:
        payload = payload_blob(job.id)
        try:
            if not self._blobs.exists(payload):
                self._fail(job)
                return
            task = Task(
                job_id=job.id,
                attempt=job.attempt,
                backend_name=job.backend_name,
                payload_path=self._blobs.local_path(payload),
                result_path=self._blobs.local_path(result_blob(job.id, job.attempt)),
                time_limit=self._config.limit_of(job.backend_name),
            )
        except DomainError as err:
            logger.error("Job %s cannot be run now: %s", job.id, err)
            self._give_back(job)
            return
        self._engine.submit(task)

    def _fail(self, job: Job) -> None:
        """End a claimed job whose payload is gone from the disk."""
        ended = self._store.jobs.swap(job, lifecycle.without_payload(job, self._clock.now()))
        self._held.drop(job.id, job.attempt)
        if ended:
            self._publish(job, False)

    def _give_back(self, job: Job) -> None:
        """Queue a job again that the engine does not run."""
        held_here = job.status is ApiJobStatus.RUNNING and job.owner == self._config.owner
        given_back = held_here and self._store.jobs.swap(job, lifecycle.release(job))
        self._held.drop(job.id, job.attempt)
        if given_back:
            self._publish(job, True)


def _runs_in(job: Optional[Job], attempt: int) -> bool:
    return job is not None and job.status is ApiJobStatus.RUNNING and job.attempt == attempt


@dataclasses.dataclass
class _HeldJob:
    """A job that the engine has."""

    attempt: int
    lease_until: datetime.datetime
    forfeited: bool = False
    """Somebody else decided about it; the engine was told to stop, and the place is free once it has."""


class _HeldJobs:
    """The jobs that the engine has, one for each of its taken places. Used by one thread.

    Args:
        store: the database.
        engine: what runs the jobs.
        owner: the name of the dispatcher.
        lease: how long a lease holds, in seconds; it is renewed when a third of that is over.
    """

    def __init__(self, store: Store, engine: Engine, owner: str, lease: float) -> None:
        self._store = store
        self._engine = engine
        self._owner = owner
        self._third = datetime.timedelta(seconds=lease / 3)
        self._held: dict[str, _HeldJob] = {}

    @property
    def ids(self) -> Collection[str]:
        return list(self._held)

    def lease_end(self, now: datetime.datetime) -> datetime.datetime:
        return now + 3 * self._third

    def add(self, job: Job, lease_until: datetime.datetime) -> None:
        self._held[job.id] = _HeldJob(job.attempt, lease_until)

    def drop(self, job_id: str, attempt: int) -> None:
        """Count an attempt no more."""
        held = self._held.get(job_id)
        if held is not None and held.attempt == attempt:
            del self._held[job_id]

    def check(self, job_id: str) -> None:
        """Stop the engine on a job if it was cancelled, deleted or taken over."""
        held = self._held.get(job_id)
        if held is not None and not _runs_in(self._store.jobs.get(job_id), held.attempt):
            self._forfeit(job_id, held)

    def renew(self, now: datetime.datetime) -> None:
        """Prolong the leases if it is time, and stop the engine on jobs whose lease was lost.

        That it is time is told by the same clock that ends the lease: a machine that slept finds its leases due.
        """
        mine = {job_id: held for job_id, held in self._held.items() if not held.forfeited}
        if not any(held.lease_until - now <= 2 * self._third for held in mine.values()):
            return
        until = self.lease_end(now)
        wanted = [Holding(job_id, held.attempt) for job_id, held in mine.items()]
        kept = self._store.queue.renew(self._owner, wanted, until)
        for job_id, held in mine.items():
            if Holding(job_id, held.attempt) in kept:
                held.lease_until = until
            else:
                self._forfeit(job_id, held)

    def _forfeit(self, job_id: str, held: _HeldJob) -> None:
        if not held.forfeited:
            held.forfeited = True
            self._engine.cancel(job_id)
