# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A backend and the real service: what is sent arrives as it was meant, and what is asked is answered."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, assemble, pulse, transpile
from qiskit.circuit import Clbit, Gate, Parameter
from qiskit.providers import JobStatus
from qiskit.pulse import DriveChannel

from qiskit_ibmq_provider import BackendJobLimit, IBMQBackendError, IBMQBackendJobLimitError
from qiskit_ibmq_provider.encoding import to_wire
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.service.testing import ServiceProcess

WAIT = 120


@pytest.fixture
def simulator(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_qasm_simulator")


@pytest.fixture
def manila(ibmq_provider):
    return ibmq_provider.get_backend("ibmq_manila")


def counts(job):
    return job.result(timeout=WAIT).get_counts()


# What is asked.


def test_properties_of_a_device(manila):
    properties = manila.properties()
    assert properties.backend_name == "ibmq_manila"
    assert len(properties.qubits) == 5
    assert 1e-6 < properties.t1(0) < 1e-2
    assert properties.last_update_date.utcoffset() is not None
    assert properties == manila.properties(refresh=True)


def test_properties_of_a_date_are_never_newer(manila):
    newest = manila.properties().last_update_date
    older = manila.properties(datetime=newest + dt.timedelta(seconds=1))
    assert older.last_update_date < newest + dt.timedelta(seconds=1)
    assert manila.properties(datetime=dt.datetime(2010, 1, 1)) is None
    assert manila.properties().last_update_date == newest


def test_pulse_defaults(ibmq_provider, manila, simulator):
    defaults = manila.defaults()
    assert len(defaults.qubit_freq_est) == 5
    assert defaults.instruction_schedule_map.get("cx", (0, 1)).duration > 0
    assert simulator.defaults() is None
    assert simulator.properties() is None
    assert ibmq_provider.get_backend("ibmq_vigo").defaults() is None


def test_status_limit_and_reservations(manila):
    status = manila.status()
    assert (status.backend_name, status.operational, status.status_msg) == ("ibmq_manila", True, "active")
    assert status.pending_jobs >= 0
    limit = manila.job_limit()
    assert isinstance(limit, BackendJobLimit)
    assert limit.active_jobs >= 0
    assert 0 <= manila.remaining_jobs_count() <= limit.maximum_jobs == 1000
    assert manila.reservations() == []
    now = dt.datetime.now()
    assert manila.reservations(now, now + dt.timedelta(hours=1)) == []


def test_jobs_of_one_backend(ibmq_provider, simulator, manila):
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    job = simulator.run(circuit, job_name="only here", job_tags=["backend-test"])
    job.result(timeout=WAIT)
    assert [found.job_id() for found in simulator.jobs(job_tags=["backend-test"])] == [job.job_id()]
    assert manila.jobs(job_tags=["backend-test"]) == []
    assert job.job_id() not in [active.job_id() for active in simulator.active_jobs()]
    assert simulator.retrieve_job(job.job_id()).status() is JobStatus.DONE
    with pytest.warns(UserWarning, match="belongs to"), pytest.raises(IBMQBackendError, match="belongs to"):
        manila.retrieve_job(job.job_id())


# What is sent.


def test_options_header_and_memory_come_back(simulator):
    circuit = QuantumCircuit(1, 1, name="one", metadata={"k": [1, None]}, global_phase=0.25)
    circuit.x(0)
    circuit.measure(0, 0)
    job = simulator.run(circuit, header={"mine": {"a": 1}}, shots=7, memory=True, seed_simulator=3)
    result = job.result(timeout=WAIT)
    assert result.get_memory() == ["1"] * 7
    assert result.header.mine == {"a": 1}
    assert result.results[0].header.metadata == {"k": [1, None]}
    assert result.results[0].header.global_phase == 0.25
    again = simulator.retrieve_job(job.job_id())
    assert again.header() == job.header()
    assert again.backend_options() == job.backend_options()
    assert again.backend_options()["shots"] == 7
    assert again.circuits()[0].name == "one"


def test_the_default_number_of_shots(simulator):
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    assert counts(simulator.run(circuit)) == {"0": 4000}


def test_the_qobj_of_a_job_is_the_one_that_was_sent(simulator):
    circuit = QuantumCircuit(2, 2, name="arrays")
    circuit.unitary(np.array([[0, 1], [1, 0]]), [0])
    circuit.initialize([0, 1], [1])
    circuit.measure([0, 1], [0, 1])
    qobj = assemble(circuit, backend=simulator, shots=10)
    with pytest.warns(DeprecationWarning):
        job = simulator.run(qobj)
    assert counts(job) == {"11": 10}
    with pytest.warns(DeprecationWarning):
        fetched = simulator.retrieve_job(job.job_id()).qobj()
    sent = to_wire(qobj.to_dict())
    sent["config"]["method"] = simulator.configuration().simulation_method
    assert to_wire(fetched.to_dict()) == sent


def test_several_circuits_with_registers_conditions_and_loose_bits(simulator):
    registers = QuantumCircuit(QuantumRegister(2, "a"), ClassicalRegister(1, "c"), ClassicalRegister(2, "d"))
    registers.x(0)
    registers.measure(0, 0)
    registers.measure(1, 2)
    conditional = QuantumCircuit(QuantumRegister(2, "q"), ClassicalRegister(2, "c"), name="conditional")
    conditional.x(0)
    conditional.measure(0, 0)
    conditional.x(1).c_if(conditional.cregs[0], 1)
    conditional.x(0).c_if(conditional.clbits[0], 0)
    conditional.measure(1, 1)
    loose = QuantumCircuit(QuantumRegister(2, "q"), ClassicalRegister(1, "c"), [Clbit()], name="loose")
    loose.x(1)
    loose.measure([0, 1], [0, 1])
    result = simulator.run([registers, conditional, loose], shots=5, memory=True).result(timeout=WAIT)
    assert result.get_counts(0) == {"00 1": 5}
    assert result.get_counts("conditional") == {"11": 5}
    assert result.results[2].data.counts == {"0x2": 5}


def test_parameters_are_bound_in_order(simulator):
    angle = Parameter("angle")
    circuit = QuantumCircuit(1, 1)
    circuit.rx(angle, 0)
    circuit.measure(0, 0)
    job = simulator.run(circuit, parameter_binds=[{angle: 0}, {angle: np.pi}, {angle: 0}], shots=20)
    assert counts(job) == [{"0": 20}, {"1": 20}, {"0": 20}]


def test_a_noise_model_has_its_effect(simulator):
    noise = pytest.importorskip("qiskit_aer.noise")
    model = noise.NoiseModel()
    model.add_all_qubit_readout_error(noise.ReadoutError([[0, 1], [1, 0]]))
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    assert counts(simulator.run(circuit, shots=10, noise_model=model)) == {"1": 10}


def test_idle_gates_run_as_delays_and_stay_in_the_callers_circuit(manila, monkeypatch):
    monkeypatch.setattr(manila, "id_warning_issued", False)  # other tests may have sent some already
    circuit = QuantumCircuit(1, 1)
    circuit.id(0)
    circuit.measure(0, 0)
    placed = transpile(circuit, backend=manila, initial_layout=[2], optimization_level=0)
    with pytest.warns(DeprecationWarning, match="'id' instruction"):
        job = manila.run(placed, shots=50)
    assert sum(counts(job).values()) == 50
    assert placed.count_ops()["id"] == 1
    [sent] = manila.retrieve_job(job.job_id()).circuits()
    assert sent.count_ops() == {"delay": 1, "measure": 1}


def test_many_circuits_travel_in_one_job(manila):
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    circuits = transpile([circuit.copy(name=str(number)) for number in range(75)], backend=manila)
    result = manila.run(circuits, shots=10).result(timeout=WAIT)
    assert [sum(result.get_counts(str(number)).values()) for number in range(75)] == [10] * 75


def test_a_pulse_gate_keeps_its_schedule_on_the_way(manila):
    circuit = QuantumCircuit(1, 1, name="kicked")
    circuit.append(Gate("x", 1, []), [0])
    circuit.measure(0, 0)
    with pulse.build() as schedule:
        pulse.play(pulse.Waveform(np.full(160, 0.1 + 0.05j)), DriveChannel(0))
    circuit.add_calibration("x", [0], schedule)
    job = manila.run(circuit, shots=10)
    job.wait_for_final_state(timeout=WAIT)
    [fetched] = manila.retrieve_job(job.job_id()).circuits()
    [(_, play)] = fetched.calibrations["x"][((0,), ())].instructions
    assert np.allclose(play.pulse.samples, 0.1 + 0.05j)


def test_the_job_limit_is_told_with_its_code(tmp_path):
    slow = QuantumCircuit(21, 21)
    for _ in range(30):
        slow.h(range(21))
        slow.cx(range(0, 20, 2), range(1, 21, 2))
        slow.t(range(21))
    slow.measure_all()
    with ServiceProcess(tmp_path / "data", settings={"max_jobs_per_device": 1}) as service:
        provider = IBMQFactory().enable_account(service.token, service.url)
        backend = provider.get_backend("ibmq_qasm_simulator")
        assert backend.job_limit().maximum_jobs == 1
        assert backend.remaining_jobs_count() == 1
        first = backend.run(slow, method="statevector")
        with pytest.raises(IBMQBackendJobLimitError, match="Error code: 3458") as caught:
            backend.run(slow)
        assert caught.value.code == 3458
        assert backend.remaining_jobs_count() == 0
        assert [job.job_id() for job in backend.active_jobs()] == [first.job_id()]
        assert first.cancel()
        first.wait_for_final_state(timeout=WAIT)
        assert backend.remaining_jobs_count() == 1
