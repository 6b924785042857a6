# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What all records of the wire have in common: reading, writing, and looking fields up by name.

A record is a frozen structure. Its fields are its only definition: the name of a field on the wire is the attribute in camel case unless the field
gives another one, and a dotted name stands for a field of an inner object. What a record does not know is kept in ``extra`` and written again.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import functools
import re
import sys
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Callable, ClassVar, Final, Optional, TypeVar, Union

import msgspec

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, checked_number, sentence
from qiskit_ibmq_provider.protocol.timestamps import format_utc, parse_utc

__all__ = [
    "FiniteNumber",
    "Record",
    "Value",
    "WireForm",
    "described",
    "extra_fields",
    "json_schema",
    "wire_field",
    "wire_names",
]

FiniteNumber = Annotated[float, msgspec.Meta(ge=-sys.float_info.max, le=sys.float_info.max)]
"""A number that is neither NaN nor infinite."""

S = TypeVar("S", bound="Value")
R = TypeVar("R", bound="WireForm")

_EXTRA: Final = "*"
"""Where the reader puts the unknown fields: no field of the wire is called so."""
_SCHEMA_TYPES: Final[Mapping[Any, str]] = {
    bool: "boolean",
    dt.datetime: "string",
    float: "number",
    int: "integer",
    str: "string",
}
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

wire_field: Final = msgspec.field
"""Gives a field of a record a name on the wire (``name=``) or a default."""


def described(description: Optional[str] = None, **rules: Any) -> msgspec.Meta:
    """Return a remark for the type of a field: a description and keywords of its JSON schema, which reading does not enforce."""
    return msgspec.Meta(description=description, extra_json_schema=rules or None)


def wire_names(kind: type[WireForm]) -> Mapping[str, str]:
    """Return the name on the wire of each attribute of a record, dotted for a field of an inner object."""
    return {attribute: name for attribute, name in _layout(kind).names.items() if name != _EXTRA}


def json_schema(kind: type[WireForm], *, request: bool = False) -> dict[str, Any]:
    """Return the JSON schema of a record.

    Args:
        kind: the record.
        request: whether clients send it. What they may leave out may also be ``null`` then; our service never sends that.
    """
    schema: dict[str, Any] = {"type": "object", "properties": {}}
    if kind.TITLE:
        schema["title"] = kind.TITLE
    for field in _layout(kind).fields:
        if field.encode_name == _EXTRA:
            continue
        # Only what is None is not written.
        optional = type(None) in typing.get_args(_unmarked(field.type))
        needed = field.required or not (request or (optional and field.name not in kind.ALWAYS))
        described_type = _type_schema(field.type)
        if request and not needed:
            described_type["type"] = [described_type["type"], "null"]
        *outer, last = field.encode_name.split(".")
        inner = schema
        for step in outer:
            inner = _inner_schema(inner, step, needed)
        inner["properties"][last] = described_type
        if needed:
            inner.setdefault("required", []).append(last)
    return schema


def extra_fields() -> Any:
    """Return the field of a record in which the unknown fields are kept."""
    return msgspec.field(default_factory=dict, name=_EXTRA)


class Value(msgspec.Struct, frozen=True, rename="camel"):
    """A frozen structure."""

    def replaced(self: S, **changes: Any) -> S:
        """Return a copy in which some attributes have other values."""
        return msgspec.structs.replace(self, **changes)


class WireForm:
    """Reading and writing of a structure whose fields have names on the wire.

    A record can also be read as a mapping, because programs around the original client do so: by the names of the wire, by those that the
    original client gives to them (``job_id``, ``creation_date``), and by those of the attributes. A field that is not there raises ``KeyError``.
    """

    __slots__ = ()

    WHAT: ClassVar[str] = "the record"
    """What errors call it."""
    OTHER_NAMES: ClassVar[Mapping[str, str]] = {}
    """Names that the original client gives to fields, beside the name in snake case: to the names on the wire."""
    HIDDEN: ClassVar[frozenset[str]] = frozenset()
    """Attributes that do not show in the ``repr``."""
    TITLE: ClassVar[str] = ""
    """Its name in the description of the API; records without one are described where they occur."""
    ALWAYS: ClassVar[frozenset[str]] = frozenset()
    """Attributes that our service always sends, though a client does without."""

    extra: dict[str, Any]

    @classmethod
    def from_json(cls: type[R], data: Any) -> R:
        """Read the record from its decoded JSON object. ``null`` is the same as absent.

        Raises:
            ProtocolError: it is no object, a needed field is missing, or a field is of another type; the text names the field.
        """
        layout, document = _layout(cls), as_object(data, cls.WHAT)
        known = layout.outermost
        values: dict[str, Any] = {
            **document,
            _EXTRA: {key: value for key, value in document.items() if key not in known},
        }
        for name, path in layout.inner:
            values[name] = _inner(document, path, cls.WHAT)
        for name, read in layout.readers:
            if values.get(name) is not None:
                values[name] = read(values[name])
        try:
            return msgspec.convert(values, cls)
        except msgspec.ValidationError:
            return msgspec.convert(layout.mended(values, cls.WHAT), cls)

    @classmethod
    def of(cls: type[R], answer: Any) -> R:
        """Return the record that an answer holds: the record itself, or a mapping with the names of the wire, of the original client, or of the
        attributes.

        Raises:
            ProtocolError: the answer is neither, or not complete.
        """
        if isinstance(answer, cls):
            return answer
        layout = _layout(cls)
        document: dict[str, Any] = {}
        for key, value in as_object(answer, cls.WHAT).items():
            name = layout.wire_name(key)
            if name in layout.record_kinds and isinstance(value, Mapping):
                value = layout.record_kinds[name].of(value).to_json()
            _put(document, name.split(".") if name in layout.attributes else [name], _plain(value))
        return cls.from_json(document)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form, without what is not there: ``null`` is not the same as absent, and often harmful."""
        layout, values = _layout(type(self)), msgspec.structs.asdict(self)  # type: ignore[arg-type]
        extra = values.pop("extra")
        names = layout.names
        document = {names[key]: value for key, value in values.items() if value is not None}
        for name, path in layout.inner:
            if name in document:
                _put(document, path, document.pop(name))
        for name, write in layout.writers:
            if name in document:
                document[name] = write(document[name])
        return {**extra, **document}

    def __getitem__(self, key: str) -> Any:
        values: Mapping[str, Any] = msgspec.structs.asdict(self)  # type: ignore[arg-type]
        by_attribute = {name: value for name, value in values.items() if value is not None}
        return {**by_attribute, **self._by_client_names(), **self.to_json()}[key]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and self.get(key, self) is not self

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_client_names())

    def get(self, key: str, default: Any = None) -> Any:
        """Return the field of this name, or the default if it is not there."""
        try:
            return self[key]
        except KeyError:
            return default

    def keys(self) -> Iterable[str]:
        """Return the names that the original client gives to the fields that are there."""
        return self._by_client_names().keys()

    def _by_client_names(self) -> dict[str, Any]:
        layout, found = _layout(type(self)), {}
        for name, value in self.to_json().items():
            inner = getattr(self, layout.attributes.get(name, "extra"))
            found[layout.client_name(name)] = dict(inner) if isinstance(inner, WireForm) else value
        return found

    def __repr__(self) -> str:
        values = msgspec.structs.asdict(self)  # type: ignore[arg-type]
        shown = (f"{key}={value!r}" for key, value in values.items() if key not in self.HIDDEN)
        return f"{type(self).__name__}({', '.join(shown)})"


class Record(WireForm, Value, frozen=True, kw_only=True):
    """A record with all that records have; ``extra`` holds the fields of the wire that it does not know."""

    extra: dict[str, Any] = extra_fields()


@dataclasses.dataclass(frozen=True)
class _Layout:
    """How the fields of a record lie on the wire."""

    fields: tuple[msgspec.structs.FieldInfo, ...]
    other_names: Mapping[str, str]

    @functools.cached_property
    def names(self) -> dict[str, str]:
        """The name on the wire of each attribute."""
        return {field.name: field.encode_name for field in self.fields}

    @functools.cached_property
    def attributes(self) -> dict[str, str]:
        """The attribute of each name on the wire."""
        return {name: attribute for attribute, name in self.names.items()}

    @functools.cached_property
    def outermost(self) -> frozenset[str]:
        """The keys of the object on the wire that the record knows."""
        return frozenset(name.partition(".")[0] for name in self.attributes if name != _EXTRA)

    @functools.cached_property
    def inner(self) -> tuple[tuple[str, list[str]], ...]:
        """Names that stand for a field of an inner object, and the way there."""
        return tuple((name, name.split(".")) for name in self.attributes if "." in name)

    @functools.cached_property
    def record_kinds(self) -> dict[str, type[WireForm]]:
        """The fields that are records themselves."""
        kinds = ((field.encode_name, _kind_of(field.type)) for field in self.fields)
        return {name: kind for name, kind in kinds if isinstance(kind, type) and issubclass(kind, WireForm)}

    @functools.cached_property
    def readers(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        """What reads the fields that have another form on the wire."""
        dates = (
            (field.encode_name, parse_utc) for field in self.fields if _kind_of(field.type) is dt.datetime
        )
        return (*((name, kind.from_json) for name, kind in self.record_kinds.items()), *dates)

    @functools.cached_property
    def writers(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        """What writes them."""
        found: dict[str, Callable[[Any], Any]] = {
            name: kind.to_json for name, kind in self.record_kinds.items()
        }
        for field in self.fields:
            kind = _kind_of(field.type)
            if kind is dt.datetime:
                found[field.encode_name] = format_utc
            elif typing.get_origin(kind) is tuple:
                found[field.encode_name] = list
        return tuple(found.items())

    def client_name(self, name: str) -> str:
        """Return the name that the original client gives to a key of the wire."""
        return next((own for own, wire in self.other_names.items() if wire == name), _snake_case(name))

    def wire_name(self, key: str) -> str:
        """Return the name on the wire for any name of a field; a key that is not known stays."""
        if key in self.outermost or key == "extra":
            return key
        named = self.other_names.get(key) or self.names.get(key)
        bare = key.lstrip("_")  # Some of the original's answers have a ``_status``.
        return named or next((name for name in self.outermost if _snake_case(name) == bare), key)

    def mended(self, values: Mapping[str, Any], what: str) -> dict[str, Any]:
        """Return values that a record can be made of: without ``null``, and numbers of the kind that is wanted.

        Raises:
            ProtocolError: there is none for a field.
        """
        mended = {}
        for field in self.fields:
            value = values.get(field.encode_name)
            if value is not None:
                mended[field.encode_name] = _mended(value, _kind_of(field.type), field.encode_name, what)
            elif field.required:
                raise ProtocolError(f"{sentence(what)} lacks the field {field.encode_name!r}.")
        return mended


def _new_layout(kind: Any) -> _Layout:
    return _Layout(msgspec.structs.fields(kind), kind.OTHER_NAMES)


_layout: Final[Callable[[Any], _Layout]] = functools.lru_cache(maxsize=None)(_new_layout)


def _unmarked(annotation: Any) -> Any:
    """Return the type of a field without remarks."""
    marked = typing.get_origin(annotation) is Annotated
    return _unmarked(typing.get_args(annotation)[0]) if marked else annotation


def _kind_of(annotation: Any) -> Any:
    """Return the type of a field without ``None`` and without remarks."""
    kind = _unmarked(annotation)
    kinds = [each for each in typing.get_args(kind) if each is not type(None)]
    return _kind_of(kinds[0]) if typing.get_origin(kind) is Union and len(kinds) == 1 else kind


def _type_schema(annotation: Any) -> dict[str, Any]:
    """Return the JSON schema of the type of a field."""
    kind = _kind_of(annotation)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    schema: dict[str, Any] = {}
    if isinstance(kind, type) and issubclass(kind, WireForm):
        schema = json_schema(kind)
    elif kind in _SCHEMA_TYPES:
        schema = {"type": _SCHEMA_TYPES[kind]}
    elif origin is tuple:
        schema = {"type": "array", "items": _type_schema(arguments[0])}
    elif origin is Mapping:
        schema = {"type": "object", "additionalProperties": _type_schema(arguments[1])}
    elif origin is Union:
        schema = {"type": [_SCHEMA_TYPES[each] for each in arguments]}
    if typing.get_origin(annotation) is Annotated:
        for remark in typing.get_args(annotation)[1:]:
            schema.update({"description": remark.description} if remark.description else {})
            schema.update(remark.extra_json_schema or {})
    return schema


def _inner_schema(schema: dict[str, Any], key: str, needed: bool) -> dict[str, Any]:
    """Return the schema of an inner object, which is made if missing."""
    required: list[str] = schema.get("required", [])
    if needed and key not in required:
        schema["required"] = [*required, key]
    inner: dict[str, Any] = schema["properties"].setdefault(key, {"type": "object", "properties": {}})
    return inner


def _mended(value: Any, kind: Any, name: str, what: str) -> Any:
    """Return the value of a field in the type that the record holds."""
    if isinstance(value, enum.Enum):
        value = value.value
    if kind in (int, float):
        return kind(checked_number(value, name, what, whole=kind is int))
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError:
        plain = {tuple: list, Mapping: dict}.get(
            typing.get_origin(kind) or kind, typing.get_origin(kind) or kind
        )
        if plain is list and isinstance(value, list):
            raise ProtocolError(
                f"The field {name!r} of {what} should hold texts only, not {value!r:.80}."
            ) from None
        raise ProtocolError(
            f"The field {name!r} of {what} should be a {plain.__name__}, not {value!r:.80}."
        ) from None


def _inner(document: Mapping[str, Any], path: Sequence[str], what: str) -> Any:
    """Return what stands at a path, or ``None``."""
    value: Any = document
    for depth, key in enumerate(path):
        # The abstract class costs several times as much to ask for.
        if type(value) is not dict and not isinstance(value, Mapping):
            if depth == 1 and value is not None:
                raise ProtocolError(f"The field {path[0]!r} of {what} should be a dict, not {value!r:.80}.")
            return None
        value = value.get(key)
    return value


def _put(document: dict[str, Any], path: Sequence[str], value: Any) -> None:
    """Set what stands at a path."""
    for key in path[:-1]:
        document = document.setdefault(key, {})
    document[path[-1]] = value


def _plain(value: Any) -> Any:
    """Return a value as the wire has it."""
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value


def _instant(value: Any) -> Any:
    return parse_utc(value) if isinstance(value, str) else value


def _snake_case(name: str) -> str:
    return _HUMP.sub("_", name).lower()
