# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A job of a backend: waiting for it, its result, and changing it."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator, Generator
from typing import TYPE_CHECKING, Any, Callable, Final, Optional

from qiskit.providers.jobstatus import JobStatus

from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.job._asynchronous import StopWatch, outcome, status_changes
from qiskit_ibmq_provider.job._progress import progress_bar
from qiskit_ibmq_provider.job._recorded import RecordedJob
from qiskit_ibmq_provider.job._results import JobResults
from qiskit_ibmq_provider.job._status import queue_info
from qiskit_ibmq_provider.job._tags import combine_tags
from qiskit_ibmq_provider.job._waiter import wait_until_final
from qiskit_ibmq_provider.job.exceptions import IBMQJobApiError, IBMQJobInvalidStateError
from qiskit_ibmq_provider.job.queueinfo import QueueInfo
from qiskit_ibmq_provider.job.utils import job_api_error

if TYPE_CHECKING:
    from qiskit.result import Result

__all__ = ["IBMQJob"]

_WAIT: Final = 5
"""Default for the seconds between two requests; the transport then chooses, and asks ever less often."""


class IBMQJob(RecordedJob):
    """A job that was submitted to a backend.

    :meth:`.IBMQBackend.run` and :meth:`.IBMQBackend.retrieve_job` return jobs; there is no need to build one.

        >>> job = backend.run(circuit, shots=1000)
        >>> job.result(timeout=60).get_counts()
        {...}
        >>> again = backend.retrieve_job(job.job_id())    # from any process, also tomorrow

    ``result``, ``wait_for_final_state`` and ``error_message`` wait until the job is over, and show on a
    terminal or in a notebook what they wait for. A final status is remembered, so a job that is over is not
    asked for again. Any number of threads may use one job.

    In a coroutine, ``await job`` gives the result, and :meth:`statuses` each change of the status. A pickled
    job holds no token: see :meth:`.IBMQFactory.provider_of`.

    Whatever else the server says of the job can be read as an attribute with a trailing underscore, e.g.
    ``job.summary_data_``.
    """

    def _set_up(self, *args: Any, **kwargs: Any) -> None:
        super()._set_up(*args, **kwargs)
        self._results = JobResults(self._state)
        self._editing = threading.Lock()

    def status(self) -> JobStatus:
        """Ask the server for the job's status. Once it is final, it is remembered.

        To wait for the end use :meth:`wait_for_final_state`, which hears of it at once and asks the server
        less.

        Raises:
            IBMQJobApiError: the server refused, could not be asked, or gave a status that is not known. The
                job is not affected.
        """
        self._state.query()
        return self._status

    def refresh(self) -> None:
        """Ask the server for everything that it knows of the job.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        self._state.refresh()

    def queue_position(self, refresh: bool = False) -> Optional[int]:
        """Return the job's place in the queue within the provider, ``None`` if there is none or it is unknown.

        Args:
            refresh: ask the server; otherwise the newest known place is returned.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        if refresh:
            self._state.query()
        queue = self._state.record.queue
        return None if queue is None else queue.position

    def queue_info(self) -> Optional[QueueInfo]:
        """Ask the server where the job stands in the queue.

        Returns:
            Position, priorities and estimated times, or ``None`` if the job is not queued or the server does
            not say.

        Raises:
            IBMQJobApiError: the server refused, or could not be asked.
        """
        return queue_info(self._state.query())

    def wait_for_final_state(
        self,
        timeout: Optional[float] = None,
        wait: Optional[float] = None,
        callback: Optional[Callable[..., Any]] = None,
    ) -> None:
        """Wait until the job is over.

        Args:
            timeout: seconds to wait at most; 0 asks once. ``None`` waits for ever.
            wait: seconds between the calls of ``callback``. ``None`` calls it whenever status or queue
                information changes.
            callback: called in this thread as ``callback(job_id, status, job, queue_info=queue_info)`` while
                the job is not over. What it raises ends the wait and goes to the caller.

        Raises:
            IBMQJobTimeoutError: the job is not over in time.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        if callback is None:
            self._wait(timeout)
        else:
            wait_until_final(self, self._state, timeout=timeout, interval=wait, callback=callback)

    def statuses(self, *, timeout: Optional[float] = None) -> AsyncIterator[JobStatus]:
        """Give each status that the job comes to, the present one first and the final one last.

            >>> async def names():
            ...     return [status.name async for status in job.statuses(timeout=60)]
            >>> asyncio.run(names())
            [...'DONE']

        The wait runs in a thread of its own, which ends with the iteration.

        Args:
            timeout: seconds to wait for the end of the job at most.

        Raises:
            IBMQJobTimeoutError: the job is not over in time.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        return status_changes(self, self._state, timeout)

    def __await__(self) -> Generator[Any, None, Result]:
        return outcome(self.job_id(), self._result_with).__await__()

    def result(
        self,
        timeout: Optional[float] = None,
        wait: float = _WAIT,
        partial: bool = False,
        refresh: bool = False,
    ) -> Result:
        """Wait until the job is over and return its result.

        The result is fetched once; later calls return the same object.

        Args:
            timeout: seconds to wait for the end of the job; 0 asks once. ``None`` waits for ever. Fetching
                the result may take what is left of it, and a minute at least.
            wait: seconds between two questions at most, where the server cannot report the end by itself.
            partial: return what a failed job has: the experiments that went well are in it, and
                ``result.success`` is false. Asking such a result for the data of an experiment that failed
                raises.
            refresh: fetch the result again.

        Raises:
            IBMQJobTimeoutError: the job is not over in time, and goes on; or its result takes too long to come.
            IBMQJobInvalidStateError: the job was cancelled.
            IBMQJobFailureError: the job failed. The text holds the server's reason, ``code`` its error code.
            IBMQJobApiError: the server refused, or could not be asked. The job is not affected.
        """
        if not refresh:
            cached = self._results.cached()
            if cached is not None:
                return cached
        deadline = None if timeout is None else time.monotonic() + timeout
        poll = None if wait == _WAIT else wait
        self._wait(timeout, poll)
        return self._results.get(partial=partial, refresh=refresh, deadline=deadline)

    def error_message(self) -> Optional[str]:
        """Wait until the job is over and return why it failed.

        Returns:
            The server's reason, with its error code, and a line for each experiment that failed; ``None`` if
            the job did not fail.

        Raises:
            IBMQJobApiError: the server could not be asked whether the job is over.
        """
        self._wait()
        if self._status is not JobStatus.ERROR:
            return None
        return self._results.failure().message

    def submit(self) -> None:
        """Refuse: a job is submitted by :meth:`.IBMQBackend.run`.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "A job is submitted when it is made. Use IBMQBackend.run() to submit another one."
        )

    def cancel(self) -> bool:
        """Ask the server to cancel the job. Ask for its status to see what became of it.

        Returns:
            Whether the server has agreed. It refuses when the job is over.

        Raises:
            IBMQJobApiError: the request itself was refused, or the server could not be asked.
        """
        try:
            return self._api_client.job_cancel(self.job_id())
        except ApiError as err:
            raise job_api_error(f"Job {self.job_id()} cannot be cancelled", err) from err

    def update_name(self, name: str) -> str:
        """Give the job another name; an empty one is allowed.

        Returns:
            The new name.

        Raises:
            IBMQJobInvalidStateError: the name is not a string.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        if not isinstance(name, str):
            raise IBMQJobInvalidStateError(f"The name of a job is a string, not {name!r}.")
        with self._editing:
            answered = self._update("name", name)
            if answered != name:
                raise IBMQJobApiError(
                    f"The server kept the name {answered!r} for job {self.job_id()} instead of {name!r}. Ask for another one."
                )
            self._state.edit(name=name)
        return name

    def update_tags(
        self,
        replacement_tags: Optional[list[str]] = None,
        additional_tags: Optional[list[str]] = None,
        removal_tags: Optional[list[str]] = None,
    ) -> list[str]:
        """Change the tags of the job to ``(replacement or current) + additional - removal``.

        Tags of a job set, which begin with ``ibmq_jobset_``, always stay. Removing a tag that the job does
        not have is no error.

        Args:
            replacement_tags: take the place of the current tags; an empty list clears them.
            additional_tags: added to them.
            removal_tags: taken away in the end.

        Returns:
            The new tags.

        Raises:
            IBMQJobInvalidStateError: nothing is given, or something that is not a list of strings.
            IBMQJobApiError: the server refused, or could not be asked.
        """
        with self._editing:
            tags = combine_tags(self.tags(), replacement_tags, additional_tags, removal_tags)
            answered = self._update("tags", tags)
            if not isinstance(answered, list) or sorted(map(str, answered)) != sorted(tags):
                raise IBMQJobApiError(
                    f"The server kept the tags {answered!r} for job {self.job_id()} instead of {tags!r}. Ask for others."
                )
            self._state.edit(tags=tuple(answered))
        return list(answered)

    def _wait(self, timeout: Optional[float] = None, poll: Optional[float] = None) -> None:
        """Wait until the job is over, and show it where somebody may look."""
        if not self._state.final:
            with progress_bar(self._state.record) as bar:
                wait_until_final(self, self._state, timeout=timeout, poll=poll, watch=bar)

    def _result_with(self, watch: StopWatch) -> Result:
        """Wait until the job is over or the watch ends the wait, and return the result."""
        wait_until_final(self, self._state, watch=watch)
        return self._results.get()

    def _update(self, attribute: str, value: Any) -> Any:
        """Change an attribute on the server and return what it says the attribute is now."""
        try:
            answer = self._api_client.job_update_attribute(self.job_id(), attribute, value)
        except ApiError as err:
            raise job_api_error(f"The {attribute} of job {self.job_id()} cannot be changed", err) from err
        return answer.get(attribute)
