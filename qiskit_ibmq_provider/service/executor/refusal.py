# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a worker says when it does not run a job."""

from __future__ import annotations

from qiskit_ibmq_provider.protocol.errors import ErrorCode

__all__ = ["Refusal"]


class Refusal(Exception):
    """The payload of a job cannot be run. The job ends in ``ERROR_VALIDATING_JOB`` with this message and code.

    Args:
        message: what is wrong, where, with what value; for the user.
        code: the code of the job's error.
    """

    def __init__(self, message: str, code: ErrorCode = ErrorCode.INVALID_PAYLOAD) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
