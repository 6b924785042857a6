# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The calibrated gates of every pulse device, by the full solver.

What is asked is asked of the model without decay everywhere, and with the decay of the device's own calibration wherever that leaves room for
it. A pair misses its mark with decay only if its lifetimes say so.
"""

from __future__ import annotations

import pytest
from pulse_fit.gates import CalibratedGates, controlled_not
from pulse_fit.quality import pair_quality, turn_quality

from qiskit_ibmq_provider.service.devices import Fleet
from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel

pytestmark = [pytest.mark.pulse_crosscheck, pytest.mark.timeout(3600)]

FLEET = Fleet([])
DEVICES = [
    name
    for name in FLEET.names()
    if FLEET.configuration(name).get("hamiltonian") and FLEET.defaults(name) is not None
]


@pytest.mark.parametrize("name", DEVICES)
def test_every_calibrated_turn(name):
    configuration, defaults, properties = (
        FLEET.configuration(name),
        FLEET.defaults(name),
        FLEET.properties(name),
    )
    gates = CalibratedGates(configuration, defaults)
    for qubit in range(configuration["n_qubits"]):
        flip, half = turn_quality(PulseModel.from_device(configuration, properties, defaults, [qubit]), gates)
        assert flip > 0.99, f"x on qubit {qubit}"
        # On the only device without pairs, sx has no gain of its own.
        assert half > (0.98 if name == "ibmq_armonk" else 0.99), f"sx on qubit {qubit}"


@pytest.mark.parametrize("name", DEVICES)
def test_every_calibrated_cx(name):
    configuration, defaults, properties = (
        FLEET.configuration(name),
        FLEET.defaults(name),
        FLEET.properties(name),
    )
    gates = CalibratedGates(configuration, defaults)
    for first, second in configuration["coupling_map"] or []:
        if not controlled_not(gates, first, second):
            continue
        closed = PulseModel.from_device(configuration, None, defaults, [first, second])
        quality = pair_quality(closed, gates, first, second)
        assert quality.truth > 0.97, f"cx on {first} and {second}"
        assert quality.bell > 0.95, f"cx on {first} and {second}"
        # What decay may take: every level and coherence of two qubits, for as long as the longest of the programs.
        decaying = PulseModel.from_device(configuration, properties, defaults, [first, second])
        program, _ = gates.program(controlled_not(gates, first, second))
        rate = sum(1 / relaxation + 1 / dephasing for relaxation, dephasing in decaying.lifetimes)
        allowed = 2 * rate * program.duration * program.dt * 1e9
        lossy = pair_quality(decaying, gates, first, second)
        assert lossy.truth > quality.truth - allowed - 1e-3, f"cx on {first} and {second}"
        assert lossy.bell > quality.bell - allowed - 1e-3, f"cx on {first} and {second}"
