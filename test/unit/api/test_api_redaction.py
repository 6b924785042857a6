# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Tokens and signed URLs do not show."""

from __future__ import annotations

import copy
import pickle
from urllib.parse import quote

import pytest

from qiskit_ibmq_provider.api.backoff import Trouble
from qiskit_ibmq_provider.api.exchange import Answer, Body, Problem
from qiskit_ibmq_provider.api.redaction import Redactor, Secret, strip_query

MARK = 'to/ken+with=odd"signs'


def test_a_secret_shows_itself_only_when_asked():
    secret = Secret(MARK)
    assert secret.reveal() == MARK
    for text in (repr(secret), str(secret), f"{secret}", repr([secret]), repr({"a": secret})):
        assert MARK not in text
    assert secret == Secret(MARK) != Secret("another")
    assert len({secret, Secret(MARK)}) == 1
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            attempt(secret)


def test_a_known_secret_is_taken_out_in_every_spelling():
    redactor = Redactor()
    redactor.add(MARK)
    for spelling in (MARK, quote(MARK), quote(MARK, safe=""), MARK.replace('"', '\\"')):
        assert redactor.clean(f"before {spelling} after") == "before ... after"


def test_very_short_secrets_are_left_because_they_would_blot_out_every_text():
    redactor = Redactor()
    redactor.add("T")
    redactor.add("")
    redactor.add(None)
    assert redactor.clean("The Text") == "The Text"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://store.example.org/a/b?sig=abc&x=1 is gone", "https://store.example.org/a/b?... is gone"),
        ("with url: /result/1?sig=abc (Caused by X)", "with url: /result/1?... (Caused by X)"),
        ('"/up?sig=abc"', '"/up?..."'),
        ("wss://host/x?token=abc", "wss://host/x?..."),
        ("http://user:password@proxy:3128 refused", "http://...@proxy:3128 refused"),
        ("Is that so? Yes.", "Is that so? Yes."),
        ("/Jobs/1/v/1 and/or?", "/Jobs/1/v/1 and/or?"),
    ],
)
def test_queries_and_passwords_are_taken_out_of_urls(text, expected):
    assert strip_query(text) == expected


def test_the_parts_of_a_signed_query_are_secrets_too():
    redactor = Redactor().with_url(Secret("https://s.example.org/x?X-Signature=0123456789abcdef&n=1"))
    assert (
        redactor.clean("signature 0123456789abcdef does not match, n=1")
        == "signature ... does not match, n=1"
    )
    assert Redactor().with_url("/Jobs?filter=0123456789").clean("0123456789") == "0123456789"


def test_what_travels_through_the_transport_does_not_show_what_it_holds():
    answer = Answer(200, "OK", {"x-secret": MARK}, MARK.encode())
    for item in (answer, Body.json({"apiToken": ""}), Problem(Trouble.STATUS, answer=answer)):
        assert MARK not in repr(item)
        assert "apiToken" not in repr(item)
