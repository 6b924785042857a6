# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The pytest plugin, as another project's test suite uses it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SUITE = """
def test_fixtures(ibmq_service, ibmq_provider, ibmq_backend):
    assert ibmq_service.running
    assert ibmq_provider.credentials.token == ibmq_service.token
    assert ibmq_backend.name() == "ibmq_qasm_simulator"
    assert ibmq_backend.status().operational

def test_one_service_for_the_session(ibmq_service):
    assert ibmq_service.running
"""


def test_one_line_in_conftest_gives_a_test_suite_a_backend(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["qiskit_ibmq_provider.service.testing"]')
    pytester.makepyfile(SUITE)
    result = pytester.runpytest_subprocess("-W", "ignore", "-p", "no:cacheprovider")
    result.assert_outcomes(passed=2)


def test_the_plugin_loads_neither_the_client_nor_the_service() -> None:
    code = (
        "import sys, qiskit_ibmq_provider.service.testing as t;"
        "print(sorted({'pytest', 'qiskit', 'requests', 'starlette', 'sqlalchemy'} & set(sys.modules)))"
    )
    assert _output(code) == "[]"


def test_the_process_of_the_service_loads_neither_qiskit_nor_the_client() -> None:
    pytest.importorskip("starlette")
    code = (
        "import sys, qiskit_ibmq_provider.service.server, qiskit_ibmq_provider.cli;"
        "print(sorted({'qiskit', 'qiskit_aer', 'numpy', 'requests', 'websocket'} & set(sys.modules)))"
    )
    assert _output(code) == "[]"


def _output(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()
