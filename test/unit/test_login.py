# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which account of this process opens what another one pickled."""

from __future__ import annotations

import copy
import pickle

import pytest

from qiskit_ibmq_provider._login import reopening_credentials
from qiskit_ibmq_provider.accountprovider import AccountProvider
from qiskit_ibmq_provider.credentials import Credentials, HubGroupProject
from qiskit_ibmq_provider.credentials.credentials import AccountReference, OpenedBy
from qiskit_ibmq_provider.credentials.localaccount import choose_local_for_retired
from qiskit_ibmq_provider.exceptions import IBMQAccountCredentialsNotFound
from qiskit_ibmq_provider.ibmqfactory import QX_AUTH_URL, IBMQFactory

URL = "http://host:8000/api"
PROJECT = HubGroupProject("h", "g", "p")


def reference(url=URL, opened_by=OpenedBy.SESSION):
    return AccountReference(url, PROJECT, opened_by)


def test_the_environment_wins_over_the_stored_account(monkeypatch):
    IBMQFactory.save_account("stored", URL)
    credentials, _ = reopening_credentials(reference())
    assert (credentials.token, credentials.opened_by) == ("stored", OpenedBy.STORED)
    monkeypatch.setenv("QE_TOKEN", "environment")
    monkeypatch.setenv("QE_URL", URL + "/")
    credentials, _ = reopening_credentials(reference())
    assert (credentials.token, credentials.opened_by) == ("environment", OpenedBy.ENVIRONMENT)


def test_an_account_of_another_url_is_not_used(monkeypatch):
    monkeypatch.setenv("QE_TOKEN", "environment")
    monkeypatch.setenv("QE_URL", "http://elsewhere/api")
    IBMQFactory.save_account("stored", "http://elsewhere.too/api")
    for opened_by, origin in (
        (OpenedBy.SESSION, r"IBMQ\.enable_account\(\) gave"),
        (OpenedBy.STORED, "the file of stored accounts gave"),
        (OpenedBy.ENVIRONMENT, "the environment gave"),
    ):
        with pytest.raises(
            IBMQAccountCredentialsNotFound, match=rf"{origin}.*enable_account\(token, url='{URL}'\)"
        ):
            reopening_credentials(reference(opened_by=opened_by))


def test_a_url_with_user_and_password_is_found_by_what_is_left_of_it(monkeypatch):
    monkeypatch.setenv("QE_TOKEN", "t")
    monkeypatch.setenv("QE_URL", "http://me:secret@host:8000/api")
    assert reopening_credentials(reference())[0].base_url == "http://me:secret@host:8000/api"
    named = AccountReference.of(Credentials("t", "http://me:secret@host:8000/api"), PROJECT)
    assert named == reference()
    assert "secret" not in repr(named)


def test_the_service_of_this_machine_needs_no_account():
    credentials, _ = reopening_credentials(reference("local"))
    assert credentials.is_local()


def test_a_retired_host_is_sent_to_this_machine_only_by_choice():
    with pytest.raises(IBMQAccountCredentialsNotFound):
        reopening_credentials(reference(QX_AUTH_URL))
    choose_local_for_retired(True)
    assert reopening_credentials(reference(QX_AUTH_URL))[0].base_url == QX_AUTH_URL


def test_a_provider_that_was_pickled_is_equal_to_others_of_its_project():
    def provider(token="t", project="p"):
        return AccountProvider(Credentials(token, URL, hub="h", group="g", project=project), IBMQFactory())

    one = provider()
    twin = pickle.loads(pickle.dumps(one))
    assert twin is not one
    assert (twin == one, one == twin, hash(twin) == hash(one), repr(twin) == repr(one)) == (True,) * 4
    assert twin != provider(project="other")
    assert provider("t") != provider("another token")
    assert twin == pickle.loads(pickle.dumps(twin))


def test_a_factory_is_copied_as_itself():
    factory = IBMQFactory()
    assert copy.copy(factory) is copy.deepcopy(factory) is factory
