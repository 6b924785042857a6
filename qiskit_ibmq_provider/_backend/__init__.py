# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What :class:`.IBMQBackend` is made of: programs and options checked, submission, and what a backend is asked."""

from __future__ import annotations

__all__: list[str] = []
