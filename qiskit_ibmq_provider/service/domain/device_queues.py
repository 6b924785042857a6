# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a device says of its queue, and what a waiting job can expect: its share of the workers, and when it may start.

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

from qiskit_ibmq_provider.protocol.backends import BackendStatusRecord, JobLimitRecord
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Job, Project, QueueEstimate
from qiskit_ibmq_provider.service.domain.store import DeviceLoad, Store

__all__ = ["DeviceQueues", "expected_times", "shares_of"]

_ACTIVE: Final = "active"
"""The one status with which ``least_busy`` considers a device."""

_FRESH_SECONDS: Final = 1.0
"""How long what was read of the queues is used: many waiting clients ask at the same moment."""


class DeviceQueues:
    """The queues of the devices: status, job limits and forecasts. Safe in any thread.

    Args:
        store: the database.
        devices: the catalogue.
        limits: how many jobs a project may have.
        clock: the time.
        workers: how many jobs run at the same time, for estimates.
    """

    def __init__(
        self, store: Store, devices: DeviceCatalogue, limits: Limits, clock: Clock, *, workers: int = 1
    ) -> None:
        self._store = store
        self._devices = devices
        self._limits = limits
        self._clock = clock
        self._workers = max(1, workers)
        # Replaced and never changed, so that threads need no lock: at worst two of them read the same twice.
        self._waiting: tuple[float, Sequence[Project]] = (float("-inf"), ())
        self._loads: Mapping[str, tuple[float, DeviceLoad]] = {}

    def idle(self) -> bool:
        """Return whether no job waits or runs, on any device."""
        return self._store.queue.idle()

    def status(self, backend_name: str) -> BackendStatusRecord:
        """Return the state of a device and how many jobs wait for it.

        Raises:
            UnknownDevice: if there is no such device.
        """
        configuration = self._devices.configuration(backend_name)
        return BackendStatusRecord(
            operational=True,
            status_msg=_ACTIVE,
            pending_jobs=self._store.queue.length(backend_name),
            backend_version=str(configuration["backend_version"]),
            message="",
        )

    def job_limit(self, project: Project, backend_name: str) -> JobLimitRecord:
        """Return how many unfinished jobs a project may have on a device, and how many it has.

        Raises:
            UnknownDevice: if there is no such device.
        """
        self._devices.configuration(backend_name)
        maximum = self._limits.jobs_per_device
        return JobLimitRecord(
            maximum_jobs=None if maximum < 0 else maximum,
            running_jobs=self._store.jobs.count_unfinished(project.id, backend_name),
        )

    def forecast(self, job: Job) -> Optional[QueueEstimate]:
        """Return what a job can expect, or ``None`` if it does not wait."""
        if job.position is None:
            return None
        hub, group, project = shares_of(job.project, self._waiting_projects())
        times = expected_times(self._clock.now(), job.position, self._load(job.backend_name), self._workers)
        starts, completes = times or (None, None)
        return QueueEstimate(hub, group, project, starts, completes)

    def _waiting_projects(self) -> Sequence[Project]:
        now = self._clock.monotonic()
        read, projects = self._waiting
        if now - read > _FRESH_SECONDS:
            projects = self._store.queue.waiting_projects()
            self._waiting = (now, projects)
        return projects

    def _load(self, backend_name: str) -> DeviceLoad:
        now = self._clock.monotonic()
        known = self._loads.get(backend_name)
        if known is not None and now - known[0] <= _FRESH_SECONDS:
            return known[1]
        load = self._store.queue.load(backend_name)
        fresh = {name: entry for name, entry in self._loads.items() if now - entry[0] <= _FRESH_SECONDS}
        self._loads = {**fresh, backend_name: (now, load)}
        return load


def shares_of(project: Project, waiting: Sequence[Project]) -> tuple[float, float, float]:
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
