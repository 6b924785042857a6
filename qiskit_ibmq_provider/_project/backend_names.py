# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What backends are called: their names, their aliases, and the attributes under which they are found."""

from __future__ import annotations

import collections
import difflib
from collections.abc import Container, Mapping
from typing import Final, Optional, TypeVar

from qiskit.providers import BackendV1

from qiskit_ibmq_provider.utils.utils import to_python_identifier

__all__ = ["aliases", "attributes", "find", "suggestion"]

_ALIASED_NAMES: Final[Mapping[str, str]] = {
    "ibmq_16_rueschlikon": "ibmqx5",
    "ibmq_20_austin": "QS1_1",
    "ibmq_5_tenerife": "ibmqx4",
    "ibmq_5_yorktown": "ibmqx2",
}
"""Later names of early devices, to the names that the server knows."""

_DEPRECATED_NAMES: Final[Mapping[str, str]] = {
    "ibmqx_hpc_qasm_simulator": "ibmq_qasm_simulator",
    "ibmqx_qasm_simulator": "ibmq_qasm_simulator",
    "real": "ibmqx1",
}
"""Names of the first version, to what took their place."""

_B = TypeVar("_B", bound=BackendV1)


def aliases(backends: Mapping[str, BackendV1]) -> dict[str, str]:
    """Return the other names of backends: display and sample names that only one of them has, and the historic ones."""
    found: dict[str, set[str]] = collections.defaultdict(set)
    for name, backend in backends.items():
        for field in ("display_name", "sample_name"):
            other = getattr(backend.configuration(), field, None)
            if isinstance(other, str) and other:
                found[other].add(name)
    unique = {other: next(iter(names)) for other, names in found.items() if len(names) == 1}
    return {**unique, **_DEPRECATED_NAMES, **_ALIASED_NAMES}


def find(backends: Mapping[str, _B], name: str) -> Optional[_B]:
    """Return the backend with a name or alias, or ``None``."""
    return backends.get(name) or backends.get(aliases(backends).get(name, name))


def attributes(backends: Mapping[str, _B], reserved: Container[str] = ()) -> dict[str, _B]:
    """Return the backends by the identifiers that they are attributes under.

    Args:
        backends: the backends by name.
        reserved: identifiers that are something else. A backend with one of these, or with that of a backend before it, gets an
            underscore more.
    """
    found: dict[str, _B] = {}
    for name, backend in backends.items():
        identifier = to_python_identifier(name)
        while identifier in found or identifier in reserved:
            identifier += "_"
        found[identifier] = backend
    return found


def suggestion(backends: Mapping[str, BackendV1], name: str) -> str:
    """Return a sentence that names the backends with the names nearest to one that is not there, or all if they are few."""
    near = difflib.get_close_matches(str(name).lower(), list(backends), n=3, cutoff=0.6)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if not backends:
        return "The project has no backends."
    if len(backends) <= 8:
        return f"The project has {', '.join(backends)}."
    return f"The project has {len(backends)} backends; provider.backends() lists them."
