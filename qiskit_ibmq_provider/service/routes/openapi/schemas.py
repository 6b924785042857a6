# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Writing JSON schemas in few words, and what is to be said of one method of one path."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from typing import Any, Final, Optional

__all__ = [
    "ALL_JSON",
    "Access",
    "ERROR",
    "Operation",
    "Parameter",
    "Schema",
    "array",
    "boolean",
    "integer",
    "mapping",
    "named",
    "text",
    "thing",
]

Schema = Mapping[str, Any]
"""A JSON schema; one with a title stands among the components of the document, once."""


def text(description: Optional[str] = None, **rules: Any) -> Schema:
    """Return the schema of a text; ``rules`` are further keywords, such as ``pattern`` or ``enum``."""
    return _with_description({"type": "string", **rules}, description)


def integer(description: Optional[str] = None, **rules: Any) -> Schema:
    """Return the schema of a whole number."""
    return _with_description({"type": "integer", **rules}, description)


def boolean(description: Optional[str] = None, **rules: Any) -> Schema:
    """Return the schema of true or false."""
    return _with_description({"type": "boolean", **rules}, description)


def array(items: Schema, description: Optional[str] = None, **rules: Any) -> Schema:
    """Return the schema of an array."""
    return _with_description({"type": "array", "items": items, **rules}, description)


def mapping(values: Schema, description: Optional[str] = None) -> Schema:
    """Return the schema of an object with any keys."""
    return _with_description({"type": "object", "additionalProperties": values}, description)


def thing(
    required: Mapping[str, Schema],
    optional: Optional[Mapping[str, Schema]] = None,
    description: Optional[str] = None,
) -> Schema:
    """Return the schema of an object. Further keys are allowed: each side ignores those that it does not know."""
    schema: dict[str, Any] = {"type": "object", "properties": {**required, **(optional or {})}}
    if required:
        schema["required"] = list(required)
    return _with_description(schema, description)


def named(name: str, schema: Schema) -> Schema:
    """Return a schema that stands among the components of the document, under a name."""
    return {"title": name, **schema}


def _with_description(schema: dict[str, Any], description: Optional[str]) -> Schema:
    return schema if description is None else {**schema, "description": description}


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
