# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Tokens are long, random, and found by a part of their digest."""

from __future__ import annotations

from qiskit_ibmq_provider.service.domain.accounts import choose, digest_of, new_token, selector_of
from qiskit_ibmq_provider.service.domain.store import StoredToken


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
