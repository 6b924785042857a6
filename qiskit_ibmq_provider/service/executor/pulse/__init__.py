# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Running pulse schedules: from the payload to levels, and from levels to outcomes.

``program`` is where the two halves meet: what is read from a payload becomes programs, and the model of the device evolves these.
"""

from __future__ import annotations

__all__: list[str] = []
