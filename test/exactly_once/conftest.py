# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The service, and the ways to it, of the tests that count jobs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The proxy that spoils requests is that of the table of faults.
sys.path.append(str(Path(__file__).parents[1] / "faults"))

from once_world import World  # noqa: E402

_LONG = "faults_long"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long forms out, unless they are asked for with -m."""
    long = [item for item in items if item.get_closest_marker(_LONG)]
    if long and _LONG not in (config.option.markexpr or ""):
        items[:] = [item for item in items if not item.get_closest_marker(_LONG)]
        config.hook.pytest_deselected(items=long)


@pytest.fixture(scope="session")
def once_world() -> Iterator[World]:
    """A service behind a proxy."""
    with World() as world:
        yield world
