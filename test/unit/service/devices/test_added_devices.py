# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Devices and calibrations that users add: what is taken, what is said of mistakes, and what a service sees of it while it runs."""

from __future__ import annotations

import datetime
import json

import pytest
from qiskit.qobj import PulseQobjInstruction
from support.snapshots import snapshot

from qiskit_ibmq_provider.encoding import (
    decode_backend_configuration,
    decode_backend_properties,
    decode_pulse_defaults,
)
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.service.devices import DeviceFileError, Fleet
from qiskit_ibmq_provider.service.devices.added import AddedDevices, NotAdded
from qiskit_ibmq_provider.service.domain.errors import UnknownDevice

OLD = "2019-05-05T06:00:00Z"


@pytest.fixture
def files(tmp_path):
    """Writes documents and returns their paths."""

    def write(**documents):
        paths = []
        for stem, document in documents.items():
            path = tmp_path / f"{stem}.json"
            path.write_text(json.dumps(document, default=str), encoding="utf-8")
            paths.append(path)
        return paths

    return write


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "added").mkdir()
    return tmp_path / "added"


def _armonk(**changes):
    return {**snapshot("armonk"), "backend_name": "campus_1q", **changes}


def _calibration(device="armonk", name="campus_1q", **changes):
    return {**snapshot(device, "props"), "backend_name": name, **changes}


def test_raw_snapshots_are_added_and_seen_by_a_fleet_that_was_there_before(directory, files):
    fleet = Fleet([directory])
    listed = fleet.encoded_configurations()
    paths = files(any=_armonk(), of=_calibration(), name=snapshot("armonk", "defs"))
    (addition,) = AddedDevices(directory).add(paths)
    assert (addition.name, addition.device, len(addition.calibrations)) == ("campus_1q", True, 1)
    assert fleet.names()[-1] == "campus_1q"
    assert fleet.generation == 1
    assert b"campus_1q" not in listed and b"campus_1q" in fleet.encoded_configurations()
    armonk = Fleet()
    assert fleet.properties("campus_1q")["qubits"] == armonk.properties("ibmq_armonk")["qubits"]
    assert fleet.defaults("campus_1q") == armonk.defaults("ibmq_armonk")
    assert (
        fleet.configuration("campus_1q")["hamiltonian"] == armonk.configuration("ibmq_armonk")["hamiltonian"]
    )


def _saved(device):
    """The three documents of a device as a user of the client has them: objects of Qiskit, and then their dictionaries."""
    fleet = Fleet()
    configuration = decode_backend_configuration(codec.loads(codec.dumps(fleet.configuration(device))))
    properties = decode_backend_properties(codec.loads(codec.dumps(fleet.properties(device))))
    defaults = decode_pulse_defaults(codec.loads(codec.dumps(fleet.defaults(device))))
    return configuration.to_dict(), properties.to_dict(), defaults.to_dict()


@pytest.mark.parametrize("device", ["ibmq_armonk", "ibmq_manila", "ibm_perth", "ibmq_boeblingen"])
def test_what_qiskit_saves_of_a_device_comes_back_as_it_was(directory, files, device):
    configuration, properties, defaults = _saved(device)
    AddedDevices(directory).add(files(c=configuration, p=properties, d=defaults), name="copy")
    copies = Fleet([directory])
    original, copy = copies.configuration(device), copies.configuration("copy")
    assert copy["description"] == original["description"]
    for key in original.keys() - {"backend_name", "qubit_lo_range", "meas_lo_range", "hamiltonian"}:
        assert (
            copy[key] == pytest.approx(original[key]) if key in ("dt", "dtm") else copy[key] == original[key]
        ), key
    if "hamiltonian" in original:
        assert copy["hamiltonian"]["vars"] == pytest.approx(original["hamiltonian"]["vars"])
        assert copy["hamiltonian"]["h_str"] == original["hamiltonian"]["h_str"]
    assert copies.properties("copy") == {**copies.properties(device), "backend_name": "copy"}
    before, after = copies.defaults(device), copies.defaults("copy")
    assert after["qubit_freq_est"] == pytest.approx(before["qubit_freq_est"])
    assert after["pulse_library"] == before["pulse_library"]
    played = [
        [
            PulseQobjInstruction.from_dict(codec.loads(codec.dumps(step))).to_dict()
            for step in command["sequence"]
        ]
        for document in (before, after)
        for command in document["cmd_def"]
    ]
    assert played[: len(played) // 2] == played[len(played) // 2 :]


def test_a_calibration_of_another_date_is_added_to_a_device_that_is_there(directory, files):
    fleet = Fleet([directory])
    newest = fleet.properties("ibmq_vigo")["last_update_date"]
    old = {**snapshot("vigo", "props"), "last_update_date": OLD}
    (addition,) = AddedDevices(directory).add(files(old=old))
    assert (addition.name, addition.device) == ("ibmq_vigo", False)
    assert [date.year for date in fleet.calibration_dates("ibmq_vigo")] == [2019, 2021]
    assert fleet.properties("ibmq_vigo")["last_update_date"] == newest
    before = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    assert fleet.properties("ibmq_vigo", before)["last_update_date"] == "2019-05-05T06:00:00.000000Z"
    at = datetime.datetime(2019, 5, 5, 6, tzinfo=datetime.timezone.utc)
    assert fleet.properties("ibmq_vigo", at) is None
    assert fleet.properties_at("ibmq_vigo", at) is not None
    assert "2021-01-20" in fleet.configuration("ibmq_vigo")["description"]


def test_the_newest_calibration_is_the_current_one_wherever_it_comes_from(directory, files):
    fleet = Fleet([directory])
    AddedDevices(directory).add(
        files(new={**snapshot("vigo", "props"), "last_update_date": "2022-02-02T00:00:00Z"})
    )
    assert fleet.properties("ibmq_vigo")["last_update_date"].startswith("2022-02-02")
    assert "2022-02-02" in fleet.configuration("ibmq_vigo")["description"]


def test_what_was_added_is_removed_again(directory, files):
    added, fleet = AddedDevices(directory), Fleet([directory])
    added.add(files(c=_armonk(), p=_calibration(), q=_calibration(last_update_date=OLD)))
    assert added.names() == ["campus_1q"] and len(fleet.calibration_dates("campus_1q")) == 2
    added.remove("campus_1q", datetime.datetime(2019, 5, 5, 6, tzinfo=datetime.timezone.utc))
    assert len(fleet.calibration_dates("campus_1q")) == 1
    with pytest.raises(NotAdded, match="2019-05-05"):
        added.remove("campus_1q", datetime.datetime(2019, 5, 5, 6, tzinfo=datetime.timezone.utc))
    added.remove("campus_1q")
    with pytest.raises(UnknownDevice):
        fleet.configuration("campus_1q")
    assert added.names() == [] and list(directory.glob(".c*.*")) == []
    with pytest.raises(NotAdded, match="'ibmq_vigo'"):
        added.remove("ibmq_vigo")
    assert "ibmq_vigo" in fleet.names()


def test_nothing_is_replaced_unless_that_is_asked_for(directory, files):
    added = AddedDevices(directory)
    paths = files(c=_armonk(max_shots=7))
    added.add(paths)
    with pytest.raises(DeviceFileError, match="--overwrite"):
        added.add(paths)
    with pytest.raises(DeviceFileError, match="'ibmq_vigo'.*--name"):
        added.add(paths, name="ibmq_vigo")
    fleet = Fleet([directory])
    assert fleet.configuration("campus_1q")["max_shots"] == 7
    added.add(files(c=_armonk(max_shots=8)), overwrite=True)
    assert fleet.configuration("campus_1q")["max_shots"] == 8
    added.add(files(p=_calibration()))
    with pytest.raises(DeviceFileError, match="last_update_date.*--overwrite"):
        added.add(files(p=_calibration()))
    added.add(files(p=_calibration()), overwrite=True)
    assert len(fleet.calibration_dates("campus_1q")) == 1


MISTAKES = {
    "another document": ({"x": {"counts": {}}}, "x.json.*no key 'basis_gates'"),
    "a key that is missing": ({"c": {"basis_gates": [], "backend_name": "a"}}, "c.json.*'backend_version'"),
    "a bad name": ({"c": _armonk(backend_name="a b")}, "c.json.*'backend_name' is 'a b'"),
    "two configurations": ({"c": _armonk(), "d": _armonk()}, "d.json.*one device at a time"),
    "defaults alone": ({"d": snapshot("armonk", "defs")}, "d.json.*configuration"),
    "defaults of another device": (
        {"c": _armonk(), "d": snapshot("manila", "defs")},
        "d.json.*'qubit_freq_est' has 5 entries, but the device has 1 qubits",
    ),
    "a calibration of another device": (
        {"c": _armonk(), "p": snapshot("manila", "props")},
        "p.json.*'ibmq_manila', but the configuration is of 'campus_1q'",
    ),
    "a calibration of other qubits": (
        {"c": _armonk(), "p": _calibration("manila")},
        "p.json.*'qubits' has 5 entries, but the device has 1",
    ),
    "a calibration of nobody": ({"p": _calibration(name="nobody")}, "p.json.*'nobody'.*no device"),
    "a calibration of a simulator": ({"p": _calibration(name="simulator_mps")}, "p.json.*simulator"),
    "no date": (
        {"p": _calibration(name="ibmq_armonk", last_update_date="soon")},
        "p.json.*'last_update_date'",
    ),
}


@pytest.mark.parametrize("documents, message", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_names_file_and_field_and_nothing_is_added(directory, files, documents, message):
    with pytest.raises(DeviceFileError, match=message):
        AddedDevices(directory).add(files(**documents))
    assert list(directory.iterdir()) == []


def test_a_directory_that_breaks_leaves_the_devices_as_they_were(directory, files, caplog):
    fleet = Fleet([directory])
    AddedDevices(directory).add(files(c=_armonk()))
    assert "campus_1q" in fleet.names()
    (directory / "campus_1q" / "conf_campus_1q.json").write_text("{}", encoding="utf-8")
    (directory / ".changes").write_text("other", encoding="utf-8")
    assert "campus_1q" in fleet.names()
    assert "backend_name" in caplog.text and fleet.generation == 1
