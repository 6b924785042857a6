# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A foreign server with an account: projects and device lists as a test wants them, broken ones included."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union
from urllib.parse import unquote

from support.scripted_server import Act, Request, ScriptedServer, answer, status

__all__ = ["AccountServer", "device"]

Answer = Union[Any, Callable[[], Any]]


def device(name: str, **changes: Any) -> dict[str, Any]:
    """Return the configuration of a device as a server sends it."""
    configuration = {
        "backend_name": name,
        "backend_version": "1.0.0",
        "n_qubits": 5,
        "basis_gates": ["id", "rz", "sx", "x", "cx"],
        "gates": [],
        "local": False,
        "simulator": False,
        "conditional": False,
        "open_pulse": False,
        "memory": True,
        "max_shots": 8192,
        "coupling_map": [[0, 1], [1, 0]],
        "online_date": "2021-01-08T05:00:00Z",
        "input_allowed": ["job"],
    }
    return {**configuration, **changes}


class AccountServer:
    """Answers from a table of paths; remembers what was asked.

    An answer is a JSON value, bytes to be sent as they are, an integer (a status without a body), or a function that returns one of
    these. Use it as a context manager.

    Args:
        projects: ``hub/group/project`` of each project; the first is the default one.
        token: the API token that login takes.
        access_token: what login gives, and what a request has to bring if it brings one.
    """

    def __init__(
        self,
        projects: tuple[str, ...] = ("ibm-q/open/main",),
        token: str = "right-token",
        access_token: str = "access-token",
    ) -> None:
        self.table: dict[str, Answer] = {}
        self._token, self._access_token = token, access_token
        self._server = ScriptedServer(otherwise=self._act_for)
        self.origin = self._server.url
        self.url = f"{self.origin}/api"
        self.table["/api/version"] = {"api-auth": "1.0"}
        self.table["/api/users/me"] = {"urls": {"http": self.url, "ws": f"ws{self.url[4:]}/ws/"}}
        self.set_projects(projects)
        for project in projects:
            self.set_devices(project, [device("one"), device("two")])

    def set_projects(self, projects: tuple[str, ...]) -> None:
        """Set the projects; the first is the default one."""
        hubs: dict[str, Any] = {}
        for number, path in enumerate(projects):
            hub, group, project = path.split("/")
            groups = hubs.setdefault(hub, {"name": hub, "groups": {}})["groups"]
            groups.setdefault(group, {"projects": {}})["projects"][project] = {"isDefault": number == 0}
        self.table["/api/Network"] = list(hubs.values())

    def set_devices(self, project: str, answer: Answer) -> None:
        """Set what the device list of a project is."""
        self.table[self.project_path(project) + "/devices/v/1"] = answer

    @staticmethod
    def project_path(project: str) -> str:
        """Return the path that a project's requests begin with."""
        hub, group, name = project.split("/")
        return f"/api/Network/{hub}/Groups/{group}/Projects/{name}"

    @property
    def requests(self) -> list[str]:
        """Paths of the requests so far."""
        return [unquote(path) for path in self._server.paths()]

    @property
    def bodies(self) -> list[bytes]:
        """Bodies of the requests so far."""
        return [request.body for request in self._server.requests]

    @property
    def headers(self) -> list[dict[str, str]]:
        """Headers of the requests so far, their names in lower case."""
        return [request.headers for request in self._server.requests]

    def asked(self, end: str) -> int:
        """Return how many requests there were whose path ends so."""
        return sum(path.endswith(end) for path in self.requests)

    def __enter__(self) -> AccountServer:
        self._server.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.__exit__(*error)

    def _act_for(self, request: Request) -> Act:
        path = unquote(request.path)
        if request.headers.get("x-access-token", self._access_token) != self._access_token:
            found: Any = 401
        elif path == "/api/users/loginWithToken":
            accepted = request.json == {"apiToken": self._token}
            found = {"id": self._access_token, "ttl": 1000} if accepted else 401
        else:
            found = self.table.get(path, 404)
            found = found() if callable(found) else found
        if isinstance(found, int):
            return status(found, {"error": {"message": f"status {found}", "code": found}})
        return answer(found)
