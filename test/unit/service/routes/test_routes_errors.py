# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Which HTTP status each refusal gets."""

from __future__ import annotations

import pytest

from qiskit_ibmq_provider.protocol.errors import ErrorBody, ErrorCode
from qiskit_ibmq_provider.service.domain import errors
from qiskit_ibmq_provider.service.routes.errors import error_response, status_of

RETRIED = {500, 502, 503, 504, 520, 522, 524}
"""What the original client sends again for 15 seconds, and never shows."""


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (errors.DomainError, 400),
        (errors.InvalidRequest, 400),
        (errors.Unauthenticated, 401),
        (errors.Forbidden, 403),
        (errors.NotFound, 404),
        (errors.UnknownDevice, 404),
        (errors.Conflict, 409),
        (errors.LimitReached, 400),
        (errors.RateLimited, 429),
        (errors.TooLarge, 413),
        (errors.StorageFull, 507),
        (errors.Unavailable, 503),
    ],
)
def test_each_refusal_has_its_status(kind: type[errors.DomainError], status: int) -> None:
    assert status_of(kind("m", ErrorCode.BAD_REQUEST)) == status
    assert kind is errors.Unavailable or status not in RETRIED


def test_no_refusal_is_forgotten() -> None:
    tested = {errors.DomainError} | {getattr(errors, name) for name in errors.__all__}
    for kind in tested:
        assert status_of(kind("m", ErrorCode.BAD_REQUEST)) >= 400


def test_the_body_has_all_that_clients_look_for() -> None:
    response = error_response(ErrorCode.JOB_LIMIT, "Too many jobs", 400)
    body = ErrorBody.from_bytes(bytes(response.body))
    assert (body.message, body.code, body.name) == ("Too many jobs", 3458, "Error")
    assert response.headers["content-type"].startswith("application/json")
