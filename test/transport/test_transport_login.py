# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Login, and its renewal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.scripted_server import Exchange, ScriptedServer, answer, status
from support.transport import API_TOKEN, PROJECT, credentials_for, scripted_login, session_for

from qiskit_ibmq_provider.api.clients import AccountClient, AuthClient
from qiskit_ibmq_provider.api.exceptions import AuthenticationLicenseError, RequestsApiError


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        scripted_login(running)
        yield running


def test_a_licence_that_is_not_accepted_is_an_error_of_its_own(server):
    body = {
        "error": {"message": "Accept the licence at https://example.org", "name": "ACCEPT_LICENSE_REQUIRED"}
    }
    server.on("POST", "/users/loginWithToken", status(401, body))
    with pytest.raises(AuthenticationLicenseError, match="Accept the licence at https://example.org"):
        AuthClient(API_TOKEN, server.url, session=session_for(server.url))


def test_an_expired_token_is_renewed_and_the_call_goes_on(server):
    def by_token(exchange: Exchange) -> None:
        known = exchange.request.headers["x-access-token"] == "second-token"
        (answer([]) if known else status(401))(exchange)

    server.on("POST", "/users/loginWithToken", answer({"id": "first-token"}), answer({"id": "second-token"}))
    server.on("GET", f"{PROJECT}/devices/v/1", by_token)
    auth = AuthClient(API_TOKEN, server.url, session=session_for(server.url))
    clients = [AccountClient(credentials_for(server), session=auth.session) for _ in range(2)]
    assert [client.list_backends() for client in clients] == [[], []]
    assert server.paths("POST") == ["/users/loginWithToken"] * 2
    assert auth.current_access_token() == "second-token"


def test_a_client_of_its_own_renews_its_token_too(server):
    server.on("GET", f"{PROJECT}/devices/v/1", status(401), answer([]))
    client = AccountClient(credentials_for(server), backoff_factor=0.01)
    assert client.list_backends() == []
    assert server.requests[1].json == {"apiToken": API_TOKEN}


def test_a_token_that_stays_refused_is_renewed_only_once_for_a_call(server):
    server.on("GET", f"{PROJECT}/devices/v/1", status(401, {"error": {"message": "no", "code": 3447}}))
    client = AccountClient(credentials_for(server))
    with pytest.raises(RequestsApiError, match=r"Check the API token .* Error code: 3447\.") as failed:
        client.list_backends()
    assert failed.value.status_code == 401
    assert len(server.requests) == 3
