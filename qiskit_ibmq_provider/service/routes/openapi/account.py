# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the routes of the account take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qiskit_ibmq_provider.service.routes import account
from qiskit_ibmq_provider.service.routes.openapi.operation import Access, Operation
from qiskit_ibmq_provider.service.routes.openapi.schemas import (
    array,
    boolean,
    integer,
    mapping,
    named,
    text,
    thing,
)

__all__ = ["OPERATIONS"]

_ABOUT: Final = named(
    "About",
    thing(
        {"name": text(), "description": text(), "version": text(), "api": text("Base URL of the API.")},
        {"instance_id": text("The setting of this name, if it is set.")},
    ),
)
_TOKEN: Final = named(
    "AccessToken",
    thing(
        {
            "id": text("The access token."),
            "ttl": integer("Seconds that it is valid."),
            "created": text("ISO date in UTC."),
            "userId": text(),
        }
    ),
)
_USER: Final = named(
    "User",
    thing(
        {
            "id": text(),
            "email": text("Name of the user."),
            "urls": thing(
                {
                    "http": text("Base URL of devices and jobs."),
                    "ws": text("Base URL of the websockets."),
                    "services": mapping(text()),
                }
            ),
            "capabilities": mapping(
                integer(), "What the service offers beyond the original protocol, by name and version."
            ),
        },
        {"limits": mapping(integer(), "Limits of these, by name.")},
    ),
)
_PROJECT: Final = thing({"name": text(), "title": text(), "isDefault": boolean()})
_GROUP: Final = thing({"name": text(), "title": text(), "projects": mapping(_PROJECT)})
_HUB: Final = named("Hub", thing({"name": text(), "title": text(), "groups": mapping(_GROUP)}))
_LOGIN: Final = named("Login", thing({"apiToken": text("The API token of a user.")}))

OPERATIONS: Final[Mapping[Any, Operation]] = {
    account.about: Operation(_ABOUT, Access.EVERYBODY),
    account.version: Operation(
        mapping(text(), "Versions of the components; 'api-auth' says that this is an authentication URL."),
        Access.EVERYBODY,
    ),
    account.log_in: Operation(_TOKEN, Access.EVERYBODY, body=_LOGIN, refusals=(401,)),
    account.user_info: Operation(_USER, Access.USER),
    account.network: Operation(array(_HUB), Access.USER),
    account.openapi: Operation(thing({"openapi": text()}), Access.EVERYBODY),
}
"""By route."""
