# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The examples on docs/modern.md run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import qiskit_ibmq_provider

PAGE = Path(__file__).resolve().parents[1] / "docs" / "modern.md"


def test_the_examples_run_one_after_the_other(ibmq_service, tmp_path):
    if not PAGE.exists():
        pytest.skip("the pages are not in this installation")
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)
    assert len(blocks) >= 5
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks), "utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script)],
        capture_output=True,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(qiskit_ibmq_provider.__file__).parents[1]),
            "QE_TOKEN": ibmq_service.token,
            "QE_URL": ibmq_service.url,
        },
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "DONE" in done.stdout
    assert "3250 404" in done.stdout
    assert "ibmq_vigo\n=========" in done.stdout
