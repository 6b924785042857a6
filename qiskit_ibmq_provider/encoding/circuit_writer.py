# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Circuits written straight as the JSON of a Qobj's experiments, in one pass over their instructions.

Qiskit's assembler makes an object of every instruction, then a dictionary, and only then can the text be written. Most instructions
need none of that: their text is a name, numbers, and the positions of bits. Gates without parameters are objects that all circuits
share, so the beginning of their text is made once.

The writer covers what it writes exactly as the assembler does. Any other circuit is left to the assembler as a whole: one with
conditions, pulse gates, control flow, bits outside of registers, delays in seconds, or values that cannot be written as JSON. A single
instruction with other parameters (arrays, bound expressions), or of a class with its own way to assemble, is left to its ``assemble``.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from typing import Any, Final, Optional

from qiskit.circuit import CircuitInstruction, ControlFlowOp, Delay, Instruction, QuantumCircuit
from qiskit.exceptions import QiskitError

from qiskit_ibmq_provider.encoding.values import encode_value

__all__ = ["CircuitWriter"]

_ITSELF: Final = "\0"
"""Stands for the text of an instruction that has to be assembled by its own method."""

_Registers = tuple[tuple[tuple[str, int], ...], tuple[tuple[str, int], ...]]


class _NotCovered(Exception):
    """The circuit holds something that is left to the assembler."""


class CircuitWriter:
    """Writes the experiments of one Qobj. What its circuits have in common is prepared once.

    Args:
        left_out: names of instructions whose circuits are left to the caller.
    """

    def __init__(self, left_out: Collection[str] = ()) -> None:
        self._left_out = frozenset(left_out)
        self._shared: dict[int, str] = {}
        self._kept: list[Any] = []  # Keeps their ids from being used again.
        self._beginnings: dict[type, tuple[str, str]] = {}
        self._headers: dict[_Registers, bytes] = {}
        self._numbers: list[str] = []

    def write(self, circuit: QuantumCircuit) -> Optional[tuple[int, int, bytes]]:
        """Write a circuit.

        Returns:
            numbers of qubits and of classical bits, and the text that follows the ``config`` of the experiment; ``None`` for a circuit that
            is left to the assembler.
        """
        registers = (
            tuple((register.name, register.size) for register in circuit.qregs),
            tuple((register.name, register.size) for register in circuit.cregs),
        )
        qubits, clbits = (sum(size for _, size in group) for group in registers)
        if qubits < circuit.num_qubits or clbits < circuit.num_clbits:
            return None
        if circuit.calibrations or circuit.unit != "dt":
            return None
        metadata = {} if circuit.metadata is None else circuit.metadata
        try:
            instructions = self._instructions(circuit)
            own = encode_value(
                {"name": circuit.name, "global_phase": float(circuit.global_phase), "metadata": metadata}
            )
        except (_NotCovered, TypeError):
            return None
        header = self._headers.get(registers)
        if header is None:
            header = self._headers[registers] = _header(*registers)
        return qubits, clbits, b',"header":%b,%b,"instructions":[%b]}' % (header, own[1:], instructions)

    def _instructions(self, circuit: QuantumCircuit) -> bytes:
        qubit_at, clbit_at = self._places(circuit.qubits), self._places(circuit.clbits)
        shared = self._shared
        written: list[str] = []
        try:
            for item in circuit.data:
                operation, qubits = item.operation, item.qubits
                start, end = shared.get(id(operation)), "}"
                if start is None:
                    start, end = self._text(operation)
                    if start is _ITSELF or not qubits:
                        written.append(_assembled(item, qubit_at, clbit_at))
                        continue
                if len(qubits) == 1:
                    places = qubit_at[id(qubits[0])]
                elif len(qubits) == 2:
                    places = f"{qubit_at[id(qubits[0])]},{qubit_at[id(qubits[1])]}"
                else:
                    places = ",".join([qubit_at[id(bit)] for bit in qubits])
                if item.clbits:
                    memory = ",".join([clbit_at[id(bit)] for bit in item.clbits])
                    places = f'{places}],"memory":[{memory}'
                written.append(f"{start}{places}]{end}")
        except KeyError:
            # A bit that is equal to one of the circuit, but another object.
            raise _NotCovered from None
        return ",".join(written).encode()

    def _text(self, operation: Any) -> tuple[str, str]:
        """Return the texts before and after the positions of an instruction's bits."""
        name = operation.name
        known = self._beginnings.get(type(operation))
        start = known[1] if known is not None and known[0] == name else self._begin(operation, name)
        if start is _ITSELF:
            return _ITSELF, ""
        if operation.condition is not None:
            raise _NotCovered
        params, label = operation.params, operation.label
        if not params:
            start = f'{start}"qubits":['
            if not label and not getattr(operation, "mutable", True):
                self._kept.append(operation)
                self._shared[id(operation)] = start
        elif len(params) == 1 and type(params[0]) is float and params[0] - params[0] == 0:
            # The difference is not zero for NaN and infinities.
            start = f'{start}"params":[{params[0]!r}],"qubits":['
        else:
            texts = _number_texts(params)
            if texts is None:
                return _ITSELF, ""
            start = f'{start}"params":[{texts}],"qubits":['
        return start, f',"label":{encode_value(label).decode()}}}' if label else "}"

    def _begin(self, operation: Any, name: str) -> str:
        """Return the beginning of the instructions of one class and name, after checking that they are covered."""
        if not isinstance(operation, Instruction) or isinstance(operation, ControlFlowOp):
            raise _NotCovered
        if name in self._left_out or (isinstance(operation, Delay) and operation.unit != "dt"):
            raise _NotCovered
        own_way = type(operation).assemble is not Instruction.assemble
        start = _ITSELF if own_way else f'{{"name":{encode_value(name).decode()},'
        # Each delay has its own unit, so every delay is checked.
        if not isinstance(operation, Delay):
            self._beginnings[type(operation)] = (name, start)
        return start

    def _places(self, bits: Sequence[Any]) -> dict[int, str]:
        """Return the positions of bits as texts, by the ids of the bits."""
        for number in range(len(self._numbers), len(bits)):
            self._numbers.append(str(number))
        return dict(zip(map(id, bits), self._numbers))


def _assembled(item: CircuitInstruction, qubit_at: dict[int, str], clbit_at: dict[int, str]) -> str:
    """Return the text of an instruction that its own method assembles."""
    try:
        entry = item.operation.assemble()
        if hasattr(entry, "_condition"):
            raise _NotCovered
        if item.qubits:
            entry.qubits = [int(qubit_at[id(bit)]) for bit in item.qubits]
        if item.clbits:
            entry.memory = [int(clbit_at[id(bit)]) for bit in item.clbits]
        return encode_value(entry.to_dict()).decode()
    except (AttributeError, TypeError, ValueError, QiskitError):
        # The assembler says what is wrong.
        raise _NotCovered from None


def _number_texts(params: Sequence[Any]) -> Optional[str]:
    """Return plain finite numbers with commas between them; ``None`` where something else is among them."""
    texts = []
    for value in params:
        if type(value) is int or (type(value) is float and value - value == 0):
            texts.append(repr(value))
        else:
            return None
    return ",".join(texts)


def _header(qregs: tuple[tuple[str, int], ...], cregs: tuple[tuple[str, int], ...]) -> bytes:
    """Return what the registers say in the header of an experiment, without the closing brace."""
    fields = {
        "qubit_labels": _labels(qregs),
        "n_qubits": sum(size for _, size in qregs),
        "qreg_sizes": qregs,
        "clbit_labels": _labels(cregs),
        "memory_slots": sum(size for _, size in cregs),
        "creg_sizes": cregs,
    }
    return encode_value(fields)[:-1]


def _labels(registers: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    return list(
        itertools.chain.from_iterable(((name, place) for place in range(size)) for name, size in registers)
    )
