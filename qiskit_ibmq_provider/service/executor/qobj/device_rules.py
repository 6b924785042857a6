# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a device accepts, out of its configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.service.executor.qobj.instructions import ALWAYS_ACCEPTED, INSTRUCTIONS

__all__ = ["DeviceRules", "MAX_MEMORY_SLOTS"]

MAX_MEMORY_SLOTS: Final = 8192
"""Classical bits of one circuit. Each shot's outcome takes as many, so the number must have a bound."""


@dataclasses.dataclass(frozen=True)
class DeviceRules:
    """What a device accepts.

    ``instructions`` are the names that can be run on it; ``couplings`` maps those that are tied to certain qubits to these; ``dt`` is the
    unit of delays in ns, if it has one; ``method`` is how it simulates where a job does not say; ``meas_levels`` are the levels of measurement
    that it returns.
    """

    name: str
    version: str
    simulator: bool
    qubits: int
    max_shots: int
    max_experiments: int
    conditional: bool
    instructions: frozenset[str]
    basis: frozenset[str]
    couplings: Mapping[str, frozenset[tuple[int, ...]]]
    dt: Optional[float]
    method: str
    meas_levels: frozenset[int]

    @property
    def returns_states(self) -> bool:
        """Whether a circuit that measures nothing returns its state: so it is on the simulator of state vectors."""
        return self.simulator and self.method == "statevector"

    @classmethod
    def from_configuration(cls, configuration: Mapping[str, Any]) -> DeviceRules:
        """Read a configuration as the device catalogue gives it."""
        basis = frozenset(configuration["basis_gates"])
        named = basis.union(configuration.get("supported_instructions", ()), ALWAYS_ACCEPTED)
        return cls(
            name=configuration["backend_name"],
            version=configuration["backend_version"],
            simulator=configuration["simulator"],
            qubits=configuration["n_qubits"],
            max_shots=configuration["max_shots"],
            max_experiments=configuration["max_experiments"],
            conditional=configuration["conditional"],
            # What is not in the table cannot be simulated; configurations also list pulse instructions.
            instructions=named & INSTRUCTIONS.keys(),
            basis=basis,
            couplings=_couplings(configuration),
            dt=configuration.get("dt"),
            method=configuration.get("simulation_method", "automatic"),
            meas_levels=frozenset(configuration.get("meas_levels", (2,))),
        )


def _couplings(configuration: Mapping[str, Any]) -> dict[str, frozenset[tuple[int, ...]]]:
    """Return the sets of qubits on which each gate exists, for the gates that do not exist everywhere."""
    couplings = {
        gate["name"]: frozenset(tuple(qubits) for qubits in gate["coupling_map"])
        for gate in configuration["gates"]
        if gate.get("coupling_map")
    }
    if configuration["coupling_map"]:
        everywhere = frozenset(tuple(pair) for pair in configuration["coupling_map"])
        for name in configuration["basis_gates"]:
            layout = INSTRUCTIONS.get(name)
            if layout is not None and layout.qubits == 2 and not layout.more:
                couplings.setdefault(name, everywhere)
    return couplings
