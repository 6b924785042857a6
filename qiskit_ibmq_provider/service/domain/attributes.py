# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which names and tags a job may have."""

from __future__ import annotations

from collections.abc import Sequence

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.domain.limits import Limits

__all__ = ["check_tags", "check_text"]


def check_tags(tags: Sequence[str], limits: Limits) -> None:
    """Refuse tags that cannot be kept.

    Raises:
        InvalidRequest: if there are too many, or one is not acceptable.
    """
    if len(tags) > limits.tags:
        raise InvalidRequest(
            f"A job has at most {limits.tags} tags, not {len(tags)}.", ErrorCode.INVALID_ATTRIBUTE
        )
    length = sum(map(len, tags))
    if length > limits.tags_length:
        raise InvalidRequest(
            f"The tags of a job have at most {limits.tags_length} characters together, not {length}.",
            ErrorCode.INVALID_ATTRIBUTE,
        )
    for tag in tags:
        check_text("tag", tag, limits)


def check_text(what: str, text: str, limits: Limits) -> None:
    """Refuse text that is too long or that not every database can keep.

    Raises:
        InvalidRequest: if it is.
    """
    if len(text) > limits.name_length:
        raise InvalidRequest(
            f"A job's {what} has at most {limits.name_length} characters, not {len(text)}.",
            ErrorCode.INVALID_ATTRIBUTE,
        )
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise InvalidRequest(
            f"A job's {what} holds no NUL characters and no lone surrogates.", ErrorCode.INVALID_ATTRIBUTE
        )
