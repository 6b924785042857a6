# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The pytest fixtures that ``service.testing`` registers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from qiskit_ibmq_provider.service.testing import ServiceProcess

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend

__all__ = ["ibmq_backend", "ibmq_provider", "ibmq_service"]


@pytest.fixture(scope="session")
def ibmq_service() -> Iterator[ServiceProcess]:
    """A running service on a free port, shared by all tests of the session."""
    with ServiceProcess() as service:
        yield service


@pytest.fixture(scope="session")
def ibmq_provider(ibmq_service: ServiceProcess) -> AccountProvider:
    """The default provider of an account of the service; the global ``IBMQ`` is left alone."""
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

    provider = IBMQFactory().enable_account(ibmq_service.token, ibmq_service.url)
    assert provider is not None, "The service offers no project."
    return provider


@pytest.fixture(scope="session")
def ibmq_backend(ibmq_provider: AccountProvider) -> IBMQBackend:
    """The simulator of the service, ``ibmq_qasm_simulator``: exact and quick.

    A test suite that wants a device overrides this fixture with
    ``return ibmq_provider.get_backend("ibmq_vigo")``.
    """
    return ibmq_provider.get_backend("ibmq_qasm_simulator")
