# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What all commands that use the client share: errors in one place, quiet libraries, and how to log in."""

from __future__ import annotations

import argparse
import functools
import os
import sys
import warnings
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider

__all__ = ["add_account_option", "client_command", "log_in"]

Command = Callable[[argparse.Namespace], int]


def client_command(command: Command) -> Command:
    """Let a command report the errors of this package as ``ibmq: …`` on standard error, with exit code 1."""

    @functools.wraps(command)
    def run(args: argparse.Namespace) -> int:
        # Imported here: `ibmq serve` and `ibmq --help` do without Qiskit.
        from qiskit_ibmq_provider.exceptions import IBMQError

        if not sys.warnoptions:
            # Qiskit has set filters of its own by now. That it is an old version is no news to whoever uses this package.
            warnings.simplefilter("ignore")
        try:
            return command(args)
        except IBMQError as err:
            sys.stderr.write(f"ibmq: {err.message}\n")
            return 1

    return run


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
