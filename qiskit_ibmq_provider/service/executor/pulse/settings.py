# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the head of a payload says about how its experiments are run by pulses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider._checks import is_number
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.job import RunSettings
from qiskit_ibmq_provider.service.executor.pulse.timeline import check_frequency
from qiskit_ibmq_provider.service.executor.qobj_head import (
    DEFAULT_SHOTS,
    KERNELED,
    read_measurement,
    read_memory,
    read_seed,
    read_shots,
)
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import MAX_MEMORY_SLOTS, DeviceRules

__all__ = ["read_drives", "read_settings", "read_slots"]

_MOST_POINTS: Final = 2**23
"""Points in the IQ plane in the result of one experiment: about 300 MB as text."""


def read_settings(config: Mapping[str, Any], rules: DeviceRules) -> RunSettings:
    """Read how a job is run.

    Raises:
        Refusal: a setting has a value that it cannot have, or that the device does not take.
    """
    level, returned = read_measurement(config, rules)
    for name in ("rep_delay", "rep_time"):
        if config.get(name) is not None:
            _check_time(name, config[name])
    return RunSettings(
        shots=read_shots(config, rules, "The job", DEFAULT_SHOTS),
        memory=read_memory(config, "The job", False),
        level=level,
        average=returned == "avg",
        seed=read_seed(config),
    )


def read_drives(
    config: Mapping[str, Any], job_config: Mapping[str, Any], device: PulseDevice, where: str
) -> tuple[float, ...]:
    """Return the frequency in GHz of each qubit's drive at the start of an experiment: its own, the job's or the calibrated one.

    Raises:
        Refusal: frequencies are missing, or out of the device's range.
    """
    for source in (config, job_config):
        _check_list(source.get("meas_lo_freq"), "meas_lo_freq", device, where)
    for source in (config, job_config):
        frequencies = source.get("qubit_lo_freq")
        if frequencies is None:
            continue
        _check_list(frequencies, "qubit_lo_freq", device, where)
        for qubit, frequency in enumerate(frequencies):
            check_frequency(device, Channel("d", qubit), frequency, f"{where}: 'qubit_lo_freq'")
        return tuple(map(float, frequencies))
    return device.frequencies


def read_slots(sources: Sequence[Mapping[str, Any]], used: int, settings: RunSettings, where: str) -> int:
    """Return the number of memory slots of an experiment.

    Args:
        sources: what may say it, the first that does counts.
        used: how many the instructions need.
        settings: of the job.
        where: the experiment, to begin messages with.

    Raises:
        Refusal: there are too few for the instructions, or too many to return.
    """
    slots: Optional[int] = None
    for source in sources:
        value = source.get("memory_slots")
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MAX_MEMORY_SLOTS:
            raise Refusal(
                f"{where}: 'memory_slots' should be a number from 0 to {MAX_MEMORY_SLOTS}, not {value!r:.40}."
            )
        slots = value
        break
    if slots is None:
        slots = used
    if slots < used:
        raise Refusal(
            f"{where} acquires into memory slot {used - 1}, but has {slots} memory slots, numbered from 0.",
            ErrorCode.INVALID_INSTRUCTION,
        )
    if settings.level == KERNELED and not settings.average and slots * settings.shots > _MOST_POINTS:
        raise Refusal(
            f"{where} would return {slots} memory slots of {settings.shots} shots as points in the IQ plane, more than the "
            f"{_MOST_POINTS} that one experiment may. Use fewer shots or slots, or meas_return='avg'."
        )
    return slots


def _check_time(name: str, value: Any) -> None:
    """Check a time between shots. Qubits are reset before each shot, so it has no effect."""
    for item in value if isinstance(value, list) else [value]:
        if not is_number(item) or item < 0:
            raise Refusal(f"{name!r} should be a time in microseconds, not {item!r:.40}.")


def _check_list(values: Any, name: str, device: PulseDevice, where: str) -> None:
    """Check a list of frequencies, one for each qubit."""
    if values is None:
        return
    if not isinstance(values, list) or len(values) != device.qubits or not all(map(is_number, values)):
        raise Refusal(
            f"{where}: {name!r} should list a frequency in GHz for each of the {device.qubits} qubits of {device.name}, not {values!r:.80}."
        )
