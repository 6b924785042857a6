# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Showing a job while it runs."""

from __future__ import annotations

import io

from qiskit import BasicAer, QuantumCircuit
from qiskit.tools.monitor import job_monitor as terra_job_monitor
from support.job_server import JOB
from support.scripted_server import Peer, answer, talk

from qiskit_ibmq_provider.job import (
    job_monitor,
)


def test_the_monitor_shows_the_way_of_a_job(server, job):
    def go_on(peer: Peer) -> None:
        peer.authenticate()
        peer.status("QUEUED", infoQueue={"position": 2})
        peer.status("RUNNING")
        peer.status("COMPLETED")
        peer.until_closed()

    server.set(status=answer({**JOB, "status": "CREATING"}), websocket=talk(go_on))
    output = io.StringIO()
    job_monitor(job, output=output)
    assert output.getvalue().splitlines() == [
        "Job Status: job is being initialized",
        "Job Status: job is queued (2)",
        "Job Status: job is actively running",
        "Job Status: job has successfully run",
    ]


def test_the_monitor_shows_the_first_status_at_once_also_with_an_interval(server, job):
    def finish(peer: Peer) -> None:
        peer.authenticate()
        peer.status("COMPLETED")
        peer.until_closed()

    server.set(websocket=talk(finish))
    output = io.StringIO()
    job_monitor(job, interval=30, output=output)
    assert output.getvalue().splitlines() == [
        "Job Status: job is actively running",
        "Job Status: job has successfully run",
    ]


def test_the_monitor_shows_jobs_of_other_providers():
    backend = BasicAer.get_backend("qasm_simulator")
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    output = io.StringIO()
    job_monitor(backend.run(circuit), interval=0.05, output=output)
    assert output.getvalue().endswith("job has successfully run\n")


def test_the_monitor_writes_to_the_standard_output_of_the_moment(server, job, capsys):
    server.becomes("ERROR_VALIDATING_JOB", error={"message": "Too many shots", "code": 7003})
    job_monitor(job)
    shown = capsys.readouterr().out
    assert shown == "Job Status: job incurred error - Too many shots. Error code: 7003.\n"


def test_the_monitor_of_terra_works(server, job):
    server.set(
        status=[
            answer({**JOB, "status": "QUEUED", "infoQueue": {"position": 1}}),
            answer({**JOB, "status": "QUEUED", "infoQueue": {"position": 1}}),
            answer({**JOB, "status": "COMPLETED"}),
        ]
    )
    output = io.StringIO()
    terra_job_monitor(job, interval=0.05, output=output)
    assert "job is queued (1)" in output.getvalue()
    assert output.getvalue().endswith("job has successfully run\n")
