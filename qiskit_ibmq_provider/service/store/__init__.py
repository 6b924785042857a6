# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Where the service keeps its state: a database (SQLite or PostgreSQL) and a directory of blobs.

``open_store(url)`` and ``DirectoryBlobs(path)`` implement the interfaces of the domain.
"""

from __future__ import annotations

__all__: list[str] = []
