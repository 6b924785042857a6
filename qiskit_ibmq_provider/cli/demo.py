# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq demo``: all of it once, on this machine: service, devices, jobs, and a job found again."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from qiskit_ibmq_provider.cli._command import client_command

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.service.local.config import LocalServiceConfig

__all__ = ["add_to", "bars_of"]

_SHOTS: Final = 1000
_WIDTH: Final = 80
_BAR: Final = 40
_JOB_SECONDS: Final = 120.0

_DEVICE: Final = "ibmq_vigo"
_SIMULATOR: Final = "ibmq_qasm_simulator"

_NEW_SESSION: Final = """\
from qiskit_ibmq_provider import IBMQ
job = IBMQ.enable_account(url="local").backend.retrieve_job("{}")
print(job.backend(), job.status().name, job.result().get_counts())"""


def add_to(commands: Any) -> None:
    """Add the command to the parsers of the command line."""
    parser = commands.add_parser(
        "demo",
        help="show it: start the service of this machine, run a circuit, find its job again",
        description="Start the service of this machine, show its devices, run a circuit on one of them and on the simulator, and find "
        "a job again from another process. Stored accounts are not touched.",
    )
    parser.set_defaults(run=client_command(_run))


def _run(args: argparse.Namespace) -> None:
    from qiskit_ibmq_provider.service.local.config import LocalServiceConfig

    config = LocalServiceConfig.from_environment()
    provider = _start(config)
    _show_devices(provider)
    circuit = _bell()
    _title("A Bell circuit")
    print(circuit.draw("text", fold=-1))
    job_id = _run_on(provider.get_backend(_DEVICE), circuit, "with the noise of its calibration")
    _run_on(provider.get_backend(_SIMULATOR), circuit, "without noise")
    _find_again(job_id)
    _say_what_next(config)


def _start(config: LocalServiceConfig) -> AccountProvider:
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
    from qiskit_ibmq_provider.service.local.finding import find
    from qiskit_ibmq_provider.service.local.starting import find_or_start

    _title("The service of this machine")
    record = find(config)
    if record is None:
        print("  starting ...", flush=True)
        began = time.monotonic()
        record = find_or_start(config)
        print(f"  ready after {time.monotonic() - began:.1f} s: {record.url} (process {record.pid})")
    else:
        print(f"  it is running: {record.url} (process {record.pid})")
    return IBMQFactory().enable_account(url="local")  # type: ignore[call-arg]


def _show_devices(provider: AccountProvider) -> None:
    backends = provider.backends()
    by_size: dict[int, list[str]] = {}
    simulators = []
    # The device that is used below comes first, so that it is among those that are shown.
    for backend in sorted(backends, key=lambda backend: (backend.name() != _DEVICE, backend.name())):
        if backend.configuration().simulator:
            simulators.append(backend.name())
        else:
            by_size.setdefault(backend.configuration().n_qubits, []).append(backend.name())
    _title(f"{len(backends)} devices, simulated")
    for size, names in [
        *((f"{count} {'qubit' if count == 1 else 'qubits'}", by_size[count]) for count in sorted(by_size)),
        ("no noise", simulators),
    ]:
        print(f"  {size:>10}  {_some(names, _WIDTH - 14)}")
    print("  `ibmq devices` lists them all.")


def _some(names: list[str], width: int) -> str:
    """Return as many names as fit in a line, and how many there are beyond."""
    shown = len(names)
    while True:
        rest = f" and {len(names) - shown} more" if shown < len(names) else ""
        line = ", ".join(names[:shown]) + rest
        if len(line) <= width or shown == 1:
            return line
        shown -= 1


def _bell() -> QuantumCircuit:
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def _run_on(backend: IBMQBackend, circuit: QuantumCircuit, manner: str) -> str:
    """Run a circuit, show how it goes and what comes out, and return the id of the job."""
    from qiskit import transpile

    from qiskit_ibmq_provider.cli._status_line import follow

    _title(f"{backend.name()}, {manner}")
    job = backend.run(transpile(circuit, backend), shots=_SHOTS, job_name="ibmq demo")
    print(f"  job {job.job_id()}, {_SHOTS} shots")
    follow(job, sys.stdout, timeout=_JOB_SECONDS)
    print(bars_of(job.result().get_counts()))
    job_id: str = job.job_id()
    return job_id


def bars_of(counts: Mapping[str, int]) -> str:
    """Return a line for each outcome: its share of the shots, and a bar."""
    shots = sum(counts.values())
    most = max(counts.values())
    lines = []
    for outcome, count in sorted(counts.items()):
        bar = "#" * round(_BAR * count / most)
        lines.append(f"    {outcome}  {100 * count / shots:5.1f} %  {bar}".rstrip())
    return "\n".join(lines)


def _find_again(job_id: str) -> None:
    from qiskit_ibmq_provider.exceptions import IBMQError

    _title("The first job, found again from another process")
    script = _NEW_SESSION.format(job_id)
    for line in script.splitlines():
        print(f"  >>> {line}")
    sys.stdout.flush()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise IBMQError(
            f"The other process failed with exit code {done.returncode}. It wrote:\n{done.stderr.strip()}"
        )
    print(f"  {done.stdout.strip()}")


def _say_what_next(config: LocalServiceConfig) -> None:
    _title("What next")
    print(f"  Jobs and results are in {config.directory}")
    print(
        f"  The service ends by itself after {config.idle_seconds / 60:g} minutes without work; the next script starts it."
    )
    print()
    steps = (
        ("ibmq account local", "an unedited IBMQ.load_account() uses this service"),
        ("ibmq account local --for-retired", "so do scripts with an old token"),
        ("ibmq jobs --url local", "the jobs of this demo"),
        ("ibmq local status", "whether the service runs, and what it keeps"),
        ("ibmq local stop", "stop it; jobs are kept"),
    )
    for command, effect in steps:
        print(f"  {command:<33}  {effect}")


def _title(text: str) -> None:
    print(f"\n{text}\n{'-' * len(text)}", flush=True)
