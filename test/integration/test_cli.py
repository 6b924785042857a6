# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The command ``ibmq`` against a real service."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.local_service import local_config, run_python, service_of

from qiskit_ibmq_provider.cli import main
from qiskit_ibmq_provider.credentials.configrc import qiskitrc_path
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.service.local import resolve_local
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig
from qiskit_ibmq_provider.service.local.finding import find
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["local_config"]

WAIT = 60


class Ibmq:
    """Runs commands in this process and keeps what they print."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys
        self.out = self.err = ""

    def __call__(self, *arguments: str) -> int:
        code = main(arguments)
        self.out, self.err = self._capsys.readouterr()
        return code


@pytest.fixture
def ibmq(capsys: pytest.CaptureFixture[str]) -> Ibmq:
    return Ibmq(capsys)


def test_local_status_stop_logs_and_clean(ibmq: Ibmq, local_config: LocalServiceConfig) -> None:
    assert ibmq("local", "status") == 3
    assert "is not running" in ibmq.out
    assert ibmq("local", "stop") == 0
    assert "was not running" in ibmq.out
    assert ibmq("local", "logs") == 0
    assert "There is no log yet" in ibmq.out
    assert ibmq("local", "clean", "--yes") == 0
    assert "There is nothing to remove" in ibmq.out

    endpoint = resolve_local()
    pid = service_of(local_config).pid
    assert ibmq("local", "status") == 0
    for text in (endpoint.url, str(pid), "0 jobs", "2 minutes", str(local_config.directory)):
        assert text in ibmq.out
    assert endpoint.token not in ibmq.out
    assert all(len(line) <= 80 for line in ibmq.out.splitlines() if str(local_config.directory) not in line)
    assert ibmq("local", "logs", "--lines", "1") == 0
    assert ibmq.out == f"listening on {endpoint.url}\n"
    assert ibmq("local", "stop") == 0
    assert f"(process {pid}) has ended" in ibmq.out
    assert find(local_config) is None
    assert local_config.data_dir.exists()


def test_clean_asks_and_then_removes_everything_but_accounts(
    ibmq: Ibmq, local_config: LocalServiceConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ibmq("account", "local") == 0
    (local_config.directory.parent / "other").touch()
    resolve_local()
    monkeypatch.setattr(sys, "stdin", open(os.devnull))
    assert ibmq("local", "clean") == 1
    assert "all jobs, results and logs" in ibmq.out
    assert str(local_config.data_dir) in ibmq.out
    assert "--yes" in ibmq.err
    assert find(local_config) is not None
    assert ibmq("local", "clean", "--yes") == 0
    assert find(local_config) is None
    assert [path.name for path in local_config.directory.iterdir()] == ["starting.lock"]
    assert qiskitrc_path().exists()
    assert ibmq("jobs") == 0
    assert ibmq.out == "There are no jobs.\n"


def test_logs_are_followed_until_ctrl_c(local_config: LocalServiceConfig, tmp_path: Path) -> None:
    local_config.make_directory()
    local_config.log_file.write_text("first\n")
    process = subprocess.Popen(
        [sys.executable, "-m", "qiskit_ibmq_provider.cli", "local", "logs", "--follow"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "first\n"
        with local_config.log_file.open("a") as log:
            log.write("second\n")
        assert process.stdout.readline() == "second\n"
        local_config.log_file.write_text("new\n")
        assert process.stdout.readline() == "new\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=WAIT)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in errors


def test_account_local_show_and_delete(
    ibmq: Ibmq, clean_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ibmq("account", "show") == 0
    assert "No account is stored" in ibmq.out
    assert ibmq("account", "delete") == 1
    assert ibmq.err.startswith("ibmq: No IBM Quantum Experience credentials found on disk")

    IBMQFactory.save_account("a-secret-token", "https://q.example.org/api")
    assert ibmq("account", "show") == 0
    assert "https://q.example.org/api" in ibmq.out
    assert "secret" not in ibmq.out
    assert ibmq("account", "local") == 1
    assert "q.example.org" in ibmq.err
    assert ibmq("account", "local", "--overwrite") == 0
    assert "https://q.example.org/api is replaced" in ibmq.out
    assert ibmq("account", "local", "--for-retired") == 0
    monkeypatch.setenv("QE_TOKEN", "another-secret")
    monkeypatch.setenv("QE_URL", "https://p.example.org/api")
    assert ibmq("account", "show") == 0
    assert "local (the service of this machine" in ibmq.out
    assert "come before" in ibmq.out
    assert "switched-off service" in ibmq.out
    assert "secret" not in ibmq.out
    assert ibmq("account", "delete") == 0
    assert IBMQFactory.stored_account() == {}


def test_devices_and_jobs_of_a_service(
    ibmq: Ibmq, ibmq_service, ibmq_backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    first, second = (ibmq_backend.run(circuit, job_name=name) for name in ("one", "two"))
    for job in (first, second):
        job.wait_for_final_state(timeout=WAIT)
    monkeypatch.setenv("QE_TOKEN", ibmq_service.token)
    assert ibmq("devices", "--url", ibmq_service.url) == 0
    lines = ibmq.out.splitlines()
    assert lines[0].split() == ["name", "qubits", "status", "queue", "calibrated"]
    rows = {line.split()[0]: line.split()[1:] for line in lines[1:]}
    assert rows["ibmq_vigo"][:3] == ["5", "active", "0"]
    assert rows["ibmq_vigo"][3].startswith("20")
    assert rows["ibmq_qasm_simulator"][3] == "-"
    assert max(map(len, lines)) <= 80

    # QE_TOKEN and QE_URL are the account.
    monkeypatch.setenv("QE_URL", ibmq_service.url)
    assert ibmq("jobs", "--limit", "2", "--device", "ibmq_qasm_simulator") == 0
    lines = ibmq.out.splitlines()
    assert lines[0].split() == ["id", "device", "status", "created", "name"]
    assert [line.split()[0] for line in lines[1:]] == [second.job_id(), first.job_id()]
    assert lines[1].endswith("  two")
    assert "done" in lines[1]
    assert max(map(len, lines)) <= 80


def test_no_jobs_are_said_to_be_none(ibmq: Ibmq, monkeypatch: pytest.MonkeyPatch) -> None:
    with ServiceProcess() as service:
        monkeypatch.setenv("QE_TOKEN", service.token)
        monkeypatch.setenv("QE_URL", service.url)
        assert ibmq("jobs", "--device", "ibmq_rome") == 0
    assert ibmq.out == "There are no jobs on ibmq_rome.\n"


def test_errors_are_one_line_without_a_traceback(
    ibmq: Ibmq, ibmq_service, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ibmq("jobs") == 1
    assert "`ibmq account local`" in ibmq.err
    monkeypatch.setenv("QE_TOKEN", "wrong")
    assert ibmq("devices", "--url", ibmq_service.url) == 1
    assert ibmq.err.startswith("ibmq: ")
    assert ibmq("devices", "--url", "http://127.0.0.1:1/api") == 1
    assert ibmq.err.startswith("ibmq: ")
    assert ibmq.err.count("\n") == 1
    assert ibmq.out == ""


def test_serve_without_the_extra_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys\nsys.modules['uvicorn'] = None\nfrom qiskit_ibmq_provider.cli import main\n"
        f"sys.exit(main(['serve', '--data-dir', {str(tmp_path / 'data')!r}]))\n"
    )
    done = run_python(script, tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        "The service cannot start. The service needs the extra [service], and the module uvicorn"
    )
    assert "pip install '.[service]'" in line


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m qiskit_ibmq_provider.cli account show | true",
        shell=True,
        cwd=tmp_path,
        capture_output=True,
    )
    assert done.stderr == b""
