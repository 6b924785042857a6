# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The service of this machine, behind ``url="local"``: found, or started on demand as a process of its own.

All processes of a user share it. It needs the extra ``[service]``; this package can be imported without.
"""

from __future__ import annotations

from qiskit_ibmq_provider.service.local.discovery import LocalEndpoint

__all__ = ["LocalEndpoint", "resolve_local"]


def resolve_local() -> LocalEndpoint:
    """Return where the service of this machine is; start it if it is not running.

    Safe to call from many threads and processes at once: they all get the same service.

    Raises:
        IBMQLocalServiceError: it cannot be found or started. The text says why, and what to do.
    """
    # Imported here: the service's own process imports this package too, and never loads Qiskit.
    from qiskit_ibmq_provider.service.local.config import LocalServiceConfig
    from qiskit_ibmq_provider.service.local.starting import find_or_start

    return find_or_start(LocalServiceConfig.from_environment()).endpoint()
