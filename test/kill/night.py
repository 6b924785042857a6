# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A night of kills: clients submit all the time while the service and its workers are killed at random moments.

``tox -e kill`` runs it in full and prints the table; by hand, from the directory ``test``::

    python -m kill.night --kills 200 --jobs 1000
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Optional

from kill.killing import Killer, MemoryWarden, own_session
from kill.verdict import Verdict, judge
from support.night_clients import Ledger, Submitter, Watcher
from support.plain_caller import PlainCaller, project_path

from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["hungry_job", "main", "spend_night", "table"]

_HUNGRY_QUBITS = 25
"""The state of so many takes 512 MiB."""
_PATIENCE = 300.0


def hungry_job() -> bytes:
    """Return a payload that needs more memory than the warden allows, and runs for longer than it waits."""
    sizes = {"n_qubits": _HUNGRY_QUBITS, "memory_slots": 1}
    layer = [{"name": "rx", "qubits": [bit], "params": [0.1 + bit]} for bit in range(_HUNGRY_QUBITS)]
    chain = [{"name": "cx", "qubits": [bit, bit + 1]} for bit in range(_HUNGRY_QUBITS - 1)]
    experiment = {
        "config": sizes,
        "header": {"name": "hungry", "creg_sizes": [["c", 1]], **sizes},
        "instructions": [*(layer + chain) * 40, {"name": "measure", "qubits": [0], "memory": [0]}],
    }
    return json.dumps(
        {
            "qobj_id": "hungry",
            "type": "QASM",
            "schema_version": "1.3.0",
            "header": {},
            "config": {"shots": 1, "method": "statevector", **sizes},
            "experiments": [experiment],
        }
    ).encode()


def spend_night(
    directory: Path,
    *,
    kills: int,
    jobs: int,
    hungry: int,
    clients: int,
    seed: int,
    pace: float,
    spread: float,
) -> Verdict:
    """Kill until there were enough kills and enough acknowledged jobs, and judge what is left.

    Args:
        directory: for the data of the service.
        kills: least number of kills by chance.
        jobs: least number of acknowledged jobs.
        hungry: how many jobs kill their workers.
        clients: how many submit.
        seed: of all choices; only the moments of the machine differ between two nights of one seed.
        pace: seconds between two jobs of a client.
        spread: most seconds between a start and the next kill.
    """
    ledger, stopping, over = Ledger(), threading.Event(), threading.Event()
    settings = {"workers": 2, "max_jobs_per_device": -1}
    with ServiceProcess(directory / "data", settings=settings, python=own_session(directory)) as service:
        caller = PlainCaller(service.url)
        token = caller.log_in(service.token)
        caller.close()
        watcher, warden = Watcher(service.url, token, project_path(), over), MemoryWarden(service, over)
        submitters = [
            Submitter(service.url, token, project_path(), ledger, stopping, seed=seed + number, pace=pace)
            for number in range(clients)
        ]
        killer = Killer(service, seed=seed, spread=spread)
        for thread in (*submitters, watcher, warden):
            thread.start()
        poisoner = Submitter(
            service.url, token, project_path(), ledger, stopping, seed=seed, pace=pace, leaves=0
        )
        hungry_ids: set[str] = set()
        while sum(killer.kills.values()) < kills or len(ledger.promised) < jobs:
            # Spread over the night, the first one at its beginning.
            if len(hungry_ids) < hungry and sum(killer.kills.values()) * hungry >= kills * len(hungry_ids):
                hungry_ids.add(str(poisoner.submit(ledger.next_number(), hungry_job())))
            killer.strike()
        poisoner.close()
        stopping.set()
        for submitter in submitters:
            submitter.join()
        verdict = judge(service, token, ledger, watcher, hungry_ids, _PATIENCE, over)
        killer.bury()
    verdict.counts = {
        "kills by chance": sum(killer.kills.values()),
        **{f"  of them: {kind}": count for kind, count in sorted(killer.kills.items())},
        "kills of hungry workers": warden.kills,
        **{f"requests without answer: {step}": count for step, count in sorted(ledger.broken.items())},
        "jobs left half-made by their client": len(ledger.left),
        "looks at final states": watcher.looks,
        **verdict.counts,
    }
    verdict.must("processes that outlived their service", ["a process"] * killer.strays)
    return verdict


def table(verdict: Verdict, seconds: float, seed: int) -> str:
    """Return the counts as lines for a reader."""
    lines = [f"{'seed':70}{seed:>10}", f"{'seconds':70}{seconds:>10.0f}"]
    lines += [f"{name:70}{count:>10}" for name, count in verdict.counts.items()]
    return "\n".join([*lines, *(f"FAULT {fault}" for fault in verdict.faults)])


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Spend a night, print its table, and return 0 if nothing was wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--hungry", type=int, default=5, help="jobs that kill their workers")
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--pace", type=float, default=0.5, help="seconds between two jobs of a client")
    parser.add_argument("--spread", type=float, default=2.0, help="most seconds between a start and a kill")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ibmq-night-") as directory:
        print("seed", given.seed, flush=True)
        verdict = spend_night(Path(directory), **vars(given))
    print(table(verdict, time.monotonic() - began, given.seed))
    return 1 if verdict.faults else 0


if __name__ == "__main__":
    sys.exit(main())
