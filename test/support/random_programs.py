# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Random circuits of all that a Qobj can hold: every gate of Qiskit's library, conditions, registers, pulse gates, arrays, units."""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Sequence
from typing import Any, Callable, Union

import numpy as np
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, pulse
from qiskit.circuit import Clbit, ControlledGate, Gate, Instruction, Parameter, Qubit
from qiskit.circuit.library import Diagonal, PauliGate, standard_gates
from qiskit.extensions import Initialize, UnitaryGate
from qiskit.quantum_info import random_statevector, random_unitary

__all__ = ["GATES", "ProgramMaker"]


def _gates() -> list[tuple[type, int]]:
    """Return the gates of the library that take a label, each with its number of parameters."""
    found = []
    for _, kind in sorted(vars(standard_gates).items()):
        if not inspect.isclass(kind) or not issubclass(kind, Gate):
            continue
        for numbers in range(5):
            try:
                kind(*[0.5] * numbers, label=None)
            except Exception:  # noqa: BLE001,S112 - each class refuses in its own way
                continue
            found.append((kind, numbers))
            break
    return found


GATES = _gates()

_NAMES = ["q", "a", "anc", "q0", "ψ", 'odd"name', "with space", "line\nbreak"]
_LABELS = [None, None, None, "label", 'a "label" ✓', ""]


class ProgramMaker:
    """Makes circuits of one seed.

    Args:
        seed: the seed.
        gates: the gates to choose from.
        odd: whether there are also arrays, instructions of no library, units of delays, and odd labels.
    """

    def __init__(self, seed: int, gates: Sequence[tuple[type, int]] = GATES, odd: bool = True) -> None:
        self._gates = gates
        self._odd = odd
        self._random = random.Random(seed)
        self._numpy = np.random.default_rng(seed)
        self.parameters = [Parameter("θ"), Parameter("b")]

    def circuit(
        self, *, conditions: bool = False, calibrations: bool = False, parameters: bool = False
    ) -> QuantumCircuit:
        """Return a circuit.

        Args:
            conditions: whether some gates have a condition.
            calibrations: whether some gates have pulses of their own.
            parameters: whether some gates hold the maker's parameters.
        """
        choice = self._random
        circuit = QuantumCircuit(
            *self._registers(),
            name=choice.choice(["", "circuit", 'say "x"', "µ\t"]) + str(choice.randrange(1000)),
            metadata=choice.choice(
                [None, {}, {"k": 1}, {"list": [1, 2.5, None, {"x": True}], "µ": "s"}, {"n": np.float64(2)}]
            ),
            global_phase=choice.choice([0, 0.25, -7, np.float64(1.5), math.pi]),
        )
        for _ in range(choice.randrange(1, 30)):
            operation = self._operation(circuit, parameters)
            if operation.num_qubits > circuit.num_qubits or operation.num_clbits > circuit.num_clbits:
                continue
            if conditions and isinstance(operation, Gate) and circuit.num_clbits and choice.random() < 0.3:
                operation = self._conditioned(operation, circuit)
            circuit.append(
                operation,
                choice.sample(circuit.qubits, operation.num_qubits),
                choice.sample(circuit.clbits, operation.num_clbits),
            )
        if calibrations:
            self._calibrate(circuit)
        return circuit

    def _registers(self) -> list[Any]:
        choice = self._random
        names = choice.sample(_NAMES, 4)
        registers: list[Any] = [QuantumRegister(choice.randrange(1, 5), names[0])]
        if choice.random() < 0.4:
            registers.append(QuantumRegister(choice.randrange(0, 3), names[1]))
        if choice.random() < 0.1:
            # The same bits once more, under another name.
            registers.append(QuantumRegister(bits=list(registers[0]), name="again"))
        if choice.random() < 0.1:
            bits = [Qubit() for _ in range(2)]
            registers += [QuantumRegister(bits=bits, name="late")]
        for name in choice.sample([names[2], names[3], "c"], choice.randrange(0, 3)):
            registers.append(ClassicalRegister(choice.randrange(0, 4), name))
        if choice.random() < 0.1:
            registers.append(ClassicalRegister(bits=[Clbit(), Clbit()], name="bits"))
        return registers

    def _number(self) -> Union[int, float]:
        choice = self._random
        return choice.choice(
            [
                lambda: choice.uniform(-7, 7),
                lambda: choice.randrange(-3, 4),
                lambda: choice.choice([0.0, -0.0, math.pi / 2, 1e-300, 1e22, 5e-324, 2**70, np.float64(0.1)]),
            ]
        )()

    def _operation(self, circuit: QuantumCircuit, parameters: bool) -> Instruction:
        choice = self._random
        makers: list[Callable[[], Instruction]] = [self._gate, self._gate, self._gate, self._gate]
        makers += [self._special]
        if self._odd:
            makers += [lambda: self._array(circuit), lambda: self._own(circuit)]
        if parameters:
            makers += [self._parametrised] * 2
        return choice.choice(makers)()

    def _gate(self) -> Instruction:
        kind, numbers = self._random.choice(self._gates)
        gate = kind(*[self._number() for _ in range(numbers)], label=self._random.choice(_LABELS))
        if self._odd and isinstance(gate, ControlledGate) and self._random.random() < 0.2:
            gate = gate.to_mutable() if hasattr(gate, "to_mutable") else gate.copy()
            gate.ctrl_state = self._random.randrange(2**gate.num_ctrl_qubits)
        return gate

    def _parametrised(self) -> Instruction:
        first, second = self.parameters
        value = self._random.choice([first, 2 * first + 1, first * second, first - first + 0.5])
        kind = self._random.choice([kind for kind, numbers in GATES if numbers == 1])
        return kind(value)

    def _special(self) -> Instruction:
        from qiskit.circuit import Barrier, Delay, Measure, Reset

        unit = self._random.choice(["dt", "dt", "dt", "ns", "us", "s"]) if self._odd else "dt"
        makers: list[Callable[[], Instruction]] = [
            Measure,
            Measure,
            Reset,
            lambda: Barrier(self._random.randrange(1, 6)),
            lambda: Delay(self._random.choice([0, 16, 160]), unit),
        ]
        return self._random.choice(makers)()

    def _array(self, circuit: QuantumCircuit) -> Instruction:
        size = self._random.randrange(1, 3)
        makers: list[Callable[[], Instruction]] = [
            lambda: UnitaryGate(
                random_unitary(2**size, seed=self._numpy), label=self._random.choice(_LABELS)
            ),
            lambda: Initialize(random_statevector(2**size, seed=self._numpy)),
            lambda: Initialize("01"),
            lambda: PauliGate("XYZ"[:size]),
            lambda: Diagonal([1, -1, 1j, -1j][: 2**size]).to_gate(),
        ]
        return self._random.choice(makers)()

    def _own(self, circuit: QuantumCircuit) -> Instruction:
        """Return an instruction that is in no library."""
        choice = self._random
        params: list[Any] = choice.choice(
            [[], [1, 2.5], ["text"], [True], [None], [1j], [np.arange(3)], [[1, 2]], [np.int64(7)]]
        )
        if choice.random() < 0.5 or not params:
            numeric = [value for value in params if isinstance(value, (int, float))]
            return Gate(choice.choice(["mine", "rz", "x", 'odd"']), choice.randrange(1, 3), numeric)
        return Instruction(
            choice.choice(["kraus", "snap"]), choice.randrange(0, 3), choice.randrange(0, 2), params
        )

    def _conditioned(self, gate: Gate, circuit: QuantumCircuit) -> Instruction:
        choice = self._random
        filled = [register for register in circuit.cregs if register.size]
        if filled and choice.random() < 0.7:
            register = choice.choice(filled)
            return gate.c_if(register, choice.randrange(2**register.size))
        return gate.c_if(choice.choice(circuit.clbits), choice.randrange(2))

    def _calibrate(self, circuit: QuantumCircuit) -> None:
        for gate in ("x", "mine"):
            with pulse.build() as schedule:
                amplitude = self._random.choice([0.1, 0.2])
                pulse.play(pulse.Gaussian(160, amplitude, 40), pulse.DriveChannel(0))
                if self._random.random() < 0.5:
                    pulse.play(pulse.Waveform(np.full(8, amplitude * 1j)), pulse.DriveChannel(0))
            circuit.add_calibration(gate, [0], schedule)
