# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The table of all paths, and what answers there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from qiskit_ibmq_provider.protocol import routes as paths
from qiskit_ibmq_provider.service.routes import account, devices, job_socket, jobs, storage
from qiskit_ibmq_provider.service.routes.urls import API_PATH, OPENAPI_PATH, SOCKET_PATH

__all__ = ["Endpoint", "Resource", "all_routes"]

Endpoint = Callable[[Request], Awaitable[Response]]


class Resource(Route):
    """A route for all methods of a path, so that an answer 405 names them all. HEAD is GET without a body.

    Args:
        path: The path, with its places in braces.
        endpoints: What answers, by method in upper case.
    """

    def __init__(self, path: str, endpoints: Mapping[str, Endpoint]) -> None:
        self.endpoints = dict(endpoints)

        async def endpoint(request: Request) -> Response:
            return await endpoints["GET" if request.method == "HEAD" else request.method](request)

        super().__init__(path, endpoint, methods=list(endpoints))

    @property
    def places(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(self.param_convertors)


def all_routes() -> list[BaseRoute]:
    """Return every route of the service; the API is below ``/api``, its websockets below ``/api/ws``."""
    return [
        Resource("/", {"GET": account.about}),
        *(Resource(API_PATH + path, endpoints) for path, endpoints in _RESOURCES.items()),
        WebSocketRoute(SOCKET_PATH + paths.WS_JOB_STATUS.template, job_socket.job_status_socket),
        WebSocketRoute(SOCKET_PATH + paths.LEGACY_WS_JOB_STATUS.template, job_socket.job_status_socket),
    ]


_RESOURCES: Final[Mapping[str, Mapping[str, Endpoint]]] = {
    "": {"GET": account.about},
    OPENAPI_PATH: {"GET": account.openapi},
    paths.VERSION.template: {"GET": account.version},
    paths.LOGIN.template: {"POST": account.log_in},
    paths.USER_INFO.template: {"GET": account.user_info},
    paths.NETWORK.template: {"GET": account.network},
    paths.DEVICES.template: {"GET": devices.devices},
    paths.DEVICE_PROPERTIES.template: {"GET": devices.device_properties},
    paths.DEVICE_DEFAULTS.template: {"GET": devices.device_defaults},
    paths.DEVICE_STATUS.template: {"GET": devices.device_status},
    paths.DEVICE_JOBS_LIMIT.template: {"GET": devices.device_jobs_limit},
    paths.MY_BOOKINGS.template: {"GET": devices.my_bookings},
    paths.DEVICE_BOOKINGS.template: {"GET": devices.device_bookings},
    # Fixed paths stand before those with a job id, or "status" would be taken for one.
    paths.JOBS.template: {"GET": jobs.get_keyed_job, "POST": jobs.create_job},
    paths.JOBS_DIRECT.template: {"POST": jobs.create_job_directly},
    paths.JOB_STATUSES.template: {"GET": jobs.job_statuses},
    paths.LEGACY_JOB_STATUSES.template: {"GET": jobs.job_statuses},
    paths.JOB_IDS.template: {"GET": jobs.job_ids},
    paths.JOB.template: {"GET": jobs.get_job},
    paths.JOB_STATUS.template: {"GET": jobs.get_status},
    paths.LEGACY_JOB_STATUS.template: {"GET": jobs.get_status},
    paths.JOB_DATA_UPLOADED.template: {"POST": jobs.announce_job},
    paths.JOB_CANCEL.template: {"POST": jobs.cancel_job},
    paths.JOB_PROPERTIES.template: {"GET": jobs.job_properties},
    paths.JOB_UPLOAD_URL.template: {"GET": jobs.upload_url},
    paths.JOB_DOWNLOAD_URL.template: {"GET": jobs.payload_url},
    paths.JOB_RESULT_URL.template: {"GET": jobs.result_url},
    paths.JOB_RESULT_DIRECT.template: {"GET": jobs.get_result},
    paths.JOB_RESULT_DOWNLOADED.template: {"POST": jobs.result_downloaded},
    # The path that clients of the first generation read a job from is the one that newer ones change it by.
    paths.JOB_UPDATE.template: {"GET": jobs.get_job, "PUT": jobs.update_job, "DELETE": jobs.delete_job},
    paths.STORAGE.template: {"GET": storage.download, "PUT": storage.upload},
}
"""What answers, by path below the API and by method."""
