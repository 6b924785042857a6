# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""One adapter per resource of the API: path, verb, and reading the answer into records."""

from __future__ import annotations

from qiskit_ibmq_provider.api.rest.account import Account
from qiskit_ibmq_provider.api.rest.root import Api

__all__ = ["Account", "Api"]
