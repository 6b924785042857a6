# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""A server of one device without a network: it answers with the device's snapshot and remembers what was sent to it."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Callable, Optional

from support.snapshots import snapshot

from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.encoding import decode_backend_configuration
from qiskit_ibmq_provider.encoding.qobj import EncodedQobj
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend, IBMQSimulator
from qiskit_ibmq_provider.protocol.backends import BackendStatusRecord, JobLimitRecord, ReservationRecord
from qiskit_ibmq_provider.protocol.jobs import JobRecord

__all__ = ["DeviceServer", "simulator_configuration"]


@dataclasses.dataclass
class Submitted:
    """One job as it arrived."""

    backend_name: str
    body: bytes
    labels: dict[str, Any]

    @property
    def qobj(self) -> dict[str, Any]:
        return json.loads(self.body)


def simulator_configuration(**changes: Any) -> dict[str, Any]:
    """Return the configuration of a simulator without noise."""
    return {
        "backend_name": "ibmq_qasm_simulator",
        "backend_version": "0.1.547",
        "n_qubits": 32,
        "basis_gates": ["u1", "u2", "u3", "cx", "h", "x", "id"],
        "gates": [{"name": "u1", "parameters": ["lambda"], "qasm_def": None}],
        "local": False,
        "simulator": True,
        "conditional": True,
        "open_pulse": False,
        "memory": True,
        "max_shots": 100000,
        "max_experiments": 300,
        "coupling_map": None,
        "online_date": "2019-05-02T08:15:00.000Z",
        **changes,
    }


class DeviceServer:
    """What a backend asks, answered from documents that a test may change.

    Args:
        device: folder of the snapshot; None for a simulator.
        changes: changes of the configuration.
    """

    def __init__(self, device: Optional[str] = "vigo", **changes: Any) -> None:
        self.configuration = {**snapshot(device), **changes} if device else simulator_configuration(**changes)
        self.properties = self._document(device, "props")
        self.defaults = self._document(device, "defs")
        self.status = BackendStatusRecord(True, "active", 3, "1.2.3")
        self.limit = JobLimitRecord(5, 2, extra={"somethingElse": 7})
        self.reservations: list[ReservationRecord] = []
        self.requests: list[Any] = []
        self.submitted: list[Submitted] = []
        self.on_submit: Callable[[], JobRecord] = lambda: JobRecord(
            id=f"job{len(self.submitted)}",
            creation_date="2021-06-01T09:31:02.417123Z",
            status="QUEUED",
            kind="q-object-external-storage",
        )
        self.credentials = Credentials("token", "http://127.0.0.1:1/api", hub="h", group="g", project="p")

    def backend(self, provider: Any = None) -> IBMQBackend:
        """Return the backend of this server's device."""
        configuration = decode_backend_configuration(self.configuration)
        kind = IBMQSimulator if configuration.simulator else IBMQBackend
        return kind(configuration, provider, self.credentials, self)

    @staticmethod
    def _document(device: Optional[str], kind: str) -> Any:
        try:
            return snapshot(device, kind) if device else None
        except FileNotFoundError:
            return None

    def backend_status(self, name: str) -> BackendStatusRecord:
        self.requests.append(("status", name))
        return self.status

    def backend_properties(self, name: str, datetime: Any = None) -> Any:
        self.requests.append(("properties", name, datetime))
        return self.properties

    def backend_pulse_defaults(self, name: str) -> Any:
        self.requests.append(("defaults", name))
        return self.defaults

    def backend_job_limit(self, name: str) -> JobLimitRecord:
        self.requests.append(("limit", name))
        return self.limit

    def backend_reservations(self, name: str, start: Any, end: Any) -> list[ReservationRecord]:
        self.requests.append(("reservations", name, start, end))
        return self.reservations

    def job_submit(self, backend_name: str, qobj_dict: EncodedQobj, **labels: Any) -> JobRecord:
        self.submitted.append(Submitted(backend_name, b"".join(qobj_dict.parts), labels))
        return self.on_submit()
