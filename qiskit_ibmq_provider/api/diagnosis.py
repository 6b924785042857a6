# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Exceptions of the HTTP library: what they mean, in our words; and one for a refusal, which the library does not raise itself."""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Iterator
from typing import Final, Optional, TypeVar

import requests
import urllib3

from qiskit_ibmq_provider.api.addresses import origin_of
from qiskit_ibmq_provider.api.backoff import Trouble
from qiskit_ibmq_provider.api.exchange import Answer, Problem
from qiskit_ibmq_provider.api.redaction import Redactor, Secret
from qiskit_ibmq_provider.api.time_limits import Timeouts

__all__ = ["diagnose", "http_error"]

E = TypeVar("E", bound=BaseException)

_INVALID: Final = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidHeader,
    urllib3.exceptions.LocationValueError,
    UnicodeError,
)


def diagnose(
    err: Exception, url: Secret, timeouts: Timeouts, redactor: Redactor, *, expired: bool, sent: bool
) -> Problem:
    """Return the problem that an exception stands for.

    Args:
        err: what the library raised.
        url: the URL that was asked.
        timeouts: the bounds of the exchange.
        redactor: takes secrets out of texts.
        expired: whether the deadline of the exchange has passed.
        sent: whether the request may have reached the server.
    """
    trouble = _classify(err)
    if expired and trouble is not Trouble.INVALID:
        trouble = Trouble.DEADLINE if sent else Trouble.UNREACHABLE
    detail = _explain(trouble, err, origin_of(url.reveal()) or "the server", timeouts)
    return Problem(trouble, redactor.clean(detail), cause=_without_secrets(err, redactor))


def http_error(answer: Answer, text: str, redactor: Redactor) -> Exception:
    """Return what the library would have raised for an answer with an error status, which other programs look into for the body.

    Args:
        answer: the answer.
        text: status and request.
        redactor: takes secrets out of the body.
    """
    response = requests.Response()
    response.status_code, response.encoding = answer.status, "utf-8"
    response.reason = redactor.clean(answer.reason)
    response.raw = io.BytesIO(redactor.clean(answer.body.decode("utf-8", "replace")).encode())
    response.content  # noqa: B018 - reads it
    return requests.HTTPError(redactor.clean(text), response=response)


def _classify(err: Exception) -> Trouble:
    """Return the kind of failure. Order matters: most of these wrap others."""
    if isinstance(err, _INVALID):
        return Trouble.INVALID
    if _first(err, urllib3.exceptions.ProxyError) or isinstance(err, requests.exceptions.ProxyError):
        return Trouble.PROXY
    if _first(err, ssl.SSLEOFError) or _first(err, ssl.SSLZeroReturnError):
        return Trouble.DROPPED
    if _first(err, ssl.SSLError) or isinstance(err, requests.exceptions.SSLError):
        return Trouble.TLS
    if isinstance(err, requests.exceptions.ConnectTimeout):
        return Trouble.UNREACHABLE
    if _first(err, urllib3.exceptions.ConnectTimeoutError) or _first(
        err, urllib3.exceptions.NewConnectionError
    ):
        return Trouble.UNREACHABLE
    if isinstance(err, requests.exceptions.Timeout) or _first(err, urllib3.exceptions.ReadTimeoutError):
        return Trouble.SILENT
    if _first(err, TimeoutError) or _first(err, socket.timeout):
        return Trouble.SILENT
    if isinstance(err, requests.exceptions.ContentDecodingError):
        return Trouble.UNREADABLE
    # The library's own complaint about a CA file that is not there.
    return Trouble.INVALID if type(err) is OSError else Trouble.DROPPED


def _explain(trouble: Trouble, err: Exception, origin: str, timeouts: Timeouts) -> str:
    if trouble is Trouble.INVALID:
        return f"The request cannot be made: {err}. Check the URL and the settings of the account."
    if trouble is Trouble.PROXY:
        return f"ProxyError: no connection to {origin} through the proxy: {_root(err)}. Check the account's 'proxies'."
    if trouble is Trouble.TLS:
        return _explain_tls(err, origin)
    if trouble is Trouble.UNREACHABLE:
        return _explain_unreachable(err, origin, timeouts)
    if trouble is Trouble.SILENT:
        return f"{origin} did not answer within {timeouts.read:g} s. Try again later."
    if trouble is Trouble.DEADLINE:
        return f"{origin} did not answer completely within {timeouts.total:g} s. Try again later."
    if trouble is Trouble.UNREADABLE:
        return f"The answer cannot be unpacked: {_root(err)}."
    return f"The connection to {origin} broke: {_root(err)}. Try again."


def _explain_tls(err: Exception, origin: str) -> str:
    failure = _first(err, ssl.SSLError)
    reason = getattr(failure, "verify_message", None) or getattr(failure, "reason", None) or _root(err)
    if _first(err, ssl.SSLCertVerificationError) or _first(err, ssl.CertificateError):
        return (
            f"The certificate of {origin} cannot be verified: {reason}. If its issuer is known to you, name its certificate in the "
            "environment variable REQUESTS_CA_BUNDLE; verify=False turns verification off."
        )
    return f"No secure connection to {origin}: {reason}. Check that the server speaks HTTPS at this address."


def _explain_unreachable(err: Exception, origin: str, timeouts: Timeouts) -> str:
    if _first(err, socket.gaierror) or _is_name_error(err):
        return f"The host of {origin} is not known. Check the URL and the network."
    if _first(err, urllib3.exceptions.NewConnectionError) is None:
        return f"{origin} did not accept a connection within {timeouts.connect:g} s. Check the URL and the network."
    refused = _first(err, ConnectionRefusedError)
    reason = "connection refused" if refused is not None else _root(err)
    return (
        f"No connection to {origin}: {reason}. Check that the service is running and that the URL is right."
    )


def _is_name_error(err: Exception) -> bool:
    """Tell whether ``urllib3`` 2 says that a name cannot be resolved."""
    kind = getattr(urllib3.exceptions, "NameResolutionError", None)
    return kind is not None and _first(err, kind) is not None


def _root(err: BaseException) -> str:
    found = [
        item
        for item in _chain(err)
        if isinstance(item, OSError) and not isinstance(item, requests.RequestException)
    ]
    bottom = found[-1] if found else list(_chain(err))[-1]
    text = (getattr(bottom, "strerror", None) or str(bottom) or type(bottom).__name__).strip()
    return text.rstrip(".")


def _first(err: BaseException, kind: type[E]) -> Optional[E]:
    return next((item for item in _chain(err) if isinstance(item, kind)), None)


def _chain(err: BaseException) -> Iterator[BaseException]:
    """Go through an exception and those that it wraps: as arguments, as reason, as cause."""
    seen: set[int] = set()
    waiting: list[object] = [err]
    while waiting:
        item = waiting.pop(0)
        if not isinstance(item, BaseException) or id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        waiting.extend([*item.args, getattr(item, "reason", None), item.__cause__, item.__context__])


def _without_secrets(err: Exception, redactor: Redactor) -> Exception:
    """Return an exception of the same class that holds its text, redacted, and nothing else: no request, no traceback, no cause."""
    kind = type(err)
    if not isinstance(err, requests.RequestException) or kind.__module__ != "requests.exceptions":
        kind = requests.exceptions.ConnectionError
    return kind(redactor.clean(str(err)))
