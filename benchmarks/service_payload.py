# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Memory of the service while it takes a large payload and gives it back.

    python -m benchmarks.service_payload --json payload.json

The most memory that the process ever had (VmHWM) before and after, the mark being reset in between; workers are other
processes. The payload is not announced, so no worker reads it; then it is, and the result is asked for.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from benchmarks.service_common import PROJECT, SIMULATOR, Caller, finish, five_qubits, options
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["main"]


def peak(pid: int) -> float:
    """Return the most memory that a process had since the mark was reset, in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("The system does not say how much memory a process had.")


def reset_peak(pid: int) -> None:
    """Let the mark begin with the memory of now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.add_argument("--megabytes", type=int, default=30)
    given = parser.parse_args()
    document = json.loads(five_qubits())
    document["header"]["ballast"] = "x" * (given.megabytes * 2**20)
    payload = json.dumps(document).encode()
    figures: dict[str, float] = {"payload, MiB": len(payload) / 2**20}
    with tempfile.TemporaryDirectory(prefix="ibmq-bench-") as directory:
        with ServiceProcess(Path(directory) / "data", settings={"workers": 1}) as service:
            caller = Caller(service.url, service.token)
            caller.wait(caller.submit(SIMULATOR, five_qubits()))
            reset_peak(service.pid)
            before = peak(service.pid)
            wanted = {"backend": {"name": SIMULATOR}, "allowObjectStorage": True}
            job = caller.json("POST", f"{PROJECT}/Jobs", wanted)
            caller.raw("PUT", job["objectStorageInfo"]["uploadUrl"], payload)
            figures["memory before, MiB"] = before
            figures["more while it is taken, MiB"] = peak(service.pid) - before
            caller.raw("POST", f"{PROJECT}/Jobs/{job['id']}/jobDataUploaded", b"")
            caller.wait(job["id"])
            url = caller.json("GET", f"{PROJECT}/Jobs/{job['id']}/jobDownloadUrl")["url"]
            reset_peak(service.pid)
            before = peak(service.pid)
            if len(caller.raw("GET", url)) != len(payload):
                raise RuntimeError("The payload that came back has another length.")
            figures["more while it is given back, MiB"] = peak(service.pid) - before
            caller.close()
    finish("service_payload", figures, given.json)


if __name__ == "__main__":
    main()
