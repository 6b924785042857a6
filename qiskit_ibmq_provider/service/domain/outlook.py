# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a waiting job can expect: its share of the workers, and when it may start.

Free workers go to the project that has the fewest jobs running, so the projects that wait get equal shares of them.
A project's priority is that share; a group's and a hub's are the sums over their waiting projects. Whoever waits
alone has 1.0 everywhere.

The times are estimates: every job ahead on the same device, waiting or running, is taken to run as long as the
device's recent jobs did on average, and all workers to be there for this device.
"""

from __future__ import annotations

import collections
import datetime
from collections.abc import Mapping, Sequence
from typing import Final, Optional

from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.model import Job, Project, QueueEstimate
from qiskit_ibmq_provider.service.domain.store import DeviceLoad, QueueStore

__all__ = ["Outlooks", "expected_times", "shares_of"]

_FRESH_SECONDS: Final = 1.0
"""How long what was read of the queues is used: many waiting clients ask at the same moment."""

Shares = tuple[float, float, float]


class Outlooks:
    """Looks ahead for waiting jobs. Safe in any thread.

    Args:
        queue: the jobs as dispatchers see them.
        clock: the time.
        workers: how many jobs run at the same time.
    """

    def __init__(self, queue: QueueStore, clock: Clock, workers: int) -> None:
        self._queue = queue
        self._clock = clock
        self._workers = max(1, workers)
        # Replaced and never changed, so that threads need no lock: at worst two of them read the same twice.
        self._waiting: tuple[float, Sequence[Project]] = (float("-inf"), ())
        self._loads: Mapping[str, tuple[float, DeviceLoad]] = {}

    def of(self, job: Job) -> Optional[QueueEstimate]:
        """Return what a job can expect, or ``None`` if it does not wait."""
        if job.position is None:
            return None
        hub, group, project = shares_of(job.project, self._waiting_projects())
        times = expected_times(self._clock.now(), job.position, self._load(job.backend_name), self._workers)
        starts, completes = times or (None, None)
        return QueueEstimate(hub, group, project, starts, completes)

    def _waiting_projects(self) -> Sequence[Project]:
        """Return the projects that have waiting jobs."""
        now = self._clock.monotonic()
        read, projects = self._waiting
        if now - read > _FRESH_SECONDS:
            projects = self._queue.waiting_projects()
            self._waiting = (now, projects)
        return projects

    def _load(self, backend_name: str) -> DeviceLoad:
        """Return what is known of a device."""
        now = self._clock.monotonic()
        known = self._loads.get(backend_name)
        if known is not None and now - known[0] <= _FRESH_SECONDS:
            return known[1]
        load = self._queue.load(backend_name)
        fresh = {name: entry for name, entry in self._loads.items() if now - entry[0] <= _FRESH_SECONDS}
        self._loads = {**fresh, backend_name: (now, load)}
        return load


def shares_of(project: Project, waiting: Sequence[Project]) -> Shares:
    """Return the shares of the next free workers that go to a waiting project's hub, group and project itself.

    Args:
        project: a project with a waiting job.
        waiting: all projects with waiting jobs; the project counts whether or not it is among them.
    """
    everyone = {(each.hub, each.group, each.project) for each in (*waiting, project)}
    hubs = collections.Counter(hub for hub, _, _ in everyone)
    groups = collections.Counter((hub, group) for hub, group, _ in everyone)
    total = len(everyone)
    return hubs[project.hub] / total, groups[project.hub, project.group] / total, 1 / total


def expected_times(
    now: datetime.datetime, position: int, load: DeviceLoad, workers: int
) -> Optional[tuple[datetime.datetime, datetime.datetime]]:
    """Return when a job may start and end, or ``None`` where no job of the device ran lately.

    Args:
        now: the time.
        position: its place in the device's queue, from 1.
        load: what runs on the device, and for how long its jobs run.
        workers: how many jobs run at the same time.
    """
    if load.mean_seconds is None:
        return None
    ahead = position - 1 + load.running
    starts = now + datetime.timedelta(seconds=ahead * load.mean_seconds / workers)
    return starts, starts + datetime.timedelta(seconds=load.mean_seconds)
