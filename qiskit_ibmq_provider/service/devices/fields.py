# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the fields of device documents should be: held against a file before anything is computed with them.

Clients drop a device without a word when a field is of another type than they expect, and so do pulses when they are run; so a file of a user is
refused with the field's name instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, Final, Optional

from qiskit_ibmq_provider._checks import is_number, is_whole
from qiskit_ibmq_provider.service.devices.files import DeviceFileError

__all__ = ["CONFIGURATION_FIELDS", "DEFAULTS_FIELDS", "FieldRule", "check_fields", "is_qubit_list"]


@dataclasses.dataclass(frozen=True)
class FieldRule:
    """What the value of a field should be, as a test and in words."""

    fits: Callable[[Any], bool]
    words: str


def is_qubit_list(value: Any, below: Optional[int] = None) -> bool:
    """Tell whether a value is a list of numbers of qubits, all of them less than ``below``."""
    return isinstance(value, list) and all(is_whole(qubit, below=below) for qubit in value)


def check_fields(raw: Mapping[str, Any], rules: Mapping[str, FieldRule], path: Path) -> None:
    """Check the fields of a document that are there and not null.

    Raises:
        DeviceFileError: one of them is not what it should be; the message names it.
    """
    for key, rule in rules.items():
        value = raw.get(key)
        if value is not None and not rule.fits(value):
            raise DeviceFileError(path, f"the key {key!r} should be {rule.words}, not {value!r:.60}.")


def _is_list(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and is_number(value[0]) and is_number(value[1])


def _is_hamiltonian(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("vars"), dict)
        and all(map(is_number, value["vars"].values()))
        and _is_list(_is_text)(value.get("h_str"))
    )


def _is_control(value: Any) -> bool:
    # The frequency of a control channel is a sum of those of qubits.
    return _is_list(
        lambda term: isinstance(term, dict) and is_whole(term.get("q")) and _is_pair(term.get("scale"))
    )(value)


def _is_pulse(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_text(value.get("name"))
        and bool(value.get("samples"))
        and _is_list(_is_pair)(value["samples"])
    )


def _is_step(value: Any) -> bool:
    return isinstance(value, dict) and _is_text(value.get("name")) and is_number(value.get("t0"))


def _is_command(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_text(value.get("name"))
        and is_qubit_list(value.get("qubits"))
        and _is_list(_is_step)(value.get("sequence"))
    )


_NUMBER: Final = FieldRule(is_number, "a number")
_POSITIVE: Final = FieldRule(lambda value: is_number(value) and value > 0, "a positive number")
_NUMBERS: Final = FieldRule(_is_list(is_number), "a list of numbers")
_RANGES: Final = FieldRule(_is_list(_is_pair), "a list of pairs of numbers")
_TEXT: Final = FieldRule(_is_text, "a text")
_TEXTS: Final = FieldRule(_is_list(_is_text), "a list of texts")
_OBJECT: Final = FieldRule(_is_object, "an object")
_FLAG: Final = FieldRule(lambda value: isinstance(value, bool), "true or false")
_NAMED: Final = FieldRule(
    lambda value: (
        isinstance(value, dict) and _is_text(value.get("name")) and _is_object(value.get("params", {}))
    ),
    "an object with a 'name'",
)

CONFIGURATION_FIELDS: Final[Mapping[str, FieldRule]] = {
    "channels": _OBJECT,
    "default_rep_delay": _NUMBER,
    "description": _TEXT,
    "discriminators": _TEXTS,
    "display_name": _TEXT,
    "dt": _POSITIVE,
    "dtm": _POSITIVE,
    "dynamic_reprate_enabled": _FLAG,
    "hamiltonian": FieldRule(_is_hamiltonian, "an object with numbers 'vars' and texts 'h_str'"),
    "meas_kernels": _TEXTS,
    "meas_levels": FieldRule(_is_list(lambda level: level in (0, 1, 2)), "a list of 0, 1 and 2"),
    "meas_lo_range": _RANGES,
    "meas_map": FieldRule(_is_list(is_qubit_list), "a list of lists of qubits"),
    "multi_meas_enabled": _FLAG,
    "n_uchannels": FieldRule(is_whole, "a number of 0 or more"),
    "parametric_pulses": _TEXTS,
    "processor_type": _OBJECT,
    "qubit_lo_range": _RANGES,
    "rep_delay_range": _NUMBERS,
    "rep_times": _NUMBERS,
    "sample_name": _TEXT,
    "simulation_method": _TEXT,
    "timing_constraints": _OBJECT,
    "u_channel_lo": FieldRule(
        _is_list(_is_control), "lists of objects with a qubit 'q' and a pair [re, im] as 'scale'"
    ),
}
"""What a configuration may hold beyond what it must."""

DEFAULTS_FIELDS: Final[Mapping[str, FieldRule]] = {
    "buffer": _NUMBER,
    "cmd_def": FieldRule(
        _is_list(_is_command), "a list of commands with name, qubits and a sequence of steps with name and t0"
    ),
    "discriminator": _NAMED,
    "meas_freq_est": _NUMBERS,
    "meas_kernel": _NAMED,
    "pulse_library": FieldRule(
        _is_list(_is_pulse), "a list of pulses with a name and samples as pairs [re, im]"
    ),
    "qubit_freq_est": _NUMBERS,
}
"""What pulse defaults hold."""
