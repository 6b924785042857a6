# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Result documents as Qiskit's results."""

from __future__ import annotations

import copy
import datetime as dt

import pytest

from qiskit_ibmq_provider.encoding import decode_result
from qiskit_ibmq_provider.protocol.errors import ProtocolError


def _document(**changes):
    document = {
        "backend_name": "ibmq_qasm_simulator",
        "backend_version": "0.1.547",
        "qobj_id": "3a525e5c-69b4-46bc-bcf5-d8e57dda6179",
        "job_id": "5fb48d2ae4314600192a1c2c",
        "success": True,
        "status": "COMPLETED",
        "date": "2021-06-01T09:31:05.120Z",
        "time_taken": 0.412,
        "header": {"backend_name": "ibmq_qasm_simulator", "mine": 1},
        "results": [
            {
                "shots": 10,
                "success": True,
                "status": "DONE",
                "meas_level": 2,
                "seed_simulator": 5,
                "header": {"name": "bell", "memory_slots": 2, "creg_sizes": [["c", 2]]},
                "data": {"counts": {"0x0": 4, "0x3": 6}, "memory": ["0x0", "0x3"]},
            }
        ],
    }
    document.update(changes)
    return {key: value for key, value in document.items() if value is not ...}


def test_counts_memory_and_headers_are_there():
    document = _document()
    before = copy.deepcopy(document)
    result = decode_result(document)
    assert document == before
    assert result.get_counts("bell") == {"00": 4, "11": 6}
    assert result.get_memory() == ["00", "11"]
    assert result.header.mine == 1
    assert result.time_taken == 0.412
    assert result.results[0].seed_simulator == 5
    assert result.date == dt.datetime(2021, 6, 1, 9, 31, 5, 120000, tzinfo=dt.timezone.utc)
    assert result.date.utcoffset() == result.date.astimezone().utcoffset()


@pytest.mark.parametrize(
    "field", ["date", "status", "header", "backend_version", "qobj_id", "job_id", "backend_name"]
)
@pytest.mark.parametrize("value", [None, ...], ids=["null", "missing"])
def test_what_may_be_missing_may_be_missing(field, value):
    result = decode_result(_document(**{field: value}), job_id="known")
    assert result.get_counts() == {"00": 4, "11": 6}
    assert result.job_id == ("known" if field == "job_id" else "5fb48d2ae4314600192a1c2c")


def test_an_experiment_may_lack_its_header_and_status():
    experiment = {
        "shots": 4,
        "success": True,
        "data": {"counts": {"0x1": 4}},
        "header": None,
        "meas_return": None,
        "status": None,
    }
    assert decode_result(_document(results=[experiment])).results[0].data.counts == {"0x1": 4}
    experiment["meas_return"] = "something"
    assert decode_result(_document(results=[experiment])).success


def test_a_date_that_cannot_be_read_costs_nothing_else():
    assert decode_result(_document(date="yesterday")).date is None


def test_a_failed_run_may_have_no_experiments():
    result = decode_result(_document(success=False, results=[], error={"message": "no", "code": 1}))
    assert not result.success
    assert result.error == {"message": "no", "code": 1}


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        _document(success=...),
        _document(results=...),
        _document(results=[{"success": True, "data": {}}]),
        _document(results=[{"shots": 1, "data": {}}]),
        _document(results=[{"shots": 1, "success": True}]),
        _document(results=[1]),
        _document(header="text"),
    ],
)
def test_what_is_no_result_is_refused(document):
    with pytest.raises(ProtocolError):
        decode_result(document)
