# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The log of a service process: to standard error, without secrets."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Sequence
from typing import Final, Optional, TextIO

from qiskit_ibmq_provider._logging import IBMQ_PROVIDER_LOGGER_NAME

__all__ = ["RedactingFormatter", "configure_logging"]

_FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"

_LOGGERS: Final = (IBMQ_PROVIDER_LOGGER_NAME, "uvicorn.error", "asyncio", "py.warnings")
"""Whose messages the log shows; other libraries speak up from WARNING on, through the root logger."""

_GARBAGE: Final = (
    "Invalid HTTP request received",
    "Invalid UTF-8 sequence received",
    "Unsupported upgrade request",
)

_SHORTEST_SECRET: Final = 6

_STORAGE_QUERY: Final = re.compile(r"(/storage/[^\s?\"']*)\?[^\s\"']*")
_TOKEN_FIELD: Final = re.compile(
    r"""(access_token=|x-access-token['":=\s]+|"?apiToken"?\s*[:=]\s*"?)[^\s&"',}]+""", re.IGNORECASE
)


class RedactingFormatter(logging.Formatter):
    """Formats records, then takes out what must not be in a log.

    That are the given secrets wherever they stand, access tokens in queries and headers, and the
    queries of storage URLs, whose signature is as good as a token.
    """

    def __init__(self, secrets: Sequence[str] = ()) -> None:
        super().__init__(_FORMAT)
        # The longest first: one may contain another. A few letters are no secret and stand in many words.
        self._secrets = sorted((s for s in secrets if len(s) >= _SHORTEST_SECRET), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of a record, with its traceback if it has one."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "...")
        text = _STORAGE_QUERY.sub(r"\1?...", text)
        return _TOKEN_FIELD.sub(r"\1...", text)


class _StrangersFilter(logging.Filter):
    """Leaves out what the HTTP server says about garbage that strangers send: they could fill the disk with it.

    The strangers are told, too, in the answer or by the close code.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is shown."""
        return not str(record.msg).startswith(_GARBAGE)


def configure_logging(level: str, *, secrets: Sequence[str] = (), stream: Optional[TextIO] = None) -> None:
    """Send the log of this process to standard error (or ``stream``). For the main program of a service only."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(RedactingFormatter(secrets))
    handler.addFilter(_StrangersFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in _LOGGERS:
        logging.getLogger(name).setLevel(level)
    # The server's own words at INFO repeat what the service says itself.
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, logging.getLogger(_LOGGERS[0]).level))
    logging.captureWarnings(True)
