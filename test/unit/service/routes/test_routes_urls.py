# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Which URLs are handed out to whom."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.service.routes.urls import api_url, public_origin, websocket_url

FALLBACK = "http://127.0.0.1:8765"
FORWARDED = {"x-forwarded-proto": "https", "x-forwarded-host": "q.example.org"}


def _origin(
    headers: dict[str, str],
    *,
    configured: str | None = None,
    peer: str | None = "10.0.0.7",
    trusted: tuple[str, ...] = (),
) -> str:
    return public_origin(
        headers, configured=configured, fallback=FALLBACK, peer=peer, trusted_proxies=trusted
    )


def test_the_configured_url_wins() -> None:
    headers = {"host": "other", **FORWARDED}
    assert _origin(headers, configured="https://x.org/q", trusted=("10.0.0.0/8",)) == "https://x.org/q"


def test_otherwise_it_is_the_one_that_the_request_came_to() -> None:
    assert _origin({"host": "myhost:8765"}) == "http://myhost:8765"
    assert _origin({"host": "[::1]:8765"}) == "http://[::1]:8765"


def test_forwarded_headers_count_only_from_a_trusted_proxy() -> None:
    headers = {"host": "inside:8765", **FORWARDED}
    assert _origin(headers) == "http://inside:8765"
    assert _origin(headers, trusted=("10.0.0.0/8",)) == "https://q.example.org"
    assert _origin(headers, trusted=("10.1.0.0/16",)) == "http://inside:8765"
    assert _origin(headers, trusted=("10.0.0.0/8",), peer=None) == "http://inside:8765"
    assert _origin(headers, trusted=("10.0.0.0/8",), peer="testclient") == "http://inside:8765"


def test_of_several_proxies_the_first_one_counts() -> None:
    headers = {"x-forwarded-proto": "https, http", "x-forwarded-host": "q.example.org, inner"}
    assert _origin(headers, trusted=("10.0.0.7/32",)) == "https://q.example.org"


@pytest.mark.parametrize("host", ["", "a b", "evil.org/path", "user@evil.org", 'x"y', "host:port", "[::1"])
def test_a_host_that_is_none_is_not_repeated(host: str) -> None:
    assert _origin({"host": host}) == FALLBACK


def test_a_scheme_that_is_none_is_not_repeated() -> None:
    assert _origin({"host": "h", "x-forwarded-proto": "gopher"}, trusted=("10.0.0.7",)) == FALLBACK


def test_the_http_base_has_no_slash_at_its_end_and_the_websocket_base_has_one() -> None:
    assert api_url("https://q.example.org") == "https://q.example.org/api"
    assert websocket_url("https://q.example.org") == "wss://q.example.org/api/ws/"
    assert websocket_url("http://127.0.0.1:1") == "ws://127.0.0.1:1/api/ws/"
