# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""``ibmq devices show``, and what ``ibmq local clean`` leaves of added devices."""

from __future__ import annotations

import json

import pytest
from support.local_service import local_place
from support.snapshots import snapshot

from qiskit_ibmq_provider.cli import main

__all__ = ["local_place"]


def test_show_says_what_a_device_is(ibmq_service, monkeypatch, capsys):
    monkeypatch.setenv("QE_TOKEN", ibmq_service.token)
    monkeypatch.setenv("QE_URL", ibmq_service.url)
    assert main(["devices", "show", "ibmq_armonk"]) == 0
    shown = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert shown["qubits"].strip() == "1" and shown["pulses"].strip() == "yes"
    assert "Simulated with noise from its calibration of 2021-03-15" in shown["description"]
    assert shown["calibrations"].strip() == "2021-03-15T04:40:24Z"
    assert main(["devices", "show", "simulator_mps"]) == 0
    shown = dict(line.split(":", 1) for line in capsys.readouterr().out.splitlines())
    assert shown["method"].strip() == "matrix_product_state" and "calibrations" not in shown
    assert main(["devices", "show", "ibmq_armonkey"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.count("\n") == 1
    assert "ibmq_armonkey" in captured.err and "ibmq_armonk" in captured.err


def test_clean_keeps_the_devices_that_were_added(local_place, tmp_path, capsys):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({**snapshot("armonk"), "backend_name": "campus"}), encoding="utf-8")
    assert main(["devices", "add", str(path)]) == 0
    (local_place.data_dir / "blobs").mkdir()
    (local_place.data_dir / "service.db").touch()
    assert main(["local", "clean", "--yes"]) == 0
    assert [entry.name for entry in local_place.data_dir.iterdir()] == ["devices"]
    assert "added devices stay" in capsys.readouterr().out
    assert main(["devices", "remove", "campus"]) == 0
    assert main(["devices", "remove", "campus"]) == 1
    assert "Nothing was added of a device 'campus'" in capsys.readouterr().err
    assert main(["local", "clean", "--yes"]) == 0
    assert not local_place.data_dir.exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_file_that_is_no_device_is_named(local_place, tmp_path, capsys, content):
    path = tmp_path / "wrong.json"
    path.write_text(content, encoding="utf-8")
    assert main(["devices", "add", str(path)]) == 1
    assert capsys.readouterr().err.startswith(f"ibmq: The device file {path} cannot be used")
    assert main(["devices", "add", str(tmp_path / "missing.json")]) == 1
    assert "missing.json" in capsys.readouterr().err
    assert main(["devices", "add", str(path), "--data-dir", str(tmp_path / "nowhere")]) == 1
    assert "There is no data directory" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
