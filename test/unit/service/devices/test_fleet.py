# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The catalogue lists every device in a form that no client trips over."""

from __future__ import annotations

import datetime
import subprocess
import sys

import pytest

from qiskit_ibmq_provider.encoding import (
    decode_backend_configuration,
    decode_backend_properties,
    decode_pulse_defaults,
)
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.devices import Fleet
from qiskit_ibmq_provider.service.devices.files import peek, snapshot_directory
from qiskit_ibmq_provider.service.domain.errors import UnknownDevice

GATE_KEYS = {"name", "parameters", "qasm_def", "coupling_map", "latency_map", "conditional", "description"}
NEEDED = {
    "backend_name",
    "backend_version",
    "n_qubits",
    "basis_gates",
    "gates",
    "local",
    "simulator",
    "conditional",
    "open_pulse",
    "memory",
    "max_shots",
    "max_experiments",
    "coupling_map",
    "online_date",
    "input_allowed",
    "description",
}
PROMISED = (
    "ibmq_vigo",
    "ibmq_armonk",
    "ibmq_manila",
    "ibmq_santiago",
    "ibm_washington",
    "ibmq_qasm_simulator",
)
FLEET = Fleet()
NAMES = FLEET.names()
CALIBRATED = [name for name in NAMES if FLEET.properties(name) is not None]


def _clone(document):
    """A document as a client gets it: decoded from bytes, to be changed at will."""
    return codec.loads(codec.dumps(document))


def test_the_devices_that_scripts_ask_for_are_there_under_their_real_names():
    assert set(PROMISED) <= set(NAMES)
    # The directories of these are called yorktown and melbourne.
    assert {"ibmqx2", "ibmq_16_melbourne"} <= set(NAMES)
    # These have no class of the first interface in Qiskit, or no configuration at all.
    assert {"ibm_auckland", "ibm_geneva", "ibm_oslo", "ibm_perth", "ibm_prague", "ibm_sherbrooke"} <= set(
        NAMES
    )
    assert {"ibmqx4", "ibmqx5", "ibmq_20_tokyo", "ibmq_poughkeepsie"} <= set(NAMES)
    assert len(NAMES) == len(set(NAMES)) == 54


def test_every_snapshot_of_qiskit_is_a_device():
    # The directory of Rueschlikon holds no files; Tenerife and Tokyo have calibrations alone.
    snapshots = [
        path for path in snapshot_directory().iterdir() if path.is_dir() and path.name[0] not in "_."
    ]
    recorded = {
        peek(path, "backend_name")
        for folder in snapshots
        for path in folder.glob("*_*.json")
        if "defs_" not in path.name
    }
    assert len(snapshots) == 49
    assert recorded <= set(NAMES)


def test_listing_imports_no_qiskit():
    script = (
        "import sys\n"
        "from qiskit_ibmq_provider.service.devices import Fleet\n"
        "fleet = Fleet()\n"
        "assert len(fleet.configurations()) == len(fleet.names())\n"
        "print([name for name in ('qiskit', 'qiskit_aer', 'numpy') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_has_all_that_clients_need_and_nothing_they_refuse(name):
    configuration = FLEET.configuration(name)
    assert configuration["backend_name"] == name
    assert configuration.keys() >= NEEDED
    assert configuration["local"] is False
    assert configuration["input_allowed"] == ["job"]
    assert configuration["online_date"].endswith("Z")
    assert not {"url", "rep_delays"} & configuration.keys()
    assert [key for key, value in configuration.items() if value is None] in ([], ["coupling_map"])
    for gate in configuration["gates"]:
        assert {"name", "parameters", "qasm_def"} <= gate.keys() <= GATE_KEYS


@pytest.mark.parametrize("name", NAMES)
def test_qiskit_reads_the_configuration(name):
    document = _clone(FLEET.configuration(name))
    decoded = decode_backend_configuration(document)
    assert decoded.backend_name == name
    if "n_uchannels" in document:
        assert type(decoded).__name__ == "PulseBackendConfiguration"
        assert 1e-10 < decoded.dt < 1e-8
        assert all(1e9 < low < high < 1e11 for low, high in decoded.qubit_lo_range)


@pytest.mark.parametrize("name", CALIBRATED)
def test_a_calibration_is_exact_and_in_utc(name):
    properties = FLEET.properties(name)
    assert properties["backend_name"] == name
    assert properties["last_update_date"].endswith("Z")
    values = [value for qubit in properties["qubits"] for value in qubit]
    values += [value for gate in properties["gates"] for value in gate["parameters"]]
    values += properties["general"]
    assert all(value.keys() == {"date", "name", "unit", "value"} for value in values)
    assert all(value["date"].endswith("Z") for value in values)
    assert len(properties["qubits"]) == FLEET.configuration(name)["n_qubits"]
    assert decode_backend_properties(_clone(properties)).backend_version == properties["backend_version"]


def test_pulse_defaults_are_there_where_the_device_has_them():
    with_defaults = [name for name in NAMES if FLEET.defaults(name) is not None]
    assert len(with_defaults) == 33
    assert FLEET.defaults("ibmq_vigo") is None
    assert FLEET.defaults("ibmq_qasm_simulator") is None
    # The largest one, and the one whose file is in other units.
    for name in ("ibmq_armonk", "ibmq_poughkeepsie", "ibm_washington"):
        decoded = decode_pulse_defaults(_clone(FLEET.defaults(name)))
        assert all(4e9 < frequency < 6e9 for frequency in decoded.qubit_freq_est)


def test_the_device_in_si_units_is_listed_in_those_of_the_wire():
    configuration = FLEET.configuration("ibmq_poughkeepsie")
    assert configuration["dt"] == pytest.approx(3.5555555555555554)
    assert configuration["rep_times"] == [pytest.approx(1000.0)]
    assert configuration["qubit_lo_range"][0] == [pytest.approx(4.419880654), pytest.approx(5.419880654)]


def test_a_device_says_that_it_is_simulated_and_from_which_calibration():
    vigo = FLEET.configuration("ibmq_vigo")
    assert vigo["simulator"] is False
    assert vigo["description"] == (
        "5 qubit device Vigo. Simulated with noise from its calibration of 2021-01-20 08:30 UTC."
    )


def test_a_calibration_that_was_never_recorded_is_said_to_be_made_up():
    told = FLEET.configuration("ibmqx5")["description"]
    assert "drawn around the averages that were published for it" in told and "2018-02-14" in told
    assert FLEET.properties("ibmqx5")["last_update_date"].startswith("2018-02-14")
    for name in ("ibmqx4", "ibmq_20_tokyo"):
        assert "from its calibration of 2019-08-" in FLEET.configuration(name)["description"]


@pytest.mark.parametrize(
    "name, qubits, edges",
    [("ibmqx4", 5, 6), ("ibmqx5", 16, 22), ("ibmq_20_tokyo", 20, 70)],
)
def test_the_profiles_have_the_couplings_that_their_calibrations_have(name, qubits, edges):
    configuration = FLEET.configuration(name)
    pairs = {tuple(pair) for pair in configuration["coupling_map"]}
    calibrated = {
        tuple(gate["qubits"]) for gate in FLEET.properties(name)["gates"] if len(gate["qubits"]) == 2
    }
    assert configuration["n_qubits"] == qubits and len(pairs) == edges
    assert pairs == calibrated


@pytest.mark.parametrize(
    "name, qubits, method",
    [
        ("simulator_statevector", 32, "statevector"),
        ("simulator_mps", 100, "matrix_product_state"),
        ("simulator_stabilizer", 5000, "stabilizer"),
        ("simulator_extended_stabilizer", 63, "extended_stabilizer"),
    ],
)
def test_each_simulator_has_its_own_width_method_and_gates(name, qubits, method):
    configuration = FLEET.configuration(name)
    assert (configuration["n_qubits"], configuration["simulation_method"]) == (qubits, method)
    assert ("ccx" in configuration["basis_gates"]) is (method != "stabilizer")
    assert "measure" in configuration["supported_instructions"]
    assert FLEET.properties(name) is None and FLEET.defaults(name) is None


def test_the_index_parses_nothing(monkeypatch):
    def read(path):
        raise AssertionError(f"{path} was parsed")

    fleet = Fleet()
    monkeypatch.setattr("qiskit_ibmq_provider.service.devices.fleet.read_object", read)
    assert fleet.names() == NAMES
    assert fleet.calibration_dates("ibm_washington")[0].year == 2022


def test_the_simulator_has_the_limits_of_the_original():
    simulator = FLEET.configuration("ibmq_qasm_simulator")
    assert simulator["simulator"] is True
    assert (simulator["n_qubits"], simulator["max_shots"], simulator["max_experiments"]) == (32, 100000, 300)
    assert simulator["conditional"] and simulator["memory"] and simulator["coupling_map"] is None
    assert simulator["simulation_method"] == "automatic"
    assert {"unitary", "initialize", "u3", "mcx"} <= set(simulator["basis_gates"])
    assert FLEET.properties("ibmq_qasm_simulator") is None


def test_no_device_offers_control_flow_which_a_qobj_cannot_hold():
    for configuration in FLEET.configurations():
        assert "if_else" not in configuration.get("supported_instructions", [])


def test_a_calibration_is_chosen_by_date():
    updated = parse_utc(FLEET.properties("ibmq_vigo")["last_update_date"])
    assert FLEET.properties("ibmq_vigo", updated) is None
    later = updated + datetime.timedelta(microseconds=1)
    assert FLEET.properties("ibmq_vigo", later) == FLEET.properties("ibmq_vigo")


def test_an_unknown_device_is_not_found():
    for ask in (FLEET.configuration, FLEET.properties, FLEET.defaults):
        with pytest.raises(UnknownDevice) as caught:
            ask("ibmq_atlantis")
        assert caught.value.code is ErrorCode.DEVICE_NOT_FOUND
        assert "ibmq_atlantis" in caught.value.message


def test_a_device_is_open_to_pulses_if_it_has_all_that_they_need():
    fleet = Fleet()
    for name in fleet.names():
        configuration = fleet.configuration(name)
        if not configuration["simulator"]:
            runs = fleet.defaults(name) is not None and bool(configuration.get("hamiltonian"))
            assert configuration["open_pulse"] is runs, name
            assert configuration.get("meas_levels", [1, 2]) == [1, 2], name
            assert not runs or "gaussian_square" in configuration["parametric_pulses"], name
