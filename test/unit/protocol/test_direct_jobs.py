# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A job and its payload in one body: put together by the client, taken apart by the service, however it is cut on the way."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiskit_ibmq_provider.protocol.direct_jobs import FIELDS_BYTES, DirectBodyReader, direct_body
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest

REQUEST = JobCreateRequest("campus_5q", name='a "qObject": {', tags=("x\\", '"qObject":{}', "é\u2028"))
PAYLOAD = b'{"qobj_id": "1", "experiments": [{"a": "}"}]}'


def taken_apart(body: bytes, cuts: list[int] | None = None) -> tuple[JobCreateRequest | None, bytes]:
    reader = DirectBodyReader()
    edges = [0, *sorted(min(cut, len(body)) for cut in cuts or []), len(body)]
    payload = b"".join(reader.feed(body[start:end]) for start, end in zip(edges, edges[1:]))
    reader.finish()
    return reader.request, payload


def test_what_the_client_puts_together_the_service_takes_apart() -> None:
    parts = direct_body(REQUEST, [PAYLOAD[:10], PAYLOAD[10:]])
    assert parts[1:3] == [PAYLOAD[:10], PAYLOAD[10:]]
    body = b"".join(parts)
    assert json.loads(body) == {**REQUEST.to_json(), "qObject": json.loads(PAYLOAD)}
    assert list(json.loads(body))[-1] == "qObject"
    assert taken_apart(body) == (REQUEST, PAYLOAD)


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 400)), space=st.text(" \t\r\n", max_size=3))
def test_it_does_not_matter_how_the_body_is_cut(cuts: list[int], space: str) -> None:
    body = b"".join(direct_body(REQUEST, [PAYLOAD])).replace(
        b',"qObject":', f'{space},{space}"qObject"{space}:{space}'.encode()
    )
    request, payload = taken_apart(body[:-1] + space.encode() + b"}" + space.encode(), cuts)
    assert request == REQUEST
    assert payload.strip() == PAYLOAD


def test_every_single_byte_may_come_alone() -> None:
    body = b"".join(direct_body(REQUEST, [PAYLOAD]))
    assert taken_apart(body, list(range(len(body)))) == (REQUEST, PAYLOAD)


@settings(deadline=None)
@given(
    fields=st.dictionaries(
        st.text(max_size=5).filter(lambda name: name not in ("qObject", "backend", "name", "tags")),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=4,
    ).filter(lambda found: not {"experimentTag", "liveDataEnabled", "allowObjectStorage"} & set(found)),
    indent=st.sampled_from([None, 1]),
    ascii_only=st.booleans(),
)
def test_other_fields_are_read_whatever_they_hold(fields: dict, indent: int | None, ascii_only: bool) -> None:
    document = {"backend": {"name": "x", "qObject": {}}, **fields, "qObject": {"a": [{}]}}
    body = json.dumps(document, indent=indent, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    request, payload = taken_apart(body)
    assert request is not None
    assert dict(request.extra) == fields
    assert json.loads(payload) == {"a": [{}]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"{}",
        b"[]",
        b"null",
        b'"qObject":{}',
        b'["qObject":{}]',
        b'{"backend":{"name":"x"}}',
        b'{"backend":{"name":"x"},"other":{"qObject":{}}}',
        b'{"qObject":{}}',
        b'{"qObject":{},"backend":{"name":"x"}}',
        b'{"backend":{"name":"x"} "qObject":{}}',
        b'{"backend":{"name":"x"},,"qObject":{}}',
        b'{"backend":{"name":"x"},"a":"qObject":{}}',
        b'{"backend":{"name":5},"qObject":{}}',
        b'{"backend":{"name":"x"},"tags":[1],"qObject":{}}',
        b'{"backend":{"name":"x"},"qObject":[]}',
        b'{"backend":{"name":"x"},"qObject":null}',
        b'{"backend":{"name":"x"},"qObject":{}',
        b'{"backend":{"name":"x"},"qObject":}',
        b'{"backend":{"name":"x"},"qObject":{},"name":"late"}',
        b'{"backend":{"name":"x"},"qObject":{"a":1},"b":2}',
        b'{"backend":{"name":"x"},"qObject":{"a":',
        b'{"backend":{"name":"x"},"qObject":{"a":1}} more',
        b'\xff{"backend":{"name":"x"},"qObject":{}}',
        b'{"backend":{"name":"\xff"},"qObject":{}}',
    ],
)
def test_what_is_not_such_a_body_is_refused(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        taken_apart(body)
    with pytest.raises(ProtocolError):
        taken_apart(body, list(range(len(body))))


def test_fields_without_end_are_refused_before_they_fill_the_memory() -> None:
    reader = DirectBodyReader()
    part = b'{"name":"' + b"x" * 65536
    with pytest.raises(ProtocolError, match="larger than"):
        for _ in range(2 * FIELDS_BYTES // len(part)):
            reader.feed(part)


def test_what_was_sent_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(ProtocolError) as refused:
        taken_apart(b'{"token":"marker-of-a-token","qObject" {}, nonsense,"qObject":{}}')
    assert "marker" not in str(refused.value)
