# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Backends: what circuits are run on, and what is known about it."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Optional, Union

from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.providers import Options
from qiskit.providers.models import BackendStatus, QasmBackendConfiguration
from qiskit.pulse import LoConfig, Schedule, ScheduleBlock
from qiskit.pulse.channels import PulseChannel
from qiskit.qobj import PulseQobj, QasmQobj
from qiskit.qobj.utils import MeasLevel, MeasReturnType

from qiskit_ibmq_provider._backend.estimate import EstimatedRuns
from qiskit_ibmq_provider._backend.queries import BackendQueries, Configuration
from qiskit_ibmq_provider._backend.run_options import DEFAULT_SHOTS, default_options, simulator_options
from qiskit_ibmq_provider._backend.submission import JobLabels, prepared, submit, takes_qobj_keyword
from qiskit_ibmq_provider.backendreservation import BackendReservation
from qiskit_ibmq_provider.exceptions import IBMQBackendError

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.credentials import Credentials
    from qiskit_ibmq_provider.job.ibmqjob import IBMQJob

__all__ = ["IBMQBackend", "IBMQRetiredBackend", "IBMQSimulator"]

Programs = Union[
    QuantumCircuit,
    Schedule,
    ScheduleBlock,
    QasmQobj,
    PulseQobj,
    Sequence[Union[QuantumCircuit, Schedule, ScheduleBlock]],
]
Frequencies = Union[LoConfig, Mapping[PulseChannel, float]]

_CALLER = 4
"""Stack level of who called ``run``, seen from where the warnings are given: there, ``run``, its wrapper, the caller."""

_QOBJ_TEXT = "Passing a Qobj to run() is deprecated. Pass the circuits or schedules themselves."
_ID_TEXT = (
    "Devices no longer support the 'id' instruction: it is sent as a delay of the length of an sx gate. "
    "Write the 'delay' instruction instead."
)


class IBMQBackend(EstimatedRuns, BackendQueries):
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

    def __init__(
        self,
        configuration: Configuration,
        provider: AccountProvider,
        credentials: Credentials,
        api_client: AccountClient,
    ) -> None:
        super().__init__(configuration, provider, credentials, api_client)
        if self.options.get("shots") is not None:
            self.set_options(shots=min(DEFAULT_SHOTS, configuration.max_shots))

    @classmethod
    def _default_options(cls) -> Options:
        return default_options()

    @takes_qobj_keyword
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
        return self._run(circuits, JobLabels(job_name, job_tags, experiment_id), job_share_level, options)

    def __repr__(self) -> str:
        project = f"hub='{self.hub}', group='{self.group}', project='{self.project}'" if self.hub else ""
        return f"<{type(self).__name__}('{self.name()}') from IBMQ({project})>"

    def _run(
        self,
        programs: Programs,
        labels: JobLabels,
        job_share_level: Optional[str],
        options: Mapping[str, Any],
    ) -> IBMQJob:
        labels.check()
        ready = prepared(self, programs, options)
        notices = ready.notices(self.name())
        if job_share_level:
            notices.append(("job_share_level has no effect any more: jobs are not shared.", UserWarning))
        if ready.is_qobj and not self.qobj_warning_issued:
            self.qobj_warning_issued = True
            notices.append((_QOBJ_TEXT, DeprecationWarning))
        if ready.has_idle_gates and not self.id_warning_issued:
            self.id_warning_issued = True
            notices.append((_ID_TEXT, DeprecationWarning))
        for text, category in notices:
            warnings.warn(text, category, stacklevel=_CALLER)
        return submit(self, self._api_client, labels, ready)


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

    @takes_qobj_keyword
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
            warnings.warn(
                "backend_options is deprecated: give the options by name, as in run(circuits, shots=2048).",
                DeprecationWarning,
                stacklevel=3,
            )
        options = {**(backend_options or {}), **kwargs}
        if noise_model is not None:
            options["noise_model"] = noise_model
        return self._run(circuits, JobLabels(job_name, job_tags, experiment_id), job_share_level, options)


class IBMQRetiredBackend(IBMQBackend):
    """A backend that is gone: it only has a name, for the jobs that ran on it."""

    @classmethod
    def from_name(
        cls, backend_name: str, provider: AccountProvider, credentials: Credentials, api: AccountClient
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
