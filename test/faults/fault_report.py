# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The table of faults, counted for the page on reliability. Run as a script, it prints every row."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from fault_play import Played
from fault_row import CLEAN, Row
from fault_table import TABLE

__all__ = ["counted", "every_row", "on_the_page", "planned"]

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

_PARTS = {
    "P": "the faults that the original was measured with",
    "L": "login",
    "D": "devices",
    "S": "submission, original protocol",
    "O": "what our service offers beyond it",
    "W": "waits",
    "R": "results and payloads",
    "J": "calls about jobs, lists of jobs",
    "M": "job manager",
    "H": "sessions: expired tokens, threads, dropped connections",
}
_HEAD = "| part | rows | succeed | one clear error | hung | lost | raw errors | leaks | wrong default | otherwise wrong |"


def planned(rows: Iterable[Row] = TABLE) -> list[str]:
    """Return the table of counts as it has to be: every row as it wants to be."""
    return counted([Played(row, row.outcome) for row in rows])


def counted(played: Sequence[Played]) -> list[str]:
    """Return the table of counts, in lines."""
    lines = [_HEAD, "|" + "--|" * (_HEAD.count("|") - 1)]
    for letter, part in _PARTS.items():
        found = [each for each in played if each.row.id.startswith(letter)]
        if found:
            lines.append(_line(f"{part} ({letter})", found))
    lines.append(_line("**all**", played))
    return lines


def _line(name: str, played: Sequence[Played]) -> str:
    clean = sum(each.outcome == CLEAN and not each.problems() for each in played)
    errors = sum(each.outcome != CLEAN and not each.problems() for each in played)
    bad = [
        sum(each.hung for each in played),
        sum(bool(each.lost) for each in played),
        sum(bool(each.raw) for each in played),
        sum(bool(each.leaks) for each in played),
        sum(bool(each.wrong_default) for each in played),
        sum(bool(each.wrong) for each in played),
    ]
    return f"| {' | '.join(map(str, [name, len(played), clean, errors, *bad]))} |"


def on_the_page() -> list[str]:
    """Return the table that the page shows."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"^" + re.escape(_HEAD) + r"\n(?:\|.*\n)+", text, re.MULTILINE)
    return found[0].splitlines() if found else []


def every_row() -> list[str]:
    """Return the rows as a table, in lines."""
    lines = ["| row | fault | call | outcome | within s |", "|--|--|--|--|--|"]
    for row in TABLE:
        lines.append(f"| {row.id} | {row.fault} | {row.call} | {row.outcome} | {row.bound:g} |")
    return lines


if __name__ == "__main__":
    print("\n".join([*every_row(), "", *planned()]))
