# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The routes of the service: decode, call the domain, encode. No state and no rules live here.

The whole table is in :mod:`~qiskit_ibmq_provider.service.routes.table`; its paths come from
:mod:`qiskit_ibmq_provider.protocol.routes`.
"""

from __future__ import annotations

__all__: list[str] = []
