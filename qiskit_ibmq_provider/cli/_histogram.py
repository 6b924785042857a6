# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Counts as bars of text."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["histogram"]

_BAR = 40


def histogram(counts: Mapping[str, int]) -> str:
    """Return a line for each outcome: its share of the shots, and a bar."""
    shots = sum(counts.values())
    most = max(counts.values())
    lines = []
    for outcome, count in sorted(counts.items()):
        bar = "#" * round(_BAR * count / most)
        lines.append(f"    {outcome}  {100 * count / shots:5.1f} %  {bar}".rstrip())
    return "\n".join(lines)
