# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running pulse schedules: ``runner`` reads a job, takes it apart into programs, solves these and draws the shots.

``program`` is where the two halves meet: what is read from a payload becomes programs, and ``solver`` evolves these under the ``model`` of the
device.
"""

from __future__ import annotations

__all__: list[str] = []
