# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The factory without a service: stored accounts, refusals, retired hosts, calls of the first version. Nothing here may connect."""

from __future__ import annotations

import configparser
import logging
import os
import socket
import threading
import time
from pathlib import Path

import pytest

from qiskit_ibmq_provider import (
    IBMQ,
    IBMQAccountCredentialsInvalidFormat,
    IBMQAccountCredentialsInvalidToken,
    IBMQAccountCredentialsInvalidUrl,
    IBMQAccountCredentialsNotFound,
    IBMQAccountError,
    IBMQAccountMultipleCredentialsFound,
    IBMQAccountValueError,
    IBMQProviderError,
)
from qiskit_ibmq_provider.credentials import Credentials, store_credentials
from qiskit_ibmq_provider.exceptions import IBMQAccountRetiredServiceError
from qiskit_ibmq_provider.ibmqfactory import QX_AUTH_URL, IBMQFactory

URL = "https://q.example.org/api"
OLD_URLS = [
    QX_AUTH_URL,
    "https://api.quantum-computing.ibm.com/api",
    "https://quantumexperience.ng.bluemix.net/api",
    "https://q-console-api.mybluemix.net/api/Hubs/X/Groups/Y/Projects/Z",
    "https://api-qcon.quantum-computing.ibm.com/api/Hubs/X/Groups/Y/Projects/Z",
]


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a connection is tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def factory() -> IBMQFactory:
    return IBMQFactory()


@pytest.fixture
def rc() -> Path:
    path = Path(os.path.expanduser("~"), ".qiskit", "qiskitrc")
    path.parent.mkdir()
    return path


def test_what_is_saved_is_stored(factory):
    for token, url in (("t", QX_AUTH_URL), ("100%", URL)):
        factory.save_account(token, url, overwrite=True)
        assert factory.stored_account() == {"token": token, "url": url}
    factory.save_account("default-url", overwrite=True)
    assert factory.stored_account() == {"token": "default-url", "url": QX_AUTH_URL}


def test_deleting_leaves_nothing_stored(factory):
    assert factory.stored_account() == {}
    with pytest.raises(IBMQAccountCredentialsNotFound, match="found on disk"):
        factory.delete_account()
    factory.save_account("t", URL)
    factory.delete_account()
    assert factory.stored_account() == {}


@pytest.mark.parametrize("token", ["", "  ", None, 0, 7, b"t"])
def test_a_token_that_is_none_is_refused_before_anything_is_touched(factory, token):
    factory.save_account("old", URL)
    for call in (
        lambda: factory.save_account(token, URL, overwrite=True),
        lambda: factory.save_account(token),
        lambda: factory.enable_account(token, URL),
    ):
        with pytest.raises(IBMQAccountCredentialsInvalidToken, match="Invalid IBM Quantum Experience token"):
            call()
    assert factory.stored_account() == {"token": "old", "url": URL}
    assert factory.active_account() is None


@pytest.mark.parametrize("url", ["", " ", None, 7])
def test_a_url_that_is_none_is_refused(factory, url):
    for call in (factory.save_account, factory.enable_account):
        with pytest.raises(IBMQAccountCredentialsInvalidUrl, match="authentication URL"):
            call("t", url)
    assert factory.stored_account() == {}


@pytest.mark.parametrize(
    "given", [{"hub": "h"}, {"hub": "h", "group": "g"}, {"project": "p"}, {"group": "g", "project": "p"}]
)
def test_part_of_a_default_project_is_refused(factory, given):
    with pytest.raises(
        IBMQAccountValueError, match="hub, group, and project parameters must all be specified"
    ):
        factory.save_account("t", URL, **given)
    assert factory.stored_account() == {}


def test_the_default_project_is_written(factory, rc):
    factory.save_account("t", URL, hub="h", group="g", project="p")
    parser = configparser.ConfigParser()
    parser.read(rc)
    assert {section: parser[section]["default_provider"] for section in parser.sections()} == {
        "ibmq": "h/g/p"
    }


def test_settings_are_written(factory, rc):
    factory.save_account("t", URL, verify=False, proxies={"urls": {"https": "http://u:50%@p:1"}})
    text = rc.read_text()
    assert "verify = False" in text
    assert "http://u:50%%@p:1" in text
    with pytest.raises(TypeError):
        factory.save_account("t", URL, colour="blue")
    with pytest.raises(IBMQAccountCredentialsInvalidFormat, match="'verify' has to be True or False"):
        factory.save_account("t", URL, overwrite=True, verify="ca.pem")
    assert rc.read_text() == text


def test_saving_again_warns_and_keeps_the_account(factory, caplog):
    factory.save_account("first")
    with caplog.at_level(logging.WARNING, "qiskit.providers.ibmq"):
        caplog.clear()
        factory.save_account("second")
    assert "already present" in caplog.records[0].getMessage()
    assert factory.stored_account()["token"] == "first"


def test_saving_for_a_retired_host_says_so(factory, caplog):
    factory.save_account("t")
    assert "`ibmq account local`" in caplog.text


def test_saving_for_this_machine_needs_no_token(factory):
    for arguments in ({}, {"token": None}, {"token": ""}):
        factory.save_account(url="local", overwrite=True, **arguments)
        assert factory.stored_account() == {"token": "", "url": "local"}
    factory.save_account("", "local", overwrite=True)
    factory.save_account("anything", "local", overwrite=True)
    assert factory.stored_account() == {"token": "anything", "url": "local"}


def test_nothing_to_load(factory):
    with pytest.raises(IBMQAccountCredentialsNotFound, match="No IBM Quantum Experience credentials found"):
        factory.load_account()


def test_several_accounts_are_too_many(factory):
    for name in "ab":
        store_credentials(Credentials("secret-token", f"{URL}/Hubs/{name}/Groups/g/Projects/p"))
    for call in (factory.load_account, factory.stored_account, factory.delete_account):
        with pytest.raises(IBMQAccountMultipleCredentialsFound, match="Multiple") as caught:
            call()
        assert "secret-token" not in str(caught.value)
        assert "hub='a'" in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("h", 'Use the "<hub_name>/<group_name>/<project_name>" format'),
        ("h//p", "Every field must be specified"),
    ],
)
def test_a_broken_default_project_is_an_account_error(factory, rc, value, message):
    rc.write_text(f"[ibmq]\ntoken = t\nurl = {URL}\ndefault_provider = {value}\n")
    with pytest.raises(IBMQAccountError, match=message) as caught:
        factory.load_account()
    assert isinstance(caught.value, IBMQAccountCredentialsInvalidFormat)
    assert f"{rc}, line 4" in str(caught.value)


def test_a_broken_file_is_an_account_error_with_file_and_line(factory, rc):
    rc.write_text(f"[ibmq]\ntoken secret-token\nurl = {URL}\n")
    for call in (
        factory.load_account,
        factory.stored_account,
        factory.delete_account,
        lambda: factory.save_account("t", URL, overwrite=True),
        lambda: factory.update_account(force=True),
        lambda: factory.enable_account("t"),
    ):
        with pytest.raises(IBMQAccountCredentialsInvalidFormat, match="line 2") as caught:
            call()
        assert str(rc) in str(caught.value)
        assert "secret-token" not in str(caught.value)
    assert "secret-token" in rc.read_text()


@pytest.mark.parametrize("url", OLD_URLS)
def test_a_retired_host_fails_at_once_and_names_the_command(factory, url):
    begun = time.monotonic()
    with pytest.raises(IBMQAccountRetiredServiceError, match="`ibmq account local --for-retired`") as caught:
        factory.enable_account("secret-token", url)
    assert isinstance(caught.value, IBMQAccountCredentialsInvalidUrl)
    assert "authentication URL" in str(caught.value)
    assert "secret-token" not in str(caught.value)
    factory.save_account("secret-token", url)
    with pytest.raises(IBMQAccountRetiredServiceError, match="`ibmq account local`") as caught:
        factory.load_account()
    assert "qiskitrc" in str(caught.value)
    assert time.monotonic() - begun < 1
    assert factory.active_account() is None


def test_without_a_url_the_retired_default_is_meant(factory):
    with pytest.raises(IBMQAccountRetiredServiceError):
        factory.enable_account("t")


def test_a_retired_host_in_the_environment(factory, monkeypatch):
    monkeypatch.setenv("QE_TOKEN", "t")
    monkeypatch.setenv("QE_URL", QX_AUTH_URL)
    with pytest.raises(IBMQAccountRetiredServiceError, match="--for-retired"):
        factory.load_account()


def test_updating_an_account(factory):
    assert factory.update_account(force=True) is None
    factory.save_account("t", OLD_URLS[2])
    assert factory.update_account(force=True).url == QX_AUTH_URL


def test_without_an_account_in_use(factory):
    assert factory.active_account() is None
    assert factory.providers() == []
    with pytest.raises(IBMQAccountCredentialsNotFound, match="No IBM Quantum Experience account is in use"):
        factory.disable_account()
    with pytest.raises(IBMQProviderError, match=r"No account is in use: call IBMQ.load_account\(\)"):
        factory.get_provider(hub="ibm-q")


@pytest.mark.parametrize(
    ("name", "today"),
    [
        ("load_accounts", "IBMQ.load_account()"),
        ("backends", "provider.backends()"),
        ("get_backend", "provider.get_backend(name)"),
        ("active_accounts", "IBMQ.active_account()"),
        ("stored_accounts", "IBMQ.stored_account()"),
        ("disable_accounts", "IBMQ.disable_account()"),
        ("delete_accounts", "IBMQ.delete_account()"),
    ],
)
def test_calls_of_the_first_version_name_todays_call(factory, name, today):
    assert hasattr(factory, name)
    with pytest.raises(IBMQAccountError) as caught:
        getattr(factory, name)("ibmqx4", hub="h")
    assert today in str(caught.value)


def test_the_one_factory_is_true_and_always_the_same():
    import qiskit_ibmq_provider

    found = []
    threads = [threading.Thread(target=lambda: found.append(qiskit_ibmq_provider.IBMQ)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(each is IBMQ for each in found)
    assert bool(IBMQ)
    assert isinstance(IBMQ, IBMQFactory)
