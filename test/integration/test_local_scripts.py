# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Scripts that use the local service, as users write them: old ones, careless ones, interrupted ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.local_service import RESOLVE, local_config, run_python, service_of

from qiskit_ibmq_provider.cli import main
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig
from qiskit_ibmq_provider.service.local.finding import find

__all__ = ["local_config"]

WAIT = 60

LOAD = "from qiskit import IBMQ\nprovider = IBMQ.load_account()\nprint(provider.get_backend('ibmq_vigo'))\n"
ENABLE = (
    "from qiskit import IBMQ\nprovider = IBMQ.enable_account('T')\nprint(provider.get_backend('ibmq_vigo'))\n"
)


def test_the_environment_alone_is_enough(local_config: LocalServiceConfig, tmp_path: Path) -> None:
    done = run_python(LOAD, tmp_path, environ={"QE_URL": "local"})
    assert (done.returncode, done.stdout, done.stderr) == (0, "ibmq_vigo\n", "")
    assert find(local_config) is not None


def test_an_unedited_script_finds_it_after_one_command(
    local_config: LocalServiceConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = run_python(LOAD, tmp_path)
    assert before.returncode != 0
    assert "`ibmq account local`" in before.stderr
    assert main(["account", "local"]) == 0
    assert "IBMQ.load_account() now uses the service of this machine" in capsys.readouterr().out
    done = run_python(LOAD, tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ibmq_vigo\n", "")


def test_a_token_of_the_old_service_fails_at_once_and_names_the_command(
    local_config: LocalServiceConfig, tmp_path: Path
) -> None:
    script = (
        "import time\nfrom qiskit import IBMQ\nbegan = time.monotonic()\n"
        "try:\n    IBMQ.enable_account('T')\n"
        "except Exception as err:\n    print(time.monotonic() - began)\n    print(type(err).__name__, err)\n"
    )
    assert main(["account", "local"]) == 0
    done = run_python(script, tmp_path)
    seconds, text = done.stdout.split("\n", 1)
    assert float(seconds) < 1
    assert text.startswith("IBMQAccountRetiredServiceError")
    assert "`ibmq account local --for-retired`" in text
    assert find(local_config) is None


def test_a_token_of_the_old_service_goes_there_if_that_was_chosen_and_one_line_says_so(
    local_config: LocalServiceConfig, tmp_path: Path
) -> None:
    assert main(["account", "local", "--for-retired"]) == 0
    done = run_python(ENABLE, tmp_path)
    assert (done.returncode, done.stdout) == (0, "ibmq_vigo\n")
    (line,) = done.stderr.splitlines()
    assert "auth.quantum-computing.ibm.com is switched off" in line
    assert "using the service on this machine" in line


def test_a_script_without_a_guard_runs_once(local_config: LocalServiceConfig, tmp_path: Path) -> None:
    script = tmp_path / "old_script.py"
    script.write_text(
        "print('the script runs', flush=True)\n"
        "from qiskit import IBMQ, QuantumCircuit\n"
        "backend = IBMQ.enable_account(url='local').get_backend('ibmq_qasm_simulator')\n"
        "circuit = QuantumCircuit(1, 1)\ncircuit.x(0)\ncircuit.measure(0, 0)\n"
        "print(backend.run(circuit, shots=7).result().get_counts())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=WAIT,
    )
    assert done.stdout.splitlines() == ["the script runs", "{'1': 7}"], done.stderr
    assert "the script runs" not in local_config.log_file.read_text()


def test_ctrl_c_and_the_end_of_a_script_leave_the_service_alone(
    local_config: LocalServiceConfig, tmp_path: Path
) -> None:
    script = RESOLVE + "import sys, time\nsys.stdout.flush()\ntime.sleep(60)\n"
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    instance = process.stdout.readline().strip()
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=WAIT)
    assert process.returncode != 0
    assert service_of(local_config).instance_id == instance


def test_modules_beside_the_script_do_not_reach_the_service(
    local_config: LocalServiceConfig, tmp_path: Path
) -> None:
    for name in ("uvicorn", "starlette", "calendar", "qiskit_aer"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('the wrong {name}')\n")
    done = run_python("import sys; sys.path.append('')\n" + RESOLVE, tmp_path)
    assert done.returncode == 1
    (tmp_path / "calendar.py").unlink()
    done = run_python(RESOLVE, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == service_of(local_config).instance_id
