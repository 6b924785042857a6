# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What a backend tells about itself."""

from __future__ import annotations

import copy
import datetime as dt
import inspect
import pickle
import threading

import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.providers import BackendV1, JobStatus
from qiskit.qobj.utils import MeasLevel, MeasReturnType
from support.device_server import DeviceServer

from qiskit_ibmq_provider._backend.kept_document import KeptDocument
from qiskit_ibmq_provider.api.exceptions import ApiIBMQProtocolError, RequestsApiError
from qiskit_ibmq_provider.exceptions import (
    IBMQBackendApiError,
    IBMQBackendApiProtocolError,
    IBMQBackendError,
)
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend, IBMQRetiredBackend, IBMQSimulator
from qiskit_ibmq_provider.ibmqbackendservice import IBMQBackendService
from qiskit_ibmq_provider.protocol.backends import ReservationRecord


@pytest.fixture
def server():
    return DeviceServer("manila")


def asked(server, what):
    return [request for request in server.requests if request[0] == what]


def test_a_backend_has_the_attributes_of_the_reference(server):
    backend = server.backend()
    assert isinstance(backend, BackendV1)
    assert backend.version == 1
    assert backend.name() == "ibmq_manila"
    assert (backend.hub, backend.group, backend.project) == ("h", "g", "p")
    assert repr(backend) == "<IBMQBackend('ibmq_manila') from IBMQ(hub='h', group='g', project='p')>"
    assert str(backend) == "ibmq_manila"
    assert backend.qobj_warning_issued is False
    assert backend.id_warning_issued is False
    assert backend.configuration() is backend.configuration()
    assert backend.provider() is None


def test_the_default_options_are_those_of_the_reference(server):
    expected = {
        "shots": 4000,
        "memory": False,
        "qubit_lo_freq": None,
        "meas_lo_freq": None,
        "schedule_los": None,
        "meas_level": MeasLevel.CLASSIFIED,
        "meas_return": MeasReturnType.AVERAGE,
        "memory_slots": None,
        "memory_slot_size": 100,
        "rep_time": None,
        "rep_delay": None,
        "init_qubits": True,
        "use_measure_esp": None,
        "live_data_enabled": None,
    }
    assert dict(server.backend().options.__dict__) == expected
    simulator = DeviceServer(None).backend()
    assert isinstance(simulator, IBMQSimulator)
    assert dict(simulator.options.__dict__) == {**expected, "noise_model": None, "seed_simulator": None}
    with pytest.raises(AttributeError):
        simulator.set_options(no_such_option=1)


def test_backends_do_not_share_their_options(server):
    first, second = server.backend(), server.backend()
    first.set_options(shots=7)
    assert second.options.shots == 4000


def test_a_copy_of_a_backend_has_its_own_options_and_the_same_account(server):
    backend = server.backend()
    backend.properties()
    twin = copy.deepcopy(backend)
    twin.set_options(shots=7)
    twin.configuration().basis_gates.clear()
    assert backend.options.shots == 4000
    assert backend.configuration().basis_gates
    assert twin.properties() == backend.properties()
    assert len(asked(server, "properties")) == 1
    twin.status()
    assert len(asked(server, "status")) == 1


def test_properties_are_asked_for_once(server):
    backend = server.backend()
    assert backend.properties() == backend.properties()
    assert asked(server, "properties") == [("properties", "ibmq_manila", None)]
    backend.properties(refresh=True)
    assert len(asked(server, "properties")) == 2


def test_changing_properties_changes_nobody_elses(server):
    backend = server.backend()
    mine = backend.properties()
    mine.qubits[0][0].value = -1
    mine.gates.clear()
    assert backend.properties().qubits[0][0].value > 0
    assert backend.properties().gates


def test_changing_defaults_changes_nobody_elses(server):
    backend = server.backend()
    mine = backend.defaults()
    mine.qubit_freq_est[0] = 0
    mine.instruction_schedule_map.remove("x", 0)
    assert backend.defaults().qubit_freq_est[0] > 1e9
    assert backend.defaults().instruction_schedule_map.get("x", 0).duration > 0
    assert len(asked(server, "defaults")) == 1
    backend.defaults(refresh=True)
    assert len(asked(server, "defaults")) == 2


def test_the_servers_document_is_not_changed(server):
    before = copy.deepcopy(server.properties)
    server.backend().properties()
    assert server.properties == before


def test_properties_of_a_date_are_asked_for_in_utc_and_not_kept(server):
    backend = server.backend()
    local = dt.datetime(2021, 3, 15, 12, 0)
    backend.properties(datetime=local)
    backend.properties(datetime=dt.datetime(2021, 3, 15, 12, 0, tzinfo=dt.timezone.utc))
    backend.properties()
    sent = [request[2] for request in asked(server, "properties")]
    assert sent[0] == local.astimezone(dt.timezone.utc)
    assert sent[0].tzinfo is dt.timezone.utc
    assert sent[1] == dt.datetime(2021, 3, 15, 12, 0, tzinfo=dt.timezone.utc)
    assert sent[2] is None


@pytest.mark.parametrize(
    "arguments", [{"refresh": "yes"}, {"refresh": None}, {"datetime": "2021"}, {"datetime": 5}]
)
def test_arguments_of_the_wrong_type_are_refused(server, arguments):
    with pytest.raises(TypeError):
        server.backend().properties(**arguments)
    assert server.requests == []


def test_no_properties_and_no_defaults_are_none(server):
    server.properties = {}
    server.defaults = None
    backend = server.backend()
    assert backend.properties() is None
    assert backend.defaults() is None
    assert backend.defaults() is None
    assert len(asked(server, "defaults")) == 1


def test_a_simulator_has_no_properties():
    server = DeviceServer(None)
    assert server.backend().properties() is None
    assert server.backend().properties(refresh=True) is None
    assert server.requests == []


def test_a_failed_refresh_keeps_what_was_there(server):
    backend = server.backend()
    backend.properties()
    good, server.properties = server.properties, {"nonsense": 1}
    with pytest.raises(IBMQBackendApiProtocolError, match="properties of ibmq_manila"):
        backend.properties(refresh=True)
    server.properties = good
    assert backend.properties().t1(0) > 0
    assert len(asked(server, "properties")) == 2


def test_threads_share_one_request(server):
    backend = server.backend()
    barrier = threading.Barrier(8)
    got = []

    def ask():
        barrier.wait(10)
        got.append(backend.properties().t1(0))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(got) == 8
    assert len(set(got)) == 1
    assert len(asked(server, "properties")) == 1


def test_a_kept_document_survives_copying():
    kept = KeptDocument(dict)
    kept.get(lambda: {"a": [1]})
    for twin in (copy.deepcopy(kept), pickle.loads(pickle.dumps(kept))):
        assert twin.get(lambda: pytest.fail("asked again")) == {"a": [1]}


@pytest.mark.parametrize(("build", "copied"), [(copy.deepcopy, None), (dict, copy.deepcopy)])
def test_a_kept_document_is_each_ones_own(build, copied):
    kept = KeptDocument(build, copied)
    kept.get(lambda: {"a": [1]})["a"].append(2)
    kept.get(lambda: pytest.fail("asked again"))["a"].append(3)
    assert kept.get(lambda: pytest.fail("asked again")) == {"a": [1]}


def test_changes_of_calibrations_have_no_effect_on_later_calls(server):
    backend = server.backend()
    before = backend.defaults().to_dict(), backend.properties().to_dict()
    properties, defaults = backend.properties(), backend.defaults()
    properties.gates[0].qubits.append(9)
    properties.qubits.clear()
    defaults.cmd_def[0].qubits.append(9)
    defaults.cmd_def[-1].sequence[0].ch = "d99"
    defaults.pulse_library.clear()
    defaults.qubit_freq_est[0] = 1.0
    defaults.meas_kernel.params["new"] = 1
    defaults.instruction_schedule_map.remove("x", 0)
    sx = backend.defaults().instruction_schedule_map.get("sx", 0)
    length = sx.duration
    sx.insert(1000, sx, inplace=True)
    assert (backend.defaults().to_dict(), backend.properties().to_dict()) == before
    assert backend.defaults().instruction_schedule_map.has("x", 0)
    assert backend.defaults().instruction_schedule_map.get("sx", 0).duration == length


def test_a_document_that_cannot_be_used_does_not_take_the_place_of_one_that_can():
    def build(document):
        if "bad" in document:
            raise ValueError
        return document

    kept = KeptDocument(build)
    kept.get(lambda: {"a": 1})
    with pytest.raises(ValueError):
        kept.get(lambda: {"bad": 1}, refresh=True)
    assert kept.get(lambda: pytest.fail("asked again")) == {"a": 1}


def test_status_is_asked_for_each_time(server):
    backend = server.backend()
    status = backend.status()
    assert (status.backend_name, status.backend_version) == ("ibmq_manila", "1.2.3")
    assert (status.operational, status.pending_jobs, status.status_msg) == (True, 3, "active")
    backend.status()
    assert len(asked(server, "status")) == 2


def test_the_job_limit_says_what_remains(server):
    backend = server.backend()
    limit = backend.job_limit()
    assert (limit.maximum_jobs, limit.active_jobs, limit.something_else) == (5, 2, 7)
    assert backend.remaining_jobs_count() == 3
    server.limit = type(server.limit)(None, 2)
    assert backend.job_limit().maximum_jobs is None
    assert backend.remaining_jobs_count() is None


def test_reservations_are_asked_for_in_utc_and_given_in_local_time(server):
    start = dt.datetime(2021, 6, 2, 10, 0, tzinfo=dt.timezone.utc)
    server.reservations = [ReservationRecord(start, start + dt.timedelta(hours=25), mode="shared")]
    [reservation] = server.backend().reservations(dt.datetime(2021, 6, 2, 8, 0), None)
    assert reservation.backend_name == "ibmq_manila"
    assert reservation.start_datetime == start
    assert reservation.start_datetime.utcoffset() == start.astimezone().utcoffset()
    assert reservation.duration == 25 * 60
    [(_, _, asked_start, asked_end)] = asked(server, "reservations")
    assert asked_start == dt.datetime(2021, 6, 2, 8, 0).astimezone(dt.timezone.utc)
    assert asked_end is None


@pytest.mark.parametrize(
    ("method", "request_name"),
    [
        ("status", "backend_status"),
        ("properties", "backend_properties"),
        ("defaults", "backend_pulse_defaults"),
        ("job_limit", "backend_job_limit"),
        ("remaining_jobs_count", "backend_job_limit"),
        ("reservations", "backend_reservations"),
    ],
)
def test_failures_are_errors_of_the_backend(server, method, request_name):
    backend = server.backend()
    for error, expected in (
        (RequestsApiError("403: no. Error code: 2000.", 403, code=2000), IBMQBackendApiError),
        (ApiIBMQProtocolError("nonsense"), IBMQBackendApiProtocolError),
    ):

        def fail(*_args, error=error, **_kwargs):
            raise error

        setattr(server, request_name, fail)
        with pytest.raises(expected, match="ibmq_manila.*(no|nonsense)") as caught:
            getattr(backend, method)()
        assert caught.value.code == error.code
        assert caught.value.status_code == error.status_code


class Service:
    """Stands where a provider has its backend service."""

    def __init__(self, owner="ibmq_manila"):
        self.backend = self
        self.owner = owner
        self.asked = []

    def jobs(self, **arguments):
        self.asked.append(arguments)
        return ["a job"]

    def retrieve_job(self, job_id):
        self.asked.append(job_id)
        service = self

        class Job:
            def backend(self):
                return DeviceServer("vigo", backend_name=service.owner).backend()

        return Job()


def test_jobs_are_those_of_this_backend(server):
    service = Service()
    assert server.backend(service).jobs(limit=3, status="DONE", db_filter={"a": 1}) == ["a job"]
    [arguments] = service.asked
    assert arguments["backend_name"] == "ibmq_manila"
    assert (arguments["limit"], arguments["status"], arguments["db_filter"]) == (3, "DONE", {"a": 1})
    assert (arguments["job_tags_operator"], arguments["descending"]) == ("OR", True)


def test_jobs_takes_what_the_service_takes(server):
    ours = inspect.signature(IBMQBackend.jobs).parameters
    services = dict(inspect.signature(IBMQBackendService.jobs).parameters)
    services.pop("backend_name")
    assert {name: parameter.default for name, parameter in ours.items()} == {
        name: parameter.default for name, parameter in services.items()
    }


def test_active_jobs_are_those_that_are_not_over(server):
    service = Service()
    server.backend(service).active_jobs(limit=4)
    [arguments] = service.asked
    assert arguments["limit"] == 4
    assert set(arguments["status"]) == {
        JobStatus.INITIALIZING,
        JobStatus.VALIDATING,
        JobStatus.QUEUED,
        JobStatus.RUNNING,
    }


def test_a_job_of_this_backend_is_retrieved(server):
    service = Service()
    assert server.backend(service).retrieve_job("abc").backend().name() == "ibmq_manila"
    assert service.asked == ["abc"]


def test_a_job_of_another_backend_is_refused_with_a_warning(server):
    backend = server.backend(Service("ibmq_lima"))
    with pytest.warns(UserWarning, match="belongs to ibmq_lima") as caught:
        with pytest.raises(IBMQBackendError, match="belongs to ibmq_lima, not to ibmq_manila"):
            backend.retrieve_job("abc")
    assert caught[0].filename == __file__


def test_a_retired_backend_only_has_a_name(server):
    backend = IBMQRetiredBackend.from_name("ibmqx9", Service(), server.credentials, server)
    assert isinstance(backend, IBMQBackend)
    assert backend.name() == "ibmqx9"
    assert repr(backend).startswith("<IBMQRetiredBackend('ibmqx9')")
    assert not backend.status().operational
    assert "no longer available" in backend.status().status_msg
    for nothing in (
        backend.properties(),
        backend.defaults(),
        backend.job_limit(),
        backend.remaining_jobs_count(),
        backend.active_jobs(),
        backend.reservations(),
    ):
        assert not nothing
    with pytest.raises(IBMQBackendError, match="ibmqx9 is retired"):
        backend.run(QuantumCircuit(1))
    assert backend.jobs() == ["a job"]
    assert server.requests == []


def test_circuits_are_transpiled_for_a_backend(server):
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 2)
    circuit.measure_all()
    backend = server.backend()
    for done in transpile([circuit, circuit.copy(name="second")], backend=backend):
        assert set(done.count_ops()) <= {"id", "rz", "sx", "x", "cx", "measure", "barrier"}
        assert done.num_qubits == 5
    assert len(asked(server, "properties")) == 1
    assert len(asked(server, "defaults")) == 1
    server = DeviceServer(None)
    transpile(circuit, backend=server.backend())
    assert len(asked(server, "defaults")) <= 1
