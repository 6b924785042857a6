# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the configuration of a job may say: how many experiments and shots it has, what is measured, and how it is simulated.

An option that nobody reads is nearly always a misspelt one, and a job that runs without it gives an answer to another question. So a name
that stands in none of the tables fails the job. Only the settings reach the simulator.
"""

from __future__ import annotations

import datetime
import difflib
from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider._checks import is_number, is_whole
from qiskit_ibmq_provider.protocol.aer_options import (
    AER_OPTIONS,
    CHOICE_SETTINGS,
    METHOD_ALIASES,
    METHODS,
    REAL_SETTINGS,
    SETTINGS,
    SWITCH_SETTINGS,
    TARGET_OPTIONS,
    WHOLE_SETTINGS,
)
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected
from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules

__all__ = [
    "AUTOMATIC",
    "CLASSIFIED",
    "DEFAULT_SHOTS",
    "KERNELED",
    "check_option_names",
    "read_calibration_date",
    "read_experiments",
    "read_measurement",
    "read_memory",
    "read_method",
    "read_seed",
    "read_settings",
    "read_shots",
]

KERNELED: Final = 1
"""The measurement level of points in the IQ plane. Raw signals of level 0 are not simulated."""

CLASSIFIED: Final = 2
"""The measurement level of bits."""

DEFAULT_SHOTS: Final = 1024
"""What Qiskit takes where nothing is said."""

AUTOMATIC: Final = METHODS[0]
"""The simulator chooses its method for each circuit."""

_SEED_BITS: Final = 63

_SETTINGS_BELOW: Final = 2**31

_QOBJ_OPTIONS: Final = frozenset(
    """
    calibration_date calibrations init_qubits live_data_enabled meas_level meas_lo_freq meas_lo_range meas_return memory memory_slot_size
    memory_slots method n_qubits noise_model parameter_binds parametric_pulses pulse_library qubit_lo_freq qubit_lo_range rep_delay rep_time
    schedule_los seed_simulator shots use_measure_esp
    """.split()
)
"""What the configuration of a Qobj holds by the protocol; and ``calibration_date``, of this service."""

_HISTORIC_OPTIONS: Final = frozenset(
    """
    backend_options circuit_name config dynamic fusion_allow_kraus fusion_allow_superop initial_layout max_credits n_registers
    optimization_level optimize_noise_sampling scheduling_method seed seed_mapper seed_transpiler skip_transpiler
    statevector_hpc_gate_opt superoperator_parallel_threshold timeout unitary_parallel_threshold validate validate_qobj wait
    """.split()
)
"""What scripts for older releases of Qiskit give to a run, without effect on the answer."""

_KNOWN: Final = _QOBJ_OPTIONS | _HISTORIC_OPTIONS | AER_OPTIONS

_SUGGESTED: Final = sorted(_QOBJ_OPTIONS | TARGET_OPTIONS | SETTINGS)


def check_option_names(config: Mapping[str, Any], rules: DeviceRules) -> None:
    """Refuse options that are not known, by their name and those that it may be a misspelling of, and targets or machines that cannot be."""
    for name in sorted(key for key, value in config.items() if value is not None and key not in _KNOWN):
        near = difflib.get_close_matches(name, _SUGGESTED, n=3, cutoff=0.6)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else "Leave it out."
        raise JobRejected(f"The job has the option {name!r:.60}, which {rules.name} does not know. {hint}")
    if config.get("device") not in (None, "CPU"):
        raise JobRejected(
            f"The option 'device' is {config['device']!r:.40}, but this service computes on 'CPU' only. Leave it out."
        )
    basis = config.get("basis_gates")
    # Older releases of Qiskit wrote a basis as one text.
    if not isinstance(basis, (str, type(None))) and not (
        isinstance(basis, list) and all(isinstance(name, str) for name in basis)
    ):
        raise JobRejected(f"The option 'basis_gates' should be a list of names of gates, not {basis!r:.60}.")
    couplings = config.get("coupling_map")
    if couplings is not None and not (isinstance(couplings, list) and all(map(_is_coupling, couplings))):
        raise JobRejected(
            f"The option 'coupling_map' should be a list of pairs of qubits such as [[0, 1]], not {couplings!r:.60}."
        )


def _is_coupling(pair: Any) -> bool:
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(is_whole(qubit, 0) for qubit in pair)
        and pair[0] != pair[1]
    )


def read_experiments(qobj: Mapping[str, Any], rules: DeviceRules, limit: Optional[int]) -> list[Any]:
    """Return the list of experiments of a payload. ``limit`` is the service's own limit, if it is lower than the device's."""
    experiments = qobj.get("experiments")
    if not isinstance(experiments, list):
        raise JobRejected("The payload has no list 'experiments': it is not a Qobj.")
    if not experiments:
        raise JobRejected(
            "The job holds no circuit and no schedule. Submit at least one.", ErrorCode.NO_EXPERIMENTS
        )
    most = rules.max_experiments if limit is None else min(limit, rules.max_experiments)
    if len(experiments) > most:
        raise JobRejected(
            f"The job holds {len(experiments)} circuits or schedules, but {rules.name} takes at most {most} in one job. "
            "Split it into several jobs.",
            ErrorCode.TOO_MANY_EXPERIMENTS,
        )
    return experiments


def read_shots(
    config: Mapping[str, Any], rules: DeviceRules, where: str = "The job", default: int = DEFAULT_SHOTS
) -> int:
    """Return the number of shots of a job or of one of its experiments, which is at most the device's."""
    shots = config.get("shots")
    if shots is None:
        return min(default, rules.max_shots)
    if not is_whole(shots, 1):
        raise JobRejected(
            f"{where} asks for {shots!r:.40} shots. It should be a whole number of 1 or more.",
            ErrorCode.INVALID_SHOTS,
        )
    if shots > rules.max_shots:
        raise JobRejected(
            f"{where} asks for {shots} shots, but {rules.name} runs at most {rules.max_shots}.",
            ErrorCode.INVALID_SHOTS,
        )
    return int(shots)


def read_memory(config: Mapping[str, Any], where: str = "The job", default: bool = False) -> bool:
    """Return whether the outcome of each shot is asked for."""
    memory = config.get("memory")
    if memory is None:
        return default
    if not isinstance(memory, bool):
        raise JobRejected(f"{where}: 'memory' should be true or false, not {memory!r:.40}.")
    return memory


def read_measurement(config: Mapping[str, Any], rules: DeviceRules) -> tuple[int, str]:
    """Return the level of measurement, and ``avg`` or ``single`` for points of level 1."""
    level = config.get("meas_level")
    if level is None:
        level = CLASSIFIED
    known = sorted(rules.meas_levels & {KERNELED, CLASSIFIED})
    if isinstance(level, bool) or level not in known:
        raise JobRejected(
            f"The job asks for measurement level {level!r:.40}. {rules.name} returns data of level "
            f"{' and '.join(map(str, known))} only; leave 'meas_level' out for counts."
        )
    returned = config.get("meas_return")
    if returned not in (None, "avg", "single"):
        raise JobRejected(f"The option 'meas_return' should be 'avg' or 'single', not {returned!r:.40}.")
    return int(level), returned or "avg"


def read_seed(config: Mapping[str, Any]) -> Optional[int]:
    """Return the seed of the random numbers, or ``None`` for one of the simulator's choice."""
    seed = config.get("seed_simulator")
    if seed is not None and not is_whole(seed, 0, 2**_SEED_BITS):
        raise JobRejected(
            f"The option 'seed_simulator' should be a whole number from 0 to 2^{_SEED_BITS}, not {seed!r:.40}."
        )
    return seed


def read_calibration_date(config: Mapping[str, Any], rules: DeviceRules) -> Optional[datetime.datetime]:
    """Return the instant whose calibration a job asks for, aware, or ``None`` for the newest calibration."""
    text = config.get("calibration_date")
    if text is None:
        return None
    if rules.simulator:
        raise JobRejected(
            f"The job asks for the calibration of {text!r:.40}, but {rules.name} is a simulator and has none. "
            "Leave 'calibration_date' out, or run on a device."
        )
    try:
        return parse_utc(text)
    except ProtocolError as err:
        raise JobRejected(
            f"The option 'calibration_date' should be a date such as '2021-03-03T00:00:00Z', not {text!r:.60}."
        ) from err


def read_method(config: Mapping[str, Any], rules: DeviceRules) -> str:
    """Return the simulation method: the job's, or else the device's."""
    method = config.get("method")
    if method is None:
        method = rules.method
    method = METHOD_ALIASES.get(method, method) if isinstance(method, str) else method
    if method not in METHODS:
        raise JobRejected(f"The option 'method' is {method!r:.60}. It should be one of {', '.join(METHODS)}.")
    if rules.method == AUTOMATIC or method == rules.method:
        return str(method)
    if method == AUTOMATIC:
        return rules.method
    raise JobRejected(
        f"The option 'method' is {method!r}, but {rules.name} simulates by {rules.method!r} only. "
        "Leave 'method' out, or use ibmq_qasm_simulator, which has all methods."
    )


def read_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of the simulator."""
    settings = {}
    for key, value in config.items():
        if value is None or key not in SETTINGS:
            continue
        if key in WHOLE_SETTINGS:
            suits, expected = is_whole(value, 1, _SETTINGS_BELOW), "a whole number of 1 or more"
        elif key in REAL_SETTINGS:
            suits, expected = is_number(value) and value >= 0, "a number of 0 or more"
        elif key in SWITCH_SETTINGS:
            suits, expected = isinstance(value, bool), "true or false"
        else:
            suits, expected = (
                isinstance(value, str) and value in CHOICE_SETTINGS[key],
                f"one of {', '.join(CHOICE_SETTINGS[key])}",
            )
        if not suits:
            raise JobRejected(f"The option {key!r} should be {expected}, not {value!r:.60}.")
        settings[key] = value
    return settings
