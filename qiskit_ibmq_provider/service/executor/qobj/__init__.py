# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Reading a Qobj document, which comes from a user and may hold anything.

What cannot be run is refused with a message that says which circuit and which instruction it is about; nothing else comes out of here.
"""

from __future__ import annotations

__all__: list[str] = []
