# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Why a job failed: the server says so in several places."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Optional, Union

from qiskit_ibmq_provider.job.utils import build_error_report
from qiskit_ibmq_provider.protocol.jobs import JobError

__all__ = ["FailureReport", "failure_report"]

Code = Optional[Union[int, str]]


@dataclasses.dataclass(frozen=True)
class FailureReport:
    """The reason of a failure.

    Attributes:
        message: the whole report, of one or several lines. It ends with ``Error code: <code>.`` if there is a
            code.
        code: the server's error code, if it gave one.
        summary: the report on one line, for the text of an exception.
    """

    message: str
    summary: str
    code: Code = None


def failure_report(
    api_status: str, error: Optional[JobError] = None, document: Optional[Mapping[str, Any]] = None
) -> FailureReport:
    """Build the report of a failed job.

    Args:
        api_status: the server's status of the job.
        error: the reason in the job itself, if there is one.
        document: the result document, if the job ran far enough to have one. Its failed experiments say most,
            then its own ``error``, then ``error`` above.
    """
    document = document or {}
    reason = _document_error(document) or _known(error)
    code = reason.code if reason else None

    entries = document.get("results")
    entries = [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []
    failed = sum(1 for entry in entries if not entry.get("success"))
    if failed:
        report = build_error_report(entries)
        first = report.split("\n")[1]
        more = (
            ""
            if failed == 1
            else f" ({failed} of {len(entries)} experiments failed; error_message() lists them)"
        )
        return FailureReport(_ending(report, code, "\n"), _ending(f"{first}{more}", code, " "), code)

    if reason and reason.message:
        text = _ending(reason.message, code, " ")
        return FailureReport(text, " ".join(text.split()), code)
    text = _ending(f"The server gave no reason for the status {api_status}.", code, " ")
    return FailureReport(text, text, code)


def _document_error(document: Mapping[str, Any]) -> Optional[JobError]:
    error = document.get("error")
    if not isinstance(error, Mapping) or not isinstance(error.get("message"), str):
        return None
    code = error.get("code")
    return JobError(error["message"], code if isinstance(code, (int, str)) else "")


def _known(error: Optional[JobError]) -> Optional[JobError]:
    return error if error is not None and (error.message or error.code != "") else None


def _ending(text: str, code: Code, separator: str) -> str:
    """Return the text with the code at its end, unless the server has put it there already."""
    if code is None or code == "":
        return text
    ending = f"Error code: {code}."
    text = text.rstrip()
    if text.rstrip(".").endswith(ending.rstrip(".")):
        return text.rstrip(".") + "."
    if separator == " " and not text.endswith((".", "!", "?")):
        text += "."
    return f"{text}{separator}{ending}"
