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

__all__ = ["key_of"]


def key_of(key: Optional[str], request: JobCreateRequest) -> Optional[IdempotencyKey]:
    """Return what the store keeps of an idempotency key: a digest of the key and one of the request.

    Raises:
        InvalidRequest: if the key is empty, too long or not printable.
    """
    if key is None:
        return None
    if not 0 < len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise InvalidRequest(
            "An idempotency key has 1 to 255 printable ASCII characters.", ErrorCode.BAD_REQUEST
        )
    body = codec.dumps(request.to_json())
    return IdempotencyKey(
        key=hashlib.sha256(key.encode()).hexdigest(), digest=hashlib.sha256(body).hexdigest()
    )
