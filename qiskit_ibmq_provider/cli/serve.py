# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``ibmq serve``: a service for this machine, a class or a lab, until it is stopped."""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
from typing import Any, Final

from qiskit_ibmq_provider.service.config import ConfigError, ServiceConfig, load_config

__all__ = ["add_to", "run"]

_FAILED: Final = 1

_WARNING: Final = (
    "Warning: other users of this machine see the token of --token in the list of processes. "
    "Use --token-file or the environment variable IBMQ_SERVICE_TOKEN."
)


def add_to(commands: Any) -> None:
    """Add the command to the parsers of the command line. Its options are the settings of the service."""
    parser = commands.add_parser(
        "serve",
        help="run a service until it is stopped",
        description="Run a service until it is stopped. It prints 'listening on URL' when it is ready.",
    )
    parser.add_argument("--config", metavar="FILE", help="file with a section [service] of further settings")
    for field in dataclasses.fields(ServiceConfig):
        option, text = "--" + field.name.replace("_", "-"), field.metadata["help"]
        if isinstance(field.default, bool):
            parser.add_argument(option, action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            parser.add_argument(option, metavar=field.name.split("_")[-1].upper(), help=text)
    parser.add_argument(
        "--openapi", action="store_true", help="print the OpenAPI description of the service and end"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the service; return its exit code."""
    from qiskit_ibmq_provider.service.local.requirements import explain_missing, missing_module

    missing = missing_module()
    if missing is not None:
        return _cannot_start(explain_missing(missing, "run the service with Python 3.9 to 3.12"), _FAILED)
    if args.openapi:
        from qiskit_ibmq_provider.service.app import openapi_document

        print(openapi_document().decode())
        return 0
    from qiskit_ibmq_provider.service.local.discovery import Announcement
    from qiskit_ibmq_provider.service.server import EXIT_CONFIG, serve

    given = {field.name: getattr(args, field.name) for field in dataclasses.fields(ServiceConfig)}
    if given["token"] is not None:
        sys.stderr.write(_WARNING + "\n")
    try:
        config = load_config(given, file=args.config)
    except ConfigError as err:
        return _cannot_start(err, EXIT_CONFIG)
    # It may be the service of this machine that was started here.
    announcement = Announcement.from_environment(os.environ, config.token or "", config.instance_id or "")
    if announcement is None:
        return serve(config)
    return announcement.run(lambda ready: serve(config, on_ready=ready))


def _cannot_start(reason: object, code: int) -> int:
    sys.stderr.write(f"The service cannot start. {reason}\n")
    return code
