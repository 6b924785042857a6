# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The INI document: read as configparser reads, changed without touching anything else."""

from __future__ import annotations

import configparser
from typing import Union

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiskit_ibmq_provider.credentials._inifile import IniDocument, IniSyntaxError

MARKUP = st.text(alphabet=list(" \tab=:[]#;%\n\x0b\u2028\xe9"), max_size=60)
NAMES = st.text(alphabet="abcXYZ_/,.- ", min_size=1, max_size=12).map(str.strip).filter(bool)
VALUES = st.text(max_size=40).filter(
    lambda text: text == text.strip() and not set("\r\n\0") & set(text) and text.isprintable()
)


def by_configparser(text: str) -> Union[dict, str]:
    parser = configparser.ConfigParser(interpolation=None, default_section="\0none")
    parser.optionxform = str
    try:
        parser.read_string(text)
    except configparser.Error as err:
        return type(err).__name__
    return {section: dict(parser[section]) for section in parser.sections()}


def by_us(text: str) -> Union[dict, str]:
    try:
        document = IniDocument(text)
    except IniSyntaxError as err:
        return str(err)
    return {section: document.options(section) for section in document.sections()}


@given(MARKUP)
def test_reads_what_configparser_reads_and_refuses_what_it_refuses(text):
    ours, theirs = by_us(text), by_configparser(text)
    assert ours == theirs or (isinstance(ours, str) and isinstance(theirs, str))


@given(MARKUP)
def test_an_unchanged_document_renders_as_it_was_but_for_blank_lines_at_its_end(text):
    try:
        document = IniDocument(text)
    except IniSyntaxError:
        return
    lines = text.split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    assert document.render() == "".join(line + "\n" for line in lines)


@given(MARKUP, NAMES, NAMES, VALUES)
def test_a_change_reads_back_and_leaves_every_other_option_alone(text, section, option, value):
    try:
        document = IniDocument(text)
    except IniSyntaxError:
        document = IniDocument("")
    expected = {name: document.options(name) for name in document.sections()}
    expected.setdefault(section, {})[option] = value
    document.update(section, {option: value})
    assert by_us(document.render()) == expected
    assert by_configparser(document.render()) == expected


def test_comments_order_and_spelling_stay():
    text = "# about this file\n\n[Other]\nKey : 1\n  and more\n; note\n\n# the account\n[ibmq]\ntoken = a\nverify = True\n"
    document = IniDocument(text)
    document.update("ibmq", {"token": "b", "verify": None, "url": "u"})
    assert document.render() == (
        "# about this file\n\n[Other]\nKey : 1\n  and more\n; note\n\n# the account\n[ibmq]\ntoken = b\nurl = u\n"
    )


def test_windows_line_ends_stay():
    document = IniDocument("[a]\r\nx = 1\r\n")
    document.update("b", {"y": "2"})
    assert document.render() == "[a]\r\nx = 1\r\n\r\n[b]\r\ny = 2\r\n"


def test_removing_a_section_leaves_the_comments_of_the_next_one():
    document = IniDocument("[a]\nx = 1\n\n# about b\n[b]\ny = 2\n")
    document.remove("a")
    document.remove("not there")
    assert document.render() == "\n# about b\n[b]\ny = 2\n"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("secret-token\n", 1),
        ("[ibmq]\nurl = u\ntoken secret-token\n", 3),
        ("[ibmq]\ntoken = secret-token\ntoken = secret-token\n", 3),
        ("[a]\nx = 1\n[a]\n", 3),
        ("[ibmq\ntoken = secret-token\n", 1),
        ("[a]\n= secret-token\n", 2),
    ],
)
def test_an_error_names_the_line_and_never_quotes_it(text, line):
    with pytest.raises(IniSyntaxError, match=f"line {line}:") as caught:
        IniDocument(text)
    assert caught.value.line == line
    assert "secret-token" not in str(caught.value)


@pytest.mark.parametrize("value", ["a\nb", "a\rb", " a", "a ", "\ttab", "nul\0", "half \udc80"])
def test_a_value_that_would_not_read_back_is_refused_without_being_told(value):
    with pytest.raises(ValueError, match="The value") as caught:
        IniDocument().update("a", {"x": value})
    assert value not in str(caught.value)


@pytest.mark.parametrize("name", ["", " a", "a]b", "[a", "a\nb"])
def test_a_section_name_that_would_not_read_back_is_refused(name):
    with pytest.raises(ValueError, match="cannot be the name"):
        IniDocument().update(name, {"x": "1"})


def test_line_numbers_are_those_of_the_text():
    document = IniDocument("# c\n[a]\n\nx = 1\n  more\ny = 2\n")
    assert document.line_of("a") == 2
    assert document.line_of("a", "x") == 4
    assert document.line_of("a", "y") == 6
    assert document.line_of("a", "z") == document.line_of("b") == 0
