# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Calibration data that many may have, each his own, made from one model without making all of it again."""

from __future__ import annotations

import copy
import pickle
from typing import Any, Final

from qiskit.providers.models import BackendProperties

from qiskit_ibmq_provider.encoding._plain import as_plain

__all__ = ["own_properties"]

_LISTS: Final = ("qubits", "gates", "general")
"""Thousands of objects, which the methods that give times and errors do not look at."""


def own_properties(model: BackendProperties) -> BackendProperties:
    """Return calibration data like a model; changes of one have no effect on the other.

    Args:
        model: the model. Nobody may change it.
    """
    return _OwnProperties(model)


class _OwnProperties(BackendProperties):
    """Calibration data whose lists are copied when they are asked for. A copy or a pickle of it is of Qiskit's own class."""

    def __init__(self, model: BackendProperties) -> None:
        # Not the constructor above: it makes everything from the lists.
        fields = {key: value for key, value in vars(model).items() if key not in _LISTS}
        extra = copy.deepcopy(fields.pop("_data"))
        vars(self).update({key: _with_own_dictionaries(value) for key, value in fields.items()})
        vars(self).update(_data=extra, _model=model)

    def __getattr__(self, name: str) -> Any:
        # Only called for what is not there.
        if name in _LISTS:
            # Faster than a deep copy, and of a model that was made in this process.
            value = pickle.loads(pickle.dumps(getattr(self._model, name)))  # noqa: S301
            return vars(self).setdefault(name, value)
        return super().__getattr__(name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        for name in _LISTS:
            getattr(self, name)
        return as_plain(self, BackendProperties, without=("_model",))


def _with_own_dictionaries(value: Any) -> Any:
    """Return a value with copies of all dictionaries in it; what they hold at last is never changed."""
    if type(value) is dict:
        return {key: _with_own_dictionaries(item) for key, item in value.items()}
    return value
