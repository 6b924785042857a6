# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Jobs as older servers keep them."""

from __future__ import annotations

import pytest
from support.job_server import JOB, RESULT
from support.scripted_server import answer
from support.small_backends import SmallBackend

from qiskit_ibmq_provider.job import (
    IBMQJob,
    IBMQJobInvalidStateError,
)


def test_a_job_without_a_kind_has_neither_result_nor_payload(server, client):
    old = {key: value for key, value in JOB.items() if key != "kind"}
    server.set(job=answer({**old, "status": "COMPLETED"}))
    job = IBMQJob(SmallBackend("small"), client, "17", JOB["creationDate"], "COMPLETED")
    with pytest.raises(IBMQJobInvalidStateError, match="old form"):
        job.result()
    with pytest.warns(DeprecationWarning):
        assert job.qobj() is None
    assert (job.circuits(), job.backend_options(), job.header()) == ([], {}, {})
    assert server.count("result_url") == 0


def test_a_result_inside_the_job_is_used(server, client):
    job = IBMQJob(
        SmallBackend("small"), client, "17", JOB["creationDate"], "COMPLETED", kind="q-object", result=RESULT
    )
    assert job.result().success
    assert server.count("result_url") == 0
    server.set(job=answer({**JOB, "kind": "q-object", "status": "COMPLETED", "qObjectResult": RESULT}))
    assert job.result(refresh=True).success
