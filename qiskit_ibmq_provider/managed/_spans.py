# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which experiments of a set each of its jobs holds.

A set that was retrieved knows how long some of its jobs are and has to find out about others, which may cost the download of a
payload. So that is put off until somebody needs the number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Callable, Optional

from qiskit_ibmq_provider.managed.exceptions import IBMQJobManagerInvalidStateError

__all__ = ["Spans"]


class Spans:
    """First and last experiment of each job of a set, counted over the whole set from 0.

    All jobs of a set are equally long but for the last, because that is how a set is split. One known length tells the others.

    Args:
        counts: how many experiments each job holds, ``None`` where that is not known.
        look_up: finds out how many experiments a job holds; ``None`` if there is no way.
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
        """Return first and last experiment of a job as ``"75-149"``, with ``?`` for what is not known yet. Asks nobody."""
        counts = [self._known(each) for each in range(index + 1)]
        start: Optional[int] = self._offset
        for count in counts[:-1]:
            start = None if start is None or count is None else start + count
        last = None if start is None or counts[-1] is None else start + counts[-1] - 1
        return f"{'?' if start is None else start}-{'?' if last is None else last}"

    def _known(self, index: int) -> Optional[int]:
        """Return what is known of a job's length, by itself or from the others."""
        count = self._counts[index]
        if count is None and index < len(self._counts) - 1:
            lengths = {each for each in self._counts[:-1] if each is not None}
            return lengths.pop() if len(lengths) == 1 else None
        return count

    def _learn_length(self) -> None:
        """Look up jobs until the length of one is known."""
        for index, count in enumerate(self._counts[:-1]):
            if count is None:
                count = self._counts[index] = self._look_up(index)
            if count is not None:
                return
