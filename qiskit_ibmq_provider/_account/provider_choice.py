# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Choosing among the providers of an account by hub, group and project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.credentials.retired import retired_host
from qiskit_ibmq_provider.exceptions import IBMQProviderError

if TYPE_CHECKING:
    from qiskit_ibmq_provider.accountprovider import AccountProvider
    from qiskit_ibmq_provider.credentials.credentials import Credentials
    from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject

__all__ = ["matching", "stored_default", "the_one"]

logger = get_logger(__name__)


def matching(
    providers: Mapping[HubGroupProject, AccountProvider],
    hub: Optional[str],
    group: Optional[str],
    project: Optional[str],
) -> list[AccountProvider]:
    """Return the providers that match, in their order; what is ``None`` or empty matches all."""
    wanted = (hub, group, project)
    return [
        provider
        for identity, provider in providers.items()
        if all(not value or value == name for value, name in zip(wanted, identity.to_tuple()))
    ]


def the_one(
    providers: Mapping[HubGroupProject, AccountProvider],
    hub: Optional[str],
    group: Optional[str],
    project: Optional[str],
) -> AccountProvider:
    """Return the one provider that matches.

    Raises:
        IBMQProviderError: none does, or several do. The text names those that there are.
    """
    found = matching(providers, hub, group, project)
    if len(found) == 1:
        return found[0]
    criteria = f"hub = {hub}, group = {group}, project = {project}"
    if found:
        raise IBMQProviderError(
            f"More than one provider matches the specified criteria: {criteria}. "
            f"The account has {_names(providers)}. Name hub, group and project."
        )
    if not providers:
        raise IBMQProviderError(
            f"No provider matches the specified criteria: {criteria}. No account is in use: call IBMQ.load_account() "
            "or IBMQ.enable_account() first (saving an account does not load it)."
        )
    raise IBMQProviderError(
        f"No provider matches the specified criteria: {criteria}. The account has {_names(providers)}."
    )


def stored_default(
    providers: Mapping[HubGroupProject, AccountProvider], credentials: Credentials
) -> AccountProvider:
    """Return the provider of the project that is stored with an account, else the first one.

    Args:
        providers: the providers of the account.
        credentials: the account as it is stored.

    Raises:
        IBMQProviderError: the stored project is not one of the account's. Of an account that the user chose to have sent from a retired
            host to the service of this machine, it cannot be, so then the first one is returned, with a warning in the log.
    """
    default = credentials.default_provider
    first = next(iter(providers.values()))
    if default is None:
        return first
    try:
        return the_one(providers, *default.to_tuple())
    except IBMQProviderError as err:
        problem = f"The default provider (hub/group/project) stored on disk could not be found. {err.message}"
    if retired_host(credentials.base_url):
        logger.warning("%s %r is used instead.", problem, first)
        return first
    raise IBMQProviderError(
        f"{problem} Store another one with IBMQ.save_account(token, url, hub, group, project, overwrite=True)."
    )


def _names(identities: Iterable[HubGroupProject]) -> str:
    return ", ".join("/".join(str(name) for name in identity.to_tuple()) for identity in identities)
