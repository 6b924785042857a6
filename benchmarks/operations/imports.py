# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The import, and what it brings along."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from benchmarks.side import Bench, Operation

__all__ = ["OPERATIONS"]

_SCRIPT = """
import sys, time, warnings
warnings.simplefilter("ignore")
import qiskit, qiskit.providers, qiskit.circuit
known, begin = set(sys.modules), time.perf_counter()
from qiskit import IBMQ
IBMQ.providers
took = time.perf_counter() - begin
print(took, len(set(sys.modules) - known), "requests" in sys.modules, "websocket" in sys.modules)
"""


def _nothing(bench: Bench) -> None:
    """There is nothing to prepare."""


def _import(state: None) -> dict[str, Any]:
    """Import in a process of its own; return what came on top of ``import qiskit``."""
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _SCRIPT], capture_output=True, text=True, check=True
    ).stdout.split()
    return {
        "import": float(said[0]),
        "modules": int(said[1]),
        "http": int(said[2] == "True" or said[3] == "True"),
    }


OPERATIONS = (
    Operation(
        "import",
        "`from qiskit import IBMQ` and first attribute, over `import qiskit`",
        _import,
        _nothing,
        rounds=7,
        shown="import",
        target=5,
    ),
)
