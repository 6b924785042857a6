# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The self-hosted service behind the client: extra ``[service]``.

``routes`` decode a request, call ``domain`` and encode the answer; ``domain`` holds the rules and the
interfaces; ``store``, ``executor`` and ``devices`` implement them.
"""

from __future__ import annotations

__all__: list[str] = []
