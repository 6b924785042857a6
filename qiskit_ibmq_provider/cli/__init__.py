# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The command ``ibmq``. Each command is a module of its own with ``add_to(subparsers)``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Optional

from qiskit_ibmq_provider.cli import serve
from qiskit_ibmq_provider.version import VERSION

__all__ = ["build_parser", "main"]


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="ibmq", description="Run circuits on the devices of the IBM Quantum Experience, simulated."
    )
    parser.add_argument("--version", action="version", version=f"ibmq {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (serve,):
        command.add_to(commands)
    return parser


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the command line and return its exit code."""
    args = build_parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    code: int = args.run(args)
    return code
