# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Schedules in real worker processes: each job ends once, by its own worker, and the workers live on."""

from __future__ import annotations

import copy
import random
import threading

import pytest
from support.circuit_jobs import task
from support.pulse_jobs import device, drag, measure, payload_of

from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.domain.engine import EventKind
from qiskit_ibmq_provider.service.executor.local_engine import LocalEngine

WAIT = 250
SEED = 20211120
ODD = [None, True, -1, 0, 1e308, 2**40, 10**30, "d0", "", [], {}, [[0.1]], [0.5, 0.5], 0.5, "-(P0)"]


def _paths(value, path=()):
    """All places inside a JSON document."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _paths(inner, (*path, index))
    if path:
        yield path


def _broken(document, rng):
    """A payload with something odd in one or two places."""
    broken = copy.deepcopy(document)
    for _ in range(rng.randrange(1, 3)):
        *path, last = rng.choice(list(_paths(broken)))
        inside = broken
        for key in path:
            inside = inside[key]
        if rng.random() < 0.2 and isinstance(inside, dict):
            del inside[last]
        else:
            inside[last] = copy.deepcopy(rng.choice(ODD))
    return broken


def _documents(count):
    """Payloads, of which a few are right."""
    print("seed", SEED)
    rng = random.Random(SEED)
    manila = device("ibmq_manila")
    bases = [
        payload_of([drag(0), *manila.commands["cx", (0, 1)], measure(2000, 0, 1)], shots=20),
        payload_of(
            [
                {"name": "flat", "t0": 0, "ch": "u0"},
                {"name": "shiftf", "t0": 0, "ch": "d1", "frequency": 0.01},
                {"name": "fc", "t0": 9, "ch": "d0", "phase": 1.0},
                drag(32),
                {"name": "delay", "t0": 0, "ch": "d2", "duration": 100},
                measure(300, 0, 4),
            ],
            library={"flat": [[0.1, 0.2]] * 4},
            qubit_lo_freq=list(manila.frequencies),
            meas_level=1,
            shots=20,
        ),
    ]
    return [
        rng.choice(bases) if rng.random() < 0.1 else _broken(rng.choice(bases), rng) for _ in range(count)
    ]


def _check(tmp_path, count):
    documents = _documents(count)
    ended = []
    over = threading.Event()
    engine = LocalEngine(workers=2, memory=2**30)
    waiting = [
        task(tmp_path, document, "ibmq_manila", number=number) for number, document in enumerate(documents)
    ]
    left = iter(waiting[2:])
    lock = threading.Lock()

    def listen(event):
        if event.kind is EventKind.STARTED:
            return
        with lock:
            ended.append(event)
            following = next(left, None)
        if following is not None:
            engine.submit(following)
        elif len(ended) == count:
            over.set()

    engine.start(listen)
    for wanted in waiting[:2]:
        engine.submit(wanted)
    assert over.wait(WAIT), f"{len(ended)} of {count} ended"
    engine.close()
    assert sorted(event.job_id for event in ended) == [wanted.job_id for wanted in waiting]
    statuses = [ApiJobStatus.COMPLETED, ApiJobStatus.ERROR_VALIDATING_JOB]
    for event in ended:
        assert event.kind is EventKind.FINISHED, event
        assert event.outcome.status in statuses, (event.outcome, documents[int(event.job_id, 16)])
    assert {event.outcome.status for event in ended} == set(statuses)


def test_no_payload_of_schedules_breaks_a_worker(tmp_path):
    _check(tmp_path, 40)


@pytest.mark.pulse_long
def test_none_of_many_payloads_of_schedules_breaks_a_worker(tmp_path):
    _check(tmp_path, 1500)
