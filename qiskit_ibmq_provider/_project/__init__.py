# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a provider chooses among: its backends by name and by condition, its jobs by query and page by page."""

from __future__ import annotations

__all__: list[str] = []
