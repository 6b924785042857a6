# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Whatever an answer holds in place of what belongs there: the call succeeds, or raises what is documented."""

from __future__ import annotations

import random

import pytest
from fault_shapes import try_odd_answer

ROUNDS = 10
"""Calls for each seed."""

SEEDS = range(1, 101)


@pytest.mark.faults_long
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("seed", SEEDS)
def test_an_answer_with_something_odd_in_it(seed, scene_for):
    """The seed is the parameter: the same one gives the same calls and the same changes."""
    scene = scene_for("own" if seed % 2 else "plain", 0.05)
    source = random.Random(seed)
    done = [try_odd_answer(scene, source) for _ in range(ROUNDS)]
    assert len(done) == ROUNDS
