# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Opening an account."""

from __future__ import annotations

from typing import Any

from benchmarks.side import Bench, Operation

__all__ = ["OPERATIONS"]


def _closed(bench: Bench) -> tuple[Bench, Any]:
    """Import everything that the first login of a process would, and leave the account closed."""
    from qiskit import IBMQ

    bench.provider()
    IBMQ.disable_account()
    return bench, IBMQ


def _enable(state: tuple[Bench, Any]) -> None:
    bench, factory = state
    factory.enable_account(bench.token, bench.url)


def _floor(state: tuple[Bench, Any]) -> None:
    """The same requests over one connection, and their answers decoded."""
    import msgspec
    import requests

    bench, _ = state
    with requests.Session() as session:
        session.get(bench.url + "/version")
        login = session.post(bench.url + "/users/loginWithToken", json={"apiToken": bench.token}).json()
        session.headers["X-Access-Token"] = login["id"]
        me = session.get(bench.url + "/users/me").json()
        base = me["urls"]["http"]
        session.get(base + "/Network")
        devices = session.get(base + "/Network/ibm-q/Groups/open/Projects/main/devices/v/1").content
        msgspec.json.decode(devices)


def _of(projects: int) -> Operation:
    return Operation(
        f"login-{projects}",
        f"`enable_account`, {projects} projects",
        _enable,
        _closed,
        floor=_floor,
        rtts=(0.0, 0.05),
        rounds=5,
        projects=projects,
        quick={"requests": 5, "connections": 1, "round_trips": 6},
    )


OPERATIONS = (_of(2), _of(10))
