# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Tokens: made at random, kept as digests, compared in constant time.

A plain SHA-256 is enough here, where a password would need a slow, salted hash: a token is a long random string,
so neither a dictionary nor a table of digests helps whoever reads the database. Rows are found by the first part
of the digest, and the whole digest is compared in Python, so that the time of a refusal tells nothing about it.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from typing import Final, Optional

from qiskit_ibmq_provider.service.domain.store import StoredToken

__all__ = ["SELECTOR_LENGTH", "choose", "digest_of", "new_token", "selector_of"]

SELECTOR_LENGTH: Final = 16
"""How many of the 64 hexadecimal digits of a digest are used to look it up."""

_TOKEN_BYTES: Final = 32


def new_token() -> str:
    """Return a new random token of 256 bits, in characters that every header takes."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest_of(token: str) -> str:
    """Return the form in which a token is kept, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def selector_of(digest: str) -> str:
    """Return the part of a digest by which its row is found."""
    return digest[:SELECTOR_LENGTH]


def choose(candidates: Iterable[StoredToken], digest: str) -> Optional[StoredToken]:
    """Return the candidate with this digest, comparing each in constant time."""
    found: Optional[StoredToken] = None
    for candidate in candidates:
        if hmac.compare_digest(candidate.digest.encode(), digest.encode()):
            found = candidate
    return found
