# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Storage URLs: each allows one thing with the data of one job, for a while, to whoever holds it."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from urllib.parse import urlencode

from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.errors import Forbidden
from qiskit_ibmq_provider.service.domain.signing import SigningKey

__all__ = ["Purpose", "check_url", "signed_path"]


class Purpose(str, enum.Enum):
    """What a storage URL is good for."""

    UPLOAD = "upload"
    """Writing the payload."""
    PAYLOAD = "payload"
    """Reading the payload."""
    RESULT = "result"
    """Reading the result."""


def signed_path(signer: SigningKey, purpose: Purpose, job_id: str, seconds: float) -> str:
    """Return path and query, below the API, of a URL that is valid for so many seconds."""
    expires = signer.expiry(math.ceil(seconds))
    query = urlencode({"expires": expires, "signature": signer.sign(purpose.value, job_id, expires)})
    return f"{routes.STORAGE.path(purpose=purpose.value, job_id=job_id)}?{query}"


def check_url(
    signer: SigningKey, purpose: Purpose, stated: str, job_id: str, query: Mapping[str, str]
) -> None:
    """Check a storage URL.

    Args:
        signer: The key of the service.
        purpose: What is about to be done.
        stated: What the URL says it is good for.
        job_id: The job in the URL.
        query: The query of the URL.

    Raises:
        Forbidden: If it is for another purpose, its signature does not hold, or its time is over.
    """
    expires, signature = query.get("expires", ""), query.get("signature", "")
    if stated != purpose.value or not signer.verify(purpose.value, job_id, expires, signature):
        raise Forbidden(
            "This storage URL is not valid, or not any more. Ask for a new one.", ErrorCode.UPLOAD_URL_INVALID
        )
