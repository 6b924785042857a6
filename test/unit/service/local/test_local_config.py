# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The settings of the local service, and the directory that they name."""

from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest
from support.local_service import RECORD

from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.local.config import IDLE_SECONDS, LocalServiceConfig
from qiskit_ibmq_provider.service.local.discovery import write_record


def test_the_directory_of_another_machine_is_refused_with_its_name(tmp_path: Path) -> None:
    config = LocalServiceConfig(tmp_path)
    write_record(config.discovery_file, dataclasses.replace(RECORD, host="other-machine"))
    with pytest.raises(
        IBMQLocalServiceError, match=f"of another machine, other-machine .*{socket.gethostname()}"
    ) as caught:
        config.record()
    assert "IBMQ_LOCAL_DIR" in str(caught.value)
    assert str(config.discovery_file) in str(caught.value)


def test_the_environment_says_where_and_how(tmp_path: Path) -> None:
    config = LocalServiceConfig.from_environment(
        {"IBMQ_LOCAL_DIR": str(tmp_path), "IBMQ_LOCAL_PYTHON": "~/python", "IBMQ_LOCAL_IDLE_TIMEOUT": "1.5"}
    )
    assert config == LocalServiceConfig(tmp_path, str(Path.home() / "python"), 1.5)


def test_without_an_environment_it_is_the_users_data_directory(clean_environment: Path) -> None:
    config = LocalServiceConfig.from_environment({})
    assert clean_environment in config.directory.parents
    assert config.directory.name == "qiskit-ibmq-provider"
    assert config.python is None
    assert config.idle_seconds == IDLE_SECONDS


@pytest.mark.parametrize("text", ["soon", "0", "-1", "inf", "nan"])
def test_an_idle_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(IBMQLocalServiceError, match=f"IBMQ_LOCAL_IDLE_TIMEOUT is '{text}'"):
        LocalServiceConfig.from_environment({"IBMQ_LOCAL_DIR": "x", "IBMQ_LOCAL_IDLE_TIMEOUT": text})


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IBMQLocalServiceError, match=f"{tmp_path / 'file' / 'below'}.*IBMQ_LOCAL_DIR"):
        LocalServiceConfig(tmp_path / "file" / "below").make_directory()
