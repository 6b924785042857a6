# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What is refused because it would take too long, and what is let through."""

from __future__ import annotations

import math

import pytest
from support.circuit_jobs import payload, rules

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.circuits.resources import NoiseTraits, check_time, least_seconds
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import read_circuit_job

HOUR = 3600.0
DAMPING = {
    "errors": [
        {
            "type": "qerror",
            "operations": ["cx"],
            "probabilities": [0.9, 0.1],
            "instructions": [[{"name": "id", "qubits": [0]}], [{"name": "kraus", "qubits": [0]}]],
        }
    ]
}
NOISY = NoiseTraits.from_model(DAMPING)
READOUT = {"errors": [{"type": "roerror", "operations": ["measure"], "probabilities": [[1, 0], [0, 1]]}]}


def _job(qubits, *, gates=100, device="ibmq_qasm_simulator", copies=1, **config):
    instructions = [{"name": "t", "qubits": [index % qubits]} for index in range(max(gates, qubits))]
    instructions += [{"name": "measure", "qubits": [qubit], "memory": [qubit]} for qubit in range(qubits)]
    document = payload(instructions, qubits=qubits, slots=qubits, **config)
    document["experiments"] *= copies
    return read_circuit_job(document, rules(device))


def _check(job, model=None, *, threads=1, limit=HOUR):
    check_time(job, "it", noise=NoiseTraits.from_model(model), threads=threads, limit=limit)


def test_one_pass_over_a_wide_state_is_let_through_and_as_many_as_shots_are_not():
    job = _job(28, shots=8192)
    _check(job)
    _check(job, READOUT)
    with pytest.raises(JobRejected) as refused:
        _check(job, DAMPING)
    assert refused.value.code is ErrorCode.TIME_LIMIT
    for text in ("hours or more on it", "60 minutes there", "matrix_product_state"):
        assert text in refused.value.message


def test_what_is_asked_for_as_a_product_state_is_let_through():
    _check(_job(32, shots=100_000, method="matrix_product_state"), DAMPING)


def test_all_circuits_of_a_job_count_together_and_threads_help():
    _check(_job(22, shots=8192), DAMPING)
    with pytest.raises(JobRejected):
        _check(_job(22, shots=8192, copies=300), DAMPING)
    slow = _job(22, shots=8192)
    seconds = least_seconds(slow, slow.experiments[0], NOISY)
    with pytest.raises(JobRejected):
        _check(slow, DAMPING, limit=seconds / 1.5)
    _check(slow, DAMPING, limit=seconds / 1.5, threads=2)


def test_a_narrow_circuit_with_many_shots_takes_one_pass_over_a_density_matrix():
    job = _job(6, shots=100_000)
    assert least_seconds(job, job.experiments[0], NOISY) < 1e-3
    same = _job(6, shots=100_000, method="statevector")
    assert least_seconds(same, same.experiments[0], NOISY) > 1e-2


def test_measuring_thousands_of_stabilizer_qubits_takes_its_time():
    # 5000 qubits, 100 shots were measured to take more than 300 s on one thread.
    chain = [{"name": "cx", "qubits": [qubit, qubit + 1]} for qubit in range(4999)]
    chain += [{"name": "measure", "qubits": [qubit], "memory": [qubit]} for qubit in range(5000)]
    job = read_circuit_job(payload(chain, qubits=5000, slots=5000, shots=100), rules("simulator_stabilizer"))
    assert 60 < least_seconds(job, job.experiments[0], NoiseTraits()) < 300
    _check(job)
    with pytest.raises(JobRejected, match="or more on it"):
        _check(job, limit=30)


def test_the_bound_of_the_widest_device_is_a_number():
    gates = [{"name": "sx", "qubits": [qubit]} for qubit in range(127)]
    wide = read_circuit_job(payload(gates, qubits=127), rules("ibm_washington"))
    assert math.isfinite(least_seconds(wide, wide.experiments[0], NOISY))
