# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What a job remembers of the client that made it."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.service.routes.jobs import client_info


@pytest.mark.parametrize(
    ("header", "name", "version"),
    [
        ("qiskit/0.46.3", "qiskit", "0.46.3"),
        (
            "qiskit-ibmq-provider,qiskit-terra/0.20.2,0.46.3",
            "qiskit-ibmq-provider,qiskit-terra",
            "0.20.2,0.46.3",
        ),
        ("qiskit/0.46.3/batman/1", "qiskit", "0.46.3"),
        ("curl", "curl", "unknown"),
        ("", "unknown", "unknown"),
        ("/1.0", "unknown", "1.0"),
    ],
)
def test_the_application_header_becomes_name_and_version(header: str, name: str, version: str) -> None:
    assert client_info(header) == {"name": name, "version": version}
