# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The local service that cannot start: what went wrong is said, with what to do about it."""

from __future__ import annotations

import dataclasses
import os
import sys
from pathlib import Path

import pytest
from support.local_service import local_config, run_python, service_of

from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.local import resolve_local
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig
from qiskit_ibmq_provider.service.local.starting import start
from qiskit_ibmq_provider.service.local.stopping import stop

__all__ = ["local_config"]


def test_a_start_that_fails_says_why(local_config: LocalServiceConfig) -> None:
    local_config.make_directory()
    local_config.log_file.write_text("an older line\n")
    local_config.data_dir.write_text("not a directory")
    with pytest.raises(IBMQLocalServiceError, match="did not start") as caught:
        resolve_local()
    text = str(caught.value)
    assert f"The data directory {local_config.data_dir} is a file" in text
    assert "an older line" not in text
    assert str(local_config.log_file) in text
    assert "`ibmq local logs`" in text
    assert len(text) < 1000


def _interpreter(directory: Path, body: str) -> str:
    path = directory / "python"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_another_interpreter_can_run_it(
    local_config: LocalServiceConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(Path(sys.modules["qiskit_ibmq_provider"].__file__ or "").parents[1])
    # It has modules of its own: those of this interpreter are not pushed on it.
    body = f'test -z "$PYTHONPATH" || exit 9\nPYTHONPATH={root} exec {sys.executable} "$@"'
    monkeypatch.setenv("IBMQ_LOCAL_PYTHON", _interpreter(tmp_path, body))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "qiskit_aer", None)  # missing here, not there
    assert resolve_local().instance_id == service_of(local_config).instance_id


def test_an_interpreter_that_cannot_run_it_is_named(
    local_config: LocalServiceConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBMQ_LOCAL_PYTHON", str(tmp_path / "nowhere"))
    with pytest.raises(IBMQLocalServiceError, match=f"{tmp_path / 'nowhere'}, which IBMQ_LOCAL_PYTHON names"):
        resolve_local()
    poor = _interpreter(tmp_path, "echo No module named qiskit_ibmq_provider >&2; exit 1")
    monkeypatch.setenv("IBMQ_LOCAL_PYTHON", poor)
    with pytest.raises(IBMQLocalServiceError, match="No module named qiskit_ibmq_provider") as caught:
        resolve_local()
    assert f"`{poor} -m pip install '.[service]'`" in str(caught.value)


def test_a_start_that_takes_too_long_is_stopped(local_config: LocalServiceConfig, tmp_path: Path) -> None:
    local_config.make_directory()
    slow = dataclasses.replace(
        local_config, python=_interpreter(tmp_path, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    )
    with pytest.raises(IBMQLocalServiceError, match="was not ready after 0.5 seconds, and was stopped"):
        start(slow, timeout=0.5)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_data_that_another_service_holds_are_left_to_it(
    local_config: LocalServiceConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_local()
    record = service_of(local_config)
    # A service that lost its discovery file, as if it had been deleted by hand.
    local_config.discovery_file.unlink()
    monkeypatch.setattr("qiskit_ibmq_provider.service.local.starting.START_SECONDS", 1.5)
    with pytest.raises(IBMQLocalServiceError, match="Run `ibmq local stop`"):
        resolve_local()
    assert stop(local_config) == record.pid
    assert resolve_local().instance_id != record.instance_id


@pytest.mark.parametrize("module", ["filelock", "platformdirs", "starlette", "qiskit_aer"])
def test_without_the_extra_the_package_works_and_local_says_what_to_install(
    clean_environment: Path, tmp_path: Path, module: str
) -> None:
    script = (
        f"import sys\nsys.modules[{module!r}] = None\n"
        "from qiskit_ibmq_provider import IBMQ\n"
        "from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError\n"
        "try:\n    IBMQ.enable_account(url='local')\n"
        "except IBMQLocalServiceError as err:\n    print(err.message)\n"
    )
    done = run_python(f"import os\nos.environ.pop('IBMQ_LOCAL_DIR')\n{script}", tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"the module {module} is not installed" in done.stdout
    assert "pip install '.[service]'" in done.stdout
    assert "checkout" in done.stdout
