# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The payload of a job: a Qobj as the bytes that are uploaded, and back as Qiskit's object.

A Qobj is encoded experiment by experiment, so that never more than one experiment is in memory as Python objects. A dictionary
of the whole would take about ten times as much memory as its bytes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Optional, Union

from qiskit.exceptions import QiskitError
from qiskit.qobj import PulseQobj, QasmQobj

from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider.encoding.values import encode_value, to_complex, to_wire
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, as_objects
from qiskit_ibmq_provider.protocol.instructions import PULSE_INSTRUCTION_FIELDS, QASM_INSTRUCTION_FIELDS

__all__ = [
    "EncodedQobj",
    "LOOSE",
    "decode_qobj",
    "encode_qobj",
    "encode_with",
    "join_experiments",
    "pulse_instruction",
    "pulse_library",
]

LOOSE: Final = ""
"""What stands for the name of the register in the label of a bit that is in none."""

_LARGE_CONFIG: Final = frozenset({"calibrations", "noise_model", "pulse_library"})

_PART: Final = 128 * 1024
"""Bytes that a part has at least, unless it is the last: the transport hands each part over by itself."""


@dataclasses.dataclass(frozen=True, eq=False)
class EncodedQobj(Mapping[str, Any]):
    """A Qobj ready to be uploaded, with the small parts of it that a job keeps. As a mapping it is the whole Qobj, read anew each time.

    ``config`` leaves out the large parts: pulse library, calibrations and noise model. Frequencies in it are in GHz and times in µs,
    as on the wire.
    """

    parts: tuple[bytes, ...] = dataclasses.field(repr=False)
    """The JSON document in pieces; no copy of the whole is made for the upload."""
    type: str
    qobj_id: str
    header: Mapping[str, Any]
    config: Mapping[str, Any]
    experiments: int
    complete: bool = True
    """Whether ``config`` is all there is to say of the run options."""

    def __getitem__(self, key: str) -> Any:
        return codec.loads(self.body)[key]

    def __iter__(self) -> Iterator[str]:
        return iter(codec.loads(self.body))

    def __len__(self) -> int:
        return len(codec.loads(self.body))

    @property
    def size(self) -> int:
        """Length of the document in bytes."""
        return sum(map(len, self.parts))

    @property
    def body(self) -> bytes:
        """The document in one piece."""
        return b"".join(self.parts)

    @property
    def run_options(self) -> Optional[dict[str, Any]]:
        """The run options as ``qiskit.assembler.disassemble`` gives them, frequencies in Hz; None where only the body has all."""
        if self.type != "QASM" or not self.complete:
            return None
        frequencies = {
            key: [frequency * 1e9 for frequency in self.config[key]]
            for key in ("qubit_lo_freq", "meas_lo_freq")
            if self.config.get(key)
        }
        return {**self.config, **frequencies}


def encode_qobj(qobj: Union[QasmQobj, PulseQobj]) -> bytes:
    """Return a Qobj as JSON bytes in the form of the wire: complex numbers as pairs, arrays as lists.

    Raises:
        QiskitError: something in it has no form on the wire.
    """
    return encode_with(qobj).body


def encode_with(qobj: Union[QasmQobj, PulseQobj], **config: Any) -> EncodedQobj:
    """Encode a Qobj with some run options added to those in it. The Qobj itself is not changed.

    Raises:
        QiskitError: something in it has no form on the wire.
    """
    head = {
        "qobj_id": qobj.qobj_id,
        "header": qobj.header.to_dict(),
        "config": {**qobj.config.to_dict(), **config},
        "schema_version": qobj.schema_version,
        "type": qobj.type,
    }
    with collector_held():
        return join_experiments(head, (_encode_experiment(experiment) for experiment in qobj.experiments))


def join_experiments(head: Mapping[str, Any], experiments: Iterable[bytes]) -> EncodedQobj:
    """Add encoded experiments to the head of their Qobj.

    Args:
        head: all fields of the Qobj but ``experiments``.
        experiments: the experiments as JSON bytes; use an iterator that drops each one to keep memory low.

    Raises:
        QiskitError: something in the head has no form on the wire.
    """
    try:
        pending = [encode_value(head)[:-1], b',"experiments":[']
    except TypeError as err:
        raise QiskitError(f"The run options or the header of the job cannot be sent. {err}") from err
    parts: list[bytes] = []
    count = length = 0
    for experiment in experiments:
        if count:
            pending.append(b",")
        pending.append(experiment)
        count += 1
        length += len(experiment)
        if length >= _PART:
            parts.append(b"".join(pending))
            pending.clear()
            length = 0
    pending.append(b"]}")
    parts.append(b"".join(pending))
    small = {key: value for key, value in head["config"].items() if key not in _LARGE_CONFIG}
    return EncodedQobj(
        parts=tuple(parts),
        type=head["type"],
        qobj_id=head["qobj_id"],
        header=to_wire(head["header"]),
        config=to_wire(small),
        experiments=count,
        complete=len(small) == len(head["config"]),
    )


def decode_qobj(data: Mapping[str, Any]) -> Union[QasmQobj, PulseQobj]:
    """Return the Qobj that a payload document stands for. The document is not changed.

    Complex numbers come back as such; fields of instructions that Qiskit does not know are left out.

    Raises:
        ProtocolError: the document is not a Qobj.
    """
    document = as_object(data, "the Qobj")
    kind = document.get("type")
    if kind not in ("QASM", "PULSE"):
        raise ProtocolError(f"The field 'type' of the Qobj should be 'QASM' or 'PULSE', not {kind!r:.80}.")
    pulse = kind == "PULSE"
    try:
        config = _decode_config(as_object(document.get("config") or {}, "the Qobj's config"), pulse)
        experiments = [
            _decode_experiment(experiment, pulse)
            for experiment in as_objects(document.get("experiments"), "the Qobj's experiments")
        ]
        fields = {
            "qobj_id": document.get("qobj_id"),
            "config": config,
            "experiments": experiments,
            "header": dict(document.get("header") or {}),
        }
        return PulseQobj.from_dict(fields) if pulse else QasmQobj.from_dict(fields)
    except (TypeError, KeyError, ValueError, AttributeError) as err:
        raise ProtocolError(
            f"The document is not a Qobj that Qiskit can read: {type(err).__name__}: {err}"
        ) from err


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


def _encode_experiment(experiment: Any) -> bytes:
    try:
        return encode_value(experiment.to_dict())
    except TypeError as err:
        name = getattr(getattr(experiment, "header", None), "name", "?")
        raise QiskitError(f"The experiment {name!r} cannot be sent. {err}") from err


def _decode_config(config: Mapping[str, Any], pulse: bool) -> dict[str, Any]:
    decoded = dict(config)
    if pulse or "pulse_library" in config:
        decoded["pulse_library"] = pulse_library(config.get("pulse_library") or [])
    return _with_calibrations(decoded)


def _decode_experiment(experiment: Mapping[str, Any], pulse: bool) -> dict[str, Any]:
    decoded = dict(experiment)
    if "header" in decoded:
        decoded["header"] = dict(decoded["header"] or {})
    if "config" in decoded:
        decoded["config"] = _with_calibrations(dict(decoded["config"] or {}))
    instruction = pulse_instruction if pulse else _qasm_instruction
    decoded["instructions"] = [instruction(item) for item in decoded.get("instructions") or []]
    return {key: decoded[key] for key in ("config", "header", "instructions") if key in decoded}


def _with_calibrations(config: dict[str, Any]) -> dict[str, Any]:
    calibrations = config.get("calibrations")
    if calibrations is not None:
        gates = [
            {**gate, "instructions": [pulse_instruction(item) for item in gate["instructions"]]}
            for gate in calibrations["gates"]
        ]
        config["calibrations"] = {**calibrations, "gates": gates}
    return config


def _qasm_instruction(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return a circuit instruction with complex numbers in its arrays and without unknown fields."""
    instruction = {key: value for key, value in data.items() if key in QASM_INSTRUCTION_FIELDS}
    if "params" in instruction:
        instruction["params"] = [_complex_parameter(value) for value in instruction["params"]]
    return instruction


def _complex_parameter(value: Any) -> Any:
    """Return a parameter of a gate with its pairs ``[re, im]`` as complex numbers.

    Arrays in gate parameters (of ``unitary``, ``initialize``, ``diagonal``, ``kraus``) always hold complex numbers.
    """
    if not isinstance(value, list):
        return value
    if len(value) == 2 and all(
        isinstance(part, (int, float)) and not isinstance(part, bool) for part in value
    ):
        return to_complex(value)
    return [_complex_parameter(item) for item in value]


def _samples(pairs: Sequence[Any]) -> list[complex]:
    try:
        # Waveforms hold thousands of pairs, and nearly always nothing else.
        return [complex(real, imaginary) for real, imaginary in pairs]
    except (TypeError, ValueError):
        return [to_complex(sample) for sample in pairs]
