# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From which calibration, by which method and within which limits a worker computes, and what the result says of it."""

from __future__ import annotations

import json

import numpy as np
from qiskit.result import Result
from support.circuit_jobs import bell, payload, task
from support.snapshots import snapshot

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.executor.worker import Worker
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

WORKER = Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**28))
MEASURE = {"name": "measure", "qubits": [0], "memory": [0]}


def _run(tmp_path, document, device="ibmq_qasm_simulator", worker=WORKER):
    wanted = task(tmp_path, document, device)
    outcome = worker.run(wanted)
    if not outcome.has_result:
        return outcome, None
    result = codec.loads(wanted.result_path.read_bytes())
    wanted.result_path.unlink()
    return outcome, result


def _refused(outcome, code):
    assert outcome.status is ApiJobStatus.ERROR_VALIDATING_JOB
    assert outcome.error.code == int(code)
    return outcome.error.message


def test_the_state_of_a_circuit_without_measurement_comes_from_the_simulator_of_states(tmp_path):
    bare = payload([{"name": "h", "qubits": [1]}])
    outcome, result = _run(tmp_path, bare, "simulator_statevector")
    assert outcome.status is ApiJobStatus.COMPLETED
    half = 0.5**0.5
    assert np.allclose(Result.from_dict(result).get_statevector().data, [half, 0, half, 0])
    # One that measures, or asks for something, returns just that.
    _, measured = _run(tmp_path, bell(), "simulator_statevector")
    assert measured["results"][0]["data"].keys() == {"counts"}
    _, elsewhere = _run(tmp_path, bare, "ibmq_qasm_simulator")
    assert elsewhere["results"][0]["data"] == {}


def test_a_job_runs_with_the_calibration_of_a_date(tmp_path):
    old = snapshot("vigo", "props")
    old["last_update_date"] = "2019-05-05T06:00:00Z"
    for values in old["qubits"]:
        for value in values:
            if value["name"] in ("readout_error", "prob_meas1_prep0", "prob_meas0_prep1"):
                value["value"] = 0.5
    (tmp_path / "props_old.json").write_text(json.dumps(old))
    worker = Worker(WorkerSettings(device_dirs=(tmp_path,), threads=1, memory=2**28))

    def ones(**config):
        outcome, result = _run(
            tmp_path, payload([MEASURE], qubits=5, slots=1, shots=1000, **config), "ibmq_vigo", worker
        )
        dated = result["results"][0]["metadata"]["calibration_date"]
        assert outcome.summary["calibration_date"] == dated
        assert result["metadata"]["calibration"]["last_update_date"] == dated
        return result["results"][0]["data"]["counts"].get("0x1", 0), dated[:10]

    assert ones()[1] == "2021-01-20" and ones()[0] < 100
    for date in ("2019-05-05T06:00:00Z", "2020-01-01", "2021-01-20T08:30:09Z"):
        found, dated = ones(calibration_date=date)
        assert dated == "2019-05-05" and 400 < found < 600
    outcome, _ = _run(
        tmp_path, payload([MEASURE], qubits=5, calibration_date="2019-05-05"), "ibmq_vigo", worker
    )
    message = _refused(outcome, ErrorCode.INVALID_PAYLOAD)
    assert "ibmq_vigo has no calibration of 2019-05-05" in message and "2019-05-05T06:00" in message


def test_each_experiment_says_how_it_was_computed(tmp_path):
    _, result = _run(tmp_path, payload([MEASURE], qubits=5, method="statevector"), "ibmq_vigo")
    told = result["results"][0]["metadata"]
    assert told["method"] == "statevector" and told["noise_source"] == "calibration"
    assert told["computed_by"].startswith("qiskit-aer 0.14")
    assert told["calibration_date"] == "2021-01-20T08:30:10.000000Z"
    _, ideal = _run(tmp_path, bell())
    assert ideal["results"][0]["metadata"]["noise_source"] == "none"


def test_a_noisy_circuit_too_wide_for_a_state_is_refused_or_runs_as_a_product_state(tmp_path):
    wide = [
        {"name": "sx", "qubits": [0]},
        *({"name": "cx", "qubits": [qubit, qubit + 1]} for qubit in range(9)),
        *({"name": "x", "qubits": [qubit]} for qubit in range(10, 40)),
        *({"name": "measure", "qubits": [qubit], "memory": [qubit]} for qubit in range(40)),
    ]
    document = payload(wide, qubits=65, slots=40, shots=5)
    outcome, _ = _run(tmp_path, document, "ibmq_brooklyn")
    message = _refused(outcome, ErrorCode.TOO_MANY_QUBITS)
    assert "40 qubits of ibmq_brooklyn" in message and "matrix_product_state" in message
    assert "24 qubits" in message
    document["config"]["method"] = "matrix_product_state"
    outcome, result = _run(tmp_path, document, "ibmq_brooklyn")
    assert outcome.status is ApiJobStatus.COMPLETED, outcome.error
    assert result["results"][0]["metadata"]["method"] == "matrix_product_state"
    assert sum(result["results"][0]["data"]["counts"].values()) == 5


def test_what_a_method_cannot_run_is_named(tmp_path):
    turn = {"name": "rz", "qubits": [0], "params": [0.3]}
    outcome, _ = _run(tmp_path, payload([turn, MEASURE]), "simulator_stabilizer")
    message = _refused(outcome, ErrorCode.INVALID_INSTRUCTION)
    assert "'rz' with the angle 0.3" in message and "multiples of pi/2" in message
    quarter = {**turn, "params": [np.pi / 2]}
    outcome, _ = _run(tmp_path, payload([quarter, MEASURE]), "simulator_stabilizer")
    assert outcome.status is ApiJobStatus.COMPLETED
    # Where T2 is longer than T1, as on qubit 1 of this device, relaxation is no mixture of Clifford operations.
    document = payload([{"name": "x", "qubits": [1]}, MEASURE], qubits=5, method="extended_stabilizer")
    outcome, _ = _run(tmp_path, document, "ibmq_manila")
    message = _refused(outcome, ErrorCode.INVALID_PAYLOAD)
    assert "'extended_stabilizer'" in message and "ibmq_manila" in message


def test_a_snapshot_that_fails_is_named_as_the_circuit_names_it(tmp_path):
    entangled = [
        {"name": "h", "qubits": [0]},
        {"name": "cx", "qubits": [0, 1]},
        {"name": "snapshot", "qubits": [0], "label": "half", "snapshot_type": "statevector"},
        {**MEASURE, "qubits": [1]},
    ]
    outcome, result = _run(tmp_path, payload(entangled))
    assert outcome.status is ApiJobStatus.ERROR_RUNNING_JOB
    assert "'snapshot'" in outcome.error.message and "'snapshot'" in result["results"][0]["status"]
