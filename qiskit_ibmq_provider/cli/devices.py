# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq devices``: the devices of an account, and those that are added to a service."""

from __future__ import annotations

import argparse
import datetime
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qiskit_ibmq_provider._text_table import table
from qiskit_ibmq_provider.cli._command import (
    CommandError,
    add_account_option,
    add_service_options,
    client_command,
    log_in,
)

if TYPE_CHECKING:
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.service.devices.added import AddedDevices

__all__ = ["add_to"]

_DATES_SHOWN: Final = 20
"""Calibrations of a device that are listed; each takes a request."""


_OTHERWISE: Final = (
    "; the service of this machine, if neither this, nor the environment, nor a file names one"
)


def add_to(commands: Any) -> None:
    """Add the command to the parsers of the command line."""
    parser = commands.add_parser(
        "devices",
        help="list, show, add and remove devices",
        description="List the devices of the account: qubits, status, jobs that wait, and the date of the calibration.",
    )
    add_account_option(parser)
    parser.set_defaults(run=client_command(_list))
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")
    listing = verbs.add_parser("list", help="list the devices of the account, as without a command")
    # Without a default, so that an option before the command counts too.
    add_account_option(listing, default=argparse.SUPPRESS)
    listing.set_defaults(run=client_command(_list))
    show = verbs.add_parser("show", help="show what a device is and which calibrations it has")
    show.add_argument("name", metavar="NAME", help="the device")
    add_account_option(show, default=argparse.SUPPRESS)
    show.set_defaults(run=client_command(_show))
    add = verbs.add_parser("add", help="add a device, or calibrations of a device, to a service")
    add.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="JSON files: a configuration with its calibrations and pulse defaults, or calibrations alone",
    )
    add.add_argument("--name", help="the name of the device, instead of that in the files")
    add.add_argument("--overwrite", action="store_true", help="replace a device or calibration that is there")
    add_service_options(add, otherwise=_OTHERWISE)
    add.set_defaults(run=_add)
    remove = verbs.add_parser("remove", help="remove a device that was added, or one of its calibrations")
    remove.add_argument("name", metavar="NAME", help="the device")
    remove.add_argument("--calibration", metavar="DATE", help="only the calibration of this date")
    add_service_options(remove, otherwise=_OTHERWISE)
    remove.set_defaults(run=_remove)


def _list(args: argparse.Namespace) -> None:
    backends = sorted(log_in(args).backends(), key=lambda b: (b.configuration().n_qubits, b.name()))
    # Most of the time goes into waiting for answers.
    with ThreadPoolExecutor(max_workers=8) as pool:
        rows = list(pool.map(_row, backends))
    print(table(("name", "qubits", "status", "queue", "calibrated"), rows))


def _row(backend: IBMQBackend) -> tuple[str, int, str, int, str]:
    status = backend.status()
    properties = None if backend.configuration().simulator else backend.properties()
    calibrated = f"{properties.last_update_date:%Y-%m-%d}" if properties is not None else "-"
    state = status.status_msg if status.operational else f"not operational ({status.status_msg})"
    return backend.name(), backend.configuration().n_qubits, state, status.pending_jobs, calibrated


def _show(args: argparse.Namespace) -> None:
    backend = log_in(args).get_backend(args.name)
    configuration = backend.configuration()
    pairs = configuration.coupling_map
    told = [
        ("name", configuration.backend_name),
        ("version", configuration.backend_version),
        ("description", configuration.description),
        ("qubits", configuration.n_qubits),
        ("basis gates", ", ".join(configuration.basis_gates)),
        ("couplings", "all" if not pairs else ", ".join(f"{a}-{b}" for a, b in pairs)),
        ("circuits", f"at most {configuration.max_experiments} in a job"),
        ("shots", f"at most {configuration.max_shots}"),
    ]
    if configuration.simulator:
        told.append(("method", configuration.simulation_method))
    else:
        told.append(("pulses", "yes" if configuration.open_pulse else "no"))
        told.append(("calibrations", ", ".join(_calibrations(backend)) or "none"))
    for key, value in told:
        print(f"{key + ':':14}{value}")


def _calibrations(backend: IBMQBackend) -> list[str]:
    """Return the dates of the calibrations in UTC, the newest first."""
    dates: list[str] = []
    properties = backend.properties()
    while properties is not None and len(dates) < _DATES_SHOWN:
        updated = properties.last_update_date.astimezone(datetime.timezone.utc)
        dates.append(updated.replace(tzinfo=None).isoformat() + "Z")
        properties = backend.properties(datetime=updated)
    return dates


def _add(args: argparse.Namespace) -> None:
    for addition in _added(args).add(args.files, name=args.name, overwrite=args.overwrite):
        dates = ", ".join(f"{date:%Y-%m-%d %H:%M} UTC" for date in addition.calibrations)
        what = f"the device {addition.name}" if addition.device else f"to {addition.name}"
        print(f"Added {what}{': calibration of ' + dates if dates else ', without a calibration'}.")
    print(
        "A service that runs has it now; an account that is loaded already lists a new device after it is loaded again."
    )


def _remove(args: argparse.Namespace) -> None:
    from qiskit_ibmq_provider.protocol.timestamps import parse_utc

    date = None if args.calibration is None else parse_utc(args.calibration)
    _added(args).remove(args.name, date)
    print(
        f"Removed {args.name}." if date is None else f"Removed the calibration of {date:%Y-%m-%d %H:%M} UTC."
    )


def _added(args: argparse.Namespace) -> AddedDevices:
    """Return the added devices of the service that the settings name, else of the service of this machine."""
    from qiskit_ibmq_provider.service.config import load_config, load_config_if_named, local_variables
    from qiskit_ibmq_provider.service.devices.added import AddedDevices, added_directory

    config = load_config_if_named({"data_dir": args.data_dir}, file=args.config)
    if config is None:
        from qiskit_ibmq_provider.service.local.config import LocalServiceConfig

        local = LocalServiceConfig.from_environment()
        local.make_directory()
        local.data_dir.mkdir(mode=0o700, exist_ok=True)
        config = load_config({"data_dir": local.data_dir}, environ=local_variables(os.environ))
    elif not config.data_dir.is_dir():
        raise CommandError(
            f"There is no data directory {config.data_dir}. Start the service once, or name another one by --data-dir."
        )
    return AddedDevices(added_directory(config.data_dir), config.device_dirs)
