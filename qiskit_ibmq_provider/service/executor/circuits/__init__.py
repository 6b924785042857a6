# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running circuits on Aer: what they need, the noise of devices, the simulator and its results."""

from __future__ import annotations

__all__: list[str] = []
