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
from typing import TYPE_CHECKING, Any, Optional, Union

from qiskit.assembler.disassemble import disassemble
from qiskit.exceptions import QiskitError
from qiskit.qobj import PulseQobj, QasmQobj

from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.encoding.disassembly import rebuild_circuits, rebuild_programs
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError
from qiskit_ibmq_provider.job.utils import job_api_error
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.status import ApiJobKind
from qiskit_ibmq_provider.utils.qobj_utils import dict_to_qobj

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.pulse import Schedule

    from qiskit_ibmq_provider.job._state import JobState

__all__ = ["JobPayload", "outline"]

Qobj = Union[QasmQobj, PulseQobj]


class JobPayload:
    """The payload of one job. Threads that ask at the same time share one download.

    Args:
        state: what is known of the job.
        qobj: the payload, where it is here already.
        header: the user's header, where it is known.
        options: the run options, where they are known.
    """

    def __init__(
        self,
        state: JobState,
        qobj: Optional[Union[Mapping[str, Any], Qobj]] = None,
        header: Optional[Mapping[str, Any]] = None,
        options: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._document: Optional[Mapping[str, Any]] = qobj if isinstance(qobj, Mapping) else None
        self._qobj: Optional[Qobj] = None if isinstance(qobj, Mapping) else qobj
        self._header = None if header is None else dict(header)
        self._options = None if options is None else dict(options)
        self._circuits: Optional[list[Union[QuantumCircuit, Schedule]]] = None

    def circuits(self) -> list[Union[QuantumCircuit, Schedule]]:
        """Return the circuits or schedules; none for a job without a payload."""
        if not self._exists():
            return []
        with self._lock:
            if self._circuits is None:
                self._circuits = self._rebuild()
                self._document = None
            return list(self._circuits)

    def options(self) -> dict[str, Any]:
        """Return the run options; none for a job without a payload."""
        if not self._exists():
            return {}
        with self._lock:
            if self._options is None:
                self._read_outline()
            return copy.deepcopy(self._options or {})

    def header(self) -> dict[str, Any]:
        """Return the user's header; an empty one for a job without a payload."""
        if not self._exists():
            return {}
        with self._lock:
            if self._header is None:
                self._read_outline()
            return copy.deepcopy(self._header or {})

    def qobj(self) -> Optional[Qobj]:
        """Return the whole payload, ``None`` for a job without one."""
        if not self._exists():
            return None
        with self._lock:
            if self._qobj is None:
                self._qobj = self._build(self._fetched())
                self._document = None
            return self._qobj

    def known_outline(self) -> dict[str, Any]:
        """Return header and options as far as they are known, without asking for them."""
        return {"header": self._header, "options": self._options}

    def _exists(self) -> bool:
        """Tell whether the job has a payload: those from before there were Qobj documents have none."""
        return self._state.filled("kind").kind is not None

    def _download(self) -> Mapping[str, Any]:
        """Fetch the payload document."""
        record = self._state.record
        if record.qobj is not None:
            return record.qobj
        in_storage = record.kind != ApiJobKind.QOBJECT.value
        try:
            return self._state.api_client.job_download_qobj(record.id, use_object_storage=in_storage)
        except ApiError as err:
            raise job_api_error(f"The payload of job {record.id} cannot be fetched", err) from err

    def _fetched(self) -> Mapping[str, Any]:
        """Return the document, downloading it if it is not here."""
        if self._document is None:
            self._document = self._download()
        return self._document

    def _rebuild(self) -> list[Union[QuantumCircuit, Schedule]]:
        """Build the circuits, and find out options and header on the way."""
        document = None if self._qobj is not None else self._fetched()
        with self._readable():
            if document is not None and document.get("type") == "QASM":
                circuits = rebuild_circuits(document)
                options, header = outline(document)
            else:
                qobj = dict_to_qobj(document) if document is not None else self._qobj
                circuits, options, header = rebuild_programs(qobj)
        self._remember(options, header)
        return circuits

    def _read_outline(self) -> None:
        """Find out options and header without building the circuits."""
        document = self._qobj.to_dict() if self._qobj is not None else self._fetched()
        with self._readable():
            self._remember(*outline(document))

    def _remember(self, options: dict[str, Any], header: dict[str, Any]) -> None:
        """Keep options and header, unless they are known from the submission itself."""
        self._options = options if self._options is None else self._options
        self._header = header if self._header is None else self._header

    def _build(self, document: Mapping[str, Any]) -> Qobj:
        """Return the document as qiskit's Qobj."""
        with self._readable():
            return dict_to_qobj(document)

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
                f"The payload of job {self._state.record.id} cannot be read: {type(err).__name__}: {str(err).rstrip('.')}. Ask for it "
                "again; if that does not help, whoever runs the service should know."
            ) from err


def outline(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return run options and header of a payload as qiskit's ``disassemble`` does, without its circuits.

    Args:
        document: a Qobj as a dictionary.
    """
    # The frequencies of single schedules stand in their experiments; of circuits the experiments say nothing
    # about options.
    pulse = document.get("type") == "PULSE"
    experiments = [{**entry, "instructions": []} for entry in document["experiments"]] if pulse else []
    bare = {**document, "experiments": experiments}
    _, options, header = disassemble(dict_to_qobj(bare))
    return options, header
