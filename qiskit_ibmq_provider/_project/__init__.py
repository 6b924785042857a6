# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the provider of one project is made of: its list of devices, its jobs, and the choice among both."""

from __future__ import annotations

__all__: list[str] = []
