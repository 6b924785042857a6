# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The provider of one project: its backends and its services."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, Union

from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit.providers.provider import ProviderV1

from qiskit_ibmq_provider._backend.api_errors import api_errors
from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._project import backend_names
from qiskit_ibmq_provider.credentials.credentials import AccountReference, Credentials
from qiskit_ibmq_provider.encoding.backends import decode_backend_configuration
from qiskit_ibmq_provider.exceptions import (
    IBMQBackendApiError,
    IBMQInputValueError,
    IBMQNotAuthorizedError,
)
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend, IBMQSimulator
from qiskit_ibmq_provider.ibmqbackendservice import IBMQBackendService, IBMQDeprecatedBackendService
from qiskit_ibmq_provider.protocol.errors import ProtocolError

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.transpiler import Layout

    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.api.session import RetrySession

__all__ = ["AccountProvider"]

logger = get_logger(__name__)

_OPTIONAL_SERVICES: Final = {
    "experiment": ("experiment_url", "qiskit_ibmq_provider.experiment", "IBMExperimentService"),
    "runtime": ("runtime_url", "qiskit_ibmq_provider.runtime", "IBMRuntimeService"),
}
"""Services that not every account has: which attribute of the credentials grants them, and what serves them."""


class AccountProvider(ProviderV1):
    """The backends and services that an account has in one hub, group and project.

    :meth:`IBMQ.load_account() <.IBMQFactory.load_account>`, :meth:`IBMQ.enable_account() <.IBMQFactory.enable_account>` and
    :meth:`IBMQ.get_provider() <.IBMQFactory.get_provider>` return providers.

    Example:

        >>> [device.name() for device in provider.backends(n_qubits=5, operational=True)]
        [...'ibmq_vigo'...]
        >>> provider.get_backend("ibmq_vigo")    # or provider.backend.ibmq_vigo, with completion by the tab key
        <IBMQBackend('ibmq_vigo') from IBMQ(hub='ibm-q', group='open', project='main')>
        >>> newest = provider.backend.jobs(limit=5)    # on any backend
        >>> list(provider.services())
        ['backend']

    Backends are asked for when they are first needed; while the list is empty, or could not be had, each access asks the server again.

    A copy of a provider is equal to it and shares its connection, which can then be set apart. A pickled provider names its account and
    holds no token; see :meth:`.IBMQFactory.provider_of`. Safe to use from several threads.

    Args:
        credentials: credentials of the project.
        factory: the :class:`.IBMQFactory` with the account that the provider belongs to.
        session: the account's connection, which its providers share; a new one if there is none.
        reference: names the account and the project; by default after the credentials.
    """

    def __init__(
        self,
        credentials: Credentials,
        factory: Any,  # An IBMQFactory. It makes providers, so its module lies above this one.
        *,
        session: Optional[RetrySession] = None,
        reference: Optional[AccountReference] = None,
    ) -> None:
        self._set_up(factory, reference or AccountReference.of(credentials), credentials, session)

    def _set_up(
        self,
        factory: Any,
        reference: AccountReference,
        credentials: Optional[Credentials] = None,
        session: Optional[RetrySession] = None,
    ) -> None:
        """Give a new provider its parts. Without credentials its account is opened when it is needed."""
        super().__init__()
        self._factory = factory
        self._reference = reference
        self._credentials = credentials
        self._session = session
        self._client: Optional[AccountClient] = None
        self._backends_by_name: dict[str, IBMQBackend] = {}
        self._make_own_parts()

    def _make_own_parts(self) -> None:
        """Make what a provider does not share with its copies."""
        self._lock = threading.RLock()
        self._listing = threading.Lock()
        self._backend = IBMQBackendService(self)
        self._optional: dict[str, Any] = {}
        # Called it lists backends, as the method of this name says; its attributes are an older spelling.
        self.backends = IBMQDeprecatedBackendService(self._backend)  # type: ignore[method-assign]

    @property
    def credentials(self) -> Credentials:
        """Credentials of the project.

        Raises:
            IBMQError: the account of a pickled provider has to be opened, and cannot be.
        """
        with self._lock:
            if self._credentials is None:
                self._credentials = self._opened().credentials
            return self._credentials

    @property
    def backend(self) -> IBMQBackendService:
        """The backends, each as an attribute, and the jobs of the project."""
        return self._backend

    @property
    def experiment(self) -> Any:
        """The experiment service.

        Raises:
            IBMQNotAuthorizedError: the account does not have it.
        """
        return self._granted("experiment")

    @property
    def runtime(self) -> Any:
        """The runtime service.

        Raises:
            IBMQNotAuthorizedError: the account does not have it.
        """
        return self._granted("runtime")

    def backends(
        self,
        name: Optional[str] = None,
        filters: Optional[Callable[[IBMQBackend], bool]] = None,
        **kwargs: Any,
    ) -> list[IBMQBackend]:
        """Return the backends that meet all conditions.

        Args:
            name: name or alias.
            filters: function that returns whether to take a backend, e.g. ``lambda b: b.configuration().n_qubits > 5``.
            kwargs: ``min_num_qubits``, ``input_allowed``, or wanted values of attributes of configuration or status, e.g.
                ``simulator=False, operational=True``. See :meth:`.IBMQBackendService.backends`.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        return self._backend.backends(name, filters, **kwargs)

    def get_backend(self, name: Optional[str] = None, **kwargs: Any) -> IBMQBackend:
        """Return the one backend that meets all conditions.

        Args:
            name: name or alias.
            kwargs: as for :meth:`backends`.

        Raises:
            QiskitBackendNotFoundError: there is none, or there are several. The text suggests names that are near.
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        found = self._backend.backends(name, **kwargs)
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(backend.name() for backend in found[:8])
            raise QiskitBackendNotFoundError(
                f"More than one backend matches the criteria: {names}{', …' if len(found) > 8 else ''}. "
                "Say which one by its name."
            )
        if name is None:
            raise QiskitBackendNotFoundError(f"No backend matches the criteria {kwargs!r}.")
        if backend_names.find(self._backends, name) is not None:
            raise QiskitBackendNotFoundError(
                f"No backend matches the criteria: {name!r} is there and does not meet {kwargs!r}."
            )
        raise QiskitBackendNotFoundError(
            f"No backend matches the criteria: {self!r} has no {name!r}. "
            f"{backend_names.suggestion(self._backends, name)}"
        )

    def run_circuits(
        self,
        circuits: Union[QuantumCircuit, Sequence[QuantumCircuit]],
        backend_name: str,
        shots: Optional[int] = None,
        initial_layout: Optional[Union[Layout, dict[Any, Any], list[Any]]] = None,
        layout_method: Optional[str] = None,
        routing_method: Optional[str] = None,
        translation_method: Optional[str] = None,
        seed_transpiler: Optional[int] = None,
        optimization_level: int = 1,
        init_qubits: bool = True,
        rep_delay: Optional[float] = None,
        transpiler_options: Optional[dict[str, Any]] = None,
        measurement_error_mitigation: bool = False,
        use_measure_esp: Optional[bool] = None,
        **run_config: Any,
    ) -> Any:
        """Transpile and run circuits near the device, with the program ``circuit-runner`` of the runtime service.

        Args:
            circuits: circuit or circuits.
            backend_name: name of the backend.
            shots: repetitions of each circuit; the backend's default if not given.
            initial_layout: where virtual qubits begin.
            layout_method: pass that chooses the layout: ``trivial``, ``dense``, ``noise_adaptive`` or ``sabre``.
            routing_method: pass that inserts swaps: ``basic``, ``lookahead``, ``stochastic`` or ``sabre``.
            translation_method: pass that translates to the basis: ``unroller``, ``translator`` or ``synthesis``.
            seed_transpiler: seed of the transpiler's random choices.
            optimization_level: effort of the transpiler, 0 to 3.
            init_qubits: reset the qubits before each shot.
            rep_delay: delay between shots, in seconds.
            transpiler_options: more options of the transpiler.
            measurement_error_mitigation: correct the counts for readout errors.
            use_measure_esp: read out with excited state promotion.
            run_config: more options of the run.

        Returns:
            A runtime job, whose result is a :class:`.RunnerResult`.

        Raises:
            IBMQNotAuthorizedError: the account does not have the runtime service.
        """
        from qiskit_ibmq_provider.runner_result import RunnerResult

        inputs = {
            **copy.deepcopy(run_config),
            "circuits": circuits,
            "optimization_level": optimization_level,
            "init_qubits": init_qubits,
            "measurement_error_mitigation": measurement_error_mitigation,
        }
        optional = {
            "shots": shots,
            "initial_layout": initial_layout,
            "layout_method": layout_method,
            "routing_method": routing_method,
            "translation_method": translation_method,
            "seed_transpiler": seed_transpiler,
            "rep_delay": rep_delay,
            "transpiler_options": transpiler_options,
            "use_measure_esp": use_measure_esp,
        }
        inputs.update({name: value for name, value in optional.items() if value is not None})
        return self.runtime.run(
            "circuit-runner",
            options={"backend_name": backend_name},
            inputs=inputs,
            result_decoder=RunnerResult,
        )

    def service(self, name: str) -> Any:
        """Return a service by its name: ``backend``, ``experiment`` or ``runtime``.

        Args:
            name: name of the service.

        Raises:
            IBMQInputValueError: there is no service of this name.
            IBMQNotAuthorizedError: the account does not have it.
        """
        return self._backend if self._check_service_name(name) == "backend" else self._granted(name)

    def services(self) -> dict[str, Any]:
        """Return the services that the account has, by name."""
        return {
            name: self.service(name) for name in ("backend", *_OPTIONAL_SERVICES) if self.has_service(name)
        }

    def has_service(self, name: str) -> bool:
        """Return whether the account has a service.

        Args:
            name: name of the service.

        Raises:
            IBMQInputValueError: there is no service of this name.
        """
        return self._check_service_name(name) == "backend" or self._optional_service(name) is not None

    @staticmethod
    def _check_service_name(name: str) -> str:
        if name != "backend" and name not in _OPTIONAL_SERVICES:
            known = ", ".join(("backend", *_OPTIONAL_SERVICES))
            raise IBMQInputValueError(f"Unknown service {name!r} specified. The services are {known}.")
        return name

    def _granted(self, name: str) -> Any:
        service = self._optional_service(name)
        if service is None:
            raise IBMQNotAuthorizedError(
                f"You are not authorized to use the {name} service: {self!r} does not have it."
            )
        return service

    def _optional_service(self, name: str) -> Any:
        """Return an optional service, always the same object; ``None`` if the account, or this installation, does not have it."""
        grant, module, class_name = _OPTIONAL_SERVICES[name]
        if not getattr(self.credentials, grant) or importlib.util.find_spec(module) is None:
            return None
        with self._lock:
            if name not in self._optional:
                self._optional[name] = getattr(importlib.import_module(module), class_name)(self)
            return self._optional[name]

    @property
    def _experiment(self) -> Any:
        """The experiment service, ``None`` if the account does not have it: the name by which tools look for it."""
        return self._optional_service("experiment")

    @property
    def _api_client(self) -> AccountClient:
        """The requests of the project, under the name by which tools know them and set others in their place."""
        with self._lock:
            if self._client is None:
                self._client = self._new_client()
            return self._client

    @_api_client.setter
    def _api_client(self, client: AccountClient) -> None:
        self._client = client

    def _new_client(self) -> AccountClient:
        from qiskit_ibmq_provider.api.clients.account import AccountClient, DeferredAccountClient

        if self._credentials is None:
            return DeferredAccountClient(lambda: self._opened()._api_client)  # noqa: SLF001 - one project in two objects
        parameters = {} if self._session is not None else self._credentials.connection_parameters()
        return AccountClient(self._credentials, session=self._session, **parameters)

    def _opened(self) -> AccountProvider:
        """Return the provider of the same project after opening the account that a pickled provider names."""
        provider: AccountProvider = self._factory.provider_of(self._reference)
        return provider

    @property
    def _backends(self) -> dict[str, IBMQBackend]:
        """The backends by name, in the server's order.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        return self._listed_backends()

    def _listed_backends(self, timeout: Optional[float] = None) -> dict[str, IBMQBackend]:
        with self._listing:
            if not self._backends_by_name:
                client = self._api_client
                with api_errors(f"The backends of {self!r} cannot be listed"):
                    documents = client.list_backends(timeout=timeout)
                with collector_held():
                    built = [self._build_backend(document, client) for document in documents]
                self._backends_by_name = {backend.name(): backend for backend in built if backend is not None}
            return self._backends_by_name

    def _build_backend(self, document: Mapping[str, Any], client: AccountClient) -> Optional[IBMQBackend]:
        """Return the backend that a configuration describes. One that cannot be used is left out, with one line that names it."""
        try:
            configuration = decode_backend_configuration(document)
            kind = IBMQSimulator if configuration.simulator else IBMQBackend
            return kind(configuration, self, self.credentials, client)
        except ProtocolError as err:
            name = document.get("backend_name", "unknown") if isinstance(document, Mapping) else "unknown"
            logger.warning(
                "The backend %r of %r is left out, because its configuration cannot be used.", name, self
            )
            logger.debug("The configuration of %r cannot be used: %s", name, err)
            return None

    def _prefetch_backends(self, timeout: float) -> None:
        """List the backends if that is possible now; if not, say so in the log and leave it to the first access."""
        try:
            self._listed_backends(timeout)
        except IBMQBackendApiError as err:
            logger.warning("%s They are asked for again when they are needed.", err.message)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, AccountProvider):
            return False
        if self._credentials is None or other._credentials is None:
            return self._reference == other._reference
        return self._credentials == other._credentials

    def __hash__(self) -> int:
        return hash(self._reference.project)

    def __copy__(self) -> AccountProvider:
        cls = type(self)
        twin = cls.__new__(cls)
        vars(twin).update(vars(self))
        cls._make_own_parts(twin)
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> AccountProvider:
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return self._restored, (self._factory, self._reference)

    @classmethod
    def _restored(cls, factory: Any, reference: AccountReference) -> AccountProvider:
        """Return a provider that was pickled: the present one of its project, or one that logs in when it is needed."""
        present: Optional[AccountProvider] = factory.active_provider(reference)
        if present is not None:
            return present
        provider = cls.__new__(cls)
        cls._set_up(provider, factory, reference)
        return provider

    def __repr__(self) -> str:
        hgp = self._reference.project
        return (
            f"<{type(self).__name__} for IBMQ(hub='{hgp.hub}', group='{hgp.group}', project='{hgp.project}')>"
        )
