# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Single instructions of a Qobj, from their wire form to the form that Qiskit's classes accept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from qiskit_ibmq_provider.encoding.values import to_complex
from qiskit_ibmq_provider.protocol.instructions import PULSE_INSTRUCTION_FIELDS, QASM_INSTRUCTION_FIELDS

__all__ = ["complex_parameter", "pulse_instruction", "pulse_library", "qasm_instruction"]


def qasm_instruction(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a circuit instruction with complex numbers in its arrays and without unknown fields."""
    instruction = {key: value for key, value in data.items() if key in QASM_INSTRUCTION_FIELDS}
    if "params" in instruction:
        instruction["params"] = [complex_parameter(value) for value in instruction["params"]]
    return instruction


def complex_parameter(value: Any) -> Any:
    """Return a parameter of a gate with its pairs ``[re, im]`` as complex numbers.

    Arrays in gate parameters (of ``unitary``, ``initialize``, ``diagonal``, ``kraus``) always hold complex numbers.
    """
    if not isinstance(value, list):
        return value
    if len(value) == 2 and all(
        isinstance(part, (int, float)) and not isinstance(part, bool) for part in value
    ):
        return to_complex(value)
    return [complex_parameter(item) for item in value]


def pulse_instruction(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a pulse instruction with complex amplitudes and without unknown fields."""
    instruction = {key: value for key, value in data.items() if key in PULSE_INSTRUCTION_FIELDS}
    if instruction.get("val") is not None:
        instruction["val"] = to_complex(instruction["val"])
    parameters = instruction.get("parameters")
    if parameters is not None and "amp" in parameters:
        instruction["parameters"] = {**parameters, "amp": to_complex(parameters["amp"])}
    for key in ("kernels", "discriminators"):
        if isinstance(instruction.get(key), list):
            # Qiskit's reader takes these objects apart.
            instruction[key] = [dict(option) for option in instruction[key]]
    return instruction


def pulse_library(items: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the items of a pulse library with complex samples."""
    return [{"name": item["name"], "samples": _samples(item["samples"])} for item in items]


def _samples(pairs: Sequence[Any]) -> list[complex]:
    try:
        # Waveforms hold thousands of pairs, and nearly always nothing else.
        return [complex(real, imaginary) for real, imaginary in pairs]
    except (TypeError, ValueError):
        return [to_complex(sample) for sample in pairs]
