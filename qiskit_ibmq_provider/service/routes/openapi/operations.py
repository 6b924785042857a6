# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the routes take and answer. The schemas of records follow from the records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qiskit_ibmq_provider.protocol.accounts import AccessToken, UserInfo
from qiskit_ibmq_provider.protocol.backends import BackendStatusRecord, JobLimitRecord, ReservationRecord
from qiskit_ibmq_provider.protocol.extensions import IDEMPOTENCY_HEADER, JOB_HEADER
from qiskit_ibmq_provider.protocol.jobs import JobCreateRequest, JobStatusRecord, ServiceJobRecord
from qiskit_ibmq_provider.protocol.records import json_schema
from qiskit_ibmq_provider.service.routes import account, devices, jobs, storage
from qiskit_ibmq_provider.service.routes.openapi.schemas import (
    ALL_JSON,
    Access,
    Operation,
    Parameter,
    array,
    boolean,
    integer,
    mapping,
    named,
    text,
    thing,
)

__all__ = ["OPERATIONS", "STATUS"]

_ABOUT: Final = named(
    "About",
    thing(
        {"name": text(), "description": text(), "version": text(), "api": text("Base URL of the API.")},
        {"instance_id": text("The setting of this name, if it is set.")},
    ),
)
_TOKEN: Final = json_schema(AccessToken)
_USER: Final = json_schema(UserInfo)
# A service without limits does not send them.
_USER["required"].remove("limits")
_PROJECT: Final = thing({"name": text(), "title": text(), "isDefault": boolean()})
_GROUP: Final = thing({"name": text(), "title": text(), "projects": mapping(_PROJECT)})
_HUB: Final = named("Hub", thing({"name": text(), "title": text(), "groups": mapping(_GROUP)}))
_LOGIN: Final = named("Login", thing({"apiToken": text("The API token of a user.")}))

_CONFIGURATION: Final = named(
    "DeviceConfiguration",
    thing(
        {
            "backend_name": text(),
            "backend_version": text(),
            "n_qubits": integer(minimum=1),
            "basis_gates": array(text()),
            "simulator": boolean(),
        },
        description="A device in the form of Qiskit's backend configuration.",
    ),
)
_CALIBRATION: Final = named(
    "Calibration",
    thing(
        {},
        {"backend_name": text(), "last_update_date": text("ISO date.")},
        description="Qiskit's backend properties; an empty object where there are none.",
    ),
)
_DEFAULTS: Final = named(
    "PulseDefaults", thing({}, description="Qiskit's pulse defaults; an empty object where there are none.")
)
_BOOKING: Final = json_schema(ReservationRecord)
_BEFORE: Final = thing(
    {},
    {
        "where": thing(
            {}, {"last_update_date": thing({}, {"lt": text("ISO date; the newest calibration before it.")})}
        )
    },
)
_NO_DEVICE: Final = (404,)

_JOB: Final = json_schema(ServiceJobRecord)
_STORAGE: Final = thing({"jobId": text(), "uploadUrl": text("Where the payload goes.")})
_NEW_JOB: Final = {
    **_JOB,
    "title": "NewJob",
    "properties": {**_JOB["properties"], "objectStorageInfo": _STORAGE},
    "required": [*_JOB["required"], "objectStorageInfo"],
}
STATUS: Final = json_schema(JobStatusRecord)
_CREATE: Final = json_schema(JobCreateRequest, request=True)
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
    account.about: Operation(_ABOUT, Access.EVERYBODY),
    account.version: Operation(
        mapping(text(), "Versions of the components; 'api-auth' says that this is an authentication URL."),
        Access.EVERYBODY,
    ),
    account.log_in: Operation(_TOKEN, Access.EVERYBODY, body=_LOGIN, refusals=(401,)),
    account.user_info: Operation(_USER, Access.USER),
    account.network: Operation(array(_HUB), Access.USER),
    account.openapi: Operation(thing({"openapi": text()}), Access.EVERYBODY),
    devices.devices: Operation(array(_CONFIGURATION)),
    devices.device_properties: Operation(
        _CALIBRATION,
        parameters=(Parameter("filter", "query", "Asks for an earlier calibration.", _BEFORE, is_json=True),),
        refusals=_NO_DEVICE,
    ),
    devices.device_defaults: Operation(_DEFAULTS, refusals=_NO_DEVICE),
    devices.device_status: Operation(json_schema(BackendStatusRecord), refusals=_NO_DEVICE),
    devices.device_jobs_limit: Operation(json_schema(JobLimitRecord), refusals=_NO_DEVICE),
    devices.device_bookings: Operation(array(_BOOKING), Access.USER, refusals=_NO_DEVICE),
    devices.my_bookings: Operation(array(_BOOKING), Access.USER),
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
    jobs.job_properties: Operation(_CALIBRATION),
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
