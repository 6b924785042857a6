# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq local``: the service of this machine, which starts by itself when a script asks for it."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qiskit_ibmq_provider.cli._command import CommandError, client_command, positive

if TYPE_CHECKING:
    from qiskit_ibmq_provider.service.local.config import LocalServiceConfig

__all__ = ["add_to"]

_NOT_RUNNING: Final = 3
"""Exit code of ``ibmq local status`` when the service does not run."""

_LOG_LINES: Final = 50
_LOG_PAUSE: Final = 0.3


def add_to(commands: Any) -> None:
    """Add the command to the parsers of the command line."""
    parser = commands.add_parser(
        "local",
        help="look at the service of this machine, or stop it",
        description="The service of this machine starts by itself when a script asks for it (url='local'), and ends by itself when "
        "it has had nothing to do for a while.",
    )
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    status = verbs.add_parser("status", help="say whether it runs, where, and what it keeps")
    status.set_defaults(run=client_command(_status))
    stop = verbs.add_parser("stop", help="stop it; its jobs are kept")
    stop.set_defaults(run=client_command(_stop))
    logs = verbs.add_parser("logs", help="show its log")
    logs.add_argument(
        "--lines",
        type=positive,
        default=_LOG_LINES,
        metavar="N",
        help="how many of the last lines to show (50)",
    )
    logs.add_argument("--follow", action="store_true", help="go on showing what is added, until Ctrl-C")
    logs.set_defaults(run=client_command(_logs))
    clean = verbs.add_parser("clean", help="stop it and remove all its jobs, results and logs")
    clean.add_argument("--yes", action="store_true", help="do not ask")
    clean.set_defaults(run=client_command(_clean))


def _config() -> LocalServiceConfig:
    from qiskit_ibmq_provider.service.local.config import LocalServiceConfig

    return LocalServiceConfig.from_environment()


def _status(args: argparse.Namespace) -> int:
    from qiskit_ibmq_provider.protocol.timestamps import parse_utc
    from qiskit_ibmq_provider.service.local.finding import look

    config = _config()
    state = look(config)
    record = state.record
    if record is None:
        print("The local service is not running. It starts when a script asks for it.")
    else:
        started = parse_utc(record.started).astimezone()
        print("The local service is running.")
        print(f"  url         {record.url}")
        print(f"  process     {record.pid}, since {started:%Y-%m-%d %H:%M:%S}, version {record.version}")
        print(f"  unfinished  {_jobs(state.unfinished)}")
        print(f"  ends after  {config.idle_seconds / 60:g} minutes without requests and unfinished jobs")
    print(f"  data        {config.directory} ({_megabytes(state.data_bytes)})")
    print(f"  log         {config.log_file}")
    return 0 if record is not None else _NOT_RUNNING


def _stop(args: argparse.Namespace) -> None:
    from qiskit_ibmq_provider.service.local.stopping import stop

    pid = stop(_config())
    if pid is None:
        print("The local service was not running.")
    else:
        print(
            f"The local service (process {pid}) has ended. Its jobs are kept; those that were not finished run after the next start."
        )


def _logs(args: argparse.Namespace) -> None:
    from qiskit_ibmq_provider.service.local.logfile import last_lines, size_of

    path = _config().log_file
    # What is added from now on is what is followed.
    end = size_of(path)
    if not path.exists() and not args.follow:
        print(f"There is no log yet: {path}")
        return
    for line in last_lines(path, args.lines, until=end):
        print(line)
    if args.follow:
        _follow(path, end)


def _follow(path: Path, position: int) -> None:
    """Print what is added to a file after a position, until Ctrl-C; a file that is replaced is read from its beginning."""
    from qiskit_ibmq_provider.service.local.logfile import size_of

    while True:
        sys.stdout.flush()
        time.sleep(_LOG_PAUSE)
        size = size_of(path)
        if size < position:
            position = 0
        if size > position:
            # A log that is put aside at this moment is read in the next round.
            with contextlib.suppress(FileNotFoundError), path.open("rb") as log:
                log.seek(position)
                sys.stdout.write(log.read(size - position).decode("utf-8", "replace"))
            position = size


def _clean(args: argparse.Namespace) -> None:
    from qiskit_ibmq_provider.service.local.finding import look
    from qiskit_ibmq_provider.service.local.stopping import clean

    config = _config()
    state = look(config)
    if state.record is None and not config.data_dir.exists() and not config.log_file.exists():
        print(f"There is nothing to remove in {config.directory}.")
        return
    print(f"This removes all jobs, results and logs of the local service ({_megabytes(state.data_bytes)}):")
    print(f"  {config.data_dir}\n  {config.log_file}")
    if state.unfinished:
        print(f"Among them {_jobs(state.unfinished)} that are not finished.")
    if state.record is not None:
        print(f"The service (process {state.record.pid}) is stopped.")
    print("Stored accounts and added devices stay.")
    if not args.yes and not _confirmed():
        raise CommandError("nothing was removed.")
    clean(config)
    print("Done.")


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise CommandError(
            "there is no terminal to ask; `ibmq local clean --yes` does not ask. Nothing was removed."
        )
    try:
        answer = input("Remove them? [y/N] ")
    except EOFError:  # Ctrl-D
        print()
        return False
    return answer.strip().lower() in ("y", "yes")


def _jobs(count: int | None) -> str:
    if count is None:
        return "not known"
    return "1 job" if count == 1 else f"{count} jobs"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
