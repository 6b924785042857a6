# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq users``, without a service that runs and beside one."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from qiskit_ibmq_provider.cli import main

data_lock = pytest.importorskip("qiskit_ibmq_provider.service.data_lock", reason="needs the service")


class _Ibmq:
    """Runs ``ibmq users`` on one data directory and keeps what it prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str], data_dir: Path) -> None:
        self._capsys = capsys
        self.data_dir = data_dir
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        code = main(["users", *arguments, "--data-dir", str(self.data_dir)])
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def users(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> _Ibmq:
    return _Ibmq(capsys, tmp_path / "data")


def test_a_user_can_be_added_before_the_first_start(users: _Ibmq) -> None:
    assert users("add", "alice", "--project", "ibm-q/lab/alice", "--project", "ibm-q/class/main") == 0
    # The token is alone on standard output, so that it can be sent on.
    token = users.out.strip()
    assert len(token) > 40 and " " not in token
    assert "alice" in users.err and token not in users.err
    assert users("list") == 0
    header, line = users.out.splitlines()
    assert header.split() == ["user", "projects", "token", "of"]
    assert line.split()[:3] == ["alice", "ibm-q/lab/alice", "ibm-q/class/main"]
    assert token not in users.out


@pytest.mark.skipif(os.name != "posix", reason="modes of files are a matter of POSIX")
def test_what_is_made_is_for_the_operator_alone(users: _Ibmq) -> None:
    assert users("add", "alice", "--project", "a/b/c") == 0
    assert users.data_dir.stat().st_mode & 0o077 == 0
    assert all(each.stat().st_mode & 0o077 == 0 for each in users.data_dir.glob("*.db*"))


def test_projects_and_tokens_are_replaced_and_users_removed(users: _Ibmq) -> None:
    users("add", "alice", "--project", "a/b/c")
    first = users.out.strip()
    assert users("set-projects", "alice", "--project", "d/e/f") == 0
    assert users.out == "alice may use d/e/f.\n"
    assert users("rotate", "alice") == 0
    assert users.out.strip() != first
    assert users("remove", "alice") == 0
    assert "cannot log in any more" in users.out
    assert users("list") == 0
    assert "alice" not in users.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["rotate", "nobody"], "There is no user 'nobody'"),
        (["remove", "nobody"], "There is no user 'nobody'"),
        (["set-projects", "nobody", "--project", "a/b/c"], "There is no user 'nobody'"),
        (["add", "alice", "--project", "a/b/c"], "There is a user alice already"),
        (["add", "bob", "--project", "a/b"], "it must be like 'hub/group/project'"),
        (["add", "bob", "--project", "a/../c"], "it must be like 'hub/group/project'"),
        (["add", "bob", "--project", "a/b/c", "--project", "a/b/c"], "names a project twice"),
        (["add", "two words", "--project", "a/b/c"], "cannot be the name of a user"),
        (["rotate", "user@localhost"], "change the settings 'token' and 'projects'"),
    ],
)
def test_what_cannot_be_done_is_one_message(users: _Ibmq, arguments: list[str], says: str) -> None:
    users("add", "alice", "--project", "a/b/c")
    assert users(*arguments) == 1
    assert users.out == ""
    assert users.err.startswith("ibmq: ") and says in users.err and len(users.err.splitlines()) == 1


def test_a_directory_that_cannot_be_is_named(users: _Ibmq) -> None:
    users.data_dir = users.data_dir / "deeper" / "still"
    assert users("list") == 1
    assert "there is no directory" in users.err


def test_the_database_of_another_release_is_left_alone_while_its_service_runs(users: _Ibmq) -> None:
    users("add", "alice", "--project", "a/b/c")
    with (
        closing(sqlite3.connect(users.data_dir / "service.db")) as database,
        data_lock.hold_data_dir(users.data_dir),
    ):
        assert users("list") == 0
        database.execute("UPDATE alembic_version SET version_num = '0000'")
        database.commit()
        assert users("list") == 1
        assert "another release" in users.err
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == ("0000",)
