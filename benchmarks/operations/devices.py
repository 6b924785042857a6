# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What is asked of devices."""

from __future__ import annotations

from typing import Any

from benchmarks.side import Bench, Operation

__all__ = ["OPERATIONS"]

_LARGE = "ibm_washington"


def _some_backends(bench: Bench) -> list[Any]:
    backends = bench.provider().backends(simulator=False)
    return sorted(backends, key=lambda backend: backend.name())[:11]


def _least_busy(backends: list[Any]) -> None:
    # Each client by its own function of this name, found where its users find it.
    from qiskit.providers.ibmq import least_busy

    least_busy(backends)


def _large(bench: Bench) -> Any:
    return bench.provider().get_backend(_LARGE)


def _properties(backend: Any) -> None:
    backend.properties(refresh=True).t1(0)


def _defaults(backend: Any) -> None:
    backend.defaults(refresh=True).instruction_schedule_map.get("x", 0)


OPERATIONS = (
    Operation(
        "least-busy",
        "`least_busy` over 11 backends",
        _least_busy,
        _some_backends,
        rtts=(0.0, 0.05),
        settings=None,
        quick={"requests": 12, "sequential": 4},
    ),
    Operation(
        "properties-127", "`properties()`, 127 qubits", _properties, _large, rounds=9, shown="cpu", target=2
    ),
    Operation("defaults-127", "`defaults()`, 127 qubits", _defaults, _large, rounds=9, shown="cpu", target=2),
)
