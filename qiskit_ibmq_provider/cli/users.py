# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq users``: who may use a service that one runs."""

from __future__ import annotations

import argparse
import sys
from contextlib import AbstractContextManager
from typing import Any, Callable

from qiskit_ibmq_provider._text_table import table
from qiskit_ibmq_provider.cli._command import CommandError, add_service_options

__all__ = ["add_to"]


def add_to(commands: Any) -> None:
    """Add the command to the parsers of the command line."""
    parser = commands.add_parser(
        "users",
        help="manage the users of a service that you run",
        description="Manage the users of a service that you run. Changes count at once, also while it runs.",
    )
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add = _action(actions, "add", "add a user and print the API token, which is shown this once", _add)
    add.add_argument("name", metavar="NAME", help="name or e-mail address")
    _add_projects(add)
    _action(actions, "list", "list the users and their projects", _list)
    allow = _action(actions, "set-projects", "replace the projects of a user", _set_projects)
    allow.add_argument("name", metavar="NAME")
    _add_projects(allow)
    rotate = _action(
        actions, "rotate", "give a user another API token and print it; the old one ends", _rotate
    )
    rotate.add_argument("name", metavar="NAME")
    remove = _action(actions, "remove", "end the tokens of a user; jobs are kept", _remove)
    remove.add_argument("name", metavar="NAME")


def _action(actions: Any, name: str, text: str, run: Callable[[argparse.Namespace], None]) -> Any:
    """Add one of the commands, with the options that say which service is meant."""
    parser = actions.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    add_service_options(parser)
    parser.add_argument(
        "--database-url", metavar="URL", help="URL of its database, if it is not in the directory"
    )
    parser.set_defaults(run=run)
    return parser


def _add_projects(parser: Any) -> None:
    parser.add_argument(
        "--project",
        metavar="HUB/GROUP/PROJECT",
        action="append",
        required=True,
        help="project that the user may use; may be given several times, the first is the default one. Users of one "
        "project see each other's jobs.",
    )


def _users(args: argparse.Namespace) -> AbstractContextManager[Any]:
    """Return a block that has the users of the service that is meant."""
    _check_extra()
    from qiskit_ibmq_provider.service.compose import open_users
    from qiskit_ibmq_provider.service.config import load_config

    given = {"data_dir": args.data_dir, "database_url": args.database_url}
    return open_users(load_config(given, file=args.config))


def _check_extra() -> None:
    from qiskit_ibmq_provider.service.local.requirements import explain_missing, missing_module

    missing = missing_module()
    if missing is not None:
        raise CommandError(explain_missing(missing, "use the Python that runs the service"))


def _projects(args: argparse.Namespace) -> tuple[tuple[str, str, str], ...]:
    from qiskit_ibmq_provider.service.config import read_projects

    try:
        return read_projects(args.project)
    except ValueError as err:
        raise CommandError(f"A project cannot be {' '.join(args.project)!r}: {err}.") from None


def _add(args: argparse.Namespace) -> None:
    projects = _projects(args)
    with _users(args) as users:
        token = users.add(args.name, projects)
    _show_token(args.name, token)


def _rotate(args: argparse.Namespace) -> None:
    with _users(args) as users:
        token = users.rotate(args.name)
    _show_token(args.name, token)


def _show_token(name: str, token: str) -> None:
    """Print a token alone on standard output, so that it can be sent on."""
    sys.stderr.write(f"API token of {name}; it is not kept and cannot be shown again:\n")
    sys.stderr.flush()
    print(token)


def _list(args: argparse.Namespace) -> None:
    with _users(args) as users:
        rows = [
            (user.name, " ".join("/".join(names) for names in user.projects), f"{user.token_made:%Y-%m-%d}")
            for user in users.list()
        ]
    print(table(("user", "projects", "token of"), rows))


def _set_projects(args: argparse.Namespace) -> None:
    projects = _projects(args)
    with _users(args) as users:
        users.set_projects(args.name, projects)
    print(f"{args.name} may use {' '.join('/'.join(names) for names in projects)}.")


def _remove(args: argparse.Namespace) -> None:
    with _users(args) as users:
        users.remove(args.name)
    print(f"{args.name} cannot log in any more. The jobs are kept.")
