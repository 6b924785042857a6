# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq devices``: the devices of an account, and those that are added to a service."""

from __future__ import annotations

import argparse
import datetime
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from qiskit_ibmq_provider._text_table import table
from qiskit_ibmq_provider.cli._client_command import add_account_option, client_command, log_in

if TYPE_CHECKING:
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend
    from qiskit_ibmq_provider.service.devices.added import AddedDevices

__all__ = ["add_to"]

_DATES_SHOWN: Final = 20
"""Calibrations of a device that are listed; each takes a request."""


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
    _add_directory_option(add)
    add.set_defaults(run=_add)
    remove = verbs.add_parser("remove", help="remove a device that was added, or one of its calibrations")
    remove.add_argument("name", metavar="NAME", help="the device")
    remove.add_argument("--calibration", metavar="DATE", help="only the calibration of this date")
    _add_directory_option(remove)
    remove.set_defaults(run=_remove)


def _add_directory_option(parser: Any) -> None:
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        type=Path,
        help="data directory of the service; by default IBMQ_SERVICE_DATA_DIR, else that of the service of this machine",
    )


def _list(args: argparse.Namespace) -> int:
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


def _show(args: argparse.Namespace) -> int:
    from qiskit.providers.exceptions import QiskitBackendNotFoundError

    try:
        backend = log_in(args).get_backend(args.name)
    except QiskitBackendNotFoundError as err:
        sys.stderr.write(f"ibmq: {err.message}\n")
        return 1
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
    return 0


def _calibrations(backend: IBMQBackend) -> list[str]:
    """Return the dates of the calibrations in UTC, the newest first."""
    dates: list[str] = []
    properties = backend.properties()
    while properties is not None and len(dates) < _DATES_SHOWN:
        updated = properties.last_update_date.astimezone(datetime.timezone.utc)
        dates.append(updated.replace(tzinfo=None).isoformat() + "Z")
        properties = backend.properties(datetime=updated)
    return dates


def _add(args: argparse.Namespace) -> int:
    from qiskit_ibmq_provider.service.devices import DeviceFileError

    try:
        additions = _added(args).add(args.files, name=args.name, overwrite=args.overwrite)
    except (DeviceFileError, OSError) as err:
        return _failed(err)
    for addition in additions:
        dates = ", ".join(f"{date:%Y-%m-%d %H:%M} UTC" for date in addition.calibrations)
        what = f"the device {addition.name}" if addition.device else f"to {addition.name}"
        print(f"Added {what}{': calibration of ' + dates if dates else ', without a calibration'}.")
    print(
        "A service that runs has it now; an account that is loaded already lists a new device after it is loaded again."
    )
    return 0


def _remove(args: argparse.Namespace) -> int:
    from qiskit_ibmq_provider.protocol.errors import ProtocolError
    from qiskit_ibmq_provider.protocol.timestamps import parse_utc
    from qiskit_ibmq_provider.service.devices.added import NotAdded

    try:
        date = None if args.calibration is None else parse_utc(args.calibration)
        _added(args).remove(args.name, date)
    except (NotAdded, ProtocolError, OSError) as err:
        return _failed(err)
    print(
        f"Removed {args.name}." if date is None else f"Removed the calibration of {date:%Y-%m-%d %H:%M} UTC."
    )
    return 0


def _added(args: argparse.Namespace) -> AddedDevices:
    """Return the added devices of the service that the command line names."""
    from qiskit_ibmq_provider.service.devices.added import AddedDevices, added_directory

    data_dir = args.data_dir or os.environ.get("IBMQ_SERVICE_DATA_DIR")
    if data_dir is None:
        from qiskit_ibmq_provider.service.local.place import LocalPlace

        place = LocalPlace.from_environment()
        place.make()
        place.data_dir.mkdir(mode=0o700, exist_ok=True)
        data_dir = place.data_dir
    elif not Path(data_dir).expanduser().is_dir():
        raise FileNotFoundError(
            f"There is no data directory {data_dir}. Start the service once, or name another one by --data-dir."
        )
    others = os.environ.get("IBMQ_SERVICE_DEVICE_DIRS", "").split(os.pathsep)
    return AddedDevices(
        added_directory(Path(data_dir).expanduser()), [Path(path).expanduser() for path in others if path]
    )


def _failed(err: Exception) -> int:
    """Say what is wrong; return the exit code."""
    sys.stderr.write(f"ibmq: {err}\n")
    return 1
