# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Marked secrets are planted, everything goes wrong, and then everything that people or programs may read is searched for them."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.scripted_server import (
    Exchange,
    ScriptedServer,
    answer,
    drop,
    hang,
    raw,
    redirect,
    reset,
    status,
    talk,
    truncated,
)
from support.transport import (
    ACCESS_TOKEN,
    API_TOKEN,
    JOB,
    JOB_ID,
    PROJECT,
    WS_STATUS,
    account_client,
    credentials_for,
    job_document,
    scripted_login,
    session_for,
)

from qiskit_ibmq_provider.api.clients import AccountClient, AuthClient, VersionClient, WebsocketClient
from qiskit_ibmq_provider.api.exceptions import ApiError, RequestsApiError

SIGNATURE = "signature-0123456789abcdef"
SECRETS = (API_TOKEN, ACCESS_TOKEN, SIGNATURE)


def echo(exchange: Exchange) -> None:
    """Refuse, and repeat everything that was sent."""
    request = exchange.request
    text = f"{request.target} {request.headers} {request.body.decode()}"
    body = {"error": {"message": text, "code": text, "name": text}}
    status(400, body)(exchange)


def echo_garbage(exchange: Exchange) -> None:
    request = exchange.request
    answer(f"{request.target} {request.headers} {request.body.decode()}".encode())(exchange)


TROUBLES = [
    echo,
    echo_garbage,
    drop,
    reset,
    hang,
    status(401),
    status(403, ACCESS_TOKEN.encode()),
    status(503),
    truncated({"id": ACCESS_TOKEN}, 4),
    answer({"id": ACCESS_TOKEN, "url": 5, "job": ACCESS_TOKEN, "status": 3}),
    redirect(f"ftp://elsewhere/?token={ACCESS_TOKEN}&sig={SIGNATURE}", 307),
    raw(f"{ACCESS_TOKEN}\r\n\r\n".encode()),
]


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        scripted_login(running)
        yield running


def pieces(error: BaseException) -> Iterator[str]:
    """Return every text that an exception, and whatever hangs on it, may show."""
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        item = waiting.pop()
        if item is None or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, (list, tuple, dict, str, bytes)):
            yield repr(item)
            continue
        yield f"{item} {item!r}"
        yield repr(getattr(item, "__dict__", ""))
        for name in (
            "__cause__",
            "__context__",
            "args",
            "request",
            "response",
            "headers",
            "url",
            "__notes__",
        ):
            waiting.append(getattr(item, name, None))


def ours_only(error: BaseException) -> Iterator[str]:
    """Return the local variables of this package's frames."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    chain = [shown]
    while chain:
        part = chain.pop()
        for frame in part.stack:
            if "/test/" not in frame.filename:
                yield f"{frame.filename}:{frame.lineno} {frame.locals}"
        chain.extend(each for each in (part.__cause__, part.__context__) if each is not None)


def assert_clean(error: BaseException, caplog: pytest.LogCaptureFixture) -> None:
    texts = [
        *pieces(error),
        *ours_only(error),
        "".join(traceback.format_exception(type(error), error, error.__traceback__)),
        repr(pickle.dumps(error)),
        caplog.text,
        repr([vars(record) for record in caplog.records]),
    ]
    for secret in SECRETS:
        for text in texts:
            assert secret not in text, text[:2000]


def signed(server: ScriptedServer, path: str) -> str:
    return f"{server.url}{path}?X-Signature={SIGNATURE}&n=1"


def scripted_job(server: ScriptedServer, act: Any, broken: str) -> None:
    """Let everything go well but one step."""
    upload = {"uploadUrl": signed(server, "/upload")}
    steps: dict[tuple[str, str], Any] = {
        ("POST", f"{PROJECT}/Jobs"): answer(job_document("CREATING", objectStorageInfo=upload)),
        ("PUT", "/upload"): status(200),
        ("POST", f"{JOB}/jobDataUploaded"): answer({"job": job_document("QUEUED")}),
        ("GET", f"{JOB}/status/v/1"): answer({"status": "CREATING"}),
        ("POST", f"{JOB}/cancel"): answer({"cancelled": True}),
        ("GET", f"{JOB}/jobUploadUrl"): answer({"url": signed(server, "/upload")}),
        ("GET", f"{JOB}/resultDownloadUrl"): answer({"url": signed(server, "/result")}),
        ("GET", f"{JOB}/jobDownloadUrl"): answer({"url": signed(server, "/result")}),
        ("GET", "/result"): answer({"results": []}),
    }
    for (method, path), usual in steps.items():
        server.on(method, path, act if path == broken else usual)


CALLS: dict[str, tuple[str, Callable[[AccountClient], Any]]] = {
    "list": (f"{PROJECT}/devices/v/1", lambda client: client.list_backends()),
    "create": (f"{PROJECT}/Jobs", lambda client: client.job_submit("campus_5q", {"a": 1})),
    "upload": ("/upload", lambda client: client.job_submit("campus_5q", {"a": 1})),
    "announce": (f"{JOB}/jobDataUploaded", lambda client: client.job_submit("campus_5q", {"a": 1})),
    "address": (f"{JOB}/resultDownloadUrl", lambda client: client.job_result(JOB_ID)),
    "result": ("/result", lambda client: client.job_result(JOB_ID)),
    "payload": ("/result", lambda client: client.job_download_qobj(JOB_ID)),
    "cancel": (f"{JOB}/cancel", lambda client: client.job_cancel(JOB_ID)),
    "wait": (f"{JOB}/status/v/1", lambda client: client.job_final_status(JOB_ID, timeout=0.3)),
}


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("call", CALLS)
def test_no_failure_of_a_call_shows_a_secret(server, call, trouble, caplog):
    caplog.set_level(logging.DEBUG)
    path, action = CALLS[call]
    scripted_job(server, trouble, path)
    if call == "list":
        server.on("GET", path, trouble)
    client = account_client(server)
    try:
        action(client)
    except ApiError as err:
        assert_clean(err, caplog)
    else:
        # The answer to an upload does not matter, and for these any object will do.
        assert call in ("upload", "cancel", "result", "payload")


@pytest.mark.parametrize(
    "trouble",
    [
        echo,
        echo_garbage,
        drop,
        reset,
        hang,
        status(401),
        status(503),
        truncated({"id": ACCESS_TOKEN}, 36),
        answer({"id": ACCESS_TOKEN + "\n"}),
        answer(f'{{"id": "{ACCESS_TOKEN}", and then'.encode()),
        answer([ACCESS_TOKEN]),
    ],
)
def test_no_failure_of_a_login_shows_a_secret(server, trouble, caplog):
    caplog.set_level(logging.DEBUG)
    server.on("POST", "/users/loginWithToken", trouble)
    with pytest.raises(ApiError) as failed:
        AuthClient(API_TOKEN, server.url, session=session_for(server.url))
    assert_clean(failed.value, caplog)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_failure_after_the_login_shows_a_secret(server, trouble, caplog):
    caplog.set_level(logging.DEBUG)
    server.on("GET", "/users/me", trouble)
    with pytest.raises(ApiError) as failed:
        AuthClient(API_TOKEN, server.url, session=session_for(server.url))
    assert_clean(failed.value, caplog)


def test_a_renewal_that_fails_shows_no_secret(server, caplog):
    caplog.set_level(logging.DEBUG)
    client = AuthClient(API_TOKEN, server.url, session=session_for(server.url))
    server.on("GET", "/users/me", status(401))
    server.on("POST", "/users/loginWithToken", echo)
    with pytest.raises(RequestsApiError, match="loginWithToken") as failed:
        client.auth_api.user_info()
    assert_clean(failed.value, caplog)


@pytest.mark.parametrize(
    "act", [echo, echo_garbage, drop, talk(lambda peer: peer.send(f"{ACCESS_TOKEN} {peer.receive()}"))]
)
def test_no_failure_of_a_websocket_shows_a_secret(server, act, caplog):
    caplog.set_level(logging.DEBUG)
    server.on("WS", WS_STATUS, act)
    client = WebsocketClient(server.ws_url + "/ws/", credentials_for(server), JOB_ID)
    with pytest.raises(ApiError) as failed:
        client.get_job_status(backoff_factor=0.01)
    assert_clean(failed.value, caplog)


def test_what_goes_well_shows_no_secret_either(server, caplog):
    caplog.set_level(logging.DEBUG)
    scripted_job(server, None, "")
    version = VersionClient(server.url, session=session_for(server.url))
    version.version()
    auth = AuthClient(API_TOKEN, server.url, session=version.session)
    client = AccountClient(credentials_for(server), session=auth.session)
    client.job_submit("campus_5q", {"a": 1})
    client.job_result(JOB_ID)
    texts = [caplog.text, repr([vars(record) for record in caplog.records])]
    for item in (
        version,
        auth,
        client,
        auth.session,
        auth.session.tokens,
        auth.session.redactor,
        client.account_api,
    ):
        texts.append(repr(item))
    for secret in SECRETS:
        assert all(secret not in text for text in texts)
    assert auth.current_access_token() == ACCESS_TOKEN
    assert auth.api_token == API_TOKEN
