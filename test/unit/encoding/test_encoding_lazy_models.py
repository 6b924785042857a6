# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Results whose data is read when it is asked for: in everything a user can do, they are Qiskit's results."""

from __future__ import annotations

import copy
import json
import pickle
import random
import subprocess
import sys
import threading

import pytest
from qiskit import QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.result import Result
from qiskit.result.models import ExperimentResult, ExperimentResultData

from qiskit_ibmq_provider.encoding import decode_result
from qiskit_ibmq_provider.encoding import lazy_models as models
from qiskit_ibmq_provider.protocol.results import read_result


def _experiment(number, sizes=(("c", 3), ("d", 2)), shots=20, **changes):
    chance = random.Random(number)
    slots = sum(size for _, size in sizes)
    memory = [hex(chance.getrandbits(slots)) for _ in range(shots)]
    experiment = {
        "shots": shots,
        "success": True,
        "status": "DONE",
        "meas_level": 2,
        "data": {"counts": {value: memory.count(value) for value in memory}, "memory": memory},
        "header": {"name": f"circuit{number}", "memory_slots": slots, "creg_sizes": [list(s) for s in sizes]},
        "seed_simulator": 5,
    }
    experiment.update(changes)
    return experiment


def _document(*experiments, **changes):
    return {
        "backend_name": "ibmq_vigo",
        "backend_version": "1.0.0",
        "qobj_id": "q",
        "job_id": "j",
        "success": True,
        "header": {"mine": 1},
        "status": "COMPLETED",
        "results": list(experiments) or [_experiment(0), _experiment(1), _experiment(2, (("c", 70),))],
        **changes,
    }


def both(*experiments, **changes):
    """Return our result and Qiskit's of one document."""
    text = json.dumps(_document(*experiments, **changes))
    return decode_result(read_result(text.encode())), Result.from_dict(json.loads(text))


def is_read(result):
    return [set(vars(experiment.data)) & {"counts", "memory"} for experiment in result.results]


def test_all_that_a_result_gives_is_the_same():
    ours, theirs = both()
    assert isinstance(ours, Result)
    assert all(type(experiment) is ExperimentResult for experiment in ours.results)
    assert all(isinstance(experiment.data, ExperimentResultData) for experiment in ours.results)
    assert ours.get_counts() == theirs.get_counts()
    assert [type(counts) for counts in ours.get_counts()] == [type(counts) for counts in theirs.get_counts()]
    for key in (0, 1, -1, "circuit1", QuantumCircuit(1, name="circuit2")):
        assert ours.get_counts(key) == theirs.get_counts(key)
        assert ours.get_memory(key) == theirs.get_memory(key)
        assert ours.data(key) == theirs.data(key)
    assert ours.to_dict() == theirs.to_dict()
    assert repr(ours.results[0].data) == repr(theirs.results[0].data)
    assert repr(ours.results[0]).split("header")[0] == repr(theirs.results[0]).split("header")[0]
    assert ours.header.mine == 1
    assert Result.from_dict(ours.to_dict()).to_dict() == theirs.to_dict()


def test_only_what_is_asked_for_is_read():
    ours, _ = both()
    ours.get_counts(1)
    assert is_read(ours) == [set(), {"counts"}, set()]
    ours.get_memory(0)
    assert is_read(ours) == [{"memory"}, {"counts"}, set()]
    assert ours.results[0].data.memory is ours.results[0].data.memory


@pytest.mark.parametrize(
    "changes",
    [
        {"header": {"name": "bare"}},
        {"header": {"name": "no registers", "memory_slots": 6}},
        {"data": {"counts": {"0x1": 1}}},
        {"data": {"counts": None, "memory": None, "other": None}},
        {"data": {"counts": {"0x1": 1}, "memory": []}},
        {"data": {"memory": [[1.5, 2.5]] * 3}, "meas_level": 1},
        {"data": {"memory": [[[1.5, 2.5]] * 3] * 2}, "meas_level": 0},
        {"data": {"memory": ["0x0"]}, "meas_level": 7},
        {"data": {"statevector": [[0.6, 0], [0, 0.8]], "counts": None}},
        {"data": {"statevector": [[1, 0], [0, 0]], "snapshots": {"a": {"b": [1]}}, "extra": {"x": [1]}}},
        {"data": {}},
        {"success": False, "status": "ERROR: too deep"},
        {"data": {"memory": ["0x0", "110", "0x1f"], "counts": {"0x0": 1}}},
    ],
)
@pytest.mark.parametrize("key", [None, 0, 1, "circuit0"])
def test_odd_data_gives_what_qiskit_gives(changes, key):
    ours, theirs = both(_experiment(0, **changes), _experiment(1))

    def outcome(method):
        try:
            return repr(method(key))
        except QiskitError as err:
            return f"{type(err).__name__}: {err}"

    for name in ("get_counts", "get_memory", "data", "get_statevector"):
        assert outcome(getattr(ours, name)) == outcome(getattr(theirs, name)), name
    assert ours.to_dict() == theirs.to_dict()
    assert repr(ours.results[0].data) == repr(theirs.results[0].data)


def test_a_name_that_stands_twice_warns_and_gives_the_first():
    ours, theirs = both(_experiment(0), _experiment(0, shots=7), _experiment(2))
    for result in (ours, theirs):
        with pytest.warns(UserWarning, match="multiple results"):
            assert sum(result.get_counts("circuit0").values()) == 20
    with pytest.raises(QiskitError, match="could not be found"):
        ours.get_counts("circuit9")


def test_the_list_of_results_may_be_changed():
    ours, _ = both()
    assert ours.get_counts("circuit1")
    first = ours.results.pop(0)
    assert ours.get_counts("circuit1") == ours.get_counts(0)
    ours.results.append(first)
    assert ours.get_memory("circuit0") == ours.get_memory(2)
    ours.results[2].header.name = "renamed"
    with pytest.raises(QiskitError):
        ours.get_counts("circuit0")
    assert ours.get_counts("renamed") == ours.get_counts(2)
    ours.results = []
    with pytest.raises(QiskitError):
        ours.get_counts("renamed")


def test_data_may_be_changed():
    ours, _ = both()
    data = ours.results[0].data
    data.counts = {"0x1": 20}
    assert ours.get_counts(0) == {"00 001": 20}
    del data.memory
    assert not hasattr(data, "memory")
    with pytest.raises(AttributeError):
        data.nothing  # noqa: B018
    assert "counts" in dir(ours.results[1].data)


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, *(lambda r, p=p: pickle.loads(pickle.dumps(r, p)) for p in range(6))],
    ids=["copy", "deepcopy", *(f"pickle {protocol}" for protocol in range(6))],
)
def test_a_duplicate_is_qiskits_own(duplicate):
    ours, theirs = both()
    ours.get_counts(0)
    twin = duplicate(ours)
    assert type(twin) is Result
    assert twin.to_dict() == theirs.to_dict()
    twin.results[1].data.counts = {}
    twin.mine_too = 1
    if duplicate is not copy.copy:
        assert ours.results[1].data.counts
    assert not hasattr(ours, "mine_too")


def test_a_pickle_needs_nothing_of_ours_to_be_loaded():
    ours, theirs = both()
    script = (
        "import pickle, sys; result = pickle.load(sys.stdin.buffer); "
        "assert not any(name.startswith('qiskit_ibmq_provider.encoding') for name in sys.modules); "
        "print(sorted(result.get_counts(0).items()))"
    )
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        input=pickle.dumps(ours),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert run.stdout.decode().strip() == str(sorted(theirs.get_counts(0).items()))


def test_threads_may_read_one_result():
    ours, theirs = both(*[_experiment(number) for number in range(50)])
    wrong = []
    barrier = threading.Barrier(8)

    def read():
        barrier.wait(10)
        for number in range(50):
            if ours.get_counts(number) != theirs.get_counts(number):
                wrong.append(number)
            if ours.get_memory(number) != theirs.get_memory(number):
                wrong.append(number)

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_formatted_outcomes_are_kept_only_up_to_a_bound(monkeypatch):
    monkeypatch.setattr(models, "_MOST_OUTCOMES", 10)
    ours, theirs = both(*[_experiment(number, (("c", 64),), shots=8) for number in range(4)])
    for number in range(4):
        assert ours.get_memory(number) == theirs.get_memory(number)


def test_data_that_cannot_be_read_is_said_when_it_is_asked_for():
    text = json.dumps(_document()).encode().replace(b'"0x', b'"\xff', 1)
    ours = decode_result(read_result(text))
    with pytest.raises(QiskitError, match="cannot be read"):
        ours.get_counts(0)
    assert ours.get_counts(1)
