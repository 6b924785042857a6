# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From the queue to the engine and back.

One thread claims queued jobs for this process, hands them to the engine and writes down how they ended. Whatever
the engine reports counts only if the store still has the job running in the very attempt that is reported.
"""

from __future__ import annotations

import collections
import datetime
import threading
from typing import Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.dispatch_config import DispatchConfig
from qiskit_ibmq_provider.service.domain.engine import Engine, EngineEvent, EventKind, Task
from qiskit_ibmq_provider.service.domain.errors import DomainError
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.holdings import Holdings, runs_in
from qiskit_ibmq_provider.service.domain.housekeeping import Housekeeper
from qiskit_ibmq_provider.service.domain.model import Job, payload_blob, result_blob
from qiskit_ibmq_provider.service.domain.settlement import without_payload
from qiskit_ibmq_provider.service.domain.settler import Settler
from qiskit_ibmq_provider.service.domain.store import Store

__all__ = ["DispatchConfig", "Dispatcher"]

logger = get_logger(__name__)

_BREATH: Final = 0.02
"""Seconds between two portions of cleaning."""


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
        self._settler = Settler(store, blobs, self._config, self._clock, self._publish)
        self._holdings = Holdings(store, engine, self._config.owner, self._config.lease)
        # Appended to by other threads, emptied by this one: a deque needs no lock for that.
        self._reports: collections.deque[EngineEvent] = collections.deque()
        self._changed: collections.deque[str] = collections.deque()
        self._claimed: collections.deque[Job] = collections.deque()
        self._announcing: Optional[int] = None
        self._cleans = False
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
            for job in self._store.jobs.existing(self._holdings.ids).values():
                self._give_back(job)
        except DomainError as err:
            # The next start finds these jobs with their old owner and takes them over.
            logger.warning("Not all running jobs could be put back into the queue: %s", err)

    def run_once(self) -> None:
        """Make one round: settle what ended, keep what runs, take over what was abandoned, claim what waits."""
        self._apply_reports()
        while self._changed:
            self._holdings.check(self._changed.popleft())
        self._holdings.renew(self._clock.now())
        self._take_over()
        self._hand_over_claimed()
        self._claim()
        self._hand_over_claimed()
        self._cleans = self._housekeeper is not None and self._housekeeper.run_if_due()

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
        """Settle everything that the engine reported. A report that cannot be written down now is kept."""
        while self._reports:
            event = self._reports.popleft()
            keep = False
            try:
                self._settler.apply(event)
            except DomainError:
                keep = True
                raise
            finally:
                if keep:
                    self._reports.appendleft(event)
                elif event.kind is not EventKind.STARTED:
                    self._holdings.drop(event.job_id, event.attempt)

    def _take_over(self) -> None:
        """Queue again what a dispatcher that is gone was running; looks at the start and three times per lease."""
        now = self._clock.now()
        if self._next_look is not None and now < self._next_look:
            return
        self._next_look = now + datetime.timedelta(seconds=self._config.lease / 3)
        for job in self._store.queue.abandoned(
            now, owner=self._config.owner, exclusive=self._config.exclusive
        ):
            if job.id in self._holdings.ids:
                continue
            freed = lifecycle.take_over(job, now, self._config.max_takeovers)
            if self._store.jobs.swap(job, freed):
                logger.warning("Attempt %d at job %s was abandoned; taken over.", job.attempt, job.id)
                self._publish(freed, True)

    def _claim(self) -> None:
        """Fill the engine's free places."""
        held = self._holdings.ids
        free = self._engine.capacity - len(held)
        if free <= 0 or self._stopping.is_set():
            return
        now = self._clock.now()
        if self._settler.waits_for_space(now):
            return
        until = self._holdings.lease_end(now)
        claimed = self._store.queue.claim(
            lambda job: lifecycle.claim(job, now, self._config.owner, until), limit=free, excluding=held
        )
        for job in claimed:
            self._holdings.add(job, until)
            self._publish(job, True)
        self._claimed.extend(claimed)

    def _hand_over_claimed(self) -> None:
        """Give the claimed jobs to the engine. If the store fails in between, the rest has its turn in the next round."""
        while self._claimed:
            job = self._claimed[0]
            if runs_in(self._store.jobs.get(job.id), job.attempt):
                self._hand_over(job)
            else:
                self._holdings.drop(job.id, job.attempt)
            self._claimed.popleft()

    def _hand_over(self, job: Job) -> None:
        """Give a claimed job to the engine."""
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
        ended = self._store.jobs.swap(job, without_payload(job, self._clock.now()))
        self._holdings.drop(job.id, job.attempt)
        if ended:
            self._publish(job, False)

    def _give_back(self, job: Job) -> None:
        """Queue a job again that the engine does not run."""
        held_here = job.status is ApiJobStatus.RUNNING and job.owner == self._config.owner
        given_back = held_here and self._store.jobs.swap(job, lifecycle.release(job))
        self._holdings.drop(job.id, job.attempt)
        if given_back:
            self._publish(job, True)
