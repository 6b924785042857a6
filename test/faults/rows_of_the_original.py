# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The 57 faults that the original client was measured with, at a server of the original protocol."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fault_acts import changed, echo, hang, html, processed, reset, status, through, truncated
from fault_row import Row, always, first
from fault_sockets import at, close, drop_socket, expire_and_pass, message, silence

from qiskit_ibmq_provider.protocol import routes as r
from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["OTHER_DEVICES", "ROWS", "same_dates"]

OTHER_DEVICES = Route("/Network/campus/Groups/physics/Projects/qc101/devices/v/1")
"""Device list of the second project."""

API = "IBMQBackendApiError"
WS = r.WS_JOB_STATUS
NO_SOCKET = always("WS", WS, status(403))
THRICE = 3
_PAGE = 25


def same_dates(page: Any) -> Any:
    """Return a page of the list of jobs as a server gives it that makes all jobs at one instant, 25 at a time."""
    return [{**entry, "creationDate": "2099-01-01T00:00:00.000Z"} for entry in page[:_PAGE]]


def coarse_dates(page: Any) -> Any:
    """Return a page as a server gives it that tells the time to the tenth of a second, 25 jobs at a time."""
    return [{**entry, "creationDate": _rounded_up(entry["creationDate"])} for entry in page[:_PAGE]]


def _rounded_up(text: str) -> str:
    instant = dt.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    instant += dt.timedelta(microseconds=-instant.microsecond % 100_000)
    return instant.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


# One row, one line.
# fmt: off
ROWS: tuple[Row, ...] = (
    Row("P01", "login 503, twice", "enable", (first("POST", r.LOGIN, status(503), status(503)),), short=True),
    Row("P02", "login 401", "enable", (always("POST", r.LOGIN, status(401)),), "RequestsApiError", says="API token"),
    Row("P03", "login 400 that echoes the request", "enable", (always("POST", r.LOGIN, echo(400)),), "RequestsApiError", short=True),
    Row("P04", "version hangs", "enable", (always("GET", r.VERSION, hang),), "RequestsApiError", 90, "Try again", scale=0.03),
    Row("P05", "version is reset once", "enable", (first("GET", r.VERSION, reset),)),
    Row("P06", "device list of another project 500", "other project", (always("GET", OTHER_DEVICES, status(500)),), API, 20, "qc101.*cannot be listed"),
    Row("P07", "device list of another project hangs", "other project", (always("GET", OTHER_DEVICES, hang),), API, 90, "qc101.*cannot be listed", scale=0.05),
    Row("P08", "device list of the default project is garbage", "enable", (always("GET", r.DEVICES, html),), short=True),
    Row("P09", "properties are garbage once", "properties", (first("GET", r.DEVICE_PROPERTIES, html),), short=True),
    Row("P10", "properties are truncated once", "properties", (first("GET", r.DEVICE_PROPERTIES, truncated()),)),
    Row("P11", "job creation 503 once, not processed", "run", (first("POST", r.JOBS, status(503)),)),
    Row("P12", "job creation 503 once, but processed", "run", (first("POST", r.JOBS, processed(status(503))),)),
    Row("P13", "job creation is reset, not processed", "run", (first("POST", r.JOBS, reset),), API, says="not known"),
    Row("P14", "job creation is reset, but processed", "run", (first("POST", r.JOBS, processed(reset)),), API, says="may be left behind", short=True),
    Row("P15", "job creation 429 once", "run", (first("POST", r.JOBS, status(429)),)),
    Row("P16", "job creation 429 once, Retry-After: 1", "run", (first("POST", r.JOBS, status(429, headers={"Retry-After": "1"})),), bound=20),
    Row("P17", "job creation hangs", "run", (always("POST", r.JOBS, hang),), API, 35, "not known", scale=0.05),
    Row("P18", "upload 503, twice", "run", (first("PUT", r.STORAGE, status(503), status(503)),)),
    Row("P19", "upload is reset once", "run", (first("PUT", r.STORAGE, reset),)),
    Row("P20", "upload 403 once, as of an expired address", "run", (first("PUT", r.STORAGE, status(403)),), short=True),
    Row("P21", "upload hangs once", "run", (first("PUT", r.STORAGE, hang),), bound=75, scale=0.05),
    Row("P22", "announcement 503 once, but processed", "run", (first("POST", r.JOB_DATA_UPLOADED, processed(status(503))),)),
    Row("P23", "announcement is reset, not processed", "run", (first("POST", r.JOB_DATA_UPLOADED, reset),)),
    Row("P24", "announcement is reset, but processed", "run", (first("POST", r.JOB_DATA_UPLOADED, processed(reset)),), short=True),
    Row("P25", "announcement answers garbage, but processed", "run", (first("POST", r.JOB_DATA_UPLOADED, processed(html)),)),
    Row("P26", "announcement 500, ten times", "run", (first("POST", r.JOB_DATA_UPLOADED, *[status(500)] * 10),), bound=60),
    Row("P27", "announcement hangs", "run", (always("POST", r.JOB_DATA_UPLOADED, hang),), API, 180, "did not answer", scale=0.03),
    Row("P28", "websocket refused", "result", (NO_SOCKET,), release=r.JOB_STATUS, short=True),
    Row("P29", "websocket dropped after 2 messages", "result", (first("WS", WS, at(THRICE, drop_socket)),), release=2),
    Row("P30", "websocket always dropped at once", "result", (always("WS", WS, at(1, drop_socket)),), release=r.JOB_STATUS),
    Row("P31", "websocket closed with 4001 once", "result", (first("WS", WS, at(THRICE, close(4001))),), release=2),
    Row("P32", "websocket always closed with 4001 after one status", "result", (always("WS", WS, at(THRICE, close(4001))),), release=2),
    Row("P33", "websocket closed with 4002 while the job runs", "result", (first("WS", WS, at(THRICE, close(4002))),), release=2),
    Row("P34", "websocket closed with 4003", "result", (first("WS", WS, at(THRICE, close(4003))),), release=2),
    Row("P35", "websocket silent", "result", (always("WS", WS, at(THRICE, silence)),), bound=30, release=2, short=True),
    Row("P36", "websocket sends garbage once", "result", (first("WS", WS, at(2, message(b"garbage"))),), release=1),
    Row("P37", "websocket never takes the token", "result", (always("WS", WS, at(1, close(4001))),), release=r.JOB_STATUS),
    Row("P38", "token expires while the job runs", "result", (first("WS", WS, expire_and_pass),), release=1, short=True),
    Row("P39", "status 429 once, no websocket", "result", (NO_SOCKET, first("GET", r.JOB_STATUS, through, status(429))), release=r.JOB_STATUS),
    Row("P40", "status garbage once, no websocket", "result", (NO_SOCKET, first("GET", r.JOB_STATUS, through, html)), release=r.JOB_STATUS),
    Row("P41", "details of the job 500", "result", (always("GET", r.JOB, status(500)),), release="now", optional=True),
    Row("P42", "address of the result 404 once", "fetch result", (first("GET", r.JOB_RESULT_URL, status(404)),)),
    Row("P43", "address of the result is garbage once", "fetch result", (first("GET", r.JOB_RESULT_URL, html),)),
    Row("P44", "result 503, twice", "fetch result", (first("GET", r.STORAGE, status(503), status(503)),)),
    Row("P45", "result is reset once", "fetch result", (first("GET", r.STORAGE, reset),)),
    Row("P46", "result is truncated once", "fetch result", (first("GET", r.STORAGE, truncated()),)),
    Row("P47", "result is garbage once", "fetch result", (first("GET", r.STORAGE, html),)),
    Row("P48", "result 403 once, as of an expired address", "fetch result", (first("GET", r.STORAGE, status(403)),), short=True),
    Row("P49", "result hangs once", "fetch result", (first("GET", r.STORAGE, hang),), bound=75, scale=0.05),
    Row("P50", "acknowledgement 500", "fetch result", (always("POST", r.JOB_RESULT_DOWNLOADED, status(500)),), bound=5, optional=True),
    Row("P51", "acknowledgement is reset", "fetch result", (first("POST", r.JOB_RESULT_DOWNLOADED, reset),), bound=5, optional=True),
    Row("P52", "acknowledgement answers garbage", "fetch result", (first("POST", r.JOB_RESULT_DOWNLOADED, html),), bound=5, optional=True),
    Row("P53", "acknowledgement hangs", "fetch result", (always("POST", r.JOB_RESULT_DOWNLOADED, hang),), bound=5, optional=True),
    Row("P54", "status of a device 400 that echoes the request", "status", (always("GET", r.DEVICE_STATUS, echo(400)),), API),
    Row("P55", "page of jobs is garbage once", "jobs", (first("GET", r.JOB_STATUSES, html),)),
    Row("P56", "all jobs of one instant, pages of 25", "all jobs", (always("GET", r.JOB_STATUSES, changed(same_dates)),), bound=30, short=True),
    Row("P57", "many jobs per timestamp, pages of 25", "100 jobs", (always("GET", r.JOB_STATUSES, changed(coarse_dates)),), bound=30),
)
# fmt: on
