# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A real service for tests, as a child process and as pytest fixtures.

A test suite uses it with one line in its top ``conftest.py``::

    pytest_plugins = ["qiskit_ibmq_provider.service.testing"]

It then has the fixtures ``ibmq_service`` (a running :class:`ServiceProcess`, one for the whole
session), ``ibmq_provider`` and ``ibmq_backend``. Without pytest, :class:`ServiceProcess` is a context manager.

This module imports neither pytest nor the client: the fixtures are loaded when pytest asks for them.
"""

from __future__ import annotations

import os
import queue
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import types
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from qiskit_ibmq_provider.service.config import ENVIRONMENT_PREFIX

if TYPE_CHECKING:
    import pytest

    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend

__all__ = ["ServiceProcess", "ServiceStartError", "pytest_configure"]

READY_PREFIX: Final = "listening on "
"""What the service prints, followed by its URL, once it answers requests."""

START_SECONDS: Final = 60.0
"""How long a start may take before it counts as failed; a start takes about a second."""

STOP_SECONDS: Final = 20.0
"""How long a stopping service may take before it is killed."""

ABANDONED_SECONDS: Final = 3600
"""A service nobody has asked for so long ends by itself: the test run that started it is gone."""

PYTHON_VARIABLE: Final = "IBMQ_TEST_SERVICE_PYTHON"
"""Names the interpreter that has the service, where the one that runs the tests has only the client."""

_FIXTURES: Final = "ibmq-service-fixtures"
"""The name of the plugin that holds the fixtures."""


class ServiceStartError(RuntimeError):
    """The service did not come up; the message holds what it wrote to its standard error."""


class ServiceProcess:
    """A service of its own, running in a child process on a free port of this machine.

    Example:

        >>> with ServiceProcess() as service:
        ...     provider = IBMQ.enable_account(service.token, service.url)

    Args:
        data_dir: Where jobs and results are kept. By default a new temporary directory, removed by
            :meth:`close`.
        token: The API token of the service's user. By default a random one.
        port: The port to listen on; 0 picks a free one.
        settings: More settings, by the field names of
            :class:`~qiskit_ibmq_provider.service.config.ServiceConfig`, e.g. ``{"workers": 1}``.
        environ: The environment of the child. By default that of this process. Variables of the
            service (``IBMQ_SERVICE_…``) are always taken from the arguments above instead.
        start_timeout: How long a start may take, in seconds.
        python: The interpreter to run the service with; it needs this package with the extra
            ``[service]``. By default what ``IBMQ_TEST_SERVICE_PYTHON`` names in this process, else
            the interpreter of this process.
    """

    def __init__(
        self,
        data_dir: str | os.PathLike[str] | None = None,
        *,
        token: str | None = None,
        port: int = 0,
        settings: Mapping[str, Any] | None = None,
        environ: Mapping[str, str] | None = None,
        start_timeout: float = START_SECONDS,
        python: str | os.PathLike[str] | None = None,
    ) -> None:
        self._temporary = None if data_dir is not None else tempfile.mkdtemp(prefix="ibmq-service-")
        self._data_dir = Path(data_dir if data_dir is not None else str(self._temporary))
        self._token = secrets.token_hex(32) if token is None else token
        self._port = port
        self._settings = dict(settings or {})
        self._environ = dict(os.environ if environ is None else environ)
        self._start_timeout = start_timeout
        self._python = os.fspath(python or os.environ.get(PYTHON_VARIABLE) or sys.executable)
        self._process: subprocess.Popen[str] | None = None
        self._finalizer: weakref.finalize[..., ServiceProcess] | None = None
        self._log_path: Path | None = None
        self._url = ""

    def __enter__(self) -> ServiceProcess:
        try:
            return self.start()
        except ServiceStartError:
            self.close()
            raise

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ServiceProcess {self._url or 'not started'} in {self._data_dir}>"

    @property
    def url(self) -> str:
        """The base URL of the API, ``http://127.0.0.1:<port>/api``."""
        return self._url

    @property
    def token(self) -> str:
        """The API token to log in with."""
        return self._token

    @property
    def data_dir(self) -> Path:
        """The directory of the service's jobs and results."""
        return self._data_dir

    @property
    def pid(self) -> int:
        """The process id of the running service.

        Raises:
            RuntimeError: If the service was never started.
        """
        if self._process is None:
            raise RuntimeError(f"{self!r} has no process: call start() first.")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> ServiceProcess:
        """Start the service and wait until it answers requests.

        Raises:
            ServiceStartError: If it ended, or did not become ready in time.
        """
        if self.running:
            return self
        if self._log_path is None:
            handle, name = tempfile.mkstemp(prefix="ibmq-service-", suffix=".log")
            os.close(handle)
            self._log_path = Path(name)
        # Not a pipe: nobody reads it while the tests run, and a full pipe would stop the service.
        with self._log_path.open("ab") as log:
            process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._child_environ(),
                text=True,
                encoding="utf-8",
            )
        self._process = process
        self._finalizer = weakref.finalize(self, _kill_process, process, os.getpid())
        self._url = self._wait_until_ready(process)
        self._port = int(self._url.rsplit(":", 1)[1].split("/", 1)[0])
        return self

    def stop(self, timeout: float = STOP_SECONDS) -> int:
        """Ask the service to end (SIGTERM) and wait for it.

        Args:
            timeout: Seconds to wait before the process is killed.

        Returns:
            The exit code; negative if a signal ended the process.
        """
        if self._process is None:
            return 0
        if self.running:
            self._process.terminate()
        return self._reap(timeout)

    def kill(self) -> int:
        """End the service at once (SIGKILL), as a crash or a power cut would; return the exit code."""
        if self._process is None:
            return 0
        if self.running:
            self._process.kill()
        return self._reap(STOP_SECONDS)

    def restart(self) -> ServiceProcess:
        """Stop the service if it still runs and start it again: same data, same token, same port."""
        self.stop()
        return self.start()

    def signal(self, number: int) -> None:
        """Send a signal to the service, e.g. ``signal.SIGINT``."""
        os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """Wait until the process has ended by itself and return its exit code.

        Raises:
            subprocess.TimeoutExpired: If it is still there after ``timeout`` seconds.
        """
        if self._process is None:
            raise RuntimeError(f"{self!r} has no process: call start() first.")
        return self._process.wait(timeout)

    def log(self) -> str:
        """Return what the service wrote to its standard error so far, over all its starts."""
        if self._log_path is None:
            return ""
        text = self._log_path.read_text("utf-8", "replace")
        return text.replace(self._token, "<token>") if self._token else text

    def close(self) -> None:
        """Stop the service and remove its temporary files; a ``data_dir`` of the caller is kept."""
        self.stop()
        if self._log_path is not None:
            self._log_path.unlink(missing_ok=True)
            self._log_path = None
        if self._temporary is not None:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def _command(self) -> list[str]:
        options = ["--host", "127.0.0.1", "--port", str(self._port), "--data-dir", str(self._data_dir)]
        return [self._python, "-m", "qiskit_ibmq_provider.cli", "serve", *options]

    def _child_environ(self) -> dict[str, str]:
        environ = {k: v for k, v in self._environ.items() if not k.startswith(ENVIRONMENT_PREFIX)}
        settings = {"idle_timeout": ABANDONED_SECONDS, **self._settings, "token": self._token}
        for field, value in settings.items():
            environ[ENVIRONMENT_PREFIX + field.upper()] = str(value)
        return environ

    def _wait_until_ready(self, process: subprocess.Popen[str]) -> str:
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_forward_lines, args=(process.stdout, lines), daemon=True).start()
        deadline = time.monotonic() + self._start_timeout
        while True:
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                self.kill()
                raise ServiceStartError(
                    f"The service was not ready after {self._start_timeout:g} s and was killed. "
                    f"It wrote:\n{self.log()}"
                ) from None
            if line is None:
                code = self._reap(STOP_SECONDS)
                raise ServiceStartError(f"The service ended with exit code {code}. It wrote:\n{self.log()}")
            if line.startswith(READY_PREFIX):
                return line[len(READY_PREFIX) :].strip()

    def _reap(self, timeout: float) -> int:
        assert self._process is not None
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            if self._finalizer is not None:
                self._finalizer.detach()


def _forward_lines(stream: IO[str] | None, lines: queue.Queue[str | None]) -> None:
    """Read the child's output to its end, so that the pipe never fills; None marks the end."""
    assert stream is not None
    with stream:
        for line in stream:
            lines.put(line)
    lines.put(None)


def _kill_process(process: subprocess.Popen[str], owner: int) -> None:
    """End a service that was never closed; a forked copy of the owner leaves it alone."""
    if os.getpid() == owner:
        process.kill()
        process.wait()


def pytest_configure(config: pytest.Config) -> None:
    """Add the fixtures (a pytest hook: pytest calls it for every plugin)."""
    if not config.pluginmanager.has_plugin(_FIXTURES):
        config.pluginmanager.register(_fixtures(), _FIXTURES)


def _fixtures() -> types.ModuleType:
    """Return a module of fixtures. They are made only when pytest asks for them: this module imports it nowhere else."""
    import pytest

    @pytest.fixture(scope="session")
    def ibmq_service() -> Iterator[ServiceProcess]:
        """A running service on a free port, shared by all tests of the session."""
        with ServiceProcess() as service:
            yield service

    @pytest.fixture(scope="session")
    def ibmq_provider(ibmq_service: ServiceProcess) -> AccountProvider:
        """The default provider of an account of the service; the global ``IBMQ`` is left alone."""
        from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

        provider = IBMQFactory().enable_account(ibmq_service.token, ibmq_service.url)
        assert provider is not None, "The service offers no project."
        return provider

    @pytest.fixture(scope="session")
    def ibmq_backend(ibmq_provider: AccountProvider) -> IBMQBackend:
        """The simulator of the service, ``ibmq_qasm_simulator``: exact and quick.

        A test suite that wants a device overrides this fixture with
        ``return ibmq_provider.get_backend("ibmq_vigo")``.
        """
        return ibmq_provider.get_backend("ibmq_qasm_simulator")

    module = types.ModuleType(_FIXTURES)
    vars(module).update(ibmq_service=ibmq_service, ibmq_provider=ibmq_provider, ibmq_backend=ibmq_backend)
    return module
