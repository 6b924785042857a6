# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Requests that schemathesis makes from the description of the service, and its checks of the answers."""

from __future__ import annotations

import contextlib
from typing import Any

import schemathesis
from fuzz_target import JOBS, PROJECT, SIMULATOR, Answer, Tally, Target, judge
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

__all__ = ["run_described"]

_CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
_HALF = 2


def run_described(target: Target, tally: Tally, examples: int, start: int) -> None:
    """Try every operation of the description with so many requests, with places that exist and with others.

    Raises:
        AssertionError: if an answer is not one that the description allows.
    """
    origin = f"http://{target.host}:{target.port}"
    schema: Any = schemathesis.openapi.from_url(f"{origin}/api/openapi.json")
    job_id = str(target.send("POST", JOBS, body={"backend": {"name": SIMULATOR}}).json()["id"])
    known = {"hub": "ibm-q", "group": "open", "project": "main", "device": SIMULATOR, "job_id": job_id}
    assert PROJECT.endswith("/main")
    for found in schema.get_all_operations():
        operation = found.ok()
        for mode in schemathesis.GenerationMode:
            _run_operation(target, tally, operation, mode, known, max(1, examples // _HALF), start)


def _run_operation(
    target: Target, tally: Tally, operation: Any, mode: Any, known: dict[str, str], examples: int, start: int
) -> None:
    """Try one operation with requests that fit the description, or with such that do not."""

    @seed(start)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        if case.path_parameters and len(str(case.path_parameters)) % _HALF:
            # Half of the requests are about what exists; the others are mostly answered with 404.
            case.path_parameters = {
                name: known.get(name, value) for name, value in case.path_parameters.items()
            }
        response = case.call(headers={"X-Access-Token": target.token})
        answer = Answer(
            response.status_code, {k: v[0] for k, v in response.headers.items()}, response.content
        )
        judge(answer, head=case.method == "HEAD")
        case.validate_response(response, checks=_CHECKS)
        tally.count("described requests", f"{answer.status // 100}xx")

    # What takes nothing cannot be asked wrongly.
    with contextlib.suppress(Unsatisfiable):
        run()
