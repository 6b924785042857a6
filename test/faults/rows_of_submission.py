# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may go wrong while a job is submitted to a server of the original protocol."""

from __future__ import annotations

from typing import Any, Callable

from fault_acts import (
    changed,
    drip,
    drop,
    elsewhere,
    expire_token,
    forged_length,
    gone,
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
LIMIT = "IBMQBackendJobLimitError"
UNREADABLE = "IBMQBackendApiProtocolError"
FULL = {"error": {"message": "Your credits are used up.", "code": 3458}}


def upload_to(url: str) -> Callable[[Any], Any]:
    """Return what changes the address of the upload."""
    return lambda said: {**said, "objectStorageInfo": {**said["objectStorageInfo"], "uploadUrl": url}}


# One row, one line.
# fmt: off
ROWS = (
    Row("S01", "job creation 400", "run", (always("POST", r.JOBS, status(400)),), API, 5, "gateway says 400"),
    Row("S02", "job creation 403", "run", (always("POST", r.JOBS, status(403)),), API, 5, "may not do this"),
    Row("S03", "job creation 404", "run", (always("POST", r.JOBS, status(404)),), API, 5),
    Row("S04", "job creation 409", "run", (always("POST", r.JOBS, status(409)),), API, 5),
    Row("S05", "job creation 400, the limit of jobs is reached", "run", (always("POST", r.JOBS, status(400, FULL)),), LIMIT, 5, "3458"),
    Row("S06", "job creation 500, ten times", "run", (always("POST", r.JOBS, status(500)),), API, 20, "gateway says 500"),
    Row("S07", "job creation 520, 502 and 504, once each", "run", (first("POST", r.JOBS, status(520), status(502), status(504)),)),
    Row("S08", "job creation 429 always", "run", (always("POST", r.JOBS, status(429)),), API, 20, "gateway says 429.*wait"),
    Row("S09", "job creation 429, Retry-After: 3600", "run", (always("POST", r.JOBS, status(429, headers={"Retry-After": "3600"})),), API, 5, "asks to wait 3600 s"),
    Row("S10", "job creation is dropped, but processed", "run", (first("POST", r.JOBS, processed(drop)),), API, 5, "may be left behind"),
    Row("S11", "job creation answers a page of a gateway, but processed", "run", (first("POST", r.JOBS, processed(html)),), UNREADABLE, 5, "may be left behind"),
    Row("S12", "job creation answers another shape, but processed", "run", (first("POST", r.JOBS, processed(json_of({"id": 5}))),), UNREADABLE, 5, "may be left behind"),
    Row("S13", "answer to job creation is truncated", "run", (first("POST", r.JOBS, truncated()),), API, 5, "may be left behind"),
    Row("S14", "answer to job creation hangs, but processed", "run", (always("POST", r.JOBS, processed(hang)),), API, 35, "may be left behind", scale=0.05),
    Row("S15", "answer to job creation drips", "run", (always("POST", r.JOBS, drip(0.05)),), API, 90, "may be left behind", scale=0.03),
    Row("S16", "job creation redirects to another host", "run", (always("POST", r.JOBS, elsewhere()),), API, 5, "another host"),
    Row("S17", "token expires before job creation", "run", (first("POST", r.JOBS, expire_token),), short=True),
    Row("S18", "token expires before the announcement", "run", (first("POST", r.JOB_DATA_UPLOADED, expire_token),)),
    Row("S19", "upload 500, ten times", "run", (always("PUT", r.STORAGE, status(500)),), API, 20, "gateway says 500"),
    Row("S20", "upload 403 always", "run", (always("PUT", r.STORAGE, status(403)),), API, 5, "may not do this, or the address has expired"),
    Row("S21", "upload 401 once", "run", (first("PUT", r.STORAGE, status(401)),)),
    Row("S22", "upload 410 once", "run", (first("PUT", r.STORAGE, status(410)),)),
    Row("S23", "upload 403, and the fresh address 500", "run", (always("PUT", r.STORAGE, status(403)), always("GET", r.JOB_UPLOAD_URL, status(500))), API, 20),
    Row("S24", "upload 403, and the fresh address is garbage once", "run", (first("PUT", r.STORAGE, status(403)), first("GET", r.JOB_UPLOAD_URL, html))),
    Row("S25", "upload hangs always", "run", (always("PUT", r.STORAGE, hang),), API, 400, "did not answer", scale=0.01),
    Row("S26", "upload is dropped, but processed", "run", (first("PUT", r.STORAGE, processed(drop)),)),
    Row("S27", "upload to where nobody listens", "run", (always("POST", r.JOBS, changed(upload_to("http://127.0.0.1:9/storage?signature=0123456789abcdef"))),), API, 30, "refused"),
    Row("S28", "upload to what is no URL", "run", (always("POST", r.JOBS, changed(upload_to("storage"))),), API, 30),
    Row("S29", "upload redirects to where nobody listens", "run", (always("PUT", r.STORAGE, gone()),), API, 30, "refused"),
    Row("S30", "upload redirects to another host", "run", (first("PUT", r.STORAGE, elsewhere()),)),
    Row("S31", "upload 507, the disk of the storage is full", "run", (always("PUT", r.STORAGE, status(507)),), API, 5, "gateway says 507"),
    Row("S32", "announcement 400: the job is refused", "run", (always("POST", r.JOB_DATA_UPLOADED, status(400)),), API, 30, "gateway says 400"),
    Row("S33", "announcement 404", "run", (always("POST", r.JOB_DATA_UPLOADED, status(404)),), API, 30, "gateway says 404"),
    Row("S34", "announcement answers another shape, but processed", "run", (first("POST", r.JOB_DATA_UPLOADED, processed(json_of({"job": 3}))),)),
    Row("S35", "announcement is truncated", "run", (first("POST", r.JOB_DATA_UPLOADED, truncated()),)),
    Row("S36", "announcement: another length than promised", "run", (first("POST", r.JOB_DATA_UPLOADED, forged_length(50)),)),
    Row("S37", "announcement 504, but processed", "run", (first("POST", r.JOB_DATA_UPLOADED, processed(status(504))),)),
    Row("S38", "announcement is reset but processed, and the status 500", "run", (first("POST", r.JOB_DATA_UPLOADED, processed(reset)), always("GET", r.JOB_STATUS, status(500))), API, 60, "Whether job .* runs is not known: retrieve it", short=True),
    Row("S39", "announcement is reset but processed, and the status hangs", "run", (first("POST", r.JOB_DATA_UPLOADED, processed(reset)), always("GET", r.JOB_STATUS, hang)), API, 180, "not known: retrieve it", scale=0.03),
    Row("S40", "announcement is reset but processed, and the job cannot be read back", "run", (first("POST", r.JOB_DATA_UPLOADED, processed(reset)), always("GET", r.JOB, status(500))), API, 60, "is submitted, but cannot be read back; retrieve it"),
    Row("S41", "announcement is reset, four times, not processed", "run", (first("POST", r.JOB_DATA_UPLOADED, *[reset] * 4),), API, 60),
    Row("S42", "announcement is reset always, and the cancellation hangs", "run", (always("POST", r.JOB_DATA_UPLOADED, reset), always("POST", r.JOB_CANCEL, hang)), API, 60, "not known", scale=0.05),
    Row("S43", "upload 400, and the cancellation 500", "run", (always("PUT", r.STORAGE, status(400)), always("POST", r.JOB_CANCEL, status(500))), API, 60, "will not run.*left behind"),
)
# fmt: on
