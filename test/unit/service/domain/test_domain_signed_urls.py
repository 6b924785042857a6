# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A storage URL allows one thing with one job for a while."""

from __future__ import annotations

import itertools
from urllib.parse import parse_qsl, urlsplit

import pytest
from support.manual_clock import ManualClock

from qiskit_ibmq_provider.service.domain.errors import Forbidden
from qiskit_ibmq_provider.service.domain.signed_urls import Purpose, UrlSigner

JOB = "0123456789abcdef01234567"
OTHER = "0123456789abcdef01234568"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def key(clock: ManualClock) -> UrlSigner:
    return UrlSigner(b"k" * 32, clock)


def test_a_signature_holds_for_its_purpose_job_and_time(key: UrlSigner, clock: ManualClock) -> None:
    expires = key.expiry(60)
    signature = key.sign("result", JOB, expires)
    assert key.verify("result", JOB, expires, signature)
    assert key.verify("result", JOB, str(expires), signature)
    clock.advance(59.9)
    assert key.verify("result", JOB, expires, signature)
    clock.advance(0.1)
    assert not key.verify("result", JOB, expires, signature)


def test_a_signature_holds_for_nothing_else(key: UrlSigner, clock: ManualClock) -> None:
    expires = key.expiry(60)
    signature = key.sign("result", JOB, expires)
    assert not key.verify("upload", JOB, expires, signature)
    assert not key.verify("result", JOB[:-1] + "8", expires, signature)
    assert not key.verify("result", JOB, expires + 1, signature)
    assert not key.verify("result", JOB, expires, signature[:-1])
    assert not UrlSigner(b"x" * 32, clock).verify("result", JOB, expires, signature)


@pytest.mark.parametrize("expires", ["", "soon", "1e9", "9" * 5000, "-1"])
@pytest.mark.parametrize("signature", ["", "é", "\ud800", "0" * 64])
def test_nonsense_is_refused_and_never_raises(key: UrlSigner, expires: str, signature: str) -> None:
    assert not key.verify("result", JOB, expires, signature)
    assert not key.verify("\ud800", JOB, expires, signature)


def test_parts_cannot_be_moved_from_one_to_the_other(key: UrlSigner) -> None:
    parts = [("ab", "c", 1), ("a", "bc", 1), ("abc", "", 1), ("ab", "c1", 1), ("ab", "c", 11)]
    signatures = [key.sign(*triple) for triple in parts]
    assert all(one != other for one, other in itertools.combinations(signatures, 2))


def test_a_short_key_is_refused(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes, not 16"):
        UrlSigner(b"k" * 16, clock)


def _query(key: UrlSigner, purpose: Purpose = Purpose.RESULT, seconds: float = 60) -> dict[str, str]:
    parts = urlsplit(key.signed_path(purpose, JOB, seconds))
    assert parts.path == f"/storage/{purpose.value}/{JOB}"
    return dict(parse_qsl(parts.query))


def test_it_holds_until_its_time_is_over(key: UrlSigner, clock: ManualClock) -> None:
    query = _query(key)
    key.check_url(Purpose.RESULT, "result", JOB, query)
    clock.advance(59)
    key.check_url(Purpose.RESULT, "result", JOB, query)
    clock.advance(1)
    with pytest.raises(Forbidden):
        key.check_url(Purpose.RESULT, "result", JOB, query)


def test_it_holds_for_no_other_purpose(key: UrlSigner) -> None:
    for purpose in (Purpose.UPLOAD, Purpose.PAYLOAD):
        with pytest.raises(Forbidden):
            key.check_url(purpose, purpose.value, JOB, _query(key))
        with pytest.raises(Forbidden):
            key.check_url(Purpose.RESULT, purpose.value, JOB, _query(key))


def test_it_holds_for_no_other_job(key: UrlSigner) -> None:
    with pytest.raises(Forbidden):
        key.check_url(Purpose.RESULT, "result", OTHER, _query(key))


@pytest.mark.parametrize(
    "change",
    [{"expires": "9999999999"}, {"expires": ""}, {"expires": "x"}, {"signature": ""}, {"signature": "é"}],
)
def test_it_cannot_be_changed(key: UrlSigner, change: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        key.check_url(Purpose.RESULT, "result", JOB, {**_query(key), **change})


def test_without_query_it_is_none(key: UrlSigner) -> None:
    with pytest.raises(Forbidden):
        key.check_url(Purpose.RESULT, "result", JOB, {})
