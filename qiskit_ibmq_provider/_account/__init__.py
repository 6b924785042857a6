# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What :class:`.IBMQFactory` is made of: the stored account, login, and the choice of a provider."""

from __future__ import annotations

__all__: list[str] = []
