# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The command ``ibmq``. Each command is a module of its own with ``add_to(subparsers)``."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import Final, Optional

from qiskit_ibmq_provider.cli import account, demo, devices, jobs, local, serve, users
from qiskit_ibmq_provider.cli._command import reported_errors
from qiskit_ibmq_provider.version import VERSION

__all__ = ["build_parser", "main"]

_COMMANDS: Final = (demo, account, local, devices, jobs, serve, users)

_FAILED: Final = 1

_INTERRUPTED: Final = 130
"""Exit code after Ctrl-C, as shells have it."""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(
        prog="ibmq", description="Run circuits on the devices of the IBM Quantum Experience, simulated."
    )
    parser.add_argument("--version", action="version", version=f"ibmq {VERSION}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    return parser


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the command line and return its exit code."""
    args = build_parser().parse_args(sys.argv[1:] if arguments is None else arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Circuits are drawn with lines that some terminals do not know.
        sys.stdout.reconfigure(errors="replace")
    try:
        code: Optional[int] = args.run(args)
        sys.stdout.flush()
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return _INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough, e.g. `ibmq jobs | head -1`. Python would complain once more at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILED
    except reported_errors() as err:
        _report(err)
        return _FAILED
    return code or 0


def _report(err: Exception) -> None:
    text = getattr(err, "message", None) or str(err)
    if isinstance(err, OSError) and err.filename is not None:
        text = f"{err.filename}: {err.strerror}"
    sys.stderr.write(f"ibmq: {text}\n")
