# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The wire contract between the client and the service.

Paths, statuses, records, messages and filters of the IBM Quantum Experience API, each defined once and used by both ends. Nothing
here performs I/O or knows Qiskit: text and bytes go in, values come out.
"""

from __future__ import annotations

__all__: list[str] = []
