# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A service whose tokens are known, proxies before it, and an ear on every log."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The proxy that spoils requests is that of the table of faults.
sys.path.append(str(Path(__file__).parents[1] / "faults"))

from secret_world import API_TOKEN, SecretWorld  # noqa: E402

from qiskit_ibmq_provider.service.testing import ServiceProcess  # noqa: E402


@pytest.fixture(scope="session")
def secret_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    """A service that logs everything, with a token that stands out."""
    settings = {"log_level": "DEBUG", "access_log": True, "workers": 1}
    with ServiceProcess(tmp_path_factory.mktemp("data"), token=API_TOKEN, settings=settings) as service:
        yield service


@pytest.fixture(scope="session")
def tls_service() -> Iterator[ServiceProcess]:
    """A service with a certificate that nobody knows."""
    directory = Path(__file__).parents[1] / "support" / "tls"
    settings = {
        "tls_certificate": directory / "certificate.pem",
        "tls_key": directory / "key.pem",
        "workers": 1,
    }
    with ServiceProcess(settings=settings) as service:
        yield service


@pytest.fixture(scope="session")
def secret_world(secret_service: ServiceProcess) -> Iterator[SecretWorld]:
    """Accounts behind proxies."""
    with SecretWorld(secret_service) as world:
        yield world


@pytest.fixture
def every_log() -> Iterator[list[str]]:
    """What is logged, by whom ever and at whatever level."""
    texts: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            texts.append(f"{record.getMessage()} {vars(record)}")

    ear = Ear(level=1)
    loggers = [
        logging.getLogger(name)
        for name in ("", "qiskit.providers.ibmq", "urllib3", "requests", "websocket", "asyncio")
    ]
    before = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.addHandler(ear)
        logger.setLevel(1)
    yield texts
    for logger, level in before:
        logger.removeHandler(ear)
        logger.setLevel(level)
