# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How much of everything the service accepts, and which names, tags and payloads a job may have.

How many circuits and shots a job may have stands in the configuration of its device, and is checked by the worker that reads the job.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest, TooLarge

__all__ = ["Limits", "check_payload_size", "check_tags", "check_text"]


@dataclasses.dataclass(frozen=True)
class Limits:
    """The limits of the service; all of them are inclusive."""

    payload_bytes: int = 256 * 1024 * 1024
    """Largest payload of a job, in bytes."""

    direct_bytes: int = 4 * 1024 * 1024
    """Largest payload that may come in one request with its job, in bytes, if it is not over the limit above; 0 for none."""

    jobs_per_device: int = 1000
    """Unfinished jobs that a project may have on one device; -1 for any number."""

    filter_seconds: float = 10.0
    """Time that the search for the jobs of one listing may take, in seconds."""

    page_size: int = 1000
    """Most jobs in one answer to a listing; clients ask for further pages."""

    name_length: int = 4096
    """Longest job name, experiment tag or job tag, in characters."""

    tags: int = 1000
    """Most tags of a job."""

    tags_length: int = 65536
    """Most characters of all tags of a job together: a page of a listing holds a thousand jobs."""


def check_payload_size(size: int, limit: int) -> None:
    """Refuse a payload over the limit.

    Raises:
        TooLarge: if it is.
    """
    if size > limit:
        raise TooLarge(
            f"The payload is larger than the {limit} bytes that the service accepts. Split the job into smaller ones.",
            ErrorCode.PAYLOAD_TOO_LARGE,
        )


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
