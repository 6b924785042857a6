# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Statuses, names, tags, log output, queues, and the functions that work on dictionaries in place."""

from __future__ import annotations

import datetime as dt
import json
import keyword
import logging
import queue
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit, assemble
from qiskit.circuit import Parameter
from qiskit.providers.jobstatus import JobStatus
from qiskit.providers.models import BackendProperties, PulseDefaults
from support.snapshots import snapshot

from qiskit_ibmq_provider.encoding import encode_qobj
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.utils import json_decoder
from qiskit_ibmq_provider.utils.json_encoder import IQXJsonEncoder
from qiskit_ibmq_provider.utils.qobj_utils import dict_to_qobj, update_qobj_config
from qiskit_ibmq_provider.utils.utils import (
    API_TO_JOB_STATUS,
    RefreshQueue,
    api_status_to_job_status,
    filter_data,
    setup_logger,
    to_python_identifier,
    validate_job_tags,
)


def test_every_status_of_the_api_has_one_of_qiskit():
    assert set(API_TO_JOB_STATUS) == set(ApiJobStatus)
    for status in ApiJobStatus:
        assert api_status_to_job_status(status) is API_TO_JOB_STATUS[status]
        assert api_status_to_job_status(status.value) is API_TO_JOB_STATUS[status]
        assert api_status_to_job_status(status.value.lower()) is API_TO_JOB_STATUS[status]
    assert api_status_to_job_status("PENDING_IN_QUEUE") is JobStatus.QUEUED
    with pytest.raises(ValueError, match="ASLEEP"):
        api_status_to_job_status("asleep")


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("creationDate", "creation_date"),
        ("HTTPServer", "http_server"),
        ("ibmq_vigo", "ibmq_vigo"),
        ("ibmq-5.qubits", "ibmq_5_qubits"),
        ("5q", "_5q"),
        ("class", "class_"),
        ("None", "none"),
        ("", "_"),
        ("A", "a"),
        ("hub/group", "hub_group"),
    ],
)
def test_names_become_identifiers_in_snake_case(name, identifier):
    assert to_python_identifier(name) == identifier


@given(st.text(max_size=20))
def test_every_name_becomes_an_identifier(name):
    identifier = to_python_identifier(name)
    assert identifier.isidentifier()
    assert not keyword.iskeyword(identifier)


def test_tags_are_a_list_of_texts():
    for fine in (None, [], ["a", ""]):
        validate_job_tags(fine, KeyError)
    for wrong in ("a", ("a",), ["a", 1], {"a": 1}):
        with pytest.raises(KeyError, match="job_tags"):
            validate_job_tags(wrong, KeyError)


@pytest.fixture
def logger():
    logger = logging.getLogger("test.setup_logger")
    yield logger
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    logger.setLevel(logging.NOTSET)
    logger.propagate = True


@pytest.mark.parametrize("level", [None, ""])
def test_without_a_level_the_logger_has_none(logger, monkeypatch, level):
    if level is not None:
        monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_LEVEL", level)
    setup_logger(logger)
    assert logger.level == logging.NOTSET
    assert logger.handlers == []


@pytest.mark.parametrize("level", ["debug", "INFO", "Warning", "ERROR", "critical"])
def test_a_level_is_taken_in_any_case(logger, monkeypatch, level):
    monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_LEVEL", level)
    setup_logger(logger)
    assert logger.level == getattr(logging, level.upper())


@pytest.mark.parametrize("level", ["loud", "NOTSET", "10"])
def test_a_level_that_is_none_means_warning(logger, monkeypatch, level):
    monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_LEVEL", level)
    setup_logger(logger)
    assert logger.level == logging.WARNING


def test_a_log_file_is_the_only_way_out(logger, monkeypatch, tmp_path):
    file = tmp_path / "log"
    monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_FILE", str(file))
    monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_LEVEL", "WARNING")
    for _ in range(2):
        setup_logger(logger)
        [handler] = logger.handlers
        assert isinstance(handler, logging.FileHandler)
    logger.warning("heard")
    logger.info("unheard")
    assert "heard" in file.read_text()
    assert "unheard" not in file.read_text()


def test_a_log_file_that_cannot_be_written_is_no_reason_to_fail(logger, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("QISKIT_IBMQ_PROVIDER_LOG_FILE", str(tmp_path / "no" / "such" / "place"))
    setup_logger(logger)
    assert "cannot be written" in capsys.readouterr().err


def test_who_the_user_is_does_not_go_to_the_log():
    data = {"id": 1, "hubInfo": {"hub": {"name": "secret"}}, "job": {"hubInfo": "secret", "n": [1]}}
    shown = filter_data(data)
    assert shown == {"id": 1, "hubInfo": "...", "job": {"hubInfo": "...", "n": [1]}}
    shown["job"]["n"].append(2)
    assert data["job"]["n"] == [1]
    assert filter_data("text") == "text"


def test_a_full_queue_lets_the_oldest_item_go():
    items = RefreshQueue(2)
    for item in (1, 2, 3):
        items.put(item)
    assert (items.get(), items.get()) == (2, 3)
    with pytest.raises(queue.Empty):
        items.get(block=False)
    with pytest.raises(queue.Empty):
        items.get(timeout=0.01)


def test_a_waiting_reader_is_woken_by_an_item_and_by_the_end():
    items, got = RefreshQueue(1), []

    def read():
        try:
            got.append(items.get(timeout=30))
        except queue.Empty:
            got.append("nothing")

    for wake, expected in ((lambda: items.put(7), 7), (items.notify_all, "nothing")):
        reader = threading.Thread(target=read)
        reader.start()
        while reader.is_alive():
            # Whether the reader waits already cannot be seen from outside; waking it again does no harm.
            if not got:
                wake()
            reader.join(0.01)
        assert got.pop() == expected
        while not items.empty():
            items.get()


def test_the_encoder_writes_what_a_qobj_may_hold():
    theta = Parameter("theta")
    value = {
        "real": (theta + 1).bind({theta: 1}),
        "complex": (theta * 1j).bind({theta: 2}),
        theta: np.array([1, 2]),
        None: (1, 2),
    }
    text = json.dumps(value, cls=IQXJsonEncoder)
    assert text == '{"real": 2.0, "complex": [0.0, 2.0], "theta": [1, 2], "null": [1, 2]}'
    with pytest.raises(TypeError):
        json.dumps(object(), cls=IQXJsonEncoder)


def test_a_document_is_decoded_in_place():
    properties, defaults, configuration = (
        snapshot("manila", "props"),
        snapshot("manila", "defs"),
        snapshot("manila"),
    )
    json_decoder.decode_backend_properties(properties)
    json_decoder.decode_pulse_defaults(defaults)
    json_decoder.decode_backend_configuration(configuration)
    assert BackendProperties.from_dict(properties).t1(0) > 0
    assert PulseDefaults.from_dict(defaults).instruction_schedule_map.get("x", 0).duration > 0
    assert isinstance(configuration["online_date"], dt.datetime)
    assert isinstance(configuration["u_channel_lo"][0][0]["scale"], complex)
    result = {"date": "2021-06-01T09:31:05.120Z"}
    json_decoder.decode_result(result)
    json_decoder.decode_result(result)
    assert result["date"] == dt.datetime(2021, 6, 1, 9, 31, 5, 120000, tzinfo=dt.timezone.utc)
    qobj = {
        "config": {"pulse_library": [{"name": "p", "samples": [[0, 1]]}]},
        "experiments": [{"instructions": [{"val": [1, 2]}, {"parameters": {"amp": [0, 1]}}, {}]}],
    }
    json_decoder.decode_pulse_qobj(qobj)
    assert qobj["config"]["pulse_library"][0]["samples"] == [1j]
    assert qobj["experiments"][0]["instructions"] == [{"val": 1 + 2j}, {"parameters": {"amp": 1j}}, {}]


def test_options_and_noise_go_into_the_config_of_a_qobj():
    class Model:
        def to_dict(self, serializable=False):
            return {"errors": [1j], "serializable": serializable}

    qobj = assemble(QuantumCircuit(1), shots=5)
    options = {"method": "stabilizer", "noise_model": "other", "more": {"noise_model": Model()}}
    assert update_qobj_config(qobj, options, Model()) is qobj
    config = json.loads(encode_qobj(qobj))["config"]
    plain = {"errors": [[0.0, 1.0]], "serializable": True}
    assert (config["shots"], config["method"]) == (5, "stabilizer")
    assert config["noise_model"] == config["more"]["noise_model"] == plain
    assert isinstance(options["more"]["noise_model"], Model)


def test_a_dictionary_becomes_a_qobj():
    qobj = assemble(QuantumCircuit(1, name="c"))
    assert dict_to_qobj(json.loads(encode_qobj(qobj))) == qobj
