# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What commands share: how they fail, which account they ask, and which service they change."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, Callable, Final, Optional

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider

__all__ = [
    "CommandError",
    "add_account_option",
    "add_service_options",
    "client_command",
    "log_in",
    "positive",
    "reported_errors",
]

Command = Callable[[argparse.Namespace], Optional[int]]

_REPORTED: Final = (
    ("qiskit.providers.exceptions", "QiskitBackendNotFoundError"),
    ("qiskit_ibmq_provider.exceptions", "IBMQError"),
    ("qiskit_ibmq_provider.protocol.errors", "ProtocolError"),
    ("qiskit_ibmq_provider.service.compose", "AdministrationError"),
    ("qiskit_ibmq_provider.service.config", "ConfigError"),
    ("qiskit_ibmq_provider.service.devices.added", "NotAdded"),
    ("qiskit_ibmq_provider.service.devices.files", "DeviceFileError"),
)
"""Module and name of each kind of error whose text is meant for users."""


class CommandError(Exception):
    """A command cannot do what it was asked for. The text is for the user."""


def reported_errors() -> tuple[type[Exception], ...]:
    """Return the errors that are shown as one message.

    Nothing is imported, since some commands do without Qiskit: an error can only be of a class whose module was loaded.
    """
    loaded = [getattr(sys.modules[module], name) for module, name in _REPORTED if module in sys.modules]
    return (CommandError, OSError, *loaded)


def client_command(command: Command) -> Command:
    """Let a command that uses the client run without warnings."""

    @functools.wraps(command)
    def run(args: argparse.Namespace) -> Optional[int]:
        # It loads Qiskit, which sets filters of its own. That it is an old version is no news to whoever uses this package.
        import qiskit_ibmq_provider.exceptions  # noqa: F401

        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        return command(args)

    return run


def positive(text: str) -> int:
    """Read a whole number of at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return number


def add_account_option(parser: Any, default: Any = None) -> None:
    """Add the option that names another service than that of the stored account, with the value that it has when it is not given."""
    parser.add_argument(
        "--url",
        default=default,
        help="URL of the service to ask, instead of the stored account; 'local' for the service of this machine. "
        "Its token is taken from the environment variable QE_TOKEN.",
    )


def log_in(args: argparse.Namespace) -> AccountProvider:
    """Return the provider of the service that the command line names, else of the stored account.

    Raises:
        IBMQError: there is no account, or the service refuses or cannot be asked.
    """
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

    factory = IBMQFactory()
    if args.url:
        return factory.enable_account(os.environ.get("QE_TOKEN", ""), args.url)
    return factory.load_account()


def add_service_options(parser: Any, *, otherwise: str = "") -> None:
    """Add the options that say which service is meant, as for ``ibmq serve``; environment and file say it, too.

    Args:
        parser: the parser of a command.
        otherwise: which service is meant where nothing says it, for the help.
    """
    parser.add_argument("--data-dir", metavar="DIR", help=f"data directory of the service{otherwise}")
    parser.add_argument("--config", metavar="FILE", help="file with the settings of the service")
