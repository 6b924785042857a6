# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Contract tests run on every implementation of an interface."""

from __future__ import annotations

from support.stores import bench, store, store_url

__all__ = ["bench", "store", "store_url"]
