# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Records out of what clients answer. STAND-IN until the branch `records` is merged, whose records have both methods: then drop this file."""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Mapping
from typing import Any, TypeVar

from qiskit_ibmq_provider.protocol.fields import as_object

__all__ = ["Readable"]

_R = TypeVar("_R", bound="Readable")


class Readable:
    """A record that may be given as a mapping."""

    @classmethod
    def of(cls: type[_R], answer: Any) -> _R:
        """Return the record of an answer."""
        if isinstance(answer, cls):
            return answer
        names = {"job_id": "id", "_backend_info": "backend", "experiment_id": "experimentTag"}
        document = {}
        for key, value in as_object(answer, "the answer").items():
            name = names.get(key, re.sub(r"_([a-z])", lambda found: found[1].upper(), key))
            document[name] = value.value if isinstance(value, enum.Enum) else value
            if name == "infoQueue" and isinstance(value, Mapping):
                document[name] = {
                    re.sub(r"_([a-z])", lambda found: found[1].upper(), inner): item
                    for inner, item in value.items()
                }
        record: _R = cls.from_json(document)  # type: ignore[attr-defined]
        return record

    def replaced(self: _R, **changes: Any) -> _R:
        """Return a copy with other values."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]

    def __getitem__(self, key: str) -> Any:
        return getattr(self, "id" if key == "job_id" else key)
