# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The parts of a service, as the routes see them."""

from __future__ import annotations

import dataclasses

from qiskit_ibmq_provider.service.activity import Activity
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

__all__ = ["Services"]


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
