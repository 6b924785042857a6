# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The discovery file, what a service says to the process that started it, and when it takes its file back."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from support.local_service import RECORD

from qiskit_ibmq_provider.service.local.discovery import read_record, write_record


def test_a_record_is_read_as_it_was_written_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "service.json"
    write_record(path, RECORD)
    assert read_record(path) == RECORD
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_tokens_are_not_shown() -> None:
    assert "secret" not in repr(RECORD)
    assert "secret" not in repr(RECORD.endpoint())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '"text"', "\udcff", json.dumps({**RECORD.to_json(), "pid": "1"})]
)
def test_a_file_that_cannot_be_understood_counts_as_none(
    tmp_path: Path, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "service.json"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    assert read_record(path) is None
    assert str(path) in caplog.text
    assert "secret" not in caplog.text


def test_no_file_is_no_record(tmp_path: Path) -> None:
    assert read_record(tmp_path / "service.json") is None


SCRIPT = """
import os, sys
from pathlib import Path
from qiskit_ibmq_provider.service.local.discovery import Announcement
from qiskit_ibmq_provider.service.local.discovery import read_record
announcement = Announcement.from_environment(os.environ, "token", "one")
assert not [name for name in os.environ if name.startswith("IBMQ_LOCAL_A")]
def serve(ready):
    print("before")
    {act}
    print("after", flush=True)
    return 4
sys.exit(announcement.run(serve))
"""

READY = "ready('http://127.0.0.1:1/api'); assert read_record(Path('service.json')).pid == os.getpid()"


def _run(act: str, directory: Path) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "IBMQ_LOCAL_ANNOUNCE": str(directory / "service.json"),
        "IBMQ_LOCAL_LOCK": str(directory / "starting.lock"),
    }
    script = SCRIPT.format(act=act)
    return subprocess.run(
        [sys.executable, "-c", script], cwd=directory, env=environ, capture_output=True, text=True, timeout=60
    )


def test_it_reports_once_and_withdraws_its_file_at_the_end(tmp_path: Path) -> None:
    done = _run(READY, tmp_path)
    assert done.returncode == 4, done.stderr
    assert done.stdout == "ready\n"
    # What is printed otherwise goes to the log.
    assert done.stderr.split() == ["before", "after"]
    assert not (tmp_path / "service.json").exists()


def test_a_service_that_never_was_ready_reports_its_exit_code(tmp_path: Path) -> None:
    done = _run("pass", tmp_path)
    assert done.returncode == 4, done.stderr
    assert done.stdout == "failed 4\n"


def test_the_file_of_a_later_run_stays(tmp_path: Path) -> None:
    other = "Path('service.json').write_text(Path('service.json').read_text().replace('one', 'two'))"
    assert _run(f"{READY}; {other}", tmp_path).returncode == 4
    assert '"two"' in (tmp_path / "service.json").read_text()


def test_the_file_stays_for_whoever_is_starting_or_stopping_just_now(tmp_path: Path) -> None:
    with FileLock(tmp_path / "starting.lock"):
        assert _run(READY, tmp_path).returncode == 4
    assert (tmp_path / "service.json").exists()
