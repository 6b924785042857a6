# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The examples of the documentation run on the service of this machine, and find what the devices' calibrations say."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.local_service import local_config

import qiskit_ibmq_provider

__all__ = ["local_config"]

DOCS = Path(__file__).resolve().parents[1] / "docs"
EXAMPLES = DOCS / "examples"
CHECKOUT = {"PYTHONPATH": str(Path(qiskit_ibmq_provider.__file__).parents[1])}
PLOTS = ["discriminator", "echo", "rabi", "ramsey", "sweep", "t1"]

pytestmark = pytest.mark.examples_long


def _run(script: Path, directory: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), *arguments],
        cwd=directory,
        env={**os.environ, **CHECKOUT},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_exercise_on_armonk_finds_the_calibration_of_the_device(local_config, tmp_path):
    pytest.importorskip("matplotlib")
    shown = _run(EXAMPLES / "armonk.py", tmp_path, str(tmp_path / "plots"))
    print(shown)
    numbers = json.loads((tmp_path / "plots" / "numbers.json").read_text(encoding="utf-8"))
    measured, known = numbers["measured"], numbers["calibrated"]
    assert measured["frequency_ghz"] == pytest.approx(known["frequency_ghz"], abs=5e-4)
    assert measured["precise_frequency_ghz"] == pytest.approx(known["precise_frequency_ghz"], abs=3e-5)
    assert measured["pi_area_over_that_of_x"] == pytest.approx(1, abs=0.02)
    assert measured["readout_error"] == pytest.approx(known["readout_error"], abs=0.01)
    assert measured["t1_us"] == pytest.approx(known["t1_us"], rel=0.15)
    assert measured["t2_us"] == pytest.approx(known["t2_us"], rel=0.2)
    for name in PLOTS:
        assert (tmp_path / "plots" / f"{name}.png").stat().st_size > 5000


def test_vqe_finds_the_energy_of_hydrogen_on_a_simulator_and_nearly_on_a_noisy_device(local_config, tmp_path):
    shown = _run(EXAMPLES / "vqe.py", tmp_path)
    print(shown)
    exact, ideal, noisy = (float(line.split()[1]) for line in shown.splitlines())
    assert exact == pytest.approx(-1.8573, abs=1e-4)
    assert ideal == pytest.approx(exact, abs=0.02)
    # The device heats the state up a little; without the noise of its gates the readout alone would be repaired.
    assert noisy == pytest.approx(exact, abs=0.08)


def test_the_page_about_pulses_runs_from_its_first_to_its_last_example(local_config, tmp_path):
    blocks = re.findall(
        r"```python\n(.*?)```", (DOCS / "pulse.md").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    script = tmp_path / "page.py"
    script.write_text("\n".join(blocks), encoding="utf-8")
    shown = _run(script, tmp_path)
    assert "ibmq_armonk 1" in shown and len(shown.splitlines()[-3].split(",")) == 50
    sweep = [int(number) for number in shown.splitlines()[-2].strip("[]").split(",")]
    assert sweep.index(max(sweep)) in (19, 20, 21)
