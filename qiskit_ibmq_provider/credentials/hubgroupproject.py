# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The identity of a project: hub, group and project."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Optional

from qiskit_ibmq_provider.credentials.exceptions import HubGroupProjectInvalidStateError

if TYPE_CHECKING:
    from qiskit_ibmq_provider.credentials.credentials import Credentials

__all__ = ["HubGroupProject"]


@dataclasses.dataclass(unsafe_hash=True)
class HubGroupProject:
    """Names of a hub, a group in it, and a project in that.

    Instances with the same three names are equal and have the same hash, so they serve as keys. The *stored format* is the text
    ``<hub_name>/<group_name>/<project_name>`` of the configuration file.

    Args:
        hub: name of the hub, or ``None``.
        group: name of the group, or ``None``.
        project: name of the project, or ``None``.
    """

    hub: Optional[str] = None
    group: Optional[str] = None
    project: Optional[str] = None

    @classmethod
    def from_stored_format(cls, hgp: str) -> HubGroupProject:
        """Read the stored format.

        Raises:
            HubGroupProjectInvalidStateError: there are not exactly three parts, or one is empty.
        """
        parts = hgp.split("/")
        if len(parts) != 3:
            raise HubGroupProjectInvalidStateError(
                f'The hub/group/project "{hgp}" has {len(parts)} part(s) instead of three. '
                'Use the "<hub_name>/<group_name>/<project_name>" format.'
            )
        hub, group, project = (part.strip() for part in parts)
        if not (hub and group and project):
            raise HubGroupProjectInvalidStateError(
                f'The hub/group/project "{hgp}" has an empty part. Every field must be specified: '
                f'hub = "{hub}", group = "{group}", project = "{project}".'
            )
        return cls(hub, group, project)

    @classmethod
    def from_credentials(cls, credentials_obj: Credentials) -> HubGroupProject:
        """Return the identity that credentials carry."""
        return cls(credentials_obj.hub, credentials_obj.group, credentials_obj.project)

    def to_stored_format(self) -> str:
        """Return ``<hub_name>/<group_name>/<project_name>``.

        Raises:
            HubGroupProjectInvalidStateError: a name is missing, or holds a character that the format cannot carry.
        """
        if not (self.hub and self.group and self.project):
            raise HubGroupProjectInvalidStateError(
                "A hub/group/project with an empty part cannot be stored. Every field must be specified: "
                f'hub = "{self.hub}", group = "{self.group}", project = "{self.project}".'
            )
        for part in (self.hub, self.group, self.project):
            if "/" in part or part != part.strip() or not part.isprintable():
                raise HubGroupProjectInvalidStateError(
                    f"The name {part!r} cannot be part of a stored hub/group/project: "
                    "it holds a slash or control characters, or begins or ends with a space."
                )
        return "/".join((self.hub, self.group, self.project))

    def to_tuple(self) -> tuple[Optional[str], Optional[str], Optional[str]]:
        """Return hub, group and project."""
        return self.hub, self.group, self.project
