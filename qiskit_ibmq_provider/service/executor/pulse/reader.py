# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Reading a Qobj document of schedules.

The document comes from a user and may hold anything. What cannot be run is refused with a message that says which experiment, which
instruction and which channel it is about; nothing else comes out of here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.service.executor.pulse.budget import SampleBudget
from qiskit_ibmq_provider.service.executor.pulse.device import PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.job import PulseExperiment, PulseJob, RunSettings
from qiskit_ibmq_provider.service.executor.pulse.settings import read_drives, read_settings, read_slots
from qiskit_ibmq_provider.service.executor.pulse.steps import StepReader
from qiskit_ibmq_provider.service.executor.pulse.timeline import Timeline, read_timeline
from qiskit_ibmq_provider.service.executor.qobj_head import experiment_place, json_object, read_experiments
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import DeviceRules

__all__ = ["SCHEDULES", "read_library", "read_schedules", "slots_used"]

SCHEDULES: Final = "PULSE"
"""The type of a Qobj of schedules."""


def read_schedules(
    document: Mapping[str, Any],
    rules: DeviceRules,
    device: PulseDevice,
    budget: SampleBudget,
    *,
    max_experiments: Optional[int] = None,
) -> PulseJob:
    """Return the job that a Qobj document of schedules describes.

    Args:
        document: the decoded payload.
        rules: what the device accepts.
        device: what it offers to schedules.
        budget: how much the job may play.
        max_experiments: the service's own limit of experiments, if it is lower than the device's.

    Raises:
        Refusal: the document cannot be read, or the device does not run it.
    """
    config = json_object(document.get("config") or {}, "The field 'config' of the payload")
    settings = read_settings(config, rules)
    library = {**device.library, **read_library(config)}
    reader = StepReader(device, library)
    experiments = [
        _experiment(index, entry, config, settings, reader, device, budget)
        for index, entry in enumerate(read_experiments(document, rules, max_experiments))
    ]
    header = document.get("header")
    qobj_id = document.get("qobj_id")
    return PulseJob(
        kind=SCHEDULES,
        qobj_id=qobj_id if isinstance(qobj_id, str) else "",
        header=header if isinstance(header, dict) else None,
        experiments=experiments,
        settings=settings,
    )


def read_library(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the sampled pulses of a payload by name, their samples still as they came.

    Raises:
        Refusal: the list cannot be read.
    """
    pulses = config.get("pulse_library") or []
    if not isinstance(pulses, list):
        raise Refusal(f"'pulse_library' should be a list of pulses, not {type(pulses).__name__}.")
    library = {}
    for index, pulse in enumerate(pulses):
        if not isinstance(pulse, dict) or not isinstance(pulse.get("name"), str):
            raise Refusal(
                f"Entry {index} of 'pulse_library' should be a JSON object with a name and samples."
            )
        library[pulse["name"]] = pulse.get("samples")
    return library


def slots_used(timeline: Timeline) -> int:
    """Return how many memory slots the acquisitions need."""
    return max(
        (item.memory_slot + 1 for item in timeline.acquisitions if item.memory_slot is not None), default=0
    )


def _experiment(
    index: int,
    entry: Any,
    job_config: Mapping[str, Any],
    settings: RunSettings,
    reader: StepReader,
    device: PulseDevice,
    budget: SampleBudget,
) -> PulseExperiment:
    """Read one schedule."""
    experiment = json_object(entry, f"Experiment {index}")
    header = json_object(experiment.get("header") or {}, f"The header of experiment {index}")
    where = experiment_place(index, header)
    config = json_object(experiment.get("config") or {}, f"{where}: the field 'config'")
    drives = read_drives(config, job_config, device, where)
    steps = reader.read(experiment.get("instructions"), where)
    budget.take(steps, where)
    timeline = read_timeline(device, steps, where, drives)
    slots = read_slots((config, header, job_config), slots_used(timeline), settings, where)
    return PulseExperiment(header=header, timeline=timeline, slots=slots, where=where)
