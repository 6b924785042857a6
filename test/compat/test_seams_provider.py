# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What other people's test suites replace, set and read behind the public names of account, provider and credentials."""

from __future__ import annotations

import copy
import logging
from typing import Any
from unittest import mock

import pytest
from support.account_server import AccountServer, device

from qiskit_ibmq_provider import accountprovider, ibmqfactory
from qiskit_ibmq_provider.credentials import (
    Credentials,
    HubGroupProject,
    configrc,
    environ,
    read_credentials_from_environ,
    read_credentials_from_qiskitrc,
    store_credentials,
    store_preferences,
    updater,
)
from qiskit_ibmq_provider.ibmqbackend import IBMQRetiredBackend
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

PROJECTS = ("ibm-q/open/main", "campus/physics/qc101")
MAIN = HubGroupProject("ibm-q", "open", "main")
DATE = "2021-06-01T09:00:00.000000Z"


@pytest.fixture
def server():
    with AccountServer(PROJECTS) as server:
        yield server


@pytest.fixture
def factory() -> IBMQFactory:
    return IBMQFactory()


@pytest.fixture
def provider(factory, server):
    return factory.enable_account("right-token", server.url)


class PlainClient:
    """Somebody else's client: its answers are dictionaries, with the names that the original client gave to the fields."""

    def __init__(self, *job_ids: str, backend: str = "one") -> None:
        self.jobs = {
            job_id: {
                "job_id": job_id,
                "status": "COMPLETED",
                "creation_date": DATE,
                "_backend_info": {"name": backend},
            }
            for job_id in job_ids
        }

    def list_jobs_statuses(
        self, limit: int, skip: int, descending: bool = True, extra_filter: Any = None
    ) -> list[dict]:
        return list(self.jobs.values())[skip : skip + limit]

    def job_get(self, job_id: str) -> dict:
        return self.jobs[job_id]


def test_the_providers_of_the_factory_by_project(factory, provider):
    assert list(factory._providers) == [MAIN, HubGroupProject("campus", "physics", "qc101")]
    assert factory._providers[MAIN] is next(iter(factory._providers.values())) is provider


def test_the_login_can_be_replaced(factory):
    def only_note(self: IBMQFactory, credentials: Credentials, preferences: Any = None) -> None:
        self._credentials = credentials

    store_credentials(Credentials("t", ibmqfactory.QX_AUTH_URL))
    replaced = mock.patch.object(IBMQFactory, "_initialize_providers", side_effect=only_note, autospec=True)
    with replaced, mock.patch.object(IBMQFactory, "_check_api_version", return_value={"new_api": True}):
        assert factory.load_account() is None
        assert factory._credentials == Credentials("t", ibmqfactory.QX_AUTH_URL)
        factory.disable_account()
        assert factory._credentials is None
        assert factory.enable_account("other", "http://nowhere.example/api") is None
    assert factory.active_account() == {"token": "other", "url": "http://nowhere.example/api"}


def test_the_credentials_of_the_factory_can_be_set(factory, provider):
    factory._credentials = Credentials("set", "http://elsewhere.example/api")
    assert factory.active_account()["token"] == "set"
    factory._credentials = None
    assert factory.active_account() is None


def test_the_check_of_the_version_can_be_replaced(factory, server):
    server.table["/api/version"] = {"api-other": "1"}
    with mock.patch.object(IBMQFactory, "_check_api_version", return_value={"new_api": True}) as check:
        assert factory.enable_account("right-token", server.url).backend.one
    assert check.call_count == 1


def test_the_backends_of_a_provider_by_name(provider):
    assert {name: backend.name() for name, backend in provider._backends.items()} == {
        "one": "one",
        "two": "two",
    }
    assert provider._backends["one"] is provider.get_backend("one")


def test_a_provider_without_experiment_service_says_none(provider):
    assert provider._experiment is None


def test_the_other_names_of_backends_are_names_to_names(factory, server):
    server.set_devices(PROJECTS[0], [device("ibmqx2", display_name="yorktown"), device("two")])
    provider = factory.enable_account("right-token", server.url)
    names = provider.backend._aliased_backend_names()
    assert (names["yorktown"], names["ibmq_5_yorktown"]) == ("ibmqx2", "ibmqx2")
    for other, name in names.items():
        if name in provider._backends:
            assert provider.get_backend(other) is provider.get_backend(name)


def test_the_client_of_a_provider_can_be_set_and_may_answer_in_dictionaries(provider):
    provider._api_client = PlainClient("a", "b")
    assert provider._api_client.jobs
    assert [job.job_id() for job in provider.backend.jobs()] == ["a", "b"]
    assert [job.job_id() for job in provider.backend.iter_jobs()] == ["a", "b"]
    job = provider.backend.retrieve_job("b")
    assert (job.job_id(), job.backend()) == ("b", provider.get_backend("one"))
    provider._api_client = PlainClient("c", backend="gone")
    assert isinstance(provider.backend.retrieve_job("c").backend(), IBMQRetiredBackend)


def test_a_copy_of_a_provider_can_be_given_a_client_of_its_own(provider, server):
    server.table[f"{server.project_path(PROJECTS[0])}/Jobs/status/v/1"] = []
    twin = copy.copy(provider)
    assert twin is not provider and twin == provider and hash(twin) == hash(provider)
    assert twin._api_client is provider._api_client
    twin._api_client = PlainClient("mine")
    assert [job.job_id() for job in twin.backend.jobs()] == ["mine"]
    assert provider.backend.jobs() == []
    assert twin.backends() == provider.backends()
    assert twin.backends()[0].provider() is provider


def test_the_provider_of_a_backend_service_can_be_set(provider, server):
    server.table[f"{server.project_path(PROJECTS[0])}/Jobs/status/v/1"] = []
    twin = copy.copy(provider)
    twin._api_client = PlainClient("mine")
    assert provider.backend._provider is provider
    provider.backend._provider = twin
    assert [job.job_id() for job in provider.backend.jobs()] == ["mine"]
    provider.backend._provider = provider
    assert provider.backend.jobs() == []


def test_what_is_wrong_with_a_backend_is_in_the_log_of_the_provider(factory, server, caplog):
    server.set_devices(PROJECTS[0], [{"backend_name": "bad_backend"}])
    assert accountprovider.logger.name == "qiskit.providers.ibmq.accountprovider"
    factory.enable_account("right-token", server.url)
    (record,) = [record for record in caplog.records if "bad_backend" in record.getMessage()]
    assert (record.name, record.levelno) == (accountprovider.logger.name, logging.WARNING)


def test_what_is_wrong_with_a_project_is_in_the_log_of_the_factory(factory, server, caplog):
    server.set_projects((*PROJECTS, "campus//nameless"))
    assert ibmqfactory.logger.name == "qiskit.providers.ibmq.ibmqfactory"
    factory.enable_account("right-token", server.url)
    (record,) = [
        record for record in caplog.records if "Unable to instantiate provider" in record.getMessage()
    ]
    assert (record.name, record.levelno) == (ibmqfactory.logger.name, logging.WARNING)


def test_another_configuration_file(tmp_path, monkeypatch):
    monkeypatch.setattr(configrc, "DEFAULT_QISKITRC_FILE", str(tmp_path / "rc"))
    store_credentials(Credentials("t", updater.QE2_AUTH_URL))
    assert "token = t" in (tmp_path / "rc").read_text()


def test_a_function_names_the_logger_of_its_module(caplog):
    store_credentials(Credentials("t", updater.QE2_AUTH_URL))
    store_credentials(Credentials("t", updater.QE2_AUTH_URL))
    assert {record.name for record in caplog.records if "already present" in record.getMessage()} == {
        store_credentials.__module__
    }


def test_more_preferences(monkeypatch):
    monkeypatch.setattr(
        configrc, "_ACTIVE_PREFERENCES", {**configrc._ACTIVE_PREFERENCES, "colour": {"sky": str}}
    )
    preferences = {MAIN: {"experiment": {"auto_save": True}, "colour": {"sky": "blue"}}}
    store_preferences(preferences)
    assert read_credentials_from_qiskitrc()[1] == preferences


def test_the_variables_of_the_environment_are_those_of_the_map(monkeypatch):
    assert list(environ.VARIABLES_MAP) == ["QE_TOKEN", "QE_URL", "QE_HUB", "QE_GROUP", "QE_PROJECT"]
    for name, argument in environ.VARIABLES_MAP.items():
        monkeypatch.setenv(name, f"http://{argument}")
    (credentials,) = read_credentials_from_environ().values()
    assert {
        argument: getattr(credentials, argument) for argument in ("token", "hub", "group", "project")
    } == {argument: f"http://{argument}" for argument in ("token", "hub", "group", "project")}


def test_the_old_urls():
    assert {updater.QE_URL, updater.QE2_URL, updater.QE2_AUTH_URL, ibmqfactory.QX_AUTH_URL} == {
        "https://quantumexperience.ng.bluemix.net/api",
        "https://api.quantum-computing.ibm.com/api",
        "https://auth.quantum-computing.ibm.com/api",
    }
