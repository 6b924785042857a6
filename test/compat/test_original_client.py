# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The original client, qiskit-ibmq-provider 0.20.2, against our service: the judge of our protocol that nobody here wrote.

It needs an interpreter of its own, named by ``IBMQ_PEER_PYTHON``; the tox environment ``peer`` builds one.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from qiskit import QuantumCircuit
from support.circuit_jobs import FLEET

from qiskit_ibmq_provider.managed import IBMQJobManager
from qiskit_ibmq_provider.protocol.timestamps import parse_utc

PEER = os.environ.get("IBMQ_PEER_PYTHON")
SCRIPT = Path(__file__).with_name("original_client.py")

pytestmark = pytest.mark.skipif(
    not PEER, reason="IBMQ_PEER_PYTHON names no interpreter with the original client"
)


@pytest.fixture
def peer(ibmq_service, tmp_path):
    """Runs one flow of the original client and gives what it printed."""

    def run(flow: str, *arguments: str) -> dict:
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "QE_TOKEN": ibmq_service.token,
            "QE_URL": ibmq_service.url,
            "QISKIT_PARALLEL": "FALSE",
        }
        done = subprocess.run(
            [PEER, str(SCRIPT), flow, *arguments],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_it_logs_in_and_lists_every_device(peer):
    seen = peer("account")
    assert seen["version"].startswith("0.20.2")
    assert seen["same"] and seen["active"]
    assert "hub='ibm-q', group='open', project='main'" in seen["projects"][0]
    assert {"ibmq_vigo", "ibmq_armonk", "ibmq_manila", "ibmq_santiago", "ibm_washington"} <= set(
        seen["names"]
    )
    assert "ibmq_qasm_simulator" in seen["simulators"]
    assert seen["operational"] == len(seen["names"]) - len(seen["simulators"])
    assert seen["large"] >= 1


def test_it_reads_every_document_of_every_device(peer):
    seen = peer("fleet")
    devices = seen["devices"]
    assert set(devices) == set(FLEET.names())
    for name, told in devices.items():
        configuration = FLEET.configuration(name)
        assert told["qubits"] == configuration["n_qubits"]
        assert told["calibrated"] is not configuration["simulator"], name
        assert told["defaults"] is (FLEET.defaults(name) is not None), name
        assert told["pulse"] or not told["defaults"], name
    assert parse_utc(seen["asked"]) == parse_utc(seen["ran"]) == parse_utc(seen["kept"])


def test_it_reads_all_that_a_device_says(peer):
    seen = peer("device")
    assert seen["qubits"] == 5 and 0 < seen["dt"] < 1e-9
    assert 1e-6 < seen["t1"] < 1e-3
    assert seen["x"] > 0
    assert seen["status"]["operational"] and seen["status"]["status_msg"] == "active"
    assert seen["limit"] == 0 and (seen["remaining"] is None or seen["remaining"] > 0)
    assert seen["reservations"] == 0 and seen["least_busy"] is True
    assert seen["unknown_defaults"] is None


def test_it_runs_on_the_simulator_and_finds_the_job_again(peer):
    seen = peer("simulator")
    assert seen["status"] == "DONE"
    assert all(sum(counts.values()) == 100 and set(counts) <= {"00", "11"} for counts in seen["counts"])
    assert seen["memory"] == 100 and seen["metadata"] == {"lesson": 3}
    assert seen["header"]["course"] == "qc101" and seen["header"]["backend_name"] == "ibmq_qasm_simulator"
    assert seen["name"] == "lesson" and seen["tags"] == ["lab1", "lab2"]
    assert {"CREATING", "QUEUED", "RUNNING", "COMPLETED"} <= set(seen["steps"])
    assert seen["circuits"] == [{"h": 1, "cx": 1, "measure": 2}] * 2
    assert seen["options"] == 100 and seen["again"] and seen["mode"] == "fairshare"
    assert not {"DONE", "ERROR", "CANCELLED"} & set(seen["seen"])
    assert any(name.startswith("qiskit") for name in seen["client"])


def test_it_runs_on_a_device_with_noise(peer):
    seen = peer("noisy")
    counts = seen["counts"]
    assert sum(counts.values()) == 2000
    assert 0 < counts.get("01", 0) + counts.get("10", 0) < 400
    assert seen["success"] and seen["properties"] == "ibmq_vigo"


def test_it_lists_jobs_by_page_and_filter(peer):
    seen = peer("listing")
    assert seen == {
        "all": True,
        "limit": True,
        "skip": True,
        "ascending": True,
        "name": 3,
        "done": 2,
        "and": 1,
        "error": 0,
        "since": 4,
        "between": 3,
        "ids": True,
        "active": 0,
    }


def test_it_is_told_why_a_job_or_a_request_failed(peer):
    seen = peer("refused")
    assert seen["status"] == "ERROR" and seen["result"] == "IBMQJobFailureError"
    assert "'h'" in seen["message"] and "Error code: 7006." in seen["message"]
    kind, text = seen["unknown"]
    assert kind in ("IBMQBackendApiError", "IBMQBackendError") and "Error code: 3250." in text
    assert seen["nowhere"] == "QiskitBackendNotFoundError"
    assert seen["cancel"] is False


def test_it_runs_a_job_set_which_both_clients_find_again(peer, ibmq_provider):
    seen = peer("managed")
    job_set_id = seen.pop("id")
    assert seen == {"totals": [10, 10, 10, 10], "jobs": 2, "found": True}
    job_set = IBMQJobManager().retrieve_job_set(job_set_id, ibmq_provider)
    assert job_set.name() == "set" and job_set.tags() == []
    assert [(job.start_index, job.end_index) for job in job_set.managed_jobs()] == [(0, 1), (2, 3)]
    results = job_set.results(timeout=60)
    assert [sum(results.get_counts(i).values()) for i in range(4)] == [10, 10, 10, 10]
    assert sum(results.get_counts("bell").values()) == 10


def test_it_finds_a_job_set_of_ours(peer, ibmq_backend):
    circuits = []
    for value in range(5):
        circuit = QuantumCircuit(3, 3)
        for bit in range(3):
            if value >> bit & 1:
                circuit.x(bit)
        circuit.measure([0, 1, 2], [0, 1, 2])
        circuits.append(circuit)
    job_set = IBMQJobManager().run(
        circuits, ibmq_backend, name="ours", max_experiments_per_job=2, job_tags=["lab1"], shots=10
    )
    assert job_set.results(timeout=60).success
    seen = peer("managed_found", job_set.job_set_id())
    assert seen == {
        "name": "ours",
        "tags": ["lab1"],
        "spans": [[0, 1], [2, 3], [4, 4]],
        "counts": [{f"{value:03b}": 10} for value in range(5)],
        "statuses": ["DONE"] * 3,
    }


def test_it_runs_schedules_and_pulse_gates(peer):
    seen = peer("pulses")
    assert seen["open"] > 30
    assert seen["shape"] == [200, 1] and seen["apart"] > 4e14
    assert seen["swept"][0] > 150 and seen["swept"][1] < 40
    assert seen["gate"] > 150
