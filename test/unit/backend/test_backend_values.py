# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Job limits, reservations and results of the circuit runner: values without behaviour of their own."""

from __future__ import annotations

import copy
import datetime as dt
import json
import pickle

import pytest
from qiskit.exceptions import QiskitError
from qiskit.result import Result

from qiskit_ibmq_provider.backendjoblimit import BackendJobLimit
from qiskit_ibmq_provider.backendreservation import BackendReservation
from qiskit_ibmq_provider.protocol.backends import JobLimitRecord
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.runner_result import ResultDecoder, RunnerResult
from qiskit_ibmq_provider.utils.backend import convert_reservation_data

START = dt.datetime(2021, 6, 2, 10, 0, tzinfo=dt.timezone.utc)
END = START + dt.timedelta(minutes=90, seconds=30)


def test_a_job_limit_has_further_fields_as_attributes():
    limit = BackendJobLimit(5, 2, more=1)
    assert (limit.maximum_jobs, limit.active_jobs, limit.more) == (5, 2, 1)
    with pytest.raises(AttributeError, match="less"):
        _ = limit.less
    assert "5" in repr(limit)


def test_a_job_limit_survives_copying():
    limit = BackendJobLimit.from_record(JobLimitRecord(None, 0, extra={"maxPerDay": 3}))
    for twin in (copy.deepcopy(limit), pickle.loads(pickle.dumps(limit))):
        assert (twin.maximum_jobs, twin.active_jobs, twin.max_per_day) == (None, 0, 3)


def test_a_reservation_knows_its_length_and_its_owner():
    hub_info = {"hub": {"name": "h"}, "group": {"name": "g"}, "project": {"name": "p"}}
    reservation = BackendReservation("b", START, END, START, "shared", "r1", hub_info)
    assert reservation.duration == 90
    assert (reservation.hub, reservation.group, reservation.project) == ("h", "g", "p")
    assert "reservation_id=r1" in repr(reservation)
    foreign = BackendReservation("b", START, START + dt.timedelta(days=2))
    assert foreign.duration == 2 * 24 * 60
    assert (foreign.hub, foreign.reservation_id, foreign.creation_datetime) == (None, None, None)
    assert "hub" not in repr(foreign)


def test_reservations_are_equal_by_id_or_by_time():
    reservation = BackendReservation("b", START, END, reservation_id="r1")
    assert reservation == BackendReservation("b", START, END)
    assert reservation == BackendReservation("b", START, START, reservation_id="r1")
    assert reservation != BackendReservation("b", START, START, reservation_id="r2")
    assert reservation != BackendReservation("c", START, END, reservation_id="r1")
    assert reservation != "r1"
    assert len({reservation, BackendReservation("b", START, END)}) == 1
    assert reservation == BackendReservation("b", START.astimezone(), END.astimezone())


def test_server_data_becomes_reservations_each_with_its_own_backend():
    raw = [
        {
            "initialDate": "2021-06-02T10:00:00.000Z",
            "endDate": "2021-06-02T11:00:00.000Z",
            "backendName": "one",
        },
        {
            "id": "r2",
            "initialDate": "2021-06-02T10:00:00.000Z",
            "endDate": "2021-06-02T11:30:00.000Z",
            "mode": "shared",
            "creationDate": "2021-06-01T08:00:00.000Z",
            "backendName": "two",
            "hubInfo": {"hub": {"name": "h"}, "group": {"name": "g"}, "project": {"name": "p"}},
        },
    ]
    first, second = convert_reservation_data(raw)
    assert (first.backend_name, first.duration, first.hub) == ("one", 60, None)
    assert (second.backend_name, second.duration, second.project) == ("two", 90, "p")
    assert second.creation_datetime == dt.datetime(2021, 6, 1, 8, 0, tzinfo=dt.timezone.utc)
    assert [entry.backend_name for entry in convert_reservation_data(raw, "mine")] == ["mine", "mine"]
    with pytest.raises(ProtocolError):
        convert_reservation_data([{"initialDate": "2021-06-02T10:00:00.000Z"}])


def _runner_document(*experiments):
    return json.dumps(
        {
            "backend_name": "b",
            "backend_version": "1",
            "qobj_id": "q",
            "job_id": "j",
            "success": True,
            "results": [
                {
                    "shots": 100,
                    "success": True,
                    "data": data,
                    "header": {"final_measurement_mapping": {"0": 0, "1": 1, "2": 2}},
                }
                for data in experiments
            ],
        }
    )


def test_quasi_probabilities_have_their_shots_and_all_their_bits():
    result = RunnerResult.decode(_runner_document({"quasiprobabilities": {"0x1": 1.1, "0x6": -0.1}}))
    assert isinstance(result, Result)
    assert isinstance(result, ResultDecoder)
    distribution = result.get_quasiprobabilities()
    assert distribution.shots == 100
    assert distribution.binary_probabilities() == {"001": 1.1, "110": -0.1}


def test_quasi_probabilities_of_several_experiments_are_a_list():
    result = RunnerResult.decode(
        _runner_document({"quasiprobabilities": {"0x1": 1.0}}, {"quasiprobabilities": {"0x2": 1.0}})
    )
    assert result.get_quasiprobabilities() == [{1: 1.0}, {2: 1.0}]
    assert result.get_quasiprobabilities(1) == {2: 1.0}
    assert result.get_quasiprobabilities([1, 0]) == [{2: 1.0}, {1: 1.0}]


def test_an_experiment_without_quasi_probabilities_is_named():
    result = RunnerResult.decode(_runner_document({"counts": {"0x1": 100}}))
    with pytest.raises(QiskitError, match="Experiment 0"):
        result.get_quasiprobabilities()
    assert ResultDecoder.decode('{"a": [1]}') == {"a": [1]}
    with pytest.raises(ProtocolError):
        RunnerResult.decode("no JSON")
