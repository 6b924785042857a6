# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Counts of a device are those of ``AerSimulator.from_backend`` run from circuits, shot for shot.

Aer gets the circuits and its own noise model of the whole device; we give it the Qobj and the noise of the qubits in use. With one seed the
two draw the same random numbers.
"""

from __future__ import annotations

import warnings

import pytest
import qiskit.providers.fake_provider as snapshots
from qiskit import QuantumCircuit, assemble, transpile
from qiskit.result import Result
from qiskit_aer import AerSimulator
from support.circuit_jobs import task

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.executor.worker import Worker
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

SHOTS = 2000
SEED = 20201014
SHORT = {
    "ibmq_armonk": "FakeArmonk",
    "ibmq_vigo": "FakeVigo",
    "ibmq_ourense": "FakeOurense",
    "ibmq_manila": "FakeManila",
    "ibmq_rome": "FakeRome",
    "ibmqx2": "FakeYorktown",
    "ibmq_london": "FakeLondon",
    "ibmq_essex": "FakeEssex",
    "ibmq_athens": "FakeAthens",
    "ibm_nairobi": "FakeNairobi",
}
LONG = {
    "ibmq_guadalupe": "FakeGuadalupe",
    "ibmq_boeblingen": "FakeBoeblingen",
    "ibmq_cambridge": "FakeCambridge",
    "ibmq_montreal": "FakeMontreal",
    "ibmq_manhattan": "FakeManhattan",
    "ibm_washington": "FakeWashington",
}


@pytest.fixture(scope="module")
def worker():
    return Worker(WorkerSettings(device_dirs=(), threads=1, memory=2**30))


def _circuits(qubits, dt):
    """An entangled state seen from several sides, one that waits and so decays, and one that is measured and reset on the way."""
    entangled = QuantumCircuit(qubits, qubits, name="entangled")
    entangled.h(0)
    for qubit in range(qubits - 1):
        entangled.cx(qubit, qubit + 1)
    for qubit in range(qubits):
        entangled.rx(0.3 * qubit + 0.2, qubit)
    waiting = QuantumCircuit(qubits, qubits, name="waiting")
    waiting.x(range(qubits))
    if dt is not None:
        # Devices wait for multiples of 16 dt.
        waiting.delay(16 * round(30e-6 / dt / 16), 0, unit="dt")
    reset = QuantumCircuit(qubits, qubits, name="reset")
    reset.x(range(qubits))
    reset.reset(0)
    reset.sx(0)
    circuits = [entangled, waiting, reset]
    for circuit in circuits:
        circuit.measure(range(qubits), range(qubits))
    return circuits


@pytest.mark.parametrize(
    "name, snapshot",
    [
        *SHORT.items(),
        *(pytest.param(name, snapshot, marks=pytest.mark.fleet_long) for name, snapshot in LONG.items()),
    ],
)
def test_counts_are_those_of_aer_run_from_circuits(worker, tmp_path, name, snapshot):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        device = getattr(snapshots, snapshot)()
        configuration = device.configuration()
        reference = AerSimulator.from_backend(device)
        circuits = transpile(
            _circuits(min(3, configuration.n_qubits), getattr(configuration, "dt", None)),
            device,
            seed_transpiler=1,
            optimization_level=1,
        )
        options = {"shots": SHOTS, "seed_simulator": SEED}
        qobj = assemble(circuits, **options).to_dict()
        expected = reference.run(circuits, **options).result()
    wanted = task(tmp_path, codec.loads(codec.dumps(qobj)), name)
    outcome = worker.run(wanted)
    assert outcome.status is ApiJobStatus.COMPLETED, outcome.error
    result = Result.from_dict(codec.loads(wanted.result_path.read_bytes()))
    for circuit in circuits:
        counts = result.get_counts(circuit.name)
        assert len(counts) > 1
        assert counts == expected.get_counts(circuit.name), (name, circuit.name)
