# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Reading the instructions of one circuit, each held against what the device accepts."""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.instructions import INSTRUCTIONS
from qiskit_ibmq_provider.service.executor.operands import OperandError, read_operands
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import MAX_MEMORY_SLOTS, DeviceRules

__all__ = ["CircuitReader"]

_KEYS: Final = frozenset(
    {
        "name",
        "params",
        "qubits",
        "register",
        "memory",
        "condition",
        "conditional",
        "label",
        "mask",
        "relation",
        "val",
        "snapshot_type",
    }
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
_SAVING: Final = frozenset(name for name in INSTRUCTIONS if name == "snapshot" or name.startswith("save_"))
_SNAPSHOTS: Final = frozenset({"statevector", "density_matrix", "probabilities", "stabilizer"})


class CircuitReader:
    """Reads the instructions of one circuit and remembers what they use.

    Args:
        rules: what the device accepts.
        where: which circuit it is, to begin messages with.
        qubits: indices of qubits are below this.
        slots: indices of classical bits are below this; ``None`` if the circuit does not say.
    """

    def __init__(self, rules: DeviceRules, where: str, qubits: int, slots: Optional[int]) -> None:
        self._rules = rules
        self._where = where
        self._qubits = qubits
        self._slots = MAX_MEMORY_SLOTS if slots is None else slots
        self._registers = 0
        self._used: set[int] = set()
        self._highest_slot = -1

    @property
    def active(self) -> frozenset[int]:
        """The qubits on which anything but barriers is done."""
        return frozenset(self._used)

    @property
    def used_size(self) -> int:
        """The smallest register that holds all active qubits."""
        return max(self._used, default=0) + 1

    @property
    def slots_used(self) -> int:
        """The fewest classical bits that hold all measurements."""
        return self._highest_slot + 1

    def read(self, instructions: list[Any]) -> list[dict[str, Any]]:
        """Return the instructions as the simulator takes them.

        Raises:
            Refusal: one of them cannot be run.
        """
        # Registers are numbered upward from the classical bits, one for each condition.
        self._registers = self._slots + len(instructions)
        if not self._rules.conditional:
            self._refuse_conditions(instructions)
        return [self._read_one(index, entry) for index, entry in enumerate(instructions)]

    def _refuse_conditions(self, instructions: list[Any]) -> None:
        """Refuse instructions under a condition, by the name of the first; what stands before it is how Qiskit writes the condition."""
        for index, entry in enumerate(instructions):
            if isinstance(entry, dict) and (
                entry.get("conditional") is not None or entry.get("name") == "bfunc"
            ):
                rest = (later for later in instructions[index:] if isinstance(later, dict))
                depending = next((later for later in rest if later.get("conditional") is not None), entry)
                self._refuse(
                    index,
                    str(depending.get("name")),
                    f"{self._rules.name} does not run conditional instructions; simulators do",
                )

    def _read_one(self, index: int, entry: Any) -> dict[str, Any]:
        """Read one instruction."""
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            self._refuse(index, "", f"an instruction should be a JSON object with a name, not {entry!r:.60}")
        name = entry["name"]
        if not entry.keys() <= _KEYS:
            self._refuse(index, name, f"it has the unknown field {sorted(entry.keys() - _KEYS)[0]!r:.40}")
        if entry.get("conditional") is not None:
            self._check_conditional(index, name, entry["conditional"])
        if name == "bfunc":
            return self._read_function(index, entry)
        shape = INSTRUCTIONS.get(name)
        if shape is None or name not in self._rules.instructions:
            known = "" if shape else ", and no simulator here knows it"
            self._refuse(
                index,
                name,
                f"{self._rules.name} does not support it{known}. Its gates are {', '.join(sorted(self._rules.basis))}; "
                "transpile the circuit for this device",
            )
        qubits = self._read_qubits(index, name, entry.get("qubits"))
        if len(qubits) != shape.qubits and (not shape.more or len(qubits) < shape.qubits):
            least = "at least " if shape.more else ""
            self._refuse(index, name, f"it takes {least}{shape.qubits} qubits, not {len(qubits)}")
        self._check_coupling(index, name, qubits)
        # Only what has a meaning for this instruction goes on; the simulator trusts the rest as well.
        instruction: dict[str, Any] = {"name": name, "qubits": qubits}
        try:
            params = read_operands(entry.get("params"), shape, len(qubits))
        except OperandError as err:
            self._refuse(index, name, f"it {err}")
        if params:
            instruction["params"] = params
        for key in ("conditional", "label"):
            if entry.get(key) is not None:
                instruction[key] = entry[key]
        if not isinstance(instruction.get("label", ""), str):
            self._refuse(index, name, f"'label' should be a text, not {entry['label']!r:.40}")
        if name == "measure":
            self._check_measure(index, entry, len(qubits))
            instruction.update(
                (key, entry[key]) for key in ("memory", "register") if entry.get(key) is not None
            )
        elif name in _SAVING:
            instruction["snapshot_type"] = self._read_saved(index, name, entry)
        if name != "barrier":
            self._used.update(qubits)
        return instruction

    def _read_qubits(self, index: int, name: str, qubits: Any) -> list[int]:
        """Check the qubits of an instruction."""
        if qubits is None:
            qubits = []
        if not isinstance(qubits, list):
            self._refuse(index, name, f"'qubits' should be a list, not {qubits!r:.60}")
        for qubit in qubits:
            if isinstance(qubit, bool) or not isinstance(qubit, int) or not 0 <= qubit < self._qubits:
                self._refuse(
                    index,
                    name,
                    f"its qubits should be numbers from 0 to {self._qubits - 1}, not {qubit!r:.40}",
                )
        if len(set(qubits)) != len(qubits):
            self._refuse(index, name, f"it names a qubit twice: {qubits!r:.60}")
        return list(qubits)

    def _check_coupling(self, index: int, name: str, qubits: list[int]) -> None:
        """Refuse a gate on qubits between which the device has none; it would run without noise."""
        couplings = self._rules.couplings.get(name)
        if couplings is not None and tuple(qubits) not in couplings:
            self._refuse(
                index,
                name,
                f"{self._rules.name} does not have this gate on the qubits {qubits}; transpile the circuit for this device",
            )

    def _check_conditional(self, index: int, name: str, register: Any) -> None:
        """Check the register that a conditional instruction looks at."""
        if name in _UNCONDITIONAL:
            self._refuse(index, name, "the simulator cannot make it depend on a condition; gates can")
        self._check_register(index, name, register)

    def _check_register(self, index: int, name: str, register: Any) -> None:
        """Check the number of a register."""
        if isinstance(register, bool) or not isinstance(register, int) or not 0 <= register < self._registers:
            self._refuse(
                index,
                name,
                f"a register should be a number from 0 to {self._registers - 1}, not {register!r:.40}",
            )

    def _read_function(self, index: int, entry: dict[str, Any]) -> dict[str, Any]:
        """Read a Boolean function of the registers."""
        self._check_register(index, "bfunc", entry.get("register"))
        if entry.get("memory") is not None:
            self._check_slot(index, "bfunc", entry["memory"])
        for key in ("mask", "val"):
            value = entry.get(key)
            if not isinstance(value, str) or not _HEXADECIMAL.fullmatch(value):
                self._refuse(
                    index, "bfunc", f"{key!r} should be a hexadecimal number such as '0x3', not {value!r:.40}"
                )
            if int(value, 16) >> self._slots:
                self._refuse(
                    index,
                    "bfunc",
                    f"{key!r} has more bits than the circuit, which has {self._slots}: {value!r:.40}",
                )
        if not isinstance(entry.get("relation"), str) or entry["relation"] not in _RELATIONS:
            self._refuse(
                index,
                "bfunc",
                f"'relation' should be one of {sorted(_RELATIONS)}, not {entry.get('relation')!r:.40}",
            )
        return {
            key: entry[key]
            for key in ("name", "register", "mask", "relation", "val", "memory")
            if entry.get(key) is not None
        }

    def _check_measure(self, index: int, entry: dict[str, Any], qubits: int) -> None:
        """Check where the outcomes of a measurement go."""
        for key in ("memory", "register"):
            targets = entry.get(key)
            if targets is None:
                continue
            if not isinstance(targets, list) or len(targets) != qubits:
                self._refuse(
                    index,
                    "measure",
                    f"{key!r} should list one number for each of its {qubits} qubits, not {targets!r:.60}",
                )
            for target in targets:
                if key == "memory":
                    self._check_slot(index, "measure", target)
                else:
                    self._check_register(index, "measure", target)

    def _check_slot(self, index: int, name: str, slot: Any) -> None:
        """Check the number of a classical bit."""
        if isinstance(slot, bool) or not isinstance(slot, int) or not 0 <= slot < self._slots:
            last = f"from 0 to {self._slots - 1}" if self._slots else "below 0, since the circuit has none"
            self._refuse(index, name, f"a classical bit should be a number {last}, not {slot!r:.40}")
        self._highest_slot = max(self._highest_slot, slot)

    def _read_saved(self, index: int, name: str, entry: dict[str, Any]) -> str:
        """Check under which name simulator data is saved; return how."""
        label = entry.get("label")
        if not isinstance(label, str) or not 0 < len(label) <= 256 or label in _RESULT_KEYS:
            self._refuse(
                index, name, f"'label' should be a text other than 'counts' and 'memory', not {label!r:.40}"
            )
        known = _SNAPSHOTS if name == "snapshot" else _SINGLE if name in _SAVED_ONCE else _AVERAGE
        kind = entry.get("snapshot_type", "statevector" if name == "snapshot" else None)
        if not isinstance(kind, str) or kind not in known:
            self._refuse(index, name, f"'snapshot_type' should be one of {sorted(known)}, not {kind!r:.40}")
        return str(kind)

    def _refuse(self, index: int, name: str, problem: str) -> NoReturn:
        """Refuse the job because of one instruction."""
        raise Refusal(
            f"{self._where}, instruction {index}{f' ({name!r:.40})' if name else ''}: {problem}.",
            ErrorCode.INVALID_INSTRUCTION,
        )
