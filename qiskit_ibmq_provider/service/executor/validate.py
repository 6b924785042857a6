# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Reading a Qobj document: structure, counts and limits of the device.

The document comes from a user and may hold anything. What cannot be run is refused with a message that says which circuit and which
instruction it is about; nothing else comes out of here.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.executor.circuit_reader import CircuitReader
from qiskit_ibmq_provider.service.executor.known_options import check_options
from qiskit_ibmq_provider.service.executor.noise_model import read_noise_model
from qiskit_ibmq_provider.service.executor.payload import CircuitJob, Experiment
from qiskit_ibmq_provider.service.executor.qobj_head import (
    DEFAULT_SHOTS,
    experiment_place,
    json_object,
    read_experiments,
    read_measurement,
    read_memory,
    read_seed,
    read_shots,
)
from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import MAX_MEMORY_SLOTS, DeviceRules
from qiskit_ibmq_provider.service.executor.simulator_options import (
    check_method,
    read_method,
    read_options,
)

__all__ = ["read_calibration_date", "read_job"]


def read_job(document: Any, rules: DeviceRules, *, max_experiments: Optional[int] = None) -> CircuitJob:
    """Return the job that a Qobj document describes.

    Args:
        document: the decoded payload.
        rules: what the device accepts.
        max_experiments: the service's own limit of circuits, if it is lower than the device's.

    Raises:
        Refusal: the document is no Qobj of circuits, or the device does not run it.
    """
    qobj = json_object(document, "The payload")
    _check_kind(qobj)
    config = json_object(qobj.get("config") or {}, "The field 'config' of the payload")
    experiments = read_experiments(qobj, rules, max_experiments)
    check_options(config, rules)
    meas_level, meas_return = read_measurement(config, rules)
    shots = read_shots(config, rules, "The job", DEFAULT_SHOTS)
    memory = read_memory(config, "The job", False)
    read = [
        _experiment(index, entry, config, rules, shots=shots, memory=memory)
        for index, entry in enumerate(experiments)
    ]
    method = read_method(config, rules)
    check_method(method, read)
    options = read_options(config)
    # The simulator forgets to renumber the qubits of a multiplexer when it leaves out idle ones, and writes past its memory.
    multiplexed = any(entry["name"] == "multiplexer" for circuit in read for entry in circuit.instructions)
    header = qobj.get("header")
    qobj_id = qobj.get("qobj_id")
    return CircuitJob(
        qobj_id=qobj_id if isinstance(qobj_id, str) else "",
        header=header if isinstance(header, dict) else None,
        experiments=read,
        shots=shots,
        memory=memory,
        memory_slots=max(experiment.memory_slots for experiment in read),
        method=method,
        seed=read_seed(config),
        noise_model=read_noise_model(config, rules),
        options=options,
        whole_registers=multiplexed or options.get("enable_truncation") is False,
        calibration_date=read_calibration_date(config, rules),
        meas_level=meas_level,
        meas_return=meas_return,
    )


def read_calibration_date(config: Mapping[str, Any], rules: DeviceRules) -> Optional[datetime.datetime]:
    """Return the instant whose calibration a job asks for, aware, or ``None`` for the newest calibration.

    Raises:
        Refusal: it is no date, or the job runs on a simulator, which has no calibrations.
    """
    text = config.get("calibration_date")
    if text is None:
        return None
    if rules.simulator:
        raise Refusal(
            f"The job asks for the calibration of {text!r:.40}, but {rules.name} is a simulator and has none. "
            "Leave 'calibration_date' out, or run on a device."
        )
    try:
        return parse_utc(text)
    except ProtocolError as err:
        raise Refusal(
            f"The option 'calibration_date' should be a date such as '2021-03-03T00:00:00Z', not {text!r:.60}."
        ) from err


def _check_kind(qobj: Mapping[str, Any]) -> None:
    """Refuse documents that do not hold circuits."""
    kind = qobj.get("type", "QASM")
    if kind != "QASM":
        raise Refusal(f"The field 'type' of the payload should be 'QASM' or 'PULSE', not {kind!r:.40}.")


def _experiment(
    index: int, entry: Any, job_config: Mapping[str, Any], rules: DeviceRules, *, shots: int, memory: bool
) -> Experiment:
    """Read one circuit."""
    experiment = json_object(entry, f"Experiment {index}")
    header = json_object(experiment.get("header") or {}, f"The header of experiment {index}")
    where = experiment_place(index, header)
    config = json_object(experiment.get("config") or {}, f"{where}: the field 'config'")
    instructions = experiment.get("instructions")
    if not isinstance(instructions, list):
        raise Refusal(f"{where} has no list 'instructions'.")
    slots = _size(config, job_config, header, "memory_slots", where)
    if slots is not None and slots > MAX_MEMORY_SLOTS:
        raise Refusal(f"{where} has {slots} classical bits. At most {MAX_MEMORY_SLOTS} can be simulated.")
    qubits = _size(config, {}, header, "n_qubits", where)
    if qubits is not None and qubits > rules.qubits:
        raise Refusal(
            f"{where} has {qubits} qubits, but {rules.name} has {rules.qubits}.", ErrorCode.TOO_MANY_QUBITS
        )
    reader = CircuitReader(rules, where, rules.qubits if qubits is None else qubits, slots)
    read = reader.read(instructions)
    return Experiment(
        header=header,
        qubits=reader.used_size if qubits is None else qubits,
        memory_slots=reader.slots_used if slots is None else slots,
        shots=read_shots(config, rules, where, shots),
        memory=read_memory(config, where, memory),
        instructions=read,
        active=reader.active,
    )


def _size(
    config: Mapping[str, Any], job_config: Mapping[str, Any], header: Mapping[str, Any], key: str, where: str
) -> Optional[int]:
    """Return the number of qubits or classical bits of a circuit, or ``None`` if nothing says it."""
    for source in (config, header, job_config):
        value = source.get(key)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise Refusal(f"{where}: {key!r} should be a number of 0 or more, not {value!r:.40}.")
        return value
    return None
