# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs that are run by pulses, from the payload to the Result document: schedules, and circuits with gates that are defined by pulses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

from qiskit_ibmq_provider.service.domain.engine import Task
from qiskit_ibmq_provider.service.executor.known_options import check_options
from qiskit_ibmq_provider.service.executor.pulse.budget import SampleBudget
from qiskit_ibmq_provider.service.executor.pulse.device import PulseDevice
from qiskit_ibmq_provider.service.executor.pulse.job import PulseJob
from qiskit_ibmq_provider.service.executor.pulse.reader import SCHEDULES, read_schedules
from qiskit_ibmq_provider.service.executor.pulse.results import DeviceDocuments
from qiskit_ibmq_provider.service.executor.pulse.runner import PulseRunner
from qiskit_ibmq_provider.service.executor.pulse.scheduling import has_pulse_gates, read_circuits
from qiskit_ibmq_provider.service.executor.qobj_head import json_object
from qiskit_ibmq_provider.service.executor.rules import DeviceRules

__all__ = ["PulseJobs", "runs_by_pulses"]


def runs_by_pulses(payload: Any) -> bool:
    """Tell whether a payload holds schedules, or circuits with gates that are defined by pulses."""
    return isinstance(payload, dict) and (payload.get("type") == SCHEDULES or has_pulse_gates(payload))


class PulseJobs:
    """Runs such jobs, one after the other. One serves all jobs of a worker process.

    Args:
        memory: bytes of memory of the worker.
    """

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._runner = PulseRunner()

    def compute(
        self,
        task: Task,
        rules: DeviceRules,
        documents: DeviceDocuments,
        payload: Mapping[str, Any],
        *,
        max_experiments: Optional[int] = None,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Read and run a job.

        Args:
            task: the job's id and its limit of time.
            rules: what the device accepts.
            documents: the device, with the calibration that the job runs with.
            payload: the decoded payload, for which :func:`runs_by_pulses` holds.
            max_experiments: the service's own limit of experiments, if it is lower than the device's.

        Returns:
            The Result document, and what the job shows of it.

        Raises:
            Refusal: the job cannot be read, or the device does not run it.
        """
        check_options(json_object(payload.get("config") or {}, "The field 'config' of the payload"), rules)
        device = PulseDevice.from_documents(documents.configuration, documents.defaults)
        read = read_schedules if payload.get("type") == SCHEDULES else read_circuits
        job = read(payload, rules, device, SampleBudget(self._memory), max_experiments=max_experiments)
        return self._runner.run(task, rules, documents, job), _summary(job, rules, documents)


def _summary(job: PulseJob, rules: DeviceRules, documents: DeviceDocuments) -> dict[str, Any]:
    """Return what ``summaryData.summary`` shows of a job."""
    told: dict[str, Any] = {
        "num_circuits": len(job.experiments),
        "gates_executed": sum(experiment.timeline.steps for experiment in job.experiments),
        "max_qubits_used": max(len(experiment.timeline.qubits) for experiment in job.experiments),
        "qobj_config": {
            "type": job.kind,
            "shots": job.settings.shots,
            "n_qubits": rules.qubits,
            "memory_slots": max(experiment.slots for experiment in job.experiments),
        },
    }
    if documents.calibrated is not None:
        told["calibration_date"] = documents.calibrated
    return told
