# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Reading the Hamiltonian of a device's configuration.

It is a list of terms such as ``_SUM[i,0,4,wq{i}/2*(I{i}-Z{i})]``, ``jq0q1*Sp0*Sm1`` and ``omegad1*X0||U0``, whose names stand in ``vars`` as
angular frequencies in rad/ns. What follows ``||`` is the channel that drives the term. The generalised Pauli operators are explained in the
description that comes with every Hamiltonian: ``(I - Z) / 2`` is the number operator ``O``, ``Sp`` and ``Sm`` raise and lower, ``X`` is
their sum.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected

__all__ = ["Term", "channel_qubits", "couplings", "read_terms"]

_SUM: Final = re.compile(r"_SUM\[(\w+),(\d+),(\d+),(.+)\]")
_ANHARMONICITY: Final = re.compile(r"delta(\d+)")
_OPERATOR: Final = re.compile(r"(Sp|Sm|X|Y|Z|I|O|N)(\d+)")
_EXPONENT: Final = re.compile(r"(^|[*/(])[\d.]+[eE]$")
_NUMBER: Final = re.compile(r"\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?")


@dataclasses.dataclass(frozen=True)
class Term:
    """A product of operators with a coefficient in rad/ns.

    ``factors`` are pairs of an operator's name and its qubit. ``channel`` is the channel that drives the term (``d0``, ``u3``), or ``None`` for
    what is always there.
    """

    coefficient: float
    factors: tuple[tuple[str, int], ...]
    channel: Optional[str] = None

    @property
    def qubits(self) -> frozenset[int]:
        """The qubits on which the term acts."""
        return frozenset(qubit for _, qubit in self.factors)


def read_terms(
    configuration: Mapping[str, Any], assumed: Optional[Mapping[str, float]] = None
) -> tuple[Term, ...]:
    """Return all terms of a device's Hamiltonian, sums of operators multiplied out.

    Args:
        configuration: of the device, as on the wire.
        assumed: values of variables in rad/ns that stand for those of the Hamiltonian. An anharmonicity (``delta3``) that the Hamiltonian
            does not know is added to it.

    Raises:
        JobRejected: the device has no Hamiltonian, or one that cannot be read.
    """
    hamiltonian = configuration.get("hamiltonian")
    name = configuration.get("backend_name")
    if not isinstance(hamiltonian, Mapping) or not hamiltonian.get("h_str"):
        raise JobRejected(
            f"The device {name} cannot run schedules: its configuration has no Hamiltonian. Use a device that has one, or circuits.",
            ErrorCode.SCHEDULES_UNSUPPORTED,
        )
    values = {**hamiltonian.get("vars", {}), **(assumed or {})}
    terms: list[Term] = []
    for text in hamiltonian["h_str"]:
        try:
            terms.extend(_read(text, values))
        except (KeyError, ValueError, ZeroDivisionError) as err:
            raise JobRejected(
                f"The device {name} cannot run schedules: the term {text!r:.80} of its Hamiltonian cannot be read ({err}).",
                ErrorCode.SCHEDULES_UNSUPPORTED,
            ) from err
    for variable, value in (assumed or {}).items():
        found = _ANHARMONICITY.fullmatch(variable)
        if found is not None and variable not in hamiltonian.get("vars", {}):
            qubit = int(found.group(1))
            terms += [Term(value / 2, (("O", qubit), ("O", qubit))), Term(-value / 2, (("O", qubit),))]
    return tuple(terms)


def couplings(configuration: Mapping[str, Any]) -> frozenset[frozenset[int]]:
    """Return the pairs of qubits between which the Hamiltonian exchanges excitations."""
    return frozenset(
        term.qubits for term in read_terms(configuration) if term.channel is None and len(term.qubits) == 2
    )


def channel_qubits(configuration: Mapping[str, Any], channel: str) -> tuple[int, ...]:
    """Return the qubits that a drive or control channel concerns: those on which it acts first, then those at whose frequency it plays."""
    acted = sorted(
        {qubit for term in read_terms(configuration) if term.channel == channel for qubit in term.qubits}
    )
    if not acted:
        raise JobRejected(
            f"The Hamiltonian of the device {configuration.get('backend_name')} has no channel {channel!r}.",
            ErrorCode.SCHEDULES_UNSUPPORTED,
        )
    if channel.startswith("u"):
        for entry in configuration.get("u_channel_lo", [])[int(channel[1:])]:
            if entry["q"] not in acted:
                acted.append(entry["q"])
    return tuple(acted)


def _read(text: str, values: Mapping[str, float]) -> Iterator[Term]:
    text = text.replace(" ", "")
    found = _SUM.fullmatch(text)
    if found is not None:
        index, first, last, body = found.groups()
        for number in range(int(first), int(last) + 1):
            yield from _read(body.replace("{" + index + "}", str(number)), values)
        return
    product, _, channel = text.partition("||")
    for coefficient, factors in _product(product, values):
        yield Term(coefficient, factors, channel.lower() or None)


def _product(text: str, values: Mapping[str, float]) -> list[tuple[float, tuple[tuple[str, int], ...]]]:
    """Return a product of numbers, names, operators and sums in parentheses, multiplied out."""
    result: list[tuple[float, tuple[tuple[str, int], ...]]] = [(1.0, ())]
    for sign, factor in _split(text, "*/"):
        if factor.startswith("(") and factor.endswith(")"):
            parts = _sum(factor[1:-1], values)
        else:
            parts = [_factor(factor, values)]
        if sign == "/":
            if len(parts) != 1 or parts[0][1]:
                raise ValueError(f"division by {factor!r:.40}")
            parts = [(1 / parts[0][0], ())]
        result = [(left * right, first + second) for left, first in result for right, second in parts]
    return result


def _sum(text: str, values: Mapping[str, float]) -> list[tuple[float, tuple[tuple[str, int], ...]]]:
    return [
        (-coefficient if sign == "-" else coefficient, factors)
        for sign, part in _split(text, "+-")
        for coefficient, factors in _product(part, values)
    ]


def _factor(text: str, values: Mapping[str, float]) -> tuple[float, tuple[tuple[str, int], ...]]:
    if text.startswith("-"):
        coefficient, factors = _factor(text[1:], values)
        return -coefficient, factors
    if text in values:
        return float(values[text]), ()
    operator = _OPERATOR.fullmatch(text)
    if operator is not None:
        return 1.0, ((operator.group(1), int(operator.group(2))),)
    if _NUMBER.fullmatch(text):
        return float(text), ()
    raise ValueError(f"{text!r:.40} is neither a number nor a variable nor an operator")


def _split(text: str, signs: str) -> Iterator[tuple[str, str]]:
    """Yield the parts between some signs outside of parentheses, each with the sign before it."""
    depth, begin, sign = 0, 0, signs[0]
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and letter in signs and place > begin and not _EXPONENT.search(text[begin:place]):
            yield sign, text[begin:place]
            begin, sign = place + 1, letter
    yield sign, text[begin:]
