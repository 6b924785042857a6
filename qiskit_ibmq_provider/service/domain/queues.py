# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a device says of its queue."""

from __future__ import annotations

from typing import Final

from qiskit_ibmq_provider.protocol.backends import BackendStatusRecord, JobLimitRecord
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import Project
from qiskit_ibmq_provider.service.domain.store import Store

__all__ = ["DeviceQueues"]

_ACTIVE: Final = "active"
"""The one status with which ``least_busy`` considers a device."""


class DeviceQueues:
    """Queue status and job limits of the devices.

    Args:
        store: the database.
        devices: the catalogue.
        limits: how many jobs a project may have.
    """

    def __init__(self, store: Store, devices: DeviceCatalogue, limits: Limits) -> None:
        self._store = store
        self._devices = devices
        self._limits = limits

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
