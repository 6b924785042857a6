# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What may go wrong while logging in."""

from __future__ import annotations

from typing import Any, Callable

from fault_acts import (
    DEEP,
    GARBAGE,
    around,
    bomb,
    changed,
    drip,
    drip_head,
    drop,
    elsewhere,
    endless,
    forged_length,
    hang,
    html,
    json_of,
    not_http,
    processed,
    raw,
    reset,
    stall,
    status,
    truncated,
)
from fault_row import Row, always, first
from rows_of_the_original import OTHER_DEVICES

from qiskit_ibmq_provider.protocol import routes as r

__all__ = ["ROWS"]

REQUEST = "RequestsApiError"
UNREADABLE = "ApiIBMQProtocolError"
API = "IBMQBackendApiError"
LICENCE = {
    "error": {"message": "Accept the licence at https://example.org", "name": "ACCEPT_LICENSE_REQUIRED"}
}
A_DATE_LONG_AGO = "Fri, 01 Jan 2021 00:00:00 GMT"


def urls(**values: Any) -> Callable[[Any], Any]:
    """Return what changes the URLs that login hands out."""
    return lambda said: {**said, "urls": {**said["urls"], **values}}


# One row, one line.
# fmt: off
ROWS = (
    Row("L01", "user information 500, ten times", "enable", (always("GET", r.USER_INFO, status(500)),), REQUEST, 20),
    Row("L02", "user information is a page of a gateway", "enable", (always("GET", r.USER_INFO, html),), UNREADABLE, 20),
    Row("L03", "user information is an array", "enable", (always("GET", r.USER_INFO, json_of([1, 2])),), UNREADABLE, 20),
    Row("L04", "user information without URLs", "enable", (always("GET", r.USER_INFO, json_of({"urls": {}})),), UNREADABLE, 20),
    Row("L05", "user information 401 once, right after login", "enable", (first("GET", r.USER_INFO, status(401)),)),
    Row("L06", "user information promises more bytes than come, once", "enable", (first("GET", r.USER_INFO, forged_length(10)),)),
    Row("L07", "user information promises fewer bytes than come, once", "enable", (first("GET", r.USER_INFO, forged_length(-10)),)),
    Row("L08", "user information names an API where nobody listens", "enable", (always("GET", r.USER_INFO, changed(urls(http="http://127.0.0.1:9/api"))),), REQUEST, 20, "refused.*Check"),
    Row("L09", "user information names an API that is not HTTP", "enable", (always("GET", r.USER_INFO, changed(urls(http="ftp://127.0.0.1/api"))),), REQUEST, says="ftp"),
    Row("L10", "user information names no usable websocket", "enable", (always("GET", r.USER_INFO, changed(urls(ws="nowhere"))),), optional=True),
    Row("L11", "projects are garbage", "enable", (always("GET", r.NETWORK, raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1024\r\n\r\n" + GARBAGE)),), UNREADABLE, 20),
    Row("L12", "projects are an object", "enable", (always("GET", r.NETWORK, json_of({"hubs": []})),), UNREADABLE, 20),
    Row("L13", "there is no project", "enable", (always("GET", r.NETWORK, json_of([])),), "IBMQProviderError", says="has no project.*Ask"),
    Row("L14", "projects hang", "enable", (always("GET", r.NETWORK, hang),), REQUEST, 90, "did not answer", scale=0.03),
    Row("L15", "projects are nested too deeply", "enable", (always("GET", r.NETWORK, status(200, DEEP)),), UNREADABLE, 20, "nested too deeply|not JSON"),
    Row("L16", "projects unpack to gigabytes", "enable", (always("GET", r.NETWORK, bomb),), UNREADABLE, 90, "more than"),
    Row("L17", "projects are cut off once, the connection stays open", "enable", (first("GET", r.NETWORK, stall()),), bound=40, scale=0.05),
    Row("L18", "version comes from no web server", "enable", (always("GET", r.VERSION, not_http),), REQUEST, 20),
    Row("L19", "version 403", "enable", (always("GET", r.VERSION, status(403)),), REQUEST),
    Row("L20", "version 404", "enable", (always("GET", r.VERSION, status(404)),), "IBMQAccountCredentialsInvalidUrl", says="not an authentication URL"),
    Row("L21", "version is a page of a gateway", "enable", (always("GET", r.VERSION, html),), "IBMQAccountCredentialsInvalidUrl", says="not an authentication URL"),
    Row("L22", "version redirects in a circle", "enable", (always("GET", r.VERSION, around),), REQUEST, says="more than 5 redirects"),
    Row("L23", "version: headers drip without end", "enable", (always("GET", r.VERSION, drip_head(0.02)),), REQUEST, 90, "did not answer completely within", scale=0.03),
    Row("L24", "version: a body without end, at full speed", "enable", (always("GET", r.VERSION, endless),), UNREADABLE, 90, "more than"),
    Row("L25", "login redirects to another host", "enable", (always("POST", r.LOGIN, elsewhere()),), REQUEST, says="another host", asked=("POST", r.LOGIN, 1, 1), short=True),
    Row("L26", "login redirects with 302", "enable", (always("POST", r.LOGIN, elsewhere(302)),), REQUEST, says="cannot be repeated there", asked=("POST", r.LOGIN, 1, 1)),
    Row("L27", "login answers without a token", "enable", (always("POST", r.LOGIN, json_of({})),), UNREADABLE, 20),
    Row("L28", "login answers with a token of two lines", "enable", (always("POST", r.LOGIN, json_of({"id": "a\nb"})),), UNREADABLE, 20),
    Row("L29", "login wants the licence accepted", "enable", (always("POST", r.LOGIN, status(401, LICENCE)),), "AuthenticationLicenseError", says="https://example.org"),
    Row("L30", "login is dropped once, but processed", "enable", (first("POST", r.LOGIN, processed(drop)),)),
    Row("L31", "login answer is truncated once", "enable", (first("POST", r.LOGIN, truncated()),)),
    Row("L32", "login answer drips", "enable", (always("POST", r.LOGIN, drip(0.2)),), REQUEST, 90, "did not answer completely within", scale=0.03),
    Row("L33", "login 429 once, Retry-After: 2", "enable", (first("POST", r.LOGIN, status(429, headers={"Retry-After": "2"})),), bound=40),
    Row("L34", "login 429 once, Retry-After a date gone by", "enable", (first("POST", r.LOGIN, status(429, headers={"Retry-After": A_DATE_LONG_AGO})),)),
    Row("L35", "login 429, Retry-After: 3600", "enable", (always("POST", r.LOGIN, status(429, headers={"Retry-After": "3600"})),), REQUEST, 5, "asks to wait 3600 s"),
    Row("L36", "login 503 once, Retry-After cannot be read", "enable", (first("POST", r.LOGIN, status(503, headers={"Retry-After": "soon"})),)),
    Row("L37", "login 520, 502 and 504, once each", "enable", (first("POST", r.LOGIN, status(520), status(502), status(504)),)),
    Row("L38", "device list of the default project hangs", "enable", (always("GET", r.DEVICES, hang),), bound=25, scale=0.05, short=True),
    Row("L39", "device list of the default project drips", "enable", (always("GET", r.DEVICES, drip(0.01)),), bound=25, scale=0.05),
    Row("L40", "device list of the default project is an object", "enable", (always("GET", r.DEVICES, json_of({"devices": []})),), bound=25),
    Row("L41", "32 projects, the others all broken: only the default one is asked", "enable", (always("GET", OTHER_DEVICES, reset),), asked=("GET", r.DEVICES, 1, 1), optional=True, short=True),
    Row("L42", "device list of another project is garbage", "other project", (always("GET", OTHER_DEVICES, html),), "IBMQBackendApiProtocolError", 20, "qc101.*cannot be listed", short=True),
    Row("L43", "device list of another project holds entries that are none", "other project", (always("GET", OTHER_DEVICES, changed(lambda said: [None, 7, {}, *said])),)),
    Row("L44", "device list of another project is reset once", "other project", (first("GET", OTHER_DEVICES, reset),)),
    Row("L45", "device list of another project 403", "other project", (always("GET", OTHER_DEVICES, status(403)),), API, says="qc101.*cannot be listed.*may not do this"),
    Row("L50", "stored account: login is reset once", "load", (first("POST", r.LOGIN, reset),)),
    Row("L51", "stored account: device list of the default project is garbage", "load", (always("GET", r.DEVICES, html),), bound=60),
    Row("L46", "nobody listens", "enable where nobody listens", (), REQUEST, 20, "refused.*Check that the service is running"),
    Row("L47", "the server does not speak TLS", "enable by https", (), REQUEST, 20, "No secure connection|HTTPS", asked=None),
    Row("L48", "the certificate is unknown", "enable by an unknown certificate", (), REQUEST, 20, "certificate.*cannot be verified"),
    Row("L49", "the host accepts no connection", "enable at a full host", (), REQUEST, 40, "did not accept a connection", again=False, scale=0.05),
)
# fmt: on
