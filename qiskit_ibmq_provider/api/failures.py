# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The one way from a failed request to an exception.

The text says what was asked, what came of it, and what to do. Where the server gave a code it ends in ``Error code: NNNN.``, which
programs written for this API look for.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping
from typing import Final, Union
from urllib.parse import urlsplit

from qiskit_ibmq_provider.api.backoff import Tally, Trouble
from qiskit_ibmq_provider.api.exceptions import ApiError, ApiIBMQProtocolError, RequestsApiError
from qiskit_ibmq_provider.api.exchange import Answer, Problem, Url, reveal_url
from qiskit_ibmq_provider.api.redaction import Redactor
from qiskit_ibmq_provider.protocol.errors import LICENSE_REQUIRED, ErrorBody, ErrorCode, ProtocolError

__all__ = ["describe_request", "error_for", "remembering", "unreadable"]

_ADVICE: Final[Mapping[int, str]] = {
    401: "Check the API token of the account and load the account again.",
    403: "The account may not do this, or the address has expired: ask whoever runs the service.",
    407: "The proxy wants a user and password: put them into the account's 'proxies'.",
    413: "The request is too large for the server: ask for less at once.",
    429: "The server is asked too often: wait, then try again.",
}

_OUR_CODES: Final = frozenset(str(int(code)) for code in ErrorCode) - {str(int(ErrorCode.NOT_FOUND))}


def describe_request(method: str, url: Url) -> str:
    """Return verb and path of a request for a text; of a signed URL only the host and the path."""
    try:
        parts = urlsplit(reveal_url(url))
    except ValueError:
        return f"{method} of a malformed URL"
    host = parts.netloc.rpartition("@")[2]
    if host:
        return f"{method} {parts.scheme}://{host}{parts.path}"
    return f"{method} {parts.path}"


def error_for(problem: Problem, request: str, tally: Tally, redactor: Redactor) -> ApiError:
    """Return the exception for a request that has failed for good.

    Args:
        problem: the last failure.
        request: verb and path, from :func:`describe_request`.
        tally: the failures before it.
        redactor: takes the account's secrets out of the text.
    """
    answer = problem.answer
    error: ApiError
    if problem.trouble in (Trouble.UNREADABLE, Trouble.TOO_LONG):
        error = ApiIBMQProtocolError(redactor.clean(f"{request}: {problem.detail}"))
        error.status_code = None if answer is None else answer.status
    elif answer is None:
        again = f" ({tally.total + 1} attempts)" if tally.total else ""
        error = RequestsApiError(redactor.clean(f"{request} failed{again}: {problem.detail}"))
    else:
        error = _refusal(answer, problem.detail, request, redactor)
    rejected = answer is not None and 400 <= answer.status < 500
    total = tally.after(problem.trouble, problem.status)
    error.may_be_processed, error.may_be_under_way = total.may_be_processed, total.may_be_under_way
    error.outcome_unknown = total.may_be_processed and not rejected
    error.__cause__ = problem.cause or error.__cause__
    return error


@contextlib.contextmanager
def remembering(tally: Tally) -> Iterator[None]:
    """Let an error of the block say what the tally says: the block belongs to a request that is repeated."""
    try:
        yield
    except ApiError as err:
        error = copy.copy(err)
        error.__cause__ = err.__cause__
        error.may_be_processed = err.may_be_processed or tally.may_be_processed
        error.may_be_under_way = err.may_be_under_way or tally.may_be_under_way
        error.outcome_unknown = err.outcome_unknown or tally.may_be_processed
    else:
        return
    raise error


def unreadable(err: ProtocolError, answer: Answer, redactor: Redactor) -> Problem:
    """Return the problem of an answer that came whole and does not have the form that it should have."""
    text = redactor.clean(str(err))
    detail = f"The server's answer cannot be read: {text} Try again later, and check the URL if this stays."
    return Problem(Trouble.UNREADABLE, detail, answer, ProtocolError(text))


def _refusal(answer: Answer, detail: str, request: str, redactor: Redactor) -> RequestsApiError:
    body = ErrorBody.from_bytes(answer.body)
    parts = [_sentence(detail or body.message or body.raw_text or "The answer says nothing more")]
    pause = answer.headers.get("retry-after", "")
    if pause.isascii() and pause.isdigit():
        parts.append(f"The server asks to wait {pause} s.")
    elif body.name != LICENSE_REQUIRED and not detail:
        parts.extend(_advice(answer.status, body.code))
    if body.code is not None:
        parts.append(f"Error code: {body.code}.")
    status = f"{answer.status} {answer.reason}".strip()
    error = RequestsApiError(
        redactor.clean(f"{status} for {request}: {' '.join(parts)}"),
        status_code=answer.status,
        code=_clean_code(body.code, redactor),
        error_name=None if body.name is None else redactor.clean(body.name),
    )
    # Not above: the transport is imported before there is anything to ask, and the HTTP library is not.
    from qiskit_ibmq_provider.api.diagnosis import http_error

    error.__cause__ = http_error(answer, f"{status} for {request}", redactor)
    return error


def _advice(status: int, code: Union[int, str, None]) -> list[str]:
    """Return what to do after an error status. A text with a code of our service says that itself."""
    if status in _ADVICE:
        return [_ADVICE[status]]
    if str(code) in _OUR_CODES:
        return []
    if status == 404:
        return ["Check the name or the id, and the project."]
    if status >= 500:
        return ["Try again later; if this stays, whoever runs the service should know."]
    return ["Correct what was asked for."]


def _clean_code(code: Union[int, str, None], redactor: Redactor) -> Union[int, str, None]:
    """Return an error code; a number that came as text is a number."""
    if not isinstance(code, str):
        return code
    return int(code) if code.isascii() and code.isdigit() and len(code) < 10 else redactor.clean(code)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else text + "."
