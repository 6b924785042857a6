# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The Python examples of README and quickstart run, each page from its first to its last."""

from __future__ import annotations

import re
from pathlib import Path

from support.local_service import local_config, run_python

import qiskit_ibmq_provider

__all__ = ["local_config"]

ROOT = Path(__file__).resolve().parents[1]
CHECKOUT = {"PYTHONPATH": str(Path(qiskit_ibmq_provider.__file__).parents[1])}


def _examples(page: str) -> str:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert blocks
    return "\n".join(blocks)


def test_the_example_of_the_readme_runs(ibmq_service, tmp_path):
    account = {"QE_TOKEN": ibmq_service.token, "QE_URL": ibmq_service.url}
    done = run_python(_examples("README.md"), tmp_path, environ={**CHECKOUT, **account})
    assert done.returncode == 0, done.stderr
    assert "JobStatus.DONE" in done.stdout


def test_the_examples_of_the_quickstart_run_on_the_service_of_this_machine(local_config, tmp_path):
    script = _examples("docs/quickstart.md")
    for shown, run in (('"…"', "job.job_id()"), ("* 2000", "* 200"), ("get_counts(1999)", "get_counts(199)")):
        assert shown in script  # what a reader puts in, and what takes long
        script = script.replace(shown, run)
    done = run_python(script, tmp_path, environ=CHECKOUT)
    assert done.returncode == 0, done.stderr
    assert "ibmq_vigo 5" in done.stdout
    assert "JobStatus." in done.stdout
    assert done.stdout.rstrip().endswith("}")
