# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the commands print: tables, bars, the line of a job; and what they refuse."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from types import SimpleNamespace

import pytest
from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider._text_table import table
from qiskit_ibmq_provider.cli import build_parser
from qiskit_ibmq_provider.cli._status_line import _StatusLine
from qiskit_ibmq_provider.cli.demo import bars_of


def _commands(parser: argparse.ArgumentParser, name: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [name]
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for command, child in action.choices.items():
                found += _commands(child, (*name, command))
    return found


@pytest.mark.parametrize("command", _commands(build_parser()), ids=" ".join)
def test_every_command_has_help(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([*command, "--help"])
    assert ended.value.code == 0
    assert " ".join(("usage: ibmq", *command)) in capsys.readouterr().out


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "devices add",
        "devices remove",
        *(f"users {verb}" for verb in "add list set-projects rotate remove".split()),
    ],
)
def test_every_command_on_a_service_of_ones_own_takes_its_settings_alike(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        build_parser().parse_args([*command.split(), "--help"])
    out = capsys.readouterr().out
    assert "--config FILE" in out and "--data-dir DIR" in out


def test_no_command_reads_a_setting_itself() -> None:
    import qiskit_ibmq_provider.cli as cli

    for path in Path(cli.__file__).parent.glob("*.py"):
        for line in path.read_text(encoding="utf-8").splitlines():
            assert "IBMQ_SERVICE_" not in line or "Use --token-file" in line, path.name


@pytest.mark.parametrize(
    "arguments", [[], ["local"], ["account"], ["jobs", "--limit", "0"], ["jobs", "--limit", "x"], ["nothing"]]
)
def test_a_wrong_command_line_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args(arguments)
    assert ended.value.code == 2
    assert "usage: ibmq" in capsys.readouterr().err


def test_tables_are_aligned_with_numbers_to_the_right() -> None:
    assert table(("name", "n", "text"), [("a", 5, ""), ("long name", 127, "x")]).splitlines() == [
        "name         n  text",
        "a            5",
        "long name  127  x",
    ]


def test_bars_are_as_long_as_the_counts() -> None:
    lines = bars_of({"11": 250, "00": 500, "10": 250, "01": 0}).splitlines()
    assert [line.split()[0] for line in lines] == ["00", "01", "10", "11"]
    assert lines[0] == "    00   50.0 %  " + 40 * "#"
    assert lines[1] == "    01    0.0 %"
    assert lines[3] == "    11   25.0 %  " + 20 * "#"


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _show(stream: io.StringIO) -> str:
    line = _StatusLine(stream)
    for place in (3, 2, 1):
        line.update("id", JobStatus.QUEUED, None, queue_info=SimpleNamespace(position=place))
    for status in (JobStatus.QUEUED, JobStatus.QUEUED, JobStatus.RUNNING, JobStatus.DONE):
        line.update("id", status, None)
    line.end()
    return stream.getvalue()


def test_in_a_terminal_the_status_is_one_line_that_is_rewritten() -> None:
    text = _show(_Terminal())
    assert text.count("\n") == 1
    assert text.count("\r") == 7
    assert text.count("queued (place 2)") == 1
    assert "queued > running > done" in text


def test_elsewhere_only_changes_are_shown() -> None:
    lines = _show(io.StringIO()).splitlines()
    assert [line.rsplit("  ", 1)[0].strip() for line in lines] == ["queued (place 3)", "running", "done"]
