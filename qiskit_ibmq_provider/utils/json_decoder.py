# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Decoding of server documents in place, for scripts that call these functions on dictionaries of their own.

The provider itself uses :mod:`qiskit_ibmq_provider.encoding`, whose functions leave their argument alone.
"""

from __future__ import annotations

from typing import Any

from dateutil import parser

from qiskit_ibmq_provider.encoding.values import to_complex
from qiskit_ibmq_provider.utils.converters import utc_to_local

__all__ = [
    "decode_backend_configuration",
    "decode_backend_properties",
    "decode_pulse_defaults",
    "decode_pulse_qobj",
    "decode_result",
]


def decode_pulse_qobj(pulse_qobj: dict[str, Any]) -> None:
    """Turn the pairs ``[re, im]`` of a pulse Qobj's dictionary into complex numbers."""
    _decode_library(pulse_qobj["config"]["pulse_library"])
    for experiment in pulse_qobj["experiments"]:
        _decode_instructions(experiment["instructions"])


def decode_pulse_defaults(defaults: dict[str, Any]) -> None:
    """Turn the pairs ``[re, im]`` of a pulse defaults dictionary into complex numbers."""
    _decode_library(defaults["pulse_library"])
    for command in defaults["cmd_def"]:
        _decode_instructions(command.get("sequence", ()))


def decode_backend_properties(properties: dict[str, Any]) -> None:
    """Turn the date texts of a backend properties dictionary into datetimes."""
    properties["last_update_date"] = parser.isoparse(properties["last_update_date"])
    values = [*properties["general"]]
    for qubit in properties["qubits"]:
        values.extend(qubit)
    for gate in properties["gates"]:
        values.extend(gate["parameters"])
    for value in values:
        value["date"] = parser.isoparse(value["date"])


def decode_backend_configuration(config: dict[str, Any]) -> None:
    """Turn the online date of a backend configuration dictionary into a datetime, and its scales into complex numbers."""
    config["online_date"] = parser.isoparse(config["online_date"])
    for channel in config.get("u_channel_lo", ()):
        for item in channel:
            item["scale"] = to_complex(item["scale"])


def decode_result(result: dict[str, Any]) -> None:
    """Turn the date of a result dictionary into an aware local datetime."""
    if "date" in result:
        result["date"] = utc_to_local(result["date"])


def _decode_library(library: list[dict[str, Any]]) -> None:
    for item in library:
        item["samples"] = [to_complex(sample) for sample in item["samples"]]


def _decode_instructions(instructions: Any) -> None:
    for instruction in instructions:
        if "val" in instruction:
            instruction["val"] = to_complex(instruction["val"])
        if "amp" in instruction.get("parameters", ()):
            instruction["parameters"]["amp"] = to_complex(instruction["parameters"]["amp"])
