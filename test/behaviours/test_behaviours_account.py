# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What users of the original rely on, by number: account, credentials, stored preferences, logging."""

from __future__ import annotations

import io
import logging
import os
import traceback
from pathlib import Path

import pytest
from support.account_server import AccountServer, device

from qiskit_ibmq_provider import (
    IBMQAccountCredentialsInvalidFormat,
    IBMQAccountCredentialsInvalidToken,
    IBMQAccountCredentialsInvalidUrl,
    IBMQAccountCredentialsNotFound,
    IBMQAccountError,
    IBMQAccountValueError,
    IBMQProviderError,
)
from qiskit_ibmq_provider.accountprovider import AccountProvider
from qiskit_ibmq_provider.api.exceptions import ApiError, RequestsApiError
from qiskit_ibmq_provider.credentials import (
    Credentials,
    HubGroupProject,
    configrc,
    discover_credentials,
    read_credentials_from_qiskitrc,
    store_credentials,
    store_preferences,
)
from qiskit_ibmq_provider.credentials.configrc import remove_credentials
from qiskit_ibmq_provider.credentials.updater import (
    QCONSOLE_URL,
    QE2_AUTH_URL,
    QE2_URL,
    QE_URL,
    update_credentials,
)
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.utils.utils import setup_logger

URL = "https://q.example.org/api"
HGP = HubGroupProject("ibm-q", "open", "main")
OTHER = HubGroupProject("campus", "physics", "qc101")
TWO = ("ibm-q/open/main", "campus/physics/qc101")
SAVED = {HGP: {"experiment": {"auto_save": True}}}


@pytest.fixture
def factory() -> IBMQFactory:
    return IBMQFactory()


@pytest.fixture
def server():
    with AccountServer(TWO) as running:
        yield running


def enable(factory: IBMQFactory, server: AccountServer, **arguments: object) -> AccountProvider:
    return factory.enable_account("right-token", server.url, **arguments)


def rc() -> Path:
    return Path(os.path.expanduser("~"), ".qiskit", "qiskitrc")


# Account.


def test_01_a_url_that_is_no_authentication_url(factory, ibmq_service):
    origin = ibmq_service.url.rsplit("/api", 1)[0]
    for url in (origin, f"{origin}/other/Hubs/h/Groups/g/Projects/p"):
        with pytest.raises(IBMQAccountCredentialsInvalidUrl, match="authentication URL"):
            factory.enable_account(ibmq_service.token, url)
    for url in (QE2_URL, f"{QCONSOLE_URL}/Hubs/X/Groups/Y/Projects/Z"):
        with pytest.raises(IBMQAccountCredentialsInvalidUrl, match="authentication URL"):
            factory.enable_account("token", url)
    assert factory.active_account() is None


def test_02_enable_account_returns_the_default_provider(factory, server):
    provider = enable(factory, server)
    assert isinstance(provider, AccountProvider)
    assert provider.credentials.unique_id() == HGP


def test_03_enable_account_with_hub_group_project(factory, server):
    provider = enable(factory, server, hub="campus", group="physics", project="qc101")
    assert provider.credentials.unique_id() == OTHER
    assert provider == factory.providers(hub="campus")[0]


def test_04_enabling_twice(factory, server):
    enable(factory, server)
    with pytest.raises(IBMQAccountError, match="already"):
        enable(factory, server)


def test_05_a_proxy_that_cannot_be_reached(factory, server):
    with pytest.raises(RequestsApiError, match="ProxyError"):
        enable(
            factory, server, proxies={"urls": {"http": "http://127.0.0.1:1", "https": "http://127.0.0.1:1"}}
        )


def test_06_a_provider_that_cannot_be_built_is_logged(factory, server, caplog):
    server.set_projects((TWO[0], "campus//qc101"))
    provider = enable(factory, server)
    assert provider.credentials.unique_id() == HGP
    assert factory.providers() == [provider]
    assert "Unable to instantiate provider for hub 'campus'" in caplog.text


def test_06_a_project_whose_devices_cannot_be_listed_stays(factory, server, caplog):
    server.set_devices(TWO[0], b"garbage")
    assert enable(factory, server).credentials.unique_id() == HGP
    assert len(factory.providers()) == 2
    assert "cannot be listed" in caplog.text


def test_07_an_unusable_configuration_costs_one_backend(factory, server, caplog):
    broken = device("broken_5q")
    del broken["n_qubits"]
    server.set_devices(TWO[0], [device("one"), broken])
    provider = enable(factory, server)
    assert [backend.name() for backend in provider.backends()] == ["one"]
    warning = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warning) == 1
    assert "broken_5q" in warning[0]


def test_08_save_and_stored(factory):
    factory.save_account("token", URL)
    assert factory.stored_account() == {"token": "token", "url": URL}


def test_09_the_default_provider_is_in_every_section(factory):
    factory.save_account("token", URL, hub="h", group="g", project="p")
    store_credentials(Credentials("old", f"{QCONSOLE_URL}/Hubs/X/Groups/Y/Projects/Z"))
    sections = [part for part in rc().read_text().split("[")[1:] if "token = token" in part]
    assert len(sections) == 1
    assert "default_provider = h/g/p" in sections[0]


@pytest.mark.parametrize("part", [{"hub": "h"}, {"hub": "h", "group": "g"}, {"project": "p"}])
def test_10_part_of_hub_group_project(factory, part):
    text = "The hub, group, and project parameters must all be specified"
    with pytest.raises(IBMQAccountValueError, match=text):
        factory.save_account("token", URL, **part)
    assert factory.stored_account() == {}


@pytest.mark.parametrize("token", [None, "", 0])
def test_11_a_token_that_is_none(factory, token):
    with pytest.raises(IBMQAccountCredentialsInvalidToken, match="Invalid IBM Quantum Experience token"):
        factory.save_account(token, URL)
    assert not rc().exists()


def test_12_delete_account(factory):
    factory.save_account("token", URL)
    factory.delete_account()
    assert len(factory.stored_account()) == 0


def test_13_nothing_to_load(factory):
    with pytest.raises(IBMQAccountError, match="No IBM Quantum Experience credentials found"):
        factory.load_account()


@pytest.mark.parametrize(
    ("stored", "text"),
    [
        ("default_hub", 'Use the "<hub_name>/<group_name>/<project_name>" format'),
        ("default_hub//default_project", "Every field must be specified"),
    ],
)
def test_14_a_broken_default_provider(factory, stored, text):
    factory.save_account("token", URL, hub="h", group="g", project="p")
    rc().write_text(rc().read_text().replace("h/g/p", stored))
    with pytest.raises(IBMQAccountError, match=text):
        factory.load_account()


def test_15_a_stored_provider_that_does_not_exist(factory, server):
    factory.save_account("right-token", server.url, hub="x", group="y", project="z")
    text = r"\(hub/group/project\) stored on disk could not be found"
    with pytest.raises(IBMQAccountError, match=text) as failed:
        factory.load_account()
    assert isinstance(failed.value, IBMQProviderError)
    assert factory.active_account() is None


def test_16_load_account_uses_the_stored_provider(factory, server):
    factory.save_account("right-token", server.url, hub="campus", group="physics", project="qc101")
    assert factory.load_account().credentials.unique_id() == OTHER


def test_17_disable_account(factory, server):
    with pytest.raises(IBMQAccountCredentialsNotFound):
        factory.disable_account()
    enable(factory, server)
    factory.disable_account()
    assert factory.active_account() is None
    assert factory.providers() == []


def test_18_active_account(factory, server):
    assert factory.active_account() is None
    enable(factory, server)
    assert factory.active_account() == {"token": "right-token", "url": server.url}


def test_19_the_same_provider_by_every_way(factory, server):
    provider = enable(factory, server)
    by_name = factory.get_provider(hub="ibm-q", group="open", project="main")
    assert provider == by_name == factory.providers(hub="ibm-q", group="open", project="main")[0]
    assert provider in factory.providers()
    assert len(factory.providers()) == 2


def test_20_the_environment_wins(monkeypatch):
    store_credentials(Credentials("of the file", URL))
    monkeypatch.setenv("QE_TOKEN", "of the environment")
    monkeypatch.setenv("QE_URL", "https://other.example.org/api")
    found, _ = discover_credentials()
    assert [(each.token, each.url) for each in found.values()] == [
        ("of the environment", "https://other.example.org/api")
    ]


def test_21_storing_again(factory, caplog):
    factory.save_account("first", URL)
    factory.save_account("second", URL)
    assert "already present" in caplog.text
    assert factory.stored_account()["token"] == "first"
    factory.save_account("second", URL, overwrite=True)
    assert factory.stored_account()["token"] == "second"


def test_22_the_place_of_the_file_is_looked_up_at_the_call(factory, monkeypatch, tmp_path):
    monkeypatch.setattr(configrc, "DEFAULT_QISKITRC_FILE", str(tmp_path / "elsewhere"))
    factory.save_account("token", URL)
    assert (tmp_path / "elsewhere").exists()
    monkeypatch.undo()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert factory.stored_account() == {}
    factory.save_account("token", URL)
    assert (tmp_path / ".qiskit" / "qiskitrc").exists()


def test_23_connection_parameters():
    def parameters(**settings):
        return Credentials("token", URL, **settings).connection_parameters()

    urls = {"http": "http://h:1", "https": "http://h:1"}
    assert parameters() == {"verify": True}
    assert parameters(verify=False) == {"verify": False}
    assert parameters(proxies={"urls": urls}) == {"verify": True, "proxies": urls}
    assert parameters(proxies={"proxies": {"urls": urls}}) == {"verify": True}
    with pytest.raises(AttributeError):
        parameters(proxies={"username_ntlm": 1234, "password_ntlm": 5678})
    ntlm = pytest.importorskip("requests_ntlm")
    found = parameters(proxies={"urls": urls, "username_ntlm": "d\\user", "password_ntlm": "p"})
    auth = found.pop("auth")
    assert found == {"verify": True, "proxies": urls}
    assert isinstance(auth, ntlm.HttpNtlmAuth) and (auth.username, auth.password) == ("d\\user", "p")


def test_24_credentials_are_equal_by_content():
    assert Credentials("t", URL, hub="h", group="g", project="p") == Credentials(
        "t", URL, hub="h", group="g", project="p"
    )
    assert Credentials("t", URL) != Credentials("other", URL)
    store_credentials(Credentials("t", URL))
    found, _ = read_credentials_from_qiskitrc()
    assert list(found) == [HubGroupProject()]
    assert len({HubGroupProject("h", "g", "p"), HubGroupProject("h", "g", "p")}) == 1


def test_25_preferences_by_project_and_category():
    store_preferences({HGP: {"experiment": {"auto_save": True}}})
    store_preferences({OTHER: {"experiment": {"auto_save": False}}})
    assert read_credentials_from_qiskitrc()[1] == {
        HGP: {"experiment": {"auto_save": True}},
        OTHER: {"experiment": {"auto_save": False}},
    }


def test_25_the_keys_of_a_category_are_replaced_as_a_whole():
    store_preferences(SAVED)
    store_preferences({HGP: {"experiment": {}}})
    assert read_credentials_from_qiskitrc()[1] == {}


def test_26_storing_twice_changes_nothing_and_updating_one_leaves_the_others():
    store_preferences(SAVED)
    before = rc().read_bytes()
    store_preferences(SAVED)
    assert rc().read_bytes() == before
    store_preferences({OTHER: {"experiment": {"auto_save": True}}})
    store_preferences({HGP: {"experiment": {"auto_save": False}}})
    preferences = read_credentials_from_qiskitrc()[1]
    assert preferences[OTHER] == {"experiment": {"auto_save": True}}
    assert preferences[HGP] == {"experiment": {"auto_save": False}}


def test_27_credentials_and_preferences_keep_each_other():
    account = Credentials("token", URL)
    store_preferences(SAVED)
    store_credentials(account)
    assert read_credentials_from_qiskitrc() == ({HubGroupProject(): account}, SAVED)
    remove_credentials(account)
    assert read_credentials_from_qiskitrc() == ({}, SAVED)
    store_credentials(account)
    store_preferences({HGP: {"experiment": {}}})
    assert read_credentials_from_qiskitrc() == ({HubGroupProject(): account}, {})


@pytest.mark.parametrize("value", [True, False])
def test_28_booleans_come_back_as_booleans(value):
    store_preferences({HGP: {"experiment": {"auto_save": value}}})
    assert read_credentials_from_qiskitrc()[1][HGP]["experiment"]["auto_save"] is value


@pytest.mark.parametrize("url", [QE_URL, QE2_URL, f"{QCONSOLE_URL}/Hubs/X/Groups/Y/Projects/Z"])
def test_29_old_credentials_become_one(url):
    proxies = {"urls": {"https": "http://p:1"}}
    store_credentials(Credentials("token", url, proxies=proxies))
    new = update_credentials(force=True)
    assert (new.token, new.url, new.proxies) == ("token", QE2_AUTH_URL, proxies)
    assert (new.hub, new.group, new.project) == (None, None, None)
    assert list(read_credentials_from_qiskitrc()[0].values()) == [new]


def test_29_several_old_credentials_become_one():
    for hub in "XY":
        store_credentials(Credentials("token", f"{QCONSOLE_URL}/Hubs/{hub}/Groups/g/Projects/p"))
    assert update_credentials(force=True).url == QE2_AUTH_URL
    assert len(read_credentials_from_qiskitrc()[0]) == 1


@pytest.mark.parametrize("url", [QE2_AUTH_URL, "https://somewhere.example.org/api"])
def test_30_nothing_to_update(url):
    store_credentials(Credentials("token", url))
    before = rc().read_bytes()
    assert update_credentials(force=True) is None
    assert rc().read_bytes() == before


def test_30_the_user_may_say_no(monkeypatch):
    store_credentials(Credentials("token", QE_URL))
    monkeypatch.setattr("sys.stdin", io.StringIO("n\n"))
    assert update_credentials() is None


def test_31_preferences_reach_their_provider(factory, server):
    store_preferences({OTHER: {"experiment": {"auto_save": True}}})
    factory.save_account("right-token", server.url)
    assert factory.load_account().credentials.preferences == {}
    assert factory.get_provider(hub="campus").credentials.preferences == {"experiment": {"auto_save": True}}


# Logging.


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (None, logging.NOTSET),
        ("", logging.NOTSET),
        ("invalid", logging.WARNING),
        ("dEbUg", logging.DEBUG),
        ("ERROR", logging.ERROR),
    ],
)
def test_32_the_level_of_the_environment(monkeypatch, level, expected):
    if level is not None:
        monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_LEVEL", level)
    logger = logging.Logger("test-32")
    setup_logger(logger)
    assert logger.level == expected


def test_33_a_log_file_has_the_only_handler(monkeypatch, tmp_path):
    monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_LEVEL", "ERROR")
    monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_FILE", str(tmp_path / "log"))
    logger = logging.Logger("test-33")
    setup_logger(logger)
    setup_logger(logger)
    (handler,) = logger.handlers
    logger.warning("too low")
    logger.error("high enough")
    handler.close()
    assert isinstance(handler, logging.FileHandler)
    text = (tmp_path / "log").read_text()
    assert "high enough" in text
    assert "too low" not in text


# What a failed call shows to who prints local variables.


def shown_by(error: BaseException) -> str:
    """Return a traceback with the local variables of this package's frames, causes included."""
    parts, chain = [], [traceback.TracebackException.from_exception(error, capture_locals=True)]
    while chain:
        part = chain.pop()
        parts += [f"{frame.locals}" for frame in part.stack if "/test/" not in frame.filename]
        parts += part.format_exception_only()
        chain += [each for each in (part.__cause__, part.__context__) if each is not None]
    return "\n".join(parts)


SECRET = "secret-token-0123456789"


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"hub": "nowhere"},
        {"url": None},
        {"url": "http://127.0.0.1:1/api"},
        {"proxies": {"urls": {"http": "http://user:pass-word@127.0.0.1:1"}}},
    ],
)
def test_83_a_failed_login_shows_no_token(factory, server, arguments):
    with pytest.raises((IBMQAccountError, ApiError)) as failed:
        factory.enable_account(SECRET, **{"url": server.url, **arguments})
    shown = shown_by(failed.value)
    assert SECRET not in shown
    assert "pass-word" not in shown


def test_83_a_failed_save_shows_no_token(factory):
    failures = []
    for arguments in ({"url": None}, {"hub": "h"}, {"verify": "bundle.pem"}):
        with pytest.raises((IBMQAccountError, IBMQAccountValueError)) as failed:
            factory.save_account(SECRET, **{"url": URL, **arguments})
        failures.append(failed.value)
    with pytest.raises(IBMQAccountCredentialsInvalidFormat) as failed:
        factory.save_account(f"{SECRET}\nsecond line", URL)
    failures.append(failed.value)
    factory.save_account(SECRET, URL)
    rc().write_text(rc().read_text() + "no option\n")
    with pytest.raises(IBMQAccountCredentialsInvalidFormat) as failed:
        factory.load_account()
    failures.append(failed.value)
    for failure in failures:
        assert SECRET not in shown_by(failure)


def test_83_enabling_twice_shows_no_token(factory, server):
    enable(factory, server)
    with pytest.raises(IBMQAccountError) as failed:
        factory.enable_account(SECRET, server.url)
    assert SECRET not in shown_by(failed.value)
