# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Flows of several requests, and websockets."""

from __future__ import annotations

from qiskit_ibmq_provider.api.clients.account import AccountClient
from qiskit_ibmq_provider.api.clients.auth import AuthClient
from qiskit_ibmq_provider.api.clients.base import BaseClient, WebsocketClientCloseCode
from qiskit_ibmq_provider.api.clients.version import VersionClient
from qiskit_ibmq_provider.api.clients.websocket import WebsocketClient

__all__ = [
    "AccountClient",
    "AuthClient",
    "BaseClient",
    "VersionClient",
    "WebsocketClient",
    "WebsocketClientCloseCode",
]
