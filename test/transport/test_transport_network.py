# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Ways to the server: redirects, certificates, proxies."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.scripted_server import ScriptedServer, answer, redirect
from support.transport import ACCESS_TOKEN, PROJECT, account_client, session_for

from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest import Api

TLS = Path(__file__).parent.parent / "support" / "tls"
LIST = f"{PROJECT}/devices/v/1"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture(scope="module")
def tls_server() -> Iterator[ScriptedServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
    with ScriptedServer(context) as running:
        running.on("GET", "/version", answer({"api-auth": "1"}))
        yield running


def test_the_token_does_not_follow_a_redirect_to_another_host(server):
    with ScriptedServer() as other:
        server.on("GET", LIST, redirect(other.url + "/devices"))
        other.on("GET", "/devices", answer([]))
        assert account_client(server).list_backends() == []
        assert "x-access-token" not in other.requests[0].headers


def test_the_token_follows_a_redirect_within_the_api(server):
    server.on("GET", LIST, redirect("/moved", 307))
    server.on("GET", "/moved", answer([]))
    assert account_client(server).list_backends() == []
    assert server.requests[1].headers["x-access-token"] == ACCESS_TOKEN


def test_a_login_is_not_taken_to_another_host(server):
    with ScriptedServer() as other:
        server.on("POST", "/users/loginWithToken", redirect(other.url + "/users/loginWithToken", 307))
        with pytest.raises(RequestsApiError, match="redirect to another host"):
            Api(session_for(server.url)).login(Secret("mine"))
        assert other.requests == []


def test_redirects_without_end_end(server):
    server.on("GET", LIST, redirect(LIST))
    with pytest.raises(RequestsApiError, match="more than 5 redirects"):
        account_client(server).list_backends()
    assert len(server.paths()) == 6


def test_a_self_signed_certificate_is_refused_and_the_text_says_what_to_do(tls_server):
    waits: list[float] = []
    with pytest.raises(RequestsApiError, match="REQUESTS_CA_BUNDLE.*verify=False") as failed:
        Api(session_for(tls_server.url, sleep=waits.append)).version()
    assert waits == []
    assert "certificate" in failed.value.message


def test_a_certificate_can_be_trusted(tls_server, monkeypatch):
    assert Api(session_for(tls_server.url, verify=str(TLS / "certificate.pem"))).version().components
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(TLS / "certificate.pem"))
    assert Api(session_for(tls_server.url)).version().components


def test_verification_can_be_turned_off_with_one_warning(tls_server, monkeypatch):
    # The variable would win over verify=False if the HTTP library decided.
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(TLS / "key.pem"))
    with pytest.warns(UserWarning, match="not verified") as warned:
        api = Api(session_for(tls_server.url, verify=False))
        for _ in range(3):
            assert api.version().components
    assert len(warned) == 1


def test_a_server_without_tls_at_an_https_address_is_named(server):
    with pytest.raises(RequestsApiError, match="Check that the server speaks HTTPS"):
        Api(session_for(server.url.replace("http:", "https:"))).version()


def test_requests_go_through_the_proxy_of_the_account(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.on("GET", "/version", answer({"api-auth": "1"}))
    proxies = {"http": server.url.replace("://", "://user:password@")}
    assert Api(session_for("http://api.example.org", proxies=proxies)).version().components
    assert server.requests[0].target == "http://api.example.org/version"
    assert server.requests[0].headers["proxy-authorization"].startswith("Basic ")


def test_this_machine_is_reached_directly_whatever_the_environment_says(server, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.on("GET", "/version", answer({"api-auth": "1"}))
    assert Api(session_for(server.url)).version().components


def test_a_proxy_that_is_not_there_is_named_without_its_password():
    with ScriptedServer() as gone:
        proxies = {"http": gone.url.replace("://", "://user:pass-word@")}
    with pytest.raises(RequestsApiError, match="ProxyError") as failed:
        Api(session_for("http://api.example.org", proxies=proxies)).version()
    assert type(failed.value.__cause__).__name__ == "ProxyError"
    assert type(failed.value.__cause__).__module__ == "requests.exceptions"
    assert "pass-word" not in str(failed.value) + str(failed.value.__cause__)


def test_passwords_of_a_netrc_file_are_left_alone(server, clean_environment):
    (clean_environment / ".netrc").write_text("machine 127.0.0.1 login me password mine\n")
    server.on("GET", "/version", answer({"api-auth": "1"}))
    Api(session_for(server.url)).version()
    assert "authorization" not in server.requests[0].headers
