# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Writing down what the engine reports.

Whatever is reported counts only if the store still has the job running in the very attempt that is reported.
"""

from __future__ import annotations

import datetime
from typing import Callable, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.dispatch_config import DispatchConfig
from qiskit_ibmq_provider.service.domain.engine import EngineEvent, EventKind
from qiskit_ibmq_provider.service.domain.errors import DomainError, NotFound
from qiskit_ibmq_provider.service.domain.holdings import runs_in
from qiskit_ibmq_provider.service.domain.model import Job, result_blob
from qiskit_ibmq_provider.service.domain.settlement import found_no_space, settle
from qiskit_ibmq_provider.service.domain.store import Store

__all__ = ["Settler"]

logger = get_logger(__name__)


class Settler:
    """Settles reports. Used by one thread.

    Args:
        store: the database.
        blobs: payloads and results.
        config: how the dispatcher behaves.
        clock: the time.
        publish: announces a job that was changed, and whether the queue of its device moved by it.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        config: DispatchConfig,
        clock: Clock,
        publish: Callable[[Job, bool], None],
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._config = config
        self._clock = clock
        self._publish = publish
        self._full_until: Optional[datetime.datetime] = None

    def waits_for_space(self, now: datetime.datetime) -> bool:
        """Tell whether a result found no space just now: other jobs would compute for nothing."""
        return self._full_until is not None and now < self._full_until

    def apply(self, event: EngineEvent) -> None:
        """Write down what one report means for its job.

        Raises:
            DomainError: if that is not possible now; the report has to be kept.
        """
        if event.kind is EventKind.STARTED:
            return
        job = self._store.jobs.get(event.job_id)
        if job is not None and runs_in(job, event.attempt) and self._settle(job, event):
            return
        ref = result_blob(event.job_id, event.attempt)
        if job is None or job.result_ref != ref:
            # If it is the job's result, this report was written down before, and only the answer was lost.
            logger.info("Attempt %d at job %s came too late and is ignored.", event.attempt, event.job_id)
            self._discard(ref)

    def _settle(self, job: Job, event: EngineEvent) -> bool:
        """Write the state that a report leads to; return whether it still counted."""
        if event.kind is EventKind.LOST:
            logger.warning("The worker of job %s died in attempt %d: %s", job.id, job.attempt, event.reason)
        if found_no_space(event):
            pause = self._config.full_pause
            self._full_until = self._clock.now() + datetime.timedelta(seconds=pause)
            logger.error("There is no space for the result of job %s. Jobs wait for %g s.", job.id, pause)
        settled = settle(
            job,
            event,
            self._clock.now(),
            result_size=self._result_size(event),
            time_limit=self._config.limit_of(job.backend_name),
            max_losses=self._config.max_losses,
        )
        if not self._store.jobs.swap(job, settled):
            return False
        self._discard_results(settled)
        self._publish(settled, settled.status is ApiJobStatus.QUEUED)
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
