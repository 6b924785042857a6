# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A device and calibrations are added by the command line to a service that runs, and a client uses them."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from qiskit import QuantumCircuit

from qiskit_ibmq_provider.cli import main
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.job.exceptions import IBMQJobFailureError
from qiskit_ibmq_provider.service.testing import ServiceProcess

WAIT = 120
OLD = "2019-03-03T06:00:00Z"


@pytest.fixture(scope="module")
def service():
    with ServiceProcess(settings={"workers": 1, "device_seconds": "ibmq_quito=1"}) as running:
        yield running


@pytest.fixture
def devices(service, capsys):
    """Runs ``ibmq devices`` on the service's data and gives what it printed."""

    def run(*arguments, code=0):
        found = main(["devices", *arguments, "--data-dir", str(service.data_dir)])
        out, err = capsys.readouterr()
        assert found == code, err
        return out + err

    return run


def _provider(service):
    return IBMQFactory().enable_account(service.token, service.url)


def _save(path, document):
    path.write_text(json.dumps(document.to_dict(), default=str), encoding="utf-8")
    return str(path)


def test_a_saved_device_is_added_used_and_removed_while_the_service_runs(service, devices, tmp_path):
    manila = _provider(service).get_backend("ibmq_manila")
    files = [
        _save(tmp_path / "c.json", manila.configuration()),
        _save(tmp_path / "p.json", manila.properties()),
        _save(tmp_path / "d.json", manila.defaults()),
    ]
    assert "Added the device campus" in devices("add", *files, "--name", "campus")
    campus = _provider(service).get_backend("campus")
    assert campus.properties().t1(0) == manila.properties().t1(0)
    assert campus.defaults().qubit_freq_est == pytest.approx(manila.defaults().qubit_freq_est)
    assert campus.configuration().description == manila.configuration().description
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    found = campus.run(circuit, shots=200, seed_simulator=1).result(timeout=WAIT).get_counts()
    assert found == manila.run(circuit, shots=200, seed_simulator=1).result(timeout=WAIT).get_counts()
    assert "Removed campus" in devices("remove", "campus")
    assert "campus" not in [backend.name() for backend in _provider(service).backends()]


def test_calibrations_by_date_are_answered_and_run_with(service, devices, tmp_path):
    vigo = _provider(service).get_backend("ibmq_vigo")
    newest = vigo.properties()
    document = newest.to_dict()
    document["last_update_date"] = OLD
    for values in document["qubits"]:
        for value in values:
            if value["name"] in ("readout_error", "prob_meas1_prep0", "prob_meas0_prep1"):
                value["value"] = 0.5
    path = tmp_path / "old.json"
    path.write_text(json.dumps(document, default=str), encoding="utf-8")
    assert "2019-03-03 06:00 UTC" in devices("add", str(path))
    assert "last_update_date" in devices("add", str(path), code=1)
    old = dt.datetime(2019, 3, 3, 6, tzinfo=dt.timezone.utc)
    assert vigo.properties(refresh=True).last_update_date == newest.last_update_date
    assert vigo.properties(datetime=dt.datetime(2020, 1, 1)).last_update_date == old
    assert vigo.properties(datetime=old) is None
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    job = vigo.run(circuit, shots=1000, seed_simulator=2, calibration_date=dt.datetime(2020, 1, 1))
    counts = job.result(timeout=WAIT).get_counts()
    assert 400 < counts["1"] < 600
    assert job.properties().last_update_date == old
    current = vigo.run(circuit, shots=1000, seed_simulator=2)
    assert current.result(timeout=WAIT).get_counts().get("1", 0) < 100
    assert current.properties().last_update_date == newest.last_update_date
    refused = vigo.run(circuit, calibration_date="2018-01-01")
    with pytest.raises(IBMQJobFailureError, match="no calibration of 2018-01-01"):
        refused.result(timeout=WAIT)
    assert "2019-03-03" in devices("remove", "ibmq_vigo", "--calibration", OLD)
    assert vigo.properties(datetime=dt.datetime(2020, 1, 1)) is None


def test_a_job_past_the_time_of_its_device_ends_as_one_that_ran_too_long(service):
    quito = _provider(service).get_backend("ibmq_quito")
    slow = QuantumCircuit(5, 5)
    for _ in range(2000):
        slow.sx(range(5))
        slow.cx([0, 3], [1, 4])
    slow.measure(range(5), range(5))
    job = quito.run(slow, shots=2000, method="statevector")
    with pytest.raises(IBMQJobFailureError, match="Ran too long.* 1 seconds .* ibmq_quito.*8001"):
        job.result(timeout=WAIT)
    assert job.status().name == "ERROR"
    assert "RUNNING" in job.time_per_step()
