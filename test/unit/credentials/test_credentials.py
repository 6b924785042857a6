# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Credentials, hub/group/project, and where credentials are found."""

from __future__ import annotations

import copy
import sys
import types

import pytest

from qiskit_ibmq_provider.credentials import (
    discover_credentials,
    read_credentials_from_environ,
    store_credentials,
    store_preferences,
)
from qiskit_ibmq_provider.credentials.credentials import Credentials, is_local_url
from qiskit_ibmq_provider.credentials.exceptions import (
    CredentialsError,
    HubGroupProjectInvalidStateError,
    InvalidCredentialsFormatError,
)
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject

URL = "https://q.example.org/api"


def test_a_url_with_a_project_in_its_path_gives_base_and_project():
    credentials = Credentials("t", f"{URL}/Hubs/h/Groups/g/Projects/p")
    assert credentials.base_url == credentials.auth_url == URL
    assert credentials.unique_id() == HubGroupProject("h", "g", "p")
    assert credentials.is_ibmq()


def test_hub_group_and_project_count_only_together():
    whole = Credentials("t", URL, hub="h", group="g", project="p")
    assert whole.url == f"{URL}/Network/h/Groups/g/Projects/p"
    assert whole.base_url == URL
    part = Credentials("t", URL, hub="h", group="g")
    assert (part.url, part.hub, part.group, part.project) == (URL, None, None, None)
    assert not part.is_ibmq()


def test_a_slash_at_the_end_of_the_url_is_kept_in_the_url_and_not_in_the_base():
    credentials = Credentials("t", f"{URL}/")
    assert (credentials.url, credentials.base_url) == (f"{URL}/", URL)


def test_equality_is_by_content():
    one = Credentials("t", URL, hub="h", group="g", project="p")
    assert one == copy.deepcopy(one)
    assert one == Credentials("t", f"{URL}/Hubs/h/Groups/g/Projects/p")
    for other in (
        Credentials("u", URL, hub="h", group="g", project="p"),
        Credentials("t", "https://other.example.org/api", hub="h", group="g", project="p"),
        Credentials("t", URL),
        "t",
    ):
        assert one != other


def test_repr_shows_neither_tokens_nor_passwords():
    credentials = Credentials(
        "secret-token",
        "https://user:secret-password@q.example.org/api",
        hub="h",
        group="g",
        project="p",
        access_token="secret-access",
        proxies={"urls": {"https": "http://u:secret-proxy@p"}},
    )
    text = repr(credentials)
    assert "secret" not in text
    assert "https://q.example.org/api" in text
    assert "hub='h', group='g', project='p'" in text


def test_credentials_of_a_project_keep_where_to_log_in():
    account = Credentials("t", URL, proxies={"urls": {"https": "http://p"}}, verify=False)
    project = account.for_project(
        HubGroupProject("h", "g", "p"),
        url="https://b/api",
        websockets_url="wss://b/ws/",
        services={"runtime": "https://r"},
        access_token="a",
    )
    assert project.auth_url == URL
    assert project.url == "https://b/api/Network/h/Groups/g/Projects/p"
    assert project.base_url == "https://b/api"
    assert (project.websockets_url, project.runtime_url, project.experiment_url) == (
        "wss://b/ws/",
        "https://r",
        None,
    )
    assert (project.token, project.access_token, project.verify) == ("t", "a", False)
    assert project.proxies == account.proxies


def test_connection_parameters():
    def parameters(**kwargs: object) -> dict:
        return Credentials("t", URL, **kwargs).connection_parameters()

    urls = {"http": "http://p:1", "https": "http://p:1"}
    assert parameters() == {"verify": True}
    assert parameters(verify=False) == {"verify": False}
    assert parameters(proxies={"urls": urls}) == {"verify": True, "proxies": urls}
    assert parameters(proxies={"proxies": {"urls": urls}}) == {"verify": True}


def test_an_ntlm_user_and_password_become_an_authentication(monkeypatch):
    foreign = types.SimpleNamespace(HttpNtlmAuth=lambda user, password: ("ntlm", user, password))
    monkeypatch.setitem(sys.modules, "requests_ntlm", foreign)
    credentials = Credentials("t", URL, proxies={"username_ntlm": r"domain\u", "password_ntlm": "p"})
    assert credentials.connection_parameters() == {"verify": True, "auth": ("ntlm", r"domain\u", "p")}


def test_ntlm_without_its_package_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "requests_ntlm", None)
    credentials = Credentials("t", URL, proxies={"username_ntlm": "u", "password_ntlm": "p"})
    with pytest.raises(CredentialsError, match=r"qiskit-ibmq-provider\[ntlm\]"):
        credentials.connection_parameters()


def test_ntlm_values_that_are_not_strings_raise_attribute_error():
    credentials = Credentials("t", URL, proxies={"username_ntlm": 1234, "password_ntlm": 5678})
    with pytest.raises(AttributeError, match="have to be strings"):
        credentials.connection_parameters()


@pytest.mark.parametrize(
    ("url", "local"), [("local", True), (" Local ", True), ("http://local", False), (None, False)]
)
def test_which_urls_mean_the_service_of_this_machine(url, local):
    assert is_local_url(url) is local


def test_hub_group_project_is_a_key_with_a_stored_format():
    one = HubGroupProject("h", "g", "p")
    assert one == HubGroupProject.from_stored_format("h/g/p")
    assert {one: 1}[HubGroupProject("h", "g", "p")] == 1
    assert one.to_stored_format() == "h/g/p"
    assert one.to_tuple() == ("h", "g", "p")
    assert one != HubGroupProject("h", "g")
    assert one != ("h", "g", "p")
    assert HubGroupProject.from_credentials(Credentials("t", URL, hub="h", group="g", project="p")) == one


@pytest.mark.parametrize("text", ["", "h", "h/g", "h/g/p/x"])
def test_a_stored_format_needs_three_parts(text):
    with pytest.raises(
        HubGroupProjectInvalidStateError, match='Use the "<hub_name>/<group_name>/<project_name>" format'
    ):
        HubGroupProject.from_stored_format(text)


@pytest.mark.parametrize("text", ["/g/p", "h//p", "h/g/", "h/ /p"])
def test_a_stored_format_needs_each_part(text):
    with pytest.raises(HubGroupProjectInvalidStateError, match="Every field must be specified"):
        HubGroupProject.from_stored_format(text)


@pytest.mark.parametrize("names", [("h", "g", None), ("h", "", "p"), ("h", "g", "p/q"), ("h", "g", "p\n")])
def test_names_that_the_stored_format_cannot_carry_are_refused(names):
    with pytest.raises(HubGroupProjectInvalidStateError):
        HubGroupProject(*names).to_stored_format()


def test_token_and_url_of_the_environment_win_over_the_file(monkeypatch):
    store_credentials(Credentials("file", URL))
    assert [c.token for c in discover_credentials()[0].values()] == ["file"]
    monkeypatch.setenv("QE_TOKEN", "env")
    monkeypatch.setenv("QE_URL", "https://env.example.org/api")
    found, preferences = discover_credentials()
    assert [(c.token, c.url) for c in found.values()] == [("env", "https://env.example.org/api")]
    assert preferences == {}


def test_the_environment_may_name_a_project(monkeypatch):
    for name, value in {"TOKEN": "t", "URL": URL, "HUB": "h", "GROUP": "g", "PROJECT": "p"}.items():
        monkeypatch.setenv(f"QE_{name}", value)
    assert list(read_credentials_from_environ()) == [HubGroupProject("h", "g", "p")]


@pytest.mark.parametrize(
    "given", [{"QE_TOKEN": "t"}, {"QE_URL": URL}, {"QE_TOKEN": "", "QE_URL": URL}, {"QE_HUB": "h"}]
)
def test_half_an_account_in_the_environment_is_none(monkeypatch, given):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert read_credentials_from_environ() == {}


def test_the_local_service_needs_no_token_in_the_environment(monkeypatch):
    store_credentials(Credentials("file", URL))
    monkeypatch.setenv("QE_URL", "local")
    (found,) = discover_credentials()[0].values()
    assert found.is_local()
    assert found.token == ""


def test_a_broken_file_is_an_error_unless_the_environment_has_an_account(monkeypatch, tmp_path):
    path = tmp_path / "qiskitrc"
    path.write_text("nonsense")
    with pytest.raises(InvalidCredentialsFormatError, match="line 1"):
        discover_credentials(str(path))
    monkeypatch.setenv("QE_URL", "local")
    assert len(discover_credentials(str(path))[0]) == 1


def test_preferences_are_found_with_the_credentials_of_the_file():
    identity = HubGroupProject("h", "g", "p")
    store_credentials(Credentials("t", URL))
    store_preferences({identity: {"experiment": {"auto_save": True}}})
    assert discover_credentials()[1] == {identity: {"experiment": {"auto_save": True}}}


def test_the_times_of_a_connection_can_be_scaled():
    account = Credentials("token", "https://host/api", time_scale=3)
    project = account.for_project(
        HubGroupProject("h", "g", "p"), url="https://host/api", websockets_url="wss://host"
    )
    for credentials in (account, project):
        assert credentials.connection_parameters() == {"verify": True, "time_scale": 3.0}
    for wrong in (0, -1, float("nan"), "2", True, None):
        with pytest.raises(CredentialsError, match="'time_scale' has to be a number above 0"):
            Credentials("token", "https://host/api", time_scale=wrong)
