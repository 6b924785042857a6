# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may go wrong with what our service offers beyond the original protocol: jobs and results in one request, keys for lost answers."""

from __future__ import annotations

from fault_acts import (
    drip,
    drop,
    elsewhere,
    expire_token,
    forged_length,
    hang,
    html,
    json_of,
    processed,
    reset,
    status,
    truncated,
)
from fault_row import Row, always, first

from qiskit_ibmq_provider.protocol import routes as r

__all__ = ["ROWS"]

API = "IBMQBackendApiError"
JOB = "IBMQJobApiError"
LATE = "IBMQJobTimeoutError"
DIRECT = r.JOBS_DIRECT
RESULT = r.JOB_RESULT_DIRECT
FULL = {"error": {"message": "Your credits are used up.", "code": 3458}}

# One row, one line.
# fmt: off
ROWS = (
    Row("O01", "submission is reset, not processed", "run", (first("POST", DIRECT, reset),), server="own"),
    Row("O02", "submission is reset, but processed", "run", (first("POST", DIRECT, processed(reset)),), server="own", short=True),
    Row("O03", "submission is dropped twice, but processed both times", "run", (first("POST", DIRECT, processed(drop), processed(drop)),), server="own"),
    Row("O04", "submission 503 once, but processed", "run", (first("POST", DIRECT, processed(status(503))),), server="own"),
    Row("O05", "submission answers a page of a gateway, but processed", "run", (first("POST", DIRECT, processed(html)),), server="own"),
    Row("O06", "submission answers another shape, but processed", "run", (first("POST", DIRECT, processed(json_of([1]))),), server="own"),
    Row("O07", "answer to the submission is truncated", "run", (first("POST", DIRECT, truncated()),), server="own"),
    Row("O08", "answer to the submission is shorter than promised", "run", (first("POST", DIRECT, forged_length(9)),), server="own"),
    Row("O09", "submission hangs once, but processed", "run", (first("POST", DIRECT, processed(hang)),), bound=40, server="own", scale=0.05),
    Row("O10", "submission hangs always, but processed: the key finds the job", "run", (always("POST", DIRECT, processed(hang)),), bound=125, server="own", scale=0.03),
    Row("O11", "submission always reset after it was processed: the key finds the job", "run", (always("POST", DIRECT, processed(reset)),), bound=30, server="own"),
    Row("O12", "submission always reset before it was processed", "run", (always("POST", DIRECT, reset),), API, 30, "find_submitted_job|broke", server="own"),
    Row("O13", "submission always reset, and nobody can say what became of it", "run", (always("POST", DIRECT, processed(reset)), always("GET", r.JOBS, status(500))), API, 60, "find_submitted_job", server="own", short=True),
    Row("O14", "submission 500 always", "run", (always("POST", DIRECT, status(500)),), API, 30, "gateway says 500", server="own"),
    Row("O15", "submission 400", "run", (always("POST", DIRECT, status(400)),), API, 5, "gateway says 400", server="own"),
    Row("O16", "submission 400, the limit of jobs is reached", "run", (always("POST", DIRECT, status(400, FULL)),), "IBMQBackendJobLimitError", 5, "3458", server="own"),
    Row("O17", "submission 429 once, Retry-After: 1", "run", (first("POST", DIRECT, status(429, headers={"Retry-After": "1"})),), bound=30, server="own"),
    Row("O18", "submission 413: too long for one request after all", "run", (always("POST", DIRECT, status(413)),), server="own"),
    Row("O19", "submission 404: another server by now, without one-request jobs", "run", (always("POST", DIRECT, status(404)),), server="own"),
    Row("O20", "submission redirects to another host", "run", (always("POST", DIRECT, elsewhere()),), API, 5, "another host", server="own"),
    Row("O21", "token expires in the submission", "run", (first("POST", DIRECT, expire_token),), server="own", asked=("POST", r.LOGIN, 1, 1)),
    Row("O22", "token expires after the submission was processed", "run", (first("POST", DIRECT, processed(reset), expire_token),), server="own"),
    Row("O23", "answer to the submission drips once", "run", (first("POST", DIRECT, drip(0.1)),), bound=110, server="own", scale=0.03),
    Row("O24", "without one-request jobs: creation is reset, but processed", "run", (always("POST", DIRECT, status(404)), first("POST", r.JOBS, processed(reset))), server="own"),
    Row("O25", "without one-request jobs: upload 500 always", "run", (always("POST", DIRECT, status(404)), always("PUT", r.STORAGE, status(500))), API, 30, "gateway says 500", server="own"),
    Row("O26", "result in one request: 503 twice", "fetch result", (first("GET", RESULT, status(503), status(503)),), server="own"),
    Row("O27", "result in one request: reset once", "fetch result", (first("GET", RESULT, reset),), server="own"),
    Row("O28", "result in one request: truncated once", "fetch result", (first("GET", RESULT, truncated()),), server="own", short=True),
    Row("O29", "result in one request: garbage once", "fetch result", (first("GET", RESULT, html),), server="own"),
    Row("O30", "result in one request: 404, another server by now", "fetch result", (always("GET", RESULT, status(404)),), server="own"),
    Row("O31", "result in one request: 500 always", "fetch result", (always("GET", RESULT, status(500)),), JOB, 20, "gateway says 500", server="own"),
    Row("O32", "result in one request: the token expires", "fetch result", (first("GET", RESULT, expire_token),), server="own", asked=("POST", r.LOGIN, 1, 1)),
    Row("O33", "result in one request, now: hangs", "fetch result now", (always("GET", RESULT, hang),), LATE, 75, "longer timeout", server="own", scale=0.05),
    Row("O34", "result in one request: redirects to another host", "fetch result", (always("GET", RESULT, elsewhere()),), JOB, 10, "redirect|another host", server="own"),
    Row("O35", "result in one request: an object of another kind", "fetch result", (always("GET", RESULT, json_of({"a": 1})),), JOB, 20, "cannot be read", server="own"),
    Row("O36", "job set: one submission lost after it was processed", "manager", (first("POST", DIRECT, processed(reset)),), bound=60, server="own"),
    Row("O37", "job set: submissions reset, 503 and 429", "manager", (first("POST", DIRECT, reset, status(503), status(429)),), bound=60, server="own"),
)
# fmt: on
