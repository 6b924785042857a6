# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq demo``, as a newcomer sees it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.local_service import local_config, service_of

from qiskit_ibmq_provider.cli import main
from qiskit_ibmq_provider.credentials.configrc import qiskitrc_path
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig

__all__ = ["local_config"]

COMMAND = [sys.executable, "-m", "qiskit_ibmq_provider.cli", "demo"]
WAIT = 120


def test_the_demo_shows_everything_on_a_machine_that_has_nothing_yet(
    local_config: LocalServiceConfig, tmp_path: Path
) -> None:
    began = time.monotonic()
    done = subprocess.run(COMMAND, cwd=tmp_path, capture_output=True, text=True, timeout=WAIT)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - began < 60
    out = done.stdout
    assert "starting ..." in out
    assert service_of(local_config).url in out
    assert service_of(local_config).token not in out
    assert "ibmq_vigo" in out
    # Two jobs, each with its steps and its bars.
    assert len(re.findall(r"^  queued ", out, re.MULTILINE)) == 2
    assert len(re.findall(r"^  done ", out, re.MULTILINE)) == 2
    bars = re.findall(r"^    ([01]{2}) +([\d.]+) %", out, re.MULTILINE)
    assert {outcome for outcome, _ in bars} == {"00", "01", "10", "11"}
    assert sum(float(share) for _, share in bars) == pytest.approx(200, abs=1)
    # The other process found the job that the first one ran.
    (first, _) = re.findall(r"^  job (\w+),", out, re.MULTILINE)
    assert f'retrieve_job("{first}")' in out
    assert re.search(r"^  ibmq_vigo DONE \{'", out, re.MULTILINE)
    assert str(local_config.directory) in out
    for command in ("ibmq account local", "--for-retired", "ibmq local status", "ibmq local stop"):
        assert command in out
    assert len(out.splitlines()) < 80
    assert all(len(line) <= 100 for line in out.splitlines() if "/" not in line)
    assert not qiskitrc_path().exists()


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_in_a_terminal_each_job_is_one_line_and_a_stored_account_stays(
    local_config: LocalServiceConfig, tmp_path: Path
) -> None:
    IBMQFactory.save_account("token", "https://q.example.org/api")
    before = qiskitrc_path().read_bytes()
    ours, theirs = os.openpty()
    with subprocess.Popen(COMMAND, cwd=tmp_path, stdout=theirs, stderr=theirs, stdin=theirs) as process:
        os.close(theirs)
        text = b""
        while True:
            try:
                text += os.read(ours, 65536)
            except OSError:  # the other side is closed
                break
    os.close(ours)
    assert process.returncode == 0, text.decode()
    lines = [line for line in text.decode().splitlines() if "queued" in line]
    assert len(re.findall(r"queued > (?:running > )?done", text.decode())) == 2, lines
    assert "\r\x1b[K" in text.decode()
    assert qiskitrc_path().read_bytes() == before
    assert main(["jobs", "--url", "local"]) == 0
