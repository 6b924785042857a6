# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Populations under our solver against Qiskit Dynamics 0.5.1.

Dynamics reads the Hamiltonian itself, takes terra's schedules and integrates the equation of motion with the carriers as they are, without the
rotating wave approximation that we take. Both are without decay and without our corrections.
"""

from __future__ import annotations

import numpy as np
import pytest
from pulse_fit.gates import CalibratedGates, Gate
from pulse_fit.quality import final_states
from qiskit import pulse
from qiskit.providers import fake_provider

from qiskit_ibmq_provider.service.devices import Fleet
from qiskit_ibmq_provider.service.executor.pulse.corrections import Corrections
from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel
from qiskit_ibmq_provider.service.executor.pulse.program import PulseProgram, Segment
from qiskit_ibmq_provider.service.executor.pulse.waveforms import read_waveform

pytestmark = [pytest.mark.pulse_crosscheck, pytest.mark.timeout(3600)]

ONE_QUBIT, TWO_QUBITS = 5e-4, 5e-3
"""Tolerances of a population. What remains is what we drop: terms that turn with twice the carrier shift the qubits a little, and a gate of two
qubits lasts five times as long. 8192 shots tell no less than 0.005.
"""

DEVICES = {
    "ibmq_armonk": fake_provider.FakeArmonk,
    "ibmq_valencia": fake_provider.FakeValencia,
    "ibmq_manila": fake_provider.FakeManila,
    "ibm_lagos": fake_provider.FakeLagos,
}


class Oracle:
    """Dynamics on some qubits of a device."""

    def __init__(self, backend, qubits):
        from qiskit_dynamics import Solver
        from qiskit_dynamics.backend import parse_backend_hamiltonian_dict

        self.configuration = backend.configuration()
        self.defaults = backend.defaults()
        static, operators, channels, dimensions = parse_backend_hamiltonian_dict(
            self.configuration.hamiltonian, list(qubits)
        )
        self.qubits = tuple(qubits)
        # Dynamics counts the first qubit as the least significant digit.
        self.levels = np.array(np.unravel_index(np.arange(3 ** len(qubits)), (3,) * len(qubits)))[::-1]
        energies, states = np.linalg.eigh(static)
        order = [int(np.argmax(np.abs(states[place]))) for place in range(len(energies))]
        assert len(set(order)) == len(order)
        self.states = states[:, order]
        energies = energies[order]
        frequencies = {
            qubit: (energies[3**place] - energies[0]) / 2 / np.pi for place, qubit in enumerate(qubits)
        }
        carriers = {}
        for channel in channels:
            if channel.startswith("u"):
                (part,) = self.configuration.u_channel_lo[int(channel[1:])]
                carriers[channel] = frequencies.get(part.q, self.defaults.qubit_freq_est[part.q])
            else:
                carriers[channel] = frequencies[int(channel[1:])]
        self.solver = Solver(
            static_hamiltonian=static,
            hamiltonian_operators=operators,
            hamiltonian_channels=channels,
            channel_carrier_freqs=carriers,
            dt=self.configuration.dt,
            rotating_frame=static,
        )

    def populations(self, schedule):
        """Return the populations of the dressed states, the first qubit being the most significant digit."""
        solution = self.solver.solve(
            t_span=[0.0, schedule.duration * self.configuration.dt],
            y0=self.states[:, 0],
            signals=schedule,
            method="DOP853",
            atol=1e-6,
            rtol=1e-6,
        )
        found = np.abs(self.states.conj().T @ solution.y[-1]) ** 2
        return found.reshape((3,) * len(self.qubits)).transpose().ravel()

    def gate(self, name, qubits):
        return self.defaults.instruction_schedule_map.get(name, qubits)


class Ours:
    """Our solver on the same qubits, from the documents of the wire."""

    def __init__(self, name, qubits):
        fleet = Fleet([])
        configuration, defaults = fleet.configuration(name), fleet.defaults(name)
        self.dt = configuration["dt"] * 1e-9
        self.gates = CalibratedGates(configuration, defaults)
        self.model = PulseModel.from_device(
            configuration, None, defaults, qubits, corrections=Corrections({})
        )

    def populations(self, program):
        return np.diag(final_states(self.model, [program])[0]).real

    def gate(self, *gates):
        program, _ = self.gates.program(gates)
        return self.populations(program)

    def drive(self, samples):
        signals = {"d0": (Segment(0, samples),)}
        return self.populations(PulseProgram(len(samples), self.dt, signals, (), (0,)))


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("gate", ["x", "sx"])
def test_one_qubit_gates(name, gate):
    oracle, ours = Oracle(DEVICES[name](), [0]), Ours(name, [0])
    _compare(ours.gate(Gate(gate, (0,))), oracle.populations(oracle.gate(gate, [0])), ONE_QUBIT)


@pytest.mark.parametrize("name", ["ibmq_armonk", "ibmq_valencia", "ibmq_manila"])
@pytest.mark.parametrize(("amplitude", "detuning"), [(0.2, 0.0), (0.1, 3e6), (0.1, -3e6)])
def test_rabi_points_and_detuned_drives(name, amplitude, detuning):
    oracle, ours = Oracle(DEVICES[name](), [0]), Ours(name, [0])
    with pulse.build() as schedule:
        pulse.shift_frequency(detuning, pulse.DriveChannel(0))
        pulse.play(pulse.Gaussian(duration=320, amp=amplitude, sigma=80), pulse.DriveChannel(0))
    expected = oracle.populations(pulse.transforms.block_to_schedule(schedule))
    samples = read_waveform("gaussian", {"duration": 320, "amp": amplitude, "sigma": 80}).samples()
    middles = (np.arange(320) + 0.5) * ours.dt
    found = ours.drive(samples * np.exp(2j * np.pi * detuning * middles))
    _compare(found, expected, ONE_QUBIT)


@pytest.mark.parametrize(
    ("name", "control", "target"),
    [("ibmq_valencia", 0, 1), ("ibmq_manila", 0, 1), ("ibmq_manila", 1, 0), ("ibm_lagos", 1, 2)],
)
@pytest.mark.parametrize("flipped", [False, True])
def test_two_qubit_gates(name, control, target, flipped):
    """The sign of a phase shows here and nowhere before: the tones of two channels interfere."""
    qubits = sorted((control, target))
    oracle, ours = Oracle(DEVICES[name](), qubits), Ours(name, qubits)
    schedule = oracle.gate("cx", [control, target])
    gates = [Gate("cx", (control, target))]
    if flipped:
        # Adding appends: the sum begins the second where the first ends.
        schedule = oracle.gate("x", [control]) + schedule
        gates.insert(0, Gate("x", (control,)))
    program, _ = ours.gates.program(gates)
    assert schedule.duration == program.duration
    _compare(ours.populations(program), oracle.populations(schedule), TWO_QUBITS)


def _compare(found, expected, tolerance):
    """Compare populations, and print by how much they differ: pytest -s shows it."""
    print(f" {np.abs(found - expected).max():.1e}")
    np.testing.assert_allclose(found, expected, atol=tolerance)
