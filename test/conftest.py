# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Every test starts from a clean environment: no account, no data and no proxy of whoever runs it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

pytest_plugins = ["pytester", "qiskit_ibmq_provider.service.testing"]

_PREFIXES = ("QE_", "IBMQ_", "QISKIT_", "XDG_")
_NAMES = (
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NO_PROXY",
    "REQUESTS_CA_BUNDLE",
    "WEBSOCKET_CLIENT_CA_BUNDLE",
)
_LONG_MARKERS = ("_long", "_crosscheck")
_KEPT = ("IBMQ_PEER_PYTHON", "IBMQ_TEST_SERVICE_PYTHON")  # interpreters of other environments; see tox.ini


def _leaks(name: str) -> bool:
    return name not in _KEPT and (name.startswith(_PREFIXES) or name.upper() in _NAMES)


_ORIGINAL_ENVIRONMENT = dict(os.environ)
# Before anything of Qiskit or of this package is imported: both look at the home directory then.
for _name in [name for name in os.environ if _leaks(name)]:
    del os.environ[_name]
_HOME = tempfile.mkdtemp(prefix="ibmq-test-home-")
os.environ["HOME"] = os.environ["USERPROFILE"] = _HOME


def pytest_configure() -> None:
    """Take interrupts as a terminal's program does, also where the tests run in the background, and with them all that they start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long, unless -m names its marker: the long forms, and the cross-checks."""

    def is_left_out(item: pytest.Item) -> bool:
        names = [mark.name for mark in item.iter_markers() if mark.name.endswith(_LONG_MARKERS)]
        return bool(names) and not any(name in config.option.markexpr for name in names)

    left_out = [item for item in items if is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not is_left_out(item)]


def pytest_unconfigure() -> None:
    shutil.rmtree(_HOME, ignore_errors=True)


@pytest.fixture(scope="session")
def original_environment() -> dict[str, str]:
    """The environment that the tests were started in, for tools that need it (pip finds its settings there)."""
    return dict(_ORIGINAL_ENVIRONMENT)


@pytest.fixture(autouse=True)
def clean_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the test a home directory and a local service directory of its own, and no settings of ours."""
    home = tmp_path_factory.mktemp("home")
    for name in [name for name in os.environ if _leaks(name)]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("IBMQ_LOCAL_DIR", str(home / "local-service"))
    return home
