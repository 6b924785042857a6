# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The short form of the fuzzing: a little of each area, from the same seed each time; ``tox -e fuzz`` is the full run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fuzz_areas import AREAS, Area, fuzz
from fuzz_patterns import make_jobs_for_patterns
from fuzz_target import Tally, Target, running

SEED = 20210601

# What is sent is long at times, and shown as it is if it shows a defect.
pytestmark = pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisWarning")


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A service that is checked when it has stopped: its log, its database, its workers."""
    with running(tmp_path_factory.mktemp("fuzz") / "data") as service:
        yield service
        service.works()


@pytest.fixture(scope="module")
def job_ids(target: Target) -> list[str]:
    return make_jobs_for_patterns(target, 5)


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name.replace(" ", "-"))
def test_nothing_that_is_sent_makes_the_service_fail(target: Target, job_ids: list[str], area: Area) -> None:
    tally = Tally()
    fuzz(area, target, tally, job_ids, examples=area.short, start=SEED)
    assert tally.total >= area.short
