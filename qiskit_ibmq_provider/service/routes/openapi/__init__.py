# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The OpenAPI description of the service, made from the table of routes.

What a route takes and answers stands in :mod:`operations`; paths, methods, places and summaries come from the table and from the routes
themselves.
"""

from __future__ import annotations

__all__: list[str] = []
