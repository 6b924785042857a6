# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The line that shows what a wait waits for: where it appears, and that it never harms."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import types

import pytest
from support.job_server import JOB
from support.scripted_server import answer

from qiskit_ibmq_provider.job import IBMQJobTimeoutError
from qiskit_ibmq_provider.job._progress import PROGRESS_VARIABLE, progress_is_wanted

LONG = 1.8


class Screen(io.StringIO):
    """A standard error that is a terminal, or is not."""

    def __init__(self, terminal: bool = True) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.fixture
def show(monkeypatch):
    """Set standard error. In the test itself: pytest sets its own one between the phases of a test."""

    def show(terminal=True):
        screen = Screen(terminal)
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    return show


def wait(job, seconds=LONG, **options):
    with pytest.raises(IBMQJobTimeoutError):
        job.wait_for_final_state(timeout=seconds, **options)


def test_a_wait_of_more_than_a_second_shows_job_and_status_and_clears_the_line(server, job, show, capsys):
    screen = show()
    server.set(status=answer({**JOB, "status": "QUEUED", "infoQueue": {"position": 3}}))
    with pytest.raises(IBMQJobTimeoutError):
        job.result(timeout=LONG)
    shown = screen.getvalue()
    assert "Job 17: job is queued (3) [00:0" in shown
    assert shown.endswith("\r"), "the line is not taken away"
    assert not shown.rstrip("\r").endswith("]")
    assert capsys.readouterr().out == ""
    assert "TMonitor" not in {type(thread).__name__ for thread in threading.enumerate()}


def test_a_short_wait_shows_nothing(job, show):
    screen = show()
    wait(job, 0.5)
    assert screen.getvalue() == ""


def test_a_callback_takes_the_place_of_the_line(job, show):
    screen = show()
    wait(job, callback=lambda *args, **kwargs: None)
    assert screen.getvalue() == ""


def test_a_standard_error_that_is_no_terminal_stays_empty(job, show):
    screen = show(terminal=False)
    wait(job)
    assert screen.getvalue() == ""


def test_a_terminal_that_breaks_does_not_break_the_wait(server, job, show, monkeypatch):
    screen = show()

    def broken(text):
        raise OSError("gone")

    monkeypatch.setattr(screen, "write", broken)
    wait(job)
    server.becomes("COMPLETED")
    assert job.result().success
    # Nor the bars of others.
    thread = threading.Thread(target=_use_the_lock_of_tqdm, daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def _use_the_lock_of_tqdm():
    from tqdm import tqdm

    with tqdm.get_lock():
        pass


@pytest.mark.parametrize("value", ["off", "OFF", "0", "false", "no"])
def test_the_environment_turns_it_off(show, monkeypatch, value):
    show()
    assert progress_is_wanted()
    monkeypatch.setenv(PROGRESS_VARIABLE, value)
    assert not progress_is_wanted()


def test_the_environment_turns_it_on_where_there_is_no_terminal(show, monkeypatch):
    show(terminal=False)
    assert not progress_is_wanted()
    monkeypatch.setenv(PROGRESS_VARIABLE, "on")
    assert progress_is_wanted()


def test_a_notebook_shows_it_and_threads_do_not(show, monkeypatch):
    show(terminal=False)
    shell = types.SimpleNamespace(kernel=object())
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert progress_is_wanted()
    answers = []
    thread = threading.Thread(target=lambda: answers.append(progress_is_wanted()))
    thread.start()
    thread.join()
    assert answers == [False]


def test_a_closed_or_missing_standard_error_is_no_terminal(monkeypatch):
    closed = io.StringIO()
    closed.close()
    for stream in (closed, None):
        monkeypatch.setattr(sys, "stderr", stream)
        assert not progress_is_wanted()


def test_the_import_of_ibmq_loads_neither_tqdm_nor_asyncio_threads():
    script = (
        "import sys; from qiskit import QuantumCircuit; before = set(sys.modules); from qiskit import IBMQ; IBMQ.providers(); "
        "import qiskit_ibmq_provider.job; "
        "print(sorted(m for m in set(sys.modules) - before if m.split('.')[0] in ('tqdm', 'keyring', 'requests')))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=120
    )
    assert "tqdm" not in done.stdout, done.stderr
    assert "keyring" not in done.stdout
