# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The IBMQ provider: accounts, devices and jobs of an IBM Quantum Experience service, and such a service to run yourself.

Everything here loads at its first use; importing the package loads neither Qiskit nor a web library. The same package is
importable as ``qiskit.providers.ibmq``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from qiskit_ibmq_provider import _alias
from qiskit_ibmq_provider._logging import (
    IBMQ_PROVIDER_LOGGER_NAME,
    QISKIT_IBMQ_PROVIDER_LOG_FILE,
    QISKIT_IBMQ_PROVIDER_LOG_LEVEL,
)
from qiskit_ibmq_provider.version import __version__

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.backendjoblimit import BackendJobLimit
    from qiskit_ibmq_provider.exceptions import (
        IBMQAccountCredentialsInvalidFormat,
        IBMQAccountCredentialsInvalidToken,
        IBMQAccountCredentialsInvalidUrl,
        IBMQAccountCredentialsNotFound,
        IBMQAccountError,
        IBMQAccountMultipleCredentialsFound,
        IBMQAccountValueError,
        IBMQApiError,
        IBMQBackendApiError,
        IBMQBackendApiProtocolError,
        IBMQBackendError,
        IBMQBackendJobLimitError,
        IBMQBackendValueError,
        IBMQError,
        IBMQInputValueError,
        IBMQNotAuthorizedError,
        IBMQProviderError,
    )
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.ibmqbackendservice import IBMQBackendService, least_busy
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
    from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
    from qiskit_ibmq_provider.managed.ibmqjobmanager import IBMQJobManager
    from qiskit_ibmq_provider.runner_result import RunnerResult
    from qiskit_ibmq_provider.utils.utils import setup_logger

    IBMQ: IBMQFactory

__all__ = [
    "AccountProvider",
    "BackendJobLimit",
    "IBMQ",
    "IBMQAccountCredentialsInvalidFormat",
    "IBMQAccountCredentialsInvalidToken",
    "IBMQAccountCredentialsInvalidUrl",
    "IBMQAccountCredentialsNotFound",
    "IBMQAccountError",
    "IBMQAccountMultipleCredentialsFound",
    "IBMQAccountValueError",
    "IBMQApiError",
    "IBMQBackend",
    "IBMQBackendApiError",
    "IBMQBackendApiProtocolError",
    "IBMQBackendError",
    "IBMQBackendJobLimitError",
    "IBMQBackendService",
    "IBMQBackendValueError",
    "IBMQError",
    "IBMQFactory",
    "IBMQInputValueError",
    "IBMQJob",
    "IBMQJobManager",
    "IBMQNotAuthorizedError",
    "IBMQProviderError",
    "IBMQ_PROVIDER_LOGGER_NAME",
    "QISKIT_IBMQ_PROVIDER_LOG_FILE",
    "QISKIT_IBMQ_PROVIDER_LOG_LEVEL",
    "RunnerResult",
    "__version__",
    "least_busy",
    "setup_logger",
]

_LAZY = {
    "AccountProvider": "accountprovider",
    "BackendJobLimit": "backendjoblimit",
    "IBMQ": "ibmqfactory",
    "IBMQBackend": "ibmqbackend",
    "IBMQBackendService": "ibmqbackendservice",
    "IBMQFactory": "ibmqfactory",
    "IBMQJob": "job.ibmqjob",
    "IBMQJobManager": "managed.ibmqjobmanager",
    "RunnerResult": "runner_result",
    "least_busy": "ibmqbackendservice",
    "setup_logger": "utils.utils",
    **{name: "exceptions" for name in __all__ if name.startswith("IBMQ") and name.endswith("Error")},
    **{name: "exceptions" for name in __all__ if name.startswith("IBMQAccount")},
}
"""Public name to the module that defines it."""

_SUBMODULES = frozenset(
    {
        "accountprovider",
        "api",
        "apiconstants",
        "backend_tables",
        "backendjoblimit",
        "backendreservation",
        "credentials",
        "exceptions",
        "ibmqbackend",
        "ibmqbackendservice",
        "ibmqfactory",
        "job",
        "managed",
        "runner_result",
        "utils",
    }
)
"""Modules that a script may reach as attributes after importing only the package."""


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module = importlib.import_module(f"{__name__}.{_LAZY[name]}")
        value = module.factory_of_session() if name == "IBMQ" else getattr(module, name)
        globals()[name] = value
        return value
    if name in _SUBMODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_SUBMODULES})


# Last, so that nobody gets the package by its older name before it is complete.
_alias.install()
