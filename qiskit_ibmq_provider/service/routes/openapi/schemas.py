# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Writing JSON schemas in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Optional

__all__ = ["Schema", "array", "boolean", "integer", "mapping", "named", "nullable", "number", "text", "thing"]

Schema = Mapping[str, Any]
"""A JSON schema; one with a title stands among the components of the document, once."""


def text(description: Optional[str] = None, **rules: Any) -> Schema:
    """Return the schema of a text; ``rules`` are further keywords, such as ``pattern`` or ``enum``."""
    return _with_description({"type": "string", **rules}, description)


def integer(description: Optional[str] = None, **rules: Any) -> Schema:
    """Return the schema of a whole number."""
    return _with_description({"type": "integer", **rules}, description)


def number(description: Optional[str] = None, **rules: Any) -> Schema:
    """Return the schema of a number."""
    return _with_description({"type": "number", **rules}, description)


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


def nullable(schema: Schema) -> Schema:
    """Return the schema of a value or null."""
    return {**schema, "type": [schema["type"], "null"]}


def named(name: str, schema: Schema) -> Schema:
    """Return a schema that stands among the components of the document, under a name."""
    return {"title": name, **schema}


def _with_description(schema: dict[str, Any], description: Optional[str]) -> Schema:
    return schema if description is None else {**schema, "description": description}
