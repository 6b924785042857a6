# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Bodies: in parts, with a known length, more than once."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.api.exchange import Body, BodyReader

PARTS = [b"abc", b"", b"defghij", b"k"]


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
def test_a_body_in_parts_reads_as_one(size):
    reader = BodyReader(PARTS)
    assert len(reader) == 11
    pieces = list(iter(lambda: reader.read(size), b""))
    assert b"".join(pieces) == b"abcdefghijk"
    assert all(0 < len(piece) <= size for piece in pieces)
    assert reader.read(size) == b""


def test_the_rest_of_a_body_can_be_read_at_once():
    reader = BodyReader(PARTS)
    assert reader.read(2) == b"ab"
    assert reader.read() == b"cdefghijk"
    assert reader.read() == b""


def test_a_body_can_be_sent_again_and_large_ones_go_in_pieces():
    small = Body(PARTS)
    assert small.open() == small.open() == b"abcdefghijk"
    large = Body([b"x" * 50_000] * 3)
    for _ in range(2):
        opened = large.open()
        assert isinstance(opened, BodyReader)
        assert b"".join(opened) == b"x" * 150_000
    assert len(large) == 150_000
