# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What follows an announcement that failed, as a table."""

from __future__ import annotations

import itertools

import pytest

from qiskit_ibmq_provider.api.clients._submit import NextStep, after_failed_announcement
from qiskit_ibmq_provider.protocol.status import ApiJobStatus, is_final

ACTIVE = ["CREATED", "VALIDATING", "QUEUED", "PENDING_IN_QUEUE", "RUNNING"]
RAN = ["COMPLETED", "ERROR_RUNNING_JOB"]
NEVER_RAN = ["CANCELLED", "ERROR_CREATING_JOB", "ERROR_VALIDATING_JOB"]


@pytest.mark.parametrize(
    ("refused", "statuses", "attempts_left", "expected"),
    [
        (False, [None], True, NextStep.UNKNOWN),
        (False, [None], False, NextStep.UNKNOWN),
        (True, [None], True, NextStep.UNKNOWN),
        (False, ["CREATING"], True, NextStep.REPEAT),
        (False, ["CREATING"], False, NextStep.CANCEL),
        (True, ["CREATING"], True, NextStep.CANCEL),
        (False, ACTIVE, True, NextStep.ACCEPTED),
        (False, ACTIVE, False, NextStep.ACCEPTED),
        (True, ACTIVE, True, NextStep.ACCEPTED),
        (False, RAN, True, NextStep.ACCEPTED),
        (True, RAN, True, NextStep.ACCEPTED),
        (False, NEVER_RAN, True, NextStep.ACCEPTED),
        (True, NEVER_RAN, True, NextStep.REFUSED),
    ],
)
def test_what_follows(refused, statuses, attempts_left, expected):
    for status in statuses:
        assert (
            after_failed_announcement(refused=refused, status=status, attempts_left=attempts_left) is expected
        )


def test_a_job_that_the_server_has_is_never_cancelled():
    for status, refused, left in itertools.product(ApiJobStatus, [True, False], [True, False]):
        step = after_failed_announcement(refused=refused, status=status.value, attempts_left=left)
        if step in (NextStep.CANCEL, NextStep.REPEAT):
            assert status is ApiJobStatus.CREATING
        if step is NextStep.REFUSED:
            assert refused
            assert is_final(status)
