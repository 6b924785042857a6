# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""``python -m qiskit_ibmq_provider.cli``: the command ``ibmq`` of this interpreter, and the process of each service."""

from __future__ import annotations

import sys

from qiskit_ibmq_provider.cli import main

__all__: list[str] = []

# Worker processes import this module again under another name; only the command itself may run.
if __name__ == "__main__":
    sys.exit(main())
