# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may go wrong while devices are asked for."""

from __future__ import annotations

from typing import Any

from fault_acts import (
    DEEP,
    changed,
    drip,
    drop,
    elsewhere,
    forged_length,
    gone,
    hang,
    html,
    json_of,
    not_http,
    reset,
    status,
)
from fault_row import Row, always, first

from qiskit_ibmq_provider.protocol import routes as r
from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["ROWS"]

API = "IBMQBackendApiError"
UNREADABLE = "IBMQBackendApiProtocolError"
ONE_STATUS = Route("/devices/ibmq_lima/queue/status")
ONCE = (429, 500, 502, 503, 504, 520)
REFUSED = {
    400: "gateway says 400",
    401: "API token",
    403: "may not do this",
    404: "gateway says 404",
    409: "gateway says 409",
}


def without_gates(said: Any) -> Any:
    """Return a calibration with gates of another form."""
    return {**said, "gates": 5}


# One row, one line.
# fmt: off
ROWS = (
    *(Row(f"D{n:02}", f"properties {code} once", "properties", (first("GET", r.DEVICE_PROPERTIES, status(code)),)) for n, code in enumerate(ONCE, 1)),
    *(Row(f"D{n:02}", f"properties {code} always", "properties", (always("GET", r.DEVICE_PROPERTIES, status(code)),), API, 90, f"gateway says {code}") for n, code in enumerate(ONCE, 7)),
    *(Row(f"D{n:02}", f"properties {code}", "properties", (always("GET", r.DEVICE_PROPERTIES, status(code)),), API, 5, says) for n, (code, says) in enumerate(REFUSED.items(), 13)),
    Row("D18", "properties hang", "properties", (always("GET", r.DEVICE_PROPERTIES, hang),), API, 90, "did not answer", scale=0.03),
    Row("D19", "properties drip", "properties", (always("GET", r.DEVICE_PROPERTIES, drip(0.02)),), API, 90, "did not answer completely within", scale=0.03),
    Row("D20", "properties are an array", "properties", (always("GET", r.DEVICE_PROPERTIES, json_of([1])),), UNREADABLE, 20),
    Row("D21", "properties are an object of another kind", "properties", (always("GET", r.DEVICE_PROPERTIES, json_of({"a": {"b": []}})),), UNREADABLE, 20),
    Row("D22", "properties whose gates are a number", "properties", (always("GET", r.DEVICE_PROPERTIES, changed(without_gates)),), UNREADABLE, 20, "hoever runs the service should know"),
    Row("D23", "properties are nested too deeply", "properties", (always("GET", r.DEVICE_PROPERTIES, status(200, DEEP)),), UNREADABLE, 20),
    Row("D24", "properties come from no web server, once", "properties", (first("GET", r.DEVICE_PROPERTIES, not_http),)),
    Row("D25", "properties redirect to another host, which does not know the token", "properties", (always("GET", r.DEVICE_PROPERTIES, elsewhere()),), API, says="redirect|another host"),
    Row("D26", "properties redirect to where nobody listens", "properties", (always("GET", r.DEVICE_PROPERTIES, gone()),), API, 20, "refused"),
    Row("D27", "properties: another length than promised, once", "properties", (first("GET", r.DEVICE_PROPERTIES, forged_length(100)),)),
    Row("D28", "defaults are garbage", "defaults", (always("GET", r.DEVICE_DEFAULTS, html),), UNREADABLE, 20),
    Row("D29", "defaults are an object of another kind", "defaults", (always("GET", r.DEVICE_DEFAULTS, json_of({"a": 1})),), UNREADABLE, 20),
    Row("D30", "defaults are reset, twice", "defaults", (first("GET", r.DEVICE_DEFAULTS, reset, reset),)),
    Row("D31", "status of a device is an array", "status", (always("GET", r.DEVICE_STATUS, json_of([])),), UNREADABLE, 20),
    Row("D32", "status of a device hangs", "status", (always("GET", r.DEVICE_STATUS, hang),), API, 90, "did not answer", scale=0.03),
    Row("D33", "status of a device is dropped once", "status", (first("GET", r.DEVICE_STATUS, drop),)),
    Row("D34", "status of a device with a queue of no number", "status", (always("GET", r.DEVICE_STATUS, changed(lambda said: {**said, "lengthQueue": "many"})),), UNREADABLE, 20),
    Row("D35", "least busy: one status 500", "least busy", (always("GET", ONE_STATUS, status(500)),), bound=20, short=True),
    Row("D36", "least busy: one status hangs", "least busy", (always("GET", ONE_STATUS, hang),), bound=90, scale=0.03),
    Row("D37", "least busy: every status 500", "least busy", (always("GET", r.DEVICE_STATUS, status(500)),), "IBMQError", 20, "No backend matches"),
    Row("D38", "least busy: every status garbage once", "least busy", (first("GET", r.DEVICE_STATUS, html, html, html),)),
    Row("D39", "least busy: reservations 404", "least busy", (always("GET", r.DEVICE_BOOKINGS, status(404)),)),
    Row("D40", "least busy: reservations hang", "least busy", (always("GET", r.DEVICE_BOOKINGS, hang),), bound=95, scale=0.03),
    Row("D41", "reservations are an object", "reservations", (always("GET", r.DEVICE_BOOKINGS, json_of({"a": 1})),), UNREADABLE, 20),
    Row("D42", "the user's reservations are garbage once", "my reservations", (first("GET", r.MY_BOOKINGS, html),)),
    Row("D43", "job limit 500 once", "job limit", (first("GET", r.DEVICE_JOBS_LIMIT, status(500)),)),
    Row("D44", "job limit is an array", "job limit", (always("GET", r.DEVICE_JOBS_LIMIT, json_of([3])),), UNREADABLE, 20),
    Row("D45", "jobs left: hangs", "remaining", (always("GET", r.DEVICE_JOBS_LIMIT, hang),), API, 90, "did not answer", scale=0.03),
    Row("D46", "device list of a project is truncated once", "backends", (first("GET", r.DEVICES, status(200, b'[{"backend_name": "x"')),)),
    Row("D47", "device list of a project 429, Retry-After: 1", "backends", (first("GET", r.DEVICES, status(429, headers={"Retry-After": "1"})),), bound=30),
    Row("D48", "device list of a project is cut into another shape", "backends", (always("GET", r.DEVICES, json_of("none")),), UNREADABLE, 20),
)
# fmt: on
