# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Records of accounts: version probe, login, user, and the projects of a user."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Optional

from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, as_objects, required
from qiskit_ibmq_provider.protocol.records import Record, described, wire_field

__all__ = ["AccessToken", "ProjectEntry", "UserInfo", "VersionInfo", "decode_network", "encode_network"]


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


class AccessToken(Record, frozen=True):
    """What login gives: the token of all further requests, and how long it lives, in seconds."""

    WHAT: ClassVar[str] = "the answer to login"
    TITLE: ClassVar[str] = "AccessToken"
    ALWAYS: ClassVar[frozenset[str]] = frozenset({"ttl", "created", "user_id"})
    HIDDEN: ClassVar[frozenset[str]] = frozenset({"id", "extra"})

    id: Annotated[str, described("The access token.")]
    ttl: Annotated[Optional[int], described("Seconds that it is valid.")] = None
    created: Annotated[Optional[str], described("ISO date in UTC.")] = None
    user_id: Optional[str] = None

    @classmethod
    def from_json(cls, data: Any) -> AccessToken:
        """Read the answer to login; ``id`` is needed."""
        token = super().from_json(data)
        if not token.id or not token.id.isascii() or not token.id.isprintable():
            raise ProtocolError("The access token in the answer to login is not printable ASCII.")
        return token


class UserInfo(Record, frozen=True):
    """A user: where the services are, and what the server offers beyond the original protocol."""

    WHAT: ClassVar[str] = "the user information"
    TITLE: ClassVar[str] = "User"
    ALWAYS: ClassVar[frozenset[str]] = frozenset({"id", "email"})

    http_url: Annotated[str, described("Base URL of devices and jobs.")] = wire_field(name="urls.http")
    ws_url: Annotated[str, described("Base URL of the websockets.")] = wire_field(name="urls.ws")
    services: Annotated[Mapping[str, Any], described(additionalProperties={"type": "string"})] = wire_field(
        default={}, name="urls.services"
    )
    capabilities: Annotated[
        Mapping[str, Any],
        described(
            "What the service offers beyond the original protocol, by name and version.",
            additionalProperties={"type": "integer"},
        ),
    ] = {}
    limits: Annotated[
        Mapping[str, Any], described("Limits of these, by name.", additionalProperties={"type": "integer"})
    ] = {}
    id: Optional[str] = None
    email: Annotated[Optional[str], described("Name of the user.")] = None

    @classmethod
    def from_json(cls, data: Any) -> UserInfo:
        """Read the answer; ``urls.http`` and ``urls.ws`` are needed. A service without a URL is left out."""
        user = super().from_json(data)
        services = {name: url for name, url in user.services.items() if isinstance(url, str)}
        return user.replaced(services=services)

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        document = super().to_json()
        if not self.limits:
            del document["limits"]
        return document


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
