# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What came of a job of a set."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from qiskit.result import Result

__all__ = ["Outcome"]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """A result, or why there is none. Neither, as long as nobody has asked."""

    result: Optional[Result] = None
    error: Optional[BaseException] = None
