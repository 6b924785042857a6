# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A job on a foreign server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.job_server import JOB, JobServer
from support.small_backends import SmallBackend

from qiskit_ibmq_provider.api.clients.account import AccountClient
from qiskit_ibmq_provider.credentials import Credentials
from qiskit_ibmq_provider.job import IBMQJob
from qiskit_ibmq_provider.protocol.jobs import JobRecord


@pytest.fixture
def server() -> Iterator[JobServer]:
    with JobServer() as running:
        yield running


@pytest.fixture
def client(server: JobServer) -> AccountClient:
    credentials = Credentials(
        "token", server.url, server.ws_url + "/ws", "h", "g", "p", access_token="access"
    )
    return AccountClient(credentials)


@pytest.fixture
def job(client: AccountClient) -> IBMQJob:
    return IBMQJob.from_record(SmallBackend("small"), client, JobRecord.from_json(JOB))
