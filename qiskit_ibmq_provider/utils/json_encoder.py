# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The JSON encoder for Qobj dictionaries, as a class for ``json.dumps``."""

from __future__ import annotations

import json
from typing import Any

from qiskit_ibmq_provider.encoding.values import to_wire, wire_leaf

__all__ = ["IQXJsonEncoder"]


class IQXJsonEncoder(json.JSONEncoder):
    """Encodes what a Qobj dictionary may hold: arrays, complex numbers, bound parameters, and keys that are not texts.

    Example:

        >>> json.dumps({"amp": 0.5 + 0.25j, None: 1}, cls=IQXJsonEncoder)
        '{"amp": [0.5, 0.25], "null": 1}'
    """

    def encode(self, o: Any) -> str:
        """Return the JSON text of a value."""
        return super().encode(to_wire(o))

    def default(self, o: Any) -> Any:
        """Return an object that JSON does not know in terms of ones that it does."""
        return wire_leaf(o)
