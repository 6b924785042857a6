# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A circuit job as a worker sees it: what is left of the Qobj document after it was read and checked."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any, Optional

__all__ = ["CircuitJob", "Experiment"]


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One circuit.

    ``instructions`` are Qobj instructions whose parameters are as the simulator takes them. ``qubits`` is the size of the register, ``active``
    how many of its qubits the circuit uses.
    """

    header: Mapping[str, Any]
    qubits: int
    memory_slots: int
    shots: int
    memory: bool
    instructions: list[dict[str, Any]]
    active: frozenset[int]

    @property
    def name(self) -> str:
        """The circuit's name, or nothing."""
        name = self.header.get("name")
        return name if isinstance(name, str) else ""


@dataclasses.dataclass(frozen=True)
class CircuitJob:
    """All circuits of a job, and how to run them.

    ``options`` go to the simulator as they are. With ``whole_registers`` it also simulates the qubits that a circuit does not use.
    ``meas_level`` is 1 for points or 2 for bits; points are averaged over the shots or, with ``meas_return`` of ``single``, kept apart.
    ``calibration_date`` asks for the device's calibration as it was at an instant; ``None`` for the newest.
    """

    qobj_id: str
    header: Optional[Mapping[str, Any]]
    experiments: list[Experiment]
    shots: int
    memory: bool
    memory_slots: int
    method: str
    seed: Optional[int] = None
    whole_registers: bool = False
    noise_model: Optional[Mapping[str, Any]] = None
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    calibration_date: Optional[datetime.datetime] = None
    meas_level: int = 2
    meas_return: str = "avg"
