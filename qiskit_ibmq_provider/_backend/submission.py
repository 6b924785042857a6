# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""From what is given to ``run`` to a job: check it, encode it, submit it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Callable, Final, Optional, Union

from qiskit.exceptions import QiskitError
from qiskit.qobj import PulseQobj, QasmQobj
from qiskit.tools.events.pubsub import Publisher

from qiskit_ibmq_provider._backend.api_errors import api_errors
from qiskit_ibmq_provider._backend.idle_gates import Delays, IdleTimes, qobj_with_delays
from qiskit_ibmq_provider._backend.programs import (
    check_circuits,
    check_qobj,
    check_schedules,
    circuits_or_schedules,
)
from qiskit_ibmq_provider._backend.run_options import checked_options, merged_options, unknown_options
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.encoding.assembly import assemble_circuits, assemble_schedules
from qiskit_ibmq_provider.encoding.qobj import EncodedQobj, encode_with
from qiskit_ibmq_provider.exceptions import IBMQBackendError, IBMQBackendValueError, IBMQError
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.utils.utils import validate_job_tags

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.ibmqbackend import IBMQBackend

__all__ = ["JobLabels", "Prepared", "prepared", "submit", "takes_qobj_keyword"]

logger = get_logger(__name__)

_OF_SCHEDULES: Final = ("memory_slot_size", "memory_slots", "rep_time")
"""Options that a Qobj of circuits has no place for, or holds something else in."""


@dataclasses.dataclass(frozen=True)
class JobLabels:
    """What a job is called and sorted by."""

    name: Optional[str] = None
    tags: Optional[list[str]] = None
    experiment_id: Optional[str] = None

    def check(self) -> None:
        """Check the types.

        Raises:
            IBMQBackendValueError: one of them is wrong.
        """
        validate_job_tags(self.tags, IBMQBackendValueError)
        for what, value in (("job_name", self.name), ("experiment_id", self.experiment_id)):
            if value is not None and not isinstance(value, str):
                raise IBMQBackendValueError(f"{what} should be a string, not {value!r:.80}.")


@dataclasses.dataclass(frozen=True)
class Prepared:
    """A payload, and what there is to say about it to the caller before it is sent."""

    payload: EncodedQobj
    live_data_enabled: Optional[bool] = None
    is_qobj: bool = False
    has_idle_gates: bool = False
    unknown: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def notices(self, backend_name: str) -> list[tuple[str, type[Warning]]]:
        """Return warnings about options: text and category of each."""
        texts = [
            f"{name} is not an option that {backend_name} knows; it is sent as it is, and may be refused or have no effect."
            for name in self.unknown
        ]
        if self.ignored:
            reason = "A Qobj holds its own options" if self.is_qobj else "Some options are for schedules only"
            texts.append(f"{reason}; these have no effect: {', '.join(self.ignored)}.")
        return [(text, UserWarning) for text in texts]


def takes_qobj_keyword(run: Callable[..., IBMQJob]) -> Callable[..., IBMQJob]:
    """Let ``run`` take its first argument by its name of long ago, ``qobj``."""

    @functools.wraps(run)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> IBMQJob:
        if "qobj" in kwargs:
            warnings.warn(
                f"The argument `qobj` of {type(self).__name__}.run is deprecated: it is called `circuits` now.",
                DeprecationWarning,
                stacklevel=2,
            )
            if args or "circuits" in kwargs:
                raise TypeError("run() takes `circuits` or `qobj`, not both.")
            kwargs["circuits"] = kwargs.pop("qobj")
        return run(self, *args, **kwargs)

    return wrapper


def prepared(backend: IBMQBackend, programs: Any, given: Mapping[str, Any]) -> Prepared:
    """Check and encode what is to be run.

    Args:
        backend: where it is to run.
        programs: circuits, schedules or a Qobj. They are not changed.
        given: the options of this run; None means not given.

    Raises:
        IBMQBackendValueError: the backend does not accept a program or an option.
        IBMQBackendApiError: calibration data or pulse defaults are needed and the server does not give them.
    """
    with _value_errors():
        if isinstance(programs, (QasmQobj, PulseQobj)):
            return _prepared_qobj(backend, programs, given)
        return _prepared_programs(backend, programs, given)


def submit(backend: IBMQBackend, api_client: AccountClient, labels: JobLabels, ready: Prepared) -> IBMQJob:
    """Send a payload and return its job. Listeners to ``ibmq.job.start`` are told.

    Raises:
        IBMQBackendJobLimitError: the limit of unfinished jobs is reached.
        IBMQBackendApiProtocolError: the server's answer cannot be read.
        IBMQBackendApiError: the server refused, or could not be asked.
        IBMQBackendError: the server took the job and says at once that it failed.
    """
    with api_errors("Error submitting job"):
        record = api_client.job_submit(
            backend_name=backend.name(),
            qobj_dict=ready.payload.parts,
            job_name=labels.name,
            job_tags=labels.tags,
            experiment_id=labels.experiment_id,
            live_data_enabled=ready.live_data_enabled,
        )
    if record.error is not None:
        raise IBMQBackendError(
            f"Error submitting job {record.id}: {record.error.message} Error code: {record.error.code}.",
            code=record.error.code,
        )
    job = IBMQJob.from_record(
        backend, api_client, record, header=ready.payload.header, options=ready.payload.run_options
    )
    logger.debug("Job %s is submitted to %s.", record.id, backend.name())
    _announce(job)
    return job


def _announce(job: IBMQJob) -> None:
    """Tell those who watch for new jobs, such as terra's Jupyter tools."""
    try:
        Publisher().publish("ibmq.job.start", job)
    except Exception:  # noqa: BLE001 - the server has accepted the job: a faulty listener must not lose it for the caller
        logger.warning("A listener of 'ibmq.job.start' failed on job %s.", job.job_id(), exc_info=True)


def _prepared_programs(backend: IBMQBackend, programs: Any, given: Mapping[str, Any]) -> Prepared:
    circuits, schedules = circuits_or_schedules(programs)
    configuration = backend.configuration()
    defaults = backend.options.__dict__
    unknown = unknown_options(defaults, given, simulator=configuration.simulator)
    options = checked_options(merged_options(defaults, given), configuration)
    live_data_enabled = options.pop("live_data_enabled")
    parameter_binds = options.pop("parameter_binds", None)
    qobj_header = options.pop("qobj_header", None)
    options["qobj_header"] = options.pop("header", None) or qobj_header
    method = _simulation_method(configuration)
    if method and "method" not in options:
        options["method"] = method
    schedule_los = options.pop("schedule_los", None)
    has_idle_gates = False
    ignored: tuple[str, ...] = ()
    if schedules:
        check_schedules(schedules, configuration, schedule_los=schedule_los)
        payload = assemble_schedules(schedules, backend, schedule_los=schedule_los, **options)
    else:
        check_circuits(circuits, configuration, parameter_binds=parameter_binds, schedule_los=schedule_los)
        ignored = tuple(name for name in _OF_SCHEDULES if given.get(name) is not None)
        delays = Delays(_idle_times(backend)) if _takes_delays(configuration) else None
        payload = assemble_circuits(
            circuits,
            backend,
            parameter_binds=parameter_binds,
            schedule_los=schedule_los,
            without_idle_gates=delays,
            **options,
        )
        has_idle_gates = delays is not None and delays.used
    return Prepared(
        payload, live_data_enabled, has_idle_gates=has_idle_gates, unknown=tuple(unknown), ignored=ignored
    )


def _prepared_qobj(
    backend: IBMQBackend, qobj: Union[QasmQobj, PulseQobj], given: Mapping[str, Any]
) -> Prepared:
    """Prepare a Qobj: it holds its own options. Only a simulator's noise model may still be added."""
    configuration = backend.configuration()
    check_qobj(qobj, configuration)
    stated = {key: value for key, value in given.items() if value is not None}
    live_data_enabled = stated.pop("live_data_enabled", None)
    extra = {}
    method = _simulation_method(configuration)
    if method and not hasattr(qobj.config, "method"):
        extra["method"] = method
    if configuration.simulator and "noise_model" in stated:
        extra["noise_model"] = stated.pop("noise_model")
    active = qobj
    if isinstance(qobj, QasmQobj) and _takes_delays(configuration):
        active = qobj_with_delays(qobj, _idle_times(backend))
    return Prepared(
        encode_with(active, **extra),
        live_data_enabled,
        is_qobj=True,
        has_idle_gates=active is not qobj,
        ignored=tuple(sorted(stated)),
    )


def _simulation_method(configuration: Any) -> Optional[str]:
    return getattr(configuration, "simulation_method", None) if configuration.simulator else None


def _takes_delays(configuration: Any) -> bool:
    return not configuration.simulator and "delay" in getattr(configuration, "supported_instructions", ())


def _idle_times(backend: IBMQBackend) -> IdleTimes:
    return IdleTimes(backend.properties, getattr(backend.configuration(), "dt", None))


@contextlib.contextmanager
def _value_errors() -> Iterator[None]:
    """Raise what Qiskit finds wrong with programs and options as an error of the backend."""
    try:
        yield
    except IBMQError:
        raise
    except QiskitError as err:
        raise IBMQBackendValueError(err.message) from err
