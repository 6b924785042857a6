# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Tables of plain text."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["table"]

_GAP = "  "


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """Return aligned lines, numbers to the right, without blanks at their ends."""
    cells = [[str(cell) for cell in row] for row in [header, *rows]]
    widths = [max(len(row[place]) for row in cells) for place in range(len(header))]
    numeric = [
        bool(rows) and all(isinstance(row[place], int) for row in rows) for place in range(len(header))
    ]
    return "\n".join(
        _GAP.join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric)
        ).rstrip()
        for row in cells
    )
