# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a session has to survive: expired tokens in every call, dropped connections, many threads at once."""

from __future__ import annotations

from fault_acts import expire_token, hang, html, json_of, processed, reset, status
from fault_row import Row, always, first

from qiskit_ibmq_provider.protocol import routes as r
from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["ROWS"]

API = "IBMQBackendApiError"
EXPIRING: dict[str, tuple[str, Route]] = {
    "backends": ("GET", r.DEVICES),
    "properties": ("GET", r.DEVICE_PROPERTIES),
    "defaults": ("GET", r.DEVICE_DEFAULTS),
    "status": ("GET", r.DEVICE_STATUS),
    "job limit": ("GET", r.DEVICE_JOBS_LIMIT),
    "remaining": ("GET", r.DEVICE_JOBS_LIMIT),
    "active jobs": ("GET", r.JOB_STATUSES),
    "reservations": ("GET", r.DEVICE_BOOKINGS),
    "my reservations": ("GET", r.MY_BOOKINGS),
    "least busy": ("GET", r.DEVICE_STATUS),
    "jobs": ("GET", r.JOB_STATUSES),
    "job ids": ("GET", r.JOB_IDS),
    "retrieve job": ("GET", r.JOB),
    "job status": ("GET", r.JOB_STATUS),
    "refresh": ("GET", r.JOB),
    "queue info": ("GET", r.JOB_STATUS),
    "cancel": ("POST", r.JOB_CANCEL),
    "update name": ("PUT", r.JOB_UPDATE),
    "update tags": ("PUT", r.JOB_UPDATE),
    "job properties": ("GET", r.JOB_PROPERTIES),
    "circuits": ("GET", r.JOB_DOWNLOAD_URL),
    "manager": ("POST", r.JOBS),
    "retrieve set": ("GET", r.JOB_STATUSES),
}
"""Where the token expires, by call. Submission, results and waits have rows of their own."""

# One row, one line.
# fmt: off
ROWS = (
    *(Row(f"H{n:02}", f"token expires in the call: {call}", call, (first(*where, expire_token),), bound=60, asked=("POST", r.LOGIN, 1, 1)) for n, (call, where) in enumerate(EXPIRING.items(), 1)),
    Row("H31", "token expires for 12 threads at once: one login", "status in 12 threads", (first("GET", r.DEVICE_STATUS, expire_token),), bound=30, asked=("POST", r.LOGIN, 1, 1), short=True),
    Row("H32", "token expires for 12 threads, and login 503 twice", "status in 12 threads", (first("GET", r.DEVICE_STATUS, expire_token), first("POST", r.LOGIN, status(503), status(503))), bound=40, asked=("POST", r.LOGIN, 3, 3)),
    Row("H33", "token expires for 12 threads, and the account is gone", "status in 12 threads", (first("GET", r.DEVICE_STATUS, expire_token), always("POST", r.LOGIN, status(401))), API, 30, "Check the API token", asked=("POST", r.LOGIN, 1, 2), recovers=6),
    Row("H34", "token expires for 12 threads, and login hangs", "status in 12 threads", (first("GET", r.DEVICE_STATUS, expire_token), always("POST", r.LOGIN, hang)), API, 95, "did not answer|still", scale=0.03, recovers=30),
    Row("H35", "token expires, and login answers garbage once", "status", (first("GET", r.DEVICE_STATUS, expire_token), first("POST", r.LOGIN, html)), bound=30),
    Row("H36", "token expires, and login answers another shape always", "status", (first("GET", r.DEVICE_STATUS, expire_token), always("POST", r.LOGIN, json_of([]))), "IBMQBackendApiProtocolError", 30, "cannot be read", recovers=6),
    Row("H37", "token expires, and the answer to login is lost once", "status", (first("GET", r.DEVICE_STATUS, expire_token), first("POST", r.LOGIN, processed(reset))), bound=30),
    Row("H38", "a token that stays refused is renewed once, not for ever", "status", (always("GET", r.DEVICE_STATUS, status(401)),), API, 10, "Check the API token", asked=("POST", r.LOGIN, 1, 1)),
    Row("H39", "every idle connection was dropped meanwhile", "status in 12 threads", (), bound=10),
    Row("H40", "every connection is reset once, in 12 threads", "status in 12 threads", (first("GET", r.DEVICE_STATUS, *[reset] * 12),), bound=30),
    Row("H41", "upload is refused and the token expires, too", "run", (first("PUT", r.STORAGE, status(403)), first("GET", r.JOB_UPLOAD_URL, expire_token)), bound=30),
)
# fmt: on
