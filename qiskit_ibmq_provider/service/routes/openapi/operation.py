# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What is to be said of one method of one path."""

from __future__ import annotations

import dataclasses
import enum
from typing import Any, Final, Optional

from qiskit_ibmq_provider.service.routes.openapi.schemas import Schema, integer, named, text, thing

__all__ = ["ALL_JSON", "Access", "ERROR", "Operation", "Parameter"]

ALL_JSON: Final[Schema] = {}
"""Any JSON value."""

ERROR: Final = named(
    "Error",
    thing(
        {
            "error": thing(
                {
                    "message": text("What happened, and what to do."),
                    "code": integer("Four digits; programs look at this, never at the message."),
                    "status": integer("The HTTP status."),
                    "name": text(),
                }
            )
        }
    ),
)


class Access(enum.Enum):
    """Who may make a request."""

    EVERYBODY = "everybody"
    """No token is looked at."""
    USER = "user"
    """Whoever has an access token."""
    PROJECT = "project"
    """Whoever has an access token of a user of the project in the path."""
    HOLDER = "holder"
    """Whoever holds the signed URL."""


@dataclasses.dataclass(frozen=True)
class Parameter:
    """A parameter beside those in the path."""

    name: str
    place: str
    """``query`` or ``header``."""
    description: str
    schema: Schema = dataclasses.field(default_factory=text)
    is_json: bool = False
    """Whether the text is JSON itself, of this schema."""
    required: bool = False

    def to_openapi(self) -> dict[str, Any]:
        """Return the parameter object of the document."""
        form: dict[str, Any] = {"name": self.name, "in": self.place, "description": self.description}
        if self.required:
            form["required"] = True
        if self.is_json:
            return {**form, "content": {"application/json": {"schema": self.schema}}}
        return {**form, "schema": self.schema}


@dataclasses.dataclass(frozen=True)
class Operation:
    """One method of one path."""

    answer: Schema
    """The body of the answer 200."""
    access: Access = Access.PROJECT
    body: Optional[Schema] = None
    """The body of the request; ``None`` for none."""
    parameters: tuple[Parameter, ...] = ()
    refusals: tuple[int, ...] = ()
    """Statuses of errors beside those that follow from ``access`` and ``body``, and from the state of the service."""

    def statuses(self, method: str) -> list[int]:
        """Return the statuses of all errors that the answer may have.

        Args:
            method: in lower case.
        """
        found = {400, 503, 507, *self.refusals}
        if self.access in (Access.USER, Access.PROJECT):
            found.add(401)
            if method != "post":
                found.add(429)
        if self.access is Access.PROJECT:
            found.add(404)
        if self.access is Access.HOLDER:
            found.update((403, 404))
        if self.body is not None:
            found.add(413)
        return sorted(found)
