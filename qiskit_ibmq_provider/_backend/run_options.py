# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Run options of a backend: their defaults, how those of one run override them, and what a device accepts.

All values are in the units of Qiskit: Hz and seconds. Everything here is decided before anything is sent.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional, Union

import numpy as np
from qiskit.providers import Options
from qiskit.providers.models import PulseBackendConfiguration, QasmBackendConfiguration
from qiskit.pulse import DriveChannel, LoConfig, MeasureChannel
from qiskit.qobj import QobjHeader
from qiskit.qobj.utils import MeasLevel, MeasReturnType

from qiskit_ibmq_provider._checks import is_number
from qiskit_ibmq_provider.exceptions import IBMQBackendValueError
from qiskit_ibmq_provider.protocol.aer_options import AER_OPTIONS
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc

__all__ = [
    "Configuration",
    "checked_options",
    "default_options",
    "default_shots",
    "limit_of",
    "merged_options",
    "simulator_options",
    "unknown_options",
]

_DEFAULT_SHOTS: Final = 4000
"""Shots of a run that gives none, unless the device accepts fewer."""

Configuration = Union[QasmBackendConfiguration, PulseBackendConfiguration]

_ARGUMENTS: Final = frozenset(
    """
    calibration_date header matrix_product_state_max_bond_dimension matrix_product_state_truncation_threshold method parameter_binds
    qobj_header seed_simulator
    """.split()
)
"""What ``run`` takes besides the options that have a default. Devices are simulated, so they take a seed, a method and a date as well."""


def default_options() -> Options:
    """Return the options that a device begins with."""
    return Options(
        shots=_DEFAULT_SHOTS,
        memory=False,
        qubit_lo_freq=None,
        meas_lo_freq=None,
        schedule_los=None,
        meas_level=MeasLevel.CLASSIFIED,
        meas_return=MeasReturnType.AVERAGE,
        memory_slots=None,
        memory_slot_size=100,
        rep_time=None,
        rep_delay=None,
        init_qubits=True,
        use_measure_esp=None,
        live_data_enabled=None,
    )


def simulator_options() -> Options:
    """Return the options that a simulator begins with."""
    options = default_options()
    options.update_options(noise_model=None, seed_simulator=None)
    return options


def limit_of(configuration: Configuration, name: str) -> Optional[int]:
    """Return a limit of the device, ``None`` if it is not a number: other programs build incomplete configurations."""
    limit = getattr(configuration, name, None)
    return limit if isinstance(limit, int) else None


def default_shots(configuration: Configuration) -> int:
    most = limit_of(configuration, "max_shots")
    return _DEFAULT_SHOTS if most is None else min(_DEFAULT_SHOTS, most)


def merged_options(options: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of one run: those given with it override those of the backend; None means not given."""
    return {**options, **{key: value for key, value in given.items() if value is not None}}


def unknown_options(options: Mapping[str, Any], given: Mapping[str, Any], *, simulator: bool) -> list[str]:
    """Return the names among the given options that the backend does not know, sorted."""
    known = set(options) | _ARGUMENTS | (AER_OPTIONS if simulator else set())
    return sorted(key for key, value in given.items() if value is not None and key not in known)


def checked_options(options: Mapping[str, Any], configuration: Configuration) -> dict[str, Any]:
    """Return options with values that the device accepts, as plain Python types.

    Raises:
        IBMQBackendValueError: a value is of the wrong type, or the device does not accept it. The text has both values.
    """
    checked = dict(options)
    if checked.pop("dynamic", None):
        raise IBMQBackendValueError(
            "This service does not run dynamic circuits. Leave out dynamic=True; conditions by c_if on single gates "
            "run without it."
        )
    checked["shots"] = _shots(checked.get("shots"), configuration)
    for name in ("memory", "init_qubits", "live_data_enabled", "use_measure_esp"):
        checked[name] = _switch(name, checked.get(name))
    if checked["memory"] and not configuration.memory:
        raise IBMQBackendValueError(
            f"{configuration.backend_name} does not return the outcomes of single shots. Leave out memory=True."
        )
    checked["use_measure_esp"] = _measure_esp(checked["use_measure_esp"], configuration)
    checked["meas_level"] = _meas_level(checked.get("meas_level"), configuration)
    checked["meas_return"] = _meas_return(checked.get("meas_return"))
    for name in ("qubit_lo_freq", "meas_lo_freq"):
        checked[name] = _frequencies(name, checked.get(name), configuration)
    for name in ("memory_slots", "memory_slot_size"):
        if checked.get(name) is not None:
            checked[name] = _integer(name, checked[name], at_least=0)
    if checked.get("seed_simulator") is not None:
        checked["seed_simulator"] = _integer("seed_simulator", checked["seed_simulator"])
    if checked.get("calibration_date") is not None:
        checked["calibration_date"] = _date("calibration_date", checked["calibration_date"])
    checked["rep_delay"] = _duration("rep_delay", checked.get("rep_delay"))
    checked["rep_time"] = _rep_time(checked.get("rep_time"), configuration)
    _check_schedule_los(checked.get("schedule_los"))
    for name in ("header", "qobj_header"):
        if not isinstance(checked.get(name), (type(None), Mapping, QobjHeader)):
            raise IBMQBackendValueError(f"{name} should be a dictionary, not {checked[name]!r:.80}.")
    return checked


def _shots(value: Any, configuration: Configuration) -> int:
    if value is None:
        return default_shots(configuration)
    shots, most = _integer("shots", value, at_least=1), limit_of(configuration, "max_shots")
    if most is not None and shots > most:
        raise IBMQBackendValueError(
            f"{shots} shots are more than the {most} that {configuration.backend_name} accepts. "
            "Ask for fewer, or send the circuits several times."
        )
    return shots


def _integer(name: str, value: Any, *, at_least: Optional[int] = None) -> int:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise IBMQBackendValueError(f"{name} should be an integer, not {value!r:.80}.")
    if at_least is not None and value < at_least:
        raise IBMQBackendValueError(f"{name} should be at least {at_least}, not {value}.")
    return int(value)


def _date(name: str, value: Any) -> str:
    """Return a date as it is on the wire; a naive one is local time, as in ``properties(datetime=...)``."""
    if isinstance(value, dt.datetime):
        return format_utc(value)
    try:
        return format_utc(parse_utc(value))
    except ProtocolError as err:
        raise IBMQBackendValueError(
            f"{name} should be a datetime or a text such as '2021-03-03T00:00:00Z', not {value!r:.80}."
        ) from err


def _switch(name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    raise IBMQBackendValueError(f"{name} should be True or False, not {value!r:.80}.")


def _measure_esp(value: Any, configuration: Configuration) -> bool:
    supported = bool(getattr(configuration, "measure_esp_enabled", False))
    if value and not supported:
        raise IBMQBackendValueError(
            "ESP readout not supported on this device. Please make sure the flag 'use_measure_esp' is unset or set to "
            f"'False'. The device is {configuration.backend_name}."
        )
    return supported if value is None else value


def _meas_level(value: Any, configuration: Configuration) -> MeasLevel:
    try:
        level = MeasLevel.CLASSIFIED if value is None else MeasLevel(value)
    except ValueError as err:
        raise IBMQBackendValueError(
            f"meas_level should be 0 (raw), 1 (kerneled) or 2 (classified), not {value!r:.80}."
        ) from err
    levels = getattr(configuration, "meas_levels", None) or [MeasLevel.CLASSIFIED.value]
    if level not in levels:
        raise IBMQBackendValueError(
            f"{configuration.backend_name} does not return data of meas_level {level.value}; it knows "
            f"{', '.join(str(int(known)) for known in levels)}."
        )
    return level


def _meas_return(value: Any) -> MeasReturnType:
    try:
        return MeasReturnType.AVERAGE if value is None else MeasReturnType(value)
    except ValueError as err:
        raise IBMQBackendValueError(f"meas_return should be 'avg' or 'single', not {value!r:.80}.") from err


def _frequencies(name: str, value: Any, configuration: Configuration) -> Any:
    if value is None:
        return None
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if not isinstance(value, Sequence) or not all(is_number(item) for item in value):
        raise IBMQBackendValueError(f"{name} should be a list of frequencies in Hz, not {value!r:.80}.")
    if not configuration.simulator and len(value) != configuration.n_qubits:
        raise IBMQBackendValueError(
            f"{name} holds {len(value)} frequencies, but {configuration.backend_name} has {configuration.n_qubits} "
            "qubits. Give one for each of them."
        )
    return [float(item) for item in value]


def _duration(name: str, value: Any) -> Any:
    if value is None:
        return None
    if not is_number(value) or value < 0:
        raise IBMQBackendValueError(f"{name} should be a time in seconds, not {value!r:.80}.")
    return float(value)


def _rep_time(value: Any, configuration: Configuration) -> Any:
    if isinstance(value, list) and value:
        value = value[0]
    seconds = _duration("rep_time", value)
    known = getattr(configuration, "rep_times", None)
    if seconds is None or not known:
        return seconds
    if not any(math.isclose(seconds, item, rel_tol=1e-6) for item in known):
        raise IBMQBackendValueError(
            f"rep_time should be one of the times of {configuration.backend_name}, in seconds: {known}; not {value!r}."
        )
    return seconds


def _check_schedule_los(value: Any) -> None:
    if value is None:
        return
    sets = value if isinstance(value, (list, tuple)) else [value]
    for item in sets:
        frequencies = {**item.qubit_los, **item.meas_los} if isinstance(item, LoConfig) else item
        if not isinstance(frequencies, Mapping) or not all(
            isinstance(channel, (DriveChannel, MeasureChannel)) and is_number(frequency)
            for channel, frequency in frequencies.items()
        ):
            raise IBMQBackendValueError(
                "schedule_los should give frequencies in Hz by drive and measure channel, as a dictionary or a LoConfig or "
                f"a list of them, not {item!r:.80}."
            )
