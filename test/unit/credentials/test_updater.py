# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Moving accounts of the first version to the URL of the second."""

from __future__ import annotations

import io

import pytest

from qiskit_ibmq_provider.credentials.configrc import read_credentials_from_qiskitrc, store_credentials
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.credentials.updater import (
    QCONSOLE2_URL,
    QCONSOLE_URL,
    QE2_AUTH_URL,
    QE2_URL,
    QE_URL,
    update_credentials,
)

PROXIES = {"urls": {"https": "http://p:1"}}
HUBS = "/Hubs/{}/Groups/g/Projects/p"


def stored() -> list[Credentials]:
    return list(read_credentials_from_qiskitrc()[0].values())


@pytest.mark.parametrize(
    "url",
    [
        QE_URL,
        QE2_URL,
        QCONSOLE2_URL,
        QCONSOLE_URL + HUBS.format("h"),
        QCONSOLE2_URL + HUBS.format("h"),
        "https://localhost/api" + HUBS.format("h"),
    ],
)
def test_one_old_account_becomes_one_with_the_authentication_url(url, capsys):
    store_credentials(Credentials("secret-token", url, proxies=PROXIES))
    new = update_credentials(force=True)
    assert (new.token, new.url, new.proxies, new.is_ibmq()) == ("secret-token", QE2_AUTH_URL, PROXIES, False)
    assert stored() == [new]
    output = capsys.readouterr().out
    assert "secret-token" not in output
    assert "ibmq account local" in output
    assert ("hub='h', group='g', project='p'" in output) is ("Hubs" in url)


def test_several_old_accounts_become_one(capsys):
    for name in "ab":
        store_credentials(Credentials(name, QCONSOLE_URL + HUBS.format(name)))
    assert update_credentials(force=True).token == "a"
    assert [c.url for c in stored()] == [QE2_AUTH_URL]
    assert "Those of the first one are used" in capsys.readouterr().out


def test_old_accounts_beside_one_of_version_2_go_and_that_one_stays():
    for token, url in (("a", QE2_AUTH_URL), ("b", QE_URL + HUBS.format("h"))):
        store_credentials(Credentials(token, url))
    assert update_credentials(force=True).token == "a"
    assert [(c.token, c.url) for c in stored()] == [("a", QE2_AUTH_URL)]


@pytest.mark.parametrize("url", [QE2_AUTH_URL, "https://q.example.org/api", "local"])
def test_an_account_of_version_2_or_of_another_service_stays(url):
    store_credentials(Credentials("t", url))
    assert update_credentials(force=True) is None
    assert [c.url for c in stored()] == [url]


def test_an_account_in_the_way_is_not_overwritten(capsys):
    store_credentials(Credentials("alive", "https://q.example.org/api"))
    store_credentials(Credentials("old", QCONSOLE_URL + HUBS.format("h")))
    assert update_credentials(force=True) is None
    assert len(stored()) == 2
    assert "in the way" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "updated"), [("y\n", True), ("Y\n", True), ("\n", False), ("no\n", False)]
)
def test_it_asks_unless_forced(monkeypatch, answer, updated):
    monkeypatch.setattr("sys.stdin", io.StringIO(answer))
    store_credentials(Credentials("t", QE_URL))
    assert (update_credentials() is not None) is updated
    assert [c.url for c in stored()] == [QE2_AUTH_URL if updated else QE_URL]
