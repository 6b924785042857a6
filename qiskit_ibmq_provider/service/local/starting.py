# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Starting the service of this machine, if it is not running, as a process of its own, which belongs to no terminal and no script."""

from __future__ import annotations

import os
import queue
import re
import secrets
import signal
import subprocess
import sys
import sysconfig
import threading
import time
from pathlib import Path
from typing import IO, Final

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.config import ENVIRONMENT_PREFIX, local_variables
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig, check_extra
from qiskit_ibmq_provider.service.local.discovery import (
    ANNOUNCE_VARIABLE,
    FAILED,
    LOCK_VARIABLE,
    READY,
    ServiceRecord,
)
from qiskit_ibmq_provider.service.local.finding import find, unfinished_jobs
from qiskit_ibmq_provider.service.local.logfile import append_to_log, last_lines, size_of
from qiskit_ibmq_provider.service.local.stopping import stop_holding_lock
from qiskit_ibmq_provider.version import VERSION

__all__ = ["START_SECONDS", "find_or_start", "start"]

logger = get_logger(__name__)

START_SECONDS: Final = 60.0
"""How long a start may take. It takes two seconds, and more on a machine that is busy or reads Python from a network."""

_PAUSE: Final = 0.2
"""Seconds between two looks for a service that another process has started."""

_IN_USE: Final = 4
"""Exit code of a service whose data directory another one holds (``service.server.EXIT_DATA_DIR_IN_USE``)."""

_SHOWN_LINES: Final = 10

_OTHER_PYTHON: Final = ("PYTHONHOME", "PYTHONPATH", "__PYVENV_LAUNCHER__")
"""Variables that belong to one interpreter and mislead another one."""

_DETACH: Final = (
    "import os, sys\nif os.fork() == 0:\n    os.execv(sys.executable, [sys.executable] + sys.argv[1:])"
)
"""Leaves the service without a parent that would have to wait for its end."""


def find_or_start(config: LocalServiceConfig) -> ServiceRecord:
    """Return the service that is running; start it first if there is none.

    One that runs an older version of this package is replaced if it has nothing to do.

    Raises:
        IBMQLocalServiceError: it cannot be found or started.
    """
    record = find(config)
    if record is not None and not _is_outdated(record, config):
        return record
    config.make_directory()
    with config.lock():
        # Whoever had the lock before may have done it.
        record = find(config)
        if record is not None:
            if not (_is_outdated(record, config) and unfinished_jobs(record) == 0):
                return record
            logger.info("The local service is of version %s and idle; it is started again.", record.version)
            stop_holding_lock(config)
        return _start_until_there(config)


def _start_until_there(config: LocalServiceConfig) -> ServiceRecord:
    """Start a service. The lock is held, so if the data are in use, then by a service that is starting, or ending, or does not answer."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        is_ready = start(config, timeout=START_SECONDS)
        record = find(config)
        if record is not None:
            return record
        if is_ready:
            raise IBMQLocalServiceError(
                f"The local service says that it is ready, but does not answer on this machine. Its log is {config.log_file}. "
                "A firewall may forbid connections to 127.0.0.1."
            )
        if time.monotonic() > deadline:
            raise IBMQLocalServiceError(
                f"A service that does not answer holds {config.data_dir}. Run `ibmq local stop`, then try again; no job is lost. "
                f"Its log is {config.log_file}."
            )
        time.sleep(_PAUSE)


def _is_outdated(record: ServiceRecord, config: LocalServiceConfig) -> bool:
    """Return whether a start would give a newer version. An interpreter that the user chose has a version of its own."""
    return config.python is None and _release(record.version) < _release(VERSION)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])


def start(config: LocalServiceConfig, *, timeout: float) -> bool:
    """Start a service and wait until it is ready.

    It runs in a session of its own: neither Ctrl-C nor the end of the terminal or of this process reaches it.

    Args:
        config: where, and with which interpreter.
        timeout: seconds until a start that is not done counts as failed; it is then stopped.

    Returns:
        whether it answers requests, and its discovery file is written. If not, another service holds the data directory; it may be one
        that is still starting or just ending.

    Raises:
        IBMQLocalServiceError: it did not start. The text holds the last lines of its log.
    """
    if config.python is None:
        check_extra()
        if not sys.executable:
            raise IBMQLocalServiceError(
                "This program has no Python interpreter that could run the local service. Set IBMQ_LOCAL_PYTHON to one with the "
                "extra [service], or run `ibmq serve` there."
            )
    before = size_of(config.log_file)
    process = _launch(config, config.python or sys.executable)
    answer = _first_line(process, timeout)
    if answer in (READY, f"{FAILED} {_IN_USE}"):
        return answer == READY
    if answer is None:
        problem = f"was not ready after {timeout:g} seconds, and was stopped"
    else:
        problem = "did not start"
    lines = last_lines(config.log_file, _SHOWN_LINES, since=before)
    said = "\n".join(["It said:", *(f"  {line}" for line in lines)]) if lines else "It said nothing."
    raise IBMQLocalServiceError(
        f"The local service {problem}. {said}\nIts log is {config.log_file}; `ibmq local logs` shows it. {_hint(config)}".rstrip()
    )


def _hint(config: LocalServiceConfig) -> str:
    """Return what is likely wrong with an interpreter that the user chose, which nobody has looked into."""
    if config.python is None:
        return ""
    return (
        f"It runs with {config.python}, which IBMQ_LOCAL_PYTHON names: the package has to be installed there too, by "
        f"`{config.python} -m pip install '.[service]'` in the checkout."
    )


def _launch(config: LocalServiceConfig, python: str) -> subprocess.Popen[str]:
    arguments = ["-m", "qiskit_ibmq_provider.cli", "serve", "--host", "127.0.0.1", "--port", "0"]
    arguments += ["--data-dir", str(config.data_dir), "--idle-timeout", f"{config.idle_seconds:g}"]
    arguments += ["--instance-id", secrets.token_hex(8)]
    # It has one user, whom nobody has to be protected from.
    arguments += ["--requests-per-second", "0"]
    if os.name == "posix":
        # The interpreter in between needs nothing but itself: without site and variables it takes milliseconds.
        command = [python, "-I", "-S", "-c", _DETACH, *arguments]
    else:  # pragma: no cover - not tested
        command = [python, *arguments]
    try:
        with append_to_log(config) as log:
            process = subprocess.Popen(
                command,
                # Not the script's directory: its modules would be found before those of the service.
                cwd=config.directory,
                env=_environment(config),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                text=True,
                encoding="utf-8",
                creationflags=_detached_flags(),
            )
    except OSError as err:
        named = "IBMQ_LOCAL_PYTHON names" if config.python else "this program runs in"
        raise IBMQLocalServiceError(
            f"The local service cannot be started with {python}, which {named}, in {config.directory}: {err.strerror or err}."
        ) from err
    return process


def _environment(config: LocalServiceConfig) -> dict[str, str]:
    """Return the environment of the service: the present one, without what is meant for others, and with its token."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(ENVIRONMENT_PREFIX)}
    environ.update(local_variables(os.environ))
    if config.python is not None:
        for name in _OTHER_PYTHON:
            environ.pop(name, None)
    else:
        root = str(Path(__file__).resolve().parents[3])
        if root not in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib")):
            # A checkout that is not installed is found by its place alone.
            environ["PYTHONPATH"] = os.pathsep.join(filter(None, (root, environ.get("PYTHONPATH"))))
    environ[ENVIRONMENT_PREFIX + "TOKEN"] = secrets.token_hex(32)
    environ[ANNOUNCE_VARIABLE] = str(config.discovery_file)
    environ[LOCK_VARIABLE] = str(config.lock_file)
    return environ


def _detached_flags() -> int:
    if sys.platform == "win32":  # pragma: no cover - not tested
        return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    return 0


def _first_line(process: subprocess.Popen[str], timeout: float) -> str | None:
    """Return the first line that a process reports, empty if it ends without one.

    A process that takes too long is killed, with all that it has started, and the answer is ``None``.
    """
    lines: queue.Queue[str] = queue.Queue()
    assert process.stdout is not None
    threading.Thread(target=_read_line, args=(process.stdout, lines), daemon=True).start()
    try:
        return lines.get(timeout=timeout).strip()
    except queue.Empty:
        _kill_session(process)
        return None
    finally:
        if os.name == "posix":
            # The one in between; the service itself has left it.
            process.wait()


def _read_line(stream: IO[str], lines: queue.Queue[str]) -> None:
    with stream:
        lines.put(stream.readline())


def _kill_session(process: subprocess.Popen[str]) -> None:
    if sys.platform == "win32":  # pragma: no cover - not tested
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        # It has ended in the meantime.
        return
