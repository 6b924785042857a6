# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The interface of the database.

The store keeps rows and knows which of two writers came first; what may follow what is decided in
:mod:`lifecycle`. Every method is one transaction, durable when it returns, safe in any thread. All of them
raise ``StorageFull`` when the disk is full and ``Unavailable`` when the database cannot be reached.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Callable, Optional, Protocol

from qiskit_ibmq_provider.protocol.filters import Filter
from qiskit_ibmq_provider.service.domain.model import Job, Principal, Project

__all__ = [
    "AccountStore",
    "DeviceLoad",
    "Holding",
    "IdempotencyKey",
    "JobStore",
    "ProjectNames",
    "QueueStore",
    "Store",
    "StoreUnusable",
    "StoredToken",
    "UserRecord",
]

ProjectNames = tuple[str, str, str]
"""Hub, group and project."""


class StoreUnusable(Exception):
    """The database cannot be used as it is; the text tells the operator why and what to do."""


@dataclasses.dataclass(frozen=True)
class StoredToken:
    """A token as the store keeps it: a digest, never the token."""

    digest: str
    user_id: str


@dataclasses.dataclass(frozen=True)
class IdempotencyKey:
    """Names a request for job creation, so that a repetition of it is recognised."""

    key: str
    digest: str
    """Digest of the request's body: the same key with another body is an error."""


@dataclasses.dataclass(frozen=True)
class Holding:
    """One attempt at one job that a dispatcher holds."""

    job_id: str
    attempt: int


@dataclasses.dataclass(frozen=True)
class DeviceLoad:
    """How busy a device is."""

    running: int
    """How many of its jobs run."""
    mean_seconds: Optional[float]
    """For how long its recent jobs ran, on average; ``None`` if there are none."""


@dataclasses.dataclass(frozen=True)
class UserRecord:
    """A user who has an API token."""

    name: str
    """Name or e-mail address; unique."""
    projects: tuple[ProjectNames, ...]
    """The default project first."""
    token_made: datetime.datetime
    """When the present API token was made."""


class AccountStore(Protocol):
    """Users, their projects and their tokens."""

    def bootstrap(
        self, email: str, projects: Sequence[ProjectNames], digest: str, now: datetime.datetime
    ) -> None:
        """Make sure that the service's own user exists, with these projects and exactly this API token.

        The first project is the default one. The user sees no other projects than these. Another token that this method stored before is revoked, with
        the access tokens that were given for it.
        """
        ...

    def api_tokens(self, selector: str) -> list[StoredToken]:
        """Return the API tokens whose digest begins with ``selector``."""
        ...

    def access_tokens(self, selector: str, now: datetime.datetime) -> list[StoredToken]:
        """Return the access tokens that have not expired and whose digest begins with ``selector``."""
        ...

    def add_access_token(
        self, digest: str, api_token: StoredToken, created: datetime.datetime, expires: datetime.datetime
    ) -> None:
        """Keep an access token that was given for an API token."""
        ...

    def principal(self, user_id: str) -> Principal:
        """Return a user with the user's projects, the default one first.

        Raises:
            Unauthenticated: if there is no such user any more.
        """
        ...

    def delete_expired(self, now: datetime.datetime) -> int:
        """Forget expired access tokens; return how many there were."""
        ...

    def add_user(
        self, name: str, projects: Sequence[ProjectNames], digest: str, now: datetime.datetime
    ) -> bool:
        """Give a user projects, the first as the default one, and an API token; return whether the user had none.

        A user who was removed before comes back as the same one. A user with a token is left as is.
        """
        ...

    def users(self) -> list[UserRecord]:
        """Return the users who have an API token, by name."""
        ...

    def set_projects(self, name: str, projects: Sequence[ProjectNames]) -> bool:
        """Replace the projects of a user with an API token; return whether there is one."""
        ...

    def set_token(self, name: str, digest: str, now: datetime.datetime) -> bool:
        """Replace the API token of a user who has one, and revoke what was given for the old one; return whether there is one."""
        ...

    def remove_user(self, name: str) -> bool:
        """Revoke the tokens of a user and take the projects away; return whether there was a token. Jobs are kept."""
        ...


class JobStore(Protocol):
    """Jobs, as users see them."""

    def insert(
        self,
        draft: Job,
        *,
        limit: int,
        key: Optional[IdempotencyKey] = None,
        change: Optional[Callable[[Job], Job]] = None,
    ) -> Job:
        """Keep a new job, in the status ``CREATING`` unless it is changed at once.

        Args:
            draft: the job; its creation date is moved forward until it is unique in its project.
            limit: how many unfinished jobs the project may have on the device, this one included; -1 for any number.
            key: if it was used before with the same digest, the job of then is returned instead.
            change: makes of the new job the one that is kept; called without side effects.

        Raises:
            LimitReached: if the project has that many.
            Conflict: if the key was used with another digest.
        """
        ...

    def find(self, project_id: int, job_id: str) -> Optional[Job]:
        """Return a job of a project, with its place in the queue."""
        ...

    def find_key(self, project_id: int, key: str) -> Optional[Job]:
        """Return the job of a project that was made with an idempotency key, given by its digest."""
        ...

    def get(self, job_id: str) -> Optional[Job]:
        """Return a job of any project, without its place in the queue."""
        ...

    def select(self, project_id: int, query: Filter, *, limit: int, seconds: float = math.inf) -> list[Job]:
        """Return at most ``limit`` jobs of a project that meet a filter, in its order, with their places in the queue.

        Args:
            project_id: the project.
            query: the filter; its own limit does not count.
            limit: how many jobs to return at most.
            seconds: how long jobs may be looked through, where the database cannot decide by itself.

        Raises:
            InvalidRequest: if the filter takes too long to decide.
        """
        ...

    def swap(self, old: Job, new: Job, *, limit: int = -1) -> bool:
        """Write the lifecycle of ``new`` if status and attempt are still those of ``old``; return whether they were.

        Names and tags are not written: they have their own methods and change at any time.

        Args:
            old: the job as it was read.
            new: the job as it is to be.
            limit: how many unfinished jobs the project may have on the device, this one included; -1 for any number.

        Raises:
            LimitReached: if the project has that many.
        """
        ...

    def set_name(self, project_id: int, job_id: str, name: str) -> bool:
        """Rename a job; return whether there is one."""
        ...

    def set_tags(self, project_id: int, job_id: str, tags: Sequence[str]) -> bool:
        """Replace the tags of a job; return whether there is one."""
        ...

    def delete(self, job: Job) -> bool:
        """Forget a job if its status is still this one; return whether it was."""
        ...

    def count_unfinished(self, project_id: int, backend_name: str) -> int:
        """Return how many jobs of a project on a device wait or run; those without a payload do neither."""
        ...

    def stale_drafts(self, before: datetime.datetime, limit: int) -> list[Job]:
        """Return jobs created before an instant that still wait for their payload, the oldest first."""
        ...

    def existing(self, job_ids: Iterable[str], *, places: bool = False) -> Mapping[str, Job]:
        """Return those of these jobs that exist, by id; if wanted with their places in the queue."""
        ...

    def delete_keys(self, before: datetime.datetime) -> int:
        """Forget idempotency keys first used before an instant; return how many there were."""
        ...


class QueueStore(Protocol):
    """Jobs, as dispatchers see them."""

    def claim(
        self, change: Callable[[Job], Job], *, limit: int, excluding: Collection[str] = ()
    ) -> list[Job]:
        """Claim at most ``limit`` queued jobs; each goes to exactly one of several dispatchers.

        Jobs are taken so that the projects have equal shares of what runs, and within a project in the
        order in which they were queued.

        Args:
            change: makes the claimed job of a queued one; called without side effects.
            limit: how many jobs to take at most.
            excluding: ids of jobs to leave alone.
        """
        ...

    def renew(self, owner: str, holdings: Iterable[Holding], lease_until: datetime.datetime) -> set[Holding]:
        """Prolong the leases that the owner still has; return those.

        A holding that is missing in the answer was cancelled, deleted or taken over.
        """
        ...

    def abandoned(self, now: datetime.datetime, *, owner: str, exclusive: bool) -> list[Job]:
        """Return running jobs whose dispatcher is gone.

        Args:
            now: leases that ended before this instant have run out.
            owner: the dispatcher that asks.
            exclusive: this dispatcher is the only one, so whatever somebody else owns is abandoned.
        """
        ...

    def length(self, backend_name: str) -> int:
        """Return how many jobs wait for a device."""
        ...

    def load(self, backend_name: str) -> DeviceLoad:
        """Return how many jobs of a device run, and for how long its recent ones ran."""
        ...

    def waiting_projects(self) -> list[Project]:
        """Return the projects that have queued jobs, on any device."""
        ...

    def idle(self) -> bool:
        """Return whether no job waits or runs, on any device."""
        ...


class Store(Protocol):
    """The database."""

    accounts: AccountStore
    """Users, their projects and their tokens."""
    jobs: JobStore
    """Jobs, as users see them."""
    queue: QueueStore
    """Jobs, as dispatchers see them."""

    def signing_key(self, proposal: bytes, now: datetime.datetime) -> bytes:
        """Return the key that signs storage URLs; if there is none yet, ``proposal`` becomes it.

        It outlives a restart, and is the same in all processes.
        """
        ...

    def check(self) -> None:
        """Ask the database one question.

        Raises:
            Unavailable: if it does not answer.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...
