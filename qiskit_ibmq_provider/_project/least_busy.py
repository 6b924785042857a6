# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The backend with the shortest queue."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Optional

from qiskit.exceptions import QiskitError

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._project.backend_filter import ask_statuses
from qiskit_ibmq_provider.exceptions import IBMQError
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend

__all__ = ["least_busy"]

logger = get_logger(__name__)


def least_busy(backends: Sequence[Any], reservation_lookahead: Optional[int] = 60) -> Any:
    """Return the backend with the fewest pending jobs, of those that are operational, active and not reserved.

    All statuses are asked for at the same time. A backend whose status cannot be had is left out, with a warning in the log.

    Args:
        backends: backends to choose from; of equal ones the first is taken.
        reservation_lookahead: a backend with a reservation in the next so many minutes is left out. With ``None`` or 0, reservations do
            not matter.

    Returns:
        One of the backends.

    Raises:
        IBMQError: there are no backends, or none can be used, or one has no status or its status no ``pending_jobs``.

    Example:

        >>> least_busy(provider.backends(simulator=False, min_num_qubits=5))
        <IBMQBackend(...)...>
    """
    backends = list(backends)
    if not backends:
        raise IBMQError(
            "There is no least busy backend in an empty list. Ask provider.backends() with fewer conditions."
        )
    try:
        statuses = ask_statuses(backends)
        free = [
            (status.pending_jobs, position)
            for position, status in enumerate(statuses)
            if not isinstance(status, QiskitError) and status.operational and status.status_msg == "active"
        ]
    except AttributeError as err:
        raise IBMQError(
            "A backend in the list has no status, or a status without the attribute `pending_jobs`, so it cannot be compared."
        ) from err
    failures = [status for status in statuses if isinstance(status, QiskitError)]
    for failure in failures:
        logger.warning("A backend is left out, because its status cannot be had. %s", failure.message)
    for _, position in sorted(free):
        if not _is_reserved(backends[position], reservation_lookahead):
            return backends[position]
    if failures and not free:
        raise IBMQError(f"No backend matches the criteria. {failures[0].message}") from failures[0]
    raise IBMQError("No backend matches the criteria: none is operational, active and free of reservations.")


def _is_reserved(backend: Any, minutes: Optional[int]) -> bool:
    """Return whether a backend has a reservation soon; if that cannot be found out, it counts as free."""
    if not minutes or not isinstance(backend, IBMQBackend):
        return False
    now = dt.datetime.now().astimezone()
    try:
        return bool(backend.reservations(now, now + dt.timedelta(minutes=minutes)))
    except QiskitError as err:
        logger.warning(
            "The reservations of %s cannot be had, and are not taken into account. %s",
            backend.name(),
            err.message,
        )
        return False
