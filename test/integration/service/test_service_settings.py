# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What settings of the service change on the wire, and what its log says."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from service_api import JOBS, PROJECT, SIMULATOR, Api, receive

from qiskit_ibmq_provider import IBMQFactory
from qiskit_ibmq_provider.service.testing import ServiceProcess

PROJECTS = "ibm-q-education/class-1/exercise.2, ibm-q/open/main,ibm-q/open/side"
EDUCATION = "/Network/ibm-q-education/Groups/class-1/Projects/exercise.2"


@pytest.fixture(scope="module")
def education() -> Iterator[Api]:
    """A caller of a service with several projects, a public URL and a weak token."""
    settings = {"projects": PROJECTS, "access_log": "1", "workers": 1}
    with ServiceProcess(token="short-token", settings=settings) as service, Api(service) as caller:
        yield caller


def test_the_network_lists_all_projects_and_one_default(education: Api) -> None:
    hubs = education.get("/Network")
    listed = [
        (hub["name"], group, project, entry["isDefault"])
        for hub in hubs
        for group, inner in hub["groups"].items()
        for project, entry in inner["projects"].items()
    ]
    assert listed == [
        ("ibm-q-education", "class-1", "exercise.2", True),
        ("ibm-q", "open", "main", False),
        ("ibm-q", "open", "side", False),
    ]
    assert len(hubs) == 2


def test_jobs_stay_in_their_project(education: Api) -> None:
    answer = education.post(f"{EDUCATION}/Jobs", json={"backend": {"name": SIMULATOR}})
    assert answer["hubInfo"] == {
        "hub": {"name": "ibm-q-education"},
        "group": {"name": "class-1"},
        "project": {"name": "exercise.2"},
    }
    assert [job["id"] for job in education.get(f"{EDUCATION}/Jobs/v/1")] == [answer["id"]]
    assert education.get(f"{JOBS}/v/1") == []
    for method, path in (("GET", "/v/1"), ("POST", "/cancel"), ("DELETE", ""), ("GET", "/jobUploadUrl")):
        refused = education.request(method, f"{JOBS}/{answer['id']}{path}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, 3250)
    # The websocket names no project: all projects of the user count.
    with education.socket(answer["id"]) as connection:
        assert receive(connection) == {"type": "authenticated"}
        assert receive(connection)["data"]["status"] == "CREATING"


def test_our_client_finds_each_project(education: Api) -> None:
    factory = IBMQFactory()
    try:
        default = factory.enable_account(education.service.token, education.service.url)
        assert default.credentials.hub == "ibm-q-education"
        assert len(factory.providers()) == 3
        side = factory.get_provider(hub="ibm-q", group="open", project="side")
        assert side.get_backend(SIMULATOR).name() == SIMULATOR
    finally:
        factory.disable_account()


def test_all_projects_list_the_same_devices_as_json(education: Api) -> None:
    first = education.request("GET", f"{EDUCATION}/devices/v/1")
    again = education.request("GET", f"{PROJECT}/devices/v/1")
    assert first.headers["content-type"] == "application/json"
    assert first.content == again.content
    assert SIMULATOR in {device["backend_name"] for device in first.json()}


def test_the_log_warns_of_a_short_token_and_does_not_show_it(education: Api) -> None:
    raw = Path(education.service._log_path or "").read_text("utf-8")  # log() itself takes the token out
    assert "only 11 characters" in raw
    assert "short-token" not in raw


def test_a_path_cannot_write_lines_of_its_own_into_the_log(education: Api) -> None:
    education.request("GET", "/no%0aERROR%20forged%1b[31m")
    ends, lines = time.monotonic() + 60, []
    # The line is written after the answer was sent.
    while not lines and time.monotonic() < ends:
        lines = [line for line in education.service.log().splitlines() if "forged" in line]
    assert len(lines) == 1 and "/no%0AERROR%20forged%1B" in lines[0]


def test_a_login_without_a_token_repeats_nothing_of_what_was_sent(education: Api) -> None:
    for body in ({"apiToken": ["hidden"]}, {"token": "hidden"}, ["hidden"], "hidden"):
        answer = education.request("POST", "/users/loginWithToken", json=body)
        assert answer.status_code == 400
        assert "hidden" not in answer.text


@pytest.mark.parametrize("suffix", ["", "/", "/api", "/api/"])
def test_the_public_url_is_handed_out_with_and_without_api(tmp_path: Path, suffix: str) -> None:
    public = "https://q.example.org/quantum"
    settings = {"public_url": public + suffix, "workers": 1}
    with ServiceProcess(tmp_path / "data", settings=settings) as service, Api(service) as caller:
        urls = caller.get("/users/me")["urls"]
        assert urls == {"http": f"{public}/api", "ws": "wss://q.example.org/quantum/api/ws/", "services": {}}
        upload = caller.create()["objectStorageInfo"]["uploadUrl"]
        assert upload.startswith(f"{public}/api/storage/upload/")
        about = requests.get(service.url, timeout=10).json()
        assert about["api"] == f"{public}/api"
