# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""How deeply the JSON of strangers may be nested."""

from __future__ import annotations

from typing import Any

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest

__all__ = ["check_depth"]


def check_depth(value: Any, limit: int, what: str, code: ErrorCode) -> None:
    """Refuse a value that is nested too deeply: what walks through it, also to show it, would need that much stack.

    Args:
        value: A value as JSON gives it.
        limit: How many arrays and objects may stand in each other.
        what: What the value is, for the message.
        code: The code of the refusal.

    Raises:
        InvalidRequest: If it is.
    """
    level, depth = [value], 0
    while level:
        inside = [item for item in level if isinstance(item, (dict, list))]
        depth += bool(inside)
        if depth > limit:
            raise InvalidRequest(f"The {what} is nested more than {limit} levels deep.", code)
        level = [child for item in inside for child in (item.values() if isinstance(item, dict) else item)]
