# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Every path of the API, once, as a template and a builder.

The templates use the ``{name}`` form that the service's router reads; :meth:`Route.path` fills them in for the client. Job and device
paths carry the project prefix, bookings do not. ``Jobs`` is written with a capital on the HTTP side and ``jobs`` on the websocket side.
"""

from __future__ import annotations

import dataclasses
import string
from typing import Final
from urllib.parse import quote

__all__ = [
    "DEVICES",
    "DEVICE_BOOKINGS",
    "DEVICE_DEFAULTS",
    "DEVICE_JOBS_LIMIT",
    "DEVICE_PROPERTIES",
    "DEVICE_STATUS",
    "JOB",
    "JOBS",
    "JOBS_DIRECT",
    "JOB_CANCEL",
    "JOB_DATA_UPLOADED",
    "JOB_DOWNLOAD_URL",
    "JOB_IDS",
    "JOB_PROPERTIES",
    "JOB_RESULT_DIRECT",
    "JOB_RESULT_DOWNLOADED",
    "JOB_RESULT_URL",
    "JOB_STATUS",
    "JOB_STATUSES",
    "JOB_UPDATE",
    "JOB_UPLOAD_URL",
    "LEGACY_JOB",
    "LEGACY_JOB_STATUS",
    "LEGACY_JOB_STATUSES",
    "LEGACY_WS_JOB_STATUS",
    "LOGIN",
    "MY_BOOKINGS",
    "NETWORK",
    "PROJECT",
    "Route",
    "STORAGE",
    "USER_INFO",
    "VERSION",
    "WS_JOB_STATUS",
]


@dataclasses.dataclass(frozen=True)
class Route:
    """A path of the API with named places."""

    template: str

    def path(self, **names: str) -> str:
        """Return the path with its places filled in, each percent-encoded.

        Raises:
            KeyError: a place of the template has no value.
        """
        return self.template.format_map(
            {key: quote(value, safe="", errors="surrogatepass") for key, value in names.items()}
        )

    @property
    def places(self) -> tuple[str, ...]:
        """Names of the places, in order."""
        return tuple(field for _, field, _, _ in string.Formatter().parse(self.template) if field)


VERSION: Final = Route("/version")
LOGIN: Final = Route("/users/loginWithToken")
USER_INFO: Final = Route("/users/me")
NETWORK: Final = Route("/Network")

PROJECT: Final = Route("/Network/{hub}/Groups/{group}/Projects/{project}")

DEVICES: Final = Route(PROJECT.template + "/devices/v/1")
DEVICE_PROPERTIES: Final = Route(PROJECT.template + "/devices/{device}/properties")
DEVICE_DEFAULTS: Final = Route(PROJECT.template + "/devices/{device}/defaults")
DEVICE_STATUS: Final = Route(PROJECT.template + "/devices/{device}/queue/status")
DEVICE_JOBS_LIMIT: Final = Route(PROJECT.template + "/devices/{device}/jobsLimit")
DEVICE_BOOKINGS: Final = Route("/Network/devices/{device}/bookings/v2")
MY_BOOKINGS: Final = Route("/Network/bookings/v2")

JOBS: Final = Route(PROJECT.template + "/Jobs")
JOBS_DIRECT: Final = Route(PROJECT.template + "/Jobs/direct")
JOB_STATUSES: Final = Route(PROJECT.template + "/Jobs/status/v/1")
JOB_IDS: Final = Route(PROJECT.template + "/Jobs/v/1")
JOB: Final = Route(PROJECT.template + "/Jobs/{job_id}/v/1")
JOB_STATUS: Final = Route(PROJECT.template + "/Jobs/{job_id}/status/v/1")
JOB_UPDATE: Final = Route(PROJECT.template + "/Jobs/{job_id}")
JOB_CANCEL: Final = Route(PROJECT.template + "/Jobs/{job_id}/cancel")
JOB_PROPERTIES: Final = Route(PROJECT.template + "/Jobs/{job_id}/properties")
JOB_DATA_UPLOADED: Final = Route(PROJECT.template + "/Jobs/{job_id}/jobDataUploaded")
JOB_UPLOAD_URL: Final = Route(PROJECT.template + "/Jobs/{job_id}/jobUploadUrl")
JOB_DOWNLOAD_URL: Final = Route(PROJECT.template + "/Jobs/{job_id}/jobDownloadUrl")
JOB_RESULT_URL: Final = Route(PROJECT.template + "/Jobs/{job_id}/resultDownloadUrl")
JOB_RESULT_DOWNLOADED: Final = Route(PROJECT.template + "/Jobs/{job_id}/resultDownloaded")
JOB_RESULT_DIRECT: Final = Route(PROJECT.template + "/Jobs/{job_id}/result")

LEGACY_JOB: Final = Route(PROJECT.template + "/Jobs/{job_id}")
LEGACY_JOB_STATUS: Final = Route(PROJECT.template + "/Jobs/{job_id}/status")
LEGACY_JOB_STATUSES: Final = Route(PROJECT.template + "/Jobs/status")

STORAGE: Final = Route("/storage/{purpose}/{job_id}")

WS_JOB_STATUS: Final = Route("/jobs/{job_id}/status/v/1")
"""Relative to the websocket base URL, as every ``WS_`` path."""

LEGACY_WS_JOB_STATUS: Final = Route("/jobs/{job_id}/status")
