# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs through the service: what it adds to the simulator's time, and how many it runs in a second.

    python -m benchmarks.service_jobs --json jobs.json

Overhead is the time from the beginning of the first request of a submission to the last byte of the result, less the
time that the result says the simulator took. The plain way: creation, upload, announcement, websocket, result URL,
result; each a request of its own over loopback.
"""

from __future__ import annotations

import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from benchmarks.service_common import SIMULATOR, Caller, finish, five_qubits, options, spread
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["main"]

SMALL_DEVICE = "ibmq_belem"
LARGE_DEVICE = "ibm_washington"


def overheads(caller: Caller, backend: str, payload: bytes, count: int) -> tuple[list[float], list[float]]:
    """Return the overheads and the simulator's times of jobs one after the other, in milliseconds."""
    added, own = [], []
    for _ in range(count):
        began = time.perf_counter()
        job_id = caller.submit(backend, payload)
        status = caller.wait(job_id)
        result = caller.result(job_id)
        took = time.perf_counter() - began
        if status != "COMPLETED":
            raise RuntimeError(f"Job {job_id} on {backend} is {status}.")
        own.append(1000 * result["time_taken"])
        added.append(1000 * took - own[-1])
    return added, own


def throughput(url: str, token: str, payload: bytes, clients: int, seconds: float) -> float:
    """Return how many jobs per second come back to clients that each wait for their own."""
    counts = [0] * clients
    began = threading.Barrier(clients + 1)
    ends = [0.0]

    def work(number: int) -> None:
        caller = Caller(url, token)
        caller.result(_run(caller, payload))
        began.wait()
        while time.perf_counter() < ends[0]:
            caller.result(_run(caller, payload))
            counts[number] += 1
        caller.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    ends[0] = time.perf_counter() + 3600
    began.wait()
    start = time.perf_counter()
    ends[0] = start + seconds
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def _run(caller: Caller, payload: bytes) -> str:
    job_id = caller.submit(SIMULATOR, payload)
    caller.wait(job_id)
    return job_id


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--count", type=int, default=200, help="jobs one after the other on each device")
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of the throughput measurement")
    parser.add_argument("--clients", type=int, default=8)
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="ibmq-bench-") as directory:
        with ServiceProcess(Path(directory) / "data", settings={"workers": 2}) as service:
            caller = Caller(service.url, service.token)
            for backend, basis in ((SIMULATOR, "u"), (SMALL_DEVICE, "sx"), (LARGE_DEVICE, "sx")):
                # Both workers remember the device after a few jobs.
                overheads(caller, backend, five_qubits(basis), 10)
            # In turns, so that what else the machine does meets all of them.
            added: dict[str, list[float]] = {}
            own: dict[str, list[float]] = {}
            for _ in range(10):
                for backend, basis in ((SIMULATOR, "u"), (SMALL_DEVICE, "sx"), (LARGE_DEVICE, "sx")):
                    more, times = overheads(caller, backend, five_qubits(basis), max(1, given.count // 10))
                    added.setdefault(backend, []).extend(more)
                    own.setdefault(backend, []).extend(times)
            for backend, values in added.items():
                figures[f"overhead on {backend}, ms"] = spread(values)
                figures[f"simulator's time on {backend}, ms"] = spread(own[backend])
            ratio = spread(added[LARGE_DEVICE])["median"] / spread(added[SMALL_DEVICE])["median"]
            figures["overhead of the 127-qubit device over the 5-qubit one"] = ratio
            caller.close()
            figures[f"jobs per second from {given.clients} clients"] = throughput(
                service.url, service.token, five_qubits(), given.clients, given.seconds
            )
    finish("service_jobs", figures, given.json)


if __name__ == "__main__":
    main()
