# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a worker process does with a task: read, check, run, write.

Importing this module imports Qiskit and Aer; only worker processes do.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.jobs import JobError
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.devices import Fleet
from qiskit_ibmq_provider.service.domain.durable import DurableFile
from qiskit_ibmq_provider.service.domain.engine import Task, TaskOutcome
from qiskit_ibmq_provider.service.domain.errors import DomainError, UnknownDevice
from qiskit_ibmq_provider.service.executor.circuits.aer import CircuitRunner
from qiskit_ibmq_provider.service.executor.circuits.device_noise import CalibrationNoise
from qiskit_ibmq_provider.service.executor.circuits.normalise import keep_final_state, normalise
from qiskit_ibmq_provider.service.executor.circuits.resources import (
    NoiseTraits,
    check_memory,
    check_noise,
    check_time,
)
from qiskit_ibmq_provider.service.executor.circuits.results import (
    circuit_provenance,
    circuit_results,
    circuit_summary,
)
from qiskit_ibmq_provider.service.executor.pulse.runner import DeviceDocuments, PulseRunner, runs_by_pulses
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import read_circuit_job
from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules
from qiskit_ibmq_provider.service.executor.qobj.options import KERNELED, read_calibration_date
from qiskit_ibmq_provider.service.executor.readout import Readout
from qiskit_ibmq_provider.service.executor.recently_used import RecentlyUsed
from qiskit_ibmq_provider.service.executor.result_document import encode_document, failures, result_document
from qiskit_ibmq_provider.service.executor.worker_processes import WorkerSettings

__all__ = ["Worker"]

logger = get_logger(__name__)

_NOISES_KEPT: Final = 8
"""Devices whose noise a worker remembers."""


Computed = tuple[Mapping[str, Any], Mapping[str, Any]]
"""The Result document of a job, and what the job shows of it."""


class Worker:
    """Runs tasks, one after the other, with what it remembers of devices."""

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._fleet = Fleet(settings.device_dirs, check=False, caps=settings.caps)
        self._runner = CircuitRunner(settings.threads, settings.memory)
        self._pulses = PulseRunner(settings.memory)
        self._noises = RecentlyUsed[CalibrationNoise](_NOISES_KEPT)

    def run(self, task: Task) -> TaskOutcome:
        """Run a task and write its result. Whatever is wrong with the job is in the outcome."""
        begin = time.monotonic()
        try:
            document, summary = self._compute(task)
            with DurableFile(task.result_path) as file:
                file.write(encode_document(document))
        except JobRejected as refusal:
            return _failed(ApiJobStatus.ERROR_VALIDATING_JOB, refusal.message, refusal.code)
        except DomainError as err:
            return _failed(ApiJobStatus.ERROR_RUNNING_JOB, err.message, err.code)
        except MemoryError:
            return _failed(
                ApiJobStatus.ERROR_RUNNING_JOB,
                "The job needs more memory than a worker of this service has. Use fewer circuits, qubits or shots.",
                ErrorCode.EXECUTION_FAILED,
            )
        except Exception as err:  # noqa: BLE001
            # A defect here must end this one job with a message. Without this it would end the worker, and the job would be tried again.
            logger.exception("Job %s failed inside the worker.", task.job_id)
            return _failed(
                ApiJobStatus.ERROR_RUNNING_JOB,
                f"The simulation failed: {type(err).__name__}: {err!s:.300}",
                ErrorCode.EXECUTION_FAILED,
            )
        problem = failures(document)
        return TaskOutcome(
            status=ApiJobStatus.COMPLETED if problem is None else ApiJobStatus.ERROR_RUNNING_JOB,
            error=None if problem is None else JobError(problem, int(ErrorCode.EXECUTION_FAILED)),
            has_result=True,
            summary=summary,
            time_taken=time.monotonic() - begin,
        )

    def _compute(self, task: Task) -> Computed:
        try:
            rules = DeviceRules.from_configuration(self._fleet.configuration(task.backend_name))
        except UnknownDevice as err:
            raise JobRejected(err.message, err.code) from err
        payload = _payload(task.payload_path)
        if runs_by_pulses(payload):
            return self._compute_by_pulses(task, rules, payload)
        job = read_circuit_job(payload, rules, max_experiments=self._settings.max_experiments)
        noise = None if rules.simulator else self._noise(rules, job.calibration_date)
        circuits = [normalise(experiment.instructions, rules, noise) for experiment in job.experiments]
        if rules.returns_states:
            for experiment, circuit in zip(job.experiments, circuits):
                keep_final_state(circuit, experiment.qubits)
        model = job.noise_model
        if noise is not None:
            model = noise.model(
                (key for circuit in circuits for key in circuit.gates),
                (qubit for circuit in circuits for qubit in circuit.measured),
                (key for circuit in circuits for key in circuit.delays),
            )
        traits = NoiseTraits.from_model(model)
        check_noise(job.method, traits, rules.name)
        check_memory(job, self._settings.memory, rules.name, noise=traits)
        check_time(job, rules.name, noise=traits, threads=self._settings.threads, limit=task.time_limit)
        begin = time.monotonic()
        results = self._runner.run(job, circuits, model)
        readout: Optional[Readout] = None
        if job.meas_level == KERNELED:
            properties = self.calibration(rules.name, job.calibration_date)
            readout = Readout.from_properties(rules.name, properties, rules.qubits)
        calibrated = None if noise is None else noise.calibrated
        provenance = circuit_provenance(job, calibrated)
        document = result_document(
            task,
            rules,
            circuit_results(job, circuits, results, provenance, readout),
            qobj_id=job.qobj_id,
            header=job.header,
            metadata=provenance.of_result(rules),
            time_taken=time.monotonic() - begin,
        )
        return document, circuit_summary(job, circuits, calibrated)

    def _compute_by_pulses(self, task: Task, rules: DeviceRules, payload: Mapping[str, Any]) -> Computed:
        """Read and run a job of schedules, or of circuits with gates that are defined by pulses."""
        config = payload.get("config")
        instant = read_calibration_date(config if isinstance(config, dict) else {}, rules)
        device = DeviceDocuments(
            configuration=self._fleet.configuration(rules.name),
            defaults=self._fleet.defaults(rules.name),
            properties=self.calibration(rules.name, instant),
            generation=self._fleet.generation,
        )
        return self._pulses.run(task, rules, device, payload, max_experiments=self._settings.max_experiments)

    def calibration(self, name: str, instant: Optional[datetime.datetime]) -> Optional[dict[str, Any]]:
        """Return the calibration of a device at an instant, or its newest; ``None`` for a device without any."""
        if instant is None:
            return self._fleet.properties(name)
        found = self._fleet.properties_at(name, instant)
        if found is None:
            dates = self._fleet.calibration_dates(name)
            oldest = f"its oldest is of {format_utc(dates[0])}" if dates else "it has none at all"
            raise JobRejected(
                f"{name} has no calibration of {format_utc(instant)} or before: {oldest}. "
                "Choose a later 'calibration_date', or add the calibration with `ibmq devices add`."
            )
        return found

    def _noise(self, rules: DeviceRules, instant: Optional[datetime.datetime]) -> Optional[CalibrationNoise]:
        properties = self.calibration(rules.name, instant)
        if properties is None:
            return None
        key = (rules.name, properties["last_update_date"], self._fleet.generation)
        return self._noises.get(key, lambda: CalibrationNoise(properties, rules.dt))


def _payload(path: Path) -> Any:
    try:
        return codec.loads(path.read_bytes())
    except ProtocolError as err:
        raise JobRejected(f"The payload is not a Qobj: {err}") from err


def _failed(status: ApiJobStatus, message: str, code: ErrorCode) -> TaskOutcome:
    return TaskOutcome(status=status, error=JobError(message, int(code)))
