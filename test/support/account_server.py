# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A foreign server with an account: projects and device lists as a test wants them, broken ones included."""

from __future__ import annotations

import contextlib
import http.server
import json
import socket
import threading
from collections.abc import Callable
from typing import Any, Union
from urllib.parse import unquote, urlsplit

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


class _Server(http.server.ThreadingHTTPServer):
    """Breaks its connections when it ends, as a process does."""

    daemon_threads = True

    def __init__(self, *args: Any) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def break_connections(self) -> None:
        """Close what is still open."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class AccountServer:
    """Answers ``GET`` and ``POST`` from a table of paths; remembers what was asked.

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
        self.requests: list[str] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []
        self.table: dict[str, Answer] = {}
        self._token, self._access_token = token, access_token
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
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

    def asked(self, end: str) -> int:
        """Return how many requests there were whose path ends so."""
        return sum(path.endswith(end) for path in self.requests)

    def __enter__(self) -> AccountServer:
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._server.break_connections()

    def _answer(self, path: str, body: bytes) -> Any:
        if path == "/api/users/loginWithToken":
            if json.loads(body) != {"apiToken": self._token}:
                return 401
            return {"id": self._access_token, "ttl": 1000}
        answer = self.table.get(path, 404)
        return answer() if callable(answer) else answer

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                path = unquote(urlsplit(self.path).path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                outer.requests.append(path)
                outer.bodies.append(body)
                outer.headers.append(dict(self.headers.items()))
                brought = self.headers.get("X-Access-Token", outer._access_token)
                answer = outer._answer(path, body) if brought == outer._access_token else 401
                status = answer if isinstance(answer, int) else 200
                if isinstance(answer, int):
                    answer = {"error": {"message": f"status {answer}", "code": answer}}
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *args: object) -> None:
                pass

        return Handler
