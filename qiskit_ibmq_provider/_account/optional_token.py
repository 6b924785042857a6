# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Calls that take a token, except for the service of this machine, which needs none."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar, cast

from qiskit_ibmq_provider.credentials.credentials import is_local_url

__all__ = ["no_token_for_local"]

_F = TypeVar("_F", bound=Callable[..., Any])


class _Arguments:
    """Arguments of a call, which do not show what they are."""

    __slots__ = ("_args", "_kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._args, self._kwargs = args, kwargs

    def pass_to(self, method: Callable[..., Any]) -> Any:
        return method(*self._args, **self._kwargs)


def no_token_for_local(method: _F) -> _F:
    """Let a call do without its token if it is for the service of this machine: ``enable_account(url="local")``."""

    @functools.wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        # The token comes first, so where no positional argument is a text or None, none is the token.
        if is_local_url(kwargs.get("url")) and not any(
            value is None or isinstance(value, str) for value in args
        ):
            kwargs.setdefault("token", "")
        arguments = _Arguments(args, kwargs)
        # A traceback may print local variables, and one of these is a token.
        del args, kwargs
        return arguments.pass_to(method)

    return cast("_F", call)
