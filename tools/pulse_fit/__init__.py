# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Fitting a pulse device: its calibrated gates under the model of the package, their corrections, and how good they are with these."""

from __future__ import annotations

__all__: list[str] = []
