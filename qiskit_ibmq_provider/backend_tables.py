# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Backends as tables of plain text: all of them in one, or one of them in detail.

From terra 0.25 on the functions of the same names in ``qiskit.tools.monitor`` look for another package; these replace them.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, Final, Optional, TextIO, Union

from qiskit.providers.exceptions import BackendPropertyError
from qiskit.providers.models import BackendProperties

from qiskit_ibmq_provider._text_table import table
from qiskit_ibmq_provider.accountprovider import AccountProvider
from qiskit_ibmq_provider.exceptions import IBMQBackendApiError, IBMQProviderError
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend

__all__ = ["backend_monitor", "backend_overview"]

_THREADS: Final = 8
"""How many backends are asked at the same time."""

_MICRO: Final = 1e6
_GIGA: Final = 1e-9
_NANO: Final = 1e9


def backend_overview(
    backends: Union[AccountProvider, Iterable[IBMQBackend], None] = None, *, output: Optional[TextIO] = None
) -> None:
    """Print one line for each backend: size, status, jobs that wait, and the means of its calibration data.

    The device that works and has the fewest jobs waiting is marked with a star. Devices come first, simulators last.

    Args:
        backends: a provider, or backends; by default those of all providers of the account in use.
        output: where to write; by default standard output.

    Example:

        >>> from qiskit_ibmq_provider.backend_tables import backend_overview
        >>> backend_overview([provider.get_backend("ibmq_vigo"), provider.get_backend("ibmq_qasm_simulator")])
        name                 qubits  status  queue  T1/us  T2/us  2-qubit error  readout error  calibrated
        ibmq_vigo *               5  active  ...
        ibmq_qasm_simulator      32  active  ...

    Raises:
        IBMQProviderError: nothing is given and no account is in use.
        IBMQBackendApiError: the list of backends cannot be asked for. A single backend that does not answer is shown without its values.
    """
    chosen = sorted(
        _unique(backends), key=lambda b: (b.configuration().simulator, b.configuration().n_qubits)
    )
    with ThreadPoolExecutor(max_workers=_THREADS) as pool:
        rows = list(pool.map(_overview_row, chosen))
    working = [row for row in rows if row[2] == "active" and row[4] != "-"]
    if working:
        least = min(working, key=lambda row: row[3])
        least[0] = f"{least[0]} *"
    header = (
        "name",
        "qubits",
        "status",
        "queue",
        "T1/us",
        "T2/us",
        "2-qubit error",
        "readout error",
        "calibrated",
    )
    _write(output, table(header, rows))


def backend_monitor(backend: IBMQBackend, *, output: Optional[TextIO] = None) -> None:
    """Print the configuration and status of a backend, and the calibration of each qubit and gate.

    Args:
        backend: the backend.
        output: where to write; by default standard output.

    Example:

        >>> from qiskit_ibmq_provider.backend_tables import backend_monitor
        >>> backend_monitor(provider.get_backend("ibmq_vigo"))
        ibmq_vigo
        =========
        qubits: 5
        operational: True
        ...

    Raises:
        IBMQBackendApiError: the server refused, or could not be asked.
    """
    configuration, status = backend.configuration(), backend.status()
    facts = {
        "qubits": configuration.n_qubits,
        "operational": status.operational,
        "status": status.status_msg,
        "jobs waiting": status.pending_jobs,
        "version": configuration.backend_version,
        "simulator": configuration.simulator,
        "basis gates": ", ".join(configuration.basis_gates),
        "most shots": configuration.max_shots,
        "most circuits": getattr(configuration, "max_experiments", None),
        "open pulse": configuration.open_pulse,
        "quantum volume": getattr(configuration, "quantum_volume", None),
        "processor": _processor(getattr(configuration, "processor_type", None)),
        "description": getattr(configuration, "description", None),
    }
    lines = [backend.name(), "=" * len(backend.name())]
    lines += [f"{name}: {value}" for name, value in facts.items() if value is not None]
    properties = None if configuration.simulator else backend.properties()
    if properties is not None:
        lines += [f"calibrated: {properties.last_update_date:%Y-%m-%d %H:%M}", ""]
        lines += [_qubit_table(properties), "", _gate_table(properties)]
    _write(output, "\n".join(lines))


def _unique(backends: Union[AccountProvider, Iterable[IBMQBackend], None]) -> list[IBMQBackend]:
    if backends is None:
        from qiskit_ibmq_provider import IBMQ

        providers = IBMQ.providers()
        if not providers:
            raise IBMQProviderError(
                "No account is in use. Call IBMQ.load_account() first, or give a provider: backend_overview(provider)."
            )
        found = [backend for provider in providers for backend in provider.backends()]
    elif isinstance(backends, AccountProvider):
        found = backends.backends()
    else:
        found = list(backends)
    return list({backend.name(): backend for backend in reversed(found)}.values())[::-1]


def _overview_row(backend: IBMQBackend) -> list[Any]:
    configuration = backend.configuration()
    try:
        status = backend.status()
        properties = None if configuration.simulator else backend.properties()
    except IBMQBackendApiError:
        return [backend.name(), configuration.n_qubits, "unknown", "-", "-", "-", "-", "-", "-"]
    state = status.status_msg if status.operational else f"not operational ({status.status_msg})"
    row: list[Any] = [backend.name(), configuration.n_qubits, state, status.pending_jobs]
    if properties is None:
        return [*row, "-", "-", "-", "-", "-"]
    qubits = [(qubit,) for qubit in range(len(properties.qubits))]
    pairs = [(gate.gate, gate.qubits) for gate in properties.gates if len(gate.qubits) == 2]
    return [
        *row,
        _mean(properties.t1, qubits, form=".1f", factor=_MICRO),
        _mean(properties.t2, qubits, form=".1f", factor=_MICRO),
        _mean(properties.gate_error, pairs, form=".5f"),
        _mean(properties.readout_error, qubits, form=".5f"),
        f"{properties.last_update_date:%Y-%m-%d}",
    ]


def _qubit_table(properties: BackendProperties) -> str:
    names = list(dict.fromkeys(gate.gate for gate in properties.gates if len(gate.qubits) == 1))
    names = [name for name in names if name not in ("id", "reset")]
    rows = [
        [
            f"Q{qubit}",
            _value(properties.frequency, qubit, form=".5f", factor=_GIGA),
            _value(properties.t1, qubit, form=".1f", factor=_MICRO),
            _value(properties.t2, qubit, form=".1f", factor=_MICRO),
            _value(properties.readout_error, qubit, form=".5f"),
            *(_value(properties.gate_error, name, qubit, form=".5f") for name in names),
        ]
        for qubit in range(len(properties.qubits))
    ]
    header = [
        "qubit",
        "frequency/GHz",
        "T1/us",
        "T2/us",
        "readout error",
        *(f"{name} error" for name in names),
    ]
    return table(header, rows)


def _gate_table(properties: BackendProperties) -> str:
    rows = [
        [
            f"{gate.gate}{'_'.join(str(qubit) for qubit in gate.qubits)}",
            gate.gate,
            _value(properties.gate_error, gate.gate, gate.qubits, form=".5f"),
            _value(properties.gate_length, gate.gate, gate.qubits, form=".0f", factor=_NANO),
        ]
        for gate in properties.gates
        if len(gate.qubits) > 1
    ]
    return table(("gate", "type", "error", "length/ns"), rows)


def _known(read: Callable[..., float], *arguments: Any) -> Optional[float]:
    """Return a value, or ``None`` where the calibration does not have it."""
    try:
        return read(*arguments)
    except BackendPropertyError:
        return None


def _value(read: Callable[..., float], *arguments: Any, form: str, factor: float = 1.0) -> str:
    """Return a value as text, or a dash where the calibration does not have it."""
    value = _known(read, *arguments)
    return "-" if value is None else format(value * factor, form)


def _mean(
    read: Callable[..., float], all_arguments: Iterable[tuple[Any, ...]], *, form: str, factor: float = 1.0
) -> str:
    """Return the mean of the values that the calibration has."""
    values = [_known(read, *arguments) for arguments in all_arguments]
    known = [value for value in values if value is not None]
    return format(statistics.fmean(known) * factor, form) if known else "-"


def _processor(kind: Any) -> Optional[str]:
    """Return the type of the processor, such as ``Falcon r5.11L``."""
    if not isinstance(kind, dict):
        return None
    revision = f" r{kind['revision']}{kind.get('segment') or ''}" if kind.get("revision") else ""
    return f"{kind.get('family', 'unknown')}{revision}"


def _write(output: Optional[TextIO], text: str) -> None:
    (sys.stdout if output is None else output).write(f"{text}\n")
