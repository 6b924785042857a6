# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What Qiskit's assembler leaves out of an experiment: bits outside of registers, and the units of delays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qiskit.circuit import Delay, QuantumCircuit
from qiskit.utils.units import apply_prefix

from qiskit_ibmq_provider.encoding.disassembly import LOOSE

__all__ = ["count_delays", "count_loose_bits"]


def count_loose_bits(circuit: QuantumCircuit, experiment: dict[str, Any]) -> None:
    """Give each bit of a circuit its label in the experiment, that of a loose one without the name of a register.

    Conditions keep their outcomes in bits of their own, behind those of the circuit. Qiskit counts from the bits in registers, so that
    these outcomes overwrite loose bits.

    Args:
        circuit: the circuit.
        experiment: what Qiskit has made of it, as a dictionary, which is changed.
    """
    header = experiment["header"]
    if len(header["qubit_labels"]) < circuit.num_qubits:
        header["qubit_labels"] = _labels(circuit, circuit.qubits)
    uncounted = circuit.num_clbits - len(header["clbit_labels"])
    if uncounted <= 0:
        return
    header["clbit_labels"] = _labels(circuit, circuit.clbits)
    for instruction in experiment["instructions"]:
        if _is_condition(instruction):
            instruction["register"] += uncounted
        if "conditional" in instruction:
            instruction["conditional"] += uncounted


def count_delays(circuit: QuantumCircuit, experiment: dict[str, Any], dt: float) -> None:
    """Give delays in seconds, or parts of seconds, in time steps: the experiment has no place for a unit.

    Circuits that were transpiled for their device have all delays in time steps already.

    Args:
        circuit: the circuit.
        experiment: what Qiskit has made of it, as a dictionary, which is changed.
        dt: length of a time step in seconds.
    """
    written = (entry for entry in experiment["instructions"] if not _is_condition(entry))
    for instruction, entry in zip(circuit.data, written):
        operation = instruction.operation
        if isinstance(operation, Delay) and operation.unit != "dt":
            entry["params"] = [round(apply_prefix(float(operation.duration), operation.unit) / dt)]


def _is_condition(entry: dict[str, Any]) -> bool:
    """Tell whether an entry is the condition of the next one, which is no instruction of the circuit."""
    return entry["name"] == "bfunc" and "mask" in entry


def _labels(circuit: QuantumCircuit, bits: Sequence[Any]) -> list[list[Any]]:
    """Return register and place of each bit."""
    labels = []
    for position, bit in enumerate(bits):
        registers = circuit.find_bit(bit).registers
        labels.append([registers[0][0].name, registers[0][1]] if registers else [LOOSE, position])
    return labels
