# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Single values on the wire."""

from __future__ import annotations

import enum
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit.circuit import Parameter
from qiskit.qobj.utils import MeasLevel, MeasReturnType

from qiskit_ibmq_provider.encoding.values import encode_value, to_complex, to_wire

_NUMBERS = st.one_of(
    st.integers(-(2**80), 2**80), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
_COMPLEX = st.complex_numbers(allow_nan=False, allow_infinity=False)
_KEYS = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.none(), st.tuples(st.integers()))


def _trees(leaves):
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=4).map(tuple),
            st.dictionaries(_KEYS, inner, max_size=4),
        ),
        max_leaves=20,
    )


def _is_plain(value):
    if isinstance(value, dict):
        return all(type(key) is str and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return type(value) in (str, int, float, bool, type(None))


@given(_trees(st.one_of(_NUMBERS, _COMPLEX, st.text())))
def test_what_goes_on_the_wire_is_plain_json_and_stays_what_it_is(value):
    wire = to_wire(value)
    assert _is_plain(wire)
    assert to_wire(wire) == wire
    assert json.loads(json.dumps(wire)) == wire


@given(_trees(st.one_of(_NUMBERS, _COMPLEX, st.text())))
def test_the_fast_encoder_says_the_same_as_the_plain_tree(value):
    assert json.loads(encode_value(value)) == to_wire(value)


@given(st.lists(_COMPLEX, min_size=1, max_size=5))
def test_complex_numbers_come_back_from_their_pairs(values):
    array = np.array(values, dtype=complex)
    assert [to_complex(pair) for pair in to_wire(array)] == values
    assert json.loads(encode_value(array)) == to_wire(array)


@pytest.mark.parametrize(
    ("value", "wire"),
    [
        (np.float64(0.5), 0.5),
        (np.int32(7), 7),
        (np.bool_(True), True),
        (np.complex64(1 - 2j), [1.0, -2.0]),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.array(3.5), 3.5),
        (np.array([1j, None], dtype=object), [[0.0, 1.0], None]),
        (MeasLevel.KERNELED, 1),
        (MeasReturnType.SINGLE, "single"),
        ({1}, [1]),
    ],
)
def test_objects_of_numpy_and_qiskit_become_plain_values(value, wire):
    assert to_wire(value) == wire
    assert json.loads(encode_value(value)) == wire


def test_a_bound_expression_is_its_number():
    theta = Parameter("θ")
    assert to_wire((2 * theta).bind({theta: 0.25})) == 0.5
    assert to_wire((theta * 1j).bind({theta: 2.0})) == [0.0, 2.0]
    assert json.loads(encode_value([(theta + 1).bind({theta: 1})])) == [2.0]


def test_an_expression_without_value_is_refused_by_name():
    with pytest.raises(TypeError, match="alpha"):
        to_wire({"params": [Parameter("alpha") * 2]})
    with pytest.raises(TypeError, match="alpha"):
        encode_value({"params": [Parameter("alpha") * 2]})


def test_keys_become_texts_in_their_order():
    theta = Parameter("theta")
    value = {theta: 1, None: 2, True: 3, 5: 4, 1.5: 5, "z": 6, (1, 2): 7}
    assert list(to_wire(value).items()) == [
        ("theta", 1),
        ("null", 2),
        ("true", 3),
        ("5", 4),
        ("1.5", 5),
        ("z", 6),
        ("(1, 2)", 7),
    ]
    assert json.loads(encode_value(value)) == to_wire(value)


def test_numbers_that_are_none_keep_their_name():
    wire = json.loads(encode_value({"a": float("nan"), "b": [-math.inf], "c": None}))
    assert math.isnan(wire["a"])
    assert wire["b"] == [-math.inf]
    assert wire["c"] is None
    assert math.isnan(json.loads(encode_value(np.array([np.nan])))[0])


def test_large_integers_are_exact():
    assert json.loads(encode_value({"mask": 2**70 + 1})) == {"mask": 2**70 + 1}


def test_a_noise_model_is_its_serializable_dictionary():
    class Model:
        def to_dict(self, serializable=False):
            return {"errors": [], "serializable": serializable}

    class Header:
        def to_dict(self):
            return {"name": "h"}

    assert to_wire({"noise_model": Model(), "header": Header()}) == {
        "noise_model": {"errors": [], "serializable": True},
        "header": {"name": "h"},
    }


class Colour(enum.Enum):
    RED = (1, 2)


def test_other_objects_are_refused_by_type():
    assert to_wire(Colour.RED) == [1, 2]
    with pytest.raises(TypeError, match="object"):
        to_wire([object()])
    with pytest.raises(TypeError, match="object"):
        encode_value([object()])


@pytest.mark.parametrize("value", [[1], [1, 2, 3], "1", [1, "2"], None, True, [True, False]])
def test_what_is_no_complex_number_is_refused(value):
    with pytest.raises(TypeError, match="complex"):
        to_complex(value)


@pytest.mark.parametrize(
    ("value", "number"), [([1, 2], 1 + 2j), ((0.5, -1), 0.5 - 1j), (3, 3 + 0j), (1j, 1j)]
)
def test_pairs_and_plain_numbers_are_complex_numbers(value, number):
    assert to_complex(value) == number
