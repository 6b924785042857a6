# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The provider of one project: its backends and its services."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, Union

from qiskit.providers.exceptions import QiskitBackendNotFoundError

from qiskit_ibmq_provider._project.connected_provider import ConnectedProvider
from qiskit_ibmq_provider._project.connection import ProjectConnection
from qiskit_ibmq_provider._project.device_list import DeviceList
from qiskit_ibmq_provider.credentials.reference import AccountReference
from qiskit_ibmq_provider.exceptions import IBMQInputValueError, IBMQNotAuthorizedError
from qiskit_ibmq_provider.ibmqbackendservice import IBMQBackendService, IBMQDeprecatedBackendService

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.transpiler import Layout

    from qiskit_ibmq_provider.api.session import RetrySession
    from qiskit_ibmq_provider.credentials.credentials import Credentials
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

__all__ = ["AccountProvider"]

_OPTIONAL_SERVICES: Final = {
    "experiment": ("experiment_url", "qiskit_ibmq_provider.experiment", "IBMExperimentService"),
    "runtime": ("runtime_url", "qiskit_ibmq_provider.runtime", "IBMRuntimeService"),
}
"""Services that not every account has: which attribute of the credentials grants them, and what serves them."""


class AccountProvider(ConnectedProvider):
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

    Backends are asked for when they are first needed. A pickled provider names its account and holds no token; see
    :meth:`.IBMQFactory.provider_of`.

    Args:
        credentials: credentials of the project.
        factory: the account that the provider belongs to.
        session: the account's connection, which its providers share; a new one if there is none.
        reference: names the account and the project; by default after the credentials.
    """

    def __init__(
        self,
        credentials: Credentials,
        factory: IBMQFactory,
        *,
        session: Optional[RetrySession] = None,
        reference: Optional[AccountReference] = None,
    ) -> None:
        reference = reference or AccountReference.of(credentials)
        self._set_up(ProjectConnection(factory, reference, credentials, session))

    def _set_up(self, connection: ProjectConnection) -> None:
        super()._set_up(connection)
        self._lock = threading.RLock()
        self._devices = DeviceList(self, connection.client)
        self._backend = IBMQBackendService(self)
        self._optional: dict[str, Any] = {}
        # Called it lists backends, as the method of this name says; its attributes are an older spelling.
        self.backends = IBMQDeprecatedBackendService(self._backend)  # type: ignore[method-assign]

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
        if self._devices.find(name) is not None:
            raise QiskitBackendNotFoundError(
                f"No backend matches the criteria: {name!r} is there and does not meet {kwargs!r}."
            )
        raise QiskitBackendNotFoundError(
            f"No backend matches the criteria: {self!r} has no {name!r}. {self._devices.suggestion(name)}"
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
        """Return an optional service."""
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
