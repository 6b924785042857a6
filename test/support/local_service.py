# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The service of this machine, in a directory of the test's own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from qiskit_ibmq_provider.service.local.config import LocalServiceConfig
from qiskit_ibmq_provider.service.local.discovery import ServiceRecord
from qiskit_ibmq_provider.service.local.finding import find
from qiskit_ibmq_provider.service.local.stopping import stop

__all__ = ["RECORD", "kill_service", "local_config", "run_python", "service_of"]

RESOLVE = "from qiskit_ibmq_provider.service.local import resolve_local\nprint(resolve_local().instance_id)\n"
"""A script that finds or starts the service, and says which one it is."""


RECORD = ServiceRecord(
    host=socket.gethostname(),
    pid=1234,
    url="http://127.0.0.1:1/api",
    token="a-secret-token",
    instance_id="one",
    version="0.21.0",
    started="2021-06-01T09:31:02.417123Z",
)
"""What a discovery file may say; nothing runs there."""


@pytest.fixture
def local_config(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServiceConfig]:
    """Where the service of this machine is for this test. It is stopped at the end."""
    monkeypatch.setenv("IBMQ_SERVICE_WORKERS", "1")
    # If all else fails, a service that a test forgot goes away.
    monkeypatch.setenv("IBMQ_LOCAL_IDLE_TIMEOUT", "120")
    config = LocalServiceConfig.from_environment()
    yield config
    with contextlib.suppress(ProcessLookupError):
        kill_service(config)
    stop(config)


def service_of(config: LocalServiceConfig) -> ServiceRecord:
    """Return the service that is running."""
    record = find(config)
    assert record is not None
    return record


def kill_service(config: LocalServiceConfig) -> None:
    """End the service as a crash would, if it is running."""
    record = find(config)
    if record is not None:
        os.kill(record.pid, signal.SIGKILL)


def run_python(
    script: str, directory: Path, *, environ: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run a script in a fresh interpreter, in a directory that holds nothing of ours."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=directory,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=120,
        **options,
    )
