# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From the start of the process to the line that says that it answers, and to the first result.

python -m benchmarks.service_start --json start.json
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import psutil

from benchmarks.service_common import SIMULATOR, Caller, finish, five_qubits, options, spread
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["main"]


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=9)
    given = parser.parse_args()
    new, again, processor, first = [], [], [], []
    with tempfile.TemporaryDirectory(prefix="ibmq-bench-") as directory:
        for number in range(given.rounds):
            service = ServiceProcess(Path(directory) / f"data-{number}", settings={"workers": 2})
            began = time.perf_counter()
            service.start()
            new.append(time.perf_counter() - began)
            service.stop()
            began = time.perf_counter()
            service.start()
            again.append(time.perf_counter() - began)
            times = psutil.Process(service.pid).cpu_times()
            processor.append(times.user + times.system)
            caller = Caller(service.url, service.token)
            caller.wait(caller.submit(SIMULATOR, five_qubits()))
            first.append(time.perf_counter() - began)
            caller.close()
            service.close()
    figures = {
        "to ready with a new directory, s": spread(new),
        "to ready with a directory that was used, s": spread(again),
        "processor time of the latter, s": spread(processor),
        "to the end of the first job, s": spread(first),
    }
    finish("service_start", figures, given.json)


if __name__ == "__main__":
    main()
