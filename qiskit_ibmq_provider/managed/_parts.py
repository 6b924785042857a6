# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How a set is split: which experiments and which run options go into each of its jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Optional, TypeVar

from qiskit_ibmq_provider.managed.exceptions import IBMQJobManagerInvalidStateError

__all__ = [
    "Spans",
    "experiment_count",
    "experiments_per_job",
    "options_of_part",
    "program_names",
    "split",
]

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
    """Return the experiments in lists of a size, the last of which may be shorter; without a size, in one list of all."""
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
    """Return the run options of one job: of a list of frequencies only those for its own experiments.

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


class Spans:
    """First and last experiment of each job of a set, counted over the whole set from 0.

    All jobs of a set are equally long but for the last, because that is how a set is split. One known length tells the others.

    A set that was retrieved knows how long some of its jobs are. Finding out about others may take the download of a payload, so this
    waits until the number is needed.

    Args:
        counts: how many experiments each job holds, ``None`` where that is not known.
        look_up: finds out how many experiments a job holds; ``None`` if it cannot.
        offset: number of the first experiment.
    """

    def __init__(
        self,
        counts: Sequence[Optional[int]],
        look_up: Callable[[int], Optional[int]] = lambda index: None,
        *,
        offset: int = 0,
    ) -> None:
        self._counts = list(counts)
        self._look_up = look_up
        self._offset = offset

    def start(self, index: int) -> int:
        """Return the first experiment of a job.

        Raises:
            IBMQJobManagerInvalidStateError: it cannot be found out.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        return self._offset + sum(self.count(before) for before in range(index))

    def end(self, index: int) -> int:
        """Return the last experiment of a job; raises as :meth:`start` does."""
        return self.start(index) + self.count(index) - 1

    def count(self, index: int) -> int:
        """Return how many experiments a job holds; raises as :meth:`start` does."""
        count = self._known(index)
        if count is None and index < len(self._counts) - 1:
            self._learn_length()
            count = self._known(index)
        if count is None:
            count = self._counts[index] = self._look_up(index)
        if count is None:
            raise IBMQJobManagerInvalidStateError(
                f"How many experiments job {index} of the set was to run is not known, because it is missing. Ask for the job "
                "itself with jobs()."
            )
        return count

    def text(self, index: int) -> str:
        """Return first and last experiment of a job as ``"75-149"``, with ``?`` for what is not known yet. Makes no request."""
        counts = [self._known(each) for each in range(index + 1)]
        start: Optional[int] = self._offset
        for count in counts[:-1]:
            start = None if start is None or count is None else start + count
        last = None if start is None or counts[-1] is None else start + counts[-1] - 1
        return f"{'?' if start is None else start}-{'?' if last is None else last}"

    def _known(self, index: int) -> Optional[int]:
        count = self._counts[index]
        if count is None and index < len(self._counts) - 1:
            lengths = {each for each in self._counts[:-1] if each is not None}
            return lengths.pop() if len(lengths) == 1 else None
        return count

    def _learn_length(self) -> None:
        for index, count in enumerate(self._counts[:-1]):
            if count is None:
                count = self._counts[index] = self._look_up(index)
            if count is not None:
                return
