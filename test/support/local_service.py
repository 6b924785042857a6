# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The service of this machine, in a directory of the test's own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from qiskit_ibmq_provider.service.local.looking import find
from qiskit_ibmq_provider.service.local.place import LocalPlace
from qiskit_ibmq_provider.service.local.record import ServiceRecord
from qiskit_ibmq_provider.service.local.stopping import stop

__all__ = ["kill_service", "local_place", "run_python", "service_of"]

RESOLVE = "from qiskit_ibmq_provider.service.local import resolve_local\nprint(resolve_local().instance_id)\n"
"""A script that finds or starts the service, and says which one it is."""


@pytest.fixture
def local_place(clean_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalPlace]:
    """Where the service of this machine is for this test. It is stopped at the end."""
    monkeypatch.setenv("IBMQ_SERVICE_WORKERS", "1")
    # If all else fails, a service that a test forgot goes away.
    monkeypatch.setenv("IBMQ_LOCAL_IDLE_TIMEOUT", "120")
    place = LocalPlace.from_environment()
    yield place
    with contextlib.suppress(ProcessLookupError):
        kill_service(place)
    stop(place)


def service_of(place: LocalPlace) -> ServiceRecord:
    """Return the service that is running."""
    record = find(place)
    assert record is not None
    return record


def kill_service(place: LocalPlace) -> None:
    """End the service as a crash would, if it is running."""
    record = find(place)
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
