# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Several users of one service: what one of them has looks to another as if it were not there."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from service_api import Api, bell, receive

from qiskit_ibmq_provider.cli import main
from qiskit_ibmq_provider.service.testing import ServiceProcess, ServiceStartError

table = pytest.importorskip("qiskit_ibmq_provider.service.routes.table", reason="needs the service")

UNKNOWN = "0123456789abcdef01234567"
VARYING = {"date", "uber-trace-id"}
"""Headers that differ between any two answers."""

_ROUTES = [(route.path, sorted(getattr(route, "methods", None) or ())) for route in table.all_routes()]
_OF_JOBS = [(method, path) for path, methods in _ROUTES if "{job_id}" in path for method in methods]
_OF_PROJECTS = [(method, path) for path, methods in _ROUTES if "{hub}" in path for method in methods]
_SOCKETS = [path for path, methods in _ROUTES if not methods]


class User(Api):
    """A user of a service with several, and one job of the user."""

    def __init__(self, service: ServiceProcess, name: str, token: str) -> None:
        self.names = {"hub": "ibm-q", "group": "lab", "project": name}
        self._api_token = token
        super().__init__(service)
        self.job_id = ""

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        if path == "/users/loginWithToken":
            kwargs["json"] = {"apiToken": self._api_token}
        return super().request(method, path, **kwargs)

    def path(self, template: str, **places: str) -> str:
        """Return a path of the table with its places filled in, as below the API."""
        names = {**self.names, "device": "ibmq_vigo", "purpose": "result", **places}
        return template[len("/api") :].format_map(names)


@pytest.fixture(scope="module")
def users() -> Iterator[tuple[User, User]]:
    """Two users with projects of their own; the second one has a finished job."""
    with ServiceProcess(settings={"workers": 1, "requests_per_second": 0}) as service:
        both = []
        for name in ("alice", "bob"):
            both.append(User(service, name, _added(service, name, f"ibm-q/lab/{name}")))
        alice, bob = both
        with alice, bob:
            jobs = bob.path("/api/Network/{hub}/Groups/{group}/Projects/{project}/Jobs")
            job = bob.post(jobs, json={"backend": {"name": "ibmq_qasm_simulator"}, "tags": ["secret"]})
            bob.request("PUT", job["objectStorageInfo"]["uploadUrl"], data=json.dumps(bell()))
            bob.post(f"{jobs}/{job['id']}/jobDataUploaded")
            assert bob.wait(job["id"]) == "COMPLETED"
            bob.job_id = job["id"]
            yield alice, bob


def _added(service: ServiceProcess, name: str, project: str) -> str:
    """Add a user to a service that runs, as its operator does, and return the token."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        code = main(["users", "add", name, "--project", project, "--data-dir", str(service.data_dir)])
    assert code == 0
    return out.getvalue().strip()


def _seen(answer: requests.Response, **varying: str) -> tuple[int, str, dict[str, str], str]:
    """Return all of an answer but what differs between any two, with an id or name taken out."""
    text, headers = answer.text, {k.lower(): v for k, v in answer.headers.items() if k.lower() not in VARYING}
    for name, value in varying.items():
        text = text.replace(value, f"<{name}>")
    assert not any(value in str(headers) for value in varying.values())
    return answer.status_code, answer.reason, headers, text


def test_each_user_sees_the_own_projects_and_nothing_else(users: tuple[User, User]) -> None:
    for user in users:
        (hub,) = user.get("/Network")
        assert list(hub["groups"]["lab"]["projects"]) == [user.names["project"]]
    alice, bob = users
    listing = "/api/Network/{hub}/Groups/{group}/Projects/{project}/Jobs/v/1"
    assert alice.get(alice.path(listing)) == []
    assert [job["id"] for job in bob.get(bob.path(listing))] == [bob.job_id]


@pytest.mark.parametrize(("method", "template"), _OF_JOBS)
def test_a_job_of_somebody_else_answers_as_an_unknown_one(
    users: tuple[User, User], method: str, template: str
) -> None:
    alice, bob = users
    for body in (None, {"name": "mine now"}, {"tags": ["mine"]}):
        answers = [
            alice.request(method, alice.path(template, job_id=job_id), json=body)
            for job_id in (bob.job_id, UNKNOWN)
        ]
        foreign, unknown = (
            _seen(answer, job_id=job_id) for answer, job_id in zip(answers, (bob.job_id, UNKNOWN))
        )
        assert foreign == unknown
        # An update that says nothing is refused before anybody looks for the job.
        assert foreign[0] in (
            (400,) if body is None and method == "PUT" and "Jobs" in template else (403, 404)
        )
    assert bob.get(
        bob.path("/api/Network/{hub}/Groups/{group}/Projects/{project}/Jobs/{job_id}", job_id=bob.job_id)
    )


@pytest.mark.parametrize(("method", "template"), _OF_PROJECTS)
def test_a_project_of_somebody_else_answers_as_an_unknown_one(
    users: tuple[User, User], method: str, template: str
) -> None:
    alice, bob = users
    seen = [
        _seen(
            alice.request(method, alice.path(template, job_id=bob.job_id, project=project), json={}),
            project=project,
        )
        for project in ("bob", "eve")
    ]
    assert seen[0] == seen[1]
    assert seen[0][0] == 404


@pytest.mark.parametrize("template", _SOCKETS)
def test_the_websocket_of_a_job_of_somebody_else_ends_as_that_of_an_unknown_one(
    users: tuple[User, User], template: str
) -> None:
    alice, bob = users
    path = template[template.index("{job_id}") + len("{job_id}") :]
    seen = []
    for job_id in (bob.job_id, UNKNOWN):
        with alice.socket(job_id, path=path) as connection:
            assert receive(connection) == {"type": "authenticated"}
            seen.append(connection.recv_data(control_frame=True))
    assert seen[0] == seen[1]
    assert int.from_bytes(seen[0][1][:2], "big") == 4003


def test_a_storage_url_is_good_for_one_job_and_one_purpose(users: tuple[User, User]) -> None:
    alice, bob = users
    base = bob.path("/api/Network/{hub}/Groups/{group}/Projects/{project}/Jobs")
    result = bob.get(f"{base}/{bob.job_id}/resultDownloadUrl")["url"]
    payload = bob.get(f"{base}/{bob.job_id}/jobDownloadUrl")["url"]
    assert bob.request("GET", result).status_code == bob.request("GET", payload).status_code == 200
    # It is not the token that opens it: whoever holds the URL may use it, and nobody else.
    assert requests.get(result, timeout=10).status_code == 200
    wrong = [
        (method, url.replace(bob.job_id, job_id).replace(f"/{mine}/", f"/{other}/"))
        for url, mine in ((result, "result"), (payload, "payload"))
        for job_id in (bob.job_id, UNKNOWN)
        for method, other in (("GET", "result"), ("GET", "payload"), ("PUT", "upload"), ("PUT", mine))
        if (job_id, method, other) != (bob.job_id, "GET", mine)
    ]
    seen = {_seen(alice.request(method, url), job_id=UNKNOWN)[3] for method, url in wrong}
    assert len(wrong) == 14 and len(seen) == 1
    assert json.loads(seen.pop())["error"]["code"] == 2802


def test_an_idempotency_key_of_somebody_else_means_nothing(users: tuple[User, User]) -> None:
    ids = []
    for user in users:
        answer = user.request(
            "POST",
            user.path("/api/Network/{hub}/Groups/{group}/Projects/{project}/Jobs"),
            json={"backend": {"name": "ibmq_qasm_simulator"}, "name": user.names["project"]},
            headers={"Idempotency-Key": "the-same-key"},
        )
        assert answer.status_code == 200
        ids.append((answer.json()["id"], answer.json()["name"]))
    assert [name for _, name in ids] == ["alice", "bob"] and ids[0] != ids[1]


def test_changes_of_the_operator_count_at_once(
    users: tuple[User, User], capsys: pytest.CaptureFixture[str]
) -> None:
    _, bob = users
    service, where = bob.service, ["--data-dir", str(bob.service.data_dir)]
    carol = User(service, "carol", _added(service, "carol", "ibm-q/lab/carol"))
    with carol:
        create = carol.path("/api/Network/{hub}/Groups/{group}/Projects/{project}/Jobs")
        job_id = carol.post(create, json={"backend": {"name": "ibmq_qasm_simulator"}})["id"]
        with carol.socket(job_id) as connection:
            assert receive(connection) == {"type": "authenticated"}
            assert receive(connection)["data"]["status"] == "CREATING"
            assert main(["users", "rotate", "carol", *where]) == 0
            new = capsys.readouterr().out.strip()
            assert carol.request("GET", "/users/me").status_code == 401
            again = User(service, "carol", new)
            with again:
                assert again.get("/users/me")["email"] == "carol"
                # The old token's websocket learns of it with the next change.
                again.post(f"{create}/{job_id}/cancel")
                opcode, data = connection.recv_data(control_frame=True)
                assert (opcode, int.from_bytes(data[:2], "big")) == (8, 1008)
                assert main(["users", "set-projects", "carol", "--project", "ibm-q/lab/new", *where]) == 0
                assert again.request("GET", f"{create}/{job_id}").status_code == 404
                assert main(["users", "remove", "carol", *where]) == 0
                assert again.request("GET", "/users/me").status_code == 401


def test_a_service_needs_no_token_of_its_own_once_there_are_users(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data", settings={"workers": 1}) as service, Api(service) as old:
        token = _added(service, "dora", "ibm-q/open/main")
    with ServiceProcess(tmp_path / "data", token="", settings={"workers": 1}) as alone:
        with User(alone, "dora", token) as dora:
            assert dora.get("/users/me")["email"] == "dora"
            # The token of the earlier start is not valid any more.
            dora.session.headers["X-Access-Token"] = old.token
            assert dora.request("GET", "/users/me").status_code == 401


def test_a_service_that_nobody_could_use_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(ServiceStartError, match=r"exit code 2(?s:.*)nobody could log in.*ibmq users add"):
        with ServiceProcess(tmp_path / "data", token=""):
            pass
