# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The log of a service shows no secrets."""

from __future__ import annotations

import io
import logging
import sys

import pytest

from qiskit_ibmq_provider.service.logs import RedactingFormatter, configure_logging


def _formatted(message: str, *arguments: object, exc_info: object = None) -> str:
    record = logging.LogRecord("x", logging.INFO, __file__, 1, message, arguments, exc_info)  # type: ignore[arg-type]
    return RedactingFormatter(["secret-token"]).format(record)


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("login with secret-token failed", "login with ... failed"),
        ("GET /api/users/me?access_token=abc&x=1", "GET /api/users/me?access_token=...&x=1"),
        ("X-Access-Token: abc", "X-Access-Token: ..."),
        ('{"apiToken": "abc"}', '{"apiToken": "..."}'),
        ("PUT /api/storage/upload/1f?expires=1&signature=ab done", "PUT /api/storage/upload/1f?... done"),
        ("a plain message?", "a plain message?"),
    ],
)
def test_tokens_and_signatures_are_taken_out(message: str, shown: str) -> None:
    assert _formatted("%s", message).endswith(f": {shown}")


def test_tracebacks_are_cleaned_as_well() -> None:
    try:
        raise ValueError("bad secret-token")
    except ValueError:
        text = _formatted("failed", exc_info=sys.exc_info())
    assert "ValueError: bad ..." in text
    assert "secret-token" not in text.split("Traceback")[1].split("\n")[-1]


def test_garbage_of_strangers_does_not_fill_the_log() -> None:
    root, uvicorn = logging.getLogger(), logging.getLogger("uvicorn.error")
    before = root.handlers[:], root.level, uvicorn.level
    stream = io.StringIO()
    try:
        configure_logging("INFO", stream=stream)
        uvicorn.warning("Invalid HTTP request received.")
        uvicorn.error("Invalid UTF-8 sequence received from client.", exc_info=True)
        uvicorn.error("Something else")
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
        uvicorn.setLevel(before[2])
        logging.captureWarnings(False)
    assert stream.getvalue().splitlines()[-1].endswith("Something else")
    assert "Invalid" not in stream.getvalue()
