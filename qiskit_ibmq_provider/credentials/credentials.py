# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Credentials: a token, where it is valid, and how to get there."""

from __future__ import annotations

import copy
import dataclasses
import enum
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn, Optional
from urllib.parse import urlsplit

from qiskit_ibmq_provider.credentials.exceptions import CredentialsError
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject

__all__ = [
    "AccountReference",
    "Credentials",
    "LOCAL_URL",
    "OpenedBy",
    "REGEX_IBMQ_HUBS",
    "TEMPLATE_IBMQ_HUBS",
    "account_url",
    "is_local_url",
    "without_userinfo",
]

REGEX_IBMQ_HUBS: Final = (
    "(?P<prefix>http[s]://.+/api)/Hubs/(?P<hub>[^/]+)/Groups/(?P<group>[^/]+)/Projects/(?P<project>[^/]+)"
)
"""Pattern of a URL that names hub, group and project in its path."""

TEMPLATE_IBMQ_HUBS: Final = "{prefix}/Network/{hub}/Groups/{group}/Projects/{project}"
"""Form of the URL of a project."""

LOCAL_URL: Final = "local"
"""In place of a URL: the service of this machine, which is started when it is needed."""

_NTLM: Final = ("username_ntlm", "password_ntlm")


def is_local_url(url: object) -> bool:
    """Return whether a value given as URL asks for the service of this machine."""
    return isinstance(url, str) and url.strip().lower() == LOCAL_URL


class OpenedBy(str, enum.Enum):
    """Where an account came from."""

    ENVIRONMENT = "environment"
    SESSION = "session"
    STORED = "stored"


class Credentials:
    """Credentials of an account, or of one project of it, and the preferences that go with them.

    Two credentials are equal if token, service, hub, group and project are. The token is not shown.

        >>> Credentials("a token", "https://host/api", hub="ibm-q", group="open", project="main")
        <Credentials(url='https://host/api', hub='ibm-q', group='open', project='main')>

    Args:
        token: API token, the long-lived one that the user has.
        url: URL of the service. If its path ends in ``/Hubs/…/Groups/…/Projects/…``, hub, group and project are taken from there.
        websockets_url: base URL of the websocket server.
        hub: hub; counts only together with group and project.
        group: group.
        project: project.
        proxies: ``{"urls": {"https": "http://user:password@host:port"}, "username_ntlm": …, "password_ntlm": …}``, each part optional.
        verify: whether to verify the certificates of the servers.
        services: URLs of further services: ``runtime``, ``resultsDB``, ``extractorsService``.
        access_token: the short-lived token that login gives.
        preferences: ``{category: {key: value}}``.
        default_provider: the project that an account uses unless another one is asked for.
        time_scale: what all time limits and pauses of the connection are multiplied by: 3 for a slow line, a small fraction for tests. It
            is not stored.

    The attribute ``keyring_entry`` names the entry of the system's keyring that holds the token of a stored account; ``None`` if the
    configuration file itself does. ``opened_by`` says where an account came from.
    """

    def __init__(
        self,
        token: str,
        url: str,
        websockets_url: Optional[str] = None,
        hub: Optional[str] = None,
        group: Optional[str] = None,
        project: Optional[str] = None,
        proxies: Optional[dict[str, Any]] = None,
        verify: bool = True,
        services: Optional[Mapping[str, str]] = None,
        access_token: Optional[str] = None,
        preferences: Optional[dict[str, dict[str, Any]]] = None,
        default_provider: Optional[HubGroupProject] = None,
        time_scale: float = 1.0,
    ) -> None:
        self.token, self.access_token, self.proxies = token, access_token, proxies or {}
        # From here on no local variable shows them: a traceback may print these.
        del token, access_token, proxies
        self.url, self.base_url, self.hub, self.group, self.project = _split_url(url, hub, group, project)
        self.auth_url = self.base_url
        self.websockets_url = websockets_url
        self.verify = verify
        self.preferences = preferences or {}
        self.default_provider = default_provider
        self.time_scale = _positive(time_scale)
        self.keyring_entry: Optional[str] = None
        self.opened_by = OpenedBy.SESSION
        services = services or {}
        self.extractor_url = services.get("extractorsService")
        self.experiment_url = services.get("resultsDB")
        self.runtime_url = services.get("runtime")

    def for_project(
        self,
        project: HubGroupProject,
        *,
        url: str,
        websockets_url: str,
        services: Optional[Mapping[str, str]] = None,
        access_token: Optional[str] = None,
        preferences: Optional[dict[str, dict[str, Any]]] = None,
    ) -> Credentials:
        """Return the credentials of one project of this account.

        Args:
            project: hub, group and project.
            url: base URL of devices and jobs, which need not be the one of login.
            websockets_url: base URL of the websocket server.
            services: URLs of further services.
            access_token: the token that login gave.
            preferences: preferences for this project.
        """
        result = Credentials(
            self.token,
            url,
            websockets_url=websockets_url,
            hub=project.hub,
            group=project.group,
            project=project.project,
            proxies=self.proxies,
            verify=self.verify,
            services=services,
            access_token=access_token,
            preferences=preferences,
            default_provider=self.default_provider,
            time_scale=self.time_scale,
        )
        result.auth_url = self.auth_url
        return result

    def is_ibmq(self) -> bool:
        """Return whether hub, group and project are known."""
        return bool(self.hub and self.group and self.project)

    def is_local(self) -> bool:
        """Return whether these credentials ask for the service of this machine."""
        return is_local_url(self.url)

    def unique_id(self) -> HubGroupProject:
        """Return hub, group and project: at most one set of credentials is stored for each."""
        return HubGroupProject(self.hub, self.group, self.project)

    def connection_parameters(self) -> dict[str, Any]:
        """Return how to connect, as the HTTP library takes it.

        Returns:
            ``verify``; ``proxies`` if proxies with URLs are set; ``auth`` if an NTLM user and password are; ``time_scale`` if it is not 1.

        Raises:
            AttributeError: the NTLM user or password is not a string.
            CredentialsError: NTLM is asked for and the package ``requests_ntlm`` is not there.
        """
        parameters: dict[str, Any] = {"verify": self.verify}
        if self.time_scale != 1.0:
            parameters["time_scale"] = self.time_scale
        if "username_ntlm" in self.proxies and "password_ntlm" in self.proxies:
            parameters["auth"] = self._ntlm()
        if "urls" in self.proxies:
            parameters["proxies"] = self.proxies["urls"]
        return parameters

    def _ntlm(self) -> Any:
        """Return the NTLM authentication for the HTTP library. No local variable holds the password."""
        if not all(isinstance(self.proxies[key], str) for key in _NTLM):
            kinds = " and ".join(type(self.proxies[key]).__name__ for key in _NTLM)
            raise AttributeError(
                f"'username_ntlm' and 'password_ntlm' of the proxies have to be strings, not {kinds}."
            )
        try:
            from requests_ntlm import HttpNtlmAuth
        except ImportError as err:
            raise CredentialsError(
                "The proxies ask for NTLM authentication, which needs the package requests_ntlm. "
                "Install it with: pip install 'qiskit-ibmq-provider[ntlm]'"
            ) from err
        return HttpNtlmAuth(*(self.proxies[key] for key in _NTLM))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Credentials):
            return NotImplemented
        return (self.token, self.base_url, self.unique_id()) == (
            other.token,
            other.base_url,
            other.unique_id(),
        )

    # Attributes change after construction (a renewed access token, preferences), so there is no hash.
    __hash__ = None  # type: ignore[assignment]

    def __copy__(self) -> Credentials:
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Credentials:
        twin = type(self).__new__(type(self))
        vars(twin).update(copy.deepcopy(vars(self), memo))
        return twin

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            "Credentials hold a token and cannot be pickled. Pickle the provider, the backend or the job: "
            "they name their account, and whoever loads them opens it with their own token."
        )

    def __repr__(self) -> str:
        project = (
            f", hub={self.hub!r}, group={self.group!r}, project={self.project!r}" if self.is_ibmq() else ""
        )
        return f"<{type(self).__name__}(url={without_userinfo(self.base_url)!r}{project})>"


@dataclasses.dataclass(frozen=True)
class AccountReference:
    """What names one project of an account and may be written down: no token, and no password of a URL or a proxy.

    Attributes:
        url: authentication URL of the account, or ``local``.
        project: hub, group and project.
        opened_by: where the account came from.
    """

    url: str
    project: HubGroupProject
    opened_by: OpenedBy = dataclasses.field(default=OpenedBy.SESSION, compare=False)

    @classmethod
    def of(cls, account: Credentials, project: Optional[HubGroupProject] = None) -> AccountReference:
        """Return the reference to a project of an account.

        Args:
            account: the account as the user gave it, or credentials of a project of it.
            project: the project; by default the one that the credentials name.
        """
        return cls(account_url(account), project or account.unique_id(), account.opened_by)


def account_url(account: Credentials) -> str:
    """Return the URL by which an account is known: ``local``, or its authentication URL without user and password."""
    return LOCAL_URL if account.is_local() else without_userinfo(account.auth_url)


def _split_url(
    url: str, hub: Optional[str], group: Optional[str], project: Optional[str]
) -> tuple[str, str, Optional[str], Optional[str], Optional[str]]:
    """Return URL, base URL, hub, group and project; the last three are all there or all ``None``."""
    match = re.match(REGEX_IBMQ_HUBS, url, re.IGNORECASE)
    if match:
        return (url, match["prefix"], match["hub"], match["group"], match["project"])
    # Paths are appended to the base, so a slash at its end would be doubled.
    base_url = url.rstrip("/")
    if hub and group and project:
        full = TEMPLATE_IBMQ_HUBS.format(prefix=base_url, hub=hub, group=group, project=project)
        return full, base_url, hub, group, project
    return url, base_url, None, None, None


def _positive(time_scale: Any) -> float:
    if isinstance(time_scale, bool) or not isinstance(time_scale, (int, float)) or not time_scale > 0:
        raise CredentialsError(f"'time_scale' has to be a number above 0, not {time_scale!r}.")
    return float(time_scale)


def without_userinfo(url: str) -> str:
    """Return a URL without a user name and password in it."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "<not a URL>"
    if "@" not in parts.netloc:
        return url
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
