# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Credentials from environment variables.

``QE_TOKEN`` and ``QE_URL`` together name an account; ``QE_URL=local`` alone asks for the service of this machine, which needs no token.
``QE_HUB``, ``QE_GROUP`` and ``QE_PROJECT`` add hub, group and project.
"""

from __future__ import annotations

import os
from typing import Final

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.credentials.credentials import Credentials, OpenedBy, is_local_url
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject

__all__ = ["VARIABLES_MAP", "read_credentials_from_environ"]

logger = get_logger(__name__)

VARIABLES_MAP: Final = {
    "QE_TOKEN": "token",
    "QE_URL": "url",
    "QE_HUB": "hub",
    "QE_GROUP": "group",
    "QE_PROJECT": "project",
}
"""Which argument of :class:`Credentials` each environment variable gives."""


def read_credentials_from_environ() -> dict[HubGroupProject, Credentials]:
    """Return the credentials that the environment names, by hub/group/project; empty if there are none.

    A token without a URL, or a URL other than ``local`` without a token, is not enough and is ignored, with a line in the log.
    """
    given = {argument: os.environ.get(name, "") for name, argument in VARIABLES_MAP.items()}
    token, url = given["token"], given["url"]
    if not url or (not token and not is_local_url(url)):
        if token or url:
            there, missing = ("QE_TOKEN", "QE_URL") if token else ("QE_URL", "QE_TOKEN")
            logger.info("%s is set and %s is not, so both are ignored.", there, missing)
        return {}
    credentials = Credentials(token, url, hub=given["hub"], group=given["group"], project=given["project"])
    credentials.opened_by = OpenedBy.ENVIRONMENT
    return {credentials.unique_id(): credentials}
