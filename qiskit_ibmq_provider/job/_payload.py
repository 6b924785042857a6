# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What was submitted: circuits, options and header of a job, fetched from the server when asked for.

A payload is large (about 10 kB for each circuit of five qubits) and most scripts never look at it again. So a
job that was submitted here keeps its header and options only. Otherwise the document is kept from its
download until the circuits are built from it.
"""

from __future__ import annotations

import contextlib
import copy
import threading
from collections.abc import Iterator, Mapping
from typing import Any, Callable, Optional, Union

from qiskit import QuantumCircuit
from qiskit.assembler.disassemble import disassemble
from qiskit.exceptions import QiskitError
from qiskit.pulse import Schedule
from qiskit.qobj import PulseQobj, QasmQobj

from qiskit_ibmq_provider.encoding.disassembly import rebuild_circuits, rebuild_programs
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.utils.qobj_utils import dict_to_qobj

__all__ = ["JobPayload", "Qobj", "outline"]

Qobj = Union[QasmQobj, PulseQobj]

_Fetch = Callable[[], Mapping[str, Any]]


class JobPayload:
    """The payload of one job, or what is known of it. Threads that ask at the same time share one download.

    Where a method is given ``fetch``, it downloads the document with it if it has to.
    """

    def __init__(
        self,
        job_id: str,
        qobj: Optional[Union[Mapping[str, Any], Qobj]] = None,
        header: Optional[Mapping[str, Any]] = None,
        options: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self._job_id = job_id
        self._lock = threading.Lock()
        self._document: Optional[Mapping[str, Any]] = qobj if isinstance(qobj, Mapping) else None
        self._qobj: Optional[Qobj] = None if isinstance(qobj, Mapping) else qobj
        self._header = None if header is None else dict(header)
        self._options = None if options is None else dict(options)
        self._circuits: Optional[list[Union[QuantumCircuit, Schedule]]] = None

    def circuits(self, fetch: _Fetch) -> list[Union[QuantumCircuit, Schedule]]:
        with self._lock:
            if self._circuits is None:
                self._circuits = self._rebuild(fetch)
                self._document = None
            return list(self._circuits)

    def options(self, fetch: _Fetch) -> dict[str, Any]:
        with self._lock:
            if self._options is None:
                self._read_outline(fetch)
            return copy.deepcopy(self._options or {})

    def header(self, fetch: _Fetch) -> dict[str, Any]:
        with self._lock:
            if self._header is None:
                self._read_outline(fetch)
            return copy.deepcopy(self._header or {})

    def qobj(self, fetch: _Fetch) -> Qobj:
        with self._lock:
            if self._qobj is None:
                document = self._fetched(fetch)
                with self._readable():
                    self._qobj = dict_to_qobj(document)
                self._document = None
            return self._qobj

    def known_outline(self) -> dict[str, Any]:
        """Return header and options as far as they are known, without asking for them."""
        return {"header": self._header, "options": self._options}

    def _fetched(self, fetch: _Fetch) -> Mapping[str, Any]:
        if self._document is None:
            self._document = fetch()
        return self._document

    def _rebuild(self, fetch: _Fetch) -> list[Union[QuantumCircuit, Schedule]]:
        """Build the circuits, and find out options and header on the way."""
        document = None if self._qobj is not None else self._fetched(fetch)
        with self._readable():
            if document is not None and document.get("type") == "QASM":
                circuits = rebuild_circuits(document)
                options, header = outline(document)
            else:
                qobj = dict_to_qobj(document) if document is not None else self._qobj
                circuits, options, header = rebuild_programs(qobj)
        self._remember(options, header)
        return circuits

    def _read_outline(self, fetch: _Fetch) -> None:
        document = self._qobj.to_dict() if self._qobj is not None else self._fetched(fetch)
        with self._readable():
            self._remember(*outline(document))

    def _remember(self, options: dict[str, Any], header: dict[str, Any]) -> None:
        """Keep options and header, unless they are known from the submission itself."""
        self._options = options if self._options is None else self._options
        self._header = header if self._header is None else self._header

    @contextlib.contextmanager
    def _readable(self) -> Iterator[None]:
        """Say in one way that a payload cannot be read, whatever is wrong with it."""
        try:
            yield
        except (
            ProtocolError,
            KeyError,
            TypeError,
            ValueError,
            AttributeError,
            IndexError,
            QiskitError,
        ) as err:
            self._document = None  # The next call fetches it again.
            raise IBMQJobApiError(
                f"The payload of job {self._job_id} cannot be read: {type(err).__name__}: {str(err).rstrip('.')}. Ask for it "
                "again; if that does not help, whoever runs the service should know."
            ) from err


def outline(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return run options and header of a payload as qiskit's ``disassemble`` does, without its circuits."""
    # The frequencies of single schedules stand in their experiments; of circuits the experiments say nothing
    # about options.
    pulse = document.get("type") == "PULSE"
    experiments = [{**entry, "instructions": []} for entry in document["experiments"]] if pulse else []
    bare = {**document, "experiments": experiments}
    _, options, header = disassemble(dict_to_qobj(bare))
    return options, header
