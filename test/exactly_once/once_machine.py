# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Submissions with anything happening on the wire, one after another, and what has to be true after each."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import secrets
from collections import Counter
from typing import Any, Optional

from fault_acts import (
    drop,
    echo,
    expire_token,
    forged_length,
    hang,
    html,
    json_of,
    processed,
    reset,
    status,
    through,
    truncated,
)
from fault_proxy import Act, Fault
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule
from once_world import NEVER_RAN, World, circuit, halved, twice

from qiskit_ibmq_provider.exceptions import IBMQBackendError
from qiskit_ibmq_provider.protocol import routes

__all__ = ["Submissions", "machine"]

_STEPS = {
    "submission": ("POST", routes.JOBS_DIRECT),
    "creation": ("POST", routes.JOBS),
    "upload": ("PUT", routes.STORAGE),
    "fresh address": ("GET", routes.JOB_UPLOAD_URL),
    "announcement": ("POST", routes.JOB_DATA_UPLOADED),
    "status": ("GET", routes.JOB_STATUS),
    "job": ("GET", routes.JOB),
    "cancellation": ("POST", routes.JOB_CANCEL),
    "key": ("GET", routes.JOBS),
    "login": ("POST", routes.LOGIN),
}

_LIMIT = {"error": {"message": "Your credits are used up.", "code": 3458}}
_ACTS: dict[str, Act] = {
    "through": through,
    "drop": drop,
    "reset": reset,
    "html": html,
    "other shape": json_of({"job": 5}),
    "echo": echo(400),
    "truncated": truncated(),
    "short": forged_length(9),
    "token expires": expire_token,
    "processed, drop": processed(drop),
    "processed, reset": processed(reset),
    "processed, html": processed(html),
    "halved": halved,
    "twice": twice,
    **{f"{code}": status(code) for code in (400, 401, 403, 409, 410, 413, 429, 500, 502, 503, 504, 520)},
    **{f"processed, {code}": processed(status(code)) for code in (400, 401, 403, 409, 500, 503, 504)},
    "limit": status(400, _LIMIT),
    "hang": hang,
    "processed, hang": processed(hang),
}
_SLOW = ("hang", "processed, hang")
_LATE = "late"


@dataclasses.dataclass(frozen=True)
class Spoiled:
    """What happens at one step of a submission: these acts, and, if the last one stays, that one for ever."""

    step: str
    acts: tuple[str, ...]
    stays: bool


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What the caller of ``run`` knows."""

    server: str
    job_id: Optional[str] = None
    error: Optional[IBMQBackendError] = None

    @property
    def unknown(self) -> bool:
        return bool(getattr(self.error, "outcome_unknown", False))

    @property
    def kind(self) -> str:
        return "returned" if self.error is None else "unknown" if self.unknown else "refused"


def spoiled(*, slow: bool) -> st.SearchStrategy[list[Spoiled]]:
    """Draw what happens to one submission."""
    names = [_LATE, *(name for name in _ACTS if slow or name not in _SLOW)]
    one = st.builds(
        Spoiled,
        step=st.sampled_from(sorted(_STEPS)),
        acts=st.lists(st.sampled_from(sorted(names)), min_size=1, max_size=4).map(tuple),
        stays=st.booleans(),
    )
    return st.lists(one, max_size=4, unique_by=lambda each: each.step)


class Submissions(RuleBasedStateMachine):
    """Submits jobs and looks what the service has."""

    world: World
    counts: Counter[str]
    numbers = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.outcomes: dict[str, Outcome] = {}

    def act(self, name: str) -> Act:
        """Return an act by its name."""
        return self.world.hold_back if name == _LATE else _ACTS[name]

    def submit(self, server: str, size: str, faults: list[Spoiled]) -> None:
        """Submit one job while things happen."""
        scene = self.world.scenes[server]
        name = f"once-{next(self.numbers)}-{secrets.token_hex(4)}"
        scene.proxy.spoil(
            *(Fault(*_STEPS[each.step], tuple(map(self.act, each.acts)), each.stays) for each in faults)
        )
        try:
            job = scene.backend.run(circuit(size), shots=1, job_name=name)
        except IBMQBackendError as err:
            outcome = Outcome(server, error=err)
        else:
            outcome = Outcome(server, job_id=job.job_id())
        finally:
            # What hangs ends, too: a request that was cut off may still be on its way through the proxy.
            scene.proxy.clear()
        note(f"{name}: {outcome.kind} {outcome.error or ''}")
        self.counts[f"{server}, {outcome.kind}"] += 1
        self.outcomes[name] = outcome
        self.check(name)

    @rule()
    def late_requests_arrive(self) -> None:
        """Let the service have what was held back; nothing may change by that but what is not known."""
        self.world.let_through()
        for name in self.outcomes:
            self.check(name)

    def check(self, name: str) -> None:
        """Compare what the caller knows with what the service has."""
        outcome = self.outcomes[name]
        jobs = self.world.door.named(name)
        alive = [job_id for job_id, status in jobs.items() if status not in NEVER_RAN]
        assert len(alive) <= 1, f"{name} runs {len(alive)} times"
        if outcome.server == "own":
            assert len(jobs) <= 1, f"{name} is there {len(jobs)} times"
        if outcome.error is None:
            assert alive == [outcome.job_id], f"{name} was submitted, and is {jobs}"
        elif not outcome.unknown:
            assert alive == [], f"{name} was refused, and is {jobs}: {outcome.error}"
        else:
            self.check_that_it_can_be_found(outcome.error, outcome.server, jobs, alive)

    def check_that_it_can_be_found(
        self, error: Any, server: str, jobs: dict[str, str], alive: list[str]
    ) -> None:
        """Find a job of which nobody knew whether it was there, by what the exception tells of it."""
        backend = self.world.provider.backend
        if error.job_id is not None:
            assert set(jobs) == {error.job_id}
            assert backend.retrieve_job(error.job_id).job_id() == error.job_id
        elif error.idempotency_key is not None:
            found = backend.find_submitted_job(error.idempotency_key)
            assert ({found.job_id()} if found else set()) == set(jobs), str(error)
        else:
            # Without keys nobody can find it; but nothing runs, and the text says that it may be left behind.
            assert server == "plain"
            assert alive == []
            assert "may be left behind" in str(error)

    def teardown(self) -> None:
        """At the end: what runs is whole, and nothing else counts against the limit of jobs."""
        with contextlib.ExitStack() as stack:
            stack.callback(super().teardown)
            self.late_requests_arrive()
            ran = self.world.settled(list(self.outcomes))
            assert set(ran.values()) <= {"COMPLETED"}, ran
            self.world.wait_until_idle()


def machine(world: World, counts: Counter[str], *, slow: bool) -> type[Submissions]:
    """Return the machine for a world.

    Args:
        world: where it acts.
        counts: gets how often a submission came to which outcome.
        slow: whether there are also answers that never come.
    """

    class Machine(Submissions):
        @rule(
            server=st.sampled_from(["own", "own", "plain"]),
            size=st.sampled_from(["small", "large"]),
            faults=spoiled(slow=slow),
        )
        def submission(self, server: str, size: str, faults: list[Spoiled]) -> None:
            self.submit(server, size, faults)

    Machine.world, Machine.counts = world, counts
    return Machine
