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


@pytest.fixture(scope="session")
def once_world() -> Iterator[World]:
    """A service behind a proxy."""
    with World() as world:
        yield world
