# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs through the service: what it adds to the simulator's time, and how many it runs in a second.

    python -m benchmarks.service_jobs --json jobs.json

Overhead is the time from the beginning of the first request of a submission to the last byte of the result, less the
time that the result says the simulator took. Our own client's way is one request for the job, a websocket, and one
request for the result; the original one's is creation, upload, announcement, websocket, result URL and result.
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


def overheads(
    caller: Caller, backend: str, payload: bytes, count: int, *, direct: bool = True
) -> tuple[list[float], list[float]]:
    """Return the overheads and the simulator's times of jobs one after the other, in milliseconds."""
    added, own = [], []
    for _ in range(count):
        began = time.perf_counter()
        job_id = caller.submit_directly(backend, payload) if direct else caller.submit(backend, payload)
        status = caller.wait(job_id)
        result = caller.result_directly(job_id) if direct else caller.result(job_id)
        took = time.perf_counter() - began
        if status != "COMPLETED":
            raise RuntimeError(f"Job {job_id} on {backend} is {status}.")
        own.append(1000 * result["time_taken"])
        added.append(1000 * took - own[-1])
    return added, own


def throughput(
    url: str, token: str, payload: bytes, clients: int, seconds: float, *, direct: bool = True
) -> float:
    """Return how many jobs per second come back to clients that each wait for their own."""
    counts = [0] * clients
    began = threading.Barrier(clients + 1)
    ends = [0.0]

    def work(number: int) -> None:
        caller = Caller(url, token)

        def run() -> None:
            overheads(caller, SIMULATOR, payload, 1, direct=direct)

        run()
        began.wait()
        while time.perf_counter() < ends[0]:
            run()
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


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--count", type=int, default=200, help="jobs one after the other on each device")
    parser.add_argument("--seconds", type=float, default=20.0, help="duration of the throughput measurement")
    parser.add_argument("--clients", type=int, default=8)
    given = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="ibmq-bench-") as directory:
        with ServiceProcess(
            Path(directory) / "data", settings={"workers": 2, "requests_per_second": 0}
        ) as service:
            caller = Caller(service.url, service.token)
            for backend, basis in ((SIMULATOR, "u"), (SMALL_DEVICE, "sx"), (LARGE_DEVICE, "sx")):
                # Both workers remember the device after a few jobs.
                overheads(caller, backend, five_qubits(basis), 10)
            # In turns, so that what else the machine does meets all of them.
            added: dict[str, list[float]] = {}
            own: dict[str, list[float]] = {}
            plain = f"{SIMULATOR}, the original way"
            for _ in range(10):
                for name, backend, basis in (
                    (SIMULATOR, SIMULATOR, "u"),
                    (plain, SIMULATOR, "u"),
                    (SMALL_DEVICE, SMALL_DEVICE, "sx"),
                    (LARGE_DEVICE, LARGE_DEVICE, "sx"),
                ):
                    count = max(1, given.count // 10)
                    more, times = overheads(caller, backend, five_qubits(basis), count, direct=name != plain)
                    added.setdefault(name, []).extend(more)
                    own.setdefault(name, []).extend(times)
            for backend, values in added.items():
                figures[f"overhead on {backend}, ms"] = spread(values)
                figures[f"simulator's time on {backend}, ms"] = spread(own[backend])
            ratio = spread(added[LARGE_DEVICE])["median"] / spread(added[SMALL_DEVICE])["median"]
            figures["overhead of the 127-qubit device over the 5-qubit one"] = ratio
            caller.close()
            for direct in (True, False):
                way = "" if direct else ", the original way"
                figures[f"jobs per second from {given.clients} clients{way}"] = throughput(
                    service.url, service.token, five_qubits(), given.clients, given.seconds, direct=direct
                )
    finish("service_jobs", figures, given.json)


if __name__ == "__main__":
    main()
