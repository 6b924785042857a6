# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Clients of a scripted server, with short timeouts, and what such a server has to answer for a project."""

from __future__ import annotations

from typing import Any

from support.scripted_server import Peer, ScriptedServer, answer, status

from qiskit_ibmq_provider.api.clients.account import AccountClient
from qiskit_ibmq_provider.api.session import RetrySession
from qiskit_ibmq_provider.api.time_limits import TimeLimits, Timeouts
from qiskit_ibmq_provider.credentials import Credentials

__all__ = [
    "ACCESS_TOKEN",
    "API_TOKEN",
    "JOB",
    "JOB_ID",
    "PROJECT",
    "QUICK",
    "STATUS",
    "WS_STATUS",
    "account_client",
    "credentials_for",
    "done_then_closed",
    "garbled",
    "job_document",
    "refused",
    "scripted_login",
    "scripted_submission",
    "session_for",
    "silent",
    "until",
]

API_TOKEN = "api-token-0123456789abcdef"
ACCESS_TOKEN = "access-token-0123456789abcdef"
PROJECT = "/Network/hub/Groups/group/Projects/project"
JOB_ID = "60b5f1d2c3a4e5f6a7b8c9d0"
JOB = f"{PROJECT}/Jobs/{JOB_ID}"
STATUS = f"{JOB}/status/v/1"
WS_STATUS = f"/ws/jobs/{JOB_ID}/status/v/1"


QUICK = TimeLimits(
    request=Timeouts(1.0, 0.4, 1.0), storage=Timeouts(1.0, 0.4, 1.5), backoff=0.005, poll_shortest=0.05
)
"""Time limits that are a hundredth of the usual ones."""


def session_for(url: str, **settings: Any) -> RetrySession:
    """Return a session whose timeouts and waits are a hundredth of the usual ones."""
    return RetrySession(url, **{"time_limits": QUICK, **settings})


def credentials_for(server: ScriptedServer, **changes: Any) -> Credentials:
    """Return the credentials of a project on a scripted server."""
    values: dict[str, Any] = {
        "websockets_url": server.ws_url + "/ws/",
        "hub": "hub",
        "group": "group",
        "project": "project",
        "access_token": ACCESS_TOKEN,
    }
    return Credentials(API_TOKEN, server.url, **{**values, **changes})


def account_client(server: ScriptedServer, **settings: Any) -> AccountClient:
    """Return a client of a project on a scripted server."""
    session = session_for(server.url, access_token=ACCESS_TOKEN, **settings)
    return AccountClient(credentials_for(server), session=session)


def job_document(state: str, **fields: Any) -> dict[str, Any]:
    """Return a job as a server describes it."""
    return {
        "id": JOB_ID,
        "creationDate": "2021-06-01T09:31:02.417Z",
        "status": state,
        "kind": "q-object-external-storage",
        "backend": {"name": "campus_5q"},
        **fields,
    }


def until(*statuses: str) -> list[Any]:
    """Return answers of the status request, one after another."""
    return [answer({"status": each}) for each in statuses]


def scripted_login(server: ScriptedServer) -> None:
    """Let a server take a login."""
    server.on("GET", "/version", answer({"api-auth": "1"}))
    server.on("POST", "/users/loginWithToken", answer({"id": ACCESS_TOKEN, "ttl": 1209600}))
    server.on("GET", "/users/me", answer({"urls": {"http": server.url, "ws": server.ws_url + "/ws/"}}))


def scripted_submission(server: ScriptedServer) -> None:
    """Let a server take a job."""
    upload = {"jobId": JOB_ID, "uploadUrl": f"{server.url}/upload?X-Signature=upload-signature-1"}
    server.on("POST", f"{PROJECT}/Jobs", answer(job_document("CREATING", objectStorageInfo=upload)))
    server.on("PUT", "/upload", status(200))
    server.on("POST", f"{JOB}/jobDataUploaded", answer({"job": job_document("VALIDATING")}))
    server.on("POST", f"{JOB}/cancel", answer({"cancelled": True}))


def done_then_closed(peer: Peer) -> None:
    """Say that the job is over, and wait for the client to close."""
    peer.authenticate()
    peer.status("COMPLETED")
    peer.until_closed()


def garbled(peer: Peer) -> None:
    """Send what is not JSON."""
    peer.authenticate()
    peer.send("this is not JSON")
    peer.until_closed()


def refused(peer: Peer) -> None:
    """Do not accept the token."""
    peer.receive()
    peer.send({"type": "error", "data": "no"})
    peer.until_closed()


def silent(peer: Peer) -> None:
    """Accept the token, tell one status, and nothing more."""
    peer.authenticate()
    peer.status("RUNNING")
    peer.until_closed()
