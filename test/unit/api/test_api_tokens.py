# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The access token is renewed once, for all threads."""

from __future__ import annotations

import threading

import pytest

from qiskit_ibmq_provider.api.exceptions import RequestsApiError
from qiskit_ibmq_provider.api.redaction import Redactor, Secret
from qiskit_ibmq_provider.api.tokens import TokenHolder


def test_many_threads_that_find_the_token_refused_log_in_once():
    holder = TokenHolder(Redactor(), "first-token")
    everyone_waits = threading.Barrier(8)
    logins = []

    def login(seconds: float) -> Secret:
        logins.append(seconds)
        return Secret("second-token")

    stale = holder.current

    def work() -> None:
        everyone_waits.wait(10)
        holder.renew(stale, 10)

    holder.renew_with(login)
    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(logins) == 1
    assert 0 < logins[0] <= 10
    assert holder.current == Secret("second-token")


def test_a_token_that_is_no_longer_the_current_one_needs_no_login():
    holder = TokenHolder(Redactor(), "new")
    holder.renew_with(lambda seconds: pytest.fail("logged in"))
    holder.renew(Secret("old"), 1)


def test_a_failed_login_is_not_tried_again_at_once():
    holder, logins = TokenHolder(Redactor(), "old"), []

    def login(seconds: float) -> Secret:
        logins.append(seconds)
        raise RequestsApiError("no", 401, code=3446)

    holder.renew_with(login)
    failures = []
    for _ in range(3):
        with pytest.raises(RequestsApiError) as failed:
            holder.renew(holder.current, 1)
        failures.append(failed.value)
    assert len(logins) == 1
    assert {failure.code for failure in failures} == {3446}
    assert len({id(failure) for failure in failures}) == 3, "each thread has its own exception"


def test_without_a_way_to_log_in_nothing_happens():
    holder = TokenHolder(Redactor(), "old")
    assert not holder.renewable
    holder.renew(holder.current, 1)
    assert holder.current == Secret("old")


def test_the_redactor_learns_every_token():
    redactor = Redactor()
    holder = TokenHolder(redactor, "token-one")
    holder.replace("token-two")
    holder.renew_with(lambda seconds: Secret("token-three"))
    holder.renew(holder.current, 1)
    assert redactor.clean("token-one token-two token-three") == "... ... ..."
