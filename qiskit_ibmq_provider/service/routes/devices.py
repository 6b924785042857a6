# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Routes of the devices."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from qiskit_ibmq_provider.protocol.backends import properties_bound
from qiskit_ibmq_provider.service.routes.context import (
    authenticate,
    filter_of,
    in_thread,
    json_response,
    project_of,
    services_of,
)
from qiskit_ibmq_provider.service.routes.errors import JSON_TYPE

__all__ = [
    "device_bookings",
    "device_defaults",
    "device_jobs_limit",
    "device_properties",
    "device_status",
    "devices",
    "my_bookings",
]


async def devices(request: Request) -> Response:
    """List the configurations of all devices."""
    await project_of(request)
    encoded = await in_thread(services_of(request).devices.encoded_configurations)
    return Response(encoded, media_type=JSON_TYPE)


async def device_properties(request: Request) -> Response:
    """Give the calibration of a device, the newest before an instant if the filter names one; ``{}`` for none."""
    await project_of(request)
    wanted = filter_of(request)
    before = None if wanted is None else properties_bound(wanted)
    properties = await in_thread(
        services_of(request).devices.properties, request.path_params["device"], before
    )
    return json_response(properties or {})


async def device_defaults(request: Request) -> Response:
    """Give the pulse defaults of a device; ``{}`` for none, never 404, or simulators cannot be transpiled for."""
    await project_of(request)
    defaults = await in_thread(services_of(request).devices.defaults, request.path_params["device"])
    return json_response(defaults or {})


async def device_status(request: Request) -> Response:
    """Say whether a device runs jobs and how many wait for it."""
    await project_of(request)
    record = await in_thread(services_of(request).queues.status, request.path_params["device"])
    return json_response(record.to_json())


async def device_jobs_limit(request: Request) -> Response:
    """Say how many unfinished jobs the project may have on a device, and how many it has."""
    _, project = await project_of(request)
    record = await in_thread(services_of(request).queues.job_limit, project, request.path_params["device"])
    return json_response(record.to_json())


async def device_bookings(request: Request) -> Response:
    """List the reservations of a device: there are none."""
    await authenticate(request)
    await in_thread(services_of(request).devices.configuration, request.path_params["device"])
    return json_response([])


async def my_bookings(request: Request) -> Response:
    """List the reservations of the caller: there are none."""
    await authenticate(request)
    return json_response([])
