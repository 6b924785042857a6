# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running jobs: the engine with its worker processes, and what happens inside a worker.

``local_engine`` starts and watches the worker processes; ``worker`` is what runs inside of one. It reads the payload of a job in ``qobj`` and runs
it in ``circuits`` or in ``pulse``. Only the workers import Qiskit and Aer. The service's own process imports the engine, which does not.
"""

from __future__ import annotations

from qiskit_ibmq_provider.service.executor.local_engine import LocalEngine

__all__ = ["LocalEngine"]
