# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq account``: the account on disk, which ``IBMQ.load_account()`` uses."""

from __future__ import annotations

import argparse
from typing import Any

from qiskit_ibmq_provider.cli._command import client_command

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the command to the parsers of the command line."""
    parser = commands.add_parser(
        "account",
        help="show or change the stored account",
        description="The account on disk, which IBMQ.load_account() uses.",
    )
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    local = verbs.add_parser(
        "local",
        help="use the service of this machine",
        description="Store the service of this machine as the account, so that an unedited IBMQ.load_account() uses it.",
    )
    local.add_argument(
        "--for-retired",
        action="store_true",
        help="also send scripts there that carry an account of IBM's switched-off service, or a token without a URL",
    )
    local.add_argument("--overwrite", action="store_true", help="replace a stored account of another service")
    local.set_defaults(run=client_command(_local))
    show = verbs.add_parser("show", help="show the account, without its token")
    show.set_defaults(run=client_command(_show))
    delete = verbs.add_parser("delete", help="delete the account from disk")
    delete.set_defaults(run=client_command(_delete))


def _local(args: argparse.Namespace) -> None:
    from qiskit_ibmq_provider.credentials.localaccount import save_local_account

    change = save_local_account(args.for_retired, overwrite=args.overwrite)
    for url in change.replaced:
        print(
            f"The stored account for {url} is replaced. Its values are kept in {change.path}, where nothing reads them."
        )
    if change.account_is_local:
        print("IBMQ.load_account() now uses the service of this machine, which starts when it is needed.")
    else:
        print(
            "The stored account stays as it is, and IBMQ.load_account() uses it. With --overwrite it is replaced."
        )
    if change.for_retired:
        print(
            "Scripts that name IBM's switched-off service, or no URL, go there too. Each time one line says so."
        )
    elif not args.for_retired:
        print("For scripts with a token of their own (IBMQ.enable_account('...')), add --for-retired.")


def _show(args: argparse.Namespace) -> None:
    from qiskit_ibmq_provider.credentials import read_credentials_from_environ, read_credentials_from_qiskitrc
    from qiskit_ibmq_provider.credentials.configrc import qiskitrc_path
    from qiskit_ibmq_provider.credentials.localaccount import retired_hosts_go_local

    from_environment = list(read_credentials_from_environ().values())
    stored, _ = read_credentials_from_qiskitrc()
    for credentials in from_environment:
        print("QE_TOKEN and QE_URL in the environment come before the stored account:")
        _print_credentials(credentials)
    for credentials in stored.values():
        print(f"Stored in {qiskitrc_path()}:")
        _print_credentials(credentials)
    if not stored:
        print(
            f"No account is stored in {qiskitrc_path()}. `ibmq account local` stores the service of this machine."
        )
    if retired_hosts_go_local():
        print("IBM's switched-off service: its accounts and calls are sent to the service of this machine.")


def _print_credentials(credentials: Any) -> None:
    if credentials.is_local():
        print("  url       local (the service of this machine, which needs no token)")
    else:
        print(f"  url       {credentials.url}")
        print(f"  token     {'stored, not shown' if credentials.token else 'none'}")
    if credentials.default_provider:
        print(f"  provider  {'/'.join(credentials.default_provider)}")


def _delete(args: argparse.Namespace) -> None:
    from qiskit_ibmq_provider.credentials.configrc import qiskitrc_path
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

    IBMQFactory.delete_account()
    print(f"The account is deleted from {qiskitrc_path()}. Jobs are not: they are with their service.")
