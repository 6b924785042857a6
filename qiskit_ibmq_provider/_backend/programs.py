# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What is given to ``run``: circuits, schedules or a Qobj, checked against the device before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Optional, Union

from qiskit.circuit import QuantumCircuit
from qiskit.providers.models import PulseBackendConfiguration
from qiskit.pulse import (
    AcquireChannel,
    ControlChannel,
    DriveChannel,
    Instruction,
    MeasureChannel,
    Schedule,
    ScheduleBlock,
)
from qiskit.qobj import PulseQobj, QasmQobj

from qiskit_ibmq_provider._backend.run_options import Configuration, limit_of
from qiskit_ibmq_provider.exceptions import IBMQBackendValueError

__all__ = [
    "check_circuits",
    "check_count",
    "check_qobj",
    "check_schedules",
    "circuits_or_schedules",
    "count_programs",
]

_Schedule = Union[Schedule, ScheduleBlock, Instruction]
_SCHEDULES = (Schedule, ScheduleBlock, Instruction)


def circuits_or_schedules(programs: Any) -> tuple[list[QuantumCircuit], list[_Schedule]]:
    """Sort what was given to ``run`` into circuits and schedules, of which one list is empty."""
    given = list(programs) if isinstance(programs, (list, tuple)) else [programs]
    if not given:
        raise IBMQBackendValueError("The list of circuits is empty. Give at least one circuit or schedule.")
    circuits = [program for program in given if isinstance(program, QuantumCircuit)]
    schedules = [program for program in given if isinstance(program, _SCHEDULES)]
    if len(circuits) + len(schedules) < len(given):
        stranger = next(
            program for program in given if not isinstance(program, (QuantumCircuit, *_SCHEDULES))
        )
        raise IBMQBackendValueError(
            f"Circuits or schedules are expected, not {type(stranger).__name__}: {stranger!r:.80}."
        )
    if circuits and schedules:
        raise IBMQBackendValueError(
            f"A job holds either circuits or schedules; {len(circuits)} circuits and {len(schedules)} schedules are "
            "given. Send them as two jobs."
        )
    return circuits, schedules


def count_programs(programs: Any) -> int:
    if isinstance(programs, (QasmQobj, PulseQobj)):
        return len(programs.experiments)
    return len(programs) if isinstance(programs, (list, tuple)) else 1


def check_count(count: int, configuration: Configuration, what: str) -> None:
    most = limit_of(configuration, "max_experiments")
    if most is not None and count > most:
        raise IBMQBackendValueError(
            f"{count} {what} are more than the {most} that {configuration.backend_name} accepts in one job. "
            "Send them as several jobs, for instance with IBMQJobManager."
        )


def check_circuits(
    circuits: Sequence[QuantumCircuit],
    configuration: Configuration,
    *,
    parameter_binds: Optional[Sequence[Mapping[Any, Any]]],
    schedule_los: Any,
) -> None:
    """Check number and width of circuits, and what they are to be repeated for."""
    repeats = 1
    if parameter_binds is not None:
        if not isinstance(parameter_binds, (list, tuple)) or not all(
            isinstance(bind, Mapping) for bind in parameter_binds
        ):
            raise IBMQBackendValueError(
                f"parameter_binds should be a list of dictionaries, not {parameter_binds!r:.80}."
            )
        repeats = len(parameter_binds) if any(parameter_binds) else 1
    count = len(circuits) * repeats
    if count == 1 and isinstance(schedule_los, (list, tuple)):
        count = max(1, len(schedule_los))
    check_count(count, configuration, "circuits")
    for circuit in circuits:
        _check_width(f"The circuit {circuit.name!r}", circuit.num_qubits, configuration)


def check_schedules(
    schedules: Sequence[_Schedule], configuration: Configuration, *, schedule_los: Any
) -> None:
    if not isinstance(configuration, PulseBackendConfiguration) or not configuration.open_pulse:
        raise IBMQBackendValueError(
            f"{configuration.backend_name} does not accept pulse schedules. Those that do are among "
            "provider.backends(open_pulse=True)."
        )
    count = len(schedules)
    if count == 1 and isinstance(schedule_los, (list, tuple)):
        count = max(1, len(schedule_los))
    check_count(count, configuration, "schedules")
    for schedule in schedules:
        if schedule.is_parameterized():
            names = ", ".join(sorted(parameter.name for parameter in schedule.parameters))
            raise IBMQBackendValueError(
                f"The schedule {schedule.name!r} has parameters without a value: {names}. "
                "Bind them with assign_parameters()."
            )
        for channel in sorted(schedule.channels, key=str):
            _check_channel(schedule.name, channel, configuration)


def check_qobj(qobj: Union[QasmQobj, PulseQobj], configuration: Configuration) -> None:
    """Check a Qobj by the same rules as circuits and schedules."""
    if not qobj.experiments:
        raise IBMQBackendValueError("The Qobj holds no experiment. Give at least one circuit or schedule.")
    pulse = isinstance(qobj, PulseQobj)
    if pulse and not isinstance(configuration, PulseBackendConfiguration):
        raise IBMQBackendValueError(f"{configuration.backend_name} does not accept pulse schedules.")
    check_count(len(qobj.experiments), configuration, "schedules" if pulse else "circuits")
    shots, most = getattr(qobj.config, "shots", None), limit_of(configuration, "max_shots")
    if shots is not None and most is not None and shots > most:
        raise IBMQBackendValueError(
            f"{shots} shots are more than the {most} that {configuration.backend_name} accepts."
        )
    if getattr(qobj.config, "memory", False) and not configuration.memory:
        raise IBMQBackendValueError(
            f"{configuration.backend_name} does not return the outcomes of single shots. "
            "Assemble the Qobj without memory=True."
        )
    if not pulse:
        _check_width("A circuit of the Qobj", getattr(qobj.config, "n_qubits", 0), configuration)


def _check_width(what: str, width: int, configuration: Configuration) -> None:
    most = limit_of(configuration, "n_qubits")
    if most is not None and width > most:
        raise IBMQBackendValueError(
            f"{what} has {width} qubits, but {configuration.backend_name} has {most}. Choose a larger "
            "backend, or transpile the circuit for this one."
        )


def _check_channel(name: str, channel: Any, configuration: PulseBackendConfiguration) -> None:
    if isinstance(channel, (DriveChannel, MeasureChannel, AcquireChannel)):
        available, what = configuration.n_qubits, "qubits"
    elif isinstance(channel, ControlChannel):
        available, what = configuration.n_uchannels, "control channels"
    else:
        return
    if channel.index >= available:
        raise IBMQBackendValueError(
            f"The schedule {name!r} uses {channel}, but {configuration.backend_name} has {available} {what}."
        )
