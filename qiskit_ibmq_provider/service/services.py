# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The parts of a service, as the routes see them, and when they were last used."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Callable

from qiskit_ibmq_provider.service.config import ServiceConfig
from qiskit_ibmq_provider.service.domain.accounts import Accounts
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.device_queues import DeviceQueues
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.dispatch import Dispatcher
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.jobs import Jobs
from qiskit_ibmq_provider.service.domain.quotas import ConnectionQuota, PerUserSemaphore, Throttle
from qiskit_ibmq_provider.service.domain.signed_urls import UrlSigner
from qiskit_ibmq_provider.service.domain.submission import Submissions

__all__ = ["Activity", "Services"]


class Activity:
    """Counts what is under way and remembers when the last of it ended, so that an idle service can end itself. For one thread.

    Args:
        monotonic: A clock that never runs backwards, in seconds.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._open = 0
        self._last = monotonic()

    @contextlib.contextmanager
    def under_way(self) -> Iterator[None]:
        """Count something as under way while the block runs."""
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
            self.touch()

    def touch(self) -> None:
        """Count this moment as used."""
        self._last = self._monotonic()

    def idle_seconds(self) -> float:
        """Return for how long nothing has been under way; 0 while something is."""
        return 0.0 if self._open else self._monotonic() - self._last


@dataclasses.dataclass(frozen=True)
class Services:
    """The parts of a running service that the routes call."""

    config: ServiceConfig
    accounts: Accounts
    jobs: Jobs
    submissions: Submissions
    queues: DeviceQueues
    devices: DeviceCatalogue
    blobs: BlobStore
    events: EventHub
    signer: UrlSigner
    dispatcher: Dispatcher
    activity: Activity
    throttle: Throttle
    sockets: ConnectionQuota
    listings: PerUserSemaphore
