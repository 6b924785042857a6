# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A disk without space: refusals with status 507, jobs that wait, and everything goes on when there is space again."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Callable

import psutil
import pytest
from support.plain_caller import (
    DIGITS,
    SIMULATOR,
    PlainCaller,
    endless_job,
    numbered_job,
    project_path,
    wrong_result,
)

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.testing import ServiceProcess

JOBS = project_path() + "/Jobs"
PATIENCE = 60.0
SIZE = 24 * 2**20
UNSHARE = ["unshare", "--mount"] if hasattr(os, "geteuid") and os.geteuid() == 0 else ["unshare", "-r", "-m"]

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="uses what only Linux has to make a disk small"
)


def can_mount() -> bool:
    """Whether a process of this user may have a file system of its own."""
    try:
        command = [*UNSHARE, "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[tuple[ServiceProcess, Path]]:
    """A service whose directory is a file system of its own, and where that is seen from here."""
    if not can_mount():
        pytest.skip("this user may not mount anything, also not in a namespace of its own")
    disk, script = tmp_path / "disk", tmp_path / "python-with-a-small-disk"
    disk.mkdir()
    mount = f"mount -t tmpfs -o size={SIZE} tmpfs {shlex.quote(str(disk))}"
    script.write_text(
        f'#!/bin/sh\nexec {" ".join(UNSHARE)} sh -c \'{mount} && exec "$@"\' sh {sys.executable} "$@"\n'
    )
    script.chmod(0o755)
    with ServiceProcess(disk / "data", settings={"workers": 1}, python=script) as service:
        yield service, Path(f"/proc/{service.pid}/root{disk}")


def until(done: Callable[[], Any], what: str) -> Any:
    """Ask until something is so, and return what was answered."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := done()):
        assert time.monotonic() < deadline, f"it is still not so that {what}"
        threading.Event().wait(0.05)
    return answer


def create(caller: PlainCaller) -> tuple[int, Any]:
    return caller.call("POST", JOBS, {"backend": {"name": SIMULATOR}, "allowObjectStorage": True})


def submit(caller: PlainCaller, payload: bytes) -> str:
    _, job = create(caller)
    assert caller.call("PUT", job["objectStorageInfo"]["uploadUrl"], payload)[0] == 200
    assert caller.call("POST", f"{JOBS}/{job['id']}/jobDataUploaded")[0] == 200
    return str(job["id"])


def status_of(caller: PlainCaller, job_id: str) -> str:
    return str(caller.call("GET", f"{JOBS}/{job_id}/status/v/1")[1]["status"])


def check_refusal(status: int, body: Any) -> None:
    assert status == 507, (status, body)
    assert body["error"]["code"] == ErrorCode.STORAGE_FULL
    assert "space" in body["error"]["message"]


def fill(ballast: Path) -> None:
    """Take all space that is left."""
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        for size in (2**20, 2**12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


def large_job() -> bytes:
    """A payload whose result has nearly a megabyte."""
    document = json.loads(numbered_job(2**DIGITS - 1))
    document["config"].update(shots=100_000, memory=True)
    return json.dumps(document).encode()


def test_a_full_disk_refuses_cleanly_and_all_goes_on_afterwards(
    small_disk: tuple[ServiceProcess, Path], tmp_path: Path
) -> None:
    service, disk = small_disk
    with contextlib.closing(PlainCaller(service.url, timeout=PATIENCE)) as caller:
        caller.log_in(service.token)
        done = submit(caller, numbered_job(1))
        until(lambda: status_of(caller, done) == "COMPLETED", "the first job is done")
        _, draft = create(caller)
        blocking = submit(caller, endless_job())
        until(lambda: status_of(caller, blocking) == "RUNNING", "the worker is busy")
        large = submit(caller, large_job())
        waiting = {submit(caller, numbered_job(number)): number for number in (2, 3, 4)}

        fill(disk / "ballast")
        check_refusal(*caller.call("PUT", draft["objectStorageInfo"]["uploadUrl"], b"x" * 100_000))
        # A small change finds room in the log of the database for a while; what it is told is one or the other.
        for _ in range(20):
            status, body = create(caller)
            if status != 200:
                check_refusal(status, body)
        # What needs no space works on.
        assert wrong_result(caller, project_path(), done, 1) == []
        assert caller.listed(project_path(), {"limit": 5})[0] == 200
        check_refusal(*caller.call("POST", f"{JOBS}/{blocking}/cancel"))
        assert status_of(caller, blocking) == "RUNNING"

        # With a little space the queue moves again, and the first result in it does not fit.
        os.truncate(disk / "ballast", (disk / "ballast").stat().st_size - 2**19)
        until(lambda: caller.call("POST", f"{JOBS}/{blocking}/cancel")[0] == 200, "the cancellation fits")
        until(lambda: f"no space for the result of job {large}" in service.log(), "the operator is told")
        assert status_of(caller, large) in ("QUEUED", "RUNNING")

        (disk / "ballast").unlink()
        for job_id, number in waiting.items():
            until(lambda job_id=job_id: status_of(caller, job_id) == "COMPLETED", "a job that waited is done")
            assert wrong_result(caller, project_path(), job_id, number) == []
        until(lambda: status_of(caller, large) == "COMPLETED", "the large job is done")
        assert caller.call("PUT", draft["objectStorageInfo"]["uploadUrl"], numbered_job(5))[0] == 200
        assert caller.call("POST", f"{JOBS}/{draft['id']}/jobDataUploaded")[0] == 200
        until(lambda: status_of(caller, draft["id"]) == "COMPLETED", "the draft is done")
        assert list((disk / "data" / "blobs").rglob("*.tmp")) == []
        # The library of the database resolves the path to the file system of this process, so it gets a copy.
        copy = tmp_path / "copy"
        copy.mkdir()
        for name in ("service.db", "service.db-wal"):
            shutil.copy(disk / "data" / name, copy)
    with contextlib.closing(sqlite3.connect(copy / "service.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert "Traceback" not in service.log()


def test_files_that_may_not_grow_are_the_same(tmp_path: Path) -> None:
    """Without any right to make a disk small: the system refuses larger files."""
    with ServiceProcess(tmp_path / "data", settings={"workers": 1}) as service:
        with contextlib.closing(PlainCaller(service.url, timeout=PATIENCE)) as caller:
            caller.log_in(service.token)
            _, draft = create(caller)
            url = draft["objectStorageInfo"]["uploadUrl"]
            process = psutil.Process(service.pid)
            unlimited = process.rlimit(psutil.RLIMIT_FSIZE)
            process.rlimit(psutil.RLIMIT_FSIZE, (2**20, unlimited[1]))
            for payload in (b"x" * (2**20 + 1), b"x" * 5 * 2**20):
                check_refusal(*caller.call("PUT", url, payload))
            assert list((service.data_dir / "blobs").rglob("*.tmp")) == []
            process.rlimit(psutil.RLIMIT_FSIZE, unlimited)
            assert caller.call("PUT", url, numbered_job(6))[0] == 200
            assert caller.call("POST", f"{JOBS}/{draft['id']}/jobDataUploaded")[0] == 200
            until(lambda: status_of(caller, draft["id"]) == "COMPLETED", "the job is done")
            assert wrong_result(caller, project_path(), draft["id"], 6) == []
        assert "Traceback" not in service.log()
