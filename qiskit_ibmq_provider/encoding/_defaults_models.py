# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Pulse defaults whose commands are made when they are asked for.

A large device has more than a thousand commands, and a program uses some of them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Optional

from qiskit.exceptions import QiskitError
from qiskit.providers.models import PulseDefaults
from qiskit.providers.models.pulsedefaults import Command
from qiskit.qobj import PulseQobjInstruction

from qiskit_ibmq_provider.encoding._instructions import pulse_instruction
from qiskit_ibmq_provider.encoding._plain import as_plain

__all__ = ["UnreadDefaults", "own_command"]

_UNFIT: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class _Instructions(Sequence[PulseQobjInstruction]):
    """The instructions of a command, read when somebody looks at them."""

    def __init__(self, items: Sequence[Mapping[str, Any]]) -> None:
        self._items = items
        self._read: Optional[list[PulseQobjInstruction]] = None

    def __getitem__(self, index: Any) -> Any:
        return self._all()[index]

    def __iter__(self) -> Iterator[PulseQobjInstruction]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._items)

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, (list, _Instructions)) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        return list, (self._all(),)

    def _all(self) -> list[PulseQobjInstruction]:
        if self._read is None:
            try:
                self._read = [PulseQobjInstruction.from_dict(_own_instruction(item)) for item in self._items]
            except _UNFIT as err:
                raise QiskitError(f"A command of the pulse defaults cannot be read: {err!r}") from err
        return self._read


class _Outline:
    """As much of a command as Qiskit's model looks at when it is made."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.name = document["name"]
        self.qubits = tuple(document["qubits"])
        self.sequence = _Instructions(document["sequence"])


class UnreadDefaults(PulseDefaults):
    """Pulse defaults with the commands of a document, which is not changed. A copy or a pickle is of Qiskit's own class.

    Args:
        commands: the commands as they are on the wire, all of them with qubits and sequence.
        fields: arguments of Qiskit's model but for its commands, made for this object alone.
    """

    # Qiskit counts all that is in the dictionary of the object as a field of the defaults.
    __slots__ = ("_commands",)

    def __init__(self, commands: Sequence[Mapping[str, Any]], fields: Mapping[str, Any]) -> None:
        self._commands = commands
        like_qiskits = PulseDefaults.from_dict({**fields, "cmd_def": []})
        vars(self).update(vars(like_qiskits))
        PulseDefaults.__init__(
            self,
            qubit_freq_est=fields["qubit_freq_est"],
            meas_freq_est=fields["meas_freq_est"],
            buffer=fields["buffer"],
            pulse_library=like_qiskits.pulse_library,
            cmd_def=[_Outline(entry) for entry in commands],
        )
        self._data.update(vars(like_qiskits)["_data"])
        del self.cmd_def

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not there.
        if name == "cmd_def":
            return vars(self).setdefault(
                "cmd_def", [Command.from_dict(own_command(entry)) for entry in self._commands]
            )
        return super().__getattr__(name)

    def __str__(self) -> str:
        return super().__str__().replace(type(self).__name__, PulseDefaults.__name__, 1)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.cmd_def  # noqa: B018 - made by this
        return as_plain(self, PulseDefaults)


def own_command(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command as Qiskit's model reads it; it shares nothing with the document.

    Args:
        document: the command as it is on the wire.
    """
    fields = copy.deepcopy({key: value for key, value in document.items() if key != "sequence"})
    sequence = document.get("sequence")
    if sequence is not None:
        fields["sequence"] = [_own_instruction(item) for item in sequence]
    return fields


def _own_instruction(item: Mapping[str, Any]) -> dict[str, Any]:
    return copy.deepcopy(pulse_instruction(item))
