# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Choosing backends by configuration, status and the caller's own function; asking many for their status at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Final, Optional, TypeVar, Union

from qiskit.exceptions import QiskitError
from qiskit.providers import BackendV1

from qiskit_ibmq_provider._logging import get_logger

__all__ = ["ask_statuses", "filter_backends"]

logger = get_logger(__name__)

_THREADS: Final = 16
"""How many statuses are asked for at the same time."""

_STATUS_FIELDS: Final = frozenset(
    {"backend_name", "backend_version", "operational", "pending_jobs", "status_msg"}
)

_MISSING: Final = object()

_B = TypeVar("_B", bound=BackendV1)


def filter_backends(
    backends: Iterable[_B],
    criteria: Mapping[str, Any],
    *,
    accept: Optional[Callable[[_B], Any]] = None,
    min_num_qubits: Optional[int] = None,
    input_allowed: Optional[Union[str, Iterable[str]]] = None,
) -> list[_B]:
    """Return the backends that meet all conditions, in their order.

    A criterion is compared with the attribute of the configuration if any of the backends has one of that name, else with that of the
    status. Statuses are only asked for if a criterion needs them, and only of backends that meet the others.

    Args:
        backends: backends to choose from.
        criteria: wanted values by name of attribute.
        accept: returns whether to take a backend.
        min_num_qubits: least number of qubits.
        input_allowed: ``job``, ``runtime``, or both, that the backend has to support.

    Raises:
        IBMQError: a status that is needed cannot be asked for.
    """
    chosen = list(backends)
    of_status = {}
    for key, value in criteria.items():
        if key in _STATUS_FIELDS and not any(hasattr(backend.configuration(), key) for backend in chosen):
            of_status[key] = value
            continue
        if chosen and not any(hasattr(backend.configuration(), key) for backend in chosen):
            logger.warning("No backend says anything of %r, so none meets the condition on it.", key)
        chosen = [b for b in chosen if _equals(getattr(b.configuration(), key, _MISSING), value)]
    if min_num_qubits:
        chosen = [b for b in chosen if b.configuration().n_qubits >= min_num_qubits]
    if input_allowed:
        wanted = {input_allowed} if isinstance(input_allowed, str) else set(input_allowed)
        # A server that does not say what a backend takes, takes jobs.
        chosen = [b for b in chosen if wanted <= set(getattr(b.configuration(), "input_allowed", ("job",)))]
    if of_status and chosen:
        statuses = ask_statuses(chosen)
        for status in statuses:
            if isinstance(status, QiskitError):
                raise status
        chosen = [
            backend
            for backend, status in zip(chosen, statuses)
            if all(_equals(getattr(status, key, _MISSING), value) for key, value in of_status.items())
        ]
    return [backend for backend in chosen if accept is None or accept(backend)]


def ask_statuses(backends: Sequence[Any]) -> list[Any]:
    """Return the status of each backend, or the exception that Qiskit or this package raised instead; all are asked at once.

    Raises:
        AttributeError: an object has no ``status``.
    """
    asks = [backend.status for backend in backends]

    def ask(status: Callable[[], Any]) -> Any:
        try:
            return status()
        except QiskitError as err:
            return err

    if len(asks) < 2:
        return [ask(status) for status in asks]
    with ThreadPoolExecutor(min(_THREADS, len(asks)), thread_name_prefix="ibmq-status") as executor:
        return list(executor.map(ask, asks))


def _equals(value: Any, wanted: Any) -> bool:
    return value is not _MISSING and bool(value == wanted)
