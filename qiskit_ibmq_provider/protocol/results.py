# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Result documents, read as far as they are needed.

Nine tenths of a large result are the outcomes of its experiments, shot by shot. They stay text until somebody asks for them: finding the
ends of the objects takes an eighth of the time of reading them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Union

import msgspec
from msgspec import UNSET, Raw

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.fields import as_object

__all__ = ["UnreadObject", "UnreadValue", "read_result"]


class UnreadObject(Mapping[str, Any]):
    """A JSON object whose fields are read each time that they are asked for. It holds on to the document that it is a part of.

    Args:
        text: the object.
    """

    def __init__(self, text: Raw) -> None:
        self._text = text

    def fields(self) -> dict[str, UnreadValue]:
        """Return the fields, in their order, without reading them.

        Raises:
            ProtocolError: the text is not a JSON object.
        """
        try:
            fields = _FIELDS.decode(self._text)
        except (msgspec.MsgspecError, UnicodeError):
            # What only the lenient decoder reads, such as NaN.
            return {key: UnreadValue(codec.dumps(value)) for key, value in self._read().items()}
        return {key: UnreadValue(value) for key, value in fields.items()}

    def __getitem__(self, key: str) -> Any:
        return self.fields()[key].read()

    def __iter__(self) -> Iterator[str]:
        return iter(self.fields())

    def __len__(self) -> int:
        return len(self.fields())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(memoryview(self._text))} bytes>"

    def _read(self) -> Mapping[str, Any]:
        return as_object(codec.loads(memoryview(self._text)), "the data of an experiment")


class UnreadValue:
    """A JSON value that has not been read.

    Args:
        text: the value.
    """

    __slots__ = ("_text",)

    def __init__(self, text: Union[Raw, bytes]) -> None:
        self._text = text

    @property
    def is_null(self) -> bool:
        """Whether it is ``null``."""
        return bytes(memoryview(self._text)[:5]) == b"null"

    def read(self) -> Any:
        """Return the value.

        Raises:
            ProtocolError: the text is not JSON.
        """
        return codec.loads(memoryview(self._text))


class _KnownExperiment(msgspec.Struct, forbid_unknown_fields=True):
    """The fields that experiments have in practice."""

    data: Raw
    shots: Any = UNSET
    success: Any = UNSET
    status: Any = UNSET
    meas_level: Any = UNSET
    meas_return: Any = UNSET
    header: Any = UNSET
    name: Any = UNSET
    seed: Any = UNSET
    seed_simulator: Any = UNSET
    time_taken: Any = UNSET
    metadata: Any = UNSET
    method: Any = UNSET


class _Known(msgspec.Struct, forbid_unknown_fields=True):
    """The fields that results have in practice; with these a document is split in one go."""

    results: list[_KnownExperiment]
    success: Any = UNSET
    status: Any = UNSET
    backend_name: Any = UNSET
    backend_version: Any = UNSET
    qobj_id: Any = UNSET
    job_id: Any = UNSET
    date: Any = UNSET
    header: Any = UNSET
    time_taken: Any = UNSET
    metadata: Any = UNSET
    error: Any = UNSET


_KNOWN = msgspec.json.Decoder(_Known)
_FIELDS = msgspec.json.Decoder(dict[str, Raw])
_EXPERIMENTS = msgspec.json.Decoder(list[dict[str, Raw]])


def read_result(body: bytes) -> Any:
    """Return the value of a JSON document, with the ``data`` of each of its ``results`` as an :class:`UnreadObject`.

    Raises:
        ProtocolError: the document is not JSON.
    """
    try:
        known = _KNOWN.decode(body)
    except msgspec.ValidationError:
        return _read_other(body)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return codec.loads(body)
    return {
        **_present(known, ("results",)),
        "results": [
            {**_present(experiment, ("data",)), "data": _unread(experiment.data)}
            for experiment in known.results
        ],
    }


def _read_other(body: bytes) -> Any:
    """Read a document of another form: with other fields, or without results."""
    try:
        fields = _FIELDS.decode(body)
        experiments = _EXPERIMENTS.decode(fields["results"])
    except (KeyError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return codec.loads(body)
    return {
        **{key: codec.loads(memoryview(text)) for key, text in fields.items() if key != "results"},
        "results": [
            {
                key: _unread(text) if key == "data" else codec.loads(memoryview(text))
                for key, text in experiment.items()
            }
            for experiment in experiments
        ],
    }


def _present(known: msgspec.Struct, but: tuple[str, ...]) -> dict[str, Any]:
    """Return the fields that are there."""
    fields = ((name, getattr(known, name)) for name in known.__struct_fields__ if name not in but)
    return {name: value for name, value in fields if value is not UNSET}


def _unread(text: Raw) -> Any:
    """Return an object as it is, and read what is none."""
    return UnreadObject(text) if bytes(memoryview(text)[:1]) == b"{" else codec.loads(memoryview(text))
