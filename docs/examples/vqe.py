# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Find the ground state energy of the hydrogen molecule by VQE, on a simulator and on a noisy device.

    python docs/examples/vqe.py [device]

The molecule at its equilibrium distance in two qubits (parity mapping, both symmetries taken out). Each step of the optimiser is one job with
two circuits: one measured as it is, one after a turn to the x basis. On the device the error of the readout is taken out by its calibration.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import numpy as np
from qiskit import QuantumCircuit, transpile
from qiskit.algorithms.optimizers import SPSA
from qiskit.utils import algorithm_globals

from qiskit_ibmq_provider import IBMQ, IBMQBackend

HAMILTONIAN = {"II": -1.052373, "IZ": 0.397937, "ZI": -0.397937, "ZZ": -0.011280, "XX": 0.180931}
"""In Hartree; the nuclei are not counted."""

SHOTS = 4000
STEPS = 30
LAYOUT = [0, 1]


def exact_energy() -> float:
    """Return the lowest eigenvalue of the Hamiltonian."""
    paulis = {"I": np.eye(2), "X": np.array([[0, 1], [1, 0]]), "Z": np.diag([1, -1])}
    matrix = sum(factor * np.kron(paulis[name[0]], paulis[name[1]]) for name, factor in HAMILTONIAN.items())
    return float(np.linalg.eigvalsh(matrix)[0])


def ansatz(angles: np.ndarray) -> QuantumCircuit:
    """Return a state of two qubits: turns, an entangling gate, and turns again."""
    circuit = QuantumCircuit(2)
    for qubit in (0, 1):
        circuit.ry(angles[qubit], qubit)
    circuit.cx(0, 1)
    for qubit in (0, 1):
        circuit.ry(angles[2 + qubit], qubit)
    return circuit


def measured(angles: np.ndarray) -> list[QuantumCircuit]:
    """Return the state, measured in the z and in the x basis."""
    circuits = []
    for basis in "zx":
        circuit = ansatz(angles)
        if basis == "x":
            circuit.h([0, 1])
        circuit.measure_all()
        circuits.append(circuit)
    return circuits


class Energy:
    """The energy of a state, as a backend measures it.

    Args:
        backend: a simulator or a device.
    """

    def __init__(self, backend: IBMQBackend) -> None:
        self.backend = backend
        self.jobs = 0
        self._repair = np.eye(4)
        properties = backend.properties()
        if properties is not None:
            single = []
            for qubit in LAYOUT:
                one, zero = (
                    properties.qubit_property(qubit, f"prob_meas{bit}_prep{1 - bit}")[0] for bit in (1, 0)
                )
                single.append(np.array([[1 - one, zero], [one, 1 - zero]]))
            self._repair = np.linalg.inv(np.kron(single[1], single[0]))

    def __call__(self, angles: np.ndarray) -> float:
        """Run one job and return the energy in Hartree."""
        layout = None if self.backend.configuration().simulator else LAYOUT
        circuits = transpile(measured(angles), self.backend, initial_layout=layout, optimization_level=1)
        result = self.backend.run(circuits, shots=SHOTS, seed_simulator=self.jobs).result(timeout=300)
        self.jobs += 1
        z, x = (self._distribution(result.get_counts(index)) for index in (0, 1))
        signs = {"II": [1, 1, 1, 1], "IZ": [1, -1, 1, -1], "ZI": [1, 1, -1, -1], "ZZ": [1, -1, -1, 1]}
        energy = sum(HAMILTONIAN[name] * float(np.dot(sign, z)) for name, sign in signs.items())
        return energy + HAMILTONIAN["XX"] * float(np.dot(signs["ZZ"], x))

    def _distribution(self, counts: Mapping[str, int]) -> np.ndarray:
        """Return the probabilities of the four outcomes without the errors of the readout."""
        total = sum(counts.values())
        return self._repair @ np.array([counts.get(f"{outcome:02b}", 0) / total for outcome in range(4)])


def minimise(backend: IBMQBackend, seed: int = 11) -> tuple[float, int]:
    """Return the lowest energy that is found on a backend, and how many jobs that took."""
    algorithm_globals.random_seed = seed
    energy = Energy(backend)
    # From the state of Hartree and Fock, in which one of the two qubits is excited.
    optimiser = SPSA(maxiter=STEPS, learning_rate=0.2, perturbation=0.15, last_avg=5)
    found = optimiser.minimize(energy, np.array([np.pi, np.pi, 0.0, 0.0]))
    return energy(found.x), energy.jobs


def main(device: str) -> dict[str, float]:
    """Minimise on the simulator and on a device, and print both energies beside the exact one."""
    provider = IBMQ.enable_account(url="local")
    numbers = {"exact": exact_energy()}
    print(f"{'exact':22} {numbers['exact']:9.4f} Hartree")
    for name in ("ibmq_qasm_simulator", device):
        numbers[name], jobs = minimise(provider.get_backend(name))
        print(f"{name:22} {numbers[name]:9.4f} Hartree, {jobs} jobs")
    return numbers


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "ibmq_manila")
