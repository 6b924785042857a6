# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Documents of real devices, from the snapshots that Qiskit ships."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import qiskit

__all__ = ["snapshot"]


def snapshot(device: str, kind: str = "conf") -> dict[str, Any]:
    """Return a fresh copy of a device's document as a server sends it.

    Args:
        device: the folder of the snapshot, for instance ``vigo``.
        kind: ``conf``, ``props`` or ``defs``.
    """
    folder = Path(qiskit.__file__).parent / "providers" / "fake_provider" / "backends" / device
    return json.loads((folder / f"{kind}_{device}.json").read_text(encoding="utf-8"))
