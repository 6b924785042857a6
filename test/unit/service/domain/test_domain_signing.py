# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Signatures of storage URLs, and digests of tokens."""

from __future__ import annotations

import itertools

import pytest
from support.manual_clock import ManualClock

from qiskit_ibmq_provider.service.domain.signing import SigningKey
from qiskit_ibmq_provider.service.domain.store import StoredToken
from qiskit_ibmq_provider.service.domain.tokens import choose, digest_of, new_token, selector_of

JOB = "0123456789abcdef01234567"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def key(clock: ManualClock) -> SigningKey:
    return SigningKey(b"k" * 32, clock)


def test_a_signature_holds_for_its_purpose_job_and_time(key: SigningKey, clock: ManualClock) -> None:
    expires = key.expiry(60)
    signature = key.sign("result", JOB, expires)
    assert key.verify("result", JOB, expires, signature)
    assert key.verify("result", JOB, str(expires), signature)
    clock.advance(59.9)
    assert key.verify("result", JOB, expires, signature)
    clock.advance(0.1)
    assert not key.verify("result", JOB, expires, signature)


def test_a_signature_holds_for_nothing_else(key: SigningKey, clock: ManualClock) -> None:
    expires = key.expiry(60)
    signature = key.sign("result", JOB, expires)
    assert not key.verify("upload", JOB, expires, signature)
    assert not key.verify("result", JOB[:-1] + "8", expires, signature)
    assert not key.verify("result", JOB, expires + 1, signature)
    assert not key.verify("result", JOB, expires, signature[:-1])
    assert not SigningKey(b"x" * 32, clock).verify("result", JOB, expires, signature)


@pytest.mark.parametrize("expires", ["", "soon", "1e9", "9" * 5000, "-1"])
@pytest.mark.parametrize("signature", ["", "é", "\ud800", "0" * 64])
def test_nonsense_is_refused_and_never_raises(key: SigningKey, expires: str, signature: str) -> None:
    assert not key.verify("result", JOB, expires, signature)
    assert not key.verify("\ud800", JOB, expires, signature)


def test_parts_cannot_be_moved_from_one_to_the_other(key: SigningKey) -> None:
    parts = [("ab", "c", 1), ("a", "bc", 1), ("abc", "", 1), ("ab", "c1", 1), ("ab", "c", 11)]
    signatures = [key.sign(*triple) for triple in parts]
    assert all(one != other for one, other in itertools.combinations(signatures, 2))


def test_a_short_key_is_refused(clock: ManualClock) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes, not 16"):
        SigningKey(b"k" * 16, clock)


def test_tokens_are_long_random_and_fit_into_a_header() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 43 and token.isascii() and token.isprintable() for token in tokens)


def test_a_digest_is_chosen_among_those_with_the_same_selector() -> None:
    digest = digest_of("token")
    near = StoredToken(selector_of(digest) + "0" * 48, "other")
    right = StoredToken(digest, "me")
    assert choose([near, right], digest) == right
    assert choose([near], digest) is None
    assert choose([], digest) is None
