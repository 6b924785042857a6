# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A real service, a proxy before it that spoils requests, accounts through the proxy, and a side door that tells what is really there."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import Any
from urllib.parse import quote

from fault_proxy import Exchange, FaultProxy
from fault_scene import MAIN, SIMULATOR, Scene, SideDoor
from qiskit import QuantumCircuit

from qiskit_ibmq_provider.accountprovider import AccountProvider
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.protocol.status import is_final
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["DIRECT_BYTES", "NEVER_RAN", "SCALE", "World", "circuit", "halved", "twice"]

DIRECT_BYTES = 4000
"""Largest payload that goes in one request: so two small circuits do for both ways."""

SCALE = 0.03
"""Time scale of the clients: 0.9 s for the next bytes of an answer, 2.7 s for a request with its repetitions."""

NEVER_RAN = frozenset({"CREATING", "CANCELLED", "ERROR_CREATING_JOB"})
"""Statuses of jobs that are nobody's concern: they do not run, and count nowhere."""

_SECONDS = 60.0


def circuit(size: str) -> QuantumCircuit:
    """Return a circuit whose payload is below or above the limit."""
    made = QuantumCircuit(2, 2, name=size)
    for _ in range(1 if size == "small" else 100):
        made.h(0)
        made.cx(0, 1)
    made.measure([0, 1], [0, 1])
    return made


class World:
    """All of it, as a context manager."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self.late: list[Exchange] = []

    def __enter__(self) -> World:
        settings = {"max_direct_bytes": DIRECT_BYTES, "max_jobs_per_device": 1000, "workers": 2}
        self.service = self._stack.enter_context(ServiceProcess(settings=settings))
        self.door = SideDoor(self.service)
        self.scenes = {
            server: Scene(
                self.service,
                self._stack.enter_context(FaultProxy(self.service.url)),
                plain=server == "plain",
                scale=SCALE,
            )
            for server in ("own", "plain")
        }
        self.provider: AccountProvider = IBMQFactory().enable_account(self.service.token, self.service.url)
        return self

    def __exit__(self, *exc_info: Any) -> None:
        for scene in self.scenes.values():
            scene.closing.close()
        self._stack.close()

    def hold_back(self, exchange: Exchange) -> None:
        """Break the connection, and keep the request: it reaches the service later."""
        self.late.append(exchange)
        exchange.keep = False

    def let_through(self) -> None:
        """Let all requests reach the service that were held back."""
        held, self.late = self.late, []
        for exchange in held:
            exchange.forward()

    def wait_until_idle(self) -> None:
        """Wait until no job counts against the limit, however many are left whose payload never came."""
        deadline = time.monotonic() + _SECONDS
        while count := self.door.ask("GET", f"{MAIN}/devices/{SIMULATOR}/jobsLimit")["runningJobs"]:
            assert time.monotonic() < deadline, f"{count} jobs count that do not run"
            time.sleep(0.02)

    def settled(self, names: list[str]) -> dict[str, str]:
        """Wait until the jobs of these names are over that run at all; return their statuses by id."""
        deadline = time.monotonic() + _SECONDS
        while True:
            found = {job_id: status for name in names for job_id, status in self.door.named(name).items()}
            ran = {job_id: status for job_id, status in found.items() if status not in NEVER_RAN}
            if all(is_final(status) for status in ran.values()):
                return ran
            assert time.monotonic() < deadline, ran
            time.sleep(0.02)

    def drafts(self) -> int:
        """Return how many jobs there are whose payload has not come."""
        chosen = quote(json.dumps({"where": {"status": "CREATING"}, "limit": 1000}))
        return len(self.door.ask("GET", f"{MAIN}/Jobs/v/1?filter={chosen}"))


def twice(exchange: Exchange) -> None:
    """Let the request reach the service twice, as a gateway does that repeats what it should not."""
    exchange.forward()
    exchange.relay(exchange.forward())


def halved(exchange: Exchange) -> None:
    """Let the first half of the request reach the service, and break both connections."""
    request = exchange.request
    with socket.create_connection(exchange.proxy.upstream, timeout=_SECONDS) as upstream:
        upstream.sendall(request.head + request.body[: len(request.body) // 2])
    exchange.keep = False
