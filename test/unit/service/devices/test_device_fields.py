# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""A document in which one field is something else is refused by its name, or is one that clients and workers can use."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
from support.snapshots import snapshot

from qiskit_ibmq_provider.encoding import (
    decode_backend_configuration,
    decode_backend_properties,
    decode_pulse_defaults,
)
from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.service.devices import DeviceFileError
from qiskit_ibmq_provider.service.devices.documents import (
    normalise_configuration,
    normalise_defaults,
    normalise_properties,
)
from qiskit_ibmq_provider.service.executor.circuits.device_noise import CalibrationNoise
from qiskit_ibmq_provider.service.executor.qobj.device_rules import DeviceRules

FILE = Path("device.json")
VALUES = [
    5,
    -1,
    0.5,
    "x",
    True,
    [],
    {},
    [5],
    ["x"],
    [[5]],
    [["x"]],
    [[1, 2]],
    {"a": 1},
    [{}],
    [[{}]],
    [{"name": "x"}],
]


def _configuration(document):
    configuration = normalise_configuration(document, FILE, None)
    DeviceRules.from_configuration(configuration)
    return decode_backend_configuration(codec.loads(codec.dumps(configuration)))


def _properties(document):
    properties = normalise_properties(document, FILE)
    CalibrationNoise(properties, 0.2).model([("x", (0,))], [0], [(0, 160.0)])
    return decode_backend_properties(codec.loads(codec.dumps(properties)))


def _defaults(document):
    return decode_pulse_defaults(codec.loads(codec.dumps(normalise_defaults(document, FILE))))


def _paths(document, above=()):
    """The way to each field of a document, and to the first entry of each list."""
    inside = document.items() if isinstance(document, dict) else list(enumerate(document))[:1]
    for key, value in inside:
        yield (*above, key)
        if isinstance(value, (dict, list)):
            yield from _paths(value, (*above, key))


@pytest.mark.parametrize("kind, use", [("conf", _configuration), ("props", _properties), ("defs", _defaults)])
def test_a_field_of_another_type_is_refused_or_harmless(kind, use):
    document = snapshot("armonk", kind)
    use(copy.deepcopy(document))
    refused = tried = 0
    for way in _paths(document):
        for value in VALUES:
            changed = copy.deepcopy(document)
            place = changed
            for key in way[:-1]:
                place = place[key]
            place[way[-1]] = value
            tried += 1
            try:
                use(changed)
            except DeviceFileError as err:
                refused += 1
                # The message begins with the file and names the outermost field.
                assert str(FILE) in str(err) and repr(way[0]) in str(err), (way, value, err)
    assert refused > tried / 4, (refused, tried)
