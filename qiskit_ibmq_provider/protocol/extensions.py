# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What our service offers beyond the original protocol.

It is announced as ``capabilities`` in the answer to ``GET /users/me``, a map from name to version. A client uses only what is
announced, in a version that it knows; a server that announces nothing is served in the original way. Beside it stands ``limits``, a map
from name to number.

A job in one request (``DIRECT_JOBS``, version 2) is a POST whose body is the payload, exactly as it is uploaded in the original way. What the
job is to be stands in the header ``JOB_HEADER``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest

__all__ = [
    "DIRECT_JOBS",
    "DIRECT_JOB_BYTES",
    "DIRECT_JOB_LIMIT",
    "DIRECT_RESULTS",
    "IDEMPOTENCY",
    "IDEMPOTENCY_HEADER",
    "JOB_HEADER",
    "JOB_HEADER_BYTES",
    "direct_job_bytes",
    "job_header",
    "offered",
    "split_older_direct_body",
]

IDEMPOTENCY: Final = "idempotency"
"""Job creation may carry a key; the same key and body give the same job."""

DIRECT_JOBS: Final = "direct-jobs"
"""A job and its payload may be sent in one request."""

DIRECT_RESULTS: Final = "direct-results"
"""A result may be fetched in one request."""

IDEMPOTENCY_HEADER: Final = "Idempotency-Key"

JOB_HEADER: Final = "Qx-Job"
"""What a job is to be, where its payload is the body: the fields of job creation as one JSON object in ASCII."""

JOB_HEADER_BYTES: Final = 4096
"""Largest value of that header. Many proxies let 8 KiB of headers pass, and there are others."""

DIRECT_JOB_LIMIT: Final = "directJobBytes"
"""The name, among the ``limits`` beside the capabilities, of the largest payload that may be sent with its job."""

DIRECT_JOB_BYTES: Final = 4 * 1024 * 1024
"""Its value where the server does not say it."""

_PAYLOAD_FIELD: Final = "qObject"


def offered(capabilities: Mapping[str, Any], name: str, version: int = 1) -> bool:
    """Tell whether the server offers ``name`` in exactly this version."""
    return capabilities.get(name) == version


def direct_job_bytes(limits: Mapping[str, Any]) -> int:
    """Return the largest payload, in bytes, that may be sent with its job, from the ``limits`` that the server announces."""
    value = limits.get(DIRECT_JOB_LIMIT)
    return value if isinstance(value, int) and value >= 0 else DIRECT_JOB_BYTES


def job_header(request: JobCreateRequest) -> str:
    """Return what a job is to be as the value of ``JOB_HEADER``. It may be larger than ``JOB_HEADER_BYTES``.

    Raises:
        ProtocolError: the request holds something that JSON has no form for.
    """
    fields = codec.loads(codec.dumps(request.to_json()))
    # JSON escapes whatever a header may not hold, but for this one.
    return json.dumps(fields, separators=(",", ":")).replace("\x7f", "\\u007f")


# Version 1, in which the payload was the last field of the job. To be removed in 0.22.
def split_older_direct_body(body: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the fields of job creation, and the payload, of a body that holds both.

    Raises:
        ProtocolError: the body is not such a one. What it holds is not repeated.
    """
    try:
        raw = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
        fields = {name: codec.loads(value) for name, value in raw.items() if name != _PAYLOAD_FIELD}
        last, payload = next(reversed(raw), ""), bytes(raw.get(_PAYLOAD_FIELD, b""))
    except (msgspec.DecodeError, RecursionError, UnicodeError, ProtocolError):
        try:
            # What the strict decoder refuses, and Python's own JSON knows: NaN, infinities, lone surrogates.
            fields = dict(as_object(codec.loads(body), "the job"))
        except ProtocolError:
            raise ProtocolError("The job is not a JSON object.") from None
        last, payload = next(reversed(fields), ""), codec.dumps(fields.pop(_PAYLOAD_FIELD, None))
    if last != _PAYLOAD_FIELD or not payload.startswith(b"{"):
        raise ProtocolError(
            f"The job has neither a header {JOB_HEADER!r} nor, as its last field, an object {_PAYLOAD_FIELD!r}."
        )
    return fields, payload
