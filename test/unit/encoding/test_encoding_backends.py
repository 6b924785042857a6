# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Documents of a device as Qiskit's models."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
import warnings

import pytest
from qiskit.exceptions import QiskitError
from qiskit.providers.models import (
    BackendProperties,
    PulseBackendConfiguration,
    PulseDefaults,
    QasmBackendConfiguration,
)
from support.snapshots import snapshot

from qiskit_ibmq_provider.encoding import (
    decode_backend_configuration,
    decode_backend_properties,
    decode_pulse_defaults,
)
from qiskit_ibmq_provider.encoding.backends import own_properties
from qiskit_ibmq_provider.protocol.errors import ProtocolError

_DEVICES = ["vigo", "armonk", "manila", "santiago", "washington", "yorktown", "rochester", "melbourne"]


@pytest.mark.parametrize("device", _DEVICES)
def test_every_snapshot_is_a_configuration(device):
    document = snapshot(device)
    before = copy.deepcopy(document)
    configuration = decode_backend_configuration(document)
    assert document == before
    assert configuration.backend_name == document["backend_name"]
    assert configuration.n_qubits == document["n_qubits"]
    assert configuration.online_date.utcoffset() is not None


def test_a_device_with_pulse_data_has_a_pulse_configuration():
    configuration = decode_backend_configuration(snapshot("armonk"))
    assert isinstance(configuration, PulseBackendConfiguration)
    assert configuration.dt == pytest.approx(snapshot("armonk")["dt"] * 1e-9)
    assert 1e9 < configuration.qubit_lo_range[0][0] < 1e10
    scale = decode_backend_configuration(snapshot("manila")).u_channel_lo[0][0].scale
    assert isinstance(scale, complex)


@pytest.mark.parametrize("missing", ["u_channel_lo", "dt", "meas_levels", "rep_times", "qubit_lo_range"])
def test_without_all_of_the_pulse_data_the_configuration_is_plain(missing):
    document = snapshot("armonk")
    del document[missing]
    configuration = decode_backend_configuration(document)
    assert type(configuration) is QasmBackendConfiguration
    assert configuration.max_shots == document["max_shots"]


def test_a_configuration_is_read_also_with_surprises():
    document = snapshot("vigo")
    for field in ("coupling_map", "conditional", "local", "memory", "open_pulse", "online_date"):
        document.pop(field, None)
    document["gates"][0]["surprise"] = 1
    document["surprise"] = [1, 2]
    configuration = decode_backend_configuration(document)
    assert configuration.coupling_map is None
    assert configuration.surprise == [1, 2]
    document["online_date"] = "some day"
    assert not hasattr(decode_backend_configuration(document), "online_date")


def test_a_scale_that_is_a_plain_number_is_read():
    document = snapshot("manila")
    document["u_channel_lo"][0][0]["scale"] = 1
    assert decode_backend_configuration(document).u_channel_lo[0][0].scale == 1 + 0j


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("backend_name", ...),
        ("n_qubits", ...),
        ("n_qubits", "five"),
        ("max_shots", ...),
        ("basis_gates", None),
        ("simulator", ...),
        ("backend_version", ...),
        ("gates", [{"parameters": []}]),
        ("gates", 7),
    ],
)
def test_an_unusable_configuration_is_refused(field, value):
    document = snapshot("vigo")
    document.pop(field)
    if value is not ...:
        document[field] = value
    with pytest.raises(ProtocolError, match="ibmq_vigo|backend_name"):
        decode_backend_configuration(document)


@pytest.mark.parametrize("device", ["vigo", "washington", "armonk"])
def test_decoding_changes_nothing_in_the_document(device):
    document = snapshot(device)
    first = decode_backend_configuration(document).to_dict()
    assert document == snapshot(device)
    assert decode_backend_configuration(document).to_dict() == first


@pytest.mark.parametrize("device", ["vigo", "washington", "armonk"])
def test_properties_have_their_dates_in_local_time(device):
    document = snapshot(device, "props")
    before = copy.deepcopy(document)
    properties = decode_backend_properties(document)
    assert document == before
    assert properties.t1(0) > 0
    local = dt.datetime.now().astimezone().tzinfo
    for date in (
        properties.last_update_date,
        properties.qubits[0][0].date,
        properties.gates[0].parameters[0].date,
    ):
        assert date.utcoffset() == date.astimezone().utcoffset(), local


def test_a_date_keeps_its_instant():
    document = snapshot("vigo", "props")
    document["last_update_date"] = "2021-03-15T04:36:03-04:00"
    properties = decode_backend_properties(document)
    assert properties.last_update_date == dt.datetime(2021, 3, 15, 8, 36, 3, tzinfo=dt.timezone.utc)


def test_properties_are_read_also_with_surprises():
    document = snapshot("vigo", "props")
    document["qubits"][0][0]["surprise"] = 1
    del document["general"], document["backend_name"]
    document["gates"][0]["surprise"] = 1
    document["surprise"] = 2
    del document["qubits"][1][0]["date"]
    properties = decode_backend_properties(document, backend_name="ibmq_vigo")
    assert properties.backend_name == "ibmq_vigo"
    assert properties.surprise == 2
    assert properties.qubits[1][0].date == properties.last_update_date


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_document_means_no_data(nothing):
    assert decode_backend_properties(nothing) is None
    assert decode_pulse_defaults(nothing) is None


@pytest.mark.parametrize(
    "document",
    [
        [1],
        {"qubits": []},
        {"last_update_date": "never"},
        {"last_update_date": "2021-03-15T04:36:03Z", "qubits": [[{"name": "T1"}]]},
        {"last_update_date": "2021-03-15T04:36:03Z", "qubits": 3},
        {"last_update_date": "2021-03-15T04:36:03Z", "qubits": [[{"name": "T1", "value": 1, "unit": "xs"}]]},
    ],
)
def test_unusable_properties_are_refused(document):
    with pytest.raises(ProtocolError):
        decode_backend_properties(document)


@pytest.mark.parametrize("device", ["armonk", "manila"])
def test_pulse_defaults_have_complex_numbers(device):
    document = snapshot(device, "defs")
    before = copy.deepcopy(document)
    defaults = decode_pulse_defaults(document)
    assert document == before
    assert defaults.qubit_freq_est[0] > 1e9
    assert all(isinstance(sample, complex) for item in defaults.pulse_library for sample in item.samples)
    x = defaults.instruction_schedule_map.get("x", 0)
    assert x.duration > 0


def test_pulse_defaults_are_read_also_with_surprises():
    document = snapshot("armonk", "defs")
    document["cmd_def"][0]["sequence"][0]["surprise"] = 1
    document["meas_kernel"] = {"name": "hw_boxcar", "params": {}, "surprise": 1}
    del document["buffer"]
    assert decode_pulse_defaults(document).buffer == 0


@pytest.mark.parametrize(
    "document",
    [
        [1],
        {"cmd_def": []},
        {"qubit_freq_est": [5], "meas_freq_est": [7], "cmd_def": [{}], "pulse_library": []},
        {
            "qubit_freq_est": [5],
            "meas_freq_est": [7],
            "cmd_def": [],
            "pulse_library": [{"name": "a", "samples": "no"}],
        },
        {"qubit_freq_est": [5], "meas_freq_est": [7]},
    ],
)
def test_unusable_pulse_defaults_are_refused(document):
    with pytest.raises(ProtocolError):
        decode_pulse_defaults(document)


def _changed(properties):
    """Change whatever a user can change of calibration data."""
    properties.qubits[0][0].value = -1
    properties.gates.clear()
    properties.general.append(None)
    properties.qubit_property(0).clear()
    properties.gate_property("cx", [0, 1]).clear()
    properties.backend_name = "other"
    properties.more["a"].append(2)


def test_own_properties_are_like_their_model_and_nobody_elses():
    document = {**snapshot("vigo", "props"), "more": {"a": [1]}}
    model, plain = decode_backend_properties(document), decode_backend_properties(document)
    first, second = own_properties(model), own_properties(model)
    assert isinstance(first, BackendProperties)
    assert first.t1(0) == plain.t1(0)
    assert first.gate_length("cx", [0, 1]) == plain.gate_length("cx", [0, 1])
    assert not {"qubits", "gates", "general"} & set(vars(first))
    _changed(first)
    for other in (second, own_properties(model), model):
        assert other == plain
        assert other.t1(0) == plain.t1(0)
        assert other.gate_property("cx", [0, 1]) == plain.gate_property("cx", [0, 1])
        assert other.more == {"a": [1]}
    with pytest.raises(AttributeError):
        second.nothing  # noqa: B018


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_duplicate_of_own_properties_is_qiskits_own(duplicate):
    model = decode_backend_properties(snapshot("vigo", "props"))
    twin = duplicate(own_properties(model))
    assert type(twin) is BackendProperties
    assert twin == model
    assert twin.t1(0) == model.t1(0)


@pytest.mark.parametrize("device", ["armonk", "manila", "washington"])
def test_commands_read_on_demand_are_those_of_qiskit(device):
    document = snapshot(device, "defs")
    whole = copy.deepcopy(document)
    # With one command without qubits, all of them are made at once.
    whole["cmd_def"].append({"name": "nothing", "qubits": [], "sequence": []})
    ours, theirs = decode_pulse_defaults(document), decode_pulse_defaults(whole)
    assert type(theirs) is PulseDefaults
    assert isinstance(ours, PulseDefaults)
    expected = theirs.to_dict()
    expected["cmd_def"].pop()
    names, other = ours.instruction_schedule_map, theirs.instruction_schedule_map
    for name in names.instructions:
        for qubits in names.qubits_with_instruction(name)[:3]:
            # By their texts: each reading makes parameters of its own.
            assert repr(names.get(name, qubits)) == repr(other.get(name, qubits))
    assert "cmd_def" not in vars(ours)
    assert str(ours.to_dict()) == str(expected)
    assert str(ours).split("<InstructionScheduleMap")[0] == str(theirs).split("<InstructionScheduleMap")[0]


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_duplicate_of_pulse_defaults_is_qiskits_own(duplicate):
    ours = decode_pulse_defaults(snapshot("armonk", "defs"))
    twin = duplicate(ours)
    assert type(twin) is PulseDefaults
    assert str(twin.to_dict()) == str(ours.to_dict())
    assert twin.instruction_schedule_map == ours.instruction_schedule_map
    assert twin.instruction_schedule_map.get("x", 0) == ours.instruction_schedule_map.get("x", 0)


def test_a_command_that_cannot_be_read_costs_nothing_else():
    document = copy.deepcopy(snapshot("armonk", "defs"))
    document["cmd_def"].append({"name": "odd", "qubits": [0], "sequence": [{"ch": "d0"}]})
    defaults = decode_pulse_defaults(document)
    assert defaults.instruction_schedule_map.get("x", 0).duration > 0
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            assert defaults.instruction_schedule_map.get("odd", 0) is None
        except QiskitError as err:  # Terra before 0.46 does not turn it into a warning.
            assert "cannot be read" in str(err)
        else:
            assert "cannot be built" in str(said[0].message)
