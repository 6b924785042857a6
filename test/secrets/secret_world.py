# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Accounts at a real service whose secrets are known, and everything that one may do with them."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

from fault_proxy import FaultProxy
from fault_scene import SIMULATOR, Scene, bell

from qiskit_ibmq_provider.accountprovider import AccountProvider
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.service.testing import ServiceProcess

__all__ = ["API_TOKEN", "PASSWORD", "SCALE", "SecretWorld"]

API_TOKEN = "marker-of-the-api-token-" + secrets.token_hex(8)
PASSWORD = "marker-of-a-proxy-password"
SCALE = 0.1


class SecretWorld:
    """A scene with a server of the original protocol, whose URLs are signed, and one with ours.

    Args:
        service: the service.
    """

    def __init__(self, service: ServiceProcess) -> None:
        self.service = service
        self._stack = contextlib.ExitStack()
        self._signatures: set[str] = set()

    def __enter__(self) -> SecretWorld:
        self.scenes = {}
        for server in ("own", "plain"):
            proxy = self._stack.enter_context(FaultProxy(self.service.url))
            self.scenes[server] = Scene(self.service, proxy, plain=server == "plain", scale=SCALE)
        for scene in self.scenes.values():
            scene.finished()
            scene.finished().result()
        self.note()
        return self

    def __exit__(self, *exc_info: Any) -> None:
        for scene in self.scenes.values():
            scene.closing.close()
        self._stack.close()

    def note(self) -> None:
        """Learn the signatures of the storage URLs that have been used."""
        for scene in self.scenes.values():
            for request in list(scene.proxy.requests):
                self._signatures.update(parse_qs(urlsplit(request.target).query).get("signature", []))

    def secrets(self) -> list[str]:
        """Return what nobody may read: the API token, the access tokens and the signatures seen so far."""
        self.note()
        assert self._signatures
        tokens = {token for scene in self.scenes.values() for token in scene.proxy.tokens()}
        return [API_TOKEN, PASSWORD, *tokens, *self._signatures]

    def enable(self, server: str = "own", **kwargs: Any) -> AccountProvider:
        """Log in anew."""
        return IBMQFactory().enable_account(
            API_TOKEN, self.scenes[server].proxy.url, time_scale=SCALE, **kwargs
        )

    def call(self, name: str, server: str) -> Any:
        """Make a call of the client."""
        scene = self.scenes[server]
        if name == "enable":
            return self.enable(server)
        if name == "run":
            return scene.backend.run(bell(), shots=1)
        if name == "result":
            return scene.finished().result()
        if name == "payload":
            return scene.finished().circuits()
        if name == "wait":
            return scene.waiting().result(timeout=0.2)
        if name == "cancel":
            return scene.waiting().cancel()
        if name == "rename":
            return scene.finished().update_name("x")
        if name == "jobs":
            return scene.provider.backend.jobs(limit=5)
        if name == "devices":
            return scene.provider.get_backend(SIMULATOR).status()
        raise ValueError(name)
