# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Recognising a request that is made again."""

from __future__ import annotations

import hashlib
from typing import Optional

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest
from qiskit_ibmq_provider.service.domain.store import IdempotencyKey

__all__ = ["digest_of", "key_of"]


def key_of(
    key: Optional[str], request: JobCreateRequest, payload_digest: str = ""
) -> Optional[IdempotencyKey]:
    """Return what the store keeps of an idempotency key: a digest of the key and one of the request.

    Args:
        key: the key, if there is one.
        request: what the job is to be.
        payload_digest: digest of the payload, where it came in the same request.

    Raises:
        InvalidRequest: if the key is empty, too long or not printable.
    """
    if key is None:
        return None
    body = codec.dumps(request.to_json()) + payload_digest.encode()
    return IdempotencyKey(key=digest_of(key), digest=hashlib.sha256(body).hexdigest())


def digest_of(key: str) -> str:
    """Return the form in which the store knows an idempotency key.

    Raises:
        InvalidRequest: if the key is empty, too long or not printable.
    """
    if not 0 < len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise InvalidRequest(
            "An idempotency key has 1 to 255 printable ASCII characters.", ErrorCode.BAD_REQUEST
        )
    return hashlib.sha256(key.encode()).hexdigest()
