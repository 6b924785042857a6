# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What must be cleaned now and then: drafts without payload, blobs without job, what has expired."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
import re
from collections.abc import Iterator
from typing import Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain import lifecycle
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.model import Job
from qiskit_ibmq_provider.service.domain.store import Store

__all__ = ["Housekeeper", "HousekeepingConfig", "is_orphan"]

logger = get_logger(__name__)

_BLOB: Final = re.compile(r"(payload|result)/[0-9a-f]{2}/([0-9a-f]{24})(?:-([0-9]+))?\.json")
_BATCH: Final = 500
"""How many drafts or blobs are looked at in one go: other work of the same thread comes between."""


@dataclasses.dataclass(frozen=True)
class HousekeepingConfig:
    """How often and after how long. Times are in seconds."""

    interval: float = 60.0
    """Between two looks."""

    scan_interval: float = 86400.0
    """Between two searches through all blobs."""

    draft_ttl: float = 3600.0
    """After this time without a payload a job is given up, and an unfinished file is nobody's any more. Clients
    give an upload ten minutes."""

    key_ttl: float = 172800.0
    """How long idempotency keys are remembered; clients may count on a day."""


class Housekeeper:
    """Cleans in small portions, so that whoever calls it is never held up for long.

    Args:
        store: the database.
        blobs: payloads and results.
        events: where changes are announced.
        clock: the time.
        config: how often and after how long.
    """

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        events: EventHub,
        clock: Clock,
        config: Optional[HousekeepingConfig] = None,
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._events = events
        self._clock = clock
        self._config = config or HousekeepingConfig()
        self._next_look: Optional[datetime.datetime] = None
        self._next_scan: Optional[datetime.datetime] = None
        self._scan: Optional[Iterator[str]] = None

    def sweep_at_start(self) -> int:
        """Remove every unfinished file, for a service that knows that nobody else writes; return how many."""
        return self._blobs.sweep_temporary(older_than=0.0)

    def run_if_due(self) -> bool:
        """Do the next portion if it is time for it; return whether there is another one to do now."""
        now = self._clock.now()
        if self._next_look is None or now >= self._next_look:
            self._next_look = now + datetime.timedelta(seconds=self._config.interval)
            self._abandon_drafts(now)
            self._store.accounts.delete_expired(now)
            self._store.jobs.delete_keys(now - datetime.timedelta(seconds=self._config.key_ttl))
        if self._scan is None and (self._next_scan is None or now >= self._next_scan):
            self._next_scan = now + datetime.timedelta(seconds=self._config.scan_interval)
            self._blobs.sweep_temporary(older_than=self._config.draft_ttl)
            self._scan = self._blobs.refs(older_than=self._config.draft_ttl)
        if self._scan is not None and not self._delete_orphans(self._scan):
            self._scan = None
        return self._scan is not None

    def _abandon_drafts(self, now: datetime.datetime) -> None:
        before = now - datetime.timedelta(seconds=self._config.draft_ttl)
        for job in self._store.jobs.stale_drafts(before, _BATCH):
            if self._store.jobs.swap(job, lifecycle.abandon(job, now)):
                logger.info("Job %s was given up: its payload never arrived.", job.id)
                self._events.publish(job.id)

    def _delete_orphans(self, scan: Iterator[str]) -> bool:
        """Delete those of the next blobs that belong to no job; return whether there may be more."""
        portion = list(itertools.islice(scan, _BATCH))
        owners = {ref: named[2] for ref in portion if (named := _BLOB.fullmatch(ref))}
        jobs = self._store.jobs.existing(set(owners.values()))
        for ref, job_id in owners.items():
            if is_orphan(ref, jobs.get(job_id)):
                logger.info("The blob %s belongs to no job and is deleted.", ref)
                self._blobs.delete(ref)
        return len(portion) == _BATCH


def is_orphan(ref: str, job: Optional[Job]) -> bool:
    """Tell whether nobody can ever ask for a blob again.

    Args:
        ref: the blob; one that names no job is never an orphan.
        job: the job that the ref names, as it is now, or ``None`` if there is none.
    """
    named = _BLOB.fullmatch(ref)
    if named is None:
        return False
    if job is None:
        return True
    if named[1] == "payload":
        return job.is_final and job.payload_size is None
    running = job.status is ApiJobStatus.RUNNING and named[3] == str(job.attempt)
    return not running and ref != job.result_ref
