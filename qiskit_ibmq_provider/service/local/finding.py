# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Finding the service of this machine without starting it: is the one that the discovery file names there, and is it at work?

The client's transport is not used: it belongs to accounts, with their proxies and retries. These requests stay on this machine.
"""

from __future__ import annotations

import dataclasses
import enum
import http.client
import json
import os
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final, Optional
from urllib.parse import urlencode

from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.accounts import AccessToken, decode_network
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.filters import Compare, Filter, Operator
from qiskit_ibmq_provider.protocol.status import API_JOB_FINAL_STATES
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig
from qiskit_ibmq_provider.service.local.discovery import ServiceRecord
from qiskit_ibmq_provider.service.local.logfile import size_of

__all__ = ["LocalState", "Presence", "find", "look", "presence_of", "process_exists", "unfinished_jobs"]

_SECONDS: Final = 5.0
"""How long an answer from the same machine may take."""

_MOST_JOBS: Final = 1000
"""Unfinished jobs are counted up to here."""

_LARGEST_ANSWER: Final = 16 * 1024 * 1024


@dataclasses.dataclass(frozen=True)
class LocalState:
    """The service of this machine at one moment.

    Attributes:
        record: the running service; ``None`` if it does not run.
        unfinished: jobs that wait or run; ``None`` if not known.
        data_bytes: size of jobs and results on disk.
    """

    record: Optional[ServiceRecord]
    unfinished: Optional[int]
    data_bytes: int


def look(config: LocalServiceConfig) -> LocalState:
    """Return the state of the service. It is not started.

    Raises:
        IBMQLocalServiceError: the directory is another machine's, or cannot be read.
    """
    record = find(config)
    unfinished = unfinished_jobs(record) if record is not None else None
    data_bytes = sum(size_of(path) for path in config.data_dir.rglob("*") if path.is_file())
    return LocalState(record, unfinished, data_bytes)


def find(config: LocalServiceConfig) -> Optional[ServiceRecord]:
    """Return the service that is running, or ``None``.

    Raises:
        IBMQLocalServiceError: the directory is another machine's, or cannot be read.
    """
    record = config.record()
    return record if record is not None and presence_of(record) is Presence.OURS else None


class Presence(enum.Enum):
    """What answers where a service should be."""

    OURS = "ours"
    """The service itself."""

    GONE = "gone"
    """Nothing, or something else."""

    SILENT = "silent"
    """Something that takes connections and says nothing: the service, very busy, or something else."""


def presence_of(record: ServiceRecord) -> Presence:
    """Return whether the service that a discovery file describes is there. No secret is sent."""
    if not process_exists(record.pid):
        return Presence.GONE
    try:
        answer = _ask(record.url)
    except _NoAnswerError as err:
        return Presence.SILENT if err.silent else Presence.GONE
    known = isinstance(answer, Mapping) and answer.get("instance_id") == record.instance_id
    return Presence.OURS if known else Presence.GONE


def process_exists(pid: int) -> bool:
    """Return whether there is a process with this id. On Windows that is not asked: the answer of the port decides."""
    if os.name != "posix":
        return True
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        # It belongs to somebody else, or the number is none.
        return False
    return True


def unfinished_jobs(record: ServiceRecord) -> Optional[int]:
    """Return how many jobs wait or run, at most a thousand per project; ``None`` if the service does not say.

    Call it only for a service that :func:`presence_of` has recognised: it gets the token.
    """
    wanted = Filter(
        where=Compare("status", Operator.NIN, [status.value for status in API_JOB_FINAL_STATES]),
        limit=_MOST_JOBS,
        fields=("id",),
    )
    query = urlencode({"filter": json.dumps(wanted.to_json())})
    try:
        login = _ask(record.url + routes.LOGIN.path(), body={"apiToken": record.token})
        token = AccessToken.from_json(login).id
        count = 0
        for entry in decode_network(_ask(record.url + routes.NETWORK.path(), token=token)):
            path = routes.JOB_IDS.path(hub=entry.hub, group=entry.group, project=entry.project)
            jobs = _ask(f"{record.url}{path}?{query}", token=token)
            count += len(jobs) if isinstance(jobs, list) else 0
    except (_NoAnswerError, ProtocolError):
        return None
    return count


class _NoAnswerError(Exception):
    """There is no answer that can be understood. ``silent`` if something was there and took too long."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__("no answer")
        self.silent = silent


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The service never redirects; something else on its port might."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


def _ask(url: str, *, token: Optional[str] = None, body: Optional[Mapping[str, Any]] = None) -> Any:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token is not None:
        headers["X-Access-Token"] = token
    data = None if body is None else json.dumps(body).encode()
    # An empty table of proxies: those of the environment are for the world outside.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect)
    try:
        request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 (the URL is the service's own)
        with opener.open(request, timeout=_SECONDS) as response:
            return json.loads(response.read(_LARGEST_ANSWER))
    except urllib.error.URLError as err:
        raise _NoAnswerError(silent=isinstance(err.reason, socket.timeout)) from None
    except socket.timeout:
        raise _NoAnswerError(silent=True) from None
    except (OSError, http.client.HTTPException, ValueError):
        raise _NoAnswerError(silent=False) from None
