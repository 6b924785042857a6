# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The page on devices has the devices of today, and its options exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from support.circuit_jobs import FLEET, bell, rules

from qiskit_ibmq_provider.service.executor.qobj.circuit_job import read_circuit_job

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "devices.md").read_text(encoding="utf-8")


def test_the_tables_are_what_their_command_writes():
    command = [sys.executable, str(ROOT / "tools" / "device_table.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_device_is_on_the_page():
    named = re.findall(r"^\| `([a-z0-9_]+)` \|", PAGE, flags=re.MULTILINE)
    keys = {"method", "noise_source", "calibration_date", "computed_by"}
    assert sorted(set(named) - keys) == sorted(FLEET.names())
    assert keys <= set(named)


def test_the_options_on_the_page_are_taken():
    manila = rules("ibmq_manila")
    job = read_circuit_job(
        {
            **bell(meas_level=1, meas_return="single", calibration_date="2022-01-01"),
            "experiments": [{"instructions": []}],
        },
        manila,
    )
    assert (job.meas_level, job.meas_return, job.calibration_date.year) == (1, "single", 2022)
