# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A job on a foreign server."""

from __future__ import annotations

from support.job_server import client, job, server

__all__ = ["client", "job", "server"]
