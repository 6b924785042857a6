# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Adapter for one job, and for the storage of its payload and result."""

from __future__ import annotations

from typing import Any, Optional

from qiskit_ibmq_provider.api.exchange import Body
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest.base import RestAdapterBase, json_body, read_document, read_url
from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object
from qiskit_ibmq_provider.protocol.jobs import JobRecord, JobStatusRecord
from qiskit_ibmq_provider.protocol.results import read_result

__all__ = ["Job", "read_submitted"]


class Job(RestAdapterBase):
    """One job. Its place in the paths is ``job_id``."""

    def get(self) -> JobRecord:
        """Return all that the server says of the job."""
        return self.session.request("GET", self.get_url(routes.JOB), read=JobRecord.from_json)

    def status(self) -> JobStatusRecord:
        """Return its status."""
        return self.session.request("GET", self.get_url(routes.JOB_STATUS), read=JobStatusRecord.from_json)

    def upload_url(self) -> Secret:
        """Return a fresh address for the payload."""
        return self.session.request("GET", self.get_url(routes.JOB_UPLOAD_URL), read=read_url)

    def download_url(self) -> Secret:
        """Return the address of the payload."""
        return self.session.request("GET", self.get_url(routes.JOB_DOWNLOAD_URL), read=read_url)

    def result_url(self) -> Secret:
        """Return the address of the result."""
        return self.session.request("GET", self.get_url(routes.JOB_RESULT_URL), read=read_url)

    def put_object_storage(self, url: Secret, payload: Body) -> None:
        """Upload the payload."""
        self.session.request("PUT", url, read=_ignore, undecoded=True, bare=True, body=payload)

    def get_object_storage(self, url: Secret) -> dict[str, Any]:
        """Download a document."""
        return self.session.request("GET", url, read=_read_stored, bare=True)

    def get_stored_result(self, url: Secret) -> dict[str, Any]:
        """Download a result document. The data of its experiments is not read yet."""
        return self.session.request("GET", url, read=_read_stored_result, undecoded=True, bare=True)

    def result(self) -> dict[str, Any]:
        """Return the result document, from a server that gives it in one request. The data of its experiments is not read yet."""
        return self.session.request(
            "GET",
            self.get_url(routes.JOB_RESULT_DIRECT),
            read=_read_stored_result,
            undecoded=True,
            timeouts=self.session.time_limits.storage,
        )

    def callback_upload(self) -> JobRecord:
        """Announce that the payload is there. If the answer is lost, ask for the status before this is repeated."""
        return self.session.request(
            "POST", self.get_url(routes.JOB_DATA_UPLOADED), read=read_submitted, replayable=False
        )

    def callback_download(self) -> None:
        """Acknowledge the result."""
        self.session.request(
            "POST", self.get_url(routes.JOB_RESULT_DOWNLOADED), read=_ignore, undecoded=True, replayable=True
        )

    def cancel(self) -> bool:
        """Cancel the job.

        Returns:
            ``False`` if the server refuses in its answer.
        """
        return self.session.request(
            "POST", self.get_url(routes.JOB_CANCEL), read=_read_cancelled, replayable=False
        )

    def update_attribute(self, name: str, value: Any) -> dict[str, Any]:
        """Change the name or the tags, and return what the server has made of it."""
        body = json_body({name: value}, f"The {name} of the job")
        return self.session.request("PUT", self.get_url(routes.JOB_UPDATE), read=_read_object, body=body)

    def delete(self) -> None:
        """Delete the job."""
        self.session.request("DELETE", self.get_url(routes.JOB_UPDATE), read=_ignore, undecoded=True)

    def properties(self) -> Optional[dict[str, Any]]:
        """Return the calibration under which the job ran, ``None`` if there is none."""
        return self.session.request("GET", self.get_url(routes.JOB_PROPERTIES), read=read_document)


def _ignore(body: bytes) -> None:
    pass


def _read_object(data: Any) -> dict[str, Any]:
    return dict(as_object(data, "the answer"))


def _read_stored(data: Any) -> dict[str, Any]:
    """Read a stored document. It may be large, so it is not copied."""
    if not isinstance(data, dict):
        raise ProtocolError(f"The stored document should be a JSON object, not {type(data).__name__}.")
    return data


def _read_stored_result(body: bytes) -> dict[str, Any]:
    return _read_stored(read_result(body))


def read_submitted(data: Any) -> JobRecord:
    """Read the answer to a submission that is complete."""
    return JobRecord.from_json(as_object(data, "the answer to the submission").get("job"))


def _read_cancelled(data: Any) -> bool:
    answer = as_object(data, "the answer to the cancellation")
    return answer.get("cancelled") is True and answer.get("error") is None
