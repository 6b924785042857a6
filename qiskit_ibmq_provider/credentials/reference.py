# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What names an account without opening it: the part of credentials that may be written down."""

from __future__ import annotations

import dataclasses
import enum
from typing import Optional

from qiskit_ibmq_provider.credentials.credentials import LOCAL_URL, Credentials, without_userinfo
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject

__all__ = ["AccountReference", "OpenedBy", "account_url"]


class OpenedBy(str, enum.Enum):
    """Where an account came from."""

    ENVIRONMENT = "environment"
    SESSION = "session"
    STORED = "stored"


@dataclasses.dataclass(frozen=True)
class AccountReference:
    """One project of an account. It holds no token, and no password of a URL or a proxy.

    Attributes:
        url: authentication URL of the account, or ``local``.
        project: hub, group and project.
        opened_by: where the account came from.
    """

    url: str
    project: HubGroupProject
    opened_by: OpenedBy = dataclasses.field(default=OpenedBy.SESSION, compare=False)

    @classmethod
    def of(
        cls,
        account: Credentials,
        project: Optional[HubGroupProject] = None,
        opened_by: OpenedBy = OpenedBy.SESSION,
    ) -> AccountReference:
        """Return the reference to a project of an account.

        Args:
            account: the account as the user gave it, or credentials of a project of it.
            project: the project; by default the one that the credentials name.
            opened_by: where the account came from.
        """
        return cls(account_url(account), project or account.unique_id(), opened_by)


def account_url(account: Credentials) -> str:
    """Return the URL by which an account is known: ``local``, or its authentication URL without user and password."""
    return LOCAL_URL if account.is_local() else without_userinfo(account.auth_url)
