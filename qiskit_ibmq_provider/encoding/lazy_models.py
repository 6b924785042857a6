# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Variants of Qiskit's models that do less: what a device or a result holds is read when it is first used.

A large device has more than a thousand commands and thousands of calibration values, a large result as many experiments, and a program
looks at some of them. Whatever a user does with these objects, they are Qiskit's models: a copy or a pickle is one of Qiskit's own
classes, with all data in it, and needs nothing of ours to be loaded.
"""

from __future__ import annotations

import copy
import pickle
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, Optional, Union

from qiskit.circuit import QuantumCircuit
from qiskit.exceptions import QiskitError
from qiskit.providers.models import BackendProperties, PulseDefaults
from qiskit.providers.models.pulsedefaults import Command
from qiskit.pulse import Schedule
from qiskit.qobj import PulseQobjInstruction
from qiskit.qobj.utils import MeasLevel
from qiskit.result import Counts, Result
from qiskit.result.models import ExperimentResult, ExperimentResultData
from qiskit.result.postprocess import format_counts_memory

from qiskit_ibmq_provider.encoding.qobj import pulse_instruction
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.results import UnreadObject, UnreadValue

__all__ = ["SplitResult", "UnreadData", "UnreadDefaults", "own_command", "own_properties"]

_UNFIT: Final = (AttributeError, IndexError, KeyError, TypeError, ValueError)

_PROPERTY_LISTS: Final = ("qubits", "gates", "general")
"""Thousands of objects, which the methods that give times and errors do not look at."""

_FIRST: Final = ("counts", "snapshots", "memory", "statevector", "unitary")
"""Fields that Qiskit's model names, in its order; null counts as not there in these."""

_OF_COUNTS: Final = ("time_taken", "creg_sizes", "memory_slots")
"""What of an experiment's header shapes its counts."""

_MOST_OUTCOMES: Final = 1 << 16
"""So many formatted outcomes are kept: of 16 bits all, of more bits those that come first."""

_Experiment = Union[str, QuantumCircuit, Schedule, int, None]


def own_properties(model: BackendProperties) -> BackendProperties:
    """Return calibration data like a model; changes of one have no effect on the other.

    Args:
        model: the model. Nobody may change it.
    """
    return _OwnProperties(model)


class _OwnProperties(BackendProperties):
    """Calibration data whose lists are copied when they are asked for."""

    def __init__(self, model: BackendProperties) -> None:
        # Qiskit's constructor is not called: it makes everything from the lists.
        fields = {key: value for key, value in vars(model).items() if key not in _PROPERTY_LISTS}
        extra = copy.deepcopy(fields.pop("_data"))
        vars(self).update({key: _with_own_dictionaries(value) for key, value in fields.items()})
        vars(self).update(_data=extra, _model=model)

    def __getattr__(self, name: str) -> Any:
        # Python calls this only for attributes that are not set.
        if name in _PROPERTY_LISTS:
            # Faster than a deep copy, and safe: the model was made in this process.
            value = pickle.loads(pickle.dumps(getattr(self._model, name)))  # noqa: S301
            return vars(self).setdefault(name, value)
        return super().__getattr__(name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        for name in _PROPERTY_LISTS:
            getattr(self, name)
        return _as_plain(self, BackendProperties, without=("_model",))


def _with_own_dictionaries(value: Any) -> Any:
    """Return a value with copies of all dictionaries in it; the values in the innermost ones are never changed."""
    if type(value) is dict:
        return {key: _with_own_dictionaries(item) for key, item in value.items()}
    return value


class _Instructions(Sequence[PulseQobjInstruction]):
    """The instructions of a command, read when they are first used."""

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
    """The part of a command that the constructor of Qiskit's model reads."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.name = document["name"]
        self.qubits = tuple(document["qubits"])
        self.sequence = _Instructions(document["sequence"])


class UnreadDefaults(PulseDefaults):
    """Pulse defaults with the commands of a document, which is not changed.

    Args:
        commands: the commands as they are on the wire, all of them with qubits and sequence.
        fields: all other arguments of Qiskit's model; nothing else may hold them.
    """

    # Qiskit takes everything in the object's dictionary for a field of the defaults.
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
        # Python calls this only for attributes that are not set.
        if name == "cmd_def":
            return vars(self).setdefault(
                "cmd_def", [Command.from_dict(own_command(entry)) for entry in self._commands]
            )
        return super().__getattr__(name)

    def __str__(self) -> str:
        return super().__str__().replace(type(self).__name__, PulseDefaults.__name__, 1)

    def __reduce_ex__(self, protocol: Any) -> Any:
        self.cmd_def  # noqa: B018 - made by this
        return _as_plain(self, PulseDefaults)


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


class UnreadData(ExperimentResultData):
    """The data of an experiment. Each field is read when it is first asked for, and kept then.

    Args:
        text: the data.
    """

    def __init__(self, text: UnreadObject) -> None:
        # Qiskit's constructor is not called: it would set the attributes that are to be read later.
        self._text: Optional[UnreadObject] = text

    def __getattr__(self, name: str) -> Any:
        # Python calls this only for attributes that are not set.
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            if name in ("_data_attributes", "_unread"):
                self._split()
                return vars(self)[name]
            value: Optional[UnreadValue] = self._unread.get(name)
            if value is not None:
                # Another thread may be reading the same field: both set the same.
                vars(self).setdefault(name, value.read())
                self._unread.pop(name, None)
        except ProtocolError as err:
            raise QiskitError(f"The data of an experiment of the result cannot be read. {err}") from err
        try:
            return vars(self)[name]
        except KeyError:
            raise AttributeError(f"The data of the experiment has no field {name!r}.") from None

    def __delattr__(self, name: str) -> None:
        getattr(self, name, None)
        super().__delattr__(name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._data_attributes})

    def __reduce_ex__(self, protocol: Any) -> Any:
        for name in self._data_attributes:
            getattr(self, name)
        return _as_plain(self, ExperimentResultData, without=("_text", "_unread"))

    def _split(self) -> None:
        text = self._text
        if text is not None:
            fields = text.fields()
            present = [key for key in _FIRST if key in fields and not fields[key].is_null]
            present += [key for key in fields if key not in _FIRST]
            vars(self).setdefault("_unread", {key: fields[key] for key in present})
            vars(self).setdefault("_data_attributes", present)
            self._text = None


class SplitResult(Result):
    """A result whose experiments are found by name without looking at all of them, and whose shots are formatted together."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._positions: dict[str, int] = {}
        self._formatted: dict[Any, dict[str, str]] = {}

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _as_plain(self, Result, without=("_positions", "_formatted"))

    def get_counts(self, experiment: _Experiment = None) -> Any:
        """Return the counts of an experiment, or of all of them; as :meth:`qiskit.result.Result.get_counts`."""
        keys: Sequence[Any] = range(len(self.results)) if experiment is None else [experiment]
        found = []
        for key in keys:
            single = self._get_experiment(key)
            counts = getattr(single.data, "counts", None)
            if counts is None:
                # A state, or nothing at all: Qiskit knows what to do.
                return super().get_counts(experiment)
            header = _header(single) or {}
            shape = {name: header[name] for name in _OF_COUNTS if name in header}
            found.append(Counts(counts, **shape))
        return found[0] if len(found) == 1 else found

    def get_memory(self, experiment: _Experiment = None) -> Any:
        """Return the outcomes of the shots of an experiment; as :meth:`qiskit.result.Result.get_memory`."""
        single = self._get_experiment(experiment)
        memory = getattr(single.data, "memory", None)
        if memory is None or single.meas_level != MeasLevel.CLASSIFIED:
            return super().get_memory(experiment)
        texts = self._texts(_header(single), memory)
        return [texts[outcome] for outcome in memory]

    def _texts(self, header: Optional[Mapping[str, Any]], memory: Sequence[str]) -> Mapping[str, str]:
        """Return the formatted outcomes of shots. Experiments of one shape share them."""
        shape = {} if header is None else {key: header.get(key) for key in ("creg_sizes", "memory_slots")}
        known = self._formatted.setdefault(repr(shape), {})
        new = set(memory).difference(known)
        texts = {outcome: format_counts_memory(outcome, header) for outcome in new}
        if len(known) + len(texts) > _MOST_OUTCOMES:
            return {**known, **texts}
        known.update(texts)
        return known

    def _get_experiment(self, key: _Experiment = None) -> ExperimentResult:
        """Return the data of an experiment. Qiskit's own method goes through the names of all."""
        name = key.name if isinstance(key, (QuantumCircuit, Schedule)) else key
        if isinstance(name, str):
            position = self._position(name)
            if position is not None and self.results[position].success is True:
                return self.results[position]
        return super()._get_experiment(key)

    def _position(self, name: str) -> Optional[int]:
        """Return the place of the experiment with a name; ``None`` unless there is exactly one."""
        position = self._positions.get(name)
        if position is None or not self._is_at(position, name):
            # Users may change the list of results.
            self._positions = {}
            twice = set()
            for place, single in enumerate(self.results):
                label = getattr(getattr(single, "header", None), "name", "")
                if isinstance(label, str) and self._positions.setdefault(label, place) != place:
                    twice.add(label)
            for label in twice:
                del self._positions[label]
            position = self._positions.get(name)
        return position

    def _is_at(self, position: int, name: str) -> bool:
        if len(self.results) <= position:
            return False
        return getattr(getattr(self.results[position], "header", None), "name", "") == name


def _header(single: ExperimentResult) -> Optional[dict[str, Any]]:
    """Return the header of an experiment as a dictionary, if it has one."""
    try:
        header: dict[str, Any] = single.header.to_dict()
        return header
    except (AttributeError, QiskitError):
        return None


def _as_plain(model: Any, kind: type, without: Collection[str] = ()) -> tuple[Any, ...]:
    """Return what a model is copied and pickled as: Qiskit's own class, without the attributes that only our variant has."""
    plain = kind.__new__(kind)
    vars(plain).update({key: value for key, value in vars(model).items() if key not in without})
    return copy.copy, (plain,)
