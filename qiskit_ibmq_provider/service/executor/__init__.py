# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running jobs: the engine with its worker processes, and what happens inside a worker.

Only the workers import Qiskit and Aer. The service's own process imports :mod:`local`, which does not.
"""

from __future__ import annotations

from qiskit_ibmq_provider.service.executor.local_engine import LocalEngine

__all__ = ["LocalEngine"]
