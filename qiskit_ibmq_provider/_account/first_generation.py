# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Account calls of the first version, which scripts of 2018 and 2019 make. Each says what to call today."""

from __future__ import annotations

from typing import Any, NoReturn

from qiskit_ibmq_provider.exceptions import IBMQAccountError

__all__ = ["FirstGenerationCalls"]


class FirstGenerationCalls:
    """Methods that went with version 0.4 of the original. They are there, so that probing for them does not fail, and raise."""

    def load_accounts(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Gone: use ``IBMQ.load_account()``.

        Raises:
            IBMQAccountError: always.
        """
        _gone("load_accounts()", "provider = IBMQ.load_account()")

    def backends(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Gone: use ``provider.backends()``.

        Raises:
            IBMQAccountError: always.
        """
        _gone("backends()", "provider = IBMQ.load_account(), then provider.backends()")

    def get_backend(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Gone: use ``provider.get_backend(name)``.

        Raises:
            IBMQAccountError: always.
        """
        _gone("get_backend()", "provider = IBMQ.load_account(), then provider.get_backend(name)")

    def active_accounts(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Gone: use ``IBMQ.active_account()``.

        Raises:
            IBMQAccountError: always.
        """
        _gone("active_accounts()", "IBMQ.active_account()")

    def stored_accounts(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Gone: use ``IBMQ.stored_account()``.

        Raises:
            IBMQAccountError: always.
        """
        _gone("stored_accounts()", "IBMQ.stored_account()")

    def disable_accounts(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Gone: use ``IBMQ.disable_account()``.

        Raises:
            IBMQAccountError: always.
        """
        _gone("disable_accounts()", "IBMQ.disable_account()")

    def delete_accounts(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Gone: use ``IBMQ.delete_account()``.

        Raises:
            IBMQAccountError: always.
        """
        _gone("delete_accounts()", "IBMQ.delete_account()")


def _gone(call: str, today: str) -> NoReturn:
    raise IBMQAccountError(f"IBMQ.{call} belongs to the first version and is gone. Today's call: {today}.")
