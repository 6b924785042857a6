# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What users of the original rely on, by number: backends, calibration, what ``run`` sends."""

from __future__ import annotations

import copy
import datetime as dt
import inspect
import warnings
from random import Random

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, assemble, pulse, transpile
from qiskit.circuit import Clbit, Gate, Parameter
from qiskit.providers.exceptions import QiskitBackendNotFoundError
from qiskit.pulse import DriveChannel
from support.account_server import AccountServer, device
from support.device_server import DeviceServer

from qiskit_ibmq_provider import IBMQBackend, IBMQBackendService, IBMQError, least_busy
from qiskit_ibmq_provider.exceptions import IBMQBackendValueError, IBMQNotAuthorizedError
from qiskit_ibmq_provider.ibmqbackend import IBMQRetiredBackend, IBMQSimulator
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

WAIT = 120
PROJECT = "ibm-q/open/main"


@pytest.fixture(scope="module")
def simulator(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_qasm_simulator")


@pytest.fixture
def manila(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_manila")


@pytest.fixture
def server():
    with AccountServer((PROJECT,)) as running:
        yield running


def provider_of(server):
    return IBMQFactory().enable_account("right-token", server.url)


def set_queue(server, name, length, operational=True, status="active", bookings=()):
    path = f"{server.project_path(PROJECT)}/devices/{name}/queue/status"
    server.table[path] = {
        "state": operational,
        "status": status,
        "lengthQueue": length,
        "backend_version": "1.0.0",
    }
    server.table[f"/api/Network/devices/{name}/bookings/v2"] = list(bookings)


def booking(start, end, **fields):
    return {"initialDate": start, "endDate": end, "mode": "dedicated", **fields}


def bell(**fields):
    circuit = QuantumCircuit(2, 2, **fields)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def stored(job):
    """Return the payload of a job as the service has it."""
    return job._api_client.job_download_qobj(job.job_id())


# Finding backends.


def test_34_filters_of_backends(ibmq_provider):
    def names(**criteria):
        return {backend.name() for backend in ibmq_provider.backends(**criteria)}

    everything = names()
    assert names(n_qubits=5, simulator=False) == {
        backend.name()
        for backend in ibmq_provider.backends()
        if backend.configuration().n_qubits == 5 and not backend.configuration().simulator
    }
    assert names(operational=True) == everything
    assert names(operational=False) == set()
    active = names(simulator=True, operational=True, status_msg="active")
    assert active == {name for name in everything if "simulator" in name} >= {"ibmq_qasm_simulator"}
    assert names(filters=lambda backend: backend.name() == "ibmq_vigo") == {"ibmq_vigo"}
    assert "ibmq_vigo" not in names(min_num_qubits=20) != set()
    assert names(input_allowed="job") == names(input_allowed=["job"]) == everything
    assert names(input_allowed="no such input") == set()


def test_34_input_allowed_is_a_subset(server):
    server.set_devices(PROJECT, [device("one"), device("both", input_allowed=["job", "runtime"])])
    provider = provider_of(server)
    assert [b.name() for b in provider.backends(input_allowed=["job", "runtime"])] == ["both"]
    assert [b.name() for b in provider.backends(input_allowed="runtime")] == ["both"]
    assert len(provider.backends(input_allowed="job")) == 2


def test_35_get_backend_by_name_and_by_alias(server):
    server.set_devices(PROJECT, [device("ibmq_5q_v3", display_name="ibmq_fancy"), device("other")])
    provider = provider_of(server)
    backend = provider.get_backend("ibmq_5q_v3")
    assert backend is provider.get_backend("ibmq_fancy")
    assert backend is provider.get_backend(name="ibmq_5q_v3")
    for name in ("not_there", 5):
        with pytest.raises(QiskitBackendNotFoundError):
            provider.get_backend(name)


def test_36_simulators_and_attributes(ibmq_provider):
    simulators = ibmq_provider.backends(simulator=True)
    assert simulators
    assert all(isinstance(backend, IBMQSimulator) for backend in simulators)
    for backend in ibmq_provider.backends():
        assert getattr(ibmq_provider.backend, backend.name().lower()) is backend
        assert backend.name().lower() in dir(ibmq_provider.backend)


def test_37_least_busy(server):
    now = dt.datetime.now(dt.timezone.utc)
    soon = booking(now.isoformat(), (now + dt.timedelta(hours=1)).isoformat())
    server.set_devices(PROJECT, [device(name) for name in ("paused", "broken", "reserved", "long", "short")])
    set_queue(server, "paused", 0, status="paused")
    set_queue(server, "broken", 0, operational=False)
    set_queue(server, "reserved", 1, bookings=[soon])
    set_queue(server, "long", 20)
    set_queue(server, "short", 5)
    backends = provider_of(server).backends()
    assert least_busy(backends).name() == "short"
    assert least_busy(backends, reservation_lookahead=None).name() == "reserved"
    with pytest.raises(IBMQError, match="No backend matches"):
        least_busy([b for b in backends if b.name() in ("paused", "broken")])
    with pytest.raises(IBMQError):
        least_busy([])


def test_38_services(ibmq_provider, server):
    assert ibmq_provider.services()["backend"] is ibmq_provider.backend
    assert ibmq_provider.service("backend") is ibmq_provider.backend
    bare = provider_of(server)
    assert list(bare.services()) == ["backend"]
    assert not bare.has_service("experiment")
    assert not bare.has_service("runtime")


def test_39_a_service_that_is_not_granted(server):
    provider = provider_of(server)
    with pytest.raises(IBMQNotAuthorizedError, match="experiment service"):
        _ = provider.experiment
    with pytest.raises(IBMQNotAuthorizedError, match="experiment service"):
        provider.service("experiment")
    with pytest.raises(IBMQNotAuthorizedError, match="runtime service"):
        _ = provider.runtime


def test_40_attributes_of_the_plural_warn(ibmq_provider, simulator):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert simulator in ibmq_provider.backends()
    with pytest.warns(DeprecationWarning):
        assert ibmq_provider.backends.ibmq_qasm_simulator is simulator
    job_id = simulator.run(bell(), shots=1).job_id()
    with pytest.warns(DeprecationWarning):
        assert ibmq_provider.backends.jobs(limit=1)
    with pytest.warns(DeprecationWarning):
        assert ibmq_provider.backends.retrieve_job(job_id).job_id() == job_id
    with pytest.warns(DeprecationWarning):
        assert ibmq_provider.backends.my_reservations() == []


def test_41_jobs_of_a_backend_takes_what_the_service_takes():
    of_service = dict(inspect.signature(IBMQBackendService.jobs).parameters)
    del of_service["backend_name"]
    of_backend = inspect.signature(IBMQBackend.jobs).parameters
    assert list(of_backend) == list(of_service)
    assert [p.default for p in of_backend.values()] == [p.default for p in of_service.values()]


# Calibration, limits, reservations.


def test_42_properties_of_a_date(manila, simulator):
    newest = manila.properties().last_update_date
    just_after = newest + dt.timedelta(seconds=1)
    assert manila.properties(datetime=just_after).last_update_date <= just_after
    assert manila.properties(datetime=just_after.replace(tzinfo=None)).last_update_date == newest
    assert manila.properties(datetime=newest - dt.timedelta(days=5000)) is None
    assert simulator.properties() is None


def test_42_a_date_does_not_change_what_is_kept(manila):
    kept = manila.properties()
    assert manila.properties(datetime=dt.datetime(2011, 1, 1)) is None
    assert manila.properties().to_dict() == kept.to_dict()


def test_42_what_is_kept_is_nobodys_to_change(manila):
    mine = manila.properties()
    mine._qubits[0]["T1"] = (1e9, None)
    mine.qubits.clear()
    assert manila.properties().qubits
    assert manila.properties().t1(0) < 1
    pulses = manila.defaults()
    pulses.qubit_freq_est[0] = 0.0
    pulses.instruction_schedule_map.remove("x", 0)
    assert manila.defaults().qubit_freq_est[0] > 1e9
    assert manila.defaults().instruction_schedule_map.has("x", 0)


def test_42_refresh_asks_the_server_again():
    server = DeviceServer("manila")
    backend = server.backend()
    assert backend.properties().qubits == backend.properties().qubits
    assert len(server.requests) == 1
    server.properties = {**server.properties, "last_update_date": "2033-01-01T00:00:00Z"}
    assert backend.properties(refresh=True).last_update_date.year in (2032, 2033)
    assert backend.properties().last_update_date == backend.properties(refresh=True).last_update_date
    asked = len(server.requests)
    server.defaults = None
    assert backend.defaults(refresh=True) is None
    assert backend.defaults() is None
    assert len(server.requests) == asked + 1


def walk(value):
    yield value
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, dict):
        for item in value.values():
            yield from walk(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from walk(item)


def test_43_pulse_values_are_decoded(manila):
    configuration, properties, defaults = manila.configuration(), manila.properties(), manila.defaults()
    assert manila.configuration().open_pulse
    assert all(isinstance(lo.scale, complex) for channel in configuration.u_channel_lo for lo in channel)
    assert isinstance(configuration.online_date, dt.datetime)
    assert all(isinstance(n.date, dt.datetime) for qubit in properties.qubits for n in qubit)
    assert isinstance(properties.last_update_date, dt.datetime)
    schedule = defaults.instruction_schedule_map.get("cx", (0, 1))
    pulses = [i.pulse for _, i in schedule.instructions if isinstance(i, pulse.Play)]
    assert pulses
    for each in pulses:
        for amplitude in [each.parameters["amp"]] if hasattr(each, "parameters") else each.samples:
            assert isinstance(amplitude, (complex, float))


def test_43_dates_of_results_are_decoded(simulator):
    assert simulator.run(bell(), shots=1).result(timeout=WAIT).date.utcoffset() is not None


def test_44_job_limit(manila):
    limit = manila.job_limit()
    assert limit.active_jobs >= 0
    assert limit.maximum_jobs is None or limit.maximum_jobs > 0
    server = DeviceServer("manila")
    limited = server.backend().job_limit()
    assert (limited.maximum_jobs, limited.active_jobs) == (5, 2)
    assert server.backend().remaining_jobs_count() == 3


def test_45_reservations(server):
    booked = booking("2021-06-02T10:00:00.000Z", "2021-06-02T11:30:00.000Z")
    mine = {
        "id": "r1",
        "backendName": "one",
        "creationDate": "2021-06-01T10:00:00.000Z",
        "hubInfo": {level: {"name": level} for level in ("hub", "group", "project")},
    }
    set_queue(server, "one", 0, bookings=[booked])
    server.table["/api/Network/bookings/v2"] = [{**booked, **mine}]
    provider = provider_of(server)
    backend = provider.get_backend("one")
    (found,) = backend.reservations()
    assert (found.duration, found.mode, found.backend_name) == (90, "dedicated", "one")
    assert found.start_datetime.utcoffset() is not None
    assert backend.reservations() == [found]
    (own,) = provider.backend.my_reservations()
    assert own == found
    assert None not in vars(own).values()


def test_45_reservations_are_asked_for_by_any_overlap():
    server = DeviceServer("manila")
    start, end = dt.datetime(2021, 6, 2, 10), dt.datetime(2021, 6, 2, 11)
    for window in ((start, end), (start, None), (None, end), (None, None)):
        assert server.backend().reservations(*window) == []
    utc = [each and each.astimezone(dt.timezone.utc) for each in (start, end)]
    asked = [request[2:] for request in server.requests]
    assert asked == [(utc[0], utc[1]), (utc[0], None), (None, utc[1]), (None, None)]


# What run sends.


def test_46_options_of_the_backend_are_defaults_of_the_run():
    server = DeviceServer("manila")
    backend = server.backend()
    backend.set_options(shots=2048, memory=True)
    with pytest.warns(UserWarning, match="foo"):
        backend.run(transpile(bell(), backend), shots=1024, foo="foo")
    config = server.submitted[0].qobj["config"]
    assert (config["shots"], config["memory"], config["foo"]) == (1024, True, "foo")
    assert backend.options.shots == 2048


def test_46_frequencies_are_given_in_hz_and_sent_in_ghz(manila):
    drive = [frequency + 1e6 for frequency in manila.defaults().qubit_freq_est]
    readout = [frequency + 1e6 for frequency in manila.defaults().meas_freq_est]
    job = manila.run(
        transpile(bell(), manila),
        shots=100,
        memory=True,
        rep_delay=100e-6,
        qubit_lo_freq=drive,
        meas_lo_freq=readout,
        init_qubits=False,
        meas_level=1,
        meas_return="single",
        use_measure_esp=False,
        header={"mine": [1, {"two": None}]},
        job_name="all options",
        job_tags=["lab1"],
        experiment_id="exp-7",
        live_data_enabled=False,
    )
    config = stored(job)["config"]
    assert config["qubit_lo_freq"] == pytest.approx([frequency / 1e9 for frequency in drive])
    assert config["meas_lo_freq"] == pytest.approx([frequency / 1e9 for frequency in readout])
    assert config["rep_delay"] == pytest.approx(100.0)
    assert (config["shots"], config["memory"], config["init_qubits"]) == (100, True, False)
    assert (config["meas_level"], config["meas_return"]) == (1, "single")
    assert config["use_measure_esp"] is False
    record = job._api_client.job_get(job.job_id())
    assert (record.name, record.tags, record.experiment_tag) == ("all options", ("lab1",), "exp-7")
    assert record.live_data_enabled is False
    assert job.header()["mine"] == [1, {"two": None}]


def test_46_options_of_schedules_have_their_units(ibmq_provider):
    armonk = ibmq_provider.get_backend("ibmq_armonk")
    frequency = armonk.defaults().qubit_freq_est[0]
    with pulse.build(backend=armonk) as schedule:
        pulse.play(pulse.Gaussian(duration=320, amp=0.25j, sigma=80), pulse.drive_channel(0))
        pulse.measure_all()
    los = [{DriveChannel(0): frequency + step} for step in (0.0, 1e6, 2e6)]
    job = armonk.run(
        schedule,
        schedule_los=los,
        meas_level=1,
        meas_return="avg",
        memory_slots=1,
        memory_slot_size=50,
        rep_time=1e-3,
        shots=64,
    )
    payload = stored(job)
    assert payload["type"] == "PULSE"
    config = payload["config"]
    assert (config["rep_time"], config["memory_slots"], config["memory_slot_size"]) == (1000, 1, 50)
    assert (config["meas_level"], config["meas_return"], config["meas_lo_freq"][0] > 1) == (1, "avg", True)
    swept = [
        {**config, **experiment.get("config", {})}["qubit_lo_freq"][0]
        for experiment in payload["experiments"]
    ]
    assert swept == pytest.approx([frequency / 1e9, frequency / 1e9 + 1e-3, frequency / 1e9 + 2e-3])
    played = [i for i in payload["experiments"][0]["instructions"] if i.get("pulse_shape") == "gaussian"]
    assert played[0]["parameters"]["amp"] == pytest.approx([0.0, 0.25])


def test_46_options_that_circuits_have_no_use_for_are_said_to_have_no_effect():
    server = DeviceServer("manila")
    backend = server.backend()
    ready = transpile(bell(), backend)
    with pytest.warns(UserWarning, match="for schedules only.* memory_slots, rep_time"):
        backend.run(ready, rep_time=1e-3, memory_slots=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        backend.run(ready)


def test_46_options_of_a_simulator(simulator):
    job = simulator.run(bell(), shots=3, seed_simulator=11, method="stabilizer", fusion_enable=np.bool_(True))
    config = stored(job)["config"]
    assert (config["seed_simulator"], config["method"], config["fusion_enable"]) == (11, "stabilizer", True)


@pytest.mark.parametrize(
    "options",
    [
        {"shots": 0},
        {"shots": 10**9},
        {"meas_level": 7},
        {"meas_return": "some"},
        {"rep_delay": -1.0},
        {"rep_delay": 1.0},
        {"qubit_lo_freq": [5e9]},
        {"qubit_lo_freq": [1.0] * 5},
        {"rep_time": 0.5},
        {"memory_slots": -1},
        {"header": "text"},
    ],
)
def test_46_what_the_device_does_not_accept_is_refused_before_anything_is_sent(options):
    server = DeviceServer("manila")
    backend = server.backend()
    circuit = transpile(bell(), backend)
    with pytest.raises(IBMQBackendValueError):
        backend.run(circuit, **options)
    assert server.submitted == []


def test_46_circuits_of_every_kind_arrive_as_they_are(simulator):
    angle = Parameter("angle")
    first, second = QuantumRegister(1, "first"), QuantumRegister(2, "second")
    low, high = ClassicalRegister(2, "low"), ClassicalRegister(1, "high")
    circuit = QuantumCircuit(
        first, second, low, high, [Clbit(), Clbit()], name="kinds", global_phase=0.5, metadata={"id": [7]}
    )
    circuit.rx(angle, second[1])
    circuit.measure(first[0], low[0])
    circuit.x(second[0]).c_if(low, 1)
    circuit.measure(second[0], high[0])
    circuit.measure(second[1], 4)
    job = simulator.run(circuit, parameter_binds=[{angle: np.pi}, {angle: 0}], shots=8)
    payload = stored(job)
    assert payload["config"]["parameter_binds"] == []
    angles = [experiment["instructions"][0]["params"][0] for experiment in payload["experiments"]]
    assert angles == pytest.approx([np.pi, 0.0])
    header = payload["experiments"][0]["header"]
    assert (header["name"].startswith("kinds"), header["global_phase"]) == (True, 0.5)
    assert header["metadata"] == {"id": [7]}
    assert header["creg_sizes"] == [["low", 2], ["high", 1]]
    assert header["qreg_sizes"] == [["first", 1], ["second", 2]]
    assert header["memory_slots"] == 5
    names = [instruction["name"] for instruction in payload["experiments"][0]["instructions"]]
    assert "bfunc" in names
    conditional = [i for i in payload["experiments"][0]["instructions"] if "conditional" in i]
    assert [i["name"] for i in conditional] == ["x"]
    result = job.result(timeout=WAIT)
    assert [set(result.data(index)["counts"]) for index in (0, 1)] == [{"0x10"}, {"0x0"}]


def drawn(random):
    """Return a circuit whose outcome is certain, with conditions on registers, on their bits, and on loose bits."""
    circuit = QuantumCircuit(4)
    for number in range(random.randint(1, 4)):
        size = random.randint(1, 2)
        if random.random() < 0.5:
            circuit.add_register(ClassicalRegister(size, f"c{number}"))
        else:
            circuit.add_bits([Clbit() for _ in range(size)])
    for _ in range(14):
        kind, qubit = random.random(), random.randrange(4)
        if kind < 0.35:
            circuit.measure(qubit, random.randrange(circuit.num_clbits))
        elif kind < 0.55 and circuit.cregs:
            register = random.choice(circuit.cregs)
            circuit.x(qubit).c_if(register, random.randrange(2 ** len(register)))
        elif kind < 0.75:
            circuit.x(qubit).c_if(random.choice(circuit.clbits), random.randint(0, 1))
        else:
            circuit.x(qubit)
    return circuit


def test_46_conditions_have_the_effect_that_they_have_without_a_service(simulator):
    aer = pytest.importorskip("qiskit_aer")
    random = Random(11)
    circuits = [drawn(random) for _ in range(40)]
    result, local = simulator.run(circuits, shots=5).result(timeout=WAIT), aer.AerSimulator()
    for index, circuit in enumerate(circuits):
        expected = local.run(circuit, shots=5).result().data(0)
        assert result.data(index).get("counts") == expected.get("counts"), circuit


def test_46_a_pulse_gate_travels_with_its_schedule(ibmq_provider):
    armonk = ibmq_provider.get_backend("ibmq_armonk")
    with pulse.build(backend=armonk, name="mine") as schedule:
        pulse.play(pulse.Drag(duration=320, amp=0.2 + 0.1j, sigma=80, beta=1.5), pulse.drive_channel(0))
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("mine", 1, [0.25]), [0])
    circuit.measure(0, 0)
    circuit.add_calibration("mine", [0], schedule, [0.25])
    payload = stored(armonk.run(circuit, shots=4))
    (gate,) = payload["config"]["calibrations"]["gates"]
    assert (gate["name"], gate["qubits"], gate["params"]) == ("mine", [0], [0.25])
    assert gate["instructions"][0]["parameters"]["amp"] == pytest.approx([0.2, 0.1])
    assert payload["experiments"][0]["instructions"][0]["name"] == "mine"


def test_46_delays_are_sent_in_time_steps_whatever_their_unit():
    server = DeviceServer("manila")
    backend = server.backend()
    step = backend.configuration().dt
    time = Parameter("time")
    circuit = QuantumCircuit(1, 1)
    circuit.delay(100, 0, "us")
    circuit.delay(time, 0, "ns")
    circuit.delay(16, 0, "dt")
    circuit.measure(0, 0)
    expected = [round(100e-6 / step), round(500e-9 / step), 16]
    for each in (circuit, transpile(circuit, backend, optimization_level=0)):
        backend.run(each, parameter_binds=[{time: 500}])
        sent = server.submitted[-1].qobj["experiments"][0]["instructions"]
        lengths = [i["params"][0] for i in sent if i["name"] == "delay"]
        assert lengths == pytest.approx(expected, abs=1)
    assert circuit.data[0].operation.unit == "us"


def test_47_a_qobj_runs_with_a_warning():
    server = DeviceServer(None)
    qobj = assemble(bell(), shots=1)
    with pytest.warns(DeprecationWarning):
        server.backend().run(qobj)
    with pytest.warns(DeprecationWarning):
        server.backend().run(qobj=qobj)
    assert [each.qobj["qobj_id"] for each in server.submitted] == [qobj.qobj_id] * 2


def test_48_id_gates_are_sent_as_delays(manila):
    circuit = QuantumCircuit(1, 1)
    circuit.id(0)
    circuit.measure(0, 0)
    ready = transpile(circuit, manila, initial_layout=[2], optimization_level=0)
    manila = copy.deepcopy(manila)  # it warns once, and others share the fixture's
    with pytest.warns(DeprecationWarning, match="'id' instruction"):
        job = manila.run(ready, shots=1)
    sent = stored(job)["experiments"][0]["instructions"]
    length = round(manila.properties().gate_length("sx", 2) / manila.configuration().dt)
    assert [(i["name"], i.get("params")) for i in sent if i["name"] in ("id", "delay")] == [
        ("delay", [length])
    ]
    assert dict(ready.count_ops())["id"] == 1


def test_49_measure_esp():
    with pytest.raises(IBMQBackendValueError, match="ESP readout not supported on this device\\."):
        DeviceServer("manila").backend().run(QuantumCircuit(1), use_measure_esp=True)
    for able, given, expected in ((True, None, True), (False, None, False), (True, False, False)):
        server = DeviceServer("manila", measure_esp_enabled=able)
        server.backend().run(QuantumCircuit(1), use_measure_esp=given)
        assert server.submitted[0].qobj["config"]["use_measure_esp"] is expected


def test_50_the_header_comes_back(ibmq_provider, simulator):
    header = {"test": 13, "nested": {"a": [1, 2]}}
    job = simulator.run(bell(), header=header, shots=1)
    old = simulator.run(bell(), qobj_header={"old": 1}, shots=1)
    for each in (job, ibmq_provider.backend.retrieve_job(job.job_id())):
        assert header.items() <= each.header().items()
    assert header.items() <= job.result(timeout=WAIT).header.to_dict().items()
    assert old.result(timeout=WAIT).header.old == 1


def test_51_default_shots(simulator):
    job = simulator.run(bell())
    assert job.backend_options()["shots"] == 4000
    assert sum(job.result(timeout=WAIT).get_counts().values()) == 4000


def test_52_a_noise_model_for_the_simulator(simulator):
    noise = pytest.importorskip("qiskit_aer.noise")
    model = noise.NoiseModel()
    model.add_all_qubit_readout_error(noise.ReadoutError([[0, 1], [1, 0]]))
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    job = simulator.run(circuit, noise_model=model, shots=20)
    assert "noise_model" in stored(job)["config"]
    assert job.result(timeout=WAIT).get_counts() == {"1": 20}


def test_36_a_retired_backend_only_has_its_name(server):
    provider = provider_of(server)
    backend = IBMQRetiredBackend.from_name("gone", provider, provider.credentials, provider._api_client)
    assert backend.name() == "gone"
    assert not backend.status().operational
    assert (backend.properties(), backend.defaults(), backend.active_jobs()) == (None, None, [])
