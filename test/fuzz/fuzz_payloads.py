# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Jobs whose payloads are wrong in every way, sent by both ways, and run."""

from __future__ import annotations

import copy
import gzip
import json
from typing import Any
from urllib.parse import urlsplit

from fuzz_target import JOBS, SIMULATOR, Answer, Defect, Tally, Target, judge
from fuzz_values import json_values, mutated, one_of_these, texts
from hypothesis import strategies as st

__all__ = ["BELL", "batches", "crafted", "payloads", "run_payloads"]

BELL: dict[str, Any] = {
    "qobj_id": "3a525e5c-69b4-46bc-bcf5-d8e57dda6179",
    "type": "QASM",
    "schema_version": "1.3.0",
    "header": {"backend_name": SIMULATOR, "backend_version": "0.1.547"},
    "config": {
        "shots": 100,
        "seed_simulator": 5,
        "memory": False,
        "parameter_binds": [],
        "meas_level": 2,
        "n_qubits": 2,
        "init_qubits": True,
        "memory_slots": 2,
    },
    "experiments": [
        {
            "config": {"n_qubits": 2, "memory_slots": 2},
            "header": {
                "name": "bell",
                "n_qubits": 2,
                "memory_slots": 2,
                "qubit_labels": [["q", 0], ["q", 1]],
                "clbit_labels": [["c", 0], ["c", 1]],
                "qreg_sizes": [["q", 2]],
                "creg_sizes": [["c", 2]],
                "global_phase": 0.0,
                "metadata": {"k": 1},
            },
            "instructions": [
                {"name": "u2", "qubits": [0], "params": [0.0, 3.14]},
                {"name": "cx", "qubits": [0, 1]},
                {"name": "barrier", "qubits": [0, 1]},
                {"name": "measure", "qubits": [0], "register": [0], "memory": [0]},
                {"name": "bfunc", "mask": "0x1", "relation": "==", "val": "0x1", "register": 3},
                {"name": "x", "qubits": [1], "conditional": 3},
                {"name": "measure", "qubits": [1], "register": [1], "memory": [1]},
            ],
        }
    ],
}
PULSE: dict[str, Any] = {
    "qobj_id": "pulse",
    "type": "PULSE",
    "schema_version": "1.3.0",
    "header": {"backend_name": "ibmq_armonk"},
    "config": {
        "shots": 50,
        "meas_level": 2,
        "meas_return": "avg",
        "memory_slots": 1,
        "memory_slot_size": 100,
        "n_qubits": 1,
        "qubit_lo_freq": [4.97],
        "meas_lo_freq": [6.99],
        "rep_time": 1000.0,
        "pulse_library": [{"name": "p", "samples": [[0.1, 0.0]] * 64}],
        "parametric_pulses": ["gaussian", "drag", "constant"],
    },
    "experiments": [
        {
            "header": {"name": "s", "memory_slots": 1, "n_qubits": 1, "metadata": {}},
            "config": {},
            "instructions": [
                {"name": "p", "ch": "d0", "t0": 0},
                {
                    "name": "parametric_pulse",
                    "pulse_shape": "gaussian",
                    "ch": "d0",
                    "t0": 64,
                    "parameters": {"duration": 160, "sigma": 40, "amp": [0.2, 0.0]},
                },
                {"name": "fc", "ch": "d0", "t0": 224, "phase": 1.57},
                {"name": "acquire", "t0": 240, "duration": 1000, "qubits": [0], "memory_slot": [0]},
            ],
        }
    ],
}


def _bell(path: list[Any], value: Any) -> dict[str, Any]:
    """Return the Bell job with another value at a place."""
    document = copy.deepcopy(BELL)
    place: Any = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


def _wide(qubits: int) -> dict[str, Any]:
    document = copy.deepcopy(BELL)
    for place in (
        document["config"],
        document["experiments"][0]["config"],
        document["experiments"][0]["header"],
    ):
        place["n_qubits"] = qubits
        place["memory_slots"] = qubits
    return document


_FIRST = ["experiments", 0, "instructions"]


def crafted() -> list[Any]:
    """Return payloads that were made to do harm: bytes as they are, others as JSON."""
    huge = [
        _wide(10**6),
        _wide(2**63),
        _wide(63),
        _bell(["config", "shots"], 10**12),
        _bell(["config", "shots"], -1),
        _bell(["config", "shots"], float("nan")),
        _bell(["config", "memory_slots"], 10**9),
        _bell(["config", "seed_simulator"], 10**40),
        _bell(["config", "max_parallel_threads"], 10**9),
        _bell(["config", "max_parallel_experiments"], 10**6),
        _bell(["config", "blocking_qubits"], 10**6),
        _bell(["config", "noise_model"], {"errors": [{"type": "qerror", "operations": ["x"]}]}),
        _bell(["config", "parameterizations"], [[[[0, 0], [1e308]]]]),
        _bell(["config", "method"], "matrix_product_state"),
        _bell(["config", "device"], "GPU"),
        _bell(
            [*_FIRST, 0],
            {"name": "unitary", "qubits": [0], "params": [[[[1e308, 0], [0, 0]], [[0, 0], [1, 0]]]]},
        ),
        _bell([*_FIRST, 0], {"name": "initialize", "qubits": [0], "params": [[5, 0], [0, 0]]}),
        _bell([*_FIRST, 0], {"name": "kraus", "qubits": [0], "params": []}),
        _bell([*_FIRST, 0], {"name": "multiplexer", "qubits": [0, 1], "params": [[[1]]]}),
        _bell([*_FIRST, 0], {"name": "jump", "params": [], "jump_to": "x"}),
        _bell(
            [*_FIRST, 0],
            {"name": "save_statevector", "qubits": [0, 1], "label": "../x", "snapshot_type": "single"},
        ),
        _bell([*_FIRST, 0], {"name": "no_such_gate", "qubits": [0]}),
        _bell([*_FIRST, 0], {"name": "../../etc/passwd", "qubits": [0]}),
        _bell([*_FIRST, 0], {"name": "cx", "qubits": [0, 0]}),
        _bell([*_FIRST, 0], {"name": "cx", "qubits": [0, 10**18]}),
        _bell([*_FIRST, 0], {"name": "x", "qubits": [-1]}),
        _bell([*_FIRST, 0], {"name": "delay", "qubits": [0], "params": [10**30]}),
        _bell([*_FIRST, 3, "memory"], [10**12]),
        _bell([*_FIRST, 4, "mask"], "0x" + "f" * 10_000),
        _bell(_FIRST, [{"name": "h", "qubits": [0]}] * 50_000),
        _bell(["experiments"], BELL["experiments"] * 5000),
        _bell(["experiments"], []),
        _bell(["header"], {"a": "x" * 1_000_000}),
    ]
    deep = b"[" * 200_000 + b"]" * 200_000
    raw = [
        b"",
        b"{",
        b"null",
        b"\x00",
        b"\xff\xfe{\x00}\x00",
        b"\xef\xbb\xbf{}",
        deep,
        b'{"a":' * 100_000,
        json.dumps(BELL).replace("100", "1" * 6000, 1).encode(),
        json.dumps(BELL).replace("100", "1e999", 1).encode(),
        b'{"type": "QASM", "type": "PULSE", "config": {}, "experiments": [{}]}',
        gzip.compress(b"0" * 50_000_000),
    ]
    return [*huge, *raw]


_GATES = [
    "id", "x", "y", "z", "h", "s", "sdg", "t", "sx", "u1", "u2", "u3", "rx", "rz", "cx", "cz", "swap", "ccx", "cswap", "rzz",
    "reset", "barrier", "measure", "delay", "unitary", "initialize", "snapshot", "save_expval", "kraus", "roerror", "mcx",
    "set_statevector", "diagonal", "nop", "bfunc", "copy", "pauli", "no_such_gate",
]  # fmt: skip
_METHODS = [
    "automatic", "statevector", "density_matrix", "stabilizer", "extended_stabilizer", "matrix_product_state", "unitary",
    "superop", "tensor_network", "nothing",
]  # fmt: skip
_angles = st.floats(-7, 7) | st.sampled_from([0, 1, float("nan"), 1e308, [0.0, 1.0], [[1, 0], [0, 1]], "pi"])
_instructions = st.fixed_dictionaries(
    {"name": one_of_these(_GATES), "qubits": st.lists(st.integers(0, 3), min_size=1, max_size=3)},
    optional={
        "params": st.lists(_angles, max_size=3),
        "memory": st.lists(st.integers(0, 3), max_size=3),
        "register": st.lists(st.integers(0, 3), max_size=3),
        "conditional": st.integers(0, 4),
        "label": texts,
    },
)


@st.composite
def _circuits(draw: st.DrawFn) -> dict[str, Any]:
    """A job of the right form whose instructions were put together at random."""
    document = _wide(draw(st.integers(1, 4)))
    document["experiments"][0]["instructions"] = draw(st.lists(_instructions, max_size=12))
    document["config"]["method"] = draw(one_of_these(_METHODS))
    document["config"]["shots"] = draw(st.integers(1, 500))
    return document


@st.composite
def payloads(draw: st.DrawFn) -> Any:
    """A job with a few places of it changed, a job put together at random, or any JSON value."""
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return draw(json_values)
    if kind > 5:
        document = draw(_circuits())
        return mutated(draw, document) if kind == 9 else document
    document = PULSE if kind < 3 else BELL
    for _ in range(draw(st.integers(1, 2))):
        document = mutated(draw, document)
    return document


@st.composite
def batches(draw: st.DrawFn) -> list[tuple[Any, bool, Any]]:
    """Several jobs: what is sent, whether in one request, and what the job is called."""
    return draw(st.lists(st.tuples(payloads(), st.booleans(), st.none() | texts), min_size=10, max_size=10))


def run_payloads(
    target: Target, tally: Tally, jobs: list[tuple[Any, bool, Any]], area: str = "payloads"
) -> None:
    """Send jobs, wait until they are over, and judge how they ended.

    Raises:
        Defect: if one of them made the service or a worker fail.
    """
    started = []
    for payload, in_one_request, name in jobs:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        head: dict[str, Any] = {"backend": {"name": _device_of(payload)}}
        if isinstance(name, str):
            head["name"] = name
        answer = _sent_at_once(target, head, body) if in_one_request else _sent_in_steps(target, head, body)
        if answer.status == 200:
            started.append(answer.json()["job"]["id"])
        else:
            tally.count(area, f"refused {answer.status}")
    if started:
        for job in target.finished(started).values():
            _judge_job(job)
            tally.count(area, f"{job['status']} {job.get('error', {}).get('code', '')}".strip())


def _sent_at_once(target: Target, head: dict[str, Any], body: bytes) -> Answer:
    """Submit a job in one request; return the answer."""
    return _judged(target.send("POST", JOBS + "/direct", headers={"Qx-Job": json.dumps(head)}, body=body))


def _sent_in_steps(target: Target, head: dict[str, Any], body: bytes) -> Answer:
    """Submit a job as the original client does; return the answer to the last request."""
    created = _judged(target.send("POST", JOBS, body=head))
    if created.status != 200:
        return created
    upload = urlsplit(created.json()["objectStorageInfo"]["uploadUrl"])
    encoding = {"Content-Encoding": "gzip"} if body[:2] == b"\x1f\x8b" else {}
    stored = _judged(target.send("PUT", f"{upload.path}?{upload.query}", headers=encoding, body=body))
    if stored.status != 200:
        return stored
    return _judged(target.send("POST", f"{JOBS}/{created.json()['id']}/jobDataUploaded"))


def _judged(answer: Answer) -> Answer:
    if answer.status:
        judge(answer)
    return answer


def _device_of(payload: Any) -> str:
    return "ibmq_armonk" if isinstance(payload, dict) and payload.get("type") == "PULSE" else SIMULATOR


def _judge_job(job: dict[str, Any]) -> None:
    error = job.get("error", {})
    if (
        error.get("code") == 8002
        or "Traceback" in error.get("message", "")
        or 'File "' in error.get("message", "")
    ):
        raise Defect(f"Job {job['id']} ended as {job['status']}: {error}")
