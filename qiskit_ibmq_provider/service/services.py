# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The parts of a service, as the routes see them."""

from __future__ import annotations

import dataclasses

from qiskit_ibmq_provider.service.activity import Activity
from qiskit_ibmq_provider.service.config import ServiceConfig
from qiskit_ibmq_provider.service.domain.accounts import Accounts
from qiskit_ibmq_provider.service.domain.blobs import BlobStore
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.dispatch import Dispatcher
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.jobs import Jobs
from qiskit_ibmq_provider.service.domain.queues import DeviceQueues
from qiskit_ibmq_provider.service.domain.seats import Seats, Turns
from qiskit_ibmq_provider.service.domain.signing import SigningKey
from qiskit_ibmq_provider.service.domain.throttle import Throttle

__all__ = ["Services"]


@dataclasses.dataclass(frozen=True)
class Services:
    """The parts of a running service that the routes call."""

    config: ServiceConfig
    accounts: Accounts
    jobs: Jobs
    queues: DeviceQueues
    devices: DeviceCatalogue
    blobs: BlobStore
    events: EventHub
    signer: SigningKey
    dispatcher: Dispatcher
    activity: Activity
    throttle: Throttle
    sockets: Seats
    listings: Turns
