# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Measurement level 1 of circuits: points in the IQ plane in the form that Qiskit reads."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.result import Result
from support.circuit_jobs import bell, payload, task

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.executor.worker import Worker
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

WORKER = Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**28))
X = {"name": "x", "qubits": [0]}
MEASURE = {"name": "measure", "qubits": [0, 1], "memory": [0, 2]}
SHOTS = 2000


def _run(tmp_path, document, device="ibmq_manila"):
    wanted = task(tmp_path, document, device)
    outcome = WORKER.run(wanted)
    return outcome, codec.loads(wanted.result_path.read_bytes()) if outcome.has_result else None


def _points(tmp_path, instructions, **config):
    document = payload([*instructions, MEASURE], qubits=5, slots=3, shots=SHOTS, meas_level=1, **config)
    outcome, result = _run(tmp_path, document)
    assert outcome.status is ApiJobStatus.COMPLETED, outcome.error
    (experiment,) = result["results"]
    assert "counts" not in experiment["data"] and experiment["meas_level"] == 1
    return Result.from_dict(result).get_memory(0)


def test_single_points_tell_the_states_apart_as_the_readout_does(tmp_path):
    ground = _points(tmp_path, [], meas_return="single", seed_simulator=5)
    excited = _points(tmp_path, [X], meas_return="single", seed_simulator=6)
    assert ground.shape == excited.shape == (SHOTS, 3)
    assert not ground[:, 1].any()
    first, second = ground[:, 0].mean(), excited[:, 0].mean()
    axis = (second - first) / abs(second - first)
    side = (((ground[:, 0] - (first + second) / 2) * axis.conjugate()).real > 0).mean()
    other = (((excited[:, 0] - (first + second) / 2) * axis.conjugate()).real > 0).mean()
    # Readout of qubit 0 of Manila errs in a few of a hundred.
    assert side < 0.1 and other > 0.85
    # The second measured qubit was not touched.
    assert abs(ground[:, 2].mean() - excited[:, 2].mean()) < 0.2 * abs(second - first)


def test_average_points_are_the_means_of_the_single_ones(tmp_path):
    single = _points(tmp_path, [X], meas_return="single", seed_simulator=7)
    average = _points(tmp_path, [X], seed_simulator=7)
    assert average.shape == (3,)
    assert np.allclose(average, single.mean(axis=0))


def test_a_seed_gives_the_same_points_again(tmp_path):
    first, second = (_points(tmp_path, [X], meas_return="single", seed_simulator=8) for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize(
    "device, config, said",
    [
        ("ibmq_qasm_simulator", {"meas_level": 1}, "returns data of level 2"),
        ("ibmq_vigo", {"meas_level": 1}, "ibmq_vigo returns data of level 2"),
        ("ibmq_manila", {"meas_level": 0}, "level 1 and 2"),
        ("ibmq_manila", {"meas_level": True}, "True"),
        ("ibmq_manila", {"meas_level": 1, "meas_return": "all"}, "'avg' or 'single'"),
    ],
)
def test_what_is_not_returned_is_refused(tmp_path, device, config, said):
    outcome, _ = _run(tmp_path, bell(**config), device)
    assert outcome.status is ApiJobStatus.ERROR_VALIDATING_JOB
    assert said in outcome.error.message
