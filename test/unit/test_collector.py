# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Holding the garbage collector: nested, in several threads, over forks, and beside what the user does with it."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import threading

import pytest

from qiskit_ibmq_provider._collector import collector_held


def held():
    return gc.get_threshold()[0] == 0


@pytest.fixture(autouse=True)
def collector_as_it_was():
    enabled, thresholds = gc.isenabled(), gc.get_threshold()
    yield
    (gc.enable if enabled else gc.disable)()
    gc.set_threshold(*thresholds)


def test_nothing_is_collected_while_it_is_held():
    class Node:
        pass

    def litter():
        for _ in range(5000):
            node = Node()
            node.itself = node

    gc.collect()
    before = gc.get_stats()[0]["collections"]
    with collector_held():
        litter()
        assert gc.get_stats()[0]["collections"] == before
    litter()
    assert gc.get_stats()[0]["collections"] > before


def test_it_is_held_by_nested_and_parallel_users():
    inside, done = threading.Event(), threading.Event()

    def other():
        with collector_held():
            inside.set()
            done.wait(10)

    thresholds = gc.get_threshold()
    thread = threading.Thread(target=other)
    with collector_held():
        with collector_held():
            assert held()
        assert held()
        thread.start()
        assert inside.wait(10)
    assert held()
    done.set()
    thread.join(10)
    assert gc.get_threshold() == thresholds


def test_an_error_lets_it_go():
    thresholds = gc.get_threshold()
    with pytest.raises(KeyError), collector_held():
        raise KeyError
    assert gc.get_threshold() == thresholds


def test_who_has_switched_it_off_before_finds_it_off():
    gc.disable()
    with collector_held():
        pass
    assert not gc.isenabled()


def test_who_switches_it_off_meanwhile_finds_it_off():
    with collector_held():
        gc.disable()
    assert not gc.isenabled()


def test_who_sets_it_meanwhile_finds_it_so():
    with collector_held():
        gc.set_threshold(123, 4, 5)
    assert gc.get_threshold() == (123, 4, 5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks on this system")
def test_a_forked_process_is_not_held_by_threads_that_it_does_not_have():
    # In a process of its own: this one has threads of other tests.
    script = """
import gc, os, threading
from qiskit_ibmq_provider._collector import collector_held
inside, done = threading.Event(), threading.Event()
def other():
    with collector_held():
        inside.set()
        done.wait(10)
thread = threading.Thread(target=other)
thread.start()
inside.wait(10)
def child(check):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if check() else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def plain():
    free = gc.get_threshold()[0] > 0
    with collector_held():
        return free and gc.get_threshold()[0] == 0
def inherited():
    return gc.get_threshold()[0] == 0
codes = [child(plain)]
with collector_held():
    codes.append(child(inherited))
done.set()
thread.join(10)
print(codes, gc.get_threshold()[0] > 0)
"""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    assert run.stdout.split("\n")[0] == "[0, 0] True"
