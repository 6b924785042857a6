# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A Qobj taken apart: the circuits or schedules it was made of.

Qiskit's ``disassemble`` does most of it. But it knows only bits in registers, ignores metadata and global phase, and fails where a gate
has a pulse schedule both in one circuit and in all of them; this module adds what is missing. Plain circuits are rebuilt without it.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional, Union

from qiskit.assembler.disassemble import disassemble
from qiskit.circuit import ClassicalRegister, Clbit, QuantumCircuit, QuantumRegister, Qubit
from qiskit.pulse import Schedule
from qiskit.qobj import (
    PulseQobj,
    QasmExperimentCalibrations,
    QasmQobj,
    QasmQobjExperiment,
    QobjExperimentHeader,
)

from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider.encoding.circuit_rebuilder import CircuitRebuilder
from qiskit_ibmq_provider.encoding.qobj import LOOSE, decode_qobj
from qiskit_ibmq_provider.protocol.fields import as_objects

__all__ = ["rebuild_circuits", "rebuild_programs"]

_STAND_IN: Final = "\0"
"""Beginning of the names of registers that stand for loose bits while Qiskit rebuilds a circuit."""


def rebuild_circuits(document: Mapping[str, Any]) -> list[QuantumCircuit]:
    """Return the circuits of a payload document of type ``QASM``. The document is not changed.

    Raises:
        ProtocolError: the document is not a Qobj.
        QiskitError, AttributeError, IndexError, KeyError, TypeError, ValueError: the document cannot be read.
    """
    bare = {**document, "experiments": []}

    def disassembled(experiment: Mapping[str, Any]) -> QuantumCircuit:
        programs, _, _ = rebuild_programs(decode_qobj({**bare, "experiments": [experiment]}))
        return programs[0]

    with collector_held():
        decode_qobj(bare)
        if "calibrations" in (document.get("config") or {}):
            return rebuild_programs(decode_qobj(document))[0]
        rebuilder = CircuitRebuilder(disassembled)
        experiments = as_objects(document.get("experiments"), "the Qobj's experiments")
        return [rebuilder.rebuild(experiment) for experiment in experiments]


def rebuild_programs(
    qobj: Union[QasmQobj, PulseQobj],
) -> tuple[list[Union[QuantumCircuit, Schedule]], dict[str, Any], dict[str, Any]]:
    """Return circuits or schedules, run options and the user's header. The Qobj is not changed.

    Raises:
        QiskitError, AttributeError, IndexError, KeyError, TypeError, ValueError: the Qobj cannot be read.
    """
    if isinstance(qobj, QasmQobj):
        _, options, header = disassemble(_without_experiments(qobj))
        programs = disassemble(_complete(qobj))[0] or []
    else:
        programs, options, header = disassemble(qobj)
    for position, (program, experiment) in enumerate(zip(programs, qobj.experiments)):
        if isinstance(program, QuantumCircuit):
            programs[position] = program = _with_loose_bits(program)
            program.global_phase = getattr(experiment.header, "global_phase", None) or 0
        metadata = getattr(experiment.header, "metadata", None)
        if isinstance(metadata, Mapping):
            program.metadata = dict(metadata)
    return programs, options, header


def _without_experiments(qobj: QasmQobj) -> QasmQobj:
    return QasmQobj(qobj_id=qobj.qobj_id, config=qobj.config, experiments=[], header=qobj.header)


def _complete(qobj: QasmQobj) -> QasmQobj:
    """Return a Qobj with all bits in registers, and each pulse gate in one place."""
    config, experiments = qobj.config, [_with_stand_ins(experiment) for experiment in qobj.experiments]
    common = getattr(config, "calibrations", None)
    if common and any(hasattr(experiment.config, "calibrations") for experiment in experiments):
        config = copy.copy(config)
        del config.calibrations
        experiments = [_with_calibrations(experiment, common.gates) for experiment in experiments]
    return QasmQobj(qobj_id=qobj.qobj_id, config=config, experiments=experiments, header=qobj.header)


def _with_calibrations(experiment: QasmQobjExperiment, gates: Sequence[Any]) -> QasmQobjExperiment:
    own = getattr(experiment.config, "calibrations", None)
    config = copy.copy(experiment.config)
    config.calibrations = QasmExperimentCalibrations(gates=[*gates, *(own.gates if own else ())])
    return QasmQobjExperiment(config=config, header=experiment.header, instructions=experiment.instructions)


def _with_stand_ins(experiment: QasmQobjExperiment) -> QasmQobjExperiment:
    header = experiment.header
    qubits = _runs(header.qubit_labels, header.n_qubits, f"{_STAND_IN}q")
    clbits = _runs(header.clbit_labels, header.memory_slots, f"{_STAND_IN}c")
    if qubits is None and clbits is None:
        return experiment
    fields = header.to_dict()
    for runs, labels, sizes in (
        (qubits, "qubit_labels", "qreg_sizes"),
        (clbits, "clbit_labels", "creg_sizes"),
    ):
        if runs is not None:
            fields[sizes] = [[name, size] for name, size in runs]
            fields[labels] = [[name, index] for name, size in runs for index in range(size)]
    return QasmQobjExperiment(
        config=experiment.config,
        header=QobjExperimentHeader.from_dict(fields),
        instructions=experiment.instructions,
    )


def _runs(labels: Sequence[Sequence[Any]], count: int, stand_in: str) -> Optional[list[tuple[str, int]]]:
    """Return registers in the order of their bits, with stand-ins for loose bits; ``None`` if there are no loose bits.

    Args:
        labels: register and place of each bit. Qiskit's own assembler leaves loose bits out; they count as the last ones then.
        count: number of bits.
        stand_in: beginning of the names of stand-ins.
    """
    if len(labels) >= count and all(name != LOOSE for name, _ in labels):
        return None
    names = [name for name, _ in labels] + [LOOSE] * (count - len(labels))
    return [
        (f"{stand_in}{number}" if name == LOOSE else name, len(list(bits)))
        for number, (name, bits) in enumerate(itertools.groupby(names))
    ]


def _with_loose_bits(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return a circuit with loose bits in place of registers that stand for them."""
    registers = [*circuit.qregs, *circuit.cregs]
    if not any(register.name.startswith(_STAND_IN) for register in registers):
        return circuit
    rebuilt = QuantumCircuit(name=circuit.name)
    loose: dict[Any, Any] = {}
    for register in registers:
        if register.name.startswith(_STAND_IN):
            kind = Qubit if isinstance(register, QuantumRegister) else Clbit
            bits = [kind() for _ in register]
            loose.update(zip(register, bits))
            rebuilt.add_bits(bits)
        else:
            rebuilt.add_register(register)
    for instruction in circuit.data:
        rebuilt.append(
            _on_loose_bits(instruction.operation, loose),
            [loose.get(qubit, qubit) for qubit in instruction.qubits],
            [loose.get(clbit, clbit) for clbit in instruction.clbits],
        )
    rebuilt.calibrations = circuit.calibrations
    return rebuilt


def _on_loose_bits(operation: Any, loose: Mapping[Any, Any]) -> Any:
    """Return an operation with its condition moved to the loose bit, if it was on the register that stands for that bit."""
    condition = getattr(operation, "condition", None)
    if condition is None:
        return operation
    target, value = condition
    # Qiskit turns a condition on the only bit of a register into one on the register.
    bit = target[0] if isinstance(target, ClassicalRegister) and len(target) == 1 else target
    if bit not in loose:
        return operation
    moved = operation.copy()
    moved.condition = (loose[bit], bool(value))
    return moved
