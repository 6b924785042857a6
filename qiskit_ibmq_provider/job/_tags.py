# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which tags a job has after an update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.job.exceptions import IBMQJobInvalidStateError

__all__ = ["JOB_SET_PREFIX", "combine_tags"]

JOB_SET_PREFIX: Final = "ibmq_jobset_"
"""Beginning of the tags by which a job set finds its jobs again. An update never takes them away."""

logger = get_logger(__name__)


def combine_tags(
    current: Sequence[str],
    replacement: Optional[Sequence[str]] = None,
    additional: Optional[Sequence[str]] = None,
    removal: Optional[Sequence[str]] = None,
) -> list[str]:
    """Return ``(replacement or current) + additional - removal``, without repetitions, in that order.

    An empty ``replacement`` clears the tags. Tags of a job set stay in any case.

    Raises:
        IBMQJobInvalidStateError: no change is given, or a change is not a list of strings.
    """
    if replacement is None and additional is None and removal is None:
        raise IBMQJobInvalidStateError(
            "There is nothing to update: give replacement_tags, additional_tags or removal_tags."
        )
    for name, tags in (
        ("replacement_tags", replacement),
        ("additional_tags", additional),
        ("removal_tags", removal),
    ):
        if tags is not None and not _is_list_of_strings(tags):
            raise IBMQJobInvalidStateError(f"{name} should be a list of strings, not {tags!r}.")

    kept = [tag for tag in current if tag.startswith(JOB_SET_PREFIX)]
    wanted = list(current) if replacement is None else list(replacement) + kept
    wanted += additional or []
    removed = set()
    for tag in removal or []:
        if tag.startswith(JOB_SET_PREFIX):
            logger.warning("The tag %r stays: a job set finds its jobs by it.", tag)
        else:
            removed.add(tag)
    return [tag for tag in dict.fromkeys(wanted) if tag not in removed]


def _is_list_of_strings(tags: object) -> bool:
    return isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
