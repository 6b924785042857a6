# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The log of the local service."""

from __future__ import annotations

import stat
from pathlib import Path

from qiskit_ibmq_provider.service.local import logfile
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig
from qiskit_ibmq_provider.service.local.logfile import append_to_log, last_lines, size_of


def test_a_log_grows_and_is_put_aside_when_it_is_large(tmp_path: Path, monkeypatch) -> None:
    config = LocalServiceConfig(tmp_path)
    monkeypatch.setattr(logfile, "_LARGEST", 10)
    for text in (b"one\n", b"two and more\n", b"three\n"):
        with append_to_log(config) as log:
            log.write(text)
    assert config.log_file.read_bytes() == b"three\n"
    assert config.old_log_file.read_bytes() == b"one\ntwo and more\n"
    assert stat.S_IMODE(config.log_file.stat().st_mode) == 0o600


def test_the_last_lines_are_those_after_a_position(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "log"
    assert last_lines(path, 3) == []
    assert size_of(path) == 0
    path.write_bytes(b"old\n")
    before = size_of(path)
    path.write_bytes(b"old\nnew 1\nnew 2\nnew \xff3\n")
    assert last_lines(path, 2) == ["new 2", "new \ufffd3"]
    assert last_lines(path, 10, since=before) == ["new 1", "new 2", "new \ufffd3"]
    assert last_lines(path, 10, until=before) == ["old"]
    # A log that was put aside in the meantime is read from its beginning.
    assert last_lines(path, 10, since=10_000)[0] == "old"
    monkeypatch.setattr(logfile, "_READ", 5)
    assert last_lines(path, 10) == ["w \ufffd3"]
