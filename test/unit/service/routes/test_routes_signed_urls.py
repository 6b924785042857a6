# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A storage URL allows one thing with one job for a while."""

from __future__ import annotations

import datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from qiskit_ibmq_provider.service.domain.errors import Forbidden
from qiskit_ibmq_provider.service.domain.signing import SigningKey
from qiskit_ibmq_provider.service.routes.signed_urls import Purpose, check_url, signed_path

JOB = "0123456789abcdef01234567"
OTHER = "0123456789abcdef01234568"


class _Clock:
    seconds = 1_700_000_000.0

    def now(self) -> datetime.datetime:
        return datetime.datetime.fromtimestamp(self.seconds, datetime.timezone.utc)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def signer(clock: _Clock) -> SigningKey:
    return SigningKey(b"k" * 32, clock)


def _query(signer: SigningKey, purpose: Purpose = Purpose.RESULT, seconds: float = 60) -> dict[str, str]:
    parts = urlsplit(signed_path(signer, purpose, JOB, seconds))
    assert parts.path == f"/storage/{purpose.value}/{JOB}"
    return dict(parse_qsl(parts.query))


def test_it_holds_until_its_time_is_over(signer: SigningKey, clock: _Clock) -> None:
    query = _query(signer)
    check_url(signer, Purpose.RESULT, "result", JOB, query)
    clock.seconds += 59
    check_url(signer, Purpose.RESULT, "result", JOB, query)
    clock.seconds += 1
    with pytest.raises(Forbidden):
        check_url(signer, Purpose.RESULT, "result", JOB, query)


def test_it_holds_for_no_other_purpose(signer: SigningKey) -> None:
    for purpose in (Purpose.UPLOAD, Purpose.PAYLOAD):
        with pytest.raises(Forbidden):
            check_url(signer, purpose, purpose.value, JOB, _query(signer))
        with pytest.raises(Forbidden):
            check_url(signer, Purpose.RESULT, purpose.value, JOB, _query(signer))


def test_it_holds_for_no_other_job(signer: SigningKey) -> None:
    with pytest.raises(Forbidden):
        check_url(signer, Purpose.RESULT, "result", OTHER, _query(signer))


@pytest.mark.parametrize(
    "change",
    [{"expires": "9999999999"}, {"expires": ""}, {"expires": "x"}, {"signature": ""}, {"signature": "é"}],
)
def test_it_cannot_be_changed(signer: SigningKey, change: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        check_url(signer, Purpose.RESULT, "result", JOB, {**_query(signer), **change})


def test_without_query_it_is_none(signer: SigningKey) -> None:
    with pytest.raises(Forbidden):
        check_url(signer, Purpose.RESULT, "result", JOB, {})
