# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What was submitted, fetched again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from qiskit import QuantumCircuit, assemble
from support.job_server import JOB, refusal
from support.scripted_server import answer
from support.small_backends import SmallBackend

from qiskit_ibmq_provider.job import (
    IBMQJob,
    IBMQJobApiError,
)
from qiskit_ibmq_provider.protocol.jobs import JobRecord
from qiskit_ibmq_provider.utils.json_encoder import IQXJsonEncoder


def payload() -> dict[str, Any]:
    circuit = QuantumCircuit(2, 2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    qobj = assemble([circuit, circuit], shots=33, qobj_header={"mine": 1}, qubit_lo_freq=[5e9, 5.1e9])
    return json.loads(json.dumps(qobj.to_dict(), cls=IQXJsonEncoder))


def test_what_was_submitted_is_downloaded_once(server, job):
    server.set(payload=answer(payload()))
    assert job.header()["mine"] == 1
    assert job.backend_options()["shots"] == 33
    assert job.backend_options()["qubit_lo_freq"] == [5e9, 5.1e9]
    circuits = job.circuits()
    assert [circuit.name for circuit in circuits] == ["bell", "bell"]
    assert circuits[0].count_ops() == {"h": 1, "cx": 1, "measure": 2}
    assert job.circuits()[0] is circuits[0]
    assert server.count("payload") == 1
    job.header()["mine"] = 2
    assert job.header()["mine"] == 1


def test_header_and_options_of_a_submission_need_no_download(server, client):
    job = IBMQJob.from_record(
        SmallBackend("small"), client, JobRecord.from_json(JOB), header={"mine": 1}, options={"shots": 33}
    )
    assert (job.header(), job.backend_options()) == ({"mine": 1}, {"shots": 33})
    assert server.requests == []


def test_the_qobj_equals_the_submitted_document(server, job):
    server.set(payload=answer(payload()))
    with pytest.warns(DeprecationWarning):
        got = job.qobj().to_dict()
    assert got["experiments"] == payload()["experiments"]
    assert got["config"] == payload()["config"]


@pytest.mark.parametrize(
    "document", [{}, {"type": "QASM"}, {**payload(), "experiments": [{"instructions": 3}]}]
)
def test_a_payload_that_cannot_be_read_is_an_error_of_the_job(server, job, document):
    server.set(payload=answer(document))
    for _ in range(2):
        with pytest.raises(IBMQJobApiError, match="payload of job 17"):
            job.circuits()


def test_a_payload_that_is_gone_gives_the_code_of_the_server(server, job):
    server.set(download_url=refusal(403, 2801, "gone"))
    with pytest.raises(IBMQJobApiError, match="2801") as caught:
        job.circuits()
    assert caught.value.code == 2801
