# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The access token of an account, shared by all its connections, and renewed once for all of them."""

from __future__ import annotations

import copy
import threading
import time
from typing import Callable, Optional

from qiskit_ibmq_provider.api.exceptions import ApiError
from qiskit_ibmq_provider.api.redaction import Redactor, Secret
from qiskit_ibmq_provider.api.time_limits import TimeLimits

__all__ = ["TokenHolder"]


class TokenHolder:
    """Holds the access token.

    Args:
        redactor: learns each token.
        access_token: the token, if there is one already.
        pause: seconds after a failed renewal in which it is not tried again: many threads may find the token expired at once.
    """

    def __init__(
        self,
        redactor: Redactor,
        access_token: Optional[str] = None,
        pause: float = TimeLimits.after_failure,
    ) -> None:
        self._redactor = redactor
        self._lock = threading.Lock()
        self.current: Optional[Secret] = None
        """The token to send."""
        self._login: Optional[Callable[[float], Secret]] = None
        self._failed_at = float("-inf")
        self._failure: Optional[ApiError] = None
        self._pause = pause
        self.replace(access_token)

    @property
    def renewable(self) -> bool:
        """Whether a token that the server refuses can be replaced."""
        return self._login is not None

    def replace(self, access_token: Optional[str]) -> None:
        """Take another token."""
        self._redactor.add(access_token)
        self.current = Secret(access_token) if access_token else None

    def renew_with(self, login: Callable[[float], Secret]) -> None:
        """Say how to get a new token, within a number of seconds."""
        self._login = login

    def renew(self, stale: Optional[Secret], seconds: float) -> None:
        """Replace a token that the server has refused.

        Whichever thread comes first logs in; the others wait and find the new token.

        Args:
            stale: the token that was refused. If it is no longer the current one, there is nothing to do.
            seconds: how long this may take. When they are over, the old token stays.

        Raises:
            ApiError: login failed.
        """
        login = self._login
        ends = time.monotonic() + seconds
        if login is None or not self._lock.acquire(timeout=max(0.0, seconds)):
            return
        try:
            if self.current == stale:
                self._replace(login, max(0.001, ends - time.monotonic()))
        finally:
            self._lock.release()

    def _replace(self, login: Callable[[float], Secret], seconds: float) -> None:
        if self._failure is not None and time.monotonic() - self._failed_at < self._pause:
            # A copy: one exception object that is raised in several threads would mix their tracebacks.
            raise copy.copy(self._failure) from self._failure.__cause__
        try:
            token = login(seconds)
        except ApiError as err:
            self._failed_at, self._failure = time.monotonic(), err
            raise
        self._failure = None
        self._redactor.add(token.reveal())
        self.current = token
