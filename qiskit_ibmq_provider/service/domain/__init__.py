# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The rules of the service: accounts, jobs, their queue and their limits. No HTTP, no SQL, no qiskit.

Every method here is synchronous and may be called from any thread.
"""

from __future__ import annotations

__all__: list[str] = []
