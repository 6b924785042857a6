# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The HTTP and websocket libraries are loaded by the first connection, not before."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from qiskit_ibmq_provider.api.clients import AccountClient, AuthClient, VersionClient, WebsocketClient
from qiskit_ibmq_provider.api.session import RetrySession
VersionClient("http://127.0.0.1:1")
print([name for name in ("requests", "urllib3", "websocket") if name in sys.modules])
"""


def test_importing_the_transport_loads_neither_requests_nor_websocket():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "[]", done.stderr
