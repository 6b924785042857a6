# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How many experiments go into each job of a set, and what of the run options goes with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, TypeVar

__all__ = ["experiment_count", "experiments_per_job", "options_of_part", "program_names", "split"]

_T = TypeVar("_T")


def experiments_per_job(
    accepted: Optional[int], wanted: Optional[int], options: Mapping[str, Any]
) -> Optional[int]:
    """Return how many circuits or schedules one job takes at most, ``None`` for any number.

    Args:
        accepted: how many experiments the backend accepts in a job, ``None`` where it does not say.
        wanted: what the caller asked for.
        options: the run options. Parameter binds make several experiments of one circuit.
    """
    limits = [] if accepted is None else [max(1, accepted // _repeats(options))]
    if wanted is not None:
        limits.append(wanted)
    return min(limits, default=None)


def split(experiments: Sequence[_T], size: Optional[int]) -> list[list[_T]]:
    """Return the experiments in lists of a size, the last of which may be shorter.

    Args:
        experiments: what is to be run.
        size: how long the lists are; ``None`` makes one list of all.
    """
    step = size or max(1, len(experiments))
    return [list(experiments[start : start + step]) for start in range(0, len(experiments), step)]


def experiment_count(programs: int, options: Mapping[str, Any]) -> int:
    """Return how many experiments a job runs.

    Args:
        programs: how many circuits or schedules it holds. Parameter binds repeat each of them; a list of frequencies repeats a
            single one.
        options: the run options.
    """
    frequencies = options.get("schedule_los")
    if programs == 1 and isinstance(frequencies, (list, tuple)) and frequencies:
        return len(frequencies)
    return programs * _repeats(options)


def options_of_part(options: Mapping[str, Any], start: int, programs: int, total: int) -> dict[str, Any]:
    """Return the run options of one job: of frequencies given for each experiment only its own.

    Args:
        options: the options of the whole set.
        start: how many circuits or schedules the jobs before it hold.
        programs: how many it holds itself.
        total: how many the whole set holds.
    """
    own = dict(options)
    frequencies = own.get("schedule_los")
    if total > 1 and isinstance(frequencies, (list, tuple)) and len(frequencies) == total:
        own["schedule_los"] = list(frequencies[start : start + programs])
    return own


def program_names(programs: Any) -> list[Optional[str]]:
    """Return the names of circuits or schedules, of one or several, or of those in a Qobj."""
    if hasattr(programs, "experiments"):
        return [getattr(each.header, "name", None) for each in programs.experiments]
    listed = programs if isinstance(programs, (list, tuple)) else [programs]
    return [getattr(each, "name", None) for each in listed]


def _repeats(options: Mapping[str, Any]) -> int:
    binds = options.get("parameter_binds")
    return len(binds) if isinstance(binds, (list, tuple)) and any(binds) else 1
