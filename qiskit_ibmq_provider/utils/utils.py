# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Statuses, names, tags, log output and queues: small helpers under the names that scripts know."""

from __future__ import annotations

import contextlib
import copy
import keyword
import logging
import os
import queue
import re
import threading
from typing import Any, Final, Optional, Union

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider._logging import QISKIT_IBMQ_PROVIDER_LOG_FILE, QISKIT_IBMQ_PROVIDER_LOG_LEVEL
from qiskit_ibmq_provider.protocol.status import ApiJobStatus

__all__ = [
    "API_TO_JOB_STATUS",
    "RefreshQueue",
    "api_status_to_job_status",
    "filter_data",
    "setup_logger",
    "to_python_identifier",
    "validate_job_tags",
]

API_TO_JOB_STATUS: Final = {
    ApiJobStatus.CREATING: JobStatus.INITIALIZING,
    ApiJobStatus.CREATED: JobStatus.INITIALIZING,
    ApiJobStatus.TRANSPILING: JobStatus.INITIALIZING,
    ApiJobStatus.TRANSPILED: JobStatus.INITIALIZING,
    ApiJobStatus.VALIDATING: JobStatus.VALIDATING,
    ApiJobStatus.VALIDATED: JobStatus.VALIDATING,
    ApiJobStatus.PENDING_IN_QUEUE: JobStatus.QUEUED,
    ApiJobStatus.QUEUED: JobStatus.QUEUED,
    ApiJobStatus.RUNNING: JobStatus.RUNNING,
    ApiJobStatus.COMPLETED: JobStatus.DONE,
    ApiJobStatus.CANCELLED: JobStatus.CANCELLED,
    ApiJobStatus.ERROR_CREATING_JOB: JobStatus.ERROR,
    ApiJobStatus.ERROR_VALIDATING_JOB: JobStatus.ERROR,
    ApiJobStatus.ERROR_TRANSPILING_JOB: JobStatus.ERROR,
    ApiJobStatus.ERROR_RUNNING_JOB: JobStatus.ERROR,
}
"""Status of the API to status of Qiskit."""

_LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
_LOG_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s.%(funcName)s: %(message)s"
_OWN_HANDLER: Final = "qiskit-ibmq-provider"
_HIDDEN: Final = "..."
_CAMEL_STEP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[^_])(?=[A-Z][a-z])")


def api_status_to_job_status(api_status: Union[str, ApiJobStatus]) -> JobStatus:
    """Return the status that Qiskit has for a status of the API.

    Args:
        api_status: the status, or its name in upper or lower case.

    Raises:
        ValueError: the API has no such status.
    """
    if not isinstance(api_status, ApiJobStatus):
        api_status = ApiJobStatus(api_status.upper())
    return API_TO_JOB_STATUS[api_status]


def to_python_identifier(name: str) -> str:
    """Return a name in snake case that Python accepts as an identifier.

    Args:
        name: the name, for instance a key of JSON or the name of a device.

    Example:

        >>> to_python_identifier("creationDate"), to_python_identifier("ibmq-5.qubits"), to_python_identifier("class")
        ('creation_date', 'ibmq_5_qubits', 'class_')
    """
    if not name.isidentifier():
        name = re.sub(r"\W", "_", name, flags=re.ASCII)
        if not name or name[0].isdigit():
            name = "_" + name
    name = _CAMEL_STEP.sub("_", name).lower()
    while keyword.iskeyword(name):
        name += "_"
    return name


def validate_job_tags(job_tags: Optional[list[str]], exception: type[Exception]) -> None:
    """Check that tags are a list of texts; None and an empty list are fine.

    Args:
        job_tags: the tags.
        exception: what to raise.

    Raises:
        Exception: the tags are something else; of the type that ``exception`` says.

    Example:

        >>> validate_job_tags("lesson 1", ValueError)
        Traceback (most recent call last):
            ...
        ValueError: job_tags should be a list of strings, not 'lesson 1'.
    """
    if job_tags and not (isinstance(job_tags, list) and all(isinstance(tag, str) for tag in job_tags)):
        raise exception(f"job_tags should be a list of strings, not {job_tags!r:.120}.")


def setup_logger(logger: logging.Logger) -> None:
    """Set level and output of a logger from the environment.

    ``QISKIT_IBMQ_PROVIDER_LOG_LEVEL`` is ``DEBUG``, ``INFO``, ``WARNING``, ``ERROR`` or ``CRITICAL`` in any case; anything else means
    ``WARNING``. ``QISKIT_IBMQ_PROVIDER_LOG_FILE`` names a file that the messages go to instead of the screen. With neither of them
    set the logger stays as it is. Calling this again replaces what it did before.
    """
    level_name = os.environ.get(QISKIT_IBMQ_PROVIDER_LOG_LEVEL, "")
    file_name = os.environ.get(QISKIT_IBMQ_PROVIDER_LOG_FILE, "")
    for old in [handler for handler in logger.handlers if handler.get_name() == _OWN_HANDLER]:
        logger.removeHandler(old)
        old.close()
    if not level_name and not file_name:
        return
    problem = None
    handler: logging.Handler = logging.StreamHandler()
    if file_name:
        try:
            handler = logging.FileHandler(file_name)
        except OSError as err:
            problem = err
    handler.set_name(_OWN_HANDLER)
    handler.setFormatter(logging.Formatter(_LOG_FORMAT))
    logger.addHandler(handler)
    # The messages have their own way out now; on the root logger's they would appear twice.
    logger.propagate = False
    if level_name.upper() in _LOG_LEVELS:
        logger.setLevel(level_name.upper())
    elif level_name:
        logger.setLevel(logging.WARNING)
        logger.warning(
            "%s is %r, which is no log level; WARNING is used. The levels are %s.",
            QISKIT_IBMQ_PROVIDER_LOG_LEVEL,
            level_name,
            ", ".join(_LOG_LEVELS),
        )
    if problem is not None:
        logger.warning("The log file cannot be written, messages go to the screen: %s", problem)


def filter_data(data: Any) -> Any:
    """Return a copy of a server's answer for the log: who the user is (``hubInfo``, at any depth) is left out."""
    if not isinstance(data, dict):
        return data
    shown = {}
    for key, value in data.items():
        if key == "hubInfo":
            shown[key] = _HIDDEN
        else:
            shown[key] = filter_data(value) if isinstance(value, dict) else copy.deepcopy(value)
    return shown


class RefreshQueue(queue.Queue):  # type: ignore[type-arg]
    """A queue of bounded size that never blocks who puts something in: when it is full, the oldest item goes.

    Args:
        maxsize: the number of items that it holds.
    """

    def __init__(self, maxsize: int) -> None:
        self.condition = threading.Condition()
        super().__init__(maxsize=maxsize)

    def put(self, item: Any) -> None:  # type: ignore[override]
        """Put an item in, in place of the oldest one if the queue is full."""
        with self.condition:
            if self.full():
                with contextlib.suppress(queue.Empty):
                    super().get(block=False)
            super().put(item, block=False)
            self.condition.notify()

    def get(self, block: bool = True, timeout: Optional[float] = None) -> Any:
        """Take the oldest item out.

        Args:
            block: wait for an item if there is none.
            timeout: wait at most so many seconds; None means without end.

        Raises:
            queue.Empty: there is no item, or none came in time, or :meth:`notify_all` ended the wait.
        """
        with self.condition:
            if block and self.empty():
                self.condition.wait(timeout)
            return super().get(block=False)

    def notify_all(self) -> None:
        """Wake all threads that wait for an item."""
        with self.condition:
            self.condition.notify_all()
