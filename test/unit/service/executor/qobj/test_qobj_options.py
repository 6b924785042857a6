# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Options of a job: those that a simulation reads, those that it may hold without effect, and all others."""

from __future__ import annotations

import pytest
from qiskit_aer import AerSimulator
from support.circuit_jobs import bell, payload, rules

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import read_circuit_job

SIMULATOR = rules()
VIGO = rules("ibmq_vigo")


def _refusal(target=SIMULATOR, **config):
    with pytest.raises(JobRejected) as caught:
        read_circuit_job(bell(**config), target)
    return caught.value


@pytest.mark.parametrize("device", [SIMULATOR, rules("ibmq_manila")], ids=["simulator", "device"])
def test_an_unknown_option_is_refused_with_those_that_it_resembles(device):
    refusal = _refusal(device, seed_simulater=5)
    assert refusal.code is ErrorCode.INVALID_PAYLOAD
    assert "'seed_simulater'" in refusal.message and "Did you mean 'seed_simulator'" in refusal.message
    assert device.name in refusal.message
    assert "matrix_product_state_max_bond_dimension" in _refusal(device, mps_max_bond_dimension=5).message
    assert "Leave it out" in _refusal(device, q=1).message


def test_an_option_without_a_value_is_none():
    assert read_circuit_job(bell(anything=None), SIMULATOR).settings == {}


def test_every_option_of_aer_is_known():
    names = sorted(AerSimulator()._default_options().__dict__)  # Aer has no public way to list them
    assert len(names) > 40
    for name in names:
        try:
            read_circuit_job(bell(**{name: "no value that any of them has"}), SIMULATOR)
        except JobRejected as refusal:
            assert "does not know" not in refusal.message


def test_settings_of_the_simulator_reach_it_and_those_of_its_machine_do_not():
    given = {"fusion_enable": False, "precision": "single", "mps_swap_direction": "mps_swap_left"}
    job = read_circuit_job(bell(**given, max_parallel_threads=64, max_memory_mb=10, device="CPU"), SIMULATOR)
    assert job.settings == given
    assert "'GPU'" in _refusal(device="GPU").message


def test_a_target_is_checked_for_its_form_and_changes_nothing():
    plain = read_circuit_job(bell(), SIMULATOR)
    for basis in (["u1", "cx"], "u1,u2,u3,cx,id"):
        assert read_circuit_job(bell(basis_gates=basis, coupling_map=[[0, 1], [1, 0]]), SIMULATOR) == plain
    for wrong in ({"basis_gates": 5}, {"basis_gates": [5]}, {"coupling_map": [[0, 0]]}, {"coupling_map": 3}):
        assert next(iter(wrong)) in _refusal(**wrong).message


def test_a_simulator_of_one_method_has_no_other():
    stabilizer = rules("simulator_stabilizer")
    assert read_circuit_job(bell(), stabilizer).method == "stabilizer"
    assert read_circuit_job(bell(method="automatic"), stabilizer).method == "stabilizer"
    message = _refusal(stabilizer, method="statevector").message
    assert "simulator_stabilizer" in message and "ibmq_qasm_simulator" in message
    assert read_circuit_job(bell(method="matrix_product_state"), SIMULATOR).method == "matrix_product_state"


@pytest.mark.parametrize("date", ["soon", 5, "", [2021]])
def test_a_calibration_of_no_date_is_refused(date):
    with pytest.raises(JobRejected, match="calibration_date"):
        read_circuit_job(payload([], qubits=1, calibration_date=date), VIGO)


def test_a_simulator_has_no_calibrations():
    assert "ibmq_qasm_simulator is a simulator" in _refusal(calibration_date="2021-03-03").message
