# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A service that speaks https itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests
from qiskit import QuantumCircuit

from qiskit_ibmq_provider import IBMQFactory
from qiskit_ibmq_provider.service.testing import ServiceProcess, ServiceStartError

TLS = Path(__file__).parents[2] / "support" / "tls"
CERTIFICATE = TLS / "certificate.pem"
SETTINGS = {"tls_certificate": CERTIFICATE, "tls_key": TLS / "key.pem", "workers": 1}


def test_our_client_runs_a_job_over_https_and_wss() -> None:
    with ServiceProcess(settings=SETTINGS) as service:
        assert service.url.startswith("https://127.0.0.1:")
        about = requests.get(service.url, timeout=10, verify=str(CERTIFICATE)).json()
        assert about["api"] == service.url
        with pytest.raises(requests.ConnectionError):
            requests.get(service.url.replace("https", "http"), timeout=10)
        factory = IBMQFactory()
        try:
            provider = factory.enable_account(service.token, service.url, verify=str(CERTIFICATE))
            assert provider.credentials.websockets_url.startswith("wss://")
            circuit = QuantumCircuit(1, 1)
            circuit.measure(0, 0)
            job = provider.get_backend("ibmq_qasm_simulator").run(circuit, shots=10)
            assert job.result().get_counts() == {"0": 10}
        finally:
            factory.disable_account()


@pytest.mark.parametrize(
    ("content", "field", "problem"),
    [
        (None, "tls_key", "cannot be read: No such file"),
        ("no key", "tls_certificate", "cannot be used with the key"),
    ],
)
def test_a_certificate_or_key_that_cannot_be_used_ends_the_start(
    tmp_path: Path, content: str | None, field: str, problem: str
) -> None:
    key = tmp_path / "key.pem"
    if content is not None:
        key.write_text(content, encoding="utf-8")
    with pytest.raises(ServiceStartError, match=f"exit code 2(?s:.*)'{field}'.*{problem}"):
        with ServiceProcess(tmp_path / "data", settings={**SETTINGS, "tls_key": key}):
            pass
