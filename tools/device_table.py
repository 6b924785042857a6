# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Writes the tables of docs/devices.md: ``python tools/device_table.py``. With ``--check`` it only says whether they are up to date."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from qiskit_ibmq_provider.service.devices import Fleet

__all__ = ["main"]

_PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "devices.md"

_METHOD_GATES: Final = 12
"""More gates than these are counted, not named."""


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _devices(fleet: Fleet) -> str:
    """Return the table of the devices."""
    rows = []
    for name in fleet.names():
        configuration = fleet.configuration(name)
        if configuration["simulator"]:
            continue
        dates = [f"{date:%Y-%m-%d}" for date in fleet.calibration_dates(name)]
        rows.append(
            (
                f"`{name}`",
                configuration["n_qubits"],
                ", ".join(configuration["basis_gates"]),
                configuration["max_shots"],
                configuration["max_experiments"],
                "yes" if configuration["open_pulse"] else "no",
                dates[-1] if dates else "none",
            )
        )
    rows.sort(key=lambda row: (row[1], row[0]))
    return _table(("device", "qubits", "basis gates", "shots", "circuits", "pulses", "calibration"), rows)


def _simulators(fleet: Fleet) -> str:
    """Return the table of the simulators."""
    rows = []
    for name in fleet.names():
        configuration = fleet.configuration(name)
        if not configuration["simulator"]:
            continue
        gates = configuration["basis_gates"]
        rows.append(
            (
                f"`{name}`",
                configuration["n_qubits"],
                configuration["simulation_method"],
                ", ".join(gates) if len(gates) <= _METHOD_GATES else f"{len(gates)} gates",
                configuration["max_shots"],
                configuration["max_experiments"],
            )
        )
    return _table(("simulator", "qubits", "method", "gates", "shots", "circuits"), rows)


def _written(page: str) -> str:
    """Return the page with the tables of today between their marks."""
    fleet = Fleet()
    for mark, table in (("devices", _devices(fleet)), ("simulators", _simulators(fleet))):
        begin, end = f"<!-- table of {mark} -->", f"<!-- end of table of {mark} -->"
        page, count = re.subn(
            re.escape(begin) + ".*?" + re.escape(end),
            lambda _, b=begin, t=table, e=end: f"{b}\n\n{t}\n\n{e}",
            page,
            flags=re.DOTALL,
        )
        if count != 1:
            raise SystemExit(f"{_PAGE} should have the marks {begin} and {end} once.")
    return page


def main() -> int:
    """Write or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit code 1 if the tables are not up to date"
    )
    args = parser.parse_args()
    page = _PAGE.read_text(encoding="utf-8")
    written = _written(page)
    if args.check:
        if written != page:
            print(
                f"The tables of {_PAGE} are not up to date. Run python tools/device_table.py.",
                file=sys.stderr,
            )
        return int(written != page)
    _PAGE.write_text(written, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
