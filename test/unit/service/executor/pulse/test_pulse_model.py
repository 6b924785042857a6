# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The Hamiltonian of a device becomes energies, drives and lifetimes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.pulse.corrections import ChannelCorrection, Corrections
from qiskit_ibmq_provider.service.executor.pulse.hamiltonian import (
    Term,
    channel_qubits,
    couplings,
    read_terms,
)
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected

BARE = Corrections({})


def _device(*terms, **values):
    return {"backend_name": "mine", "hamiltonian": {"h_str": list(terms), "vars": values}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wq0/2*(I0-Z0)", [Term(1.5, (("I", 0),)), Term(-1.5, (("Z", 0),))]),
        ("-wq0/2*O0", [Term(-1.5, (("O", 0),))]),
        ("0.5*jq0q1*Sp0*Sm1", [Term(1.0, (("Sp", 0), ("Sm", 1)))]),
        ("wq0*X1||U3", [Term(3.0, (("X", 1),), "u3")]),
        ("_SUM[i,0,1,jq0q1*X{i}||D{i}]", [Term(2.0, (("X", 0),), "d0"), Term(2.0, (("X", 1),), "d1")]),
        ("(2*X0 + 3e-1*Y1)*Z0", [Term(2.0, (("X", 0), ("Z", 0))), Term(0.3, (("Y", 1), ("Z", 0)))]),
    ],
)
def test_terms_are_read(text, expected):
    assert list(read_terms(_device(text, wq0=3.0, jq0q1=2.0))) == expected


@pytest.mark.parametrize(
    "text", ["wq1*Z0", "wq0*Q0", "wq0*", "wq0/X0", "1/0*X0", "wq0*(Z0", "__import__('os')"]
)
def test_what_is_no_term_is_refused_by_name(text):
    with pytest.raises(JobRejected, match="cannot be read") as caught:
        read_terms(_device(text, wq0=1.0))
    assert caught.value.code is ErrorCode.SCHEDULES_UNSUPPORTED


def test_a_device_without_hamiltonian_is_refused():
    with pytest.raises(JobRejected, match="no Hamiltonian"):
        read_terms({"backend_name": "mine"})


def test_channels_and_couplings_of_a_device(pulse_site):
    configuration = pulse_site("ibmq_valencia").configuration
    assert channel_qubits(configuration, "d2") == (2,)
    assert channel_qubits(configuration, "u3") == (1, 3)
    assert channel_qubits(configuration, "u5") == (3, 1)
    assert couplings(configuration) == {frozenset(pair) for pair in configuration["coupling_map"]}
    with pytest.raises(JobRejected, match="'u99'"):
        channel_qubits(configuration, "u99")


def test_the_energies_of_two_qubits_repel_each_other(pulse_site):
    site = pulse_site("ibmq_valencia")
    model = site.model(0, 1, corrections=BARE)
    values = site.configuration["hamiltonian"]["vars"]
    first, second, coupling = values["wq0"], values["wq1"], values["jq0q1"]
    middle, half = (first + second) / 2, math.hypot((first - second) / 2, coupling)
    higher, lower = (middle + half, middle - half) if first > second else (middle - half, middle + half)
    np.testing.assert_allclose(model.frequencies, [higher, lower], rtol=1e-12)
    # Of two excitations: |11> sees |02> and |20>, which are anharmonic.
    block = np.array(
        [
            [2 * second + values["delta1"], math.sqrt(2) * coupling, 0],
            [math.sqrt(2) * coupling, first + second, math.sqrt(2) * coupling],
            [0, math.sqrt(2) * coupling, 2 * first + values["delta0"]],
        ]
    )
    np.testing.assert_allclose(sorted(model.energies[[2, 4, 6]]), np.linalg.eigvalsh(block), rtol=1e-12)


def test_a_control_channel_plays_on_one_qubit_at_the_frequency_of_the_other(pulse_site):
    model = pulse_site("ibmq_valencia").model(0, 1, corrections=BARE)
    assert model.drives["u0"].frequency == model.drives["d1"].frequency == model.frequencies[1]
    # |10> <- |00> is the element of a drive of the first qubit.
    driven = np.abs(model.drives["u0"].operator[0])
    assert driven[3] > 20 * driven[1] > 0


def test_drives_take_one_excitation_away(pulse_site):
    model = pulse_site("ibmq_valencia").model(0, 1, 3, corrections=BARE)
    number = model.excitations
    for drive in model.drives.values():
        rows, columns = np.nonzero(drive.operator)
        assert set(number[columns] - number[rows]) == {1}


def test_corrections_change_the_drives(pulse_site):
    site = pulse_site("ibmq_valencia")
    bare = site.model(0, 1, corrections=BARE)
    changed = site.model(
        0,
        1,
        corrections=Corrections(
            {"d1": ChannelCorrection(0.5), "u0": ChannelCorrection(2j, {"d1": 0.1}, {0: 0.25})},
            {"jq0q1": 0.0},
        ),
    )
    # Without a coupling nothing is dressed.
    assert changed.frequencies[0] == pytest.approx(site.configuration["hamiltonian"]["vars"]["wq0"])
    assert abs(changed.drives["d1"].operator[0, 1]) == pytest.approx(
        0.5 * site.configuration["hamiltonian"]["vars"]["omegad1"]
    )
    expected = 2j * changed.drives["u1"].operator[0, 1] * 0  # a u channel of another pair does not take part
    assert changed.drives["u0"].operator[0, 1] == pytest.approx(
        0.1 * changed.drives["d1"].operator[0, 1] + expected
    )
    assert changed.drives["u0"].operator[0, 3].imag == pytest.approx(
        2 * site.configuration["hamiltonian"]["vars"]["omegad1"]
    )
    np.testing.assert_array_equal(changed.drives["u0"].shift, 0.25 * changed.levels[0])
    assert bare.drives["u0"].shift is None


def test_lifetimes_come_from_the_calibration(pulse_site):
    site = pulse_site("ibmq_valencia")
    values = {entry["name"]: entry["value"] for entry in site.properties["qubits"][2]}
    ((relaxation, dephasing),) = site.model(2).lifetimes
    assert relaxation == pytest.approx(values["T1"] * 1e3)
    assert 1 / dephasing == pytest.approx(max(0, 1e-3 / values["T2"] - 5e-4 / values["T1"]))
    assert site.model(2, decay=False).lifetimes == ((math.inf, math.inf),)


def test_six_qubits_are_too_many(pulse_site):
    with pytest.raises(JobRejected, match="6 coupled qubits"):
        pulse_site("ibm_lagos").model(0, 1, 2, 3, 4, 5)
