# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""From a request to a job that can be kept."""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Mapping
from typing import Final, Optional

from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest
from qiskit_ibmq_provider.protocol.status import ApiJobShareLevel
from qiskit_ibmq_provider.service.domain.attributes import check_tags, check_text
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.model import JobDraft, Principal, Project

__all__ = ["draft_of"]

_UNKNOWN_CLIENT: Final[Mapping[str, str]] = {"name": "unknown", "version": "unknown"}
"""``clientInfo`` of a job whose client did not say what it is: a job without any breaks old clients."""

_SHARE_LEVELS: Final = frozenset(level.value for level in ApiJobShareLevel)


def draft_of(
    principal: Principal,
    project: Project,
    request: JobCreateRequest,
    client_info: Optional[Mapping[str, str]],
    limits: Limits,
    now: datetime.datetime,
) -> JobDraft:
    """Return the job that a request asks for, with a new id.

    Raises:
        InvalidRequest: if the name or a tag is not acceptable.
    """
    check_text("name", request.name or "", limits)
    check_text("experiment tag", request.experiment_tag or "", limits)
    check_tags(request.tags, limits)
    return JobDraft(
        id=secrets.token_hex(12),
        project=project,
        user_id=principal.user_id,
        backend_name=request.backend_name,
        created=now,
        name=request.name,
        tags=tuple(request.tags),
        experiment_tag=request.experiment_tag,
        # Old clients send it. What no client knows is not handed to other clients.
        share_level=request.share_level if request.share_level in _SHARE_LEVELS else None,
        live_data_enabled=request.live_data_enabled,
        client_info=dict(client_info or _UNKNOWN_CLIENT),
    )
