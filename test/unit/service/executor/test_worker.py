# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a worker makes of a task, from payload file to result file."""

from __future__ import annotations

import json
import logging

import pytest
from qiskit.result import Result
from support.circuit_jobs import bell, payload, task

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.executor.worker import Worker
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

WORKER = Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**28))
MEASURE = {"name": "measure", "qubits": [0], "memory": [0]}


def _run(tmp_path, document, device="ibmq_qasm_simulator", worker=WORKER):
    wanted = task(tmp_path, document, device)
    outcome = worker.run(wanted)
    assert wanted.result_path.exists() is outcome.has_result
    return outcome, codec.loads(wanted.result_path.read_bytes()) if outcome.has_result else None


def _refused(outcome, code):
    assert outcome.status is ApiJobStatus.ERROR_VALIDATING_JOB
    assert outcome.error.code == int(code)
    assert outcome.has_result is False
    return outcome.error.message


def test_a_bell_circuit_runs_and_its_result_has_all_that_clients_need(tmp_path):
    outcome, result = _run(tmp_path, bell(shots=1000, seed_simulator=4, memory=True))
    assert (outcome.status, outcome.error) == (ApiJobStatus.COMPLETED, None)
    assert outcome.time_taken > 0
    assert outcome.summary == {
        "num_circuits": 1,
        "gates_executed": 4,
        "max_qubits_used": 2,
        "qobj_config": {"type": "QASM", "shots": 1000, "n_qubits": 2, "memory_slots": 2},
    }
    document = bell()
    assert result["job_id"] == f"{1:024x}"
    assert result["qobj_id"] == document["qobj_id"]
    assert (result["backend_name"], result["backend_version"]) == ("ibmq_qasm_simulator", "0.1.547")
    assert result["header"] == document["header"]
    assert (result["success"], result["status"]) == (True, "COMPLETED")
    assert result["time_taken"] > 0
    parse_utc(result["date"])
    (experiment,) = result["results"]
    assert experiment["header"] == document["experiments"][0]["header"]
    assert (experiment["shots"], experiment["status"], experiment["meas_level"]) == (1000, "DONE", 2)
    assert experiment["data"]["counts"].keys() == {"0x0", "0x3"}
    assert sum(experiment["data"]["counts"].values()) == 1000
    assert len(experiment["data"]["memory"]) == 1000
    assert experiment["metadata"]["method"] == "stabilizer"
    counts = Result.from_dict(result).get_counts("circuit-7")
    assert counts.keys() == {"00", "11"}


def test_the_result_says_how_it_was_computed(tmp_path):
    _, ideal = _run(tmp_path, bell())
    assert ideal["metadata"]["noise"] == "none"
    assert "qiskit-aer 0.14" in ideal["metadata"]["computed_by"]
    _, noisy = _run(tmp_path, payload([MEASURE], qubits=5), "ibmq_vigo")
    assert noisy["metadata"]["simulated"] is True
    assert noisy["metadata"]["noise"] == "calibration"
    assert noisy["metadata"]["calibration"] == {
        "backend_name": "ibmq_vigo",
        "last_update_date": "2021-01-20T08:30:10.000000Z",
    }
    _, own = _run(tmp_path, bell(noise_model={"errors": []}))
    assert own["metadata"]["noise"] == "job"


def test_the_same_seed_gives_the_same_counts(tmp_path):
    _, first = _run(tmp_path, bell(seed_simulator=99))
    _, second = _run(tmp_path, bell(seed_simulator=99))
    assert first["results"][0]["data"] == second["results"][0]["data"]


def test_outcomes_of_single_shots_come_only_for_the_circuits_that_ask(tmp_path):
    document = bell(memory=True, shots=3)
    document["experiments"].append({**document["experiments"][0], "config": {"memory": False, "shots": 5}})
    _, result = _run(tmp_path, document)
    first, second = result["results"]
    assert len(first["data"]["memory"]) == 3
    assert "memory" not in second["data"]
    assert sum(second["data"]["counts"].values()) == 5


def test_a_circuit_without_measurement_completes_without_data(tmp_path):
    outcome, result = _run(tmp_path, payload([{"name": "h", "qubits": [0]}]))
    assert outcome.status is ApiJobStatus.COMPLETED
    assert result["results"][0]["data"] == {}


@pytest.mark.parametrize("device", ["ibmq_qasm_simulator", "ibmq_vigo"])
def test_a_circuit_without_instructions_completes(tmp_path, device):
    outcome, _ = _run(tmp_path, payload([], qubits=0, slots=0), device)
    assert outcome.status is ApiJobStatus.COMPLETED


def test_a_circuit_that_fails_leaves_the_others_their_results(tmp_path):
    # No method simulates a T gate on stabilizers.
    bad = [
        {"name": "x", "qubits": [0]},
        {"name": "save_stabilizer", "qubits": [0, 1], "label": "s", "snapshot_type": "single"},
    ]
    document = bell(method="statevector")
    document["experiments"] += payload([*bad, MEASURE])["experiments"]
    outcome, result = _run(tmp_path, document)
    assert outcome.status is ApiJobStatus.ERROR_RUNNING_JOB
    assert outcome.error.code == int(ErrorCode.EXECUTION_FAILED)
    assert outcome.error.message.startswith("Experiment 1: ERROR")
    assert (result["success"], result["status"]) == (False, "ERROR")
    good, failed = result["results"]
    assert good["success"] is True and sum(good["data"]["counts"].values()) == 100
    assert failed["success"] is False and failed["status"].startswith("ERROR")
    assert failed["header"]["name"] == "circuit-7"
    assert Result.from_dict(result).get_counts(0)


def test_a_circuit_that_the_simulator_does_not_load_leaves_the_others_their_results(tmp_path):
    # Two saves under one key make Aer refuse the whole job.
    save = {"name": "save_statevector", "qubits": [0, 1], "label": "s", "snapshot_type": "single"}
    document = bell(shots=10)
    document["experiments"] += payload([save, save, MEASURE])["experiments"] + bell()["experiments"]
    outcome, result = _run(tmp_path, document)
    assert outcome.status is ApiJobStatus.ERROR_RUNNING_JOB
    assert [entry["success"] for entry in result["results"]] == [True, False, True]
    assert "Duplicate key" in result["results"][1]["status"]


def test_a_payload_that_is_no_json_is_refused(tmp_path):
    outcome, _ = _run(tmp_path, b"\x00 no json")
    assert "not a Qobj" in _refused(outcome, ErrorCode.INVALID_PAYLOAD)
    outcome, _ = _run(tmp_path, b"[" * 100_000)
    _refused(outcome, ErrorCode.INVALID_PAYLOAD)


def test_a_gate_outside_the_basis_is_refused(tmp_path):
    outcome, _ = _run(tmp_path, bell(), "ibmq_vigo")
    assert "'h'" in _refused(outcome, ErrorCode.INVALID_INSTRUCTION)


@pytest.mark.parametrize("device", ["ibmq_qasm_simulator", "ibmq_vigo"])
def test_schedules_and_pulse_gates_are_refused_where_there_are_no_pulses(tmp_path, device):
    gate = {"name": "x", "qubits": [0], "params": [], "instructions": []}
    for document in ({**bell(), "type": "PULSE"}, bell(calibrations={"gates": [gate]})):
        outcome, _ = _run(tmp_path, document, device)
        assert device in _refused(outcome, ErrorCode.SCHEDULES_UNSUPPORTED)


def test_a_device_that_is_gone_is_named(tmp_path):
    outcome, _ = _run(tmp_path, bell(), "ibmq_atlantis")
    assert "ibmq_atlantis" in _refused(outcome, ErrorCode.DEVICE_NOT_FOUND)


def test_a_circuit_too_wide_for_the_memory_is_refused(tmp_path):
    outcome, _ = _run(tmp_path, payload([{"name": "t", "qubits": [q]} for q in range(32)], qubits=32))
    assert "GiB of memory" in _refused(outcome, ErrorCode.TOO_MANY_QUBITS)


def test_the_service_s_own_limit_of_circuits_holds(tmp_path):
    worker = Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**28, max_experiments=1))
    document = bell()
    document["experiments"] *= 2
    outcome, _ = _run(tmp_path, document, worker=worker)
    _refused(outcome, ErrorCode.TOO_MANY_EXPERIMENTS)


def test_a_result_that_cannot_be_written_is_the_service_s_failure(tmp_path):
    wanted = task(tmp_path, bell())
    tmp_path.joinpath("gone").mkdir()
    outcome = WORKER.run(type(wanted)(**{**vars(wanted), "result_path": tmp_path / "no" / "where.json"}))
    assert outcome.status is ApiJobStatus.ERROR_RUNNING_JOB
    assert outcome.error.code == int(ErrorCode.UNAVAILABLE)


def test_a_payload_that_is_gone_ends_the_job_and_not_the_worker(tmp_path, caplog):
    wanted = task(tmp_path, bell())
    wanted.payload_path.unlink()
    with caplog.at_level(logging.ERROR):
        outcome = WORKER.run(wanted)
    assert outcome.status is ApiJobStatus.ERROR_RUNNING_JOB
    assert outcome.error.code == int(ErrorCode.EXECUTION_FAILED)
    assert wanted.job_id in caplog.text


def test_texts_that_are_no_unicode_come_back(tmp_path):
    document = json.loads(json.dumps(bell()))
    document["experiments"][0]["header"]["name"] = "half \ud800"
    outcome, result = _run(tmp_path, document)
    assert outcome.status is ApiJobStatus.COMPLETED
    assert result["results"][0]["header"]["name"] == "half \ud800"


def test_saved_states_and_snapshots_come_back_in_json(tmp_path):
    instructions = [
        {"name": "h", "qubits": [0]},
        {"name": "save_statevector", "qubits": [0, 1], "label": "state", "snapshot_type": "single"},
        {"name": "snapshot", "qubits": [0, 1], "label": "here", "snapshot_type": "statevector"},
        {
            "name": "save_expval",
            "qubits": [0],
            "params": [["X", [1.0, 0.0]]],
            "label": "x",
            "snapshot_type": "average",
        },
    ]
    _, result = _run(tmp_path, payload(instructions))
    data = result["results"][0]["data"]
    half = pytest.approx(0.5**0.5)
    assert data["state"] == [[half, 0.0], [half, 0.0], [0.0, 0.0], [0.0, 0.0]]
    assert data["snapshots"] == {"statevector": {"here": [data["state"]]}}
    assert data["x"] == pytest.approx(1.0)
    _, result = _run(
        tmp_path,
        payload([{"name": "save_stabilizer", "qubits": [0, 1], "label": "s", "snapshot_type": "single"}]),
    )
    assert result["results"][0]["data"]["s"]["stabilizer"] == ["+IZ", "+ZI"]
