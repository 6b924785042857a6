# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The settings of a dispatcher."""

from __future__ import annotations

import dataclasses
import math
import secrets
from collections.abc import Mapping

__all__ = ["DispatchConfig"]


@dataclasses.dataclass(frozen=True)
class DispatchConfig:
    """How a dispatcher behaves. Times are in seconds."""

    exclusive: bool = False
    """Whether no other process uses the database, as the lock on the data directory guarantees with SQLite.
    Then what somebody else owns at the start is taken over at once."""

    owner: str = dataclasses.field(default_factory=lambda: secrets.token_hex(8))
    """Names this dispatcher among all; never used twice."""

    lease: float = 60.0
    """How long a claim holds without renewal; it is renewed three times as often."""

    poll: float = 5.0
    """How long to sleep when nothing is announced."""

    full_pause: float = 5.0
    """How long no job is started after one whose result found no space."""

    time_limit: float = math.inf
    """How long one attempt at a job may run."""

    device_limits: Mapping[str, float] = dataclasses.field(default_factory=dict)
    """The same for single devices, by name."""

    max_losses: int = 3
    """After so many dead workers a job is given up."""

    max_takeovers: int = 100
    """After so many dead dispatchers a job is given up. A service that is killed often, and soon after its start,
    kills the oldest jobs again and again, and they are not to blame."""

    def limit_of(self, device: str) -> float:
        """Return how long one attempt at a job on a device may run."""
        return self.device_limits.get(device, self.time_limit)
