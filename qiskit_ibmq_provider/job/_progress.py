# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A line that shows, while a script waits for a job, what it waits for.

It appears after a second, on a terminal or in a notebook, and goes when the wait is over. ``QISKIT_IBMQ_PROGRESS=off`` keeps it away;
``on`` shows it also where standard error is not a terminal.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from typing import Any, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.job._waiting import WaitObserver
from qiskit_ibmq_provider.job.queueinfo import describe_status, job_status, queue_info
from qiskit_ibmq_provider.protocol.jobs import JobRecord

__all__ = ["PROGRESS_VARIABLE", "ProgressBar", "progress_bar", "progress_is_wanted"]

logger = get_logger(__name__)

PROGRESS_VARIABLE: Final = "QISKIT_IBMQ_PROGRESS"
"""Environment variable: ``off`` never shows progress, ``on`` always does; otherwise it depends on where the output goes."""

_SECONDS_UNTIL_SHOWN: Final = 1.0
"""Shorter waits show nothing."""

_DISPLAY_FAILURES: Final = (
    ArithmeticError,
    AttributeError,
    ImportError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a display may raise: no terminal, a closed stream, a notebook whose front end is gone."""


@contextlib.contextmanager
def progress_bar(record: JobRecord) -> Iterator[Optional[ProgressBar]]:
    """Show the progress of a wait, if it is to be shown, and clear it away in the end."""
    bar = ProgressBar(record) if progress_is_wanted() else None
    try:
        yield bar
    finally:
        if bar is not None:
            bar.close()


def progress_is_wanted() -> bool:
    """Return whether to show progress here and now.

    Only the main thread shows any: a script that waits for many jobs in threads would get many lines at once.
    """
    choice = os.environ.get(PROGRESS_VARIABLE, "").strip().lower()
    if choice in ("off", "0", "false", "no") or threading.current_thread() is not threading.main_thread():
        return False
    return choice in ("on", "1", "true", "yes") or _is_notebook() or _is_terminal()


class ProgressBar(WaitObserver):
    """Shows how a wait goes. If the display fails it is given up, and the wait goes on."""

    seconds = 0.5

    def __init__(self, record: JobRecord) -> None:
        self._record = record
        self._due = time.monotonic() + _SECONDS_UNTIL_SHOWN
        self._bar: Any = None
        self._broken = False

    def changed(self, record: JobRecord) -> None:
        self._record = record
        if self._bar is not None:
            self._show()

    def tick(self) -> None:
        if time.monotonic() >= self._due:
            self._show()

    def close(self) -> None:
        if self._bar is not None:
            with self._careful():
                self._bar.close()

    def _show(self) -> None:
        if self._broken:
            return
        record = self._record
        status = describe_status(job_status(record.status, record.id), queue_info(record))
        with self._careful():
            if self._bar is None:
                self._bar = _open_bar()
            self._bar.set_description_str(f"Job {record.id}: {status}", refresh=False)
            # tqdm would keep its lock when the display fails, and every bar of every other thread would wait for it.
            with self._bar.get_lock():
                self._bar.refresh(nolock=True)
            self._bar.delay = 0  # shown now, so to be cleared away

    @contextlib.contextmanager
    def _careful(self) -> Iterator[None]:
        try:
            yield
        except _DISPLAY_FAILURES as err:
            self._broken = True
            logger.debug("The progress of job %s cannot be shown: %r", self._record.id, err)


def _open_bar() -> Any:
    """Return tqdm's bar for a terminal or a notebook, without any length: nobody knows how long a job takes."""
    with warnings.catch_warnings():
        # A notebook without ipywidgets gets the bar of a terminal; tqdm would warn of that each time.
        warnings.simplefilter("ignore")
        from tqdm.auto import tqdm

        # An interval of 0 keeps tqdm from starting a thread to refresh bars: the wait does that.
        kind = type("JobProgress", (tqdm,), {"monitor_interval": 0})
        # The delay keeps it from showing itself before its first status, see above.
        return kind(
            bar_format="{desc} [{elapsed}]", leave=False, dynamic_ncols=True, mininterval=0, delay=1e-9
        )


def _is_terminal() -> bool:
    try:
        return bool(sys.stderr.isatty())
    except (AttributeError, ValueError):  # None in a windowed interpreter; closed.
        return False


def _is_notebook() -> bool:
    """Return whether this runs in a kernel of Jupyter. IPython is there already if it does."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None and hasattr(ipython, "get_ipython") else None
    return getattr(shell, "kernel", None) is not None
