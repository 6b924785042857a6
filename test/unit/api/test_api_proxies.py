# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""How websockets reach their server."""

from __future__ import annotations

import ssl

import pytest

from qiskit_ibmq_provider.api.clients.utils import ws_proxy_params, ws_ssl_options
from qiskit_ibmq_provider.credentials import Credentials

WSS, WS = "wss://ws.example.org/ws/jobs/1", "ws://ws.example.org/ws/jobs/1"


def params(urls: object, ws_url: str = WSS, **more: object) -> dict:
    credentials = Credentials("token", "https://api.example.org/api", proxies={"urls": urls, **more})
    return ws_proxy_params(credentials, ws_url)


@pytest.mark.parametrize(
    "urls",
    [
        {WSS: "http://right:1", "wss": "http://wrong:1"},
        {"wss": "http://right:1", "https://ws.example.org": "http://wrong:1"},
        {"https://ws.example.org": "http://right:1", "https": "http://wrong:1"},
        {"https": "http://right:1", "all": "http://wrong:1", "http": "http://wrong:1"},
        {"all://ws.example.org": "http://right:1", "all": "http://wrong:1"},
        {"all": "//right:1"},
        {"https": "right:1"},
    ],
)
def test_the_most_specific_proxy_is_taken(urls):
    found = params(urls)
    assert (found["http_proxy_host"], found["http_proxy_port"], found["proxy_type"]) == ("right", 1, "http")


def test_plain_http_settings_are_for_plain_websockets_only():
    assert params({"http": "http://proxy:3128"}) == {}
    assert params({"http": "http://proxy:3128"}, WS)["http_proxy_host"] == "proxy"


def test_users_and_passwords_are_unquoted_and_ntlm_wins():
    urls = {"https": "http://us%40er:pass%3Aword@proxy:3128"}
    assert params(urls)["http_proxy_auth"] == ("us@er", "pass:word")
    found = params(urls, username_ntlm="dom\\user", password_ntlm="secret")
    assert found["http_proxy_auth"] == ("dom\\user", "secret")


@pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h"])
def test_socks_proxies_keep_their_kind(scheme):
    assert params({"https": f"{scheme}://proxy:1080"})["proxy_type"] == scheme


@pytest.mark.parametrize("proxies", [None, {}, {"https": "http://nested.wrongly:1"}, {"urls": None}])
def test_without_usable_proxies_there_are_no_settings(proxies):
    credentials = Credentials("token", "https://api.example.org/api", proxies=proxies)
    assert ws_proxy_params(credentials, WSS) == {}


def test_this_machine_is_reached_directly_whatever_the_environment_says():
    found = ws_proxy_params(Credentials("token", "http://127.0.0.1:8000/api"), "ws://127.0.0.1:8000/api/ws/")
    assert found["http_no_proxy"] == ["127.0.0.1"]


def test_verify_false_holds_for_websockets_too():
    assert ws_ssl_options(False) == {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}


def test_websockets_trust_whom_http_trusts(monkeypatch, tmp_path):
    assert ws_ssl_options(True)["ca_certs"].endswith(".pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/some/bundle.pem")
    assert ws_ssl_options(True) == {"ca_certs": "/some/bundle.pem"}
    assert ws_ssl_options(str(tmp_path)) == {"ca_cert_path": str(tmp_path)}
    monkeypatch.setenv("WEBSOCKET_CLIENT_CA_BUNDLE", "/their/own.pem")
    assert ws_ssl_options(True) == {}
