# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the routes of jobs and of their data take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qiskit_ibmq_provider.protocol.extensions import IDEMPOTENCY_HEADER, JOB_HEADER
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.routes import jobs, storage
from qiskit_ibmq_provider.service.routes.openapi.devices import CALIBRATION
from qiskit_ibmq_provider.service.routes.openapi.operation import ALL_JSON, Access, Operation, Parameter
from qiskit_ibmq_provider.service.routes.openapi.schemas import (
    Schema,
    array,
    boolean,
    integer,
    mapping,
    named,
    nullable,
    number,
    text,
    thing,
)

__all__ = ["OPERATIONS", "STATUS"]

_NAME: Final = thing({"name": text()})
_STATE: Final = text(enum=[status.value for status in ApiJobStatus])
_SHARE: Final = number("A share of the workers.", exclusiveMinimum=0, maximum=1)
_QUEUE: Final = named(
    "QueueInfo",
    thing(
        {"position": integer("From 1, over all projects.", minimum=1), "status": text()},
        {
            "estimatedStartTime": text(),
            "estimatedCompleteTime": text(),
            "hubPriority": _SHARE,
            "groupPriority": _SHARE,
            "projectPriority": _SHARE,
        },
        "Where a job stands that waits; nowhere else.",
    ),
)
_JOB_ERROR: Final = thing({"message": text(), "code": integer()})
_JOB_FIELDS: Final[Mapping[str, Schema]] = {
    "id": text(),
    "kind": text(),
    "status": _STATE,
    "creationDate": text("ISO date in UTC, unique in the project."),
    "backend": _NAME,
    "tags": array(text()),
    "timePerStep": mapping(text(), "When each status was entered."),
    "clientInfo": mapping(text()),
    "hubInfo": thing({"hub": _NAME, "group": _NAME, "project": _NAME}),
    "userId": text(),
}
_MORE_JOB_FIELDS: Final[Mapping[str, Schema]] = {
    "name": text(),
    "runMode": text(),
    "error": _JOB_ERROR,
    "infoQueue": _QUEUE,
    "experimentTag": text(),
    "shareLevel": text(),
    "liveDataEnabled": boolean(),
    "summaryData": mapping(ALL_JSON),
    "endDate": text(),
}
_JOB: Final = named("Job", thing(_JOB_FIELDS, _MORE_JOB_FIELDS))
_NEW_JOB: Final = named(
    "NewJob",
    thing(
        {
            **_JOB_FIELDS,
            "objectStorageInfo": thing({"jobId": text(), "uploadUrl": text("Where the payload goes.")}),
        },
        _MORE_JOB_FIELDS,
    ),
)
STATUS: Final = named(
    "JobStatus",
    thing(
        {"id": text(), "status": _STATE, "kind": text(), "creationDate": text()},
        {"infoQueue": _QUEUE, "error": _JOB_ERROR},
    ),
)
_WANTED: Final[Mapping[str, Schema]] = {
    "name": nullable(text(maxLength=4096)),
    "tags": nullable(array(text(maxLength=4096), maxItems=1000)),
    "experimentTag": nullable(text()),
    "shareLevel": text(),
    "liveDataEnabled": nullable(boolean()),
    "allowObjectStorage": nullable(boolean()),
}
_CREATE: Final = named("JobCreation", thing({"backend": _NAME}, _WANTED))
_QOBJ: Final = named(
    "Qobj",
    thing(
        {
            "qobj_id": text(),
            "type": text(),
            "config": mapping(ALL_JSON),
            "experiments": array(mapping(ALL_JSON)),
        },
        {"schema_version": text(), "header": mapping(ALL_JSON)},
        "Circuits in the form of Qiskit's Qobj.",
    ),
)
_UPDATE: Final = named(
    "JobUpdate", {"oneOf": [thing({"name": text()}), thing({"tags": array(text())})], "type": "object"}
)
_UPDATED: Final = thing({}, {"name": text(), "tags": array(text())})
_SUBMITTED: Final = thing({"job": _JOB})
_URL: Final = named("StorageUrl", thing({"url": text("Valid for a while, for whoever holds it.")}))
_CANCELLED: Final = thing({"cancelled": boolean()}, {"error": thing({"message": text(), "code": integer()})})
_EMPTY: Final = thing({})
_RESULT: Final = named("Result", thing({}, description="A result in the form of Qiskit's Result."))

_FILTER: Final = Parameter(
    "filter",
    "query",
    "Which jobs, in what order; docs/protocol.md tells the operators.",
    named(
        "JobFilter",
        thing(
            {},
            {
                "where": mapping(ALL_JSON),
                "order": text(enum=["creationDate DESC", "creationDate ASC"]),
                "limit": integer(minimum=0),
                "skip": integer(minimum=0),
                "fields": mapping(boolean()),
            },
        ),
    ),
    is_json=True,
)
_KEY: Final = Parameter(
    IDEMPOTENCY_HEADER,
    "header",
    "A random text of the client: the same key with the same body gives the same job.",
    text(pattern="^[!-~]{1,255}$"),
)
_JOB_FIELDS_HEADER: Final = Parameter(
    JOB_HEADER,
    "header",
    "What the job is to be, as ASCII of at most 4096 bytes.",
    _CREATE,
    is_json=True,
    required=True,
)
_CONFLICT: Final = (409,)


def _signed(name: str) -> Parameter:
    return Parameter(name, "query", "A part of the signed URL.", required=True)


_SIGNATURE: Final = (_signed("expires"), _signed("signature"))

OPERATIONS: Final[Mapping[Any, Operation]] = {
    jobs.create_job: Operation(_NEW_JOB, body=_CREATE, parameters=(_KEY,), refusals=_CONFLICT),
    jobs.create_job_directly: Operation(
        _SUBMITTED, body=_QOBJ, parameters=(_JOB_FIELDS_HEADER, _KEY), refusals=(409, 431)
    ),
    jobs.get_keyed_job: Operation(_JOB, parameters=(_KEY,)),
    jobs.get_result: Operation(_RESULT),
    jobs.announce_job: Operation(_SUBMITTED, refusals=_CONFLICT),
    jobs.get_job: Operation(_JOB),
    jobs.get_status: Operation(STATUS),
    jobs.cancel_job: Operation(_CANCELLED),
    jobs.update_job: Operation(_UPDATED, body=_UPDATE),
    jobs.delete_job: Operation(_EMPTY, refusals=_CONFLICT),
    jobs.job_properties: Operation(CALIBRATION),
    jobs.upload_url: Operation(_URL),
    jobs.payload_url: Operation(_URL),
    jobs.result_url: Operation(_URL),
    jobs.result_downloaded: Operation(_EMPTY),
    jobs.job_statuses: Operation(array(_JOB), parameters=(_FILTER,)),
    jobs.job_ids: Operation(
        array(thing({"id": text(), "creationDate": text(), "liveDataEnabled": boolean()})),
        parameters=(_FILTER,),
    ),
    storage.upload: Operation(
        thing({"size": integer("Bytes.")}),
        Access.HOLDER,
        body=_QOBJ,
        parameters=_SIGNATURE,
        refusals=_CONFLICT,
    ),
    storage.download: Operation(thing({}), Access.HOLDER, parameters=_SIGNATURE),
}
"""By route."""
