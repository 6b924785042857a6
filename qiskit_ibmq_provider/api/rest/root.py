# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Adapter for what belongs to no project: version, login, user, hubs, reservations."""

from __future__ import annotations

import contextlib

from qiskit_ibmq_provider.api.exceptions import AuthenticationLicenseError, RequestsApiError
from qiskit_ibmq_provider.api.exchange import Body
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.rest.base import RestAdapterBase
from qiskit_ibmq_provider.protocol import codec, routes
from qiskit_ibmq_provider.protocol.accounts import (
    AccessToken,
    ProjectEntry,
    UserInfo,
    VersionInfo,
    decode_network,
)
from qiskit_ibmq_provider.protocol.backends import ReservationRecord, decode_reservations
from qiskit_ibmq_provider.protocol.errors import LICENSE_REQUIRED, ProtocolError

__all__ = ["Api"]


class Api(RestAdapterBase):
    """The root of a service."""

    def version(self) -> VersionInfo:
        """Return the versions of the server's components; none if the answer is not the one of this API."""
        return self.session.request(
            "GET", self.get_url(routes.VERSION), read=_read_version, undecoded=True, anonymous=True
        )

    def login(self, api_token: Secret) -> Secret:
        """Return an access token.

        Args:
            api_token: the long-lived token of the user.

        Raises:
            AuthenticationLicenseError: the user has to accept the licence first.
            ApiError: login failed.
        """
        try:
            return self.session.request(
                "POST",
                self.get_url(routes.LOGIN),
                read=_read_token,
                undecoded=True,
                body=Body.json({"apiToken": api_token.reveal()}),
                replayable=True,
                anonymous=True,
            )
        except RequestsApiError as err:
            if err.error_name != LICENSE_REQUIRED:
                raise
            license_error = AuthenticationLicenseError(
                err.message, code=err.code, status_code=err.status_code
            )
        raise license_error

    def user_info(self) -> UserInfo:
        """Return where the services are and what they offer."""
        return self.session.request("GET", self.get_url(routes.USER_INFO), read=UserInfo.from_json)

    def hubs(self) -> list[ProjectEntry]:
        """Return the projects of the user, the default one first."""
        return self.session.request("GET", self.get_url(routes.NETWORK), read=decode_network)

    def reservations(self) -> list[ReservationRecord]:
        """Return the user's own reservations."""
        return self.session.request("GET", self.get_url(routes.MY_BOOKINGS), read=decode_reservations)


def _read_token(body: bytes) -> Secret:
    """Read the answer to login. What is wrong with it is not said, because that might show a part of the token."""
    with contextlib.suppress(ProtocolError):
        return Secret(AccessToken.from_json(codec.loads(body)).id)
    raise ProtocolError("It is not a JSON object with an access token that can be sent in a header.")


def _read_version(body: bytes) -> VersionInfo:
    """Read the answer to the version probe. Something else than JSON comes from a server of another kind."""
    try:
        return VersionInfo.from_json(codec.loads(body))
    except ProtocolError:
        return VersionInfo({})
