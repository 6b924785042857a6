# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may go wrong in calls about jobs, in lists of jobs, and with the job manager."""

from __future__ import annotations

from fault_acts import (
    changed,
    drip,
    drop,
    elsewhere,
    hang,
    html,
    json_of,
    processed,
    reset,
    stall,
    status,
    the_same_for_ever,
    through,
    truncated,
)
from fault_row import Row, always, first
from fault_sockets import at, close, drop_socket

from qiskit_ibmq_provider.protocol import routes as r

__all__ = ["ROWS"]

JOB = "IBMQJobApiError"
API = "IBMQBackendApiError"
UNREADABLE = "IBMQBackendApiProtocolError"
LIST = r.JOB_STATUSES
FULL = {"error": {"message": "Too many jobs.", "code": 3458}}


# One row, one line.
# fmt: off
ROWS = (
    Row("J01", "cancellation is reset, not processed", "cancel", (first("POST", r.JOB_CANCEL, reset),)),
    Row("J02", "cancellation is reset, but processed", "cancel", (first("POST", r.JOB_CANCEL, processed(reset)),), short=True),
    Row("J03", "cancellation is a page of a gateway, but processed", "cancel", (first("POST", r.JOB_CANCEL, processed(html)),)),
    Row("J04", "cancellation 503 once, but processed", "cancel", (first("POST", r.JOB_CANCEL, processed(status(503))),)),
    Row("J05", "cancellation 500 always", "cancel", (always("POST", r.JOB_CANCEL, status(500)),), JOB, 45, "cannot be cancelled"),
    Row("J06", "cancellation 403", "cancel", (always("POST", r.JOB_CANCEL, status(403)),), JOB, 5, "may not do this"),
    Row("J07", "cancellation hangs, but processed", "cancel", (always("POST", r.JOB_CANCEL, processed(hang)),), bound=35, scale=0.05),
    Row("J08", "cancellation hangs", "cancel", (always("POST", r.JOB_CANCEL, hang),), JOB, 70, "cannot be cancelled.*did not answer", scale=0.05),
    Row("J09", "cancellation answers another shape, but processed", "cancel", (first("POST", r.JOB_CANCEL, processed(json_of([1]))),)),
    Row("J10", "cancellation is reset, and the status 500", "cancel", (always("POST", r.JOB_CANCEL, reset), always("GET", r.JOB_STATUS, status(500))), JOB, 30, "cannot be cancelled"),
    Row("J11", "new name is reset, but processed", "update name", (first("PUT", r.JOB_UPDATE, processed(reset)),)),
    Row("J12", "new name 503 once, but processed", "update name", (first("PUT", r.JOB_UPDATE, processed(status(503))),)),
    Row("J13", "new name is a page of a gateway, once", "update name", (first("PUT", r.JOB_UPDATE, html),)),
    Row("J14", "new name hangs", "update name", (always("PUT", r.JOB_UPDATE, hang),), JOB, 90, "cannot be changed.*did not answer", scale=0.03),
    Row("J15", "new name 409", "update name", (always("PUT", r.JOB_UPDATE, status(409)),), JOB, 5, "gateway says 409"),
    Row("J16", "new name: the server keeps the old one", "update name", (always("PUT", r.JOB_UPDATE, json_of({"name": "old"})),), JOB, 5, "kept the name"),
    Row("J17", "new name redirects to another host", "update name", (always("PUT", r.JOB_UPDATE, elsewhere()),), JOB, 5, "another host"),
    Row("J18", "new tags are dropped, but processed", "update tags", (first("PUT", r.JOB_UPDATE, processed(drop)),)),
    Row("J19", "new tags answer another shape", "update tags", (always("PUT", r.JOB_UPDATE, json_of({"tags": 3})),), JOB, 5, "kept the tags"),
    Row("J20", "status of a job is of another shape, once", "job status", (first("GET", r.JOB_STATUS, json_of([1])),)),
    Row("J21", "status of a job hangs", "job status", (always("GET", r.JOB_STATUS, hang),), JOB, 90, "did not answer", scale=0.03),
    Row("J22", "status of a job drips", "job status", (always("GET", r.JOB_STATUS, drip(0.05)),), JOB, 90, "did not answer completely within", scale=0.02),
    Row("J23", "status of a job that nobody knows", "job status", (always("GET", r.JOB_STATUS, changed(lambda said: {**said, "status": "TELEPORTED"})),), JOB, 5, "TELEPORTED"),
    Row("J24", "queue information of another shape is left out", "queue info", (always("GET", r.JOB_STATUS, changed(lambda said: {**said, "infoQueue": ["soon"]})),)),
    Row("J25", "refresh 520, twice", "refresh", (first("GET", r.JOB, status(520), status(520)),)),
    Row("J26", "refresh 404: the job is gone", "refresh", (always("GET", r.JOB, status(404)),), JOB, 5, "gateway says 404"),
    Row("J27", "refresh without an id", "refresh", (always("GET", r.JOB, json_of({"status": "RUNNING"})),), JOB, 20, "cannot be read"),
    Row("J28", "calibration of a job is of another shape", "job properties", (always("GET", r.JOB_PROPERTIES, json_of([1])),), JOB, 20),
    Row("J29", "a job is retrieved: garbage once", "retrieve job", (first("GET", r.JOB, html),)),
    Row("J30", "a job is retrieved: 404", "retrieve job", (always("GET", r.JOB, status(404)),), API, 5, "gateway says 404"),
    Row("J31", "a job is retrieved: truncated always", "retrieve job", (always("GET", r.JOB, truncated()),), API, 20),
    Row("J32", "a job is retrieved: cut off, the connection stays open", "retrieve job", (always("GET", r.JOB, stall()),), API, 95, "did not answer", scale=0.03),
    Row("J33", "list of jobs hangs", "jobs", (always("GET", LIST, hang),), API, 90, "did not answer", scale=0.03),
    Row("J34", "list of jobs is an object", "jobs", (always("GET", LIST, json_of({"jobs": []})),), UNREADABLE, 20),
    Row("J35", "list of jobs with entries that are none", "jobs", (always("GET", LIST, changed(lambda page: [7, {"id": 3}, *page])),)),
    Row("J36", "list of jobs 500 always", "jobs", (always("GET", LIST, status(500)),), API, 20, "gateway says 500"),
    Row("J37", "second page is reset once", "all jobs", (first("GET", LIST, changed(lambda page: page[:25]), reset),)),
    Row("J38", "second page 500 always: no part of a list is passed off as all", "all jobs", (always("GET", LIST, changed(lambda page: page[:25]), status(500)),), API, 30, "gateway says 500"),
    Row("J39", "second page 429 once, Retry-After: 1", "all jobs", (first("GET", LIST, changed(lambda page: page[:25]), status(429, headers={"Retry-After": "1"})),), bound=40),
    Row("J40", "token expires before the second page", "all jobs", (first("GET", LIST, changed(lambda page: page[:25]), status(401)),)),
    Row("J41", "the server gives the same page for ever", "all jobs", (always("GET", LIST, the_same_for_ever(25)),), UNREADABLE, 60, "the same jobs whichever page"),
    Row("J42", "pages of one job", "all jobs", (always("GET", LIST, changed(lambda page: page[:1])),), bound=60),
    Row("J43", "list of ids is garbage once", "job ids", (first("GET", r.JOB_IDS, html),)),
    Row("J44", "list of ids with entries that are none", "job ids", (always("GET", r.JOB_IDS, json_of([1, 2])),), UNREADABLE, 20),
    Row("J45", "unfinished jobs: 503 once", "active jobs", (first("GET", LIST, status(503)),)),
    Row("J46", "iteration: second page is reset once", "iterate jobs", (first("GET", LIST, through, reset),)),
    Row("J47", "iteration: second page 500 always", "iterate jobs", (always("GET", LIST, through, status(500)),), API, 30, "gateway says 500"),
    Row("M01", "job set: one creation 503, one reset before it was processed", "manager", (first("POST", r.JOBS, through, status(503), status(429)),), bound=60),
    Row("M02", "job set: the limit of jobs is reached once", "manager", (first("POST", r.JOBS, through, through, status(400, FULL)),), bound=60),
    Row("M03", "job set: one upload is reset", "manager", (first("PUT", r.STORAGE, through, reset),), bound=60),
    Row("M04", "job set: one announcement is lost, but processed", "manager", (first("POST", r.JOB_DATA_UPLOADED, through, processed(reset)),), bound=60),
    Row("M05", "job set: no websocket", "manager", (always("WS", r.WS_JOB_STATUS, status(403)),), bound=60, optional=True),
    Row("M06", "job set: every websocket is dropped", "manager", (always("WS", r.WS_JOB_STATUS, at(2, drop_socket)),), bound=60, optional=True),
    Row("M07", "job set: every websocket closed with 1011", "manager", (always("WS", r.WS_JOB_STATUS, at(2, close(1011))),), bound=60, optional=True),
    Row("M08", "job set: two results are garbage once", "manager", (first("GET", r.STORAGE, html, html),), bound=60),
    Row("M09", "job set: one result 403 once", "manager", (first("GET", r.STORAGE, status(403)),), bound=60),
    Row("M10", "job set: the list of its jobs is garbage once", "retrieve set", (first("GET", LIST, html),), bound=60),
    Row("M11", "job set: its jobs come one on a page", "retrieve set", (always("GET", LIST, changed(lambda page: page[:1])),), bound=60),
    Row("M12", "job set: one result is reset", "retrieve set", (first("GET", r.STORAGE, reset),), bound=60),
    Row("M13", "job set: no result comes within 10 s", "set results 10 s", (always("GET", r.STORAGE, hang),), "IBMQJobManagerTimeoutError", 75, recovers=100),
)
# fmt: on
