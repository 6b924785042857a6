# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""``ibmq devices show``, and what ``ibmq local clean`` leaves of added devices."""

from __future__ import annotations

import errno
import json
import os

import pytest
from support.local_service import local_config
from support.snapshots import snapshot

from qiskit_ibmq_provider.cli import main

__all__ = ["local_config"]


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


def test_clean_keeps_the_devices_that_were_added(local_config, tmp_path, capsys):
    path = tmp_path / "c.json"
    path.write_text(json.dumps({**snapshot("armonk"), "backend_name": "campus"}), encoding="utf-8")
    assert main(["devices", "add", str(path)]) == 0
    (local_config.data_dir / "blobs").mkdir()
    (local_config.data_dir / "service.db").touch()
    assert main(["local", "clean", "--yes"]) == 0
    assert [entry.name for entry in local_config.data_dir.iterdir()] == ["devices"]
    assert "added devices stay" in capsys.readouterr().out
    assert main(["devices", "remove", "campus"]) == 0
    assert main(["devices", "remove", "campus"]) == 1
    assert "Nothing was added of a device 'campus'" in capsys.readouterr().err
    assert main(["local", "clean", "--yes"]) == 0
    assert not local_config.data_dir.exists()


@pytest.fixture
def described_service(local_config, tmp_path):
    """A service whose settings stand in a file alone, and the file of a device."""
    data_dir, others = tmp_path / "data", tmp_path / "others"
    (others / "library").mkdir(parents=True)
    data_dir.mkdir()
    known = json.dumps({**snapshot("armonk"), "backend_name": "library"})
    (others / "library" / "conf_library.json").write_text(known, encoding="utf-8")
    settings = tmp_path / "service.ini"
    settings.write_text(f"[service]\ndata_dir = {data_dir}\ndevice_dirs = {others}\n", encoding="utf-8")
    device = tmp_path / "c.json"
    device.write_text(json.dumps({**snapshot("armonk"), "backend_name": "campus"}), encoding="utf-8")
    return settings, data_dir, device


@pytest.mark.parametrize("named_by", ["environment", "option"])
def test_a_device_goes_to_the_service_that_a_file_describes(
    local_config, described_service, monkeypatch, capsys, named_by
):
    settings, data_dir, device = described_service
    options = ["--config", str(settings)] if named_by == "option" else []
    if named_by == "environment":
        monkeypatch.setenv("IBMQ_SERVICE_CONFIG", str(settings))
    assert main(["devices", "add", str(device), *options]) == 0
    assert (data_dir / "devices" / "campus").is_dir() and not local_config.data_dir.exists()
    # The other device directories of that service count, too.
    assert main(["devices", "add", str(device), "--name", "library", *options]) == 1
    assert "there is a device of this name" in capsys.readouterr().err
    assert main(["users", "add", "alice", "--project", "a/b/c", *options]) == 0
    assert (data_dir / "service.db").exists()
    assert main(["devices", "remove", "campus", *options]) == 0
    assert not (data_dir / "devices" / "campus").exists()


def test_settings_that_cannot_be_used_are_said_and_no_service_is_guessed(
    local_config, described_service, monkeypatch, capsys
):
    settings, data_dir, device = described_service
    settings.write_text("[service]\nworkers = 1\n", encoding="utf-8")
    for content, says in [
        ("workers = 1", "'data_dir': it is required"),
        ("port = x", "'port' = 'x' (from the file"),
    ]:
        settings.write_text(f"[service]\n{content}\n", encoding="utf-8")
        for command in (["devices", "add", str(device)], ["devices", "remove", "campus"], ["users", "list"]):
            if content == "port = x":
                command += ["--data-dir", str(data_dir)]
            assert main([*command, "--config", str(settings)]) == 1
            (line,) = capsys.readouterr().err.splitlines()
            assert line.startswith("ibmq: ") and says in line
    assert not local_config.data_dir.exists()


def test_settings_of_other_services_do_not_disturb_the_one_of_this_machine(
    local_config, described_service, monkeypatch
):
    monkeypatch.setenv("IBMQ_SERVICE_PORT", "many")
    assert main(["devices", "add", str(described_service[2])]) == 0
    assert (local_config.data_dir / "devices" / "campus").is_dir()


def test_a_full_disk_is_one_message(local_config, described_service, monkeypatch, capsys):
    settings, data_dir, device = described_service

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["devices", "add", str(device), "--config", str(settings)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"ibmq: {data_dir}") and line.endswith("No space left on device")
    assert not any(path.name != "devices" for path in data_dir.rglob("*"))


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 1}'])
def test_a_file_that_is_no_device_is_named(local_config, tmp_path, capsys, content):
    path = tmp_path / "wrong.json"
    path.write_text(content, encoding="utf-8")
    assert main(["devices", "add", str(path)]) == 1
    assert capsys.readouterr().err.startswith(f"ibmq: The device file {path} cannot be used")
    assert main(["devices", "add", str(tmp_path / "missing.json")]) == 1
    assert "missing.json" in capsys.readouterr().err
    assert main(["devices", "add", str(path), "--data-dir", str(tmp_path / "nowhere")]) == 1
    assert "There is no data directory" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
