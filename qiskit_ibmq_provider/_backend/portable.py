# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Copies and pickles of a backend: what is known of it goes along, token and connection do not."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Optional, TypeVar

from qiskit.providers import BackendV1

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.exceptions import IBMQError

if TYPE_CHECKING:
    from qiskit_ibmq_provider.api.clients.account import AccountClient
    from qiskit_ibmq_provider.credentials import Credentials

__all__ = ["PortableBackend"]

logger = get_logger(__name__)

_OF_THIS_PROCESS = ("_api_client", "_given_credentials", "_stays_as_known")

_Backend = TypeVar("_Backend", bound="PortableBackend")


class PortableBackend(BackendV1):
    """A backend that can be copied and pickled.

    A pickled backend has what transpiling for it needs, calibration and pulse defaults too, which are fetched for that if they were not
    before. Who loads it needs no account until the server is asked for something else.
    """

    _api_client: AccountClient
    _given_credentials: Optional[Credentials]
    _stays_as_known = False

    @property
    def _credentials(self) -> Credentials:
        """Account and project. Those of a backend that was pickled may have to be opened."""
        if self._given_credentials is None:
            self._given_credentials = self._provider.credentials
        return self._given_credentials

    def as_known(self: _Backend) -> _Backend:
        """Return a copy that is pickled as it is, without asking the server for anything."""
        twin = copy.copy(self)
        twin._stays_as_known = True  # noqa: SLF001 - its own
        return twin

    def __getstate__(self) -> dict[str, Any]:
        if not self._stays_as_known:
            self._fetch_what_transpiling_needs()
        return {key: value for key, value in vars(self).items() if key not in _OF_THIS_PROCESS}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._given_credentials = None
        self._api_client = self._provider._api_client  # noqa: SLF001 - the connection is the project's

    def __copy__(self: _Backend) -> _Backend:
        twin = type(self).__new__(type(self))
        vars(twin).update(vars(self))
        return twin

    def __deepcopy__(self: _Backend, memo: dict[int, Any]) -> _Backend:
        """Copy what is the backend's own. Account and connection are one for all copies."""
        twin = copy.copy(self)
        memo[id(self)] = twin
        for name in ("_configuration", "_options", "_kept_properties", "_kept_defaults"):
            setattr(twin, name, copy.deepcopy(getattr(self, name), memo))
        return twin

    def _fetch_what_transpiling_needs(self) -> None:
        """Fetch and keep calibration and pulse defaults; if that cannot be done now, who loads the pickle has to do it."""
        for fetch in (self.properties, self.defaults):
            try:
                fetch()
            except IBMQError as err:
                logger.info("%s is pickled without all that is known of it: %s", self.name(), err.message)
