# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A circuit that cannot fit into the memory is refused before it runs."""

from __future__ import annotations

import pytest
from support.circuit_jobs import payload, rules

from qiskit_ibmq_provider._checks import processors
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.circuits.resources import NoiseTraits, check_memory
from qiskit_ibmq_provider.service.executor.local_engine import machine_memory
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import read_circuit_job

GIB = 2**30
MEASURE = {"name": "measure", "qubits": [0], "memory": [0]}


def _general(qubits):
    return [{"name": "t", "qubits": [qubit]} for qubit in range(qubits)]


FLIP = {
    "type": "qerror",
    "operations": ["cx"],
    "probabilities": [0.9, 0.1],
    "instructions": [[{"name": "id", "qubits": [0]}], [{"name": "x", "qubits": [0]}]],
}
DAMPING = {**FLIP, "instructions": [[{"name": "id", "qubits": [0]}], [{"name": "kraus", "qubits": [0]}]]}


def _check(instructions, limit, qubits=32, *, errors=(), **config):
    job = read_circuit_job(payload(instructions, qubits=qubits, **config), rules())
    check_memory(job, limit, "it", noise=NoiseTraits.from_model({"errors": list(errors)}))


def test_a_state_vector_that_does_not_fit_is_refused_with_the_limit():
    _check(_general(26), GIB)
    with pytest.raises(JobRejected) as caught:
        _check(_general(32), GIB)
    assert caught.value.code is ErrorCode.TOO_MANY_QUBITS
    assert "'circuit-7'" in caught.value.message and "32 qubits" in caught.value.message
    assert "64.0 GiB" in caught.value.message and "1.0 GiB" in caught.value.message
    assert "26 qubits" in caught.value.message


def test_only_the_qubits_that_are_used_count():
    _check([{"name": "t", "qubits": [31]}, {"name": "barrier", "qubits": list(range(32))}], 2**20)


def test_a_multiplexer_makes_all_qubits_count():
    multiplexer = {"name": "multiplexer", "qubits": [0, 1], "params": [[[1, 0], [0, 1]], [[0, 1], [1, 0]]]}
    _check([multiplexer, *_general(2)], 2**20, qubits=10)
    with pytest.raises(JobRejected, match="32 qubits"):
        _check([multiplexer, *_general(2)], GIB)


def test_methods_without_a_dense_state_have_no_such_limit():
    _check(_general(32), 2**20, method="matrix_product_state")
    clifford = [{"name": "h", "qubits": [qubit]} for qubit in range(32)]
    _check([*clifford, {"name": "rz", "qubits": [0], "params": [3.141592653589793]}, MEASURE], 2**20)
    with pytest.raises(JobRejected):
        _check([*clifford, {"name": "rz", "qubits": [0], "params": [0.3]}], 2**20)
    with pytest.raises(JobRejected):
        _check(clifford, 2**20, method="statevector")


def test_a_density_matrix_needs_the_square():
    _check(_general(13), GIB, method="density_matrix")
    with pytest.raises(JobRejected):
        _check(_general(14), GIB, method="density_matrix")


def test_single_precision_needs_half():
    with pytest.raises(JobRejected):
        _check(_general(27), GIB)
    _check(_general(27), GIB, precision="single")


def test_states_that_are_kept_for_each_shot_count():
    save = {"name": "save_statevector", "qubits": list(range(16)), "label": "a", "snapshot_type": "list"}
    # Without noise all shots are in one state before they are measured.
    _check([*_general(16), save], 2**26, shots=1000)
    with pytest.raises(JobRejected):
        _check([*_general(16), save], 2**26, shots=1000, errors=[FLIP])
    with pytest.raises(JobRejected):
        _check([*_general(16), MEASURE, save], 2**26, shots=1000)


def test_the_machine_has_memory_and_processors():
    assert machine_memory() > 2**28
    assert processors() >= 1


def test_noise_that_is_no_clifford_makes_a_clifford_circuit_need_a_state():
    chain = [{"name": "cx", "qubits": [qubit, qubit + 1]} for qubit in range(31)]
    _check(chain, 2**26)
    _check(chain, 2**26, errors=[FLIP])
    with pytest.raises(JobRejected, match="32 qubits of it and would take 64.0 GiB"):
        _check(chain, 2**26, errors=[FLIP, DAMPING])
    _check(chain, 2**26, errors=[FLIP, DAMPING], method="matrix_product_state")
