# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq jobs``: the jobs of an account."""

from __future__ import annotations

import argparse
from typing import Any, Final

from qiskit_ibmq_provider._text_table import table
from qiskit_ibmq_provider.cli._command import add_account_option, client_command, log_in, positive

__all__ = ["add_to"]

_LIMIT: Final = 10


def add_to(commands: Any) -> None:
    """Add the command to the parsers of the command line."""
    parser = commands.add_parser(
        "jobs", help="list jobs, newest first", description="List the jobs of the account, the newest first."
    )
    parser.add_argument("--limit", type=positive, default=_LIMIT, metavar="N", help="most jobs to list (10)")
    parser.add_argument("--device", metavar="NAME", help="only jobs on this device")
    add_account_option(parser)
    parser.set_defaults(run=client_command(_run))


def _run(args: argparse.Namespace) -> None:
    jobs = log_in(args).backend.jobs(limit=args.limit, backend_name=args.device)
    if not jobs:
        print("There are no jobs" + (f" on {args.device}." if args.device else "."))
        return
    rows = [
        (
            job.job_id(),
            job.backend().name(),
            job.status().name.lower(),
            f"{job.creation_date():%Y-%m-%d %H:%M}",
            job.name() or "",
        )
        for job in jobs
    ]
    print(table(("id", "device", "status", "created", "name"), rows))
