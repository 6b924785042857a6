# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Reading a Qobj of circuits: each instruction is held against what the device accepts."""

from __future__ import annotations

import dataclasses
import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_aer.backends.backend_utils import BASIS_GATES

from qiskit_ibmq_provider._checks import is_whole
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.qobj.checks import (
    InstructionError,
    JobRejected,
    check_qubits,
    json_object,
    read_experiment,
    read_qobj,
    reject_instruction,
)
from qiskit_ibmq_provider.service.executor.qobj.device_rules import MAX_MEMORY_SLOTS, DeviceRules
from qiskit_ibmq_provider.service.executor.qobj.instructions import GATES, INSTRUCTIONS, is_clifford
from qiskit_ibmq_provider.service.executor.qobj.noise_model import read_noise_model
from qiskit_ibmq_provider.service.executor.qobj.operands import read_operands
from qiskit_ibmq_provider.service.executor.qobj.options import (
    AUTOMATIC,
    check_option_names,
    read_calibration_date,
    read_experiments,
    read_measurement,
    read_memory,
    read_method,
    read_seed,
    read_settings,
    read_shots,
)

__all__ = ["CircuitJob", "Experiment", "read_circuit_job"]

_KEYS: Final = frozenset(
    "name params qubits register memory condition conditional label mask relation val snapshot_type".split()
)
"""The keys that Qiskit reads in an instruction."""

_UNCONDITIONAL: Final = frozenset({"measure", "reset", "initialize"})
"""What the simulator does not run under a condition when it comes in a Qobj."""

_RESULT_KEYS: Final = frozenset({"counts", "memory", "snapshots"})
"""Keys of the data of a result that have a meaning of their own."""

_RELATIONS: Final = frozenset({"==", "!=", "<", "<=", ">", ">="})
_HEXADECIMAL: Final = re.compile(r"0x[0-9A-Fa-f]{1,4096}")
_SINGLE: Final = frozenset({"single", "list", "c_single", "c_list"})
_AVERAGE: Final = frozenset({"average", "list", "accum", "c_average", "c_list", "c_accum"})
_SAVED_ONCE: Final = frozenset(
    {"save_amplitudes", "save_stabilizer", "save_statevector", "save_statevector_dict"}
)
"""What depends on the shot's own state and has no average. The simulator crashes now and then on a kind that does not suit."""
_SNAPSHOTS: Final = frozenset({"statevector", "density_matrix", "probabilities", "stabilizer"})


@dataclasses.dataclass(frozen=True)
class Experiment:
    """One circuit.

    ``instructions`` are Qobj instructions whose parameters are as the simulator takes them. ``qubits`` is the size of the register, ``active``
    the qubits that the circuit uses.
    """

    header: Mapping[str, Any]
    qubits: int
    memory_slots: int
    shots: int
    memory: bool
    instructions: list[dict[str, Any]]
    active: frozenset[int]

    @property
    def name(self) -> str:
        """The circuit's name, or nothing."""
        name = self.header.get("name")
        return name if isinstance(name, str) else ""


@dataclasses.dataclass(frozen=True)
class CircuitJob:
    """All circuits of a job, and how to run them.

    ``settings`` go to the simulator as they are. With ``whole_registers`` it also simulates the qubits that a circuit does not use.
    ``meas_level`` is 1 for points or 2 for bits; points are averaged over the shots or, with ``meas_return`` of ``single``, kept apart.
    ``calibration_date`` asks for the device's calibration as it was at an instant; ``None`` for the newest.
    """

    qobj_id: str
    header: Optional[Mapping[str, Any]]
    experiments: list[Experiment]
    shots: int
    memory: bool
    memory_slots: int
    method: str
    seed: Optional[int] = None
    whole_registers: bool = False
    noise_model: Optional[Mapping[str, Any]] = None
    settings: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    calibration_date: Optional[datetime.datetime] = None
    meas_level: int = 2
    meas_return: str = "avg"

    def simulated_qubits(self, experiment: Experiment) -> int:
        """Return how many qubits are simulated for one of the circuits."""
        return experiment.qubits if self.whole_registers else len(experiment.active)


def read_circuit_job(
    document: Any, rules: DeviceRules, *, max_experiments: Optional[int] = None
) -> CircuitJob:
    """Return the job that a Qobj document of circuits describes.

    Raises:
        JobRejected: the document is no Qobj of circuits, or the device does not run it.
    """
    qobj = json_object(document, "The payload")
    kind = qobj.get("type", "QASM")
    if kind != "QASM":
        raise JobRejected(f"The field 'type' of the payload should be 'QASM' or 'PULSE', not {kind!r:.40}.")
    parts = read_qobj(qobj)
    config = parts.config
    entries = read_experiments(qobj, rules, max_experiments)
    check_option_names(config, rules)
    meas_level, meas_return = read_measurement(config, rules)
    shots, memory = read_shots(config, rules), read_memory(config)
    experiments = [
        _read_circuit(index, entry, config, rules, shots=shots, memory=memory)
        for index, entry in enumerate(entries)
    ]
    method = read_method(config, rules)
    _check_method(method, experiments)
    settings = read_settings(config)
    # The simulator forgets to renumber the qubits of a multiplexer when it leaves out idle ones, and writes past its memory.
    multiplexed = any(
        entry["name"] == "multiplexer" for circuit in experiments for entry in circuit.instructions
    )
    return CircuitJob(
        qobj_id=parts.qobj_id,
        header=parts.header,
        experiments=experiments,
        shots=shots,
        memory=memory,
        memory_slots=max(experiment.memory_slots for experiment in experiments),
        method=method,
        seed=read_seed(config),
        noise_model=read_noise_model(config, rules),
        settings=settings,
        whole_registers=multiplexed or settings.get("enable_truncation") is False,
        calibration_date=read_calibration_date(config, rules),
        meas_level=meas_level,
        meas_return=meas_return,
    )


def _read_circuit(
    index: int, entry: Any, job_config: Mapping[str, Any], rules: DeviceRules, *, shots: int, memory: bool
) -> Experiment:
    parts = read_experiment(index, entry)
    where, header, config = parts.where, parts.header, parts.config
    if not isinstance(parts.instructions, list):
        raise JobRejected(f"{where} has no list 'instructions'.")
    slots = _read_size("memory_slots", where, config, header, job_config)
    if slots is not None and slots > MAX_MEMORY_SLOTS:
        raise JobRejected(f"{where} has {slots} classical bits. At most {MAX_MEMORY_SLOTS} can be simulated.")
    qubits = _read_size("n_qubits", where, config, header)
    if qubits is not None and qubits > rules.qubits:
        raise JobRejected(
            f"{where} has {qubits} qubits, but {rules.name} has {rules.qubits}.", ErrorCode.TOO_MANY_QUBITS
        )
    reader = _InstructionReader(rules, where, rules.qubits if qubits is None else qubits, slots)
    instructions = reader.read(parts.instructions)
    return Experiment(
        header=header,
        qubits=max(reader.active, default=0) + 1 if qubits is None else qubits,
        memory_slots=reader.highest_slot + 1 if slots is None else slots,
        shots=read_shots(config, rules, where, shots),
        memory=read_memory(config, where, memory),
        instructions=instructions,
        active=frozenset(reader.active),
    )


def _read_size(key: str, where: str, *sources: Mapping[str, Any]) -> Optional[int]:
    """Return the number of qubits or classical bits of a circuit from the first source that says it, or ``None``."""
    for source in sources:
        value = source.get(key)
        if value is None:
            continue
        if not is_whole(value, 0):
            raise JobRejected(f"{where}: {key!r} should be a number of 0 or more, not {value!r:.40}.")
        return int(value)
    return None


def _check_method(method: str, experiments: Sequence[Experiment]) -> None:
    """Refuse gates that a method does not have. Aer reports most of them, not always by name, and crashes on some."""
    if method == AUTOMATIC:
        return
    lacking = GATES.keys() - BASIS_GATES[method]
    for index, experiment in enumerate(experiments):
        for instruction in experiment.instructions:
            if instruction["name"] in lacking:
                raise JobRejected(
                    f"Experiment {index} has the gate {instruction['name']!r}, which the method {method!r} cannot run. "
                    "Leave 'method' out, or transpile the circuit to other gates.",
                    ErrorCode.INVALID_INSTRUCTION,
                )
            if method == "stabilizer" and instruction["name"] == "rz" and not is_clifford([instruction]):
                raise JobRejected(
                    f"Experiment {index} has the gate 'rz' with the angle {instruction['params'][0]:.6g}, but the method {method!r} "
                    "turns by multiples of pi/2 only. Leave 'method' out, or use another simulator.",
                    ErrorCode.INVALID_INSTRUCTION,
                )


class _InstructionReader:
    """Reads the instructions of one circuit of so many qubits and classical bits, and remembers what they use.

    Attributes:
        active: the qubits on which anything but barriers is done.
        highest_slot: the highest classical bit that is written to, or -1.
    """

    def __init__(self, rules: DeviceRules, where: str, qubits: int, slots: Optional[int]) -> None:
        self._rules = rules
        self._where = where
        self._qubits = qubits
        self._slots = MAX_MEMORY_SLOTS if slots is None else slots
        self._registers = 0
        self.active: set[int] = set()
        self.highest_slot = -1

    def read(self, instructions: list[Any]) -> list[dict[str, Any]]:
        """Return the instructions as the simulator takes them."""
        # Registers are numbered upward from the classical bits, one for each condition.
        self._registers = self._slots + len(instructions)
        if not self._rules.conditional:
            self._refuse_conditions(instructions)
        read = []
        for index, entry in enumerate(instructions):
            name = entry.get("name") if isinstance(entry, dict) else None
            try:
                if not isinstance(name, str):
                    raise InstructionError(
                        f"an instruction should be a JSON object with a name, not {entry!r:.60}"
                    )
                read.append(self._read_one(name, entry))
            except InstructionError as err:
                reject_instruction(self._place(index, name), err)
        return read

    def _place(self, index: int, name: Any) -> str:
        shown = f" ({name!r:.40})" if name and isinstance(name, str) else ""
        return f"{self._where}, instruction {index}{shown}"

    def _refuse_conditions(self, instructions: list[Any]) -> None:
        """Refuse instructions under a condition, by the name of the first; what stands before it is how Qiskit writes the condition."""
        for index, entry in enumerate(instructions):
            if isinstance(entry, dict) and (
                entry.get("conditional") is not None or entry.get("name") == "bfunc"
            ):
                rest = (later for later in instructions[index:] if isinstance(later, dict))
                depending = next((later for later in rest if later.get("conditional") is not None), entry)
                reject_instruction(
                    self._place(index, str(depending.get("name"))),
                    f"{self._rules.name} does not run conditional instructions; simulators do",
                )

    def _read_one(self, name: str, entry: dict[str, Any]) -> dict[str, Any]:
        if not entry.keys() <= _KEYS:
            raise InstructionError(f"it has the unknown field {sorted(entry.keys() - _KEYS)[0]!r:.40}")
        if entry.get("conditional") is not None:
            if name in _UNCONDITIONAL:
                raise InstructionError("the simulator cannot make it depend on a condition; gates can")
            self._check_register(entry["conditional"])
        if name == "bfunc":
            return self._read_function(entry)
        layout = INSTRUCTIONS.get(name)
        if layout is None or name not in self._rules.instructions:
            known = "" if layout else ", and no simulator here knows it"
            raise InstructionError(
                f"{self._rules.name} does not support it{known}. Its gates are {', '.join(sorted(self._rules.basis))}; "
                "transpile the circuit for this device"
            )
        qubits = self._read_qubits(entry.get("qubits"))
        if not layout.takes(len(qubits)):
            least = "at least " if layout.more else ""
            raise InstructionError(f"it takes {least}{layout.qubits} qubits, not {len(qubits)}")
        couplings = self._rules.couplings.get(name)
        if couplings is not None and tuple(qubits) not in couplings:
            # It would run without noise.
            raise InstructionError(
                f"{self._rules.name} does not have this gate on the qubits {qubits}; transpile the circuit for this device"
            )
        # Only what has a meaning for this instruction goes on; the simulator trusts the rest as well.
        instruction: dict[str, Any] = {"name": name, "qubits": qubits}
        params = read_operands(entry.get("params"), layout, len(qubits))
        if params:
            instruction["params"] = params
        for key in ("conditional", "label"):
            if entry.get(key) is not None:
                instruction[key] = entry[key]
        if not isinstance(instruction.get("label", ""), str):
            raise InstructionError(f"'label' should be a text, not {entry['label']!r:.40}")
        if name == "measure":
            self._check_measure(entry, len(qubits))
            instruction.update(
                (key, entry[key]) for key in ("memory", "register") if entry.get(key) is not None
            )
        elif name == "snapshot" or name.startswith("save_"):
            instruction["snapshot_type"] = _read_saved(name, entry)
        if name != "barrier":
            self.active.update(qubits)
        return instruction

    def _read_qubits(self, qubits: Any) -> list[int]:
        if qubits is None:
            qubits = []
        if not isinstance(qubits, list):
            raise InstructionError(f"'qubits' should be a list, not {qubits!r:.60}")
        return check_qubits(qubits, self._qubits)

    def _check_register(self, register: Any) -> None:
        if not is_whole(register, 0, self._registers):
            raise InstructionError(
                f"a register should be a number from 0 to {self._registers - 1}, not {register!r:.40}"
            )

    def _read_function(self, entry: dict[str, Any]) -> dict[str, Any]:
        self._check_register(entry.get("register"))
        if entry.get("memory") is not None:
            self._check_slot(entry["memory"])
        for key in ("mask", "val"):
            value = entry.get(key)
            if not isinstance(value, str) or not _HEXADECIMAL.fullmatch(value):
                raise InstructionError(
                    f"{key!r} should be a hexadecimal number such as '0x3', not {value!r:.40}"
                )
            if int(value, 16) >> self._slots:
                raise InstructionError(
                    f"{key!r} has more bits than the circuit, which has {self._slots}: {value!r:.40}"
                )
        relation = entry.get("relation")
        if not isinstance(relation, str) or relation not in _RELATIONS:
            raise InstructionError(f"'relation' should be one of {sorted(_RELATIONS)}, not {relation!r:.40}")
        keys = ("name", "register", "mask", "relation", "val", "memory")
        return {key: entry[key] for key in keys if entry.get(key) is not None}

    def _check_measure(self, entry: dict[str, Any], qubits: int) -> None:
        for key, check in (("memory", self._check_slot), ("register", self._check_register)):
            targets = entry.get(key)
            if targets is None:
                continue
            if not isinstance(targets, list) or len(targets) != qubits:
                raise InstructionError(
                    f"{key!r} should list one number for each of its {qubits} qubits, not {targets!r:.60}"
                )
            for target in targets:
                check(target)

    def _check_slot(self, slot: Any) -> None:
        if not is_whole(slot, 0, self._slots):
            last = f"from 0 to {self._slots - 1}" if self._slots else "below 0, since the circuit has none"
            raise InstructionError(f"a classical bit should be a number {last}, not {slot!r:.40}")
        self.highest_slot = max(self.highest_slot, slot)


def _read_saved(name: str, entry: Mapping[str, Any]) -> str:
    """Check under which name simulator data is saved; return how."""
    label = entry.get("label")
    if not isinstance(label, str) or not 0 < len(label) <= 256 or label in _RESULT_KEYS:
        raise InstructionError(
            f"'label' should be a text other than 'counts' and 'memory', not {label!r:.40}"
        )
    known = _SNAPSHOTS if name == "snapshot" else _SINGLE if name in _SAVED_ONCE else _AVERAGE
    kind = entry.get("snapshot_type", "statevector" if name == "snapshot" else None)
    if not isinstance(kind, str) or kind not in known:
        raise InstructionError(f"'snapshot_type' should be one of {sorted(known)}, not {kind!r:.40}")
    return kind
