# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The service of this machine as account, and as what stands in for retired hosts."""

from __future__ import annotations

import sys

import pytest

from qiskit_ibmq_provider.credentials.configrc import read_credentials_from_qiskitrc, store_credentials
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.credentials.exceptions import CredentialsError, InvalidCredentialsFormatError
from qiskit_ibmq_provider.credentials.localaccount import (
    choose_local_for_retired,
    retired_hosts_go_local,
    save_local_account,
)
from qiskit_ibmq_provider.credentials.retired import (
    RETIRED_HOSTS,
    announce_redirect,
    retired_host,
    retired_message,
)

OLD = "https://auth.quantum-computing.ibm.com/api"
OTHER = "https://q.example.org/api"


@pytest.fixture
def rc(tmp_path) -> str:
    return str(tmp_path / "qiskitrc")


def urls(rc: str) -> list[str]:
    return [credentials.url for credentials in read_credentials_from_qiskitrc(rc)[0].values()]


def text(rc: str) -> str:
    with open(rc, encoding="utf-8") as file:
        return file.read()


def test_it_is_saved_where_nothing_was(rc):
    change = save_local_account(filename=rc)
    assert (str(change.path), change.account_is_local, change.replaced, change.for_retired) == (
        rc,
        True,
        (),
        False,
    )
    assert urls(rc) == ["local"]
    before = text(rc)
    save_local_account(filename=rc)
    assert text(rc) == before == "[ibmq]\nurl = local\nverify = True\n"


def test_an_account_of_a_retired_host_is_replaced_and_its_values_stay_in_the_file(rc):
    store_credentials(Credentials("old-token", OLD), filename=rc)
    assert save_local_account(filename=rc).replaced == (OLD,)
    assert urls(rc) == ["local"]
    assert f"[old.ibmq]\ntoken = old-token\nurl = {OLD}\n" in text(rc)


def test_accounts_of_several_old_hubs_become_one(rc):
    for name in "ab":
        store_credentials(
            Credentials(
                name, f"https://api-qcon.quantum-computing.ibm.com/api/Hubs/{name}/Groups/g/Projects/p"
            ),
            filename=rc,
        )
    assert len(save_local_account(filename=rc).replaced) == 2
    assert urls(rc) == ["local"]


def test_an_account_of_another_service_stays_unless_it_may_be_overwritten(rc):
    store_credentials(Credentials("t", OTHER), filename=rc)
    before = text(rc)
    with pytest.raises(CredentialsError, match="holds an account for https://q.example.org/api"):
        save_local_account(filename=rc)
    assert text(rc) == before
    change = save_local_account(for_retired=True, filename=rc)
    assert (change.account_is_local, change.for_retired, change.replaced) == (False, True, ())
    assert urls(rc) == [OTHER]
    assert save_local_account(overwrite=True, filename=rc).replaced == (OTHER,)
    assert urls(rc) == ["local"]


def test_with_the_choice_for_retired_hosts_an_old_account_stays(rc):
    store_credentials(Credentials("old", OLD), filename=rc)
    assert not retired_hosts_go_local(rc)
    change = save_local_account(for_retired=True, filename=rc)
    assert (change.account_is_local, change.for_retired, change.replaced) == (True, True, ())
    assert urls(rc) == [OLD]
    assert retired_hosts_go_local(rc)
    assert "[local-service]\nretired_hosts = True\n" in text(rc)


def test_with_the_choice_and_no_account_both_are_saved(rc):
    save_local_account(for_retired=True, filename=rc)
    assert urls(rc) == ["local"]
    assert retired_hosts_go_local(rc)


def test_the_choice_can_be_taken_back(rc):
    choose_local_for_retired(False, filename=rc)
    assert not retired_hosts_go_local(rc)
    choose_local_for_retired(True, filename=rc)
    assert retired_hosts_go_local(rc)
    choose_local_for_retired(False, filename=rc)
    assert not retired_hosts_go_local(rc)


def test_an_account_that_cannot_be_read_can_be_replaced(rc):
    with open(rc, "w", encoding="utf-8") as file:
        file.write(f"[ibmq]\nurl = {OLD}\nverify = maybe\n")
    assert save_local_account(filename=rc).replaced == (OLD,)
    assert urls(rc) == ["local"]


def test_a_broken_file_is_not_written(rc):
    with open(rc, "w", encoding="utf-8") as file:
        file.write("nonsense")
    for call in (save_local_account, lambda filename: choose_local_for_retired(True, filename=filename)):
        with pytest.raises(InvalidCredentialsFormatError, match="line 1"):
            call(filename=rc)
    assert text(rc) == "nonsense"


@pytest.mark.parametrize("host", sorted(RETIRED_HOSTS))
def test_retired_hosts_are_known_in_any_spelling(host):
    for url in (f"https://{host}/api", f"HTTP://{host.upper()}:443/api", f"https://u:p@{host}.", host):
        assert retired_host(url) == host


@pytest.mark.parametrize(
    "url",
    [
        "https://auth.quantum-computing.ibm.com.example.org/api",
        "https://example.org/auth.quantum-computing.ibm.com/api",
        "https://notauth.quantum-computing.ibm.com/api",
        "https://runtime.quantum-computing.ibm.com/api",
        "https://auth.quantum-computing.ibm.com@example.org/api",
        "https://example.org?https://auth.quantum-computing.ibm.com",
        "local",
        "",
        "http://[broken",
    ],
)
def test_only_the_exact_host_counts(url):
    assert retired_host(url) is None


def test_the_message_names_one_command():
    call = retired_message("api.quantum-computing.ibm.com")
    assert "`ibmq account local --for-retired`" in call
    stored = retired_message("api.quantum-computing.ibm.com", stored_in="/x/qiskitrc")
    assert "`ibmq account local`" in stored
    assert "/x/qiskitrc" in stored
    assert "api.quantum-computing.ibm.com" in call


def test_the_redirect_is_announced_in_one_line_each_time(capsys):
    for _ in range(2):
        announce_redirect("auth.quantum-computing.ibm.com")
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all("auth.quantum-computing.ibm.com is switched off" in line for line in lines)


def test_without_a_stderr_the_announcement_is_silent(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    announce_redirect("auth.quantum-computing.ibm.com")
