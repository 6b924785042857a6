# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The service of the fault table, and the accounts that its rows share."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator

import pytest
from fault_play import Played
from fault_proxy import FaultProxy
from fault_report import counted
from fault_scene import PROJECTS, Scene

from qiskit_ibmq_provider.service.testing import ServiceProcess

_PLAYED = pytest.StashKey[list[Played]]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the counts of the rows that were played."""
    played = config.stash.get(_PLAYED, [])
    if played:
        terminalreporter.section("table of faults")
        terminalreporter.write("\n".join([*counted(played), ""]))
        slowest = sorted(played, key=lambda each: each.seconds / each.row.bound, reverse=True)[:5]
        for each in slowest:
            terminalreporter.write(f"{each.row.id}: {each.seconds:.1f} s of {each.row.bound:g} s\n")


@pytest.fixture(scope="session")
def played_rows(pytestconfig: pytest.Config) -> list[Played]:
    """What came of the rows so far."""
    return pytestconfig.stash.setdefault(_PLAYED, [])


@pytest.fixture(scope="session")
def fault_service() -> Iterator[ServiceProcess]:
    """A service with several projects."""
    with ServiceProcess(settings={"projects": ",".join(PROJECTS), "workers": 1}) as service:
        yield service


@pytest.fixture(scope="session")
def scene_for(fault_service: ServiceProcess) -> Iterator[Callable[[str, float], Scene]]:
    """Gives the scene of a kind of server and a time scale: one account for all its rows, so that each has to survive the ones before."""
    with contextlib.ExitStack() as stack:
        scenes: dict[tuple[str, float], Scene] = {}

        def get(server: str, scale: float) -> Scene:
            if (server, scale) not in scenes:
                proxy = stack.enter_context(FaultProxy(fault_service.url))
                scene = scenes[server, scale] = Scene(
                    fault_service, proxy, plain=server == "plain", scale=scale
                )
                stack.enter_context(scene.closing)
            return scenes[server, scale]

        yield get


@pytest.fixture
def log_records() -> Iterator[list[logging.LogRecord]]:
    """What the client and its libraries log, at every level."""
    records: list[logging.LogRecord] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record)

    handler = Keep()
    loggers = [
        logging.getLogger(name) for name in ("qiskit.providers.ibmq", "urllib3", "requests", "websocket")
    ]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield records
    for logger, level in zip(loggers, levels):
        logger.removeHandler(handler)
        logger.setLevel(level)
