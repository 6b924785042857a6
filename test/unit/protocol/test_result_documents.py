# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Result documents read as far as needed hold the same as those read at once."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.results import UnreadObject, read_result

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
_EXPERIMENTS = st.dictionaries(st.sampled_from(["data", "shots", "success", "header", "else"]), _VALUES)
_DOCUMENTS = st.dictionaries(st.sampled_from(["success", "header", "x", "date"]), _VALUES).flatmap(
    lambda rest: st.one_of(st.lists(_EXPERIMENTS, max_size=3), _VALUES).map(
        lambda found: {**rest, "results": found}
    )
)


def whole(value):
    """Return a value with all of it read."""
    if isinstance(value, UnreadObject):
        return {key: value[key] for key in value}
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    return [whole(item) for item in value] if isinstance(value, list) else value


@settings(max_examples=150, deadline=None)
@given(_DOCUMENTS | _VALUES)
def test_nothing_is_lost(document):
    text = json.dumps(document).encode()
    assert whole(read_result(text)) == codec.loads(text)


@pytest.mark.parametrize("more", [{}, {"unknown": 1}])
def test_data_of_experiments_stays_text(more):
    entry = {"shots": 1, "success": True, "data": {"counts": {"0x0": 1}, "none": None}, **more}
    [experiment] = read_result(json.dumps({"results": [entry], **more}).encode())["results"]
    data = experiment["data"]
    assert isinstance(data, UnreadObject)
    assert (list(data), len(data), dict(data)) == (["counts", "none"], 2, entry["data"])
    assert [value.is_null for value in data.fields().values()] == [False, True]
    assert "0x0" not in repr(data)
    assert {**experiment, "data": dict(data)} == entry


def test_numbers_that_are_none_and_large_ones_are_read():
    text = b'{"results": [{"data": {"a": NaN, "b": 1180591620717411303424}}], "x": Infinity}'
    document = read_result(text)
    data = document["results"][0]["data"]
    assert str(data["a"]) == "nan"
    assert data["b"] == 2**70
    assert document["x"] == float("inf")


@pytest.mark.parametrize(
    "text", [b"", b"{", b'{"results": [{"data": {"a": 1}]}', b"\xff\xfe", b'{"results": [}']
)
def test_what_is_no_json_is_refused(text):
    with pytest.raises(ProtocolError):
        read_result(text)
