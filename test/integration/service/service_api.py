# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Plain HTTP and websocket access to a real service, without our own client in between."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import requests
import websocket

from qiskit_ibmq_provider.service.testing import ServiceProcess

PROJECT = "/Network/ibm-q/Groups/open/Projects/main"
JOBS = PROJECT + "/Jobs"
SIMULATOR = "ibmq_qasm_simulator"
DEVICE = "ibmq_vigo"
DEADLINE = 60
"""Seconds that nothing here should ever need."""


def bell(shots: int = 100, backend: str = SIMULATOR) -> dict[str, Any]:
    """A Qobj with one Bell circuit, as the original client encodes it."""
    header = {
        "name": "bell",
        "n_qubits": 2,
        "memory_slots": 2,
        "qubit_labels": [["q", 0], ["q", 1]],
        "clbit_labels": [["c", 0], ["c", 1]],
        "qreg_sizes": [["q", 2]],
        "creg_sizes": [["c", 2]],
        "global_phase": 0.0,
        "metadata": {"k": 1},
    }
    instructions = [
        {"name": "h", "qubits": [0]},
        {"name": "cx", "qubits": [0, 1]},
        {"name": "measure", "qubits": [0], "register": [0], "memory": [0]},
        {"name": "measure", "qubits": [1], "register": [1], "memory": [1]},
    ]
    return {
        "qobj_id": "3a525e5c-69b4-46bc-bcf5-d8e57dda6179",
        "type": "QASM",
        "schema_version": "1.3.0",
        "header": {"backend_name": backend, "backend_version": "0.1.547", "mine": 1},
        "config": {
            "shots": shots,
            "seed_simulator": 5,
            "memory": False,
            "parameter_binds": [],
            "meas_level": 2,
            "n_qubits": 2,
            "init_qubits": True,
            "memory_slots": 2,
        },
        "experiments": [
            {"config": {"n_qubits": 2, "memory_slots": 2}, "header": header, "instructions": instructions}
        ],
    }


def endless(qubits: int = 26, depth: int = 2000) -> dict[str, Any]:
    """A Qobj that runs far longer than any test: whoever sends it cancels it."""
    qobj = bell()
    body = [{"name": "h", "qubits": [q]} for q in range(qubits)]
    for layer in range(depth):
        body += [{"name": "cx", "qubits": [q, q + 1]} for q in range(layer % 2, qubits - 1, 2)]
        body += [{"name": "u1", "qubits": [q], "params": [0.1 * (q + 1)]} for q in range(qubits)]
    body.append({"name": "measure", "qubits": [0], "register": [0], "memory": [0]})
    experiment = qobj["experiments"][0]
    experiment["instructions"] = body
    experiment["config"] = {"n_qubits": qubits, "memory_slots": 1}
    experiment["header"].update(
        n_qubits=qubits,
        memory_slots=1,
        qubit_labels=[["q", q] for q in range(qubits)],
        clbit_labels=[["c", 0]],
        qreg_sizes=[["q", qubits]],
        creg_sizes=[["c", 1]],
    )
    qobj["config"].update(n_qubits=qubits, memory_slots=1)
    return qobj


class Api:
    """A logged-in caller of one service."""

    def __init__(self, service: ServiceProcess) -> None:
        self.service = service
        self.session = requests.Session()
        self.session.trust_env = False
        answer = self.request("POST", "/users/loginWithToken", json={"apiToken": service.token})
        assert answer.status_code == 200, answer.text
        self.token: str = answer.json()["id"]
        self.session.headers["X-Access-Token"] = self.token

    def __enter__(self) -> Api:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.session.close()

    def request(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """Send a request to a path below the API, or to a whole URL."""
        url = path if path.startswith("http") else self.service.url + path
        return self.session.request(method, url, timeout=DEADLINE, **kwargs)

    def get(self, path: str, **kwargs: Any) -> Any:
        """Return the JSON of a successful GET."""
        answer = self.request("GET", path, **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, **kwargs: Any) -> Any:
        """Return the JSON of a successful POST."""
        answer = self.request("POST", path, **kwargs)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def create(self, backend: str = SIMULATOR, **fields: Any) -> dict[str, Any]:
        """Make a job; return the answer."""
        body = {"backend": {"name": backend}, "allowObjectStorage": True, "liveDataEnabled": None, **fields}
        answer: dict[str, Any] = self.post(JOBS, json=body)
        return answer

    def submit(self, qobj: Any = None, backend: str = SIMULATOR, **fields: Any) -> str:
        """Make a job, upload its payload, announce it; return its id."""
        job = self.create(backend, **fields)
        upload = self.request(
            "PUT",
            job["objectStorageInfo"]["uploadUrl"],
            data=json.dumps(bell(backend=backend) if qobj is None else qobj),
            headers={"Content-Type": "application/json"},
        )
        assert upload.status_code == 200, upload.text
        self.post(f"{JOBS}/{job['id']}/jobDataUploaded")
        return str(job["id"])

    def filtered(self, path: str, **query: Any) -> Any:
        """Return one of the lists, filtered."""
        return self.get(path, params={"filter": json.dumps(query)})

    @contextlib.contextmanager
    def socket(
        self, job_id: str, token: str | None = None, path: str = "/status/v/1"
    ) -> Iterator[websocket.WebSocket]:
        """Open the status websocket of a job and authenticate, unless the token is empty."""
        url = self.service.url.replace("http", "ws", 1) + f"/ws/jobs/{job_id}{path}"
        connection = websocket.create_connection(url, timeout=DEADLINE)
        try:
            token = self.token if token is None else token
            if token:
                connection.send(json.dumps({"type": "authentication", "data": token}))
            yield connection
        finally:
            connection.close()
            # After a close that the service began, the library leaves the socket open.
            connection.shutdown()

    def wait(self, job_id: str) -> str:
        """Wait by websocket until a job is final; return its status."""
        with self.socket(job_id) as connection:
            assert receive(connection) == {"type": "authenticated"}
            return str(statuses(connection)[-1]["status"])

    def result(self, job_id: str) -> dict[str, Any]:
        """Return the result document of a job."""
        url = self.get(f"{JOBS}/{job_id}/resultDownloadUrl")["url"]
        document: dict[str, Any] = self.get(url)
        return document


def receive(connection: websocket.WebSocket) -> Any:
    """Return the next frame, which must be binary."""
    opcode, data = connection.recv_data()
    assert opcode == websocket.ABNF.OPCODE_BINARY, (opcode, data)
    return json.loads(data.decode("utf-8"))


def statuses(connection: websocket.WebSocket, until: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Read status frames until a final one, or until one of ``until``."""
    found: list[dict[str, Any]] = []
    while not found or not (
        found[-1]["status"] in ("COMPLETED", "CANCELLED", *until) or found[-1]["status"].startswith("ERROR")
    ):
        frame = receive(connection)
        assert frame["type"] == "job-status"
        found.append(frame["data"])
    return found


def close_code(connection: websocket.WebSocket) -> int:
    """Return the code with which the service closes the connection."""
    opcode, data = connection.recv_data(control_frame=True)
    assert opcode == websocket.ABNF.OPCODE_CLOSE, (opcode, data)
    return int.from_bytes(data[:2], "big")
