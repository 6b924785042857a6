# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Who may ask: logging in, tokens, and which projects a user sees.

Tokens are made at random, kept as digests and compared in constant time. A plain SHA-256 is enough here, where a password would need a slow,
salted hash: a token is a long random string, so neither a dictionary nor a table of digests helps whoever reads the database. Rows are found
by the first part of the digest, and the whole digest is compared in Python, so that the time of a refusal tells nothing about it.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from typing import Final, Optional

from qiskit_ibmq_provider.protocol.accounts import AccessToken
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.timestamps import format_utc
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.errors import InvalidRequest, NotFound, Unauthenticated
from qiskit_ibmq_provider.service.domain.model import Principal, Project
from qiskit_ibmq_provider.service.domain.store import Store, StoredToken

__all__ = [
    "ACCESS_TOKEN_TTL",
    "Accounts",
    "DEFAULT_PROJECTS",
    "SERVICE_USER",
    "choose",
    "digest_of",
    "new_token",
    "selector_of",
]

ACCESS_TOKEN_TTL: Final = datetime.timedelta(days=14)
"""Lifetime of an access token: long, because old clients never log in again."""

DEFAULT_PROJECTS: Final = (("ibm-q", "open", "main"),)
"""Hub, group and project of a new service, spelled as scripts expect them."""

SERVICE_USER: Final = "user@localhost"
"""The user whose API token is a setting of the service."""

_SELECTOR_LENGTH: Final = 16
"""How many of the 64 hexadecimal digits of a digest are used to look it up."""

_TOKEN_BYTES: Final = 32


class Accounts:
    """Users, tokens and projects.

    Args:
        store: the database.
        clock: the time.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._accounts = store.accounts
        self._clock = clock

    def bootstrap(self, api_token: str, projects: Sequence[tuple[str, str, str]] = DEFAULT_PROJECTS) -> None:
        """Make sure that the service has a user, its projects, and this API token as the only configured one.

        A token from an earlier start is revoked if it differs, and the access tokens given for it with it. Projects
        of an earlier start that are not among these are hidden from the user; their jobs are kept.

        Raises:
            InvalidRequest: if the token is empty.
        """
        if not api_token.strip():
            raise InvalidRequest(
                "The service's API token is empty. Give it a random one.", ErrorCode.BAD_REQUEST
            )
        self._accounts.bootstrap(SERVICE_USER, projects, digest_of(api_token), self._clock.now())

    def login(self, api_token: str) -> AccessToken:
        """Exchange an API token for an access token.

        Raises:
            Unauthenticated: if the API token is not known.
        """
        digest = digest_of(api_token)
        known = choose(self._accounts.api_tokens(selector_of(digest)), digest)
        if known is None:
            raise Unauthenticated(
                "Login failed: this API token is not known to the service. Check the token of your account.",
                ErrorCode.LOGIN_FAILED,
            )
        token = new_token()
        now = self._clock.now()
        self._accounts.add_access_token(digest_of(token), known, now, now + ACCESS_TOKEN_TTL)
        return AccessToken(
            id=token,
            ttl=int(ACCESS_TOKEN_TTL.total_seconds()),
            created=format_utc(now),
            user_id=known.user_id,
        )

    def authenticate(self, access_token: str) -> Principal:
        """Return whose access token this is.

        Raises:
            Unauthenticated: if the token is unknown or has expired.
        """
        digest = digest_of(access_token)
        known = choose(self._accounts.access_tokens(selector_of(digest), self._clock.now()), digest)
        if known is None:
            raise Unauthenticated(
                "The access token is missing, unknown or expired. Log in again.",
                ErrorCode.NOT_AUTHENTICATED,
            )
        return self._accounts.principal(known.user_id)

    def project(self, principal: Principal, hub: str, group: str, project: str) -> Project:
        """Return one of a user's projects by its names.

        Raises:
            NotFound: if there is none, or it is not this user's: the two answer alike.
        """
        for candidate in principal.projects:
            if (candidate.hub, candidate.group, candidate.project) == (hub, group, project):
                return candidate
        raise NotFound(f"There is no project {hub}/{group}/{project}.", ErrorCode.NOT_FOUND)


def new_token() -> str:
    """Return a new random token of 256 bits, in characters that every header takes."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def digest_of(token: str) -> str:
    """Return the form in which a token is kept, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def selector_of(digest: str) -> str:
    """Return the part of a digest by which its row is found."""
    return digest[:_SELECTOR_LENGTH]


def choose(candidates: Iterable[StoredToken], digest: str) -> Optional[StoredToken]:
    """Return the candidate with this digest, comparing each in constant time."""
    found: Optional[StoredToken] = None
    for candidate in candidates:
        if hmac.compare_digest(candidate.digest.encode(), digest.encode()):
            found = candidate
    return found
