# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Where the rows are played: a real service, the proxy before it, accounts through the proxy, and a side door to the service."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import socket
import ssl
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional
from urllib.parse import quote

from fault_acts import changed
from fault_proxy import FaultProxy
from fault_row import Row, always
from qiskit import QuantumCircuit

from qiskit_ibmq_provider.accountprovider import AccountProvider
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.job import IBMQJob
from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["MAIN", "PROJECTS", "SIMULATOR", "Scene", "SideDoor", "bell"]

PROJECTS = ("ibm-q/open/main", "campus/physics/qc101", *(f"school/class/pupil{n}" for n in range(30)))
"""Projects of the service: more than anyone would ask one by one at login."""

TLS = Path(__file__).parents[1] / "support" / "tls"

MAIN = "/Network/ibm-q/Groups/open/Projects/main"
SIMULATOR = "ibmq_qasm_simulator"


def bell() -> QuantumCircuit:
    """Two qubits that agree."""
    circuit = QuantumCircuit(2, 2, name="bell")
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


class SideDoor:
    """Asks the service directly, past proxy and client: what is really there."""

    def __init__(self, service: ServiceProcess) -> None:
        self._url = service.url
        self._token = ""
        self._token = self.ask("POST", "/users/loginWithToken", {"apiToken": service.token})["id"]
        self._payload: Optional[bytes] = None

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the JSON that a request gives."""
        url = path if path.startswith("http") else self._url + path
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"X-Access-Token": self._token, "Content-Type": "application/json"}
        request = urllib.request.Request(url, data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            said = answer.read()
        return json.loads(said) if said else None

    def prepare_job(self, payload: bytes, name: str) -> str:
        """Make a job with its payload that only waits for the announcement; return its id."""
        wanted = {"backend": {"name": SIMULATOR}, "allowObjectStorage": True, "name": name}
        made = self.ask("POST", f"{MAIN}/Jobs", wanted)
        self.ask("PUT", made["objectStorageInfo"]["uploadUrl"], payload)
        return str(made["id"])

    def announce(self, job_id: str) -> None:
        """Let a prepared job run."""
        self.ask("POST", f"{MAIN}/Jobs/{job_id}/jobDataUploaded")

    def status(self, job_id: str) -> str:
        """Return the status of a job."""
        return str(self.ask("GET", f"{MAIN}/Jobs/{job_id}/status/v/1")["status"])

    def named(self, name: str) -> dict[str, str]:
        """Return the status of each job of a name, by id."""
        chosen = quote(json.dumps({"where": {"name": name}, "limit": 50}))
        found = self.ask("GET", f"{MAIN}/Jobs/status/v/1?filter={chosen}")
        return {each["id"]: each["status"] for each in found}


class Scene:
    """What a row acts on.

    Args:
        service: the service.
        proxy: the proxy before it; its faults are those of the row.
        plain: whether the service is to look like one without the extensions of ours.
        scale: time scale of the accounts.
    """

    def __init__(self, service: ServiceProcess, proxy: FaultProxy, *, plain: bool, scale: float) -> None:
        self.service, self.proxy, self.scale = service, proxy, scale
        self.door = SideDoor(service)
        self.closing = contextlib.ExitStack()
        if plain:
            proxy.spoil(always("GET", routes.USER_INFO, changed(_without_extensions)), always=True)
        self.factory = IBMQFactory()
        self.provider = self.enable(self.factory)
        self.backend = self.provider.get_backend(SIMULATOR)
        self._payload: Optional[bytes] = None
        self._finished = ""
        self._crowd: list[str] = []
        self._crowd_name = f"crowd-{secrets.token_hex(4)}"
        self.started = threading.Event()
        self.name = ""
        self.job: Optional[IBMQJob] = None

    def secure_url(self) -> str:
        """Return the URL of a proxy that speaks TLS with a certificate that nobody knows."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(TLS / "certificate.pem", TLS / "key.pem")
        return self.closing.enter_context(FaultProxy(self.service.url, context)).url

    def full_url(self) -> str:
        """Return the URL of a host that lets connections wait until they give up."""
        listener = self.closing.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = self.closing.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        return f"http://127.0.0.1:{listener.getsockname()[1]}/api"

    def begin(self, row: Row) -> None:
        """Make ready for a row."""
        self.proxy.clear()
        self.name = f"row-{row.id}-{secrets.token_hex(4)}"
        self.job = None

    def enable(self, factory: IBMQFactory, url: str = "", **kwargs: Any) -> AccountProvider:
        """Log in through the proxy."""
        return factory.enable_account(
            self.service.token, url or self.proxy.url, time_scale=self.scale, **kwargs
        )

    def waiting(self) -> IBMQJob:
        """Return a job that starts when :meth:`start` says so."""
        self.job = self.provider.backend.retrieve_job(self.door.prepare_job(self.payload(), self.name))
        return self.job

    def finished(self) -> IBMQJob:
        """Return a fresh handle of a job that is over."""
        if not self._finished:
            job = self.waiting()
            self.start()
            job.wait_for_final_state(timeout=60)
            self._finished = job.job_id()
        return self.provider.backend.retrieve_job(self._finished)

    def crowd(self, count: int) -> str:
        """Return the name that so many jobs have, which never run."""
        while len(self._crowd) < count:
            wanted = {"backend": {"name": SIMULATOR}, "allowObjectStorage": True, "name": self._crowd_name}
            self._crowd.append(self.door.ask("POST", f"{MAIN}/Jobs", wanted)["id"])
        return self._crowd_name

    def start(self) -> None:
        """Let the job of :meth:`waiting` run."""
        assert self.job is not None
        self.door.announce(self.job.job_id())

    def start_when(self, reached: Callable[[], bool]) -> threading.Thread:
        """Let the job run as soon as something has come about at the proxy."""

        def run() -> None:
            with self.proxy.changed:
                met = self.proxy.changed.wait_for(reached, 30)
            if met:
                self.start()

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread

    def payload(self) -> bytes:
        """Return the Qobj of a Bell circuit, as our client has once sent it."""
        if self._payload is None:
            job = self.backend.run(bell(), shots=64)
            url = self.door.ask("GET", f"{MAIN}/Jobs/{job.job_id()}/jobDownloadUrl")["url"]
            self._payload = json.dumps(self.door.ask("GET", url)).encode()
        return self._payload

    def secrets(self) -> list[str]:
        """Return what nobody may read: the API token and the access tokens seen."""
        return [self.service.token, *self.proxy.tokens()]


def _without_extensions(said: Any) -> Any:
    """Return the user information of a server of the original protocol."""
    return {key: value for key, value in said.items() if key != "capabilities"}


SIGNATURE = re.compile(r"signature=(?!\.\.\.)[0-9A-Za-z_-]{6,}")
"""A part of a signed URL."""
