# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The older spelling of a provider's backends: ``provider.backends.ibmq_vigo``."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qiskit_ibmq_provider.backendreservation import BackendReservation
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.ibmqbackendservice import IBMQBackendService
    from qiskit_ibmq_provider.job.ibmqjob import IBMQJob

__all__ = ["IBMQDeprecatedBackendService"]


class IBMQDeprecatedBackendService:
    """What ``provider.backends`` is: called, it lists backends; its attributes are the older spelling of ``provider.backend``'s.

    Args:
        backend_service: the service that does the work.
    """

    def __init__(self, backend_service: IBMQBackendService) -> None:
        self._backend_service = backend_service

    def __call__(self, *args: Any, **kwargs: Any) -> list[IBMQBackend]:
        """Return backends; see :meth:`IBMQBackendService.backends`."""
        return self._backend_service.backends(*args, **kwargs)

    def jobs(self, *args: Any, **kwargs: Any) -> list[IBMQJob]:
        """Deprecated: use ``provider.backend.jobs``."""
        _warn_of_plural()
        return self._backend_service.jobs(*args, **kwargs)

    def retrieve_job(self, *args: Any, **kwargs: Any) -> IBMQJob:
        """Deprecated: use ``provider.backend.retrieve_job``."""
        _warn_of_plural()
        return self._backend_service.retrieve_job(*args, **kwargs)

    def my_reservations(self, *args: Any, **kwargs: Any) -> list[BackendReservation]:
        """Deprecated: use ``provider.backend.my_reservations``."""
        _warn_of_plural()
        return self._backend_service.my_reservations(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        value = getattr(self._backend_service, name)
        _warn_of_plural()
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *dir(self._backend_service)})


def _warn_of_plural() -> None:
    """Warn whoever reached into ``provider.backends``."""
    warnings.warn(
        "The attributes of `provider.backends` are deprecated. Use `provider.backend` (singular); "
        "`provider.backends()` itself stays.",
        DeprecationWarning,
        stacklevel=3,
    )
