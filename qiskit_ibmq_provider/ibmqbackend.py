# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Backends: what circuits are run on, and what is known about it."""

from __future__ import annotations

import copy
import datetime as dt
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, NoReturn, Optional, TypeVar, Union

from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.providers import BackendV1, JobStatus, Options, ProviderV1
from qiskit.providers.models import (
    BackendProperties,
    BackendStatus,
    PulseBackendConfiguration,
    PulseDefaults,
    QasmBackendConfiguration,
)
from qiskit.pulse import LoConfig, Schedule, ScheduleBlock
from qiskit.pulse.channels import PulseChannel
from qiskit.qobj import PulseQobj, QasmQobj
from qiskit.qobj.utils import MeasLevel, MeasReturnType
from qiskit.tools.events.pubsub import Publisher

from qiskit_ibmq_provider._backend.api_errors import api_errors
from qiskit_ibmq_provider._backend.estimate import RunEstimate, run_seconds
from qiskit_ibmq_provider._backend.idle_gates import Delays, IdleTimes, takes_delays
from qiskit_ibmq_provider._backend.kept_document import KeptDocument
from qiskit_ibmq_provider._backend.payload import prepare
from qiskit_ibmq_provider._backend.programs import count_programs
from qiskit_ibmq_provider._backend.run_options import default_options, default_shots, simulator_options
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider._warnings import warn_caller
from qiskit_ibmq_provider.backendjoblimit import BackendJobLimit
from qiskit_ibmq_provider.backendreservation import BackendReservation
from qiskit_ibmq_provider.credentials import Credentials
from qiskit_ibmq_provider.encoding.backends import (
    decode_backend_properties,
    decode_pulse_defaults,
    own_properties,
)
from qiskit_ibmq_provider.exceptions import IBMQBackendError, IBMQBackendValueError, IBMQError
from qiskit_ibmq_provider.job.ibmqjob import IBMQJob
from qiskit_ibmq_provider.protocol.backends import BackendStatusRecord, JobLimitRecord
from qiskit_ibmq_provider.protocol.jobs import JobRecord
from qiskit_ibmq_provider.utils.backend import convert_reservation_data
from qiskit_ibmq_provider.utils.converters import local_to_utc
from qiskit_ibmq_provider.utils.utils import validate_job_tags

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.clients.account import AccountClient

__all__ = ["IBMQBackend", "IBMQRetiredBackend", "IBMQSimulator"]

logger = get_logger(__name__)

Configuration = Union[QasmBackendConfiguration, PulseBackendConfiguration]
Programs = Union[
    QuantumCircuit,
    Schedule,
    ScheduleBlock,
    QasmQobj,
    PulseQobj,
    Sequence[Union[QuantumCircuit, Schedule, ScheduleBlock]],
]
Frequencies = Union[LoConfig, Mapping[PulseChannel, float]]

_QOBJ_TEXT = "Passing a Qobj to run() is deprecated. Pass the circuits or schedules themselves."
_ID_TEXT = (
    "Devices no longer support the 'id' instruction: it is sent as a delay of the length of an sx gate. "
    "Write the 'delay' instruction instead."
)

_UNFINISHED = (JobStatus.INITIALIZING, JobStatus.VALIDATING, JobStatus.QUEUED, JobStatus.RUNNING)

_OF_THIS_PROCESS = ("_api_client", "_given_credentials", "_stays_as_known")
"""Attributes that a pickle leaves out."""

_Backend = TypeVar("_Backend", bound="IBMQBackend")


def _takes_qobj_keyword(run: Callable[..., IBMQJob]) -> Callable[..., IBMQJob]:
    """Let ``run`` take its first argument by its name of long ago, ``qobj``."""

    @functools.wraps(run)
    def wrapper(self: Any, *args: Any, **kwargs: Any) -> IBMQJob:
        if "qobj" in kwargs:
            warn_caller(
                f"The argument `qobj` of {type(self).__name__}.run is deprecated: it is called `circuits` now.",
                DeprecationWarning,
            )
            if args or "circuits" in kwargs:
                raise TypeError("run() takes `circuits` or `qobj`, not both.")
            kwargs["circuits"] = kwargs.pop("qobj")
        return run(self, *args, **kwargs)

    return wrapper


class IBMQBackend(BackendV1):
    """A device, reached through one provider. Backends come from the provider; this class is not made directly.

    :meth:`run` sends circuits or pulse schedules and returns an :class:`~qiskit.providers.ibmq.job.IBMQJob` at once. It does not
    transpile: do that first, for this backend.

    Example:

        >>> from qiskit import transpile
        >>> vigo = provider.get_backend("ibmq_vigo")
        >>> job = vigo.run(transpile(circuit, vigo), shots=1000)
        >>> sum(job.result().get_counts().values())
        1000
        >>> vigo.status().operational, vigo.configuration().max_shots
        (True, 8192)
        >>> f"{vigo.properties().t1(0):.1e} s"
        '...e-0... s'

    The job can be found again by its id, also from another session, with :meth:`retrieve_job`.

    All frequencies are in Hz and all times in seconds, as everywhere in Qiskit. The other methods tell about the backend:
    :meth:`status` whether it works and how long its queue is, :meth:`job_limit` how many jobs may be unfinished,
    :meth:`configuration`, :meth:`properties` and :meth:`defaults` what it is made of and how it is calibrated.

    Args:
        configuration: what the backend is made of.
        provider: the provider that it belongs to.
        credentials: account and project.
        api_client: requests to the server, for this project.
    """

    qobj_warning_issued = False
    """Whether the caller has been told that Qobj are deprecated."""

    id_warning_issued = False
    """Whether the caller has been told that ``id`` gates are replaced by delays."""

    _stays_as_known = False

    def __init__(
        self,
        configuration: Configuration,
        provider: ProviderV1,
        credentials: Credentials,
        api_client: AccountClient,
    ) -> None:
        super().__init__(provider=provider, configuration=configuration)
        self._api_client = api_client
        self._given_credentials: Optional[Credentials] = credentials
        self.hub = credentials.hub
        self.group = credentials.group
        self.project = credentials.project
        build = functools.partial(decode_backend_properties, backend_name=configuration.backend_name)
        self._kept_properties: KeptDocument[BackendProperties] = KeptDocument(build, own_properties)
        self._kept_defaults: KeptDocument[PulseDefaults] = KeptDocument(decode_pulse_defaults)
        if self.options.get("shots") is not None:
            self.set_options(shots=default_shots(configuration))

    @classmethod
    def _default_options(cls) -> Options:
        return default_options()

    # Running.

    @_takes_qobj_keyword
    def run(
        self,
        circuits: Programs,
        job_name: Optional[str] = None,
        job_share_level: Optional[str] = None,
        job_tags: Optional[list[str]] = None,
        experiment_id: Optional[str] = None,
        header: Optional[Mapping[str, Any]] = None,
        shots: Optional[int] = None,
        memory: Optional[bool] = None,
        qubit_lo_freq: Optional[Sequence[float]] = None,
        meas_lo_freq: Optional[Sequence[float]] = None,
        schedule_los: Union[None, Frequencies, Sequence[Frequencies]] = None,
        meas_level: Union[None, int, MeasLevel] = None,
        meas_return: Union[None, str, MeasReturnType] = None,
        memory_slots: Optional[int] = None,
        memory_slot_size: Optional[int] = None,
        rep_time: Optional[float] = None,
        rep_delay: Optional[float] = None,
        init_qubits: Optional[bool] = None,
        parameter_binds: Optional[Sequence[Mapping[Parameter, float]]] = None,
        use_measure_esp: Optional[bool] = None,
        live_data_enabled: Optional[bool] = None,
        **run_config: Any,
    ) -> IBMQJob:
        """Send circuits or schedules and return their job.

        Options that are not given come from :attr:`options`. Everything is checked against the configuration of the backend before
        anything is sent. ``id`` gates are sent as delays of the same length where the device has delays; the circuits themselves
        are not changed.

        Args:
            circuits: a circuit, a schedule, a schedule block, or a list of one kind. A ``QasmQobj`` or ``PulseQobj`` is still taken,
                with a warning; it holds its own options.
            job_name: a name, to find the job by. It need not be unique.
            job_share_level: no longer of any effect.
            job_tags: tags, to find the job by.
            experiment_id: the id of an experiment that the job belongs to.
            header: anything that is to come back in the header of the result.
            shots: how often each circuit is run. 4000 by default, or as many as the device accepts if that is less.
            memory: whether to return the outcome of every shot.
            qubit_lo_freq: frequency of each qubit's drive in Hz.
            meas_lo_freq: frequency of each qubit's readout in Hz.
            schedule_los: frequencies in Hz, for all experiments or for each; they win over the two above. One experiment is repeated
                for several sets of frequencies.
            meas_level: what to return of a measurement: 0 raw, 1 kerneled, 2 classified (the default).
            meas_return: ``avg`` or ``single``, for levels 0 and 1. A slot holds ``memory_slot_size`` complex numbers of level 0 and one
                of level 1; ``single`` gives them for each shot.
            memory_slots: number of classical memory slots.
            memory_slot_size: complex numbers in a memory slot for level 0.
            rep_time: seconds from one run of a schedule to the next; one of ``configuration().rep_times``.
            rep_delay: seconds between two runs, within ``configuration().rep_delay_range``; only on devices with
                ``dynamic_reprate_enabled``.
            init_qubits: whether qubits are reset before each shot. They are by default.
            parameter_binds: values of the circuits' parameters; every circuit is run once for each element.
            use_measure_esp: whether to measure with excited-state promotion; by default if the device can.
            live_data_enabled: whether to stream data while the job runs.
            run_config: more options, which are sent as they are. One that the backend does not know gives a warning. Our service takes
                ``calibration_date`` (a datetime or an ISO text: run with the device's calibration of then), ``seed_simulator`` and
                ``method``.

        Returns:
            The job.

        Raises:
            IBMQBackendValueError: a circuit or an option is not what the backend accepts.
            IBMQBackendJobLimitError: the limit of unfinished jobs is reached; ``code`` is 3458.
            IBMQBackendApiProtocolError: the server's answer cannot be read.
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        options = {
            "header": header,
            "shots": shots,
            "memory": memory,
            "qubit_lo_freq": qubit_lo_freq,
            "meas_lo_freq": meas_lo_freq,
            "schedule_los": schedule_los,
            "meas_level": meas_level,
            "meas_return": meas_return,
            "memory_slots": memory_slots,
            "memory_slot_size": memory_slot_size,
            "rep_time": rep_time,
            "rep_delay": rep_delay,
            "init_qubits": init_qubits,
            "parameter_binds": parameter_binds,
            "use_measure_esp": use_measure_esp,
            "live_data_enabled": live_data_enabled,
            **run_config,
        }
        return self._run(circuits, options, job_share_level, job_name, job_tags, experiment_id)

    def estimate(self, circuits: Any, shots: Optional[int] = None, **options: Any) -> RunEstimate:
        """Return number, size and rough run time of what :meth:`run` would submit. Nothing is submitted.

            >>> from qiskit import transpile
            >>> estimate = vigo.estimate(transpile([circuit] * 3, vigo), shots=8000)
            >>> estimate.circuits, 1000 < estimate.bytes < 4000, 6 < estimate.seconds < 7
            (3, True, True)

        The time is ``shots`` times the sum, over the circuits, of the circuit's length by the calibrated lengths of its gates and the
        delay between two shots.

        Args:
            circuits: as for :meth:`run`.
            shots: as for :meth:`run`.
            options: other options of :meth:`run`, as far as they change what is sent: ``rep_delay``, ``parameter_binds``, ``noise_model`` …

        Raises:
            IBMQBackendValueError: the backend does not accept a circuit or an option.
            IBMQBackendApiError: calibration data or pulse defaults are needed and the server does not give them.
        """
        given = {"shots": shots, **options}
        configuration = self.configuration()
        payload = prepare(circuits, given, configuration, vars(self.options), self).payload
        seconds = None
        if not configuration.simulator:
            seconds = run_seconds(circuits, payload.config, configuration, self.properties())
            seconds *= payload.experiments / count_programs(circuits)
        return RunEstimate(payload.experiments, payload.size, seconds)

    def _run(
        self,
        programs: Programs,
        options: Mapping[str, Any],
        job_share_level: Optional[str],
        job_name: Optional[str],
        job_tags: Optional[list[str]],
        experiment_id: Optional[str],
    ) -> IBMQJob:
        validate_job_tags(job_tags, IBMQBackendValueError)
        for what, value in (("job_name", job_name), ("experiment_id", experiment_id)):
            if value is not None and not isinstance(value, str):
                raise IBMQBackendValueError(f"{what} should be a string, not {value!r:.80}.")
        ready = prepare(programs, options, self.configuration(), vars(self.options), self)
        for text in ready.notices(self.name()):
            warn_caller(text)
        if job_share_level:
            warn_caller("job_share_level has no effect any more: jobs are not shared.")
        if ready.is_qobj and not self.qobj_warning_issued:
            self.qobj_warning_issued = True
            warn_caller(_QOBJ_TEXT, DeprecationWarning)
        if ready.has_idle_gates:
            self._warn_of_idle_gates()
        with api_errors("Error submitting job"):
            answer = self._api_client.job_submit(
                backend_name=self.name(),
                qobj_dict=ready.payload,
                job_name=job_name,
                job_tags=job_tags,
                experiment_id=experiment_id,
                live_data_enabled=ready.live_data_enabled,
            )
            record = JobRecord.of(answer)
        if record.error is not None:
            raise IBMQBackendError(
                f"Error submitting job {record.id}: {record.error.message} Error code: {record.error.code}.",
                code=record.error.code,
            )
        job = IBMQJob.from_record(
            self, self._api_client, record, header=ready.payload.header, options=ready.payload.run_options
        )
        logger.debug("Job %s is submitted to %s.", record.id, self.name())
        _announce(job)
        return job

    def _deprecate_id_instruction(self, circuits: Union[QuantumCircuit, list[QuantumCircuit]]) -> None:
        """Replace ``id`` gates by delays in these very circuits, and warn of it. Suites call this; :meth:`run` replaces them in copies."""
        configuration = self.configuration()
        if takes_delays(configuration):
            delays = Delays(IdleTimes(self.properties, getattr(configuration, "dt", None)))
            for circuit in circuits if isinstance(circuits, list) else [circuits]:
                delays.put_into(circuit)
            if delays.used:
                self._warn_of_idle_gates()

    def _warn_of_idle_gates(self) -> None:
        if not self.id_warning_issued:
            self.id_warning_issued = True
            warn_caller(_ID_TEXT, DeprecationWarning)

    # What is known of the backend.

    def configuration(self) -> Configuration:
        """Return what the backend is made of: qubits, gates, connections, limits. It never changes.

        Times (``dt``, ``rep_times``) are in seconds and frequencies in Hz.
        """
        return self._configuration

    def properties(
        self, refresh: bool = False, datetime: Optional[dt.datetime] = None
    ) -> Optional[BackendProperties]:
        """Return the calibration data: properties of qubits and gates, each with the date of its measurement.

        Args:
            refresh: ask the server again instead of returning what is kept.
            datetime: return the newest data that is older than this; local time if it has no zone. Such data is not kept.

        Returns:
            The data, to which changes have no effect on later calls, or None if there is none. Its methods give times in seconds
            (``t1``, ``t2``, ``gate_length``), frequencies in Hz and errors as probabilities; its dates are in local time.

        Raises:
            TypeError: an argument is of the wrong type.
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        if not isinstance(refresh, bool):
            raise TypeError(f"refresh should be True or False, not {refresh!r:.80}.")
        if datetime is None:
            with api_errors(f"Failed to get the properties of {self.name()}"):
                return self._kept_properties.get(
                    lambda: self._api_client.backend_properties(self.name()), refresh=refresh
                )
        if not isinstance(datetime, dt.datetime):
            raise TypeError(f"datetime should be a datetime, not {datetime!r:.80}.")
        with api_errors(f"Failed to get the properties of {self.name()}"):
            document = self._api_client.backend_properties(self.name(), datetime=local_to_utc(datetime))
            return decode_backend_properties(document, backend_name=self.name())

    def status(self) -> BackendStatus:
        """Return whether the backend works and how many jobs wait.

        A backend with ``operational`` True and ``status_msg`` ``internal`` takes jobs but does not run them.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors(f"Failed to get the status of {self.name()}"):
            record = BackendStatusRecord.of(self._api_client.backend_status(self.name()))
        return BackendStatus(
            backend_name=self.name(),
            backend_version=record.backend_version,
            operational=record.operational,
            pending_jobs=record.pending_jobs,
            status_msg=record.status_msg,
        )

    def defaults(self, refresh: bool = False) -> Optional[PulseDefaults]:
        """Return frequencies, in Hz, and the pulses of all gates, in time steps of ``configuration().dt`` seconds.

        Args:
            refresh: ask the server again instead of returning what is kept.

        Returns:
            The defaults, to which changes have no effect on later calls, or None if the backend has none.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors(f"Failed to get the pulse defaults of {self.name()}"):
            return self._kept_defaults.get(
                lambda: self._api_client.backend_pulse_defaults(self.name()), refresh=refresh
            )

    def job_limit(self) -> BackendJobLimit:
        """Return how many jobs may be unfinished, and how many are, with this provider.

        ``maximum_jobs`` is None where there is no limit.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        with api_errors(f"Failed to get the job limit of {self.name()}"):
            record = JobLimitRecord.of(self._api_client.backend_job_limit(self.name()))
        return BackendJobLimit.from_record(record)

    def remaining_jobs_count(self) -> Optional[int]:
        """Return how many more jobs may be submitted with this provider; None where there is no limit.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        limit = self.job_limit()
        return None if limit.maximum_jobs is None else limit.maximum_jobs - limit.active_jobs

    def reservations(
        self,
        start_datetime: Optional[dt.datetime] = None,
        end_datetime: Optional[dt.datetime] = None,
    ) -> list[BackendReservation]:
        """Return reservations that overlap a time; without any argument all that are known.

        Args:
            start_datetime: the beginning; local time if it has no zone. None means open.
            end_datetime: the end; local time if it has no zone. None means open.

        Raises:
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        start = None if start_datetime is None else local_to_utc(start_datetime)
        end = None if end_datetime is None else local_to_utc(end_datetime)
        with api_errors(f"Failed to get the reservations of {self.name()}"):
            records = self._api_client.backend_reservations(self.name(), start, end)
            return convert_reservation_data(records, self.name())

    # Its jobs.

    def jobs(
        self,
        limit: Optional[int] = 10,
        skip: int = 0,
        status: Union[None, JobStatus, str, list[Union[JobStatus, str]]] = None,
        job_name: Optional[str] = None,
        start_datetime: Optional[dt.datetime] = None,
        end_datetime: Optional[dt.datetime] = None,
        job_tags: Optional[list[str]] = None,
        job_tags_operator: Optional[str] = "OR",
        experiment_id: Optional[str] = None,
        descending: bool = True,
        db_filter: Optional[dict[str, Any]] = None,
    ) -> list[IBMQJob]:
        """Return jobs of this backend, newest first.

        Args:
            limit: at most so many jobs; None for all.
            skip: leave out so many at the beginning.
            status: only jobs with this status, or with one of these.
            job_name: only jobs whose name matches this regular expression somewhere.
            start_datetime: only jobs made at this time or later; local time if it has no zone.
            end_datetime: only jobs made at this time or earlier; local time if it has no zone.
            job_tags: only jobs with these tags.
            job_tags_operator: ``OR`` for any of the tags, ``AND`` for all of them.
            experiment_id: only jobs of this experiment.
            descending: False for oldest first.
            db_filter: another condition, in the language of LoopBack, for instance ``{"hubInfo.hub.name": "ibm-q"}``.

        Raises:
            IBMQBackendValueError: an argument cannot be used.
        """
        return self._provider.backend.jobs(
            limit=limit,
            skip=skip,
            backend_name=self.name(),
            status=status,
            job_name=job_name,
            start_datetime=start_datetime,
            end_datetime=end_datetime,
            job_tags=job_tags,
            job_tags_operator=job_tags_operator,
            experiment_id=experiment_id,
            descending=descending,
            db_filter=db_filter,
        )

    def iter_jobs(self, limit: Optional[int] = None, skip: int = 0, **conditions: Any) -> Iterator[IBMQJob]:
        """Return an iterator over jobs of this backend. It asks the server for more as it goes.

        Args:
            limit: at most so many jobs; None for all.
            skip: leave out so many at the beginning.
            conditions: as for :meth:`jobs`.

        Raises:
            IBMQBackendValueError: an argument cannot be used.
        """
        return self._provider.backend.iter_jobs(limit, skip, backend_name=self.name(), **conditions)

    def active_jobs(self, limit: int = 10) -> list[IBMQJob]:
        """Return jobs of this backend that are not finished, newest first.

        Args:
            limit: at most so many jobs.
        """
        return self.jobs(status=list(_UNFINISHED), limit=limit)

    def retrieve_job(self, job_id: str) -> IBMQJob:
        """Return a job of this backend.

        Args:
            job_id: the id that :meth:`IBMQJob.job_id()<qiskit.providers.ibmq.job.IBMQJob.job_id>` gave.

        Raises:
            IBMQBackendError: there is no such job, or it is one of another backend.
        """
        job: IBMQJob = self._provider.backend.retrieve_job(job_id)
        other = job.backend().name()
        if other != self.name():
            message = f"Job {job_id} belongs to {other}, not to {self.name()}."
            warn_caller(message)
            raise IBMQBackendError(f"{message} Ask the provider for it: provider.backend.retrieve_job().")
        return job

    def __repr__(self) -> str:
        project = f"hub='{self.hub}', group='{self.group}', project='{self.project}'" if self.hub else ""
        return f"<{type(self).__name__}('{self.name()}') from IBMQ({project})>"

    # Copies have one account and one connection. A pickled backend has what transpiling for it needs, calibration and pulse defaults too, which
    # are fetched for that if they were not before. Who loads it needs no account until the server is asked for something else.

    @property
    def _credentials(self) -> Credentials:
        """Account and project. Those of a backend that was pickled may have to be opened."""
        if self._given_credentials is None:
            self._given_credentials = self._provider.credentials
        return self._given_credentials

    def as_known(self: _Backend) -> _Backend:
        """Return a copy that is pickled as it is, without asking the server for anything."""
        twin = copy.copy(self)
        twin._stays_as_known = True  # noqa: SLF001 - its own
        return twin

    def __getstate__(self) -> dict[str, Any]:
        if not self._stays_as_known:
            self._fetch_what_transpiling_needs()
        return {key: value for key, value in vars(self).items() if key not in _OF_THIS_PROCESS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._given_credentials = None
        self._api_client = self._provider._api_client  # noqa: SLF001 - the connection is the project's

    def __copy__(self: _Backend) -> _Backend:
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self: _Backend, memo: dict[int, Any]) -> _Backend:
        twin = copy.copy(self)
        memo[id(self)] = twin
        for name in ("_configuration", "_options", "_kept_properties", "_kept_defaults"):
            setattr(twin, name, copy.deepcopy(getattr(self, name), memo))
        return twin

    def _fetch_what_transpiling_needs(self) -> None:
        """Fetch and keep calibration and pulse defaults; if that cannot be done now, who loads the pickle has to do it."""
        for fetch in (self.properties, self.defaults):
            try:
                fetch()
            except IBMQError as err:
                logger.info("%s is pickled without all that is known of it: %s", self.name(), err.message)


class IBMQSimulator(IBMQBackend):
    """A simulator, reached through one provider. It is used like a device; :meth:`run` also takes a noise model.

    Example:

        >>> simulator = provider.get_backend("ibmq_qasm_simulator")
        >>> job = simulator.run(circuit, shots=100, seed_simulator=7)
        >>> sorted(job.result().get_counts())
        ['00', '11']
    """

    @classmethod
    def _default_options(cls) -> Options:
        return simulator_options()

    def properties(self, refresh: bool = False, datetime: Optional[dt.datetime] = None) -> None:
        """Return None: a simulator has no calibration data.

        Args:
            refresh: without effect.
            datetime: without effect.
        """
        return

    @_takes_qobj_keyword
    def run(
        self,
        circuits: Programs,
        job_name: Optional[str] = None,
        job_share_level: Optional[str] = None,
        job_tags: Optional[list[str]] = None,
        experiment_id: Optional[str] = None,
        backend_options: Optional[Mapping[str, Any]] = None,
        noise_model: Any = None,
        **kwargs: Any,
    ) -> IBMQJob:
        """Send circuits and return their job, as :meth:`IBMQBackend.run` does.

        Args:
            circuits: a circuit or a list of circuits. A ``QasmQobj`` is still taken, with a warning.
            job_name: a name, to find the job by. It need not be unique.
            job_share_level: no longer of any effect.
            job_tags: tags, to find the job by.
            experiment_id: the id of an experiment that the job belongs to.
            backend_options: deprecated: options as a dictionary. Those given by name win.
            noise_model: a noise model of Aer, or its dictionary.
            kwargs: all other options of :meth:`IBMQBackend.run`, and those of Aer, for instance ``seed_simulator`` or ``method``.

        Returns:
            The job.

        Raises:
            IBMQBackendValueError: a circuit or an option is not what the simulator accepts.
            IBMQBackendJobLimitError: the limit of unfinished jobs is reached; ``code`` is 3458.
            IBMQBackendApiProtocolError: the server's answer cannot be read.
            IBMQBackendApiError: the server refused, or could not be asked.
        """
        if backend_options is not None:
            warn_caller(
                "backend_options is deprecated: give the options by name, as in run(circuits, shots=2048).",
                DeprecationWarning,
            )
        options = {**(backend_options or {}), **kwargs}
        if noise_model is not None:
            options["noise_model"] = noise_model
        return self._run(circuits, options, job_share_level, job_name, job_tags, experiment_id)


class IBMQRetiredBackend(IBMQBackend):
    """A backend that is gone: it only has a name, for the jobs that ran on it."""

    @classmethod
    def from_name(
        cls, backend_name: str, provider: ProviderV1, credentials: Credentials, api: AccountClient
    ) -> IBMQRetiredBackend:
        """Return a retired backend of which nothing but the name is known."""
        configuration = QasmBackendConfiguration(
            backend_name=backend_name,
            backend_version="0.0.0",
            n_qubits=1,
            basis_gates=[],
            gates=[],
            local=False,
            simulator=False,
            conditional=False,
            open_pulse=False,
            memory=False,
            max_shots=1,
            coupling_map=None,
        )
        return cls(configuration, provider, credentials, api)

    @classmethod
    def _default_options(cls) -> Options:
        return Options()

    def run(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise an error: nothing runs here any more.

        Raises:
            IBMQBackendError: always.
        """
        raise IBMQBackendError(
            f"{self.name()} is retired and runs no jobs. provider.backends() lists the backends there are."
        )

    def properties(self, refresh: bool = False, datetime: Optional[dt.datetime] = None) -> None:
        """Return None: there is no calibration data."""
        return

    def defaults(self, refresh: bool = False) -> None:
        """Return None: there are no pulses."""
        return

    def status(self) -> BackendStatus:
        """Return that the backend is not operational."""
        return BackendStatus(
            backend_name=self.name(),
            backend_version=self.configuration().backend_version,
            operational=False,
            pending_jobs=0,
            status_msg="This backend is no longer available.",
        )

    def job_limit(self) -> None:  # type: ignore[override]
        """Return None: no job can be submitted."""
        return

    def remaining_jobs_count(self) -> None:
        """Return None: no job can be submitted."""
        return

    def active_jobs(self, limit: int = 10) -> list[IBMQJob]:
        """Return an empty list: no job is unfinished."""
        return []

    def reservations(
        self,
        start_datetime: Optional[dt.datetime] = None,
        end_datetime: Optional[dt.datetime] = None,
    ) -> list[BackendReservation]:
        """Return an empty list: nothing can be reserved."""
        return []


def _announce(job: IBMQJob) -> None:
    """Tell those who watch for new jobs, such as terra's Jupyter tools, of ``ibmq.job.start``."""
    try:
        Publisher().publish("ibmq.job.start", job)
    except Exception:  # noqa: BLE001 - the server has accepted the job: a faulty listener must not lose it for the caller
        logger.warning("A listener of 'ibmq.job.start' failed on job %s.", job.job_id(), exc_info=True)
