# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Circuits and schedules, assembled by Qiskit and encoded as a Qobj.

Qiskit's ``assemble`` starts a process pool for more than one circuit and gathers all of them as objects before anything can be
written. Here the head of the Qobj comes from assembling an empty circuit with all options, and the circuits are written one at a
time, in this process: most of them directly, the others by Qiskit's assembler. This module also does what concerns several circuits
together: parameter binds, frequencies of single experiments, and the pulse gates that all circuits have in common.
"""

from __future__ import annotations

import collections
import dataclasses
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Callable, Optional, Union

from qiskit import assemble
from qiskit.assembler import RunConfig
from qiskit.assembler import assemble_circuits as assemble_group
from qiskit.circuit import ControlFlowOp, Delay, Parameter, ParameterVector, QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.pulse import LoConfig, Schedule, ScheduleBlock
from qiskit.qobj import QasmQobjExperimentConfig
from qiskit.qobj.converters import LoConfigConverter
from qiskit.utils.units import apply_prefix

from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider.encoding.circuit_writer import CircuitWriter
from qiskit_ibmq_provider.encoding.qobj import LOOSE, EncodedQobj, encode_with, join_experiments
from qiskit_ibmq_provider.encoding.values import encode_value

__all__ = ["assemble_circuits", "assemble_schedules"]

_Frequencies = Union[LoConfig, Mapping[Any, float]]


def assemble_circuits(
    circuits: Sequence[QuantumCircuit],
    backend: Any,
    *,
    parameter_binds: Optional[Sequence[Mapping[Any, Any]]] = None,
    schedule_los: Union[None, _Frequencies, Sequence[_Frequencies]] = None,
    without_idle_gates: Optional[Callable[[QuantumCircuit], QuantumCircuit]] = None,
    **options: Any,
) -> EncodedQobj:
    """Assemble circuits with the rules of ``qiskit.assemble`` and encode them.

    Args:
        circuits: at least one circuit.
        backend: its configuration and pulse defaults are used.
        parameter_binds: values of the circuits' parameters; every circuit is sent once for each of them.
        schedule_los: frequencies in Hz, one set for all experiments or one for each; one circuit is repeated for several sets.
        without_idle_gates: returns the circuit to send in place of another; called at least for each circuit that holds an ``id`` gate.
        options: other arguments of ``qiskit.assemble``, in SI units.

    Raises:
        QiskitError: the circuits or the options do not fit together, or cannot be written as a Qobj.
    """
    frequencies = _frequency_sets(schedule_los)
    swept = len(frequencies) > 1
    with collector_held():
        # For any list, even an empty one, Qiskit puts the device's own frequencies into the head.
        frame_los = None if schedule_los is None else [] if swept else frequencies
        frame = assemble(QuantumCircuit(), backend=backend, schedule_los=frame_los, **options)
        library: dict[str, Any] = {}
        parts = list(_parts(_bound(circuits, parameter_binds), backend, frame, library, without_idle_gates))
        if swept:
            parts = _swept(parts, frequencies, _lo_converter(backend, options))
        common = _take_common_calibrations(parts)
        config = frame.config.to_dict()
        for size in ("memory_slots", "n_qubits"):
            config[size] = max(part.config[size] for part in parts)
        if library:
            config["pulse_library"] = [
                {"name": name, "samples": samples} for name, samples in library.items()
            ]
        if common:
            config["calibrations"] = {"gates": [gate.to_dict() for gate in common]}
        head = {
            "qobj_id": frame.qobj_id,
            "header": frame.header.to_dict(),
            "config": config,
            "schema_version": frame.schema_version,
            "type": frame.type,
        }
        return join_experiments(head, _written(parts))


def assemble_schedules(
    schedules: Sequence[Union[Schedule, ScheduleBlock]], backend: Any, **options: Any
) -> EncodedQobj:
    """Assemble pulse schedules with ``qiskit.assemble`` and encode them.

    Args:
        schedules: at least one schedule.
        backend: its configuration and pulse defaults are used.
        options: other arguments of ``qiskit.assemble``, in SI units.

    Raises:
        QiskitError: the schedules, the options and the backend do not fit together.
    """
    with collector_held(), warnings.catch_warnings():
        if options.get("rep_time") is None:
            # Qiskit would take the device's own times for a choice of the user, and warn about it.
            warnings.filterwarnings("ignore", "Dynamic rep rates are supported", RuntimeWarning)
        return encode_with(assemble(list(schedules), backend=backend, **options))


@dataclasses.dataclass
class _Part:
    """One experiment on its way: its configuration, its pulse gates, and the rest as bytes."""

    config: dict[str, Any]
    gates: Optional[list[Any]]
    rest: bytes


def _parts(
    circuits: Iterable[QuantumCircuit],
    backend: Any,
    frame: Any,
    library: dict[str, Any],
    without_idle_gates: Optional[Callable[[QuantumCircuit], QuantumCircuit]],
) -> Iterator[_Part]:
    """Yield the experiments. Waveforms of pulse gates go into the library."""
    run_config = RunConfig(parametric_pulses=getattr(frame.config, "parametric_pulses", []))
    dt = getattr(backend.configuration(), "dt", None)
    writer = CircuitWriter(left_out=() if without_idle_gates is None else ("id",))
    for circuit in circuits:
        written = writer.write(circuit)
        if written is None and without_idle_gates is not None:
            circuit = without_idle_gates(circuit)
            written = writer.write(circuit)
        if written is None:
            yield _assemble_one(circuit, run_config, frame.header, library, dt)
        else:
            qubits, clbits, rest = written
            yield _Part({"n_qubits": qubits, "memory_slots": clbits}, None, rest)


def _assemble_one(
    circuit: QuantumCircuit, run_config: RunConfig, header: Any, library: dict[str, Any], dt: Optional[float]
) -> _Part:
    """Let Qiskit assemble one circuit. Waveforms of its pulse gates go into the library."""
    delays_in_seconds = False
    for instruction in circuit.data:
        operation = instruction.operation
        if not isinstance(operation, (ControlFlowOp, Delay)):
            continue
        if isinstance(operation, ControlFlowOp):
            raise QiskitError(
                f"The circuit {circuit.name!r} holds {operation.name!r}: control flow cannot be sent to this "
                "service. Conditions by c_if on single gates can."
            )
        delays_in_seconds |= operation.unit != "dt"
    qobj = assemble_group([circuit], run_config=run_config, qobj_id="", qobj_header=header)
    experiment = qobj.experiments[0].to_dict()
    sizes = {
        "n_qubits": max(circuit.num_qubits, qobj.config.n_qubits),
        "memory_slots": max(circuit.num_clbits, qobj.config.memory_slots),
    }
    # Qiskit counts only the bits of registers, and simulators refuse circuits that use more bits than were counted.
    experiment["config"].update(sizes)
    experiment["header"].update(sizes)
    _count_loose_bits(circuit, experiment)
    if delays_in_seconds and dt is not None:
        _count_delays(circuit, experiment, dt)
    for item in getattr(qobj.config, "pulse_library", []):
        library[item.name] = item.samples
    # With one circuit all its pulse gates count as common to all circuits.
    calibrations = getattr(qobj.config, "calibrations", None)
    try:
        rest = b',"header":%b,"instructions":%b}' % (
            encode_value(experiment["header"]),
            encode_value(experiment["instructions"]),
        )
    except TypeError as err:
        raise QiskitError(f"The circuit {circuit.name!r} cannot be sent. {err}") from err
    return _Part(experiment["config"], calibrations.gates if calibrations else None, rest)


def _count_loose_bits(circuit: QuantumCircuit, experiment: dict[str, Any]) -> None:
    """Give each bit of a circuit its label in the experiment that Qiskit has made. The label of a loose bit has no register name.

    Outcomes of conditions are kept in extra bits after those of the circuit. Qiskit counts only the bits in registers, so these outcomes
    would overwrite loose bits.
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


def _count_delays(circuit: QuantumCircuit, experiment: dict[str, Any], dt: float) -> None:
    """Give delays in seconds, or parts of seconds, in time steps of the length ``dt``: the experiment has no place for a unit.

    Circuits that were transpiled for their device have all delays in time steps already.
    """
    written = (entry for entry in experiment["instructions"] if not _is_condition(entry))
    for instruction, entry in zip(circuit.data, written):
        operation = instruction.operation
        if isinstance(operation, Delay) and operation.unit != "dt":
            entry["params"] = [round(apply_prefix(float(operation.duration), operation.unit) / dt)]


def _is_condition(entry: dict[str, Any]) -> bool:
    """Tell whether an entry is the condition of the next one, and not an instruction of the circuit."""
    return entry["name"] == "bfunc" and "mask" in entry


def _labels(circuit: QuantumCircuit, bits: Sequence[Any]) -> list[list[Any]]:
    labels = []
    for position, bit in enumerate(bits):
        registers = circuit.find_bit(bit).registers
        labels.append([registers[0][0].name, registers[0][1]] if registers else [LOOSE, position])
    return labels


def _written(parts: list[_Part]) -> Iterator[bytes]:
    queue = collections.deque(parts)
    parts.clear()
    while queue:
        part = queue.popleft()
        config = part.config
        if part.gates:
            config = {**config, "calibrations": {"gates": [gate.to_dict() for gate in part.gates]}}
        yield b'{"config":%b%b' % (encode_value(config), part.rest)


def _bound(
    circuits: Sequence[QuantumCircuit], binds: Optional[Sequence[Mapping[Any, Any]]]
) -> Iterator[QuantumCircuit]:
    """Yield the circuits with values for all their parameters, each once for every set of values."""
    if not binds or not any(binds):
        for circuit in circuits:
            if circuit.parameters:
                raise QiskitError(
                    f"The circuit {circuit.name!r} has parameters without a value: {_names(circuit.parameters)}. "
                    "Bind them with assign_parameters(), or give parameter_binds."
                )
            yield circuit
        return
    sets = [_by_parameter(bind) for bind in binds]
    for circuit in circuits:
        for values in sets:
            if set(values) != set(circuit.parameters):
                raise QiskitError(
                    f"The parameters of the circuit {circuit.name!r} and of parameter_binds differ. "
                    f"Circuit: {_names(circuit.parameters)}. parameter_binds: {_names(values)}."
                )
            yield circuit.assign_parameters(values)


def _by_parameter(bind: Mapping[Any, Any]) -> dict[Parameter, Any]:
    """Return a set of values in which each parameter of a vector has its own entry."""
    values: dict[Parameter, Any] = {}
    for key, value in bind.items():
        if isinstance(key, ParameterVector):
            if len(key) != len(value):
                raise QiskitError(
                    f"The parameter vector {key.name!r} has {len(key)} elements, but {len(value)} values are given."
                )
            values.update(zip(key, value))
        else:
            values[key] = value
    return values


def _names(parameters: Iterable[Any]) -> str:
    return ", ".join(sorted(str(getattr(parameter, "name", parameter)) for parameter in parameters)) or "none"


def _frequency_sets(schedule_los: Any) -> list[LoConfig]:
    if schedule_los is None:
        return []
    if isinstance(schedule_los, (LoConfig, Mapping)):
        schedule_los = [schedule_los]
    return [item if isinstance(item, LoConfig) else LoConfig(item) for item in schedule_los]


def _lo_converter(backend: Any, options: Mapping[str, Any]) -> LoConfigConverter:
    """Return the converter that adds the run's or the device's frequencies to a set of them, and checks their ranges."""
    configuration = backend.configuration()
    defaults = backend.defaults() if configuration.open_pulse else None
    return LoConfigConverter(
        QasmQobjExperimentConfig,
        qubit_lo_freq=options.get("qubit_lo_freq") or getattr(defaults, "qubit_freq_est", None),
        meas_lo_freq=options.get("meas_lo_freq") or getattr(defaults, "meas_freq_est", None),
        qubit_lo_range=getattr(configuration, "qubit_lo_range", None),
        meas_lo_range=getattr(configuration, "meas_lo_range", None),
        n_qubits=configuration.n_qubits,
    )


def _swept(parts: list[_Part], frequencies: Sequence[LoConfig], converter: LoConfigConverter) -> list[_Part]:
    """Give each experiment its own frequencies. A single experiment is repeated for all of them."""
    if len(parts) == 1:
        parts = parts * len(frequencies)
    if len(parts) != len(frequencies):
        raise QiskitError(
            f"schedule_los holds {len(frequencies)} sets of frequencies for {len(parts)} experiments. "
            "Give one set for all of them, or one for each."
        )
    return [
        _Part({**part.config, **converter(frequency).to_dict()}, part.gates, part.rest)
        for part, frequency in zip(parts, frequencies)
    ]


def _take_common_calibrations(parts: Sequence[_Part]) -> list[Any]:
    """Remove the pulse gates that all experiments share from each of them, and return these gates once."""
    if not all(part.gates for part in parts):
        return []
    counts = collections.Counter(hash(gate) for part in parts for gate in part.gates or ())
    shared = {key for key, count in counts.items() if count == len(parts)}
    common = {hash(gate): gate for gate in reversed(parts[0].gates or []) if hash(gate) in shared}
    for part in parts:
        part.gates = [gate for gate in part.gates or () if hash(gate) not in shared]
    return [common[key] for key in counts if key in common]
