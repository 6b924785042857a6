# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Device files of the user: how they are found, and what is said of their mistakes."""

from __future__ import annotations

import datetime
import json
import logging
import pickle

import pytest

from qiskit_ibmq_provider.service.devices import DeviceFileError, Fleet
from qiskit_ibmq_provider.service.devices.files import FleetIndex
from qiskit_ibmq_provider.service.domain.errors import UnknownDevice


def _configuration(**changes):
    configuration = {
        "backend_name": "campus_2q",
        "backend_version": "1.0.0",
        "n_qubits": 2,
        "basis_gates": ["rz", "sx", "x", "cx"],
        "gates": [{"name": "cx", "parameters": [], "qasm_def": "gate cx a, b { CX a, b; }", "hidden": 1}],
        "local": True,
        "simulator": False,
        "conditional": False,
        "open_pulse": False,
        "memory": True,
        "max_shots": 1000,
        "coupling_map": [[0, 1]],
        "online_date": "2020-01-01T02:00:00+02:00",
    }
    configuration.update(changes)
    return configuration


def _properties(updated="2021-01-01T00:00:00Z", **changes):
    value = {"date": "2021-01-01T02:00:00+02:00", "name": "T1", "unit": "us", "value": 50.0}
    gate = {
        "gate": "cx",
        "qubits": [0, 1],
        "parameters": [{**value, "name": "gate_error", "value": 0.01, "more": 1}],
    }
    properties = {
        "backend_name": "campus_2q",
        "backend_version": "1.0.0",
        "last_update_date": updated,
        "qubits": [[value], [{**value, "value": None}]],
        "gates": [gate],
        "general": [],
    }
    properties.update(changes)
    return properties


def _write(directory, **files):
    directory.mkdir(parents=True, exist_ok=True)
    for stem, document in files.items():
        (directory / f"{stem}.json").write_text(json.dumps(document), encoding="utf-8")
    return directory


def test_a_directory_of_directories_and_a_single_directory_are_both_read(tmp_path):
    _write(tmp_path / "many" / "a", conf_a=_configuration(backend_name="campus_a"))
    _write(tmp_path / "many" / "b", conf_b=_configuration(backend_name="campus_b"))
    _write(tmp_path / "one", conf_c=_configuration(backend_name="campus_c"))
    fleet = Fleet([tmp_path / "many", tmp_path / "one"])
    assert fleet.names()[-3:] == ("campus_a", "campus_b", "campus_c")
    assert "ibmq_vigo" in fleet.names()


def test_a_configuration_of_the_user_is_brought_into_the_form_of_the_wire(tmp_path):
    fleet = Fleet([_write(tmp_path, conf_x=_configuration())])
    configuration = fleet.configuration("campus_2q")
    assert configuration["local"] is False
    assert configuration["online_date"] == "2020-01-01T00:00:00.000000Z"
    assert configuration["gates"][0].keys() == {"name", "parameters", "qasm_def"}
    assert (
        configuration["description"] == "campus_2q. Simulated without noise: there is no calibration of it."
    )


def test_a_calibration_of_the_user_is_brought_into_the_form_of_the_wire(tmp_path):
    fleet = Fleet([_write(tmp_path, conf_x=_configuration(), props_x=_properties())])
    properties = fleet.properties("campus_2q")
    assert properties["qubits"] == [
        [{"date": "2021-01-01T00:00:00.000000Z", "name": "T1", "unit": "us", "value": 50.0}],
        [],
    ]
    assert properties["gates"][0]["name"] == "cx0_1"
    assert properties["gates"][0]["parameters"][0].keys() == {"date", "name", "unit", "value"}


def test_calibrations_of_several_dates_are_told_apart(tmp_path):
    dates = ("2021-03-03T00:00:00Z", "2020-03-03T00:00:00Z", "2022-03-03T00:00:00+02:00")
    files = {f"props_{index}": _properties(date) for index, date in enumerate(dates)}
    fleet = Fleet([_write(tmp_path, conf_x=_configuration(), **files)])

    def updated(*before):
        instant = datetime.datetime(*before, tzinfo=datetime.timezone.utc)
        found = fleet.properties("campus_2q", instant)
        return found and found["last_update_date"][:10]

    assert fleet.properties("campus_2q")["last_update_date"] == "2022-03-02T22:00:00.000000Z"
    assert updated(2022, 1, 1) == "2021-03-03"
    assert updated(2021, 3, 3) == "2020-03-03"
    assert updated(2020, 3, 3) is None
    assert "2022-03-02 22:00 UTC" in fleet.configuration("campus_2q")["description"]


def test_a_calibration_alone_is_added_to_a_device_that_exists(tmp_path):
    old = _properties("2019-05-05T00:00:00Z", backend_name="ibmq_vigo")
    fleet = Fleet([_write(tmp_path, props_old=old)])
    before = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    assert fleet.properties("ibmq_vigo", before)["last_update_date"].startswith("2019-05-05")
    assert fleet.properties("ibmq_vigo")["last_update_date"].startswith("2021-01-20")


def test_a_device_of_the_user_replaces_one_of_the_same_name(tmp_path):
    fleet = Fleet([_write(tmp_path, conf_x=_configuration(backend_name="ibmq_vigo"))])
    assert fleet.configuration("ibmq_vigo")["n_qubits"] == 2
    assert fleet.properties("ibmq_vigo") is None
    assert fleet.names().count("ibmq_vigo") == 1


MISTAKES = {
    "no name": ({"backend_name": 5}, "backend_name"),
    "a name that does not fit into a path": ({"backend_name": "a/b"}, "backend_name"),
    "no number": ({"n_qubits": "2"}, "n_qubits"),
    "a truth value for a number": ({"max_shots": True}, "max_shots"),
    "no shots": ({"max_shots": 0}, "max_shots"),
    "no experiments": ({"max_experiments": 0}, "max_experiments"),
    "no date": ({"online_date": "soon"}, "online_date"),
    "a gate without a name": ({"gates": [{"parameters": []}]}, "gates"),
    "a coupling outside": ({"coupling_map": [[0, 2]]}, "coupling_map"),
    "a coupling that is none": ({"coupling_map": [0]}, "coupling_map"),
    "basis gates that are no names": ({"basis_gates": [1]}, "basis_gates"),
    "a scale that is no pair": ({"u_channel_lo": [[{"q": 0, "scale": 1.0}]]}, "u_channel_lo"),
}


@pytest.mark.parametrize("changes, key", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_configuration_names_file_and_key(tmp_path, changes, key):
    _write(tmp_path, conf_x=_configuration(**changes))
    with pytest.raises(DeviceFileError) as caught:
        Fleet([tmp_path])
    assert str(tmp_path / "conf_x.json") in str(caught.value)
    assert repr(key) in str(caught.value)


@pytest.mark.parametrize("key", sorted(_configuration().keys() - {"local"}))
def test_a_missing_key_of_a_configuration_is_named(tmp_path, key):
    configuration = _configuration()
    del configuration[key]
    _write(tmp_path, conf_x=configuration)
    with pytest.raises(DeviceFileError, match=repr(key)):
        Fleet([tmp_path])


@pytest.mark.parametrize(
    "changes, key",
    [
        ({"last_update_date": "soon"}, "last_update_date"),
        ({"backend_version": None}, "backend_version"),
        ({"qubits": {}}, "qubits"),
        ({"qubits": [[{"name": "T1", "value": 1.0}]]}, "qubits"),
        ({"qubits": [[{"date": "2020-01-01", "name": "T1", "unit": "us", "value": "long"}]]}, "qubits"),
        ({"gates": [{"gate": "x"}]}, "gates"),
        ({"gates": [{"gate": "x", "qubits": [2], "parameters": []}]}, "gates"),
        ({"gates": [5]}, "gates"),
        ({"general": [1]}, "general"),
    ],
)
def test_a_mistake_in_a_calibration_names_file_and_key(tmp_path, changes, key):
    _write(tmp_path, conf_x=_configuration(), props_x=_properties(**changes))
    with pytest.raises(DeviceFileError) as caught:
        Fleet([tmp_path])
    assert str(tmp_path / "props_x.json") in str(caught.value)
    assert repr(key) in str(caught.value)


def test_files_that_do_not_belong_together_are_refused(tmp_path):
    other = _write(tmp_path / "a", conf_x=_configuration(), props_x=_properties(backend_name="other"))
    with pytest.raises(DeviceFileError, match="'other'.*'campus_2q'"):
        Fleet([other])
    with pytest.raises(DeviceFileError, match="no device of this name"):
        Fleet([_write(tmp_path / "b", props_x=_properties(backend_name="nobody"))])
    with pytest.raises(DeviceFileError, match="another configuration"):
        Fleet([_write(tmp_path / "c", conf_a=_configuration(), conf_b=_configuration())])
    with pytest.raises(DeviceFileError, match="conf_"):
        Fleet([_write(tmp_path / "d", defs_x={"buffer": 0})])


def test_unreadable_files_are_named(tmp_path):
    with pytest.raises(DeviceFileError, match="nowhere"):
        Fleet([tmp_path / "nowhere"])
    (tmp_path / "conf_x.json").write_text('{"backend_name": "x", ', encoding="utf-8")
    with pytest.raises(DeviceFileError, match="not JSON"):
        Fleet([tmp_path])
    (tmp_path / "conf_x.json").write_text('["backend_name", {"backend_name": "x"}]', encoding="utf-8")
    with pytest.raises(DeviceFileError, match="JSON object"):
        Fleet([tmp_path])


def test_a_file_that_breaks_later_takes_only_its_own_device_away(tmp_path, caplog):
    _write(tmp_path, conf_x=_configuration())
    fleet = Fleet([tmp_path], check=False)
    assert "campus_2q" in fleet.names()
    (tmp_path / "conf_x.json").write_text("{", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        listed = [configuration["backend_name"] for configuration in fleet.configurations()]
    assert "campus_2q" not in listed
    assert len(listed) == len(fleet.names()) - 1
    assert "conf_x.json" in caplog.text
    with pytest.raises(UnknownDevice) as caught:
        fleet.configuration("campus_2q")
    assert "conf_x.json" not in caught.value.message


def test_a_broken_snapshot_of_an_installed_package_is_left_out(tmp_path, caplog):
    _write(tmp_path / "good", conf_good=_configuration())
    _write(tmp_path / "bad", conf_bad={"n_qubits": 1})
    index = FleetIndex()
    with caplog.at_level(logging.WARNING):
        index.add_all(tmp_path, snapshots=True)
    assert list(index.devices) == ["campus_2q"]
    assert "conf_bad.json" in caplog.text


def test_the_error_survives_a_process_border(tmp_path):
    error = pickle.loads(pickle.dumps(DeviceFileError(tmp_path / "conf_x.json", "the key 'a' is missing.")))
    assert error.path == tmp_path / "conf_x.json"
    assert "'a'" in str(error)
