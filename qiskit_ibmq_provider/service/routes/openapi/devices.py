# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the routes of the devices take and answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qiskit_ibmq_provider.service.routes import devices
from qiskit_ibmq_provider.service.routes.openapi.operation import Access, Operation, Parameter
from qiskit_ibmq_provider.service.routes.openapi.schemas import (
    array,
    boolean,
    integer,
    named,
    text,
    thing,
)

__all__ = ["CALIBRATION", "OPERATIONS"]

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
CALIBRATION: Final = named(
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
_STATUS: Final = named(
    "DeviceStatus",
    thing(
        {
            "state": boolean("Whether it takes jobs."),
            "status": text(),
            "message": text(),
            "lengthQueue": integer("Jobs that wait for it.", minimum=0),
            "backend_version": text(),
        }
    ),
)
_LIMIT: Final = named(
    "JobLimit",
    thing(
        {
            "maximumJobs": integer(
                "Unfinished jobs that the project may have here; -1 for any number.", minimum=-1
            ),
            "runningJobs": integer("Unfinished jobs that it has.", minimum=0),
        }
    ),
)
_BOOKING: Final = named("Booking", thing({"initialDate": text(), "endDate": text()}))
_BEFORE: Final = thing(
    {},
    {
        "where": thing(
            {}, {"last_update_date": thing({}, {"lt": text("ISO date; the newest calibration before it.")})}
        )
    },
)
_NO_DEVICE: Final = (404,)

OPERATIONS: Final[Mapping[Any, Operation]] = {
    devices.devices: Operation(array(_CONFIGURATION)),
    devices.device_properties: Operation(
        CALIBRATION,
        parameters=(Parameter("filter", "query", "Asks for an earlier calibration.", _BEFORE, is_json=True),),
        refusals=_NO_DEVICE,
    ),
    devices.device_defaults: Operation(_DEFAULTS, refusals=_NO_DEVICE),
    devices.device_status: Operation(_STATUS, refusals=_NO_DEVICE),
    devices.device_jobs_limit: Operation(_LIMIT, refusals=_NO_DEVICE),
    devices.device_bookings: Operation(array(_BOOKING), Access.USER, refusals=_NO_DEVICE),
    devices.my_bookings: Operation(array(_BOOKING), Access.USER),
}
"""By route."""
