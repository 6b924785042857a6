# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Every setting of a service: its default, how it is read, and what it means."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider.service import _settings as read
from qiskit_ibmq_provider.service._settings import ConfigError
from qiskit_ibmq_provider.service.domain.accounts import DEFAULT_PROJECTS

__all__ = ["ServiceConfig"]

_MIB: Final = 1024 * 1024


def _setting(default: Any, reader: Callable[[Any], Any], help_text: str, *, secret: bool = False) -> Any:
    """Declare a field: its default, how its value is read and checked, and what it means."""
    return dataclasses.field(
        default=default, repr=not secret, metadata={"read": reader, "help": help_text, "secret": secret}
    )


@dataclasses.dataclass(frozen=True)
class ServiceConfig:
    """Everything that may differ between two services. Immutable; values are checked when it is made.

    The meaning of each field is in its ``metadata["help"]``, from which the command line and the
    documentation are made.

    Raises:
        ConfigError: If a value is not of the right kind; it names the field and the value.
    """

    data_dir: Path = _setting(
        None,
        read.path,
        "Directory of the database, payloads and results. Made if its parent exists. Required.",
    )
    host: str = _setting("127.0.0.1", read.text, "Address to listen on.")
    port: int = _setting(8765, read.integer(0, 65535), "Port to listen on; 0 picks a free one.")
    allow_remote: bool = _setting(
        False,
        read.boolean,
        "Allow a host that other machines can reach without TLS. Traffic is not encrypted: put a TLS proxy in front.",
    )
    tls_certificate: Optional[Path] = _setting(
        None,
        read.optional(read.path),
        "File with the certificate, and those that lead to its root, in PEM form: the service then speaks https.",
    )
    tls_key: Optional[Path] = _setting(
        None, read.optional(read.path), "File with the private key of the certificate, without a password."
    )
    token: Optional[str] = _setting(
        None, read.optional(read.token), "API token that users log in with.", secret=True
    )
    token_file: Optional[Path] = _setting(
        None, read.optional(read.path), "File that holds the API token, instead of 'token'."
    )
    projects: tuple[tuple[str, str, str], ...] = _setting(
        DEFAULT_PROJECTS,
        read.projects,
        "Projects that the service has, 'hub/group/project' separated by commas; the first is the default one.",
    )
    public_url: Optional[str] = _setting(
        None,
        read.optional(read.url),
        "URL under which users reach the service, with or without '/api', e.g. 'https://q.example.org'. By "
        "default the one that each request came to.",
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        read.networks,
        "Addresses or networks of proxies whose X-Forwarded-Proto and X-Forwarded-Host are believed.",
    )
    workers: int = _setting(
        0, read.integer(0, 1024), "Jobs that run at the same time; 0 is one for each processor."
    )
    database_url: Optional[str] = _setting(
        None,
        read.optional(read.text),
        "SQLAlchemy URL of the database. By default an SQLite file in the data directory.",
        secret=True,
    )
    device_dirs: tuple[Path, ...] = _setting((), read.paths, "Directories with device files of your own.")
    idle_timeout: Optional[float] = _setting(
        None,
        read.optional(read.seconds),
        "End the service after so many seconds without requests and jobs. By default it never ends.",
    )
    instance_id: Optional[str] = _setting(
        None,
        read.optional(read.identifier),
        "Name by which a client can tell this service from another one on the same port.",
    )
    max_payload_bytes: int = _setting(256 * _MIB, read.integer(1), "Largest payload of a job, in bytes.")
    max_direct_bytes: int = _setting(
        4 * _MIB,
        read.integer(0),
        "Largest payload that may come in one request with its job, in bytes; 0 lets none come so.",
    )
    max_circuits: Optional[int] = _setting(
        None,
        read.optional(read.integer(1)),
        "Circuits that one job may have, where its device takes more. By default as many as the device takes.",
    )
    max_shots: Optional[int] = _setting(
        None,
        read.optional(read.integer(1)),
        "Shots of each circuit, where the device takes more. By default as many as the device takes.",
    )
    max_job_memory: Optional[int] = _setting(
        None,
        read.optional(read.integer(16 * _MIB)),
        "Memory that one job may use, in bytes. By default four fifths of the machine's, divided by the jobs that run at "
        "the same time.",
    )
    max_jobs_per_device: int = _setting(
        1000, read.integer(-1), "Unfinished jobs that a project may have on one device; -1 is no limit."
    )
    max_body_bytes: int = _setting(_MIB, read.integer(1024), "Largest body of any other request, in bytes.")
    max_json_depth: int = _setting(
        100, read.integer(8, 500), "How deeply the JSON of a body or of a filter may be nested."
    )
    max_sockets: int = _setting(2000, read.integer(1), "Websockets that may be open at the same time.")
    max_sockets_per_user: int = _setting(
        500, read.integer(1), "Websockets that one user may have open at the same time."
    )
    requests_per_second: float = _setting(
        200.0,
        read.rate,
        "Requests that one user may make in a second on average, 10 seconds' worth of them at once; 0 is no limit. "
        "Those that make jobs or submit them are never refused.",
    )
    filter_seconds: float = _setting(
        10.0, read.seconds, "Time that the search for the jobs of one list may take, in seconds."
    )
    job_seconds: float = _setting(3600.0, read.seconds, "Time that one job may run, in seconds.")
    device_seconds: tuple[tuple[str, float], ...] = _setting(
        (),
        read.device_seconds,
        "The same for single devices, 'name=seconds' separated by commas, e.g. 'simulator_mps=600'.",
    )
    upload_seconds: float = _setting(
        3600.0, read.seconds, "Time after which a job whose payload never came is ended, in seconds."
    )
    url_seconds: float = _setting(3600.0, read.seconds, "Time that a storage URL is valid, in seconds.")
    socket_seconds: float = _setting(
        10.0, read.seconds, "Time that a websocket client has to authenticate, and to close, in seconds."
    )
    head_seconds: float = _setting(
        30.0,
        read.seconds,
        "Time that the head of a request may take, and the first byte of a connection, in seconds.",
    )
    stall_seconds: float = _setting(
        60.0,
        read.seconds,
        "Time that a client may take to send, or to read, 16 KiB of a body, in seconds. Slower ones are disconnected.",
    )
    keep_alive_seconds: float = _setting(
        75.0, read.seconds, "Time that a connection without requests is kept open, in seconds."
    )
    access_log: bool = _setting(False, read.boolean, "Log every request.")
    log_level: str = _setting("INFO", read.log_level, "Least level of log messages.")

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            try:
                object.__setattr__(self, field.name, field.metadata["read"](value))
            except ValueError as exc:
                shown = "<hidden>" if field.metadata["secret"] else value
                raise ConfigError(field.name, shown, str(exc)) from None
        if (self.tls_certificate is None) is not (self.tls_key is None):
            given = "tls_certificate" if self.tls_key is None else "tls_key"
            raise ConfigError(
                given, getattr(self, given), "a certificate and its key belong together; give both or none"
            )
        if not (self.allow_remote or self.uses_tls or read.is_loopback(self.host)):
            raise ConfigError(
                "host",
                self.host,
                "other machines can reach this address, and tokens would cross the network in the clear. Use "
                "127.0.0.1, give 'tls_certificate' and 'tls_key', or set 'allow_remote' if that is meant",
            )

    @property
    def uses_tls(self) -> bool:
        """Whether the service itself speaks https."""
        return self.tls_certificate is not None

    @property
    def worker_count(self) -> int:
        """How many jobs run at the same time: ``workers``, or one for each usable processor."""
        return self.workers or _processors()


def _processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
