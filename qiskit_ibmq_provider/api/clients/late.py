# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A client that connects when it is first used."""

from __future__ import annotations

from typing import Any, Callable

from qiskit_ibmq_provider.api.clients.account import AccountClient

__all__ = ["LateAccountClient"]


class LateAccountClient(AccountClient):
    """A client of a project whose account is opened at the first request, and again at the next one if that has failed.

    Args:
        connect: opens the account and gives the client whose connection is used. May raise :class:`.IBMQError`.
    """

    def __init__(self, connect: Callable[[], AccountClient]) -> None:
        # Not the constructor above: the parts that it sets are what is not there yet.
        self._connect = connect

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not there: the parts of a client that is connected.
        if name.startswith("__") or "_connect" not in self.__dict__:
            raise AttributeError(name)
        parts = vars(self._connect())
        if name not in parts:
            raise AttributeError(name)
        vars(self).update(parts)
        return parts[name]
