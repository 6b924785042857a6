# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The configuration file when writers are killed, and behind links that lead nowhere."""

from __future__ import annotations

import os
import random
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qiskit_ibmq_provider.credentials import Credentials, read_credentials_from_qiskitrc, store_credentials
from qiskit_ibmq_provider.credentials.exceptions import CredentialsError

URL = "https://q.example.org/api"
SEED = 20211103

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals and links as POSIX has them")


def tokens(rc: Path) -> list[str]:
    """Read the file, which must be whole, and return the tokens in it."""
    return [each.token for each in read_credentials_from_qiskitrc(str(rc))[0].values()]


def unfinished(rc: Path) -> list[Path]:
    return list(rc.parent.glob(f".{rc.name}.*.tmp"))


@pytest.fixture
def rc(tmp_path: Path) -> Path:
    file = tmp_path / "home" / "qiskitrc"
    store_credentials(Credentials("old", URL), filename=str(file))
    return file


KILLED_WRITER = """
import os, signal, sys
from qiskit_ibmq_provider.credentials import Credentials, store_credentials
path, step, moment = sys.argv[1:]
step, usual = (step, getattr(os, step))
def killed(*args):
    if moment == "after":
        usual(*args)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(os, step, killed)
store_credentials(Credentials("new", "https://q.example.org/api"), overwrite=True, filename=path)
"""


@pytest.mark.parametrize(
    ("step", "moment", "left"),
    [
        ("fsync", "before", "old"),
        ("fsync", "after", "old"),
        ("replace", "before", "old"),
        ("replace", "after", "new"),
    ],
)
def test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one(rc, step, moment, left):
    child = subprocess.run([sys.executable, "-c", KILLED_WRITER, str(rc), step, moment])
    assert child.returncode == -signal.SIGKILL
    assert tokens(rc) == [left]
    assert stat.S_IMODE(rc.stat().st_mode) == 0o600
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in unfinished(rc))
    store_credentials(Credentials("next", URL), overwrite=True, filename=str(rc))
    assert tokens(rc) == ["next"]
    assert unfinished(rc) == []


BUSY_WRITER = """
import itertools, sys
from qiskit_ibmq_provider.credentials import Credentials, store_credentials
sys.stdout.write("ready\\n"); sys.stdout.flush()
for number in itertools.count():
    token = f"{sys.argv[2]}-{number}-" + "x" * 3000
    store_credentials(Credentials(token, "https://q.example.org/api"), overwrite=True, filename=sys.argv[1])
"""


def test_writers_killed_at_any_moment_leave_a_whole_file(rc):
    print(f"seed {SEED}")
    chance = random.Random(SEED)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", BUSY_WRITER, str(rc), str(number)], stdout=subprocess.PIPE, text=True
        )
        for number in range(3)
    ]
    for writer in writers:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        ends = time.monotonic() + chance.uniform(0.05, 0.2)
        while time.monotonic() < ends:
            (token,) = tokens(rc)
            assert token == "old" or (token.endswith("x" * 3000) and len(token) < 3020)
        writer.kill()
        writer.wait()
        writer.stdout.close()
    store_credentials(Credentials("next", URL), overwrite=True, filename=str(rc))
    assert tokens(rc) == ["next"]
    assert unfinished(rc) == []


def test_a_link_whose_target_is_not_there_yet_is_followed(tmp_path):
    link, target = tmp_path / "qiskitrc", tmp_path / "elsewhere" / "real"
    link.symlink_to(target)
    assert read_credentials_from_qiskitrc(str(link))[0] == {}
    store_credentials(Credentials("new", URL), filename=str(link))
    assert link.is_symlink()
    assert tokens(link) == tokens(target) == ["new"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_links_in_a_circle_are_an_error_and_stay(tmp_path):
    one, two = tmp_path / "qiskitrc", tmp_path / "two"
    one.symlink_to(two)
    two.symlink_to(one)
    with pytest.raises(CredentialsError, match="qiskitrc|two"):
        read_credentials_from_qiskitrc(str(one))
    with pytest.raises(CredentialsError):
        store_credentials(Credentials("new", URL), filename=str(one))
    assert one.is_symlink()
    assert two.is_symlink()


@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF\x00\x01\xff",
        b'{"token": "t"}\n',
        b"#!/bin/sh\necho hello\n",
        b"\xff\xfe[\x00i\x00b\x00m\x00q\x00]\x00",
    ],
)
def test_a_foreign_file_is_neither_read_as_an_account_nor_overwritten(rc, content):
    rc.write_bytes(content)
    for attempt in (
        lambda: read_credentials_from_qiskitrc(str(rc)),
        lambda: store_credentials(Credentials("new", URL), overwrite=True, filename=str(rc)),
    ):
        with pytest.raises(CredentialsError, match="qiskitrc"):
            attempt()
    assert rc.read_bytes() == content
    assert unfinished(rc) == []
