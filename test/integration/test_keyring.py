# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Accounts whose token is in the keyring of the system, which a backend of the test plays."""

from __future__ import annotations

import logging
import sys
import traceback

import pytest

from qiskit_ibmq_provider import IBMQ
from qiskit_ibmq_provider.credentials.configrc import qiskitrc_path
from qiskit_ibmq_provider.exceptions import IBMQAccountCredentialsInvalidFormat, IBMQAccountError
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

keyring = pytest.importorskip("keyring")

URL = "http://127.0.0.1:9/api"
TOKEN = "planted-token-of-the-test"


class Memory(keyring.backend.KeyringBackend):
    """A keyring in memory, which may be locked."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def set_password(self, service, username, password):
        self._open(password)
        self.entries[service, username] = password

    def get_password(self, service, username):
        self._open()
        return self.entries.get((service, username))

    def delete_password(self, service, username):
        self._open()
        del self.entries[service, username]

    def _open(self, said=""):
        if self.locked:
            raise keyring.errors.KeyringLocked(f"Locked. {said}")


@pytest.fixture
def chain():
    before = keyring.get_keyring()
    memory = Memory()
    keyring.set_keyring(memory)
    yield memory
    keyring.set_keyring(before)


def save(token=TOKEN, url=URL, **options):
    IBMQFactory.save_account(token, url, keyring=True, **options)


def stored_text() -> str:
    return qiskitrc_path().read_text("utf-8")


def test_the_file_refers_to_the_keyring_and_holds_no_token(chain):
    save()
    assert list(chain.entries.values()) == [TOKEN]
    assert TOKEN not in stored_text()
    [(service, entry)] = chain.entries
    assert service == "qiskit-ibmq-provider"
    assert f"keyring = {entry}" in stored_text()
    assert IBMQFactory.stored_account() == {"token": TOKEN, "url": URL}


def test_an_account_is_loaded_by_its_token_in_the_keyring(chain, ibmq_service):
    save(ibmq_service.token, ibmq_service.url, hub="ibm-q", group="open", project="main")
    provider = IBMQFactory().load_account()
    assert provider.credentials.project == "main"
    assert provider.get_backend("ibmq_qasm_simulator").status().operational


def test_deleting_and_overwriting_remove_the_entry(chain):
    save()
    save("another token")
    assert list(chain.entries.values()) == [TOKEN], "without overwrite nothing changes"
    save("another token", overwrite=True)
    assert list(chain.entries.values()) == ["another token"]
    IBMQFactory.save_account("plain token", URL, overwrite=True)
    assert chain.entries == {}
    assert IBMQFactory.stored_account()["token"] == "plain token"
    save(overwrite=True)
    assert "plain token" not in stored_text()
    IBMQFactory.delete_account()
    assert chain.entries == {}
    assert IBMQFactory.stored_account() == {}


def test_two_files_have_entries_of_their_own(chain, monkeypatch, tmp_path):
    save()
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    save("token of the other home")
    IBMQFactory.delete_account()
    assert list(chain.entries.values()) == [TOKEN]


def test_a_locked_keyring_is_an_error_without_the_token_and_the_file_stays(chain, caplog):
    caplog.set_level(logging.DEBUG)
    chain.locked = True
    with pytest.raises(IBMQAccountCredentialsInvalidFormat, match="KeyringLocked.*Unlock") as caught:
        save()
    assert TOKEN not in str(caught.value)
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = [
        line
        for frame in frames.stack
        if "test_keyring" not in frame.filename
        for line in (frame.locals or {}).values()
    ]
    behind = [caught.value.__cause__, caught.value.__context__]
    assert (
        TOKEN
        not in f"{shown} {[''.join(traceback.format_exception(type(e), e, e.__traceback__)) for e in behind if e]}"
    )
    assert TOKEN not in caplog.text
    assert not qiskitrc_path().exists()


def test_an_account_in_a_locked_keyring_cannot_be_loaded_and_the_error_says_why(chain):
    save()
    chain.locked = True
    with pytest.raises(IBMQAccountCredentialsInvalidFormat, match="cannot be read in the keyring"):
        IBMQFactory().load_account()
    with pytest.raises(IBMQAccountCredentialsInvalidFormat, match="cannot be removed"):
        IBMQFactory.delete_account()


def test_an_entry_that_somebody_removed_is_named(chain):
    save()
    chain.entries.clear()
    with pytest.raises(IBMQAccountError, match=r"there is no entry .*IBMQ\.save_account"):
        IBMQFactory.stored_account()
    IBMQFactory.delete_account()
    assert IBMQFactory.stored_account() == {}


@pytest.mark.parametrize("module, reason", [("fail", "NoKeyringError"), ("null", "does not keep")])
def test_a_machine_without_a_keyring_is_an_error(chain, module, reason):
    __import__(f"keyring.backends.{module}")
    keyring.set_keyring(getattr(keyring.backends, module).Keyring())
    with pytest.raises(IBMQAccountCredentialsInvalidFormat, match=reason):
        save()
    assert not qiskitrc_path().exists()


def test_without_the_package_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(IBMQAccountCredentialsInvalidFormat, match=r"pip install '\.\[keyring\]'"):
        save()
    assert not qiskitrc_path().exists()


def test_the_service_of_this_machine_needs_no_entry(chain):
    IBMQ.save_account(url="local", keyring=True)
    assert chain.entries == {}
    assert IBMQFactory.stored_account()["url"] == "local"


def test_a_file_that_cannot_be_written_leaves_no_entry(chain, clean_environment):
    (clean_environment / ".qiskit").write_text("in the way")
    with pytest.raises(IBMQAccountCredentialsInvalidFormat):
        save()
    assert chain.entries == {}


def test_preferences_and_updates_keep_the_token_in_the_keyring(chain):
    from qiskit_ibmq_provider.credentials.updater import QE2_AUTH_URL, QE_URL

    save(url=QE_URL)
    IBMQFactory.update_account(force=True)
    assert TOKEN not in stored_text()
    assert IBMQFactory.stored_account() == {"token": TOKEN, "url": QE2_AUTH_URL}
