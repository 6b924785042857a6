# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What is read out of a payload, and what is said of one that cannot be run."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.circuit_jobs import bell, payload, rules

from qiskit_ibmq_provider.protocol import codec
from qiskit_ibmq_provider.protocol.errors import ErrorCode
from qiskit_ibmq_provider.service.executor.qobj.checks import JobRejected
from qiskit_ibmq_provider.service.executor.qobj.circuit_job import read_circuit_job
from qiskit_ibmq_provider.service.executor.qobj.instructions import INSTRUCTIONS

SIMULATOR = rules()
VIGO = rules("ibmq_vigo")
MEASURE = {"name": "measure", "qubits": [0], "memory": [0]}


def _refusal(document, device=SIMULATOR, **limits):
    with pytest.raises(JobRejected) as caught:
        read_circuit_job(document, device, **limits)
    return caught.value


def test_a_job_is_read():
    job = read_circuit_job(
        bell(shots=7, memory=True, seed_simulator=3, rep_delay=250.0, max_parallel_threads=2), SIMULATOR
    )
    assert (job.shots, job.memory, job.seed, job.method, job.memory_slots) == (7, True, 3, "automatic", 2)
    assert job.header == {"backend_name": "any", "mine": 1}
    (experiment,) = job.experiments
    assert experiment.name == "circuit-7"
    assert (experiment.qubits, experiment.memory_slots, experiment.active) == (2, 2, {0, 1})
    assert [entry["name"] for entry in experiment.instructions] == ["h", "cx", "measure", "measure"]
    # Nothing of what is no option of the simulator reaches it.
    assert job.settings == {}


def test_the_settings_of_a_circuit_go_before_those_of_the_job():
    document = bell(shots=7, memory=True)
    document["experiments"].append({**document["experiments"][0], "config": {"shots": 3, "memory": False}})
    first, second = read_circuit_job(document, SIMULATOR).experiments
    assert (first.shots, first.memory) == (7, True)
    assert (second.shots, second.memory) == (3, False)
    # Sizes that the configuration leaves out are those of the header.
    assert second.memory_slots == 2


def test_a_job_without_shots_has_1024():
    document = bell()
    del document["config"]["shots"]
    assert read_circuit_job(document, SIMULATOR).shots == 1024


def test_without_sizes_a_circuit_is_as_large_as_what_it_uses():
    document = {"experiments": [{"instructions": [{"name": "x", "qubits": [3]}, {**MEASURE, "memory": [5]}]}]}
    (experiment,) = read_circuit_job(document, SIMULATOR).experiments
    assert (experiment.qubits, experiment.memory_slots) == (4, 6)


NOT_A_QOBJ = {
    "no object": 5,
    "a list": [],
    "nothing": {},
    "another type": {**bell(), "type": "OTHER"},
    "a config that is none": {**bell(), "config": 5},
    "experiments that are none": {**bell(), "experiments": {"0": {}}},
    "an experiment that is none": {**bell(), "experiments": [5]},
    "a header that is none": {**bell(), "experiments": [{"header": 5, "instructions": []}]},
    "no instructions": {**bell(), "experiments": [{"config": {}}]},
    "sizes that are none": {**bell(), "experiments": [{"config": {"n_qubits": -1}, "instructions": []}]},
    "a memory that is none": bell(memory="yes"),
    "a seed that is none": bell(seed_simulator=1.5),
    "a seed that is too large": bell(seed_simulator=2**63),
    "levels of measurement": bell(meas_level=1),
    "a method": bell(method="guessing"),
    "a method that cannot measure": bell(method="unitary"),
    "an option of another type": bell(fusion_max_qubit="5"),
    "an option that is no choice": bell(precision="half"),
    "an option that is no number": bell(zero_threshold=float("nan")),
    "an option that is no switch": bell(fusion_enable=1),
    "too many classical bits": payload([], slots=10**9),
}


@pytest.mark.parametrize("document", NOT_A_QOBJ.values(), ids=NOT_A_QOBJ)
def test_a_document_that_is_no_qobj_is_refused(document):
    assert _refusal(document).code is ErrorCode.INVALID_PAYLOAD


def test_an_empty_job_is_refused():
    assert _refusal({**bell(), "experiments": []}).code is ErrorCode.NO_EXPERIMENTS


def test_too_many_circuits_are_refused_with_both_numbers():
    document = bell()
    document["experiments"] *= 76
    refusal = _refusal(document, VIGO)
    assert refusal.code is ErrorCode.TOO_MANY_EXPERIMENTS
    assert "76" in refusal.message and "75" in refusal.message and "ibmq_vigo" in refusal.message
    assert "at most 10" in _refusal(document, VIGO, max_experiments=10).message


@pytest.mark.parametrize("shots", [0, -1, 1.0, "many", True, 8193, 2**70])
def test_shots_out_of_range_are_refused(shots):
    refusal = _refusal(bell(shots=shots), VIGO)
    assert refusal.code is ErrorCode.INVALID_SHOTS
    assert str(shots)[:20] in refusal.message


def test_a_circuit_wider_than_the_device_is_refused():
    refusal = _refusal(payload([], qubits=6), VIGO)
    assert refusal.code is ErrorCode.TOO_MANY_QUBITS
    assert "6 qubits" in refusal.message and "ibmq_vigo has 5" in refusal.message


def test_empty_calibrations_are_no_pulse_gates():
    assert read_circuit_job(bell(calibrations={"gates": []}), SIMULATOR).shots == 100


INSTRUCTIONS_REFUSED = {
    "no object": (5, "should be a JSON object"),
    "no name": ({"qubits": [0]}, "with a name"),
    "unknown field": ({"name": "x", "qubits": [0], "texture": 1}, "'texture'"),
    "unknown gate": ({"name": "frob", "qubits": [0]}, "does not support it"),
    "no qubits": ({"name": "x"}, "takes 1 qubits, not 0"),
    "too many qubits": ({"name": "cx", "qubits": [0, 1, 2]}, "takes 2 qubits, not 3"),
    "qubit outside": ({"name": "x", "qubits": [3]}, "numbers from 0 to 2"),
    "qubit negative": ({"name": "x", "qubits": [-1]}, "numbers from 0 to 2"),
    "qubit no number": ({"name": "x", "qubits": ["q0"]}, "numbers from 0 to 2"),
    "qubit a truth value": ({"name": "x", "qubits": [True]}, "numbers from 0 to 2"),
    "qubit twice": ({"name": "cx", "qubits": [0, 0]}, "twice"),
    "parameters missing": ({"name": "u3", "qubits": [0], "params": [0.1]}, "takes 3 parameters, not 1"),
    "parameters too many": ({"name": "x", "qubits": [0], "params": [0.1]}, "takes 0 parameters, not 1"),
    "parameter infinite": ({"name": "rz", "qubits": [0], "params": [float("inf")]}, "finite"),
    "parameter huge": ({"name": "rz", "qubits": [0], "params": [10**400]}, "finite"),
    "parameter text": ({"name": "rz", "qubits": [0], "params": ["theta"]}, "finite"),
    "parameter complex": ({"name": "rz", "qubits": [0], "params": [[0.1, 0.2]]}, "finite"),
    "measure outside": ({"name": "measure", "qubits": [0], "memory": [2]}, "from 0 to 1"),
    "measure unequal": ({"name": "measure", "qubits": [0], "memory": [0, 1]}, "'memory'"),
    "register outside": ({"name": "measure", "qubits": [0], "register": [10**12]}, "register"),
    "conditional outside": ({"name": "x", "qubits": [0], "conditional": 10**12}, "register"),
    "conditional reset": ({"name": "reset", "qubits": [0], "conditional": 1}, "condition"),
    "mask no number": ({"name": "bfunc", "register": 2, "mask": 3, "val": "0x1", "relation": "=="}, "'mask'"),
    "val too wide": (
        {"name": "bfunc", "register": 2, "mask": "0x3", "val": "0x10", "relation": "=="},
        "'val'",
    ),
    "no relation": (
        {"name": "bfunc", "register": 2, "mask": "0x3", "val": "0x1", "relation": "~"},
        "relation",
    ),
    "label no text": ({"name": "x", "qubits": [0], "label": 5}, "'label'"),
    "unlabelled save": ({"name": "save_statevector", "qubits": [0], "snapshot_type": "single"}, "'label'"),
    "save over the counts": ({"name": "save_statevector", "qubits": [0], "label": "counts"}, "'label'"),
    "save of no kind": ({"name": "save_statevector", "qubits": [0], "label": "a"}, "'snapshot_type'"),
    "snapshot of no kind": (
        {"name": "snapshot", "qubits": [0], "label": "a", "snapshot_type": "x"},
        "'snapshot_type'",
    ),
    "delay backwards": ({"name": "delay", "qubits": [0], "params": [-1]}, "0 or more"),
}


@pytest.mark.parametrize("instruction, said", INSTRUCTIONS_REFUSED.values(), ids=INSTRUCTIONS_REFUSED)
def test_an_instruction_that_cannot_run_is_refused_by_name_and_place(instruction, said):
    refusal = _refusal(payload([MEASURE, instruction], qubits=3))
    assert refusal.code is ErrorCode.INVALID_INSTRUCTION
    assert refusal.message.startswith("Experiment 0 ('circuit-7'), instruction 1")
    assert said in refusal.message
    if isinstance(instruction, dict) and "name" in instruction:
        assert repr(instruction["name"]) in refusal.message


def test_a_gate_outside_the_basis_of_a_device_is_refused_with_the_basis():
    refusal = _refusal(payload([{"name": "h", "qubits": [0]}]), VIGO)
    assert "('h'): ibmq_vigo does not support it" in refusal.message
    assert "cx, id, rz, sx, x" in refusal.message and "transpile" in refusal.message


def test_a_gate_on_qubits_without_a_coupling_is_refused():
    assert read_circuit_job(payload([{"name": "cx", "qubits": [1, 0]}], qubits=5), VIGO).shots == 100
    refusal = _refusal(payload([{"name": "cx", "qubits": [0, 4]}], qubits=5), VIGO)
    assert "does not have this gate on the qubits [0, 4]" in refusal.message


def test_a_device_has_a_directed_gate_in_its_own_direction_only():
    sherbrooke = rules("ibm_sherbrooke")
    couplings = sherbrooke.couplings["ecr"]
    one_way = next(pair for pair in sorted(couplings) if pair[::-1] not in couplings)
    instruction = {"name": "ecr", "qubits": list(one_way)}
    assert read_circuit_job(payload([instruction], qubits=127), sherbrooke).shots == 100
    assert (
        "ecr"
        in _refusal(payload([{**instruction, "qubits": list(one_way[::-1])}], qubits=127), sherbrooke).message
    )


def test_conditional_instructions_are_refused_on_devices():
    function = {"name": "bfunc", "register": 2, "mask": "0x3", "val": "0x1", "relation": "=="}
    conditional = {"name": "x", "qubits": [0], "conditional": 2}
    assert read_circuit_job(payload([function, conditional]), SIMULATOR).shots == 100
    for instructions in ([function], [conditional]):
        assert "conditional" in _refusal(payload(instructions), VIGO).message


def test_a_gate_that_a_method_does_not_have_is_refused():
    document = payload([{"name": "ccz", "qubits": [0, 1, 2]}], qubits=3, method="matrix_product_state")
    refusal = _refusal(document)
    assert "'ccz'" in refusal.message and "'matrix_product_state'" in refusal.message


def test_pulse_instructions_are_no_instructions_of_circuits():
    assert "play" in str(_refusal(payload([{"name": "play", "qubits": [0]}], qubits=1), rules("ibmq_armonk")))


_LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 2**70),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["QASM", "PULSE", "0x1", "==", "automatic", *INSTRUCTIONS]),
)
_KEYS = st.sampled_from(
    "type header config experiments instructions name qubits params memory register conditional label mask val relation "
    "snapshot_type shots seed_simulator method n_qubits memory_slots noise_model errors operations probabilities "
    "gate_qubits calibrations gates meas_level".split()
)
_JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=6),
    max_leaves=30,
)
_INSTRUCTION = st.fixed_dictionaries(
    {"name": st.sampled_from([*INSTRUCTIONS, "bfunc"])},
    optional={
        "qubits": st.lists(st.integers(0, 3), max_size=4, unique=True) | _JSON,
        "params": st.lists(st.floats() | _JSON, max_size=4) | _JSON,
        "memory": st.lists(st.integers(0, 3), max_size=3) | _JSON,
        "register": _JSON,
        "conditional": _JSON,
        "label": _JSON,
        "mask": _JSON,
        "snapshot_type": _JSON,
    },
)
_DOCUMENT = _JSON | st.fixed_dictionaries(
    {
        "type": st.just("QASM"),
        "experiments": st.lists(
            st.fixed_dictionaries(
                {"instructions": st.lists(_INSTRUCTION, max_size=4)}, optional={"config": _JSON}
            ),
            max_size=3,
        ),
    },
    optional={"config": _JSON, "header": _JSON, "qobj_id": _JSON},
)


@settings(max_examples=400, deadline=None)
@given(_DOCUMENT, st.sampled_from([SIMULATOR, VIGO]))
def test_any_document_is_read_or_refused(document, device):
    document = codec.loads(codec.dumps(document))
    try:
        read_circuit_job(document, device)
    except JobRejected as refusal:
        assert 0 < len(refusal.message) < 1000
