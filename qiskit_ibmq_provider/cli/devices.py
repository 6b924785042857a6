# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq devices``: the devices of an account."""

from __future__ import annotations

import argparse
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from qiskit_ibmq_provider._text_table import table
from qiskit_ibmq_provider.cli._client_command import add_account_option, client_command, log_in

if TYPE_CHECKING:
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the command to the parsers of the command line."""
    parser = commands.add_parser(
        "devices",
        help="list the devices of the account",
        description="List the devices of the account: qubits, status, jobs that wait, and the date of the calibration.",
    )
    add_account_option(parser)
    parser.set_defaults(run=client_command(_run))


def _run(args: argparse.Namespace) -> int:
    backends = sorted(log_in(args).backends(), key=lambda b: (b.configuration().n_qubits, b.name()))
    # Most of the time goes into waiting for answers.
    with ThreadPoolExecutor(max_workers=8) as pool:
        rows = list(pool.map(_row, backends))
    print(table(("name", "qubits", "status", "queue", "calibrated"), rows))
    return 0


def _row(backend: IBMQBackend) -> tuple[str, int, str, int, str]:
    status = backend.status()
    properties = None if backend.configuration().simulator else backend.properties()
    calibrated = f"{properties.last_update_date:%Y-%m-%d}" if properties is not None else "-"
    state = status.status_msg if status.operational else f"not operational ({status.status_msg})"
    return backend.name(), backend.configuration().n_qubits, state, status.pending_jobs, calibrated
