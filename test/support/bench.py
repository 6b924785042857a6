# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The parts of a service put together around a store, with a clock, an engine and devices in the test's hands."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from support.listed_devices import ListedDevices
from support.manual_clock import ManualClock
from support.manual_engine import ManualEngine

from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.service.domain.accounts import Accounts
from qiskit_ibmq_provider.service.domain.device_queues import DeviceQueues
from qiskit_ibmq_provider.service.domain.dispatch import DispatchConfig, Dispatcher
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.housekeeping import Housekeeper, HousekeepingConfig
from qiskit_ibmq_provider.service.domain.jobs import Jobs
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Job, Principal, Project
from qiskit_ibmq_provider.service.domain.store import Store
from qiskit_ibmq_provider.service.domain.submission import RequestedJob, Submissions
from qiskit_ibmq_provider.service.store.blobs import DirectoryBlobs

__all__ = ["Bench"]

API_TOKEN = "the-api-token-of-the-bench"


class Bench:
    """A service without its web side.

    Args:
        store: the database.
        directory: where the blobs go.
        limits: what is accepted.
    """

    def __init__(self, store: Store, directory: Path, limits: Optional[Limits] = None) -> None:
        self.store = store
        self.blobs = DirectoryBlobs(directory / "blobs")
        self.clock = ManualClock()
        self.devices = ListedDevices()
        self.events = EventHub()
        self.limits = limits or Limits()
        self.accounts = Accounts(store, self.clock)
        self.queues = DeviceQueues(store, self.devices, self.limits, self.clock)
        self.jobs = Jobs(store, self.blobs, self.devices, self.queues, self.limits, self.events, self.clock)
        self.submissions = Submissions(
            store, self.blobs, self.devices, self.jobs, self.limits, self.events, self.clock
        )
        self.accounts.bootstrap(API_TOKEN, [("ibm-q", "open", "main"), ("campus", "physics", "qc101")])
        self.principal: Principal = self.accounts.authenticate(self.accounts.login(API_TOKEN).id)

    @property
    def project(self) -> Project:
        """The default project."""
        return self.principal.projects[0]

    @property
    def other_project(self) -> Project:
        """Another project of the same user."""
        return self.principal.projects[1]

    def dispatcher(
        self,
        engine: ManualEngine,
        config: Optional[DispatchConfig] = None,
        housekeeping: Optional[HousekeepingConfig] = None,
    ) -> Dispatcher:
        """Return a dispatcher that runs when the test says so; its engine is started."""
        housekeeper = None
        if housekeeping is not None:
            housekeeper = Housekeeper(self.store, self.blobs, self.events, self.clock, housekeeping)
        dispatcher = Dispatcher(
            self.store, self.blobs, engine, self.events, config, housekeeper=housekeeper, clock=self.clock
        )
        dispatcher.start_engine()
        return dispatcher

    def draft(self, backend_name: str = "alpha", project: Optional[Project] = None, **fields: Any) -> Job:
        """Create a job that waits for its payload."""
        request = JobCreateRequest(backend_name, **fields)
        return self.submissions.create(RequestedJob(self.principal, project or self.project, request))

    def upload(self, job: Job, data: bytes = b'{"qobj_id": "q"}') -> None:
        """Send the payload of a job."""
        writer = self.submissions.open_payload(job.id)
        writer.write(data)
        writer.commit()

    def queued(self, backend_name: str = "alpha", project: Optional[Project] = None, **fields: Any) -> Job:
        """Create a job, send its payload and announce it."""
        job = self.draft(backend_name, project, **fields)
        self.upload(job)
        return self.submissions.announce(job.project, job.id)

    def reread(self, job: Job) -> Job:
        """Return a job as it is now."""
        return self.jobs.get(job.project, job.id)
