# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Submitting jobs, and their results."""

from __future__ import annotations

import gc
from typing import Any

from benchmarks.corpus import circuits
from benchmarks.side import Bench, Operation

__all__ = ["CircuitJob", "OPERATIONS"]

_DEVICE = "ibmq_santiago"
_SHOTS = 1024


class CircuitJob:
    """A backend, circuits, and what came of them.

    Args:
        bench: the side.
        count: how many circuits.
        hold: whether jobs stay unfinished.
    """

    def __init__(self, bench: Bench, count: int, *, hold: bool = False, memory: bool = False) -> None:
        self.bench = bench
        self.memory = memory
        self.backend = bench.provider().get_backend(_DEVICE if count <= 75 else "ibmq_manila")
        self.circuits = bench.keep(f"circuits {count}", lambda: circuits(count))
        bench.control("hold", hold=hold)
        self.job: Any = None

    def run(self) -> Any:
        """Submit."""
        return self.backend.run(self.circuits, shots=_SHOTS, memory=self.memory)

    def finished(self) -> CircuitJob:
        """Submit, and wait for the end."""
        self.job = self.run()
        self.job.wait_for_final_state()
        return self


def _submit(state: CircuitJob) -> None:
    state.job = state.run()


def _submit_and_result(state: CircuitJob) -> None:
    state.run().result()


def _retained(state: CircuitJob) -> dict[str, float]:
    """Return the memory in MB that a job holds on to once it is submitted."""
    import tracemalloc

    state.run()
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    job = state.run()
    gc.collect()
    growth = (tracemalloc.get_traced_memory()[0] - before) / 1e6
    tracemalloc.stop()
    del job
    return {"growth": growth}


def _walk(state: CircuitJob) -> bytes:
    """Walk the circuits once and encode what they hold with the fastest JSON library: less than any client can do."""
    import msgspec

    encode = msgspec.json.encode
    parts = []
    for circuit in state.circuits:
        qubits = {bit: n for n, bit in enumerate(circuit.qubits)}
        clbits = {bit: n for n, bit in enumerate(circuit.clbits)}
        instructions = []
        for item in circuit.data:
            operation = item.operation
            entry: dict[str, Any] = {"name": operation.name, "qubits": [qubits[bit] for bit in item.qubits]}
            if operation.params:
                entry["params"] = [float(value) for value in operation.params]
            if item.clbits:
                entry["memory"] = [clbits[bit] for bit in item.clbits]
            instructions.append(entry)
        parts.append(encode({"instructions": instructions, "header": {"name": circuit.name}}))
    return b",".join(parts)


def _floor_run(state: CircuitJob) -> None:
    import requests

    collecting = gc.isenabled()
    gc.disable()
    try:
        body = _walk(state)
    finally:
        if collecting:
            gc.enable()
    requests.put(state.bench.url + "/nothing", data=body)


def _result(state: CircuitJob) -> None:
    state.job.result(refresh=True)


def _first_counts(state: CircuitJob) -> None:
    state.job.result(refresh=True).get_counts(0)


def _decoded(bench: Bench) -> Any:
    return CircuitJob(bench, 900, memory=True).finished().job.result(refresh=True)


def _all_memory(result: Any) -> None:
    for number in range(len(result.results)):
        result.get_memory(number)


def _access_token(bench: Bench) -> str:
    import requests

    return str(
        requests.post(bench.url + "/users/loginWithToken", json={"apiToken": bench.token}).json()["id"]
    )


def _floor_result(state: CircuitJob) -> None:
    import json

    import requests

    access = state.bench.keep("access", lambda: _access_token(state.bench))
    base = state.bench.url + "/Network/ibm-q/Groups/open/Projects/main/Jobs/" + state.job.job_id()
    headers = {"X-Access-Token": access}
    with requests.Session() as session:
        url = session.get(base + "/resultDownloadUrl", headers=headers).json()["url"]
        json.loads(session.get(url).content)


def _retrieved(bench: Bench) -> Any:
    state = CircuitJob(bench, 900, memory=False).finished()
    return bench.provider().backend.retrieve_job(state.job.job_id())


def _circuits(job: Any) -> None:
    job.circuits()


def _read(bench: Bench) -> Any:
    job = _retrieved(bench)
    job.circuits()
    return job


def _options_and_header(job: Any) -> None:
    job.backend_options()
    job.header()


def _plain(bench: Bench, *, hold: bool) -> CircuitJob:
    """Open the account at a service that knows the original protocol only; one job opens all connections."""
    bench.control("set", plain=True)
    state = CircuitJob(bench, 1)
    state.run().result()
    bench.control("hold", hold=hold)
    return state


OPERATIONS = (
    Operation(
        "run-900",
        "`run`, 900 circuits (8.5 MB), as shipped",
        _submit,
        lambda bench: CircuitJob(bench, 900, hold=True),
        floor=_floor_run,
        shown="cpu",
        target=10,
        floor_target=2,
        quick={"requests": 3},
    ),
    Operation(
        "run-1",
        "`run`, 1 circuit",
        _submit,
        lambda bench: CircuitJob(bench, 1, hold=True),
        rtts=(0.0, 0.05),
        quick={"requests": 1, "sequential": 1},
    ),
    Operation(
        "run-result-1",
        "`run` and `result`, 1 circuit, instant job",
        _submit_and_result,
        lambda bench: CircuitJob(bench, 1),
        rtts=(0.0, 0.05),
        rounds=7,
        quick={"requests": 3, "sequential": 3},
    ),
    Operation(
        "run-1-plain",
        "`run`, 1 circuit, service without extensions",
        _submit,
        lambda bench: _plain(bench, hold=True),
        rtts=(0.05,),
        fresh=True,
        rounds=3,
        quick={"requests": 3, "sequential": 3},
    ),
    Operation(
        "run-result-1-plain",
        "`run` and `result`, 1 circuit, instant job, service without extensions",
        _submit_and_result,
        lambda bench: _plain(bench, hold=False),
        rtts=(0.05,),
        fresh=True,
        rounds=3,
        quick={"sequential": 6},
    ),
    Operation(
        "result-900",
        "`result`, 900 × 1024 shots with memory",
        _result,
        lambda bench: CircuitJob(bench, 900, memory=True).finished(),
        floor=_floor_result,
        shown="cpu",
        target=1,
    ),
    Operation(
        "first-counts-900",
        "… until the first counts",
        _first_counts,
        lambda bench: CircuitJob(bench, 900, memory=True).finished(),
        shown="cpu",
        target=3,
    ),
    Operation("memory-900", "… `get_memory` of all", _all_memory, _decoded, shown="cpu", target=4),
    Operation(
        "circuits-900",
        "`circuits()` of a retrieved job, 900",
        _circuits,
        _retrieved,
        rounds=3,
        shown="cpu",
        target=3,
    ),
    Operation(
        "options-900",
        "… then `backend_options()` and `header()`",
        _options_and_header,
        _read,
        rounds=3,
        shown="cpu",
    ),
    Operation(
        "peak-900",
        "`run`, 900 circuits: peak of memory",
        _submit,
        lambda bench: CircuitJob(bench, 900, hold=True),
        rounds=3,
        fresh=True,
        shown="peak",
        target=1 / 0.6,
    ),
    Operation(
        "retained-300",
        "memory held by one job of 300 circuits",
        _retained,
        lambda bench: CircuitJob(bench, 300, hold=True),
        rounds=3,
        shown="growth",
    ),
)
