# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Cross-checks that take minutes are left out, unless they are asked for with -m."""

from __future__ import annotations

import pytest

_LONG = "pulse_crosscheck"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long checks out."""
    if _LONG in (config.option.markexpr or ""):
        return
    long = [item for item in items if item.get_closest_marker(_LONG)]
    if long:
        items[:] = [item for item in items if not item.get_closest_marker(_LONG)]
        config.hook.pytest_deselected(items=long)
