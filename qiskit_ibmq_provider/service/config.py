# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The settings of a service, from arguments, the environment or a file.

Every setting is a field of :class:`ServiceConfig`. :func:`load_config` takes each from the first of
these places that names it:

1. arguments (the command line),
2. environment variables ``IBMQ_SERVICE_<FIELD>``, e.g. ``IBMQ_SERVICE_PORT``,
3. a file with a section ``[service]`` and lines ``field = value``,
4. the default of the field.

Text is read the same way from all of them. Lists are separated as in ``PATH`` (``device_dirs``) or by commas.
"""

from __future__ import annotations

import configparser
import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider.service import _settings as read
from qiskit_ibmq_provider.service._settings import ConfigError
from qiskit_ibmq_provider.service.domain.accounts import DEFAULT_PROJECTS

__all__ = ["ConfigError", "ENVIRONMENT_PREFIX", "ServiceConfig", "load_config", "read_token"]

ENVIRONMENT_PREFIX: Final = "IBMQ_SERVICE_"
"""A setting ``port`` is the environment variable ``IBMQ_SERVICE_PORT``."""

FILE_SECTION: Final = "service"
"""The section of a configuration file that holds the settings."""

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
        "Allow a host that other machines can reach. Traffic is not encrypted: put a TLS proxy in front.",
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
    max_jobs_per_device: int = _setting(
        -1, read.integer(-1), "Unfinished jobs that a project may have on one device; -1 is no limit."
    )
    job_seconds: float = _setting(3600.0, read.seconds, "Time that one job may run, in seconds.")
    upload_seconds: float = _setting(
        3600.0, read.seconds, "Time after which a job whose payload never came is ended, in seconds."
    )
    url_seconds: float = _setting(3600.0, read.seconds, "Time that a storage URL is valid, in seconds.")
    socket_seconds: float = _setting(
        10.0, read.seconds, "Time that a websocket client has to authenticate, and to close, in seconds."
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
        if not self.allow_remote and not read.is_loopback(self.host):
            raise ConfigError(
                "host",
                self.host,
                "other machines can reach this address. Use 127.0.0.1, or set 'allow_remote' if that is meant",
            )

    @property
    def worker_count(self) -> int:
        """How many jobs run at the same time: ``workers``, or one for each usable processor."""
        return self.workers or _processors()


def load_config(
    arguments: Optional[Mapping[str, Any]] = None,
    *,
    environ: Optional[Mapping[str, str]] = None,
    file: Optional[os.PathLike[str]] = None,
) -> ServiceConfig:
    """Collect the settings of a service.

    Args:
        arguments: Values by field name; None means "not given".
        environ: The environment; by default that of the process. Empty variables count as not set.
        file: A configuration file; by default the one that ``IBMQ_SERVICE_CONFIG`` names, if any.

    Raises:
        ConfigError: If a setting is unknown or has a wrong value; it names the field, the value and
            the place that it came from.
    """
    environ = os.environ if environ is None else environ
    given: dict[str, tuple[Any, str]] = {}
    path = file or environ.get(ENVIRONMENT_PREFIX + "CONFIG")
    if path:
        given.update(_from_file(Path(path)))
    given.update(_from_environment(environ))
    for name, value in (arguments or {}).items():
        if value is not None:
            given[name] = (value, "the arguments")
    known = {field.name for field in dataclasses.fields(ServiceConfig)}
    for name, (_, source) in given.items():
        if name not in known:
            # The value is not shown: a misspelled 'token' would be.
            raise ConfigError(
                name, None, f"there is no such setting. Known are {', '.join(sorted(known))}", source
            )
    try:
        return ServiceConfig(**{name: value for name, (value, _) in given.items()})
    except ConfigError as exc:
        raise exc.from_source(given[exc.field][1] if exc.field in given else "") from None


def read_token(config: ServiceConfig) -> str:
    """Return the API token of the service, from the settings or from its file.

    Raises:
        ConfigError: If there is none, or the file cannot be read.
    """
    if config.token is not None:
        return config.token
    if config.token_file is None:
        raise ConfigError(
            "token",
            None,
            f"the service needs an API token. Set the environment variable {ENVIRONMENT_PREFIX}TOKEN, or write "
            "the token to a file that only you can read and give it with --token-file",
        )
    try:
        return read.token(config.token_file.read_text("utf-8").strip())
    except OSError as exc:
        raise ConfigError("token_file", config.token_file, f"it cannot be read: {exc.strerror}") from None
    except ValueError as exc:
        raise ConfigError("token_file", config.token_file, f"what it holds is not a token: {exc}") from None


def _from_environment(environ: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    """Return the settings in the environment; other variables with the prefix are not ours to judge."""
    given: dict[str, tuple[Any, str]] = {}
    for field in dataclasses.fields(ServiceConfig):
        variable = ENVIRONMENT_PREFIX + field.name.upper()
        if environ.get(variable):
            given[field.name] = (environ[variable], f"the environment variable {variable}")
    return given


def _from_file(path: Path) -> dict[str, tuple[Any, str]]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as stream:
            parser.read_file(stream)
        values = dict(parser[FILE_SECTION])
    except OSError as exc:
        raise ConfigError("config", path, f"the file cannot be read: {exc.strerror}") from None
    except (configparser.Error, UnicodeDecodeError) as exc:
        raise ConfigError("config", path, f"this is not a configuration file: {exc}") from None
    except KeyError:
        raise ConfigError("config", path, f"the file has no section [{FILE_SECTION}]") from None
    return {name: (value, f"the file {path}") for name, value in values.items() if value}


def _processors() -> int:
    """Return how many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
