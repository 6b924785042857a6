# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Transport of the client: the only place that knows URLs, HTTP and websockets.

``rest`` has one adapter per resource, ``clients`` the flows of several steps, ``session`` the connection below both. ``requests`` and
``websocket`` are imported when the first connection is made, not before.
"""

from __future__ import annotations

__all__: list[str] = []
