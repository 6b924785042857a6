# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a worker makes of jobs that are run by pulses, from payload file to result file."""

from __future__ import annotations

import copy
import math
import re

import numpy as np
import pytest
from qiskit import pulse
from qiskit.result import Result
from support.circuit_jobs import FLEET, payload, rules, task
from support.pulse_jobs import (
    PULSE_DEVICES,
    WORKER,
    assembled,
    device,
    drag,
    measure,
    payload_of,
    run,
)

from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.protocol.timestamps import parse_utc
from qiskit_ibmq_provider.service.executor.pulse.runner import DeviceDocuments, PulseRunner
from qiskit_ibmq_provider.service.executor.readout import Readout

ARMONK, MANILA = "ibmq_armonk", "ibmq_manila"

UNCORRECTED = {"ibmq_toronto"}
"""Devices whose drives are those of the Hamiltonian; their results say so."""


def _completed(tmp_path, document, name):
    outcome, result = run(tmp_path, document, name)
    assert (outcome.status, outcome.error) == (ApiJobStatus.COMPLETED, None)
    return result


def _excited(result, index=0, slot=0):
    """The part of the shots in which a bit was read as 1."""
    counts = result["results"][index]["data"]["counts"]
    return sum(n for key, n in counts.items() if int(key, 16) >> slot & 1) / sum(counts.values())


def _refused(tmp_path, document, name, code=ErrorCode.INVALID_INSTRUCTION):
    outcome, _ = run(tmp_path, document, name)
    assert outcome.status is ApiJobStatus.ERROR_VALIDATING_JOB
    assert outcome.error.code == int(code), outcome.error
    return outcome.error.message


@pytest.mark.parametrize("name", PULSE_DEVICES)
def test_the_calibrated_x_flips_a_qubit_of_every_device(tmp_path, name):
    flip = list(device(name).commands["x", (0,)])
    measured = device(name).commands["measure", tuple(range(device(name).qubits))]
    after = max(step["t0"] + step.get("parameters", {}).get("duration", 0) for step in flip)
    after += max(
        (len(device(name).library[step["name"]]) for step in flip if step["name"] in device(name).library),
        default=0,
    )
    flip += [{**step, "t0": step["t0"] + after} for step in measured]
    document = payload_of(flip, shots=4000, seed_simulator=5, memory_slots=device(name).qubits)
    del document["experiments"][0]["header"]["memory_slots"]
    result = _completed(tmp_path, document, name)
    readout = Readout.from_properties(name, FLEET.properties(name), device(name).qubits)[0]
    # With the errors of the readout taken away.
    flipped = (_excited(result) - readout.excited_from_ground) / (
        1 - readout.excited_from_ground - readout.ground_from_excited
    )
    corrected = result["metadata"]["pulse"]["drives"].startswith("corrected")
    assert corrected or name in UNCORRECTED
    assert flipped == pytest.approx(1, abs=0.03 if corrected else 0.1)
    assert result["metadata"]["calibration"]["backend_name"] == name
    assert result["results"][0]["metadata"]["evolved_together"] == [[0]]


def test_a_result_has_all_that_clients_need(tmp_path):
    document = payload_of([drag(0, 0.2), measure(160, 0, 1)], [drag(0, 0.1), measure(160, 0)], memory=True)
    outcome, result = run(tmp_path, document, MANILA)
    assert outcome.summary == {
        "num_circuits": 2,
        "gates_executed": 5,
        "max_qubits_used": 2,
        "qobj_config": {"type": "PULSE", "shots": 1000, "n_qubits": 5, "memory_slots": 5},
        "calibration_date": FLEET.properties(MANILA)["last_update_date"],
    }
    assert result["job_id"] == f"{1:024x}" and result["qobj_id"] == document["qobj_id"]
    assert (result["backend_name"], result["backend_version"]) == (MANILA, "1.0.4")
    assert result["header"] == document["header"]
    assert (result["success"], result["status"]) == (True, "COMPLETED")
    parse_utc(result["date"])
    assert result["metadata"]["simulated"] is True and "pulse" in result["metadata"]["computed_by"]
    for index, entry in enumerate(result["results"]):
        assert entry["header"] == document["experiments"][index]["header"]
        assert (entry["shots"], entry["status"], entry["meas_level"]) == (1000, "DONE", 2)
        assert len(entry["data"]["memory"]) == sum(entry["data"]["counts"].values()) == 1000
        assert entry["metadata"]["method"] == "pulse"
        assert entry["metadata"]["calibration_date"] == FLEET.properties(MANILA)["last_update_date"]
    terra = Result.from_dict(result)
    assert all(len(key) == 5 for key in terra.get_counts("schedule 0"))


def test_sampled_and_parametric_pulses_give_the_same(tmp_path):
    parametric = pulse.Gaussian(320, 0.3, 80)
    documents = []
    for shape in (parametric, parametric.get_waveform()):
        with pulse.build(default_alignment="sequential") as schedule:
            pulse.play(shape, pulse.DriveChannel(0))
            pulse.acquire(1600, pulse.AcquireChannel(0), pulse.MemorySlot(0))
        documents.append(assembled(schedule, ARMONK, seed_simulator=3, shots=1000))
    assert [bool(one["config"]["pulse_library"]) for one in documents] == [False, True]
    first, second = (_completed(tmp_path, one, ARMONK)["results"][0]["data"] for one in documents)
    assert first == second and len(first["counts"]) == 2


def test_a_sweep_of_the_frequency_peaks_at_that_of_the_qubit(tmp_path):
    calibrated = device(ARMONK).frequencies[0]
    offsets = np.linspace(-0.004, 0.004, 21)
    weak = [drag(0, 0.02, duration=3200, sigma=800, beta=0.0), measure(3200, 0)]
    swept = payload_of(*[weak] * len(offsets), shots=4000)
    for offset, experiment in zip(offsets, swept["experiments"]):
        experiment["config"]["qubit_lo_freq"] = [calibrated + offset]
    by_oscillator = _completed(tmp_path, swept, ARMONK)
    shifted = [
        [{"name": "shiftf", "t0": 0, "ch": "d0", "frequency": float(offset)}, *weak] for offset in offsets
    ]
    set_to = [
        [{"name": "setf", "t0": 0, "ch": "d0", "frequency": calibrated + float(offset)}, *weak]
        for offset in offsets
    ]
    heights = [_excited(by_oscillator, index) for index in range(len(offsets))]
    assert np.argmax(heights) == 10 and heights[10] > 3 * max(heights[0], heights[-1])
    assert np.abs(np.array(heights) - heights[::-1]).max() < 0.08
    # The same seed, so the same shots.
    for others in (shifted, set_to):
        result = _completed(tmp_path, payload_of(*others, shots=4000), ARMONK)
        assert [_excited(result, index) for index in range(len(offsets))] == heights


@pytest.mark.parametrize("name", [ARMONK, MANILA])
def test_a_qubit_that_waits_relaxes_by_its_lifetime(tmp_path, name):
    values = {value["name"]: value["value"] for value in FLEET.properties(name)["qubits"][0]}
    waits = [0, round(values["T1"] * 1e3 / device(name).dt)]
    flip = device(name).commands["x", (0,)]
    document = payload_of(
        *[[*flip, measure(flip[0]["parameters"]["duration"] + wait, 0)] for wait in waits], shots=8000
    )
    result = _completed(tmp_path, document, name)
    low, high = values["prob_meas1_prep0"], 1 - values["prob_meas0_prep1"]
    left = [(_excited(result, index) - low) / (high - low) for index in (0, 1)]
    assert left[1] / left[0] == pytest.approx(math.exp(-1), abs=0.04)


def test_a_measured_qubit_stays_what_it_was_found_to_be(tmp_path):
    half = device(ARMONK).commands["sx", (0,)][0]
    first = {**measure(320, 0), "memory_slot": [0]}
    second = {**measure(1920, 0), "memory_slot": [1]}
    counts = _completed(tmp_path, payload_of([half, first, second], shots=4000), ARMONK)["results"][0][
        "data"
    ]["counts"]
    agreed = (counts["0x0"] + counts["0x3"]) / 4000
    assert agreed > 0.93 and 0.4 < counts["0x3"] / 4000 < 0.6


def test_points_come_for_each_shot_or_averaged(tmp_path):
    flip = device(ARMONK).commands["x", (0,)]
    document = payload_of([measure(0, 0)], [*flip, measure(320, 0)], meas_level=1, memory_slots=1, shots=500)
    for experiment in document["experiments"]:
        experiment["header"]["memory_slots"] = 1
    document["config"]["meas_return"] = "single"
    single = Result.from_dict(_completed(tmp_path, document, ARMONK))
    document["config"]["meas_return"] = "avg"
    average = Result.from_dict(_completed(tmp_path, document, ARMONK))
    readout = Readout.from_properties(ARMONK, FLEET.properties(ARMONK), 1)[0]
    for index in (0, 1):
        assert single.get_memory(index).shape == (500, 1) and average.get_memory(index).shape == (1,)
        assert abs(single.get_memory(index).mean() - average.get_memory(index)[0]) < 1e5
        assert abs(average.get_memory(index)[0] - readout.clouds[index]) < 0.15 * 6e14


def test_the_same_seed_gives_the_same_and_another_one_not(tmp_path):
    def data(**config):
        return _completed(tmp_path, payload_of([drag(0, 0.2), measure(160, 0)], **config), ARMONK)["results"][
            0
        ]

    assert data(memory=True)["data"] == data(memory=True)["data"]
    assert data(memory=True)["data"] != data(memory=True, seed_simulator=12)["data"]
    free = data(memory=True, seed_simulator=None)
    assert data(memory=True, seed_simulator=free["seed_simulator"])["data"] == free["data"]


def test_a_schedule_without_measurement_has_no_data(tmp_path):
    (entry,) = _completed(tmp_path, payload_of([drag(0)]), ARMONK)["results"]
    assert entry["success"] is True and entry["data"] == {}


def test_qubits_that_are_not_coupled_are_evolved_apart(tmp_path):
    flips = [step for qubit in (0, 2, 4) for step in device(MANILA).commands["x", (qubit,)]]
    result = _completed(tmp_path, payload_of([*flips, measure(160, 0, 1, 2, 3, 4)]), MANILA)
    assert result["results"][0]["metadata"]["evolved_together"] == [[0], [2], [4]]
    counts = result["results"][0]["data"]["counts"]
    assert max(counts, key=counts.get) == hex(0b10101)


@pytest.mark.parametrize(
    "count",
    [2, 3, pytest.param(4, marks=pytest.mark.pulse_long), pytest.param(5, marks=pytest.mark.pulse_long)],
)
def test_coupled_qubits_are_flipped_together(tmp_path, count):
    flips = [step for qubit in range(count) for step in device(MANILA).commands["x", (qubit,)]]
    result = _completed(tmp_path, payload_of([*flips, measure(160, *range(count))]), MANILA)
    assert result["results"][0]["metadata"]["evolved_together"] == [list(range(count))]
    readout = Readout.from_properties(MANILA, FLEET.properties(MANILA), 5)
    for qubit in range(count):
        # Flips at the same time disturb each other a little: the qubits are coupled.
        assert _excited(result, slot=qubit) == pytest.approx(1 - readout[qubit].ground_from_excited, abs=0.06)


REFUSED = {
    "level 0": ({"meas_level": 0}, "level 0.*level 1 and 2 only"),
    "level 3": ({"meas_level": 3}, "measurement level 3"),
    "level true": ({"meas_level": True}, "measurement level True"),
    "return": ({"meas_return": "sum"}, "'meas_return' should be 'avg' or 'single'"),
    "no shots": ({"shots": 0}, "asks for 0 shots"),
    "many shots": ({"shots": 8193}, "ibmq_manila runs at most 8192"),
    "memory": ({"memory": 1}, "'memory' should be true or false"),
    "seed": ({"seed_simulator": -1}, "'seed_simulator'"),
    "delay": ({"rep_delay": -1}, "'rep_delay' should be a time"),
    "frequencies": ({"qubit_lo_freq": [5.0]}, "for each of the 5 qubits of ibmq_manila"),
    "frequency": ({"qubit_lo_freq": [5.0] * 4 + [9.0]}, "d4 of ibmq_manila can be tuned from"),
    "meas frequencies": ({"meas_lo_freq": "all"}, "'meas_lo_freq' should list"),
    "library": ({"pulse_library": {"a": 1}}, "'pulse_library' should be a list"),
    "library entry": ({"pulse_library": [3]}, "Entry 0 of 'pulse_library'"),
    "slots": ({"memory_slots": -1}, "'memory_slots' should be a number"),
    "option": ({"meas_levle": 2}, "'meas_levle'.*'meas_level'"),
    "date": ({"calibration_date": "yesterday"}, "'calibration_date' should be a date"),
    "old date": ({"calibration_date": "2001-01-01T00:00:00Z"}, "no calibration of 2001"),
    "points": (
        {"meas_level": 1, "meas_return": "single", "memory_slots": 8192, "shots": 8192},
        "points in the IQ plane",
    ),
}


CODES = {
    "no shots": ErrorCode.INVALID_SHOTS,
    "many shots": ErrorCode.INVALID_SHOTS,
    "frequency": ErrorCode.INVALID_INSTRUCTION,
}


@pytest.mark.parametrize("case", REFUSED)
def test_settings_that_cannot_be_are_refused_by_name(tmp_path, case):
    config, said = REFUSED[case]
    document = payload_of([drag(0), measure(160, 0)], **config)
    del document["experiments"][0]["header"]["memory_slots"]
    message = _refused(tmp_path, document, MANILA, CODES.get(case, ErrorCode.INVALID_PAYLOAD))
    assert re.search(said, message), message


def test_an_acquisition_into_a_slot_that_is_not_there_is_refused(tmp_path):
    document = payload_of([drag(0), {**measure(160, 0), "memory_slot": [5]}])
    assert "memory slot 5, but has 5" in _refused(tmp_path, document, MANILA)


def test_documents_without_schedules_are_refused(tmp_path):
    for document, code in (
        ({"type": "PULSE"}, ErrorCode.INVALID_PAYLOAD),
        ({"type": "PULSE", "experiments": []}, ErrorCode.NO_EXPERIMENTS),
        (payload_of(*[[]] * 76), ErrorCode.TOO_MANY_EXPERIMENTS),
        ({"type": "PULSE", "experiments": [5]}, ErrorCode.INVALID_PAYLOAD),
        ({"type": "PULSE", "config": [], "experiments": [{}]}, ErrorCode.INVALID_INSTRUCTION),
        ({"type": "PULSE", "config": 5, "experiments": [{}]}, ErrorCode.INVALID_PAYLOAD),
    ):
        _refused(tmp_path, document, ARMONK, code)


def test_too_many_coupled_qubits_are_refused_with_the_limit(tmp_path):
    name = "ibmq_jakarta"
    flips = [step for qubit in range(7) for step in device(name).commands["x", (qubit,)]]
    message = _refused(tmp_path, payload_of([*flips, measure(160, 0)]), name, ErrorCode.TOO_MANY_QUBITS)
    assert "7 coupled qubits of ibmq_jakarta" in message and "at most 5" in message


def test_too_many_measurements_are_refused_with_the_limit(tmp_path):
    entries = [drag(0), *(measure(160 + 1600 * index, 0) for index in range(9))]
    message = _refused(tmp_path, payload_of(entries), ARMONK, ErrorCode.TOO_MANY_QUBITS)
    assert "9 times" in message and "8 measurements" in message


def test_a_job_that_would_take_too_long_is_refused_before_it_starts(tmp_path):
    pair = device(MANILA).commands["cx", (0, 1)]
    document = payload_of([*pair, measure(2000, 0, 1)])
    wanted = task(tmp_path, document, MANILA, time_limit=1e-4)
    outcome = WORKER.run(wanted)
    assert outcome.status is ApiJobStatus.ERROR_VALIDATING_JOB
    assert outcome.error.code == int(ErrorCode.TIME_LIMIT)
    assert "Experiment 0 ('schedule 0') takes the longest" in outcome.error.message
    assert "2 coupled qubits" in outcome.error.message


def test_a_job_that_plays_too_much_for_the_memory_is_refused(tmp_path):
    entries = [drag(0, duration=600_000, sigma=1e5, beta=0.0), measure(600_000, 0)]
    message = _refused(tmp_path, payload_of(entries, entries), ARMONK, ErrorCode.TOO_MANY_EXPERIMENTS)
    assert message.startswith("Experiment 1 ('schedule 1')")
    assert "play 1200000 samples" in message and "memory for 1048576 samples" in message


def test_a_device_that_was_changed_is_read_again(tmp_path):
    weaker = copy.deepcopy(FLEET.configuration(ARMONK))
    weaker["hamiltonian"]["vars"]["omegad0"] = 0.0
    document = payload_of([*device(ARMONK).commands["x", (0,)], measure(320, 0)])
    jobs = PulseRunner(2**30)
    flipped = []
    for generation, configuration in enumerate([FLEET.configuration(ARMONK), weaker]):
        documents = DeviceDocuments(
            configuration, FLEET.defaults(ARMONK), FLEET.properties(ARMONK), generation=generation
        )
        result, _ = jobs.run(task(tmp_path, document, ARMONK), rules(ARMONK), documents, document)
        flipped.append(_excited(result))
    assert flipped[0] > 0.9 and flipped[1] < 0.1


def test_a_circuit_with_a_pulse_gate_runs(tmp_path):
    weak = {"name": "x", "qubits": [0], "params": [], "instructions": [drag(0, 0.0)]}
    circuit = [
        {"name": "x", "qubits": [0]},
        {"name": "x", "qubits": [1]},
        {"name": "barrier", "qubits": [0, 1]},
        {"name": "measure", "qubits": [0], "memory": [0]},
        {"name": "measure", "qubits": [1], "memory": [1]},
    ]
    result = _completed(tmp_path, payload(circuit, calibrations={"gates": [weak]}, shots=2000), MANILA)
    # The first qubit's gate does nothing now; the second one's is the device's own.
    assert _excited(result, slot=0) < 0.2 and _excited(result, slot=1) > 0.9
    entry = result["results"][0]
    assert entry["metadata"]["method"] == "pulse"
    assert set(Result.from_dict(result).get_counts("circuit-7")) <= {"00", "01", "10", "11"}


def test_a_circuit_with_pulse_gates_on_too_many_qubits_is_refused_with_the_limit(tmp_path):
    name = "ibmq_jakarta"
    gate = {"name": "x", "qubits": [0], "params": [], "instructions": [drag(0, 0.1)]}
    circuit = [{"name": "x", "qubits": [qubit]} for qubit in range(7)]
    circuit.append({"name": "barrier", "qubits": list(range(7))})
    circuit.append({"name": "measure", "qubits": [6], "memory": [0]})
    document = payload(circuit, qubits=7, calibrations={"gates": [gate]})
    assert "at most 5" in _refused(tmp_path, document, name, ErrorCode.TOO_MANY_QUBITS).lower()
