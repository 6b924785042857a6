# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Records of accounts: version probe, login, user, and the projects of a user."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Final, Optional

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import (
    as_object,
    as_objects,
    integer,
    leftover,
    optional,
    required,
    without_none,
)

__all__ = ["AccessToken", "ProjectEntry", "UserInfo", "VersionInfo", "decode_network", "encode_network"]

_USER_KEYS: Final = frozenset({"id", "email", "urls", "capabilities", "limits"})


@dataclasses.dataclass(frozen=True)
class VersionInfo:
    """Versions of a server's components. ``api-auth`` is there exactly on authentication URLs."""

    components: Mapping[str, Any]

    @classmethod
    def from_json(cls, data: Any) -> VersionInfo:
        """Read the answer to the version probe."""
        return cls(components=dict(as_object(data, "the version")))

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return dict(self.components)

    @property
    def is_authentication_api(self) -> bool:
        """Whether the URL that was asked is an authentication URL."""
        return "api-auth" in self.components


@dataclasses.dataclass(frozen=True)
class AccessToken:
    """What login gives: the token of all further requests, and how long it lives, in seconds."""

    id: str = dataclasses.field(repr=False)
    ttl: Optional[int] = None
    created: Optional[str] = None
    user_id: Optional[str] = None

    @classmethod
    def from_json(cls, data: Any) -> AccessToken:
        """Read the answer to login; ``id`` is needed."""
        what = "the answer to login"
        token = as_object(data, what)
        value = required(token, "id", str, what)
        if not value or not value.isascii() or not value.isprintable():
            raise ProtocolError("The access token in the answer to login is not printable ASCII.")
        return cls(
            id=value,
            ttl=integer(token, "ttl", what),
            created=optional(token, "created", str, what),
            user_id=optional(token, "userId", str, what),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        return without_none(id=self.id, ttl=self.ttl, created=self.created, userId=self.user_id)


@dataclasses.dataclass(frozen=True)
class UserInfo:
    """A user: where the services are, and what the server offers beyond the original protocol."""

    http_url: str
    ws_url: str
    services: Mapping[str, str] = dataclasses.field(default_factory=dict)
    capabilities: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    limits: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    id: Optional[str] = None
    email: Optional[str] = None
    extra: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @classmethod
    def from_json(cls, data: Any) -> UserInfo:
        """Read the answer; ``urls.http`` and ``urls.ws`` are needed."""
        what = "the user information"
        user = as_object(data, what)
        urls = as_object(user.get("urls"), "the field 'urls' of the user information")
        services = optional(urls, "services", dict, "the URLs of the user") or {}
        return cls(
            http_url=required(urls, "http", str, "the URLs of the user"),
            ws_url=required(urls, "ws", str, "the URLs of the user"),
            services={name: url for name, url in services.items() if isinstance(url, str)},
            capabilities=optional(user, "capabilities", dict, what) or {},
            limits=optional(user, "limits", dict, what) or {},
            id=optional(user, "id", str, what),
            email=optional(user, "email", str, what),
            extra=leftover(user, _USER_KEYS),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        urls: dict[str, Any] = {"http": self.http_url, "ws": self.ws_url, "services": dict(self.services)}
        known = without_none(id=self.id, email=self.email, urls=urls)
        limits = {"limits": dict(self.limits)} if self.limits else {}
        return {**self.extra, **known, "capabilities": dict(self.capabilities), **limits}


@dataclasses.dataclass(frozen=True)
class ProjectEntry:
    """One project that an account may use."""

    hub: str
    group: str
    project: str
    is_default: bool = False


def decode_network(data: Any) -> list[ProjectEntry]:
    """Read the hubs of a user as a flat list of projects.

    The order is the document's, but each default project goes to the front, so that the last default comes first, as clients of this
    API always had it. A group or project without a usable description is left out.

    Raises:
        ProtocolError: the document is not an array of hubs with names.
    """
    entries: list[ProjectEntry] = []
    for hub in as_objects(data, "the list of hubs"):
        hub_name = required(hub, "name", str, "a hub")
        for group_name, group in as_object(hub.get("groups") or {}, "the groups of a hub").items():
            projects = group.get("projects") if isinstance(group, dict) else None
            for project_name, project in (projects if isinstance(projects, dict) else {}).items():
                is_default = isinstance(project, dict) and bool(project.get("isDefault"))
                entry = ProjectEntry(hub_name, group_name, project_name, is_default)
                entries.insert(0 if is_default else len(entries), entry)
    return entries


def encode_network(entries: Iterable[ProjectEntry]) -> list[dict[str, Any]]:
    """Return the wire form of a list of projects, hub by hub in order of appearance."""
    hubs: dict[str, dict[str, Any]] = {}
    for entry in entries:
        hub = hubs.setdefault(entry.hub, {"name": entry.hub, "title": entry.hub, "groups": {}})
        group = hub["groups"].setdefault(
            entry.group, {"name": entry.group, "title": entry.group, "projects": {}}
        )
        group["projects"][entry.project] = {
            "name": entry.project,
            "title": entry.project,
            "isDefault": entry.is_default,
        }
    return list(hubs.values())
