# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Many websockets that wait for the end of a job: how long after its end the last of them knows.

    python -m benchmarks.service_sockets --json sockets.json

All sockets follow one running job, which is then cancelled: its end is known to the microsecond. The time counts from
the end that the job itself tells (both clocks are this machine's) to the arrival of the last frame. One thread reads
all sockets, so its own time is part of it; it is measured as well. A second round lets each socket follow a job of its
own, all of which wait in one queue behind the running one, and cancels one after the other.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import selectors
import tempfile
import time
from pathlib import Path
from typing import Any

import websocket

from benchmarks.service_common import PROJECT, SIMULATOR, Caller, finish, five_qubits, options, spread
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["main"]


def endless() -> bytes:
    """Return a job that runs far longer than the benchmark."""
    document = json.loads(five_qubits())
    qubits = range(20)
    sizes = {"n_qubits": 20, "memory_slots": 5}
    rotations = [{"name": "u3", "params": [1.1 + bit, 0.2, 0.3], "qubits": [bit]} for bit in qubits]
    document["config"] = {"shots": 100_000, "method": "statevector", **sizes}
    experiment = document["experiments"][0]
    experiment["config"] = sizes
    # A chain, or the simulator leaves out what the measured qubit does not depend on.
    chain = [{"name": "cx", "qubits": [bit + 1, bit]} for bit in reversed(qubits[:-1])]
    experiment["instructions"] = [
        *rotations,
        *chain,
        # After these each shot has a course of its own.
        *({"name": "reset", "qubits": [bit]} for bit in qubits),
        *rotations,
        *chain,
        {"name": "measure", "qubits": [0], "memory": [0]},
    ]
    return json.dumps(document).encode()


def told(connection: websocket.WebSocket) -> str:
    """Return the status in the next frame of a websocket."""
    opcode, data = connection.recv_data()
    if opcode == websocket.ABNF.OPCODE_CLOSE:
        raise RuntimeError(f"The service closed a websocket with {int.from_bytes(data[:2], 'big')}.")
    return str(json.loads(data)["data"]["status"])


def last_arrival(sockets: list[websocket.WebSocket], act: Any) -> tuple[float, float]:
    """Do something and read until every socket has told of the end of its job; return when, and the reader's time."""
    selector = selectors.DefaultSelector()
    for each in sockets:
        selector.register(each.sock, selectors.EVENT_READ, each)
    act()
    waiting = len(sockets)
    own = time.thread_time()
    arrived = time.time()
    while waiting:
        for key, _ in selector.select(60):
            if told(key.data) in ("CANCELLED", "COMPLETED"):
                selector.unregister(key.fileobj)
                waiting -= 1
                arrived = time.time()
    return arrived, time.thread_time() - own


def one_job(caller: Caller, count: int) -> tuple[float, float]:
    """Return milliseconds from the end of a job to the last of its sockets, and the reader's own."""
    job_id = caller.submit(SIMULATOR, endless())
    with contextlib.ExitStack() as stack:
        sockets = [caller.socket(job_id) for _ in range(count)]
        for each in sockets:
            stack.callback(each.shutdown)
            while told(each) != "RUNNING":
                pass
        arrived, own = last_arrival(
            sockets, lambda: caller.raw("POST", f"{PROJECT}/Jobs/{job_id}/cancel", b"")
        )
    job = caller.json("GET", f"{PROJECT}/Jobs/{job_id}/v/1")
    ended = dt.datetime.strptime(job["endDate"], "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    return 1000 * (arrived - ended), 1000 * own


def own_jobs(caller: Caller, count: int) -> float:
    """Return the seconds that it takes to cancel waiting jobs one by one until each socket has told of its own."""
    blocking = caller.submit(SIMULATOR, endless())
    ids = [caller.submit(SIMULATOR, five_qubits()) for _ in range(count)]
    with contextlib.ExitStack() as stack:
        sockets = [caller.socket(job_id) for job_id in ids]
        for each in sockets:
            stack.callback(each.shutdown)

        def cancel() -> None:
            for job_id in ids:
                caller.raw("POST", f"{PROJECT}/Jobs/{job_id}/cancel", b"")

        began = time.time()
        arrived, _ = last_arrival(sockets, cancel)
    caller.raw("POST", f"{PROJECT}/Jobs/{blocking}/cancel", b"")
    return arrived - began


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--sockets", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    # Those of the last round may not be gone yet.
    seats = given.sockets * (given.rounds + 1)
    settings = {
        "workers": 1,
        "max_sockets": seats,
        "max_sockets_per_user": seats,
        "requests_per_second": 0,
    }
    with tempfile.TemporaryDirectory(prefix="ibmq-bench-") as directory:
        with ServiceProcess(Path(directory) / "data", settings=settings) as service:
            caller = Caller(service.url, service.token)
            measured = [one_job(caller, given.sockets) for _ in range(given.rounds)]
            figures = {
                "sockets": given.sockets,
                "from the end of the job to the last of its sockets, ms": spread(
                    [whole for whole, _ in measured]
                ),
                "of it the reader's own time, ms": spread([own for _, own in measured]),
                "100 jobs of their own ended one by one, s": own_jobs(caller, 100),
            }
            caller.close()
    finish("service_sockets", figures, given.json)


if __name__ == "__main__":
    main()
