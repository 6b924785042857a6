# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Signed storage URLs: each allows one thing with the data of one job, for a while, to whoever holds it."""

from __future__ import annotations

import enum
import hashlib
import hmac
import math
import secrets
from collections.abc import Mapping
from typing import Final, Union
from urllib.parse import urlencode

from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.errors import Forbidden
from qiskit_ibmq_provider.service.domain.store import Store

__all__ = ["Purpose", "UrlSigner"]

_KEY_BYTES: Final = 32


class Purpose(str, enum.Enum):
    """What a storage URL is good for."""

    UPLOAD = "upload"
    """Writing the payload."""
    PAYLOAD = "payload"
    """Reading the payload."""
    RESULT = "result"
    """Reading the result."""


class UrlSigner:
    """Signs and verifies with one key, which is kept in the database: URLs survive a restart.

    Args:
        key: at least 32 random bytes.
        clock: tells when a signature has expired.
    """

    def __init__(self, key: bytes, clock: Clock) -> None:
        if len(key) < _KEY_BYTES:
            raise ValueError(f"a signing key has at least {_KEY_BYTES} bytes, not {len(key)}")
        self._key = key
        self._clock = clock

    @classmethod
    def load(cls, store: Store, clock: Clock) -> UrlSigner:
        """Return the key of a database, making it the first time."""
        return cls(store.signing_key(secrets.token_bytes(_KEY_BYTES), clock.now()), clock)

    def signed_path(self, purpose: Purpose, job_id: str, seconds: float) -> str:
        """Return path and query, below the API, of a URL that is valid for so many seconds."""
        expires = self.expiry(math.ceil(seconds))
        query = urlencode({"expires": expires, "signature": self.sign(purpose.value, job_id, expires)})
        return f"{routes.STORAGE.path(purpose=purpose.value, job_id=job_id)}?{query}"

    def check_url(self, purpose: Purpose, stated: str, job_id: str, query: Mapping[str, str]) -> None:
        """Check a storage URL.

        Args:
            purpose: what is about to be done.
            stated: what the URL says it is good for.
            job_id: the job in the URL.
            query: the query of the URL.

        Raises:
            Forbidden: if it is for another purpose, its signature does not hold, or its time is over.
        """
        expires, signature = query.get("expires", ""), query.get("signature", "")
        if stated != purpose.value or not self.verify(purpose.value, job_id, expires, signature):
            raise Forbidden(
                "This storage URL is not valid, or not any more. Ask for a new one.",
                ErrorCode.UPLOAD_URL_INVALID,
            )

    def expiry(self, seconds: int) -> int:
        """Return the instant, in seconds since 1970, at which something signed now for so long expires."""
        return int(self._clock.now().timestamp()) + seconds

    def sign(self, purpose: str, job_id: str, expires: int) -> str:
        """Return the signature that allows ``purpose`` on a job until ``expires`` (seconds since 1970)."""
        # Lengths make the parts unambiguous: no two triples give the same bytes.
        text = f"{len(purpose)}:{purpose}{len(job_id)}:{job_id}{expires}"
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def verify(self, purpose: str, job_id: str, expires: Union[int, str], signature: str) -> bool:
        """Tell whether a signature allows ``purpose`` on a job now. Compares in constant time and never raises.

        Args:
            purpose: what is about to be done.
            job_id: the job in question.
            expires: the expiry as it stands in the URL, number or text.
            signature: the signature as it stands in the URL.
        """
        try:
            instant = int(expires)
            expected = self.sign(purpose, job_id, instant)
            given = signature.encode()
        except (ValueError, UnicodeError):
            return False
        genuine = hmac.compare_digest(expected.encode(), given)
        return genuine and self._clock.now().timestamp() < instant
