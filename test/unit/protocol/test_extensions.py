# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A job and its payload in one request: what stands in the header, and the older form, in which both are the body."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.extensions import job_header, split_older_direct_body
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest

REQUEST = JobCreateRequest("campus_5q", name='a "qObject": {', tags=("x\\", '"qObject":{}', "é\u2028"))
PAYLOAD = b'{"qobj_id": "1", "experiments": [{"a": "}"}]}'


def taken_apart(body: bytes) -> tuple[JobCreateRequest, bytes]:
    fields, payload = split_older_direct_body(body)
    return JobCreateRequest.from_json(fields), payload


def older_body(request: JobCreateRequest, payload: bytes, space: str = "") -> bytes:
    """The body that the client of the last release sends, with space where JSON allows it."""
    fields = codec.dumps(request.to_json())
    return fields[:-1] + f'{space},{space}"qObject"{space}:{space}'.encode() + payload + space.encode() + b"}"


@settings(deadline=None)
@given(text=st.text(), tag=st.text())
def test_whatever_a_job_is_called_fits_into_a_header_and_comes_out_of_it(text: str, tag: str) -> None:
    request = JobCreateRequest("campus_5q", name=text or None, tags=(tag,), experiment_tag=text or None)
    header = job_header(request)
    assert all(" " <= character <= "~" for character in header)
    assert (header[0], header[-1]) == ("{", "}")
    assert JobCreateRequest.from_json(codec.loads(header)) == request


def test_the_header_is_compact() -> None:
    wanted = (
        '{"name":"\\u00e9\\u007f","allowObjectStorage":true,"backend":{"name":"x"},"liveDataEnabled":null}'
    )
    assert job_header(JobCreateRequest("x", name="é\x7f")) == wanted


def test_text_that_no_document_can_hold_makes_no_header() -> None:
    with pytest.raises(ProtocolError):
        job_header(JobCreateRequest("x", name="\ud800"))


@settings(deadline=None)
@given(space=st.text(" \t\r\n", max_size=3))
def test_the_older_body_is_taken_apart(space: str) -> None:
    body = older_body(REQUEST, PAYLOAD, space)
    assert list(json.loads(body))[-1] == "qObject"
    assert taken_apart(body + space.encode()) == (REQUEST, PAYLOAD)


def test_numbers_that_python_alone_reads_and_large_ones_stay_what_they_are() -> None:
    for payload in (
        b'{"a":NaN,"b":123456789012345678901234567890}',
        b'{"a": 123456789012345678901234567890}',
    ):
        request, taken = taken_apart(older_body(REQUEST, payload))
        assert request == REQUEST
        assert taken.replace(b" ", b"") == payload.replace(b" ", b"")


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


def test_what_was_sent_is_not_repeated_in_the_refusal() -> None:
    with pytest.raises(ProtocolError) as refused:
        taken_apart(b'{"token":"marker-of-a-token","qObject" {}, nonsense,"qObject":{}}')
    assert "marker" not in str(refused.value)
    with pytest.raises(ProtocolError) as refused:
        taken_apart(b'{"token":{"marker-of-a-token":"\xff"},"qObject":{}}')
    assert "marker" not in str(refused.value)
