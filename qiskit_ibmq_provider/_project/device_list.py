# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The backends of one project: fetched when first asked for, found by name or by what else they are called."""

from __future__ import annotations

import collections
import difflib
import threading
from collections.abc import Container, Mapping
from typing import TYPE_CHECKING, Any, Callable, Final, Optional

from qiskit_ibmq_provider._backend.api_errors import api_errors
from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.encoding.backends import decode_backend_configuration
from qiskit_ibmq_provider.exceptions import IBMQBackendApiError
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend, IBMQSimulator
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.utils.utils import to_python_identifier

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.clients.account import AccountClient

__all__ = ["DeviceList"]

logger = get_logger(__name__)

_ALIASED_NAMES: Final[Mapping[str, str]] = {
    "ibmq_16_rueschlikon": "ibmqx5",
    "ibmq_20_austin": "QS1_1",
    "ibmq_5_tenerife": "ibmqx4",
    "ibmq_5_yorktown": "ibmqx2",
}
"""Later names of early devices, to the names that the server knows."""

_DEPRECATED_NAMES: Final[Mapping[str, str]] = {
    "ibmqx_hpc_qasm_simulator": "ibmq_qasm_simulator",
    "ibmqx_qasm_simulator": "ibmq_qasm_simulator",
    "real": "ibmqx1",
}
"""Names of the first version, to what took their place."""


class DeviceList:
    """Backends of a project. Safe to share between threads.

    The list is fetched once; while it is empty, or could not be fetched, each access asks the server again.

    Args:
        provider: the provider that the backends belong to.
        client: gives the connection to the project.
    """

    def __init__(self, provider: AccountProvider, client: Callable[[], AccountClient]) -> None:
        self._provider = provider
        self._client = client
        self._lock = threading.Lock()
        self._backends: dict[str, IBMQBackend] = {}

    @property
    def client(self) -> AccountClient:
        """The connection to the project."""
        return self._client()

    def backends(self, timeout: Optional[float] = None) -> dict[str, IBMQBackend]:
        """Return the backends by name, in the server's order.

        Args:
            timeout: most seconds for asking the server, if it has to be asked.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with self._lock:
            if not self._backends:
                self._backends = self._fetch(timeout)
            return dict(self._backends)

    def prefetch(self, timeout: float) -> None:
        """Fetch the backends if that is possible now; if not, say so in the log and leave it to the first access."""
        try:
            self.backends(timeout)
        except IBMQBackendApiError as err:
            logger.warning("%s They are asked for again when they are needed.", err.message)

    def find(self, name: str) -> Optional[IBMQBackend]:
        """Return the backend with a name or alias, or ``None``.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        backends = self.backends()
        return backends.get(name) or backends.get(_aliases(backends).get(name, name))

    def attributes(self, reserved: Container[str] = ()) -> dict[str, IBMQBackend]:
        """Return the backends by the identifiers that they are attributes under.

        Args:
            reserved: identifiers that are something else. A backend with one of these, or with that of a backend before it, gets an
                underscore more.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        attributes: dict[str, IBMQBackend] = {}
        for name, backend in self.backends().items():
            identifier = to_python_identifier(name)
            while identifier in attributes or identifier in reserved:
                identifier += "_"
            attributes[identifier] = backend
        return attributes

    def suggestion(self, name: str) -> str:
        """Return a sentence that names the backends with the names nearest to one that is not there, or all if they are few."""
        names = list(self.backends())
        near = difflib.get_close_matches(str(name).lower(), names, n=3, cutoff=0.6)
        if near:
            return f"Did you mean {' or '.join(near)}?"
        if not names:
            return "The project has no backends."
        if len(names) <= 8:
            return f"The project has {', '.join(names)}."
        return f"The project has {len(names)} backends; provider.backends() lists them."

    def _fetch(self, timeout: Optional[float]) -> dict[str, IBMQBackend]:
        """Ask the server. A backend that cannot be used is left out, with one line that names it."""
        client = self._client()
        with api_errors(f"The backends of {self._provider!r} cannot be listed"):
            documents = client.list_backends(timeout=timeout)
        with collector_held():
            built = [self._build_or_leave_out(document, client) for document in documents]
        return {backend.name(): backend for backend in built if backend is not None}

    def _build_or_leave_out(
        self, document: Mapping[str, Any], client: AccountClient
    ) -> Optional[IBMQBackend]:
        """Return the backend that a configuration describes, or ``None`` if it cannot be used."""
        try:
            return self._build(document, client)
        except ProtocolError as err:
            name = document.get("backend_name", "unknown") if isinstance(document, Mapping) else "unknown"
            logger.warning(
                "The backend %r of %r is left out, because its configuration cannot be used.",
                name,
                self._provider,
            )
            logger.debug("The configuration of %r cannot be used: %s", name, err)
            return None

    def _build(self, document: Mapping[str, Any], client: AccountClient) -> IBMQBackend:
        """Return the backend that a configuration describes."""
        configuration = decode_backend_configuration(document)
        kind = IBMQSimulator if configuration.simulator else IBMQBackend
        return kind(configuration, self._provider, self._provider.credentials, client)


def _aliases(backends: Mapping[str, IBMQBackend]) -> dict[str, str]:
    """Return the other names of backends: display and sample names that only one of them has, and the historic ones."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    for name, backend in backends.items():
        for field in ("display_name", "sample_name"):
            other = getattr(backend.configuration(), field, None)
            if isinstance(other, str) and other:
                found[other].add(name)
    unique = {other: next(iter(names)) for other, names in found.items() if len(names) == 1}
    return {**unique, **_DEPRECATED_NAMES, **_ALIASED_NAMES}
