# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Filters of job lists: reading, writing, meaning."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.filters import (
    All,
    AnyOf,
    Compare,
    Filter,
    Operator,
    Order,
    conjunction,
    match,
    parse_clause,
)

JOB = {
    "id": "j1",
    "status": "ERROR_RUNNING_JOB",
    "name": "bell pair",
    "tags": ["lab1", "redo"],
    "backend": {"name": "ibmq_vigo"},
    "creationDate": "2021-01-04T10:00:00.123456Z",
    "summaryData": {"summary": {"qobj_config": {"n_qubits": 5}}},
}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({}, True),
        ({"backend.name": "ibmq_vigo"}, True),
        ({"backend.name": "ibmq_rome"}, False),
        ({"status": {"inq": ["CREATING", "ERROR_RUNNING_JOB"]}}, True),
        ({"status": {"nin": ["COMPLETED"]}}, True),
        ({"status": {"neq": "COMPLETED"}}, True),
        ({"status": {"regexp": "^ERROR"}}, True),
        ({"name": {"regexp": "pair"}}, True),
        ({"name": {"regexp": "/PAIR/i"}}, True),
        ({"name": {"regexp": "PAIR"}}, False),
        ({"name": {"regexp": "PAIR", "options": "i"}}, True),
        ({"name": {"like": "bell"}}, True),
        ({"name": {"nilike": "BELL"}}, False),
        ({"tags": "lab1"}, True),
        ({"tags": {"inq": ["lab2", "redo"]}}, True),
        ({"tags": {"nin": ["lab2", "redo"]}}, False),
        ({"and": [{"tags": "lab1"}, {"tags": "redo"}]}, True),
        ({"and": [{"tags": "lab1"}, {"tags": "lab2"}]}, False),
        ({"or": [{"tags": "lab2"}, {"name": "bell pair"}]}, True),
        ({"or": []}, False),
        ({"creationDate": {"lte": "2021-01-04T10:00:00.123456+00:00"}}, True),
        ({"creationDate": {"gte": "2021-01-04T11:00:00.123456+01:00"}}, True),
        ({"creationDate": {"lt": "2021-01-04T10:00:00.123456Z"}}, False),
        ({"creationDate": "2021-01-04T12:00:00.123456+02:00"}, True),
        ({"creationDate": {"between": ["2021-01-01T00:00:00Z", "2021-02-01T00:00:00Z"]}}, True),
        ({"and": [{"lte": "2021-01-07T00:00:00+00:00"}], "id": {"nin": ["j3"]}}, True),
        ({"lt": "2021-01-01T00:00:00Z"}, False),
        ({"summaryData.summary.qobj_config.n_qubits": {"gt": 4}}, True),
        ({"summaryData.summary.qobj_config.n_qubits": {"gt": "4"}}, False),
        ({"hubInfo.hub.name": "ibm-q"}, False),
        ({"hubInfo.hub.name": {"exists": False}}, True),
        ({"name": {"gt": "bell", "lt": "cell"}}, True),
    ],
)
def test_a_clause_means_what_the_protocol_says(where, expected):
    assert match(parse_clause(where), JOB) is expected


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ({"status": {"almost": "QUEUED"}}, "'almost'"),
        ({"status": {"inq": "QUEUED"}}, "'inq'"),
        ({"creationDate": {"gt": "yesterday"}}, "yesterday"),
        ({"creationDate": {"between": ["2021-01-01T00:00:00Z"]}}, "two values"),
        ({"name": {"regexp": "("}}, "regular expression"),
        ({"and": {"a": 1}}, "'and'"),
        ({"and": ["a"]}, "JSON object"),
    ],
)
def test_a_clause_that_cannot_be_understood_is_refused_with_its_place(where, said):
    with pytest.raises(ProtocolError, match=said):
        parse_clause(where)


def test_nesting_and_number_of_conditions_are_bounded():
    deep: dict = {"a": 1}
    for _ in range(30):
        deep = {"and": [deep]}
    with pytest.raises(ProtocolError, match="levels deep"):
        parse_clause(deep)
    with pytest.raises(ProtocolError, match="conditions"):
        parse_clause({"or": [{"a": 1}] * 1001})


def test_a_filter_is_read_with_its_order_limit_skip_and_fields():
    text = (
        '{"order": "creationDate ASC", "limit": 5, "skip": 2, "where": {"name": "a"}, '
        '"fields": {"id": true, "creationDate": true, "status": false}}'
    )
    read = Filter.from_json(text)
    assert read == Filter(
        where=Compare("name", Operator.EQ, "a"),
        order=Order.OLDEST_FIRST,
        limit=5,
        skip=2,
        fields=("id", "creationDate"),
    )


@pytest.mark.parametrize(
    "text", ["[]", "{", '{"order": "name ASC"}', '{"limit": -1}', '{"limit": 1.5}', '{"skip": true}']
)
def test_a_filter_of_another_form_is_refused(text):
    with pytest.raises(ProtocolError):
        Filter.from_json(text)


def test_a_limit_of_zero_is_no_limit():
    assert Filter.from_json({"limit": 0}).limit is None


def test_a_conjunction_leaves_out_what_is_empty():
    one = Compare("name", Operator.EQ, "a")
    assert conjunction(None, All(), one) == one
    assert conjunction() == All()
    assert conjunction(one, All((one, one))) == All((one, one, one))


_VALUES = st.one_of(st.text(max_size=5), st.integers(-5, 5), st.booleans())
_COMPARES = st.builds(
    Compare,
    st.sampled_from(["name", "tags", "status", "backend.name"]),
    st.sampled_from([Operator.EQ, Operator.NEQ, Operator.GT, Operator.LTE]),
    _VALUES,
) | st.builds(
    Compare, st.just("status"), st.sampled_from([Operator.INQ, Operator.NIN]), st.lists(_VALUES, max_size=3)
)
_CLAUSES = st.recursive(
    _COMPARES,
    lambda inner: (
        st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple))
    ),
    max_leaves=6,
)
_DOCUMENTS = st.fixed_dictionaries(
    {"status": st.text(max_size=3), "tags": st.lists(st.text(max_size=3), max_size=3)},
    optional={"name": st.text(max_size=3), "backend": st.fixed_dictionaries({"name": st.text(max_size=3)})},
)


@given(_CLAUSES, _DOCUMENTS)
def test_what_is_written_means_the_same_when_read_again(clause, document):
    assert match(parse_clause(clause.to_json()), document) is match(clause, document)


@pytest.mark.parametrize(
    "where",
    [
        {"name": {"regexp": "x" * 20_001}},
        {"name": {"regexp": "/" + "[a-\U0010ffff]" * 81 + "/i"}},
        {"name": {"regexp": "(?mi:" + "[a-\U0010ffff]" * 80 + ")"}},
        {"name": {"regexp": "[a-\U0010ffff]" * 81, "options": "i"}},
        {"or": [{"name": {"regexp": f"/{index:03}/i"}} for index in range(140)]},
        {"or": [{"name": {"regexp": f"{index:03}" * 100}} for index in range(70)]},
    ],
)
def test_patterns_that_take_long_to_compile_are_refused_before_that(where):
    begin = time.monotonic()
    with pytest.raises(ProtocolError, match="patterns are too long"):
        parse_clause(where)
    assert time.monotonic() - begin < 5


def test_a_pattern_of_many_names_is_not_too_long():
    parse_clause({"name": {"regexp": "|".join(f"job_{index}" for index in range(1000))}})
