# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the head of a payload says, of circuits as of schedules: how many experiments there are, and how each is run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import DeviceRules

__all__ = [
    "CLASSIFIED",
    "DEFAULT_SHOTS",
    "KERNELED",
    "experiment_place",
    "json_object",
    "read_experiments",
    "read_measurement",
    "read_memory",
    "read_seed",
    "read_shots",
]

KERNELED: Final = 1
"""The measurement level of points in the IQ plane. Raw signals of level 0 are not simulated."""

CLASSIFIED: Final = 2
"""The measurement level of bits."""

DEFAULT_SHOTS: Final = 1024
"""What Qiskit takes where nothing is said."""

_SEED_BITS: Final = 63


def json_object(value: Any, what: str) -> Mapping[str, Any]:
    """Return a value that must be a JSON object.

    Raises:
        Refusal: it is none.
    """
    if not isinstance(value, dict):
        raise Refusal(f"{what} should be a JSON object, not {type(value).__name__}.")
    return value


def experiment_place(index: int, header: Mapping[str, Any]) -> str:
    """Return how messages name an experiment."""
    name = header.get("name")
    return f"Experiment {index} ({name!r:.60})" if isinstance(name, str) else f"Experiment {index}"


def read_experiments(qobj: Mapping[str, Any], rules: DeviceRules, limit: Optional[int]) -> list[Any]:
    """Return the list of experiments of a payload.

    Raises:
        Refusal: there is no such list, or it holds none or too many.
    """
    experiments = qobj.get("experiments")
    if not isinstance(experiments, list):
        raise Refusal("The payload has no list 'experiments': it is not a Qobj.")
    if not experiments:
        raise Refusal(
            "The job holds no circuit and no schedule. Submit at least one.", ErrorCode.NO_EXPERIMENTS
        )
    most = rules.max_experiments if limit is None else min(limit, rules.max_experiments)
    if len(experiments) > most:
        raise Refusal(
            f"The job holds {len(experiments)} circuits or schedules, but {rules.name} takes at most {most} in one job. "
            "Split it into several jobs.",
            ErrorCode.TOO_MANY_EXPERIMENTS,
        )
    return experiments


def read_shots(config: Mapping[str, Any], rules: DeviceRules, where: str, default: int) -> int:
    """Return the number of shots of a job or of one of its experiments.

    Raises:
        Refusal: the device does not run so many.
    """
    shots = config.get("shots")
    if shots is None:
        return min(default, rules.max_shots)
    if isinstance(shots, bool) or not isinstance(shots, int) or shots < 1:
        raise Refusal(
            f"{where} asks for {shots!r:.40} shots. It should be a whole number of 1 or more.",
            ErrorCode.INVALID_SHOTS,
        )
    if shots > rules.max_shots:
        raise Refusal(
            f"{where} asks for {shots} shots, but {rules.name} runs at most {rules.max_shots}.",
            ErrorCode.INVALID_SHOTS,
        )
    return shots


def read_memory(config: Mapping[str, Any], where: str, default: bool) -> bool:
    """Return whether the outcome of each shot is asked for.

    Raises:
        Refusal: it is neither true nor false.
    """
    memory = config.get("memory")
    if memory is None:
        return default
    if not isinstance(memory, bool):
        raise Refusal(f"{where}: 'memory' should be true or false, not {memory!r:.40}.")
    return memory


def read_measurement(config: Mapping[str, Any], rules: DeviceRules) -> tuple[int, str]:
    """Return the level of measurement, and ``avg`` or ``single`` for points of level 1.

    Raises:
        Refusal: the device does not return such data.
    """
    level = config.get("meas_level")
    if level is None:
        level = CLASSIFIED
    known = sorted(rules.meas_levels & {KERNELED, CLASSIFIED})
    if isinstance(level, bool) or level not in known:
        raise Refusal(
            f"The job asks for measurement level {level!r:.40}. {rules.name} returns data of level "
            f"{' and '.join(map(str, known))} only; leave 'meas_level' out for counts."
        )
    returned = config.get("meas_return")
    if returned not in (None, "avg", "single"):
        raise Refusal(f"The option 'meas_return' should be 'avg' or 'single', not {returned!r:.40}.")
    return int(level), returned or "avg"


def read_seed(config: Mapping[str, Any]) -> Optional[int]:
    """Return the seed of the random numbers, or ``None`` for one of the simulator's choice.

    Raises:
        Refusal: it is no whole number that a seed can be.
    """
    seed = config.get("seed_simulator")
    if seed is None:
        return None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**_SEED_BITS:
        raise Refusal(
            f"The option 'seed_simulator' should be a whole number from 0 to 2^{_SEED_BITS}, not {seed!r:.40}."
        )
    return seed
