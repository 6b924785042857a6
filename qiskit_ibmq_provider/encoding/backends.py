# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Documents of a device, as Qiskit's models: configuration, calibration data and pulse defaults.

On the wire frequencies are in GHz, time steps in ns and repetition times in µs; Qiskit's models convert them to Hz and seconds.
The documents are never changed, and fields that Qiskit's models would refuse are left out.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final, Optional, Union

from qiskit.exceptions import QiskitError
from qiskit.providers.models import (
    BackendProperties,
    PulseBackendConfiguration,
    PulseDefaults,
    QasmBackendConfiguration,
)

from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.encoding.lazy_models import UnreadDefaults, own_command, own_properties
from qiskit_ibmq_provider.encoding.qobj import pulse_library
from qiskit_ibmq_provider.encoding.values import to_complex
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, as_objects, required
from qiskit_ibmq_provider.protocol.timestamps import parse_utc

__all__ = [
    "decode_backend_configuration",
    "decode_backend_properties",
    "decode_pulse_defaults",
    "own_properties",
]

logger = get_logger(__name__)

_GATE_FIELDS: Final = frozenset(
    {"name", "parameters", "qasm_def", "coupling_map", "latency_map", "conditional", "description"}
)
_MAY_BE_MISSING: Final[Mapping[str, Any]] = {
    "conditional": False,
    "coupling_map": None,
    "gates": None,
    "local": False,
    "memory": False,
    "open_pulse": False,
}
_UNFIT = (KeyError, TypeError, ValueError, AttributeError, IndexError, QiskitError)


def decode_backend_configuration(
    data: Mapping[str, Any],
) -> Union[QasmBackendConfiguration, PulseBackendConfiguration]:
    """Return the configuration of a device: with pulse data where the document has all of it, else without.

    The document is not changed, but the configuration keeps its lists: copying them would take half the time of a login.

    Raises:
        ProtocolError: the document cannot be a device's configuration. The message names the device.
    """
    what = "the device configuration"
    document = as_object(data, what)
    name = required(document, "backend_name", str, what)
    what = f"the configuration of {name!r}"
    for key, kind in (
        ("backend_version", str),
        ("n_qubits", int),
        ("basis_gates", list),
        ("max_shots", int),
        ("simulator", bool),
    ):
        required(document, key, kind, what)
    fields = {**_MAY_BE_MISSING, **document}
    fields["gates"] = [
        _gate(gate) for gate in as_objects(fields["gates"] or [], f"the list of gates in {what}")
    ]
    online_date = _date_or_none(fields.pop("online_date", None), what)
    if online_date is not None:
        fields["online_date"] = online_date
    try:
        return PulseBackendConfiguration.from_dict({**fields, "u_channel_lo": _u_channels(fields)})
    except _UNFIT as err:
        logger.debug("No pulse configuration for %s: %s: %s", name, type(err).__name__, err)
    try:
        return QasmBackendConfiguration.from_dict(fields)
    except _UNFIT as err:
        raise ProtocolError(f"Qiskit cannot use {what}: {type(err).__name__}: {err}.") from err


def decode_backend_properties(
    data: Optional[Mapping[str, Any]], *, backend_name: Optional[str] = None
) -> Optional[BackendProperties]:
    """Return the calibration data of a device with dates as aware local datetimes, or None where there is none.

    Args:
        data: the document; None and an empty one mean that there is none.
        backend_name: the device's name, for a document that does not say it.

    Raises:
        ProtocolError: the document is not one of calibration data.
    """
    if not data:
        return None
    what = "the device properties"
    document = as_object(data, what)
    dates = _Dates(required(document, "last_update_date", str, what))
    fields = {
        **document,
        "backend_name": document.get("backend_name") or backend_name or "",
        "backend_version": document.get("backend_version") or "0.0.0",
        "last_update_date": dates.last_update,
    }
    try:
        with collector_held():
            fields["qubits"] = [dates.nduvs(qubit) for qubit in document.get("qubits") or ()]
            fields["gates"] = [
                {**gate, "parameters": dates.nduvs(gate.get("parameters") or ())}
                for gate in document.get("gates") or ()
            ]
            fields["general"] = dates.nduvs(document.get("general") or ())
            return BackendProperties.from_dict(fields)
    except _UNFIT as err:
        raise ProtocolError(f"Qiskit cannot use {what}: {type(err).__name__}: {err}.") from err


def decode_pulse_defaults(data: Optional[Mapping[str, Any]]) -> Optional[PulseDefaults]:
    """Return the pulse defaults of a device, or None where there are none.

    The document is not changed, and may not be changed later: its commands are read when they are asked for. What they return is
    a copy.

    Raises:
        ProtocolError: the document is not one of pulse defaults.
    """
    if not data:
        return None
    what = "the pulse defaults"
    document = as_object(data, what)
    fields = {"buffer": 0, **document}
    try:
        for key in ("meas_kernel", "discriminator"):
            option = fields.pop(key, None)
            if option:
                fields[key] = {"name": option.get("name"), "params": option.get("params") or {}}
        with collector_held():
            commands = as_objects(fields.pop("cmd_def", None), what)
            fields.pop("pulse_library", None)
            own = copy.deepcopy(fields)
            own["pulse_library"] = pulse_library(document.get("pulse_library") or ())
            if all(isinstance(entry.get("sequence"), list) and entry.get("qubits") for entry in commands):
                return UnreadDefaults(commands, own)
            return PulseDefaults.from_dict({**own, "cmd_def": [own_command(entry) for entry in commands]})
    except _UNFIT as err:
        raise ProtocolError(f"Qiskit cannot use {what}: {type(err).__name__}: {err}.") from err


class _Dates:
    """Reads the many dates of a calibration document, most of which are the same."""

    def __init__(self, last_update: str) -> None:
        self._known: dict[str, dt.datetime] = {}
        self.last_update = self.local(last_update)

    def local(self, text: str) -> dt.datetime:
        instant = self._known.get(text)
        if instant is None:
            instant = self._known[text] = parse_utc(text).astimezone()
        return instant

    def nduvs(self, items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return measured values, each with exactly the four fields that Qiskit knows."""
        return [
            {
                "date": self.local(item["date"]) if item.get("date") else self.last_update,
                "name": item["name"],
                "unit": item.get("unit") or "",
                "value": item["value"],
            }
            for item in items
        ]


def _gate(gate: Mapping[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in gate.items() if key in _GATE_FIELDS}
    return {"parameters": [], "qasm_def": "", **known}


def _u_channels(fields: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    return [
        [{"q": item["q"], "scale": to_complex(item["scale"])} for item in channel]
        for channel in fields["u_channel_lo"]
    ]


def _date_or_none(value: Any, what: str) -> Optional[dt.datetime]:
    """Return a date that is only displayed, or None if it cannot be read: that is no reason to refuse the device."""
    if value is None:
        return None
    try:
        return parse_utc(value)
    except ProtocolError as err:
        logger.debug("The online date in %s is left out: %s", what, err)
        return None
