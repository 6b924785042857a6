# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Devices with their gates and models, and programs out of samples."""

from __future__ import annotations

import functools

import numpy as np
from pulse_fit.gates import CalibratedGates
from support.circuit_jobs import FLEET

from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel
from qiskit_ibmq_provider.service.executor.pulse.program import Acquisition, PulseProgram, Segment


class PulseSite:
    """A device, and what the tests make of it."""

    def __init__(self, name):
        self.name = name
        self.configuration = FLEET.configuration(name)
        self.properties = FLEET.properties(name)
        self.defaults = FLEET.defaults(name)
        self.dt = self.configuration["dt"] * 1e-9

    @functools.cached_property
    def gates(self):
        return CalibratedGates(self.configuration, self.defaults)

    def model(self, *qubits, decay=True, corrections=None):
        properties = self.properties if decay else None
        return PulseModel.from_device(
            self.configuration, properties, self.defaults, qubits, corrections=corrections
        )

    def program(self, signals, measured=(), duration=None):
        """Make a program of segments ``{channel: [(start, samples), …]}`` and measurements ``[(qubit, start), …]``."""
        segments = {
            channel: tuple(Segment(start, np.asarray(samples, dtype=complex)) for start, samples in parts)
            for channel, parts in signals.items()
        }
        stops = [part.stop for parts in segments.values() for part in parts] + [
            start for _, start in measured
        ]
        acquisitions = tuple(
            Acquisition(qubit, start, 100, slot) for slot, (qubit, start) in enumerate(measured)
        )
        qubits = tuple(sorted({qubit for qubit, _ in measured}))
        return PulseProgram(duration or max(stops), self.dt, segments, acquisitions, qubits)

    def measured(self, gates, qubits, wait=0):
        """Make a program of gates, a wait in samples and measurements."""
        program, _ = self.gates.program(gates)
        stop = program.duration + wait
        acquisitions = tuple(Acquisition(qubit, stop, 100, slot) for slot, qubit in enumerate(qubits))
        return PulseProgram(stop, self.dt, program.signals, acquisitions, tuple(qubits))


pulse_site = functools.lru_cache(maxsize=None)(PulseSite)
"""The device of a name, made once."""
