# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Account calls of the first version, which scripts of 2018 and 2019 make. Each says what to call today."""

from __future__ import annotations

from typing import Any, Callable, NoReturn

from qiskit_ibmq_provider.exceptions import IBMQAccountError

__all__ = ["FirstGenerationCalls"]


def _gone(name: str, today: str) -> Callable[..., NoReturn]:
    def method(self: FirstGenerationCalls, *args: Any, **kwargs: Any) -> NoReturn:
        raise IBMQAccountError(
            f"IBMQ.{name}() belongs to the first version and is gone. Today's call: {today}."
        )

    method.__name__, method.__qualname__ = name, f"FirstGenerationCalls.{name}"
    method.__doc__ = f"Gone: use ``{today}``.\n\nRaises:\n    IBMQAccountError: always.\n"
    return method


class FirstGenerationCalls:
    """Methods that went with version 0.4 of the original. They are there, so that probing for them does not fail, and raise."""

    load_accounts = _gone("load_accounts", "provider = IBMQ.load_account()")
    backends = _gone("backends", "provider = IBMQ.load_account(), then provider.backends()")
    get_backend = _gone("get_backend", "provider = IBMQ.load_account(), then provider.get_backend(name)")
    active_accounts = _gone("active_accounts", "IBMQ.active_account()")
    stored_accounts = _gone("stored_accounts", "IBMQ.stored_account()")
    disable_accounts = _gone("disable_accounts", "IBMQ.disable_account()")
    delete_accounts = _gone("delete_accounts", "IBMQ.delete_account()")
