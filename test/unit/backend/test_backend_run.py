# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Running on a backend: what is refused, what is sent, and what the caller is told."""

from __future__ import annotations

import datetime as dt
import inspect
import warnings

import numpy as np
import pytest
from qiskit import QuantumCircuit, assemble, pulse
from qiskit.circuit import Gate, Parameter
from qiskit.exceptions import QiskitError
from qiskit.pulse import DriveChannel
from qiskit.qobj import QobjHeader
from qiskit.qobj.utils import MeasLevel, MeasReturnType
from qiskit.tools.events.pubsub import Subscriber
from support.device_server import DeviceServer

from qiskit_ibmq_provider.api.exceptions import ApiIBMQProtocolError, RequestsApiError
from qiskit_ibmq_provider.exceptions import (
    IBMQBackendApiError,
    IBMQBackendApiProtocolError,
    IBMQBackendError,
    IBMQBackendJobLimitError,
    IBMQBackendValueError,
)
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.protocol.jobs import JobError, JobRecord


@pytest.fixture
def server():
    return DeviceServer("vigo", max_experiments=75, max_shots=8192)


@pytest.fixture
def simulator():
    return DeviceServer(None)


@pytest.fixture
def armonk():
    return DeviceServer("armonk")


def bell(name="bell", qubits=2):
    circuit = QuantumCircuit(qubits, 2, name=name)
    circuit.sx(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def rabi(amplitude=0.1, channel=0):
    with pulse.build(name="rabi") as schedule:
        pulse.play(pulse.Gaussian(160, amplitude, 40), DriveChannel(channel))
        pulse.acquire(1000, pulse.AcquireChannel(channel), pulse.MemorySlot(0))
    return schedule


# What is sent.


def test_a_circuit_is_sent_with_the_default_options(server):
    job = server.backend().run(bell())
    assert isinstance(job, IBMQJob)
    [sent] = server.submitted
    assert sent.backend_name == "ibmq_vigo"
    assert sent.labels == {
        "job_name": None,
        "job_tags": None,
        "experiment_id": None,
        "live_data_enabled": None,
    }
    config = sent.qobj["config"]
    assert config["shots"] == 4000
    assert config["memory"] is False
    assert config["init_qubits"] is True
    assert config["use_measure_esp"] is False
    assert config["meas_level"] == 2
    assert (config["n_qubits"], config["memory_slots"]) == (2, 2)
    assert "live_data_enabled" not in config
    assert sent.qobj["header"] == {"backend_name": "ibmq_vigo", "backend_version": "1.3.6"}


def test_labels_and_live_data_are_sent_with_the_job(server):
    server.backend().run(bell(), job_name="n", job_tags=["a"], experiment_id="e", live_data_enabled=True)
    assert server.submitted[0].labels == {
        "job_name": "n",
        "job_tags": ["a"],
        "experiment_id": "e",
        "live_data_enabled": True,
    }


def test_options_of_the_run_win_over_those_of_the_backend(server):
    backend = server.backend()
    backend.set_options(shots=11, memory=True)
    backend.run([bell(), bell("two")], memory=False)
    config = server.submitted[0].qobj["config"]
    assert (config["shots"], config["memory"]) == (11, False)
    assert len(server.submitted[0].qobj["experiments"]) == 2
    backend.run(bell(), shots=np.int64(12))
    assert server.submitted[1].qobj["config"]["shots"] == 12


def test_the_default_shots_are_no_more_than_the_device_accepts():
    backend = DeviceServer("vigo", max_shots=1024).backend()
    assert backend.options.shots == 1024
    assert DeviceServer("vigo").backend().options.shots == 4000


@pytest.mark.parametrize("name", ["header", "qobj_header"])
@pytest.mark.parametrize("kind", [dict, lambda **fields: QobjHeader(**fields)], ids=["dict", "QobjHeader"])
def test_the_header_of_the_caller_is_sent(server, name, kind):
    job = server.backend().run(bell(), **{name: kind(mine=[1, 2])})
    assert server.submitted[0].qobj["header"]["mine"] == [1, 2]
    assert job.header()["mine"] == [1, 2]


def test_the_job_knows_what_it_was_run_with(server):
    job = server.backend().run(bell(), shots=9)
    assert job.backend_options() == server.submitted[0].qobj["config"]


def test_a_tuple_of_circuits_is_a_list_of_circuits(server):
    server.backend().run((bell("a"), bell("b")))
    assert [entry["header"]["name"] for entry in server.submitted[0].qobj["experiments"]] == ["a", "b"]


def test_parameters_are_bound_in_each_circuit(server):
    angle = Parameter("angle")
    circuit = QuantumCircuit(1)
    circuit.rz(angle, 0)
    server.backend().run(circuit, parameter_binds=[{angle: 1}, {angle: 2.5}])
    sent = server.submitted[0].qobj["experiments"]
    assert [entry["instructions"][0]["params"] for entry in sent] == [[1.0], [2.5]]


def test_the_method_of_a_simulator_is_sent_unless_another_is_given():
    simulator = DeviceServer(None, simulation_method="statevector")
    simulator.backend().run(bell())
    simulator.backend().run(bell(), method="stabilizer")
    with pytest.warns(DeprecationWarning):
        simulator.backend().run(assemble(bell()))
    methods = [sent.qobj["config"]["method"] for sent in simulator.submitted]
    assert methods == ["statevector", "stabilizer", "statevector"]


def test_a_noise_model_is_sent_to_a_simulator(simulator):
    class Model:
        def to_dict(self, serializable=False):
            return {"errors": [], "serializable": serializable}

    simulator.backend().run(bell(), noise_model=Model(), seed_simulator=5)
    simulator.backend().run(bell(), noise_model={"errors": [1j]})
    configs = [sent.qobj["config"] for sent in simulator.submitted]
    assert configs[0]["noise_model"] == {"errors": [], "serializable": True}
    assert configs[0]["seed_simulator"] == 5
    assert configs[1]["noise_model"] == {"errors": [[0.0, 1.0]]}


def test_backend_options_of_a_simulator_are_options_by_name(simulator):
    with pytest.warns(DeprecationWarning, match="backend_options") as caught:
        simulator.backend().run(bell(), backend_options={"shots": 5, "method": "stabilizer"}, shots=6)
    assert caught[0].filename == __file__
    config = simulator.submitted[0].qobj["config"]
    assert (config["shots"], config["method"]) == (6, "stabilizer")


def test_schedules_are_sent_with_the_frequencies_of_the_device(armonk):
    backend = armonk.backend()
    backend.run(rabi(), meas_level=1, meas_return="single", shots=10)
    qobj = armonk.submitted[0].qobj
    assert qobj["type"] == "PULSE"
    assert qobj["config"]["meas_level"] == 1
    assert qobj["config"]["meas_return"] == "single"
    assert qobj["config"]["qubit_lo_freq"] == [
        frequency / 1e9 for frequency in backend.defaults().qubit_freq_est
    ]


@pytest.mark.parametrize("level", [1, MeasLevel.KERNELED])
@pytest.mark.parametrize("kind", ["avg", MeasReturnType.AVERAGE])
def test_measurement_levels_are_taken_as_number_or_name(armonk, level, kind):
    armonk.backend().run(rabi(), meas_level=level, meas_return=kind)
    config = armonk.submitted[0].qobj["config"]
    assert (config["meas_level"], config["meas_return"]) == (1, "avg")


def test_one_schedule_is_repeated_for_several_frequencies(armonk):
    backend = armonk.backend()
    centre = backend.defaults().qubit_freq_est[0]
    backend.run(rabi(), schedule_los=[{DriveChannel(0): centre + step} for step in (0, 1e6, 2e6)])
    sent = armonk.submitted[0].qobj["experiments"]
    assert sent[2]["config"]["qubit_lo_freq"] == [(centre + 2e6) / 1e9]


def test_frequencies_and_times_change_their_units():
    armonk = DeviceServer(
        "armonk", dynamic_reprate_enabled=True, rep_delay_range=[0.0, 500.0], default_rep_delay=250.0
    )
    backend = armonk.backend()
    frequency = backend.defaults().qubit_freq_est[0] + 1e6
    backend.run(bell_1q(), qubit_lo_freq=np.array([frequency]), rep_delay=100e-6)
    config = armonk.submitted[0].qobj["config"]
    assert config["qubit_lo_freq"] == [frequency / 1e9]
    assert config["rep_delay"] == pytest.approx(100)
    assert backend.configuration().rep_delay_range == pytest.approx([0, 500e-6])


def bell_1q():
    circuit = QuantumCircuit(1, 1)
    circuit.sx(0)
    circuit.measure(0, 0)
    return circuit


# What is refused, before anything is sent.


def refused(server, programs, message, **options):
    backend = server.backend()
    with pytest.raises(IBMQBackendValueError, match=message) as caught:
        backend.run(programs, **options)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, QiskitError)
    assert server.submitted == []


def test_an_empty_list_is_refused(server):
    refused(server, [], "empty")


def test_more_circuits_than_the_device_accepts_are_refused_with_both_numbers(server):
    refused(server, [bell()] * 76, "76 circuits.*75")
    server.backend().run([bell()] * 75)


def test_circuits_are_counted_with_their_parameter_binds(server):
    angle = Parameter("angle")
    circuit = QuantumCircuit(1)
    circuit.rz(angle, 0)
    refused(server, [circuit] * 2, "76 circuits.*75", parameter_binds=[{angle: i} for i in range(38)])


def test_schedules_are_counted_with_their_frequencies():
    server = DeviceServer("armonk", max_experiments=2)
    refused(server, [rabi()] * 3, "3 schedules.*2")
    refused(server, rabi(), "3 schedules.*2", schedule_los=[{DriveChannel(0): 5e9}] * 3)


def test_more_shots_than_the_device_accepts_are_refused_with_both_numbers(server):
    refused(server, bell(), "8193 shots.*8192", shots=8193)


@pytest.mark.parametrize("shots", [0, -1, 1.5, "10", True])
def test_shots_that_are_no_count_are_refused(server, shots):
    refused(server, bell(), "shots should be", shots=shots)


def test_memory_is_refused_where_the_device_has_none():
    refused(DeviceServer("vigo", memory=False), bell(), "single shots", memory=True)


@pytest.mark.parametrize("programs", ["circuit", None, 7, [None], [bell(), "x"], {"a": 1}])
def test_what_is_no_circuit_is_refused_by_type(server, programs):
    refused(server, programs, "Circuits or schedules are expected, not (str|NoneType|int|dict)")


def test_circuits_and_schedules_in_one_job_are_refused(armonk):
    refused(armonk, [bell_1q(), rabi()], "1 circuits and 1 schedules")


def test_a_circuit_wider_than_the_device_is_refused_with_both_numbers(server):
    refused(server, [bell(), bell("wide", qubits=6)], "'wide' has 6 qubits.*has 5")


def test_schedules_are_refused_by_a_device_without_pulses(server):
    refused(server, rabi(), "ibmq_vigo does not accept pulse schedules")


def test_schedules_on_channels_that_are_not_there_are_refused(armonk):
    refused(armonk, rabi(channel=3), r"AcquireChannel\(3\).*1 qubits")


def test_a_schedule_with_a_parameter_is_refused_by_name(armonk):
    amplitude = Parameter("amplitude")
    with pulse.build(name="open") as schedule:
        pulse.shift_phase(amplitude, DriveChannel(0))
    refused(armonk, schedule, "'open' has parameters without a value: amplitude")


def test_a_circuit_with_a_parameter_is_refused_by_name(server):
    circuit = QuantumCircuit(1, name="open")
    circuit.rz(Parameter("angle"), 0)
    refused(server, circuit, "'open'.*angle")


def test_excited_state_promotion_is_refused_where_it_is_not_supported(server):
    refused(server, bell(), "ESP readout not supported on this device", use_measure_esp=True)
    promoted = DeviceServer("vigo", measure_esp_enabled=True)
    promoted.backend().run(bell())
    promoted.backend().run(bell(), use_measure_esp=False)
    assert [sent.qobj["config"]["use_measure_esp"] for sent in promoted.submitted] == [True, False]


def test_an_option_set_to_none_is_the_default(server):
    backend = server.backend()
    backend.set_options(shots=None, meas_level=None, meas_return=None, memory=None, init_qubits=None)
    backend.run(bell())
    config = server.submitted[0].qobj["config"]
    assert (config["shots"], config["meas_level"]) == (4000, 2)


def test_a_seed_that_is_no_number_is_refused(simulator):
    refused(simulator, bell(), "seed_simulator should be an integer", seed_simulator="five")


def test_dynamic_circuits_are_refused(server):
    refused(server, bell(), "dynamic circuits", dynamic=True)
    loop = QuantumCircuit(1, 1)
    with loop.for_loop(range(2)):
        loop.x(0)
    refused(server, loop, "for_loop")


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("meas_level", 3, "meas_level should be"),
        ("meas_level", 1, "does not return data of meas_level 1; it knows 2"),
        ("meas_return", "all", "meas_return should be"),
        ("memory", "yes", "memory should be True or False"),
        ("init_qubits", 3, "init_qubits should be"),
        ("qubit_lo_freq", 5e9, "list of frequencies"),
        ("qubit_lo_freq", [5e9, "x"], "list of frequencies"),
        ("qubit_lo_freq", [5e9], "holds 1 frequencies, but ibmq_vigo has 5 qubits"),
        ("meas_lo_freq", [7e9] * 6, "holds 6 frequencies"),
        ("rep_delay", -1, "rep_delay should be"),
        ("rep_time", "fast", "rep_time should be"),
        ("memory_slots", -1, "memory_slots should be at least"),
        ("header", "h", "header should be a dictionary"),
        ("qobj_header", ["h"], "header should be a dictionary"),
        ("schedule_los", 5, "schedule_los should give frequencies"),
        ("schedule_los", [{DriveChannel(0): "high"}], "schedule_los should give frequencies"),
        ("schedule_los", {"d0": 5e9}, "by drive and measure channel"),
        ("parameter_binds", {"a": 1}, "parameter_binds should be a list"),
        ("job_tags", "tag", "job_tags should be a list of strings"),
        ("job_tags", ["tag", 1], "job_tags should be a list of strings"),
        ("job_name", 7, "job_name should be a string"),
        ("experiment_id", 7, "experiment_id should be a string"),
        ("header", {"thing": object()}, "cannot be sent.*object"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused(server, option, value, message):
    refused(server, bell(), message, **{option: value})


def test_frequencies_out_of_range_are_refused(armonk):
    refused(armonk, bell_1q(), "range", qubit_lo_freq=[1e6])


def test_a_rep_time_that_the_device_does_not_know_is_refused(armonk):
    refused(armonk, rabi(), "rep_time should be one of", rep_time=0.5)


def test_a_qobj_is_checked_like_circuits(server):
    backend = server.backend()
    for qobj, message in (
        (assemble([bell()] * 76), "76 circuits.*75"),
        (assemble(bell(), shots=10000), "10000 shots.*8192"),
        (assemble(bell(qubits=6)), "6 qubits.*5"),
    ):
        with pytest.raises(IBMQBackendValueError, match=message):
            backend.run(qobj)
    empty = assemble(bell())
    empty.experiments = []
    with pytest.raises(IBMQBackendValueError, match="no experiment"):
        backend.run(empty)
    assert server.submitted == []


# What the caller is told.


def test_an_unknown_option_warns_and_is_sent(server):
    with pytest.warns(UserWarning, match="shotz is not an option that ibmq_vigo knows") as caught:
        server.backend().run(bell(), shotz=5, nothing=None)
    assert [warning.filename for warning in caught] == [__file__]
    assert server.submitted[0].qobj["config"]["shotz"] == 5


def test_the_options_of_aer_are_known_to_a_simulator_only(simulator, server):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        simulator.backend().run(bell(), method="stabilizer", fusion_enable=False)
        server.backend().run(bell(), method="stabilizer")
    with pytest.warns(UserWarning, match="seed_simulatr"):
        simulator.backend().run(bell(), seed_simulatr=5)
    with pytest.warns(UserWarning, match="fusion_enable is not an option"):
        server.backend().run(bell(), fusion_enable=False)


def test_the_date_of_a_calibration_is_sent_in_utc(server):
    zone = dt.timezone(dt.timedelta(hours=2))
    for value in (dt.datetime(2021, 3, 3, 2, tzinfo=zone), "2021-03-03", "2021-03-03T02:00:00+02:00"):
        server.backend().run(bell(), calibration_date=value)
        assert server.submitted[-1].qobj["config"]["calibration_date"] == "2021-03-03T00:00:00.000000Z"
    with pytest.raises(IBMQBackendValueError, match="calibration_date should be a datetime"):
        server.backend().run(bell(), calibration_date="soon")


@pytest.mark.parametrize("make", [lambda: DeviceServer("vigo"), lambda: DeviceServer(None)])
def test_a_qobj_runs_with_a_warning_once(make):
    server = make()
    backend = server.backend()
    qobj = assemble(bell(), shots=3)
    with pytest.warns(DeprecationWarning, match="Qobj") as caught:
        backend.run(qobj)
    assert [warning.filename for warning in caught] == [__file__]
    assert backend.qobj_warning_issued
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        backend.run(qobj)
    assert [sent.qobj["config"]["shots"] for sent in server.submitted] == [3, 3]
    assert server.submitted[0].qobj["qobj_id"] == qobj.qobj_id
    assert not type(backend).qobj_warning_issued


@pytest.mark.parametrize("make", [lambda: DeviceServer("vigo"), lambda: DeviceServer(None)])
def test_a_qobj_is_taken_by_its_old_keyword_too(make):
    server = make()
    with pytest.warns(DeprecationWarning) as caught:
        server.backend().run(qobj=assemble(bell(), shots=3))
    assert ["`qobj`" in str(warning.message) for warning in caught] == [True, False]
    assert {warning.filename for warning in caught} == {__file__}
    assert len(server.submitted) == 1
    with pytest.warns(DeprecationWarning), pytest.raises(TypeError, match="not both"):
        server.backend().run(bell(), qobj=bell())


def test_options_beside_a_qobj_warn(server):
    with pytest.warns(UserWarning, match="no effect: memory, shots"):
        with pytest.warns(DeprecationWarning):
            server.backend().run(assemble(bell(), shots=3), shots=5, memory=True)
    assert server.submitted[0].qobj["config"]["shots"] == 3


def test_a_share_level_warns(server, simulator):
    for each in (server, simulator):
        with pytest.warns(UserWarning, match="job_share_level"):
            each.backend().run(bell(), job_share_level="project")


def test_idle_gates_are_sent_as_delays_and_the_circuit_stays(server):
    server = DeviceServer("manila")
    circuit = QuantumCircuit(5, 1, name="idle")
    circuit.id(0)
    circuit.x(0)
    circuit.id(3)
    circuit.measure(0, 0)
    before = circuit.copy()
    backend = server.backend()
    with pytest.warns(DeprecationWarning, match="'id' instruction") as caught:
        backend.run([circuit, bell()])
    assert [warning.filename for warning in caught] == [__file__]
    assert backend.id_warning_issued
    assert circuit == before
    lengths = [
        round(backend.properties().gate_length("sx", qubit) / backend.configuration().dt) for qubit in (0, 3)
    ]
    assert lengths[0] > 0
    sent = server.submitted[0].qobj["experiments"]
    assert sent[0]["header"]["name"] == "idle"
    assert sent[0]["instructions"][0] == {"name": "delay", "params": [lengths[0]], "qubits": [0]}
    assert sent[0]["instructions"][2] == {"name": "delay", "params": [lengths[1]], "qubits": [3]}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        backend.run(circuit)


def test_idle_gates_of_a_qobj_are_sent_as_delays_and_the_qobj_stays():
    server = DeviceServer("manila")
    circuit = QuantumCircuit(1, name="idle")
    circuit.id(0)
    circuit.x(0)
    qobj = assemble([circuit, bell()])
    before = qobj.to_dict()
    with (
        pytest.warns(DeprecationWarning, match="'id' instruction"),
        pytest.warns(DeprecationWarning, match="Qobj"),
    ):
        server.backend().run(qobj)
    assert qobj.to_dict() == before
    sent = server.submitted[0].qobj["experiments"][0]["instructions"]
    assert [instruction["name"] for instruction in sent] == ["delay", "x"]


def test_idle_gates_stay_where_nobody_knows_their_length(simulator):
    circuit = QuantumCircuit(1)
    circuit.id(0)
    unknown = DeviceServer("manila")
    unknown.properties = None
    old = DeviceServer("rochester")
    for server in (simulator, unknown, old):
        server.backend().run(circuit)
        assert server.submitted[0].qobj["experiments"][0]["instructions"][0]["name"] == "id"


def test_a_listener_is_told_of_the_job(server):
    heard = []
    listener, tell = Subscriber(), heard.append
    listener.subscribe("ibmq.job.start", tell)
    try:
        job = server.backend().run(bell())
    finally:
        listener.unsubscribe("ibmq.job.start", tell)
    assert heard == [job]


# What goes wrong while sending.


def failing(server, error):
    def fail():
        raise error

    server.on_submit = fail
    return server.backend()


def test_a_refused_job_is_an_error_of_the_backend(server):
    backend = failing(server, RequestsApiError("400: bad job, Error code: 1234.", 400, code=1234))
    with pytest.raises(IBMQBackendApiError, match="Error submitting job: .*bad job") as caught:
        backend.run(bell())
    assert (caught.value.code, caught.value.status_code) == (1234, 400)
    assert isinstance(caught.value.__cause__, RequestsApiError)


@pytest.mark.parametrize("code", [3458, "3458"])
def test_the_job_limit_is_an_error_of_its_own(server, code):
    backend = failing(server, RequestsApiError("Reached maximum number. Error code: 3458.", 400, code=code))
    with pytest.raises(IBMQBackendJobLimitError, match="Error code: 3458") as caught:
        backend.run(bell())
    assert str(caught.value.code) == "3458"


def test_an_unreadable_answer_is_a_protocol_error(server):
    backend = failing(server, ApiIBMQProtocolError("the job lacks the field 'id'"))
    with pytest.raises(IBMQBackendApiProtocolError, match="'id'"):
        backend.run(bell())


def test_a_job_that_failed_at_once_is_an_error(server):
    server.on_submit = lambda: JobRecord(
        id="j",
        creation_date="2021-06-01T09:31:02Z",
        status="ERROR_CREATING_JOB",
        error=JobError("no room", 42),
    )
    with pytest.raises(IBMQBackendError, match="no room.*42") as caught:
        server.backend().run(bell())
    assert caught.value.code == 42


def test_failing_to_get_pulse_defaults_is_an_error_of_the_server(armonk):
    def fail(name):
        raise RequestsApiError("500", 500)

    armonk.backend_pulse_defaults = fail
    with pytest.raises(IBMQBackendApiError, match="pulse defaults of ibmq_armonk"):
        armonk.backend().run(rabi())


def test_the_signature_of_run_is_that_of_the_reference(server, simulator):
    assert list(inspect.signature(server.backend().run).parameters) == [
        "circuits",
        "job_name",
        "job_share_level",
        "job_tags",
        "experiment_id",
        "header",
        "shots",
        "memory",
        "qubit_lo_freq",
        "meas_lo_freq",
        "schedule_los",
        "meas_level",
        "meas_return",
        "memory_slots",
        "memory_slot_size",
        "rep_time",
        "rep_delay",
        "init_qubits",
        "parameter_binds",
        "use_measure_esp",
        "live_data_enabled",
        "run_config",
    ]
    assert list(inspect.signature(simulator.backend().run).parameters)[5:] == [
        "backend_options",
        "noise_model",
        "kwargs",
    ]


def test_a_pulse_gate_is_sent_with_its_schedule():
    server = DeviceServer("manila")
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("kick", 1, []), [0])
    with pulse.build() as schedule:
        pulse.play(pulse.Gaussian(160, 0.1, 40), DriveChannel(0))
    circuit.add_calibration("kick", [0], schedule)
    server.backend().run(circuit)
    config = server.submitted[0].qobj["config"]
    assert [gate["name"] for gate in config["calibrations"]["gates"]] == ["kick"]
