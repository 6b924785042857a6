# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may go wrong while a result or a payload is fetched."""

from __future__ import annotations

from typing import Any

from fault_acts import (
    DEEP,
    bomb,
    changed,
    drip,
    elsewhere,
    endless,
    expire_token,
    forged_length,
    gone,
    hang,
    html,
    json_of,
    processed,
    reset,
    stall,
    status,
    truncated,
)
from fault_row import Row, always, first

from qiskit_ibmq_provider.protocol import routes as r

__all__ = ["ROWS"]

API = "IBMQJobApiError"
LATE = "IBMQJobTimeoutError"


def odd_data(said: Any) -> Any:
    """Return a result whose data is of another form."""
    return {**said, "results": [{**said["results"][0], "data": ["00"]}]}


# One row, one line.
# fmt: off
ROWS = (
    Row("R01", "address of the result is of another shape", "fetch result", (always("GET", r.JOB_RESULT_URL, json_of({"link": "x"})),), API, 30, "cannot be read"),
    Row("R02", "address of the result is empty", "fetch result", (always("GET", r.JOB_RESULT_URL, json_of({"url": ""})),), API, 30, "empty"),
    Row("R03", "address of the result is no URL", "fetch result", (always("GET", r.JOB_RESULT_URL, json_of({"url": "storage"})),), API, 30),
    Row("R04", "address of the result 404 always", "fetch result", (always("GET", r.JOB_RESULT_URL, status(404)),), API, 15, "gateway says 404"),
    Row("R05", "address of the result hangs", "fetch result", (always("GET", r.JOB_RESULT_URL, hang),), API, 90, "did not answer", scale=0.03),
    Row("R06", "address of the result leads where nobody listens", "fetch result", (always("GET", r.JOB_RESULT_URL, json_of({"url": "http://127.0.0.1:9/x?signature=0123456789abcdef"})),), API, 30, "refused"),
    Row("R07", "token expires before the address is asked for", "fetch result", (first("GET", r.JOB_RESULT_URL, expire_token),)),
    Row("R08", "result 500 always", "fetch result", (always("GET", r.STORAGE, status(500)),), API, 20, "gateway says 500"),
    Row("R09", "result 403 always", "fetch result", (always("GET", r.STORAGE, status(403)),), API, 15, "the address has expired"),
    Row("R10", "result 404 once, 410 once", "fetch result", (first("GET", r.STORAGE, status(410)),)),
    Row("R11", "result 429 once", "fetch result", (first("GET", r.STORAGE, status(429)),)),
    Row("R12", "result hangs always", "fetch result", (always("GET", r.STORAGE, hang),), API, 400, "did not answer", scale=0.01),
    Row("R13", "result drips", "fetch result", (always("GET", r.STORAGE, drip(0.05)),), API, 900, "did not answer completely within", scale=0.01),
    Row("R14", "result without end, at full speed", "fetch result", (always("GET", r.STORAGE, endless),), API, 900, "more than", scale=0.1),
    Row("R15", "result unpacks to gigabytes", "fetch result", (always("GET", r.STORAGE, bomb),), API, 900, "more than|cannot be read", scale=0.1),
    Row("R16", "result is cut off once, the connection stays open", "fetch result", (first("GET", r.STORAGE, stall()),), bound=75, scale=0.05),
    Row("R17", "result promises more bytes than come, once", "fetch result", (first("GET", r.STORAGE, forged_length(5)),), short=True),
    Row("R18", "result promises fewer bytes than come, once", "fetch result", (first("GET", r.STORAGE, forged_length(-5)),)),
    Row("R19", "result is truncated to nothing, twice", "fetch result", (first("GET", r.STORAGE, truncated(0), truncated(0)),)),
    Row("R20", "result redirects to another host", "fetch result", (first("GET", r.STORAGE, elsewhere(302)),)),
    Row("R21", "result redirects to where nobody listens", "fetch result", (always("GET", r.STORAGE, gone(302)),), API, 30, "refused"),
    Row("R22", "result is an array", "fetch result", (always("GET", r.STORAGE, json_of([])),), API, 20, "cannot be read"),
    Row("R23", "result is an empty object", "fetch result", (always("GET", r.STORAGE, json_of({})),), API, 20, "cannot be read"),
    Row("R24", "result whose experiments are a number", "fetch result", (always("GET", r.STORAGE, changed(lambda said: {**said, "results": 5})),), API, 20, "cannot be read"),
    Row("R25", "result whose data is an array", "fetch result", (always("GET", r.STORAGE, changed(odd_data)),), API, 20, "cannot be read"),
    Row("R26", "result is nested too deeply", "fetch result", (always("GET", r.STORAGE, status(200, DEEP)),), API, 20, "cannot be read"),
    Row("R27", "result now: the result hangs", "fetch result now", (always("GET", r.STORAGE, hang),), LATE, 75, "longer timeout", scale=0.05),
    Row("R28", "result now: the result 503 once", "fetch result now", (first("GET", r.STORAGE, status(503)),)),
    Row("R29", "result now: its address drips", "fetch result now", (always("GET", r.JOB_RESULT_URL, drip(0.1)),), LATE, 75, "longer timeout", scale=0.03),
    Row("R30", "payload is garbage once", "circuits", (first("GET", r.STORAGE, html),)),
    Row("R31", "payload 403 once, as of an expired address", "circuits", (first("GET", r.STORAGE, status(403)),)),
    Row("R32", "payload is an empty object", "circuits", (always("GET", r.STORAGE, json_of({})),), API, 20),
    Row("R33", "payload whose experiments are a text", "circuits", (always("GET", r.STORAGE, changed(lambda said: {**said, "experiments": "x"})),), API, 20),
    Row("R34", "address of the payload 500 always", "circuits", (always("GET", r.JOB_DOWNLOAD_URL, status(500)),), API, 20, "gateway says 500"),
    Row("R35", "payload is reset, three times", "circuits", (first("GET", r.STORAGE, reset, reset, reset),)),
    Row("R36", "acknowledgement 401, the token has expired", "fetch result", (first("POST", r.JOB_RESULT_DOWNLOADED, processed(status(401))),), bound=5, optional=True),
)
# fmt: on
