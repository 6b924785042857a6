# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The discovery file, and the directory that it is in."""

from __future__ import annotations

import dataclasses
import json
import socket
import stat
from pathlib import Path

import pytest

from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.local.place import IDLE_SECONDS, LocalPlace
from qiskit_ibmq_provider.service.local.record import ServiceRecord, read_record, write_record

RECORD = ServiceRecord(
    host=socket.gethostname(),
    pid=1234,
    url="http://127.0.0.1:1/api",
    token="a-secret-token",
    instance_id="one",
    version="0.21.0",
    started="2021-06-01T09:31:02.417123Z",
)


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


def test_the_directory_of_another_machine_is_refused_with_its_name(tmp_path: Path) -> None:
    place = LocalPlace(tmp_path)
    write_record(place.discovery_file, dataclasses.replace(RECORD, host="other-machine"))
    with pytest.raises(
        IBMQLocalServiceError, match=f"of another machine, other-machine .*{socket.gethostname()}"
    ) as caught:
        place.record()
    assert "IBMQ_LOCAL_DIR" in str(caught.value)
    assert str(place.discovery_file) in str(caught.value)


def test_the_environment_says_where_and_how(tmp_path: Path) -> None:
    place = LocalPlace.from_environment(
        {"IBMQ_LOCAL_DIR": str(tmp_path), "IBMQ_LOCAL_PYTHON": "~/python", "IBMQ_LOCAL_IDLE_TIMEOUT": "1.5"}
    )
    assert place == LocalPlace(tmp_path, str(Path.home() / "python"), 1.5)


def test_without_an_environment_it_is_the_users_data_directory(clean_environment: Path) -> None:
    place = LocalPlace.from_environment({})
    assert clean_environment in place.directory.parents
    assert place.directory.name == "qiskit-ibmq-provider"
    assert place.python is None
    assert place.idle_seconds == IDLE_SECONDS


@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf", "nan"])
def test_an_idle_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(IBMQLocalServiceError, match=f"IBMQ_LOCAL_IDLE_TIMEOUT is '{text}'"):
        LocalPlace.from_environment({"IBMQ_LOCAL_DIR": "x", "IBMQ_LOCAL_IDLE_TIMEOUT": text})


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IBMQLocalServiceError, match=f"{tmp_path / 'file' / 'below'}.*IBMQ_LOCAL_DIR"):
        LocalPlace(tmp_path / "file" / "below").make()
