# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Circuits rebuilt straight from the experiments of a payload document.

Qiskit's disassembler needs an object for every instruction, and calls a method of the circuit for each of them. Here it is used once
for each kind of instruction: a name with its numbers of parameters, qubits and bits. All others of the kind are modelled on the one that
it returned.

Circuits that are not plain are left to the disassembler as a whole: those with conditions, pulse gates, bits outside of registers,
parameters that are not numbers, or anything else that Qiskit's assembler would have written differently.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable, Final, Optional

from qiskit.circuit import CircuitInstruction, ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.exceptions import QiskitError

__all__ = ["CircuitRebuilder"]

_PLAIN_KEYS: Final = frozenset({"label", "memory", "name", "params", "qubits", "register"})
"""Fields of an instruction without condition. The disassembler looks at neither label nor register."""

_SHAPE_KEYS: Final = ("qreg_sizes", "creg_sizes", "qubit_labels", "clbit_labels", "n_qubits", "memory_slots")

_UNFIT: Final = (AttributeError, IndexError, KeyError, QiskitError, TypeError, ValueError)

_Kind = tuple[str, int, int, int]
_Maker = Callable[[Sequence[float]], Any]


class CircuitRebuilder:
    """Makes circuits of the experiments of one payload.

    Args:
        disassemble: returns the circuit of an experiment document, made by Qiskit's disassembler.
    """

    def __init__(self, disassemble: Callable[[Mapping[str, Any]], QuantumCircuit]) -> None:
        self._disassemble = disassemble
        self._makers: dict[_Kind, Optional[_Maker]] = {}
        self._registers: dict[str, tuple[list[Any], list[Any]]] = {}

    def rebuild(self, experiment: Mapping[str, Any]) -> QuantumCircuit:
        """Return the circuit of an experiment.

        Raises:
            AttributeError, IndexError, KeyError, QiskitError, TypeError, ValueError: it cannot be read.
        """
        try:
            circuit = self._directly(experiment)
        except _UNFIT:
            circuit = None  # If the disassembler cannot read it either, its error says why.
        return self._disassemble(experiment) if circuit is None else circuit

    def _directly(self, experiment: Mapping[str, Any]) -> Optional[QuantumCircuit]:
        """Return the circuit of an experiment that is plain."""
        header, config = experiment["header"], experiment.get("config") or {}
        if "calibrations" in config:
            return None
        registers = self._registers_of(header)
        if registers is None:
            return None
        qregs, cregs = registers
        circuit = QuantumCircuit(*qregs, *cregs, name=header["name"])
        qubits, clbits = circuit.qubits, circuit.clbits
        append = circuit._append  # noqa: SLF001 - documented by Qiskit as public, for who has checked all arguments
        makers = self._makers
        for entry in experiment["instructions"]:
            if not _PLAIN_KEYS.issuperset(entry):
                return None
            params, places, memory = entry.get("params", ()), entry.get("qubits", ()), entry.get("memory", ())
            kind = (entry["name"], len(params), len(places), len(memory))
            maker = makers[kind] if kind in makers else self._learn(kind, entry)
            if maker is None:
                return None
            for value in params:
                if type(value) is not float and type(value) is not int:
                    return None
            operation = maker(params)
            append(
                CircuitInstruction(
                    operation, [qubits[place] for place in places], [clbits[place] for place in memory]
                )
            )
        circuit.global_phase = header.get("global_phase") or 0
        metadata = header.get("metadata")
        if isinstance(metadata, Mapping):
            circuit.metadata = dict(metadata)
        return circuit

    def _registers_of(self, header: Mapping[str, Any]) -> Optional[tuple[list[Any], list[Any]]]:
        """Return the registers of an experiment; ``None`` if its bits are not those of its registers, one after the other.

        Circuits of one shape share them.
        """
        shape = repr([header[key] for key in _SHAPE_KEYS])
        if shape not in self._registers:
            for sizes, labels, count in (
                ("qreg_sizes", "qubit_labels", "n_qubits"),
                ("creg_sizes", "clbit_labels", "memory_slots"),
            ):
                expected = [[name, place] for name, size in header[sizes] for place in range(size)]
                if header[labels] != expected or header[count] != len(expected):
                    return None
            self._registers[shape] = (
                [QuantumRegister(size, name=name) for name, size in header["qreg_sizes"]],
                [ClassicalRegister(size, name=name) for name, size in header["creg_sizes"]],
            )
        return self._registers[shape]

    def _learn(self, kind: _Kind, entry: Mapping[str, Any]) -> Optional[_Maker]:
        """Find out what the disassembler makes of a kind of instruction; ``None`` if that cannot be repeated."""
        name, _, qubits, clbits = kind
        header = {
            "name": "",
            "n_qubits": qubits,
            "memory_slots": clbits,
            "qreg_sizes": [["q", qubits]],
            "creg_sizes": [["c", clbits]],
            "qubit_labels": [["q", place] for place in range(qubits)],
            "clbit_labels": [["c", place] for place in range(clbits)],
        }
        alone = {
            "name": name,
            "params": list(entry.get("params", ())),
            "qubits": list(range(qubits)),
            "memory": list(range(clbits)),
        }
        circuit = self._disassemble({"config": {}, "header": header, "instructions": [alone]})
        maker = None
        if len(circuit.data) == 1:
            [item] = circuit.data
            if list(item.qubits) == circuit.qubits and list(item.clbits) == circuit.clbits:
                maker = _maker(item.operation, alone["params"])
        self._makers[kind] = maker
        return maker


def _maker(example: Any, params: Sequence[Any]) -> Optional[_Maker]:
    """Return a function that makes instructions like an example; ``None`` if their parameters alone do not determine them."""
    if not params:
        if not getattr(example, "mutable", True):
            return lambda _: example
        return lambda _: example.copy()
    kind = getattr(example, "base_class", type(example))
    try:
        twin = kind(*params)
    except _UNFIT:
        return None
    alike = (
        twin == example
        and list(twin.params) == list(example.params) == list(params)
        and (twin.label, twin.unit, twin.name) == (example.label, example.unit, example.name)
    )
    return (lambda values: kind(*values)) if alike else None
