# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Fixtures of the tests that talk to a real service without our own client in between."""

from __future__ import annotations

import pytest
from service_api import Api

from qiskit_ibmq_provider.service.testing import ServiceProcess


@pytest.fixture(scope="session")
def api(ibmq_service: ServiceProcess) -> Api:
    """A caller of the service that all tests share."""
    return Api(ibmq_service)
