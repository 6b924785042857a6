# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Files that are whole or absent. What a full disk and a kill do to them is tested where they are used."""

from __future__ import annotations

import errno
import os
import shutil
import stat

import pytest

from qiskit_ibmq_provider._atomic import AtomicFile, is_disk_full, leftovers


def test_a_file_appears_when_it_is_complete_and_only_for_its_owner(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with AtomicFile(path) as file:
        file.write(b"new ")
        file.write(b"text")
        assert path.read_bytes() == b"old"
        assert list(leftovers(path)) == [tmp_path / os.path.basename(file.name)]
    assert path.read_bytes() == b"new text"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_copies_files_can_write_it(tmp_path):
    (tmp_path / "source").write_bytes(b"x" * 100_000)
    with (tmp_path / "source").open("rb") as source, AtomicFile(tmp_path / "copy") as file:
        shutil.copyfileobj(source, file, 1000)
    assert (tmp_path / "copy").read_bytes() == b"x" * 100_000


def test_a_failure_names_the_file_and_leaves_the_old_one(tmp_path):
    path = tmp_path / "missing" / "file"
    with pytest.raises(FileNotFoundError) as caught:
        AtomicFile(path)
    assert caught.value.filename == str(path)


def test_a_failed_step_is_told_in_the_words_of_the_caller(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "file"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left") as caught, AtomicFile(path) as file:
        file.write(b"new")
    assert is_disk_full(caught.value) and caught.value.filename == str(path)
    with pytest.raises(LookupError, match="file: No space left"):
        AtomicFile(path, failure=lambda err, path: LookupError(f"{path.name}: {err.strerror}")).commit()
    assert [entry.read_bytes() for entry in tmp_path.iterdir()] == [b"old"]


@pytest.mark.skipif(os.name != "posix", reason="only there directories are flushed")
@pytest.mark.parametrize(("number", "is_error"), [(errno.EINVAL, False), (errno.EIO, True)])
def test_a_file_system_that_cannot_flush_directories_is_no_error(tmp_path, monkeypatch, number, is_error):
    usual = os.fsync

    def fsync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        usual(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    file = AtomicFile(tmp_path / "file")
    if is_error:
        with pytest.raises(OSError, match=os.strerror(number)):
            file.commit()
    else:
        assert file.commit() == 0
