# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A job that is run by pulses, after it was read and checked."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Optional

from qiskit_ibmq_provider.service.executor.pulse.timeline import Timeline

__all__ = ["PulseExperiment", "PulseJob", "RunSettings"]


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """How the experiments of a job are run.

    Attributes:
        shots: of each experiment.
        memory: whether the outcome of each shot is asked for, on level 2.
        level: of measurement, 1 or 2.
        average: on level 1, whether points are averaged over the shots.
        seed: of the random numbers, if one was given.
    """

    shots: int
    memory: bool
    level: int
    average: bool
    seed: Optional[int]


@dataclasses.dataclass(frozen=True)
class PulseExperiment:
    """One experiment: its header, its timeline and how many memory slots it has. ``where`` names it in messages."""

    header: Mapping[str, Any]
    timeline: Timeline
    slots: int
    where: str


@dataclasses.dataclass(frozen=True)
class PulseJob:
    """All experiments of a job. ``kind`` is ``PULSE`` for schedules and ``QASM`` for circuits with gates defined by pulses."""

    kind: str
    qobj_id: str
    header: Optional[Mapping[str, Any]]
    experiments: list[PulseExperiment]
    settings: RunSettings
