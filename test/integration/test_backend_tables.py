# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Backends of the real service as tables of text."""

from __future__ import annotations

import io

import pytest
from support.device_server import DeviceServer

from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.backend_tables import backend_monitor, backend_overview
from qiskit_ibmq_provider.exceptions import IBMQProviderError


def test_the_overview_has_a_line_for_each_backend_and_marks_the_least_busy_device(ibmq_provider, capsys):
    backends = [
        ibmq_provider.get_backend(name) for name in ("ibmq_qasm_simulator", "ibmq_vigo", "ibmq_armonk")
    ]
    backend_overview(backends)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:4] == ["name", "qubits", "status", "queue"]
    assert [line.split()[0] for line in lines[1:]] == ["ibmq_armonk", "ibmq_vigo", "ibmq_qasm_simulator"]
    assert sum(" * " in line for line in lines) == 1
    assert " * " not in lines[-1], "a simulator is no device"
    vigo = backends[1].properties()
    mean = sum(vigo.t1(qubit) for qubit in range(5)) / 5 * 1e6
    assert f"{mean:.1f}" in lines[2]
    assert f"{vigo.last_update_date:%Y-%m-%d}" in lines[2]


def test_the_overview_of_a_provider_has_all_its_backends_once(ibmq_provider):
    out = io.StringIO()
    backend_overview(ibmq_provider, output=out)
    lines = out.getvalue().splitlines()
    assert len(lines) == 1 + len(ibmq_provider.backends())
    backend_overview([*ibmq_provider.backends(simulator=True)] * 2, output=(twice := io.StringIO()))
    assert len(twice.getvalue().splitlines()) == 1 + len(ibmq_provider.backends(simulator=True))


def test_without_an_account_the_overview_says_what_to_do():
    with pytest.raises(IBMQProviderError, match=r"IBMQ\.load_account"):
        backend_overview()


def test_a_backend_that_does_not_answer_keeps_its_line():
    server = DeviceServer()
    backend = server.backend()

    def refuse(name):
        raise RequestsApiError("no", 500)

    server.backend_status = refuse
    out = io.StringIO()
    backend_overview([backend], output=out)
    assert out.getvalue().splitlines()[1].split()[:3] == ["ibmq_vigo", "5", "unknown"]


def test_the_monitor_shows_configuration_qubits_and_gates(ibmq_provider, capsys):
    backend = ibmq_provider.get_backend("ibmq_vigo")
    backend_monitor(backend)
    out = capsys.readouterr().out
    assert out.startswith("ibmq_vigo\n=========\nqubits: 5\noperational: True\n")
    properties = backend.properties()
    for qubit in range(5):
        assert f"\nQ{qubit} " in out
        assert f"{properties.readout_error(qubit):.5f}" in out
    assert f"cx0_1  cx    {properties.gate_error('cx', [0, 1]):.5f}" in out


def test_the_monitor_of_a_simulator_ends_with_its_configuration(ibmq_backend, capsys):
    backend_monitor(ibmq_backend)
    out = capsys.readouterr().out
    assert "simulator: True" in out
    assert "Q0" not in out
