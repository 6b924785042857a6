# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A data directory belongs to one service at a time."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qiskit_ibmq_provider.service.data_lock import DataDirError, DataDirInUse, hold_data_dir


def test_the_directory_is_made_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "data"
    with hold_data_dir(path):
        assert path.stat().st_mode & 0o777 == 0o700
        assert (path / "service.pid").read_text() == f"{os.getpid()}\n"
    assert not (path / "service.pid").exists()


def test_a_second_holder_is_told_who_the_first_one_is(tmp_path: Path) -> None:
    with hold_data_dir(tmp_path), pytest.raises(DataDirInUse, match=f"process {os.getpid()}") as caught:
        with hold_data_dir(tmp_path):
            pass
    assert caught.value.pid == os.getpid()


def test_the_directory_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with hold_data_dir(tmp_path):
            pass


def test_a_missing_parent_is_named_and_not_made(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "data"
    with pytest.raises(DataDirError, match=f"there is no directory {path.parent}"), hold_data_dir(path):
        pass
    assert not path.parent.exists()


def test_a_file_in_its_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "data"
    path.touch()
    with pytest.raises(DataDirError, match="is a file"), hold_data_dir(path):
        pass


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        # Root may write everywhere but in such a place.
        path = Path("/proc/sys/ibmq-data")
    else:
        path = tmp_path / "data"
        path.mkdir(mode=0o500)
    with pytest.raises(DataDirError, match=f"{path} cannot be (written|made)"), hold_data_dir(path):
        pass
