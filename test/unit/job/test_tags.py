# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which tags a job has after an update."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiskit_ibmq_provider.job._tags import JOB_SET_PREFIX, combine_tags
from qiskit_ibmq_provider.job.exceptions import IBMQJobInvalidStateError

PLAIN = st.lists(st.sampled_from(["a", "b", "c", "d", ""]), max_size=6)
TAGS = st.lists(st.sampled_from(["a", "b", "c", JOB_SET_PREFIX + "1_", JOB_SET_PREFIX + "2_"]), max_size=6)


@given(PLAIN, st.none() | PLAIN, st.none() | PLAIN, st.none() | PLAIN)
def test_new_tags_are_replacement_or_current_plus_additional_minus_removal(
    current, replacement, additional, removal
):
    if replacement is None and additional is None and removal is None:
        with pytest.raises(IBMQJobInvalidStateError, match="nothing to update"):
            combine_tags(current, replacement, additional, removal)
        return
    tags = combine_tags(current, replacement, additional, removal)
    base = current if replacement is None else replacement
    assert set(tags) == (set(base) | set(additional or ())) - set(removal or ())
    assert len(tags) == len(set(tags))


@given(TAGS, TAGS, TAGS, TAGS)
def test_tags_of_a_job_set_always_stay(current, replacement, additional, removal):
    tags = combine_tags(current, replacement, additional, removal)
    assert {tag for tag in current if tag.startswith(JOB_SET_PREFIX)} <= set(tags)


def test_the_order_of_the_user_is_kept():
    assert combine_tags(["b", "a"], None, ["z", "a", "c"], ["b"]) == ["a", "z", "c"]


def test_an_empty_replacement_clears():
    assert combine_tags(["a", "b"], []) == []


def test_keeping_a_tag_of_a_job_set_is_said(caplog):
    tag = JOB_SET_PREFIX + "1_"
    with caplog.at_level(logging.WARNING, "qiskit.providers.ibmq"):
        assert combine_tags([tag], removal=[tag]) == [tag]
    assert tag in caplog.text


@pytest.mark.parametrize("bad", ["tag", ("a",), [1], {"a"}, ["a", None]])
@pytest.mark.parametrize("place", ["replacement", "additional", "removal"])
def test_what_is_not_a_list_of_strings_is_refused(place, bad):
    with pytest.raises(IBMQJobInvalidStateError, match=f"{place}_tags should be a list of strings"):
        combine_tags(["a"], **{place: bad})
