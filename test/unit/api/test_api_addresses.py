# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Where requests go: origins, and which redirects are followed."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.api.addresses import RefusedRedirect, origin_of, redirect_target

API = "https://api.example.org/api/x"
TRUSTED = {"https://api.example.org:443", "https://other.example.org:8443"}


@pytest.mark.parametrize(
    ("method", "status", "location", "confined", "expected"),
    [
        ("GET", 302, "/api/y", False, "https://api.example.org/api/y"),
        ("GET", 301, "https://elsewhere.org/z", False, "https://elsewhere.org/z"),
        ("GET", 302, None, False, RefusedRedirect),
        ("GET", 302, "ftp://elsewhere.org/", False, RefusedRedirect),
        ("GET", 302, "http://api.example.org/api/x", False, RefusedRedirect),
        ("POST", 302, "/api/y", True, RefusedRedirect),
        ("POST", 307, "/api/y", True, "https://api.example.org/api/y"),
        ("POST", 308, "https://other.example.org:8443/y", True, "https://other.example.org:8443/y"),
        ("POST", 307, "https://elsewhere.org/api/x", True, RefusedRedirect),
        ("PUT", 307, "https://region.store.org/x?sig=1", False, "https://region.store.org/x?sig=1"),
    ],
)
def test_where_a_redirect_leads(method, status, location, confined, expected):
    target = redirect_target(method, API, status, location, trusted=TRUSTED, confined=confined)
    if expected is RefusedRedirect:
        assert isinstance(target, RefusedRedirect)
    else:
        assert target == expected


def test_a_login_may_move_from_http_to_https_of_the_same_host():
    target = "https://api.example.org/login"
    assert (
        redirect_target("POST", "http://api.example.org/login", 308, target, trusted=(), confined=True)
        == target
    )


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://Host.Example.org/x", "http://host.example.org:80"),
        ("https://host:8443", "https://host:8443"),
        ("wss://host/ws/", "wss://host:443"),
        ("http://[::1]:80/x", "http://[::1]:80"),
        ("/Jobs/1", None),
        ("host:80/x", None),
        ("http://", None),
        ("http://host:port/", None),
        ("http://[bad/", None),
    ],
)
def test_origins_always_have_a_port(url, origin):
    assert origin_of(url) == origin
