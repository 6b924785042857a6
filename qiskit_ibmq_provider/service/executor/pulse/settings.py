# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the head of a payload says about how its experiments are run by pulses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.operands import is_number
from qiskit_ibmq_provider.service.executor.pulse.device import Channel, PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.job import RunSettings
from qiskit_ibmq_provider.service.executor.pulse.outcomes import CLASSIFIED, KERNELED
from qiskit_ibmq_provider.service.executor.pulse.timeline import check_frequency
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import MAX_MEMORY_SLOTS, DeviceRules

__all__ = ["json_object", "read_drives", "read_settings", "read_slots"]

_DEFAULT_SHOTS: Final = 1024
_SEED_BITS: Final = 63

_MOST_POINTS: Final = 2**23
"""Points in the IQ plane in the result of one experiment: about 300 MB as text."""


def json_object(value: Any, what: str) -> Mapping[str, Any]:
    """Return a value that must be a JSON object.

    Raises:
        Refusal: it is none.
    """
    if not isinstance(value, dict):
        raise Refusal(f"{what} should be a JSON object, not {type(value).__name__}.")
    return value


def read_settings(config: Mapping[str, Any], rules: DeviceRules, device: PulseDevice) -> RunSettings:
    """Read how a job is run.

    Raises:
        Refusal: a setting has a value that it cannot have, or that the device does not take.
    """
    level = config.get("meas_level")
    level = CLASSIFIED if level is None else level
    if isinstance(level, bool) or level not in (KERNELED, CLASSIFIED):
        raise Refusal(
            f"The job asks for measurement level {level!r:.40}. {device.name} returns level 1 (points in the IQ plane) and "
            "level 2 (bits); raw traces of level 0 are not simulated."
        )
    returned = config.get("meas_return")
    if returned not in (None, "avg", "single"):
        raise Refusal(f"'meas_return' should be 'avg' or 'single', not {returned!r:.40}.")
    memory = config.get("memory")
    if memory is not None and not isinstance(memory, bool):
        raise Refusal(f"'memory' should be true or false, not {memory!r:.40}.")
    for name in ("rep_delay", "rep_time"):
        if config.get(name) is not None:
            _check_time(name, config[name])
    return RunSettings(
        shots=_shots(config, rules),
        memory=bool(memory),
        level=level,
        average=returned != "single",
        seed=_seed(config),
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


def _shots(config: Mapping[str, Any], rules: DeviceRules) -> int:
    """Return the number of shots."""
    shots = config.get("shots")
    if shots is None:
        return min(_DEFAULT_SHOTS, rules.max_shots)
    if isinstance(shots, bool) or not isinstance(shots, int) or not 1 <= shots <= rules.max_shots:
        raise Refusal(
            f"The job asks for {shots!r:.40} shots. {rules.name} runs from 1 to {rules.max_shots}.",
            ErrorCode.INVALID_SHOTS,
        )
    return shots


def _seed(config: Mapping[str, Any]) -> Optional[int]:
    """Return the seed of the random numbers."""
    seed = config.get("seed_simulator")
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**_SEED_BITS:
        raise Refusal(
            f"'seed_simulator' should be a whole number from 0 to 2^{_SEED_BITS}, not {seed!r:.40}."
        )
    return seed


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
