# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""An INI document that can be changed without touching the rest of it.

``configparser`` reads this format, but writing with it drops comments and order, and its error texts quote lines, which may hold a
token. This reader follows its rules (delimiters ``=`` and ``:``, comments with ``#`` and ``;``, indented continuation lines, names with
their case), keeps every line, and says where an error is but not what stands there. Values are as they stand: nothing is interpolated.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Final, Optional

__all__ = ["IniDocument", "IniSyntaxError"]

_HEADER: Final = re.compile(r"\[(?P<name>.+)\]")
_OPTION: Final = re.compile(r"(?P<key>.*?)\s*[=:]\s*(?P<value>.*)", re.DOTALL)


class IniSyntaxError(ValueError):
    """A document cannot be read.

    Args:
        line: number of the line, from 1.
        reason: what is wrong there, without the text of the line.
    """

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}")
        self.line = line
        self.reason = reason


@dataclasses.dataclass
class _Entry:
    """An option with its continuation lines, or (without key) one comment or blank line."""

    lines: list[str]
    number: int = 0
    key: str = ""
    parts: list[str] = dataclasses.field(default_factory=list)
    indent: int = 0

    @property
    def value(self) -> str:
        """The value; continuation lines are joined by newlines."""
        return "\n".join(self.parts).rstrip()


@dataclasses.dataclass
class _Section:
    """A header line and what follows it. The first section of a document has neither name nor header."""

    name: str
    header: str
    number: int
    entries: list[_Entry] = dataclasses.field(default_factory=list)

    def option(self, key: str) -> Optional[_Entry]:
        """Return the entry of an option, or ``None``."""
        return next((entry for entry in self.entries if entry.key == key), None)

    def last_option(self) -> int:
        """Return the position behind the last option: what follows are blank lines and comments of what comes next."""
        positions = [at for at, entry in enumerate(self.entries) if entry.key]
        return positions[-1] + 1 if positions else 0


class IniDocument:
    """Sections and options of a text, which can be changed and written back.

    Args:
        text: the document; an empty one has no sections.

    Raises:
        IniSyntaxError: the text is not an INI document, or names a section, or an option in a section, twice.
    """

    def __init__(self, text: str = "") -> None:
        self._newline = "\r\n" if "\r\n" in text else "\n"
        self._sections: list[_Section] = [_Section("", "", 0)]
        lines = text.replace("\r\n", "\n").split("\n")
        if not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, start=1):
            self._read_line(number, line)

    def sections(self) -> list[str]:
        """Return the names of the sections, in order."""
        return [section.name for section in self._sections[1:]]

    def options(self, section: str) -> dict[str, str]:
        """Return the options of a section; empty if there is no such section."""
        found = self._find(section)
        return {entry.key: entry.value for entry in found.entries if entry.key} if found else {}

    def line_of(self, section: str, option: Optional[str] = None) -> int:
        """Return the number of the line of a section or of an option in it, as of the last reading; 0 if it was not there."""
        found = self._find(section)
        if found is None or option is None:
            return found.number if found else 0
        entry = found.option(option)
        return entry.number if entry else 0

    def update(self, section: str, options: Mapping[str, Optional[str]]) -> None:
        """Set options of a section, which is added if it is not there; an option given as ``None`` is removed.

        Raises:
            ValueError: a name or value cannot be written such that it is read back as it is.
        """
        _check_name(section, "[]")
        found = self._find(section)
        if found is None:
            found = self._add(section)
        for key, value in options.items():
            _check_name(key, "=:[#;")
            entry = found.option(key)
            if value is None:
                if entry is not None:
                    found.entries.remove(entry)
                continue
            _check_value(value)
            if entry is not None and entry.value == value:
                continue
            if entry is None:
                entry = _Entry([], key=key)
                found.entries.insert(found.last_option(), entry)
            entry.lines, entry.parts, entry.indent = [f"{key} = {value}"], [value], 0

    def remove(self, section: str) -> None:
        """Remove a section; comments above its header stay. Nothing happens if it is not there."""
        found = self._find(section)
        if found is None:
            return
        at = self._sections.index(found)
        comments = found.entries[found.last_option() :]
        self._sections[at - 1].entries.extend(comments)
        del self._sections[at]

    def render(self) -> str:
        """Return the document as text."""
        lines: list[str] = []
        for section in self._sections:
            if section.name:
                lines.append(section.header)
            for entry in section.entries:
                lines.extend(entry.lines)
        while lines and not lines[-1].strip():
            lines.pop()
        return "".join(line + self._newline for line in lines)

    def _find(self, name: str) -> Optional[_Section]:
        return next((section for section in self._sections[1:] if section.name == name), None)

    def _add(self, name: str) -> _Section:
        """Append a section, with a blank line before it if anything stands there."""
        before = self._sections[-1]
        above = before.entries[-1].lines[-1] if before.entries else before.header
        if above.strip():
            before.entries.append(_Entry([""]))
        section = _Section(name, f"[{name}]", 0)
        self._sections.append(section)
        return section

    def _read_line(self, number: int, line: str) -> None:
        """Take in one line."""
        text = line.strip()
        section = self._sections[-1]
        if not text or text[0] in "#;":
            section.entries.append(_Entry([line]))
            return
        indent = len(line) - len(line.lstrip())
        last = section.last_option()
        if last and indent > section.entries[last - 1].indent:
            _continue(section.entries[last - 1], section.entries[last:], line)
            del section.entries[last:]
            return
        header = _HEADER.match(text)
        if header:
            if self._find(header["name"]):
                raise IniSyntaxError(number, f"the section [{header['name']}] is there a second time")
            self._sections.append(_Section(header["name"], line, number))
            return
        if not section.name:
            raise IniSyntaxError(number, "there is text before the first section")
        option = _OPTION.fullmatch(text)
        if not option or not option["key"]:
            raise IniSyntaxError(number, "this is neither a [section], nor an option with '=', nor a comment")
        if section.option(option["key"]):
            raise IniSyntaxError(
                number, f"this option is there a second time in the section [{section.name}]"
            )
        section.entries.append(_Entry([line], number, option["key"], [option["value"]], indent))


def _continue(option: _Entry, between: Iterable[_Entry], line: str) -> None:
    """Append a continuation line to an option, with the blank and comment lines that stand before it."""
    for entry in between:
        option.lines.extend(entry.lines)
        if not entry.lines[0].strip():
            option.parts.append("")
    option.lines.append(line)
    option.parts.append(line.strip())


def _check_name(name: str, forbidden: str) -> None:
    """Refuse a section or option name that would be read back as something else."""
    if not name or name != name.strip() or not name.isprintable() or any(char in name for char in forbidden):
        raise ValueError(f"{name!r} cannot be the name of a section or option.")


def _check_value(value: str) -> None:
    """Refuse a value that would be read back as something else; the value itself is not told, since it may be a secret."""
    if "\n" in value or "\r" in value or "\0" in value:
        raise ValueError("The value holds a line break or a null character.")
    if value != value.strip():
        raise ValueError("The value begins or ends with white space.")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise ValueError("The value is not valid Unicode text.")
