# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""From programs and options to the payload of a job: checked against the device, and encoded."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, Final, Optional, Union

from qiskit.exceptions import QiskitError
from qiskit.providers import BackendV1
from qiskit.qobj import PulseQobj, QasmQobj

from qiskit_ibmq_provider._backend.idle_gates import Delays, IdleTimes, qobj_with_delays, takes_delays
from qiskit_ibmq_provider._backend.programs import (
    check_circuits,
    check_qobj,
    check_schedules,
    circuits_or_schedules,
)
from qiskit_ibmq_provider._backend.run_options import checked_options, merged_options, unknown_options
from qiskit_ibmq_provider.encoding.assembly import assemble_circuits, assemble_schedules
from qiskit_ibmq_provider.encoding.qobj import EncodedQobj, encode_with
from qiskit_ibmq_provider.exceptions import IBMQBackendValueError, IBMQError

__all__ = ["Prepared", "prepare"]

_OF_SCHEDULES: Final = ("memory_slot_size", "memory_slots", "rep_time")
"""Options that a Qobj of circuits has no place for, or holds something else in."""


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A payload, and what there is to say about it to the caller before it is sent."""

    payload: EncodedQobj
    live_data_enabled: Optional[bool] = None
    is_qobj: bool = False
    has_idle_gates: bool = False
    unknown: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def notices(self, backend_name: str) -> list[str]:
        """Return the texts of warnings about options."""
        texts = [
            f"{name} is not an option that {backend_name} knows; it is sent as it is, and may be refused or have no effect."
            for name in self.unknown
        ]
        if self.ignored:
            reason = "A Qobj holds its own options" if self.is_qobj else "Some options are for schedules only"
            texts.append(f"{reason}; these have no effect: {', '.join(self.ignored)}.")
        return texts


def prepare(
    programs: Any,
    given: Mapping[str, Any],
    configuration: Any,
    defaults: Mapping[str, Any],
    device: BackendV1,
) -> Prepared:
    """Check and encode what is to be run.

    Args:
        programs: circuits, schedules or a Qobj. They are not changed.
        given: the options of this run; None means not given.
        configuration: what the device accepts.
        defaults: the options of runs that give none.
        device: gives calibration data and pulse defaults, where they are needed.

    Raises:
        IBMQBackendValueError: the device does not accept a program or an option.
        IBMQBackendApiError: calibration data or pulse defaults are needed and the server does not give them.
    """
    method = getattr(configuration, "simulation_method", None) if configuration.simulator else None
    method = method if isinstance(method, str) else None
    delays = None
    if takes_delays(configuration):
        delays = Delays(IdleTimes(device.properties, getattr(configuration, "dt", None)))
    with _value_errors():
        if isinstance(programs, (QasmQobj, PulseQobj)):
            return _prepared_qobj(programs, given, configuration, method, delays)
        circuits, schedules = circuits_or_schedules(programs)
        unknown = tuple(unknown_options(defaults, given, simulator=configuration.simulator))
        options = checked_options(merged_options(defaults, given), configuration)
        live_data_enabled = options.pop("live_data_enabled")
        parameter_binds = options.pop("parameter_binds", None)
        qobj_header = options.pop("qobj_header", None)
        options["qobj_header"] = options.pop("header", None) or qobj_header
        if method:
            options.setdefault("method", method)
        schedule_los = options.pop("schedule_los", None)
        if schedules:
            check_schedules(schedules, configuration, schedule_los=schedule_los)
            payload = assemble_schedules(schedules, device, schedule_los=schedule_los, **options)
            return Prepared(payload, live_data_enabled, unknown=unknown)
        check_circuits(circuits, configuration, parameter_binds=parameter_binds, schedule_los=schedule_los)
        payload = assemble_circuits(
            circuits,
            device,
            parameter_binds=parameter_binds,
            schedule_los=schedule_los,
            without_idle_gates=delays,
            **options,
        )
    return Prepared(
        payload,
        live_data_enabled,
        has_idle_gates=delays is not None and delays.used,
        unknown=unknown,
        ignored=tuple(name for name in _OF_SCHEDULES if given.get(name) is not None),
    )


def _prepared_qobj(
    qobj: Union[QasmQobj, PulseQobj],
    given: Mapping[str, Any],
    configuration: Any,
    method: Optional[str],
    delays: Optional[Delays],
) -> Prepared:
    """Prepare a Qobj: it holds its own options. Only a simulator's noise model may still be added."""
    check_qobj(qobj, configuration)
    stated = {key: value for key, value in given.items() if value is not None}
    live_data_enabled = stated.pop("live_data_enabled", None)
    extra = {}
    if method and not hasattr(qobj.config, "method"):
        extra["method"] = method
    if configuration.simulator and "noise_model" in stated:
        extra["noise_model"] = stated.pop("noise_model")
    active = qobj
    if isinstance(qobj, QasmQobj) and delays is not None:
        active = qobj_with_delays(qobj, delays.times)
    return Prepared(
        encode_with(active, **extra),
        live_data_enabled,
        is_qobj=True,
        has_idle_gates=active is not qobj,
        ignored=tuple(sorted(stated)),
    )


@contextlib.contextmanager
def _value_errors() -> Iterator[None]:
    """Raise what Qiskit finds wrong with programs and options as an error of the backend."""
    try:
        yield
    except IBMQError:
        raise
    except QiskitError as err:
        raise IBMQBackendValueError(err.message) from err
