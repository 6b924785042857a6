# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Backends of somebody else, small enough to say all about them in a test."""

from __future__ import annotations

import threading
from typing import Any, Optional

from qiskit.exceptions import QiskitError
from qiskit.providers import BackendV1, Options
from qiskit.providers.models import BackendStatus, QasmBackendConfiguration

__all__ = ["SmallBackend"]


class SmallBackend(BackendV1):
    """A backend that counts how often its status is asked for, and may wait for others to be asked too.

    Args:
        name: name.
        n_qubits: number of qubits.
        pending_jobs: length of the queue.
        operational: whether it works.
        status_msg: text of the status.
        failure: raised instead of giving a status.
        meeting: waited for by each who asks for the status.
        extra: more fields of the configuration.
    """

    def __init__(
        self,
        name: str,
        n_qubits: int = 5,
        pending_jobs: int = 0,
        operational: bool = True,
        status_msg: str = "active",
        failure: Optional[QiskitError] = None,
        meeting: Optional[threading.Barrier] = None,
        **extra: Any,
    ) -> None:
        configuration = {
            "backend_name": name,
            "backend_version": "1.0.0",
            "n_qubits": n_qubits,
            "basis_gates": ["u"],
            "gates": [],
            "local": False,
            "simulator": False,
            "conditional": False,
            "open_pulse": False,
            "memory": True,
            "max_shots": 100,
            "coupling_map": None,
            **extra,
        }
        super().__init__(QasmBackendConfiguration.from_dict(configuration))
        self._answer = BackendStatus(name, "1.0.0", operational, pending_jobs, status_msg)
        self._failure, self._meeting = failure, meeting
        self.asked = 0

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    def status(self) -> BackendStatus:
        self.asked += 1
        if self._meeting is not None:
            self._meeting.wait()
        if self._failure is not None:
            raise self._failure
        return self._answer

    def run(self, run_input: Any, **options: Any) -> Any:
        raise NotImplementedError
