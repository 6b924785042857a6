# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Requests to every path of the description, with places, queries, headers and bodies that make no sense."""

from __future__ import annotations

import json
import re
from typing import Any, Optional
from urllib.parse import quote

from fuzz_target import JOBS, PROJECT, SIMULATOR, Tally, Target
from fuzz_values import json_values, mutated, names, texts
from hypothesis import strategies as st

from qiskit_ibmq_provider.service.app import openapi_document

__all__ = ["Request", "filters", "requests", "run_filter", "run_request"]

_METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD", "PATCH", "OPTIONS", "TRACE", "BREW"]
_PLACES = {
    "hub": "ibm-q",
    "group": "open",
    "project": "main",
    "device": SIMULATOR,
    "job_id": "0123456789abcdef01234567",
    "purpose": "upload",
}
_HEADERS = [
    "Content-Type",
    "Content-Encoding",
    "Accept",
    "Accept-Encoding",
    "Idempotency-Key",
    "X-Qx-Client-Application",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Origin",
    "Cookie",
    "Range",
    "Expect",
    "If-Match",
    "X-HTTP-Method-Override",
]
_BODIES: list[Any] = [
    {
        "backend": {"name": SIMULATOR},
        "tags": ["a"],
        "name": "n",
        "allowObjectStorage": True,
        "liveDataEnabled": None,
    },
    {"name": "new name"},
    {"tags": ["a", "b"]},
    {"apiToken": "x"},
]
Request = tuple[str, str, dict[str, str], Optional[bytes], Optional[str]]
"""Method, target, headers, body, and another token than the user's."""

_OPERATIONS = [
    (method.upper(), path)
    for path, item in json.loads(openapi_document())["paths"].items()
    for method in item
    if method != "parameters"
]


def _place(draw: st.DrawFn, name: str, job_ids: list[str]) -> str:
    """Return what stands at one place of a path."""
    if name == "job_id" and job_ids and draw(st.booleans()):
        return draw(st.sampled_from(job_ids))
    if draw(st.integers(0, 3)):
        return _PLACES[name]
    text = draw(names)
    return quote(text, safe=draw(st.sampled_from(["", "/.%"])), errors="replace")


@st.composite
def requests(draw: st.DrawFn, job_ids: list[str]) -> Request:
    """A request to one of the paths."""
    method, template = draw(st.sampled_from(_OPERATIONS))
    if not draw(st.integers(0, 7)):
        method = draw(st.sampled_from(_METHODS))
    target = re.sub(r"\{(\w+)\}", lambda found: _place(draw, found[1], job_ids), template)
    query = [
        f"{quote(draw(texts | st.sampled_from(['filter', 'expires', 'signature', 'access_token'])), errors='replace')}="
        f"{quote(draw(texts), errors='replace')}"
        for _ in range(draw(st.integers(0, 2)))
    ]
    if query:
        target += "?" + "&".join(query)
    headers = {
        name: re.sub(r"[\r\n\x00]", "", value)[:2000]
        for name, value in draw(st.dictionaries(st.sampled_from(_HEADERS), texts, max_size=3)).items()
    }
    headers.pop("Expect", None) if draw(st.integers(0, 9)) else None
    body: Optional[bytes] = None
    if method in ("POST", "PUT", "PATCH") or not draw(st.integers(0, 9)):
        body = _body(draw)
    token = (
        None if draw(st.integers(0, 9)) else draw(st.sampled_from(["", "x", "A" * 9000, "\xff\xfe", "null"]))
    )
    return method, target, headers, body, token


def _body(draw: st.DrawFn) -> Optional[bytes]:
    kind = draw(st.integers(0, 9))
    if kind == 0:
        return None
    if kind == 1:
        return draw(st.binary(max_size=200))
    if kind == 2:
        depth = draw(st.sampled_from([50, 150, 1000, 5000, 100_000]))
        opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}")]))
        return (opening * depth + "1" + closing * depth).encode()
    document = draw(st.sampled_from(_BODIES))
    if kind > 3:
        document = mutated(draw, document)
    return json.dumps(document).encode()


def run_request(target: Target, tally: Tally, request: Request) -> None:
    """Send a request and judge the answer."""
    method, path, headers, body, token = request
    area = "requests"
    target.ask(area, tally, method, path, headers=headers, body=body, token=token)


_OPERATORS = [
    "eq", "neq", "inq", "nin", "gt", "gte", "lt", "lte", "between", "regexp", "like", "nlike", "ilike", "nilike",
    "exists", "options", "near", "$where",
]  # fmt: skip
_FIELDS = [
    "id", "name", "tags", "status", "creationDate", "endDate", "backend.name", "hubInfo.hub.name", "timePerStep.QUEUED",
    "experimentTag", "clientInfo.name", "error.code", "liveDataEnabled", "userId", "__class__", "a..b", "", ".",
]  # fmt: skip
_DATES = [
    "2021-06-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2021-13-01",
    "now",
]
_PATTERNS = [
    "a", "^$", ".*", "(a|aa)+$", "(a*)*b", "((a{9}){9}){9}", "(?i)ß", "/x/i", "[", "(?P<x", "\\", "(?<=a+)", "\\p{L}", "(?R)",
    "(?#", "\\1", "(?i)[a-\U0010ffff]", "a{1,99999}",
]  # fmt: skip
_wanted = (
    st.sampled_from(_PATTERNS)
    | st.sampled_from(_DATES)
    | json_values
    | st.lists(json_values | st.sampled_from(_DATES), max_size=3)
)
_conditions = st.dictionaries(
    st.sampled_from(_FIELDS) | texts,
    _wanted | st.dictionaries(st.sampled_from(_OPERATORS), _wanted, max_size=2),
    max_size=3,
)
_wheres = st.recursive(
    _conditions,
    lambda inner: st.dictionaries(st.sampled_from(["and", "or"]), st.lists(inner, max_size=3)),
    max_leaves=6,
)
filters = st.one_of(
    st.fixed_dictionaries({"where": _wheres}),
    st.fixed_dictionaries(
        {"where": _wheres},
        optional={
            "order": st.sampled_from(
                ["creationDate DESC", "creationDate ASC", "id", "", "creationDate; DROP"]
            )
            | json_values,
            "limit": st.sampled_from([0, 1, 10, -1, 10**30, 0.5, True, "1"]),
            "skip": st.sampled_from([0, 1, 10**30, -1, None, "x"]),
            "fields": json_values,
        },
    ),
    json_values,
)


def run_filter(target: Target, tally: Tally, wanted: Any) -> None:
    """Ask for jobs or for a calibration with a filter, and judge the answer."""
    text = json.dumps(wanted)
    for path in (f"{JOBS}/status/v/1", f"{JOBS}/v/1", f"{PROJECT}/devices/ibmq_vigo/properties"):
        target.ask("filters", tally, "GET", f"{path}?filter={quote(text)}")
