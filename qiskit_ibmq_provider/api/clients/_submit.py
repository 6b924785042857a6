# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Submission of a job: create, upload, announce; and what to do when one of these fails.

A job that the server has accepted is never cancelled, and one that has certainly failed does not stay behind to count against the
account's limit. Where an answer was lost, the job's status decides, or, on a server that knows idempotency keys, the key.

A server that takes jobs in one request gets the smaller ones so: that request may be repeated, and makes the whole job or none.
"""

from __future__ import annotations

import enum
import secrets
import time
from typing import Final, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.api.exceptions import ApiError, ApiIBMQProtocolError, RequestsApiError
from qiskit_ibmq_provider.api.exchange import Body
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest.account import Account
from qiskit_ibmq_provider.api.rest.job import Job
from qiskit_ibmq_provider.protocol.errors import ErrorCode, ProtocolError
from qiskit_ibmq_provider.protocol.extensions import (
    DIRECT_JOBS,
    IDEMPOTENCY,
    JOB_HEADER_BYTES,
    direct_job_bytes,
    job_header,
    offered,
)
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest, JobRecord
from qiskit_ibmq_provider.protocol.status import ApiJobStatus

__all__ = ["NextStep", "Submission", "after_failed_announcement"]

logger = get_logger(__name__)

ANNOUNCEMENTS: Final = 4
"""How often a job is announced while its status says that no announcement has arrived."""

_QUICK_BYTES: Final = 256 * 1024
"""Payloads up to this many bytes have to pass as quickly as any other request."""

_NEVER_RAN: Final = frozenset(
    {
        ApiJobStatus.CANCELLED.value,
        ApiJobStatus.ERROR_CREATING_JOB.value,
        ApiJobStatus.ERROR_VALIDATING_JOB.value,
    }
)
"""Final statuses of a job that the server has not run."""

_NO_SUCH_PATH: Final = (404, 405)
"""Statuses of a server that does not know a path, or not for this verb."""

_NOT_DIRECT: Final = (*_NO_SUCH_PATH, 413, 431)
"""What a server says that no longer takes jobs in one request, or not of this size, or with so large a header."""

_OWN_CODES: Final = frozenset(int(code) for code in ErrorCode)

_EXPIRED: Final = (401, 403, 410)
_GONE: Final = 404


class NextStep(enum.Enum):
    """What follows an announcement that failed."""

    ACCEPTED = "accepted"
    """The server has the job: all is well."""
    REPEAT = "repeat"
    """The announcement has not arrived: announce again."""
    CANCEL = "cancel"
    """The job will not run: take it away and report the failure."""
    REFUSED = "refused"
    """The server has refused the job and ended it: report the failure."""
    UNKNOWN = "unknown"
    """The job may or may not run: say so, and leave it."""


def after_failed_announcement(*, refused: bool, status: Optional[str], attempts_left: bool) -> NextStep:
    """Return what to do after an announcement that failed.

    Args:
        refused: whether the server answered that it does not take the job.
        status: the job's status now, ``None`` if it could not be asked.
        attempts_left: whether the announcement may be repeated.
    """
    if status is None:
        return NextStep.UNKNOWN
    if status == ApiJobStatus.CREATING.value:
        return NextStep.REPEAT if attempts_left and not refused else NextStep.CANCEL
    if refused and status in _NEVER_RAN:
        return NextStep.REFUSED
    return NextStep.ACCEPTED


class Submission:
    """Submits one job.

    Args:
        account: the project.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._limits = account.session.time_limits

    def run(self, request: JobCreateRequest, payload: Body) -> JobRecord:
        """Submit the job.

        Args:
            request: what the job is to be.
            payload: its Qobj.

        Raises:
            ApiError: it is not submitted, or, where ``outcome_unknown`` is set, may be; ``job_id`` names it once it exists.
        """
        if self._fits_one_request(payload):
            record = self._submit_directly(request, payload)
            if record is not None:
                return record
        job_id, address = self._create(request)
        job = self._account.job(job_id)
        try:
            self._upload(job, address, payload)
        except ApiError as err:
            failure = err
        else:
            return self._announce(job, job_id)
        # Without an announcement the server does not run it: taking it away is safe.
        if not self._cancel(job, job_id):
            failure = failure.introduced_by(
                f"Job {job_id} has no payload and will not run; it could not be cancelled either, so it may be left behind in status "
                "CREATING until the server removes it."
            )
        failure.job_id, failure.outcome_unknown = job_id, False
        raise failure

    def _fits_one_request(self, payload: Body) -> bool:
        """Tell whether the server takes this job in one request; without a key a lost answer to it could not be resolved."""
        session = self._account.session
        return (
            offered(session.capabilities, DIRECT_JOBS, 2)
            and offered(session.capabilities, IDEMPOTENCY)
            and len(payload) <= direct_job_bytes(session.limits)
        )

    def _submit_directly(self, request: JobCreateRequest, payload: Body) -> Optional[JobRecord]:
        """Submit the job in one request; return ``None`` if the server does not take it so after all."""
        try:
            header = job_header(request)
        except ProtocolError as err:
            raise ApiIBMQProtocolError(f"The job cannot be sent: {err}") from None
        if len(header) > JOB_HEADER_BYTES:
            return None
        key = secrets.token_hex(16)
        is_quick = len(payload) <= _QUICK_BYTES
        try:
            return self._account.submit_directly(
                header,
                payload,
                idempotency_key=key,
                timeouts=self._limits.request if is_quick else self._limits.storage,
            )
        except ApiError as err:
            failure = err
        record = self._job_of_failed_request(failure, key)
        if record is None and (failure.outcome_unknown or failure.status_code not in _NOT_DIRECT):
            raise failure
        return record

    def _create(self, request: JobCreateRequest) -> tuple[str, Secret]:
        keyed = offered(self._account.session.capabilities, IDEMPOTENCY)
        key = secrets.token_hex(16) if keyed else None
        try:
            return self._account.create_remote_job(request, idempotency_key=key)
        except ApiError as err:
            failure = err
        if key is not None:
            record = self._job_of_failed_request(failure, key)
            if record is not None:
                return record.id, self._address_of(record.id)
        elif failure.outcome_unknown:
            failure = failure.introduced_by(
                "Whether the job was created is not known, because the server's answer was lost or cannot be read; nothing runs, but a job "
                "in status CREATING may be left behind until the server removes it."
            )
        raise failure

    def _job_of_failed_request(self, failure: ApiError, key: str) -> Optional[JobRecord]:
        """Return the job that a request with a key has made although it failed, ``None`` if there certainly is none.

        Raises if nobody can say.
        """
        if not failure.may_be_processed and not _is_doubtful_refusal(failure):
            return None
        try:
            record = self._account.within(self._limits.brief).job_of_key(key)
        except ApiError as err:
            logger.debug("The job of a lost answer cannot be looked up: %s", err.message)
            if err.status_code in _NO_SUCH_PATH and failure.status_code in _NO_SUCH_PATH:
                # Neither path is there: it is another server by now.
                return None
        else:
            if record is not None or not failure.may_be_under_way:
                failure.outcome_unknown = False
                return record
        unknown = failure.introduced_by(
            "Whether the job was submitted is not known, because the server's answer was lost or cannot be read. Ask for it with "
            f"provider.backend.find_submitted_job('{key}'), or look for it in the list of your jobs, before you submit it again."
        )
        unknown.idempotency_key, unknown.outcome_unknown = key, True
        raise unknown

    def _address_of(self, job_id: str) -> Secret:
        """Return where the payload of a job goes whose answer to creation was lost."""
        job = self._account.job(job_id)
        try:
            return job.upload_url()
        except ApiError as err:
            self._cancel(job, job_id)
            err.job_id, err.outcome_unknown = job_id, False
            raise

    def _upload(self, job: Job, address: Secret, payload: Body) -> None:
        """Upload the payload, with a second address if the first is no longer good."""
        try:
            job.put_object_storage(address, payload)
            return
        except RequestsApiError as err:
            if err.status_code not in _EXPIRED:
                raise
            failure = err
        logger.debug("The upload address is refused (%s); a fresh one is asked for.", failure.status_code)
        try:
            address = job.upload_url()
        except ApiError:
            raise failure from failure.__cause__
        job.put_object_storage(address, payload)

    def _announce(self, job: Job, job_id: str) -> JobRecord:
        """Announce the payload; when that fails, find out whether the job runs."""
        ends = time.monotonic() + self._limits.announcements
        for attempt in range(1, ANNOUNCEMENTS + 1):
            try:
                return job.within(max(1.0, ends - time.monotonic())).callback_upload()
            except ApiError as err:
                failure = err
            failure.job_id = job_id
            more = attempt < ANNOUNCEMENTS and time.monotonic() < ends
            step = self._next_step(job, failure, attempts_left=more, ends=ends)
            logger.debug("The announcement of job %s failed (%s): %s.", job_id, failure.message, step.value)
            if step is NextStep.ACCEPTED:
                return self._accepted(job, job_id)
            if step is not NextStep.REPEAT:
                break
            self._account.session.pause(attempt)
        raise self._given_up(job, job_id, failure, step)

    def _next_step(self, job: Job, failure: ApiError, *, attempts_left: bool, ends: float) -> NextStep:
        refused = failure.status_code is not None and 400 <= failure.status_code < 500
        status: Optional[str] = None
        try:
            status = job.within(max(1.0, ends - time.monotonic())).status().status
        except ApiError as err:
            if err.status_code == _GONE:
                return NextStep.REFUSED
        return after_failed_announcement(refused=refused, status=status, attempts_left=attempts_left)

    def _accepted(self, job: Job, job_id: str) -> JobRecord:
        """Return a job that the server has, although it could not say so in the answer."""
        try:
            return job.get()
        except ApiError as err:
            failure = err.introduced_by(
                f"Job {job_id} is submitted, but cannot be read back; retrieve it by its id."
            )
        failure.job_id, failure.outcome_unknown = job_id, True
        raise failure

    def _given_up(self, job: Job, job_id: str, failure: ApiError, step: NextStep) -> ApiError:
        """Return the error of a job whose announcement has failed for good, after taking the job away if that is right."""
        failure.outcome_unknown = step is NextStep.UNKNOWN or (
            step is NextStep.CANCEL and not self._cancel(job, job_id)
        )
        if not failure.outcome_unknown:
            return failure
        unknown = failure.introduced_by(
            f"Whether job {job_id} runs is not known: retrieve it by its id, and cancel it if it is not wanted."
        )
        unknown.job_id, unknown.outcome_unknown = job_id, True
        return unknown

    def _cancel(self, job: Job, job_id: str) -> bool:
        """Take a job away; return whether that is certain."""
        try:
            if job.within(self._limits.brief).cancel():
                return True
            logger.debug("The server does not cancel job %s, which was not submitted completely.", job_id)
        except ApiError as err:
            logger.warning(
                "Job %s, which was not submitted completely, could not be cancelled: %s", job_id, err.message
            )
        return False


def _is_doubtful_refusal(failure: ApiError) -> bool:
    """Tell whether a refusal may come from something between client and server, which may say anything.

    Of a server that knows keys, all refusals have codes that we know.
    """
    refused = failure.status_code is not None and failure.status_code >= 400
    return refused and failure.code not in _OWN_CODES
