# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The settings of a service: what each is, how it is read and checked, and where it comes from.

Every setting is a field of :class:`ServiceConfig`, which says its default, its reader and its meaning. The options of the command line and
the table in ``docs/service.md`` follow from that. :func:`load_config` takes each from the first of these places that names it:

1. arguments (the command line),
2. environment variables ``IBMQ_SERVICE_<FIELD>``, e.g. ``IBMQ_SERVICE_PORT``,
3. a file with a section ``[service]`` and lines ``field = value``,
4. the default of the field.

Text is read the same way from all of them. Lists are separated as in ``PATH`` (``device_dirs``) or by commas.
"""

from __future__ import annotations

import configparser
import dataclasses
import ipaddress
import logging
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Callable, Final, Optional
from urllib.parse import urlsplit

from qiskit_ibmq_provider._checks import is_loopback, is_whole, processors, read_number
from qiskit_ibmq_provider.service.domain.accounts import DEFAULT_PROJECTS

__all__ = [
    "ConfigError",
    "ENVIRONMENT_PREFIX",
    "ServiceConfig",
    "load_config",
    "load_config_if_named",
    "local_variables",
    "read_projects",
    "read_token",
]

ENVIRONMENT_PREFIX: Final = "IBMQ_SERVICE_"
"""A setting ``port`` is the environment variable ``IBMQ_SERVICE_PORT``."""

_FILE_VARIABLE: Final = ENVIRONMENT_PREFIX + "CONFIG"

_FILE_SECTION: Final = "service"
"""The section of a configuration file that holds the settings."""

_MIB: Final = 1024 * 1024

_WORDS: Final = {
    "1": True,
    "true": True,
    "yes": True,
    "on": True,
    "0": False,
    "false": False,
    "no": False,
    "off": False,
}


class ConfigError(ValueError):
    """A setting cannot be used.

    Attributes:
        field: The name of the setting.
        value: What it was; secrets are hidden.
        problem: What is wrong with it and what to do.
        source: The place that the value came from, or the empty string.
    """

    def __init__(self, field: str, value: Any, problem: str, source: str = "") -> None:
        self.field = field
        self.value = value
        self.problem = problem
        self.source = source
        given = f" = {str(value)!r}" if value is not None else ""
        origin = f" (from {source})" if source else ""
        super().__init__(f"Setting '{field}'{given}{origin}: {problem}.")


# The readers. Each takes text (environment, file) or a value of the right type (arguments), returns the value that the settings keep, and
# raises ValueError with the rule that was broken.


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("it must be text that is not empty")
    return value.strip()


def _token(value: Any) -> str:
    # It travels in headers and files.
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
        raise ValueError("it must be printable ASCII characters without blanks, at least one")
    return value


def _identifier(value: Any) -> str:
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", value):
        raise ValueError("it must be 1 to 128 letters, digits, dots, dashes or underscores")
    return value


def _integer(minimum: int, maximum: Optional[int] = None) -> Callable[[Any], int]:
    """Return the reader of a whole number within bounds, both included."""
    bounds = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def read(value: Any) -> int:
        try:
            number: Any = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if not is_whole(number, minimum, None if maximum is None else maximum + 1):
            raise ValueError(f"it must be a whole number {bounds}")
        return int(number)

    return read


def _seconds(value: Any) -> float:
    number = read_number(value)
    if number is None or number <= 0:
        raise ValueError("it must be a number of seconds, more than zero")
    return number


def _rate(value: Any) -> float:
    number = read_number(value)
    if number is None or number < 0:
        raise ValueError("it must be a number, zero or more")
    return number


def _device_seconds(value: Any) -> tuple[tuple[str, float], ...]:
    pairs = [item.split("=") if isinstance(item, str) else list(item) for item in _items(value)]
    if not all(len(pair) == 2 for pair in pairs):
        raise ValueError("it must be like 'device=seconds', several separated by commas")
    found = tuple((_identifier(name), _seconds(span)) for name, span in pairs)
    if len({name for name, _ in found}) < len(found):
        raise ValueError("it names a device twice")
    return found


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
    if word is None:
        raise ValueError(f"it must be one of {', '.join(_WORDS)}")
    return word


def _path(value: Any) -> Path:
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise ValueError("it must be a path")
    return Path(value).expanduser().absolute()


def _paths(value: Any) -> tuple[Path, ...]:
    items = value.split(os.pathsep) if isinstance(value, str) else value
    return tuple(_path(item) for item in items if item != "")


def read_projects(value: Any) -> tuple[tuple[str, str, str], ...]:
    """Read projects, each three names, in text ``hub/group/project`` separated by commas.

    Raises:
        ValueError: If one of them is none, or is there twice; the text says the rule.
    """
    found = [tuple(item.split("/")) if isinstance(item, str) else tuple(item) for item in _items(value)]
    if not found or not all(len(names) == 3 and all(map(_is_project_name, names)) for names in found):
        raise ValueError(
            "it must be like 'hub/group/project', several separated by commas; names are letters, digits, dots, "
            "dashes and underscores, and are not dots alone"
        )
    if len(set(found)) < len(found):
        raise ValueError("it names a project twice")
    return tuple((hub, group, project) for hub, group, project in found)


def _is_project_name(value: Any) -> bool:
    # It can stand in a path: clients insert it as it is.
    return isinstance(value, str) and re.fullmatch(r"(?!\.+$)[A-Za-z0-9_.-]{1,128}", value) is not None


def _networks(value: Any) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(item)) for item in _items(value))
    except ValueError as exc:
        raise ValueError(f"it must be IP addresses or networks separated by commas; {exc}") from None


def _url(value: Any) -> str:
    """Read an ``http`` or ``https`` URL without query; a trailing slash and ``/api`` are taken off."""
    try:
        parts = urlsplit(_text(value))
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("it must look like 'https://q.example.org' or 'http://10.0.0.1:8765/prefix'")
    shortened = parts.geturl().rstrip("/")
    return shortened[: -len("/api")].rstrip("/") if shortened.endswith("/api") else shortened


def _log_level(value: Any) -> str:
    name = value.strip().upper() if isinstance(value, str) else ""
    if not isinstance(logging.getLevelName(name), int):
        raise ValueError("it must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return name


def _items(value: Any) -> list[Any]:
    """Return the items of a list, which may be text with commas; empty ones are left out."""
    items = [item.strip() for item in value.split(",")] if isinstance(value, str) else value
    return [item for item in items if item != ""]


def _setting(
    default: Any, reader: Callable[[Any], Any], help_text: str, *, secret: bool = False, local: bool = False
) -> Any:
    """Declare a setting.

    Args:
        default: Its value where it is not given; one whose default is None may be None.
        reader: How its value is read and checked.
        help_text: What it means.
        secret: It is not shown.
        local: In the environment it counts for the service behind ``url="local"``, too.
    """
    metadata = {"read": reader, "help": help_text, "secret": secret, "local": local}
    return dataclasses.field(default=default, repr=not secret, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class ServiceConfig:
    """Everything that may differ between two services. Immutable; values are checked when it is made.

    The meaning of each field is in its ``metadata["help"]``, from which the command line and the
    documentation are made.

    Raises:
        ConfigError: If a value is not of the right kind; it names the field and the value.
    """

    data_dir: Path = _setting(
        None, _path, "Directory of the database, payloads and results. Made if its parent exists. Required."
    )
    host: str = _setting("127.0.0.1", _text, "Address to listen on.")
    port: int = _setting(8765, _integer(0, 65535), "Port to listen on; 0 picks a free one.")
    allow_remote: bool = _setting(
        False,
        _boolean,
        "Allow a host that other machines can reach without TLS. Traffic is not encrypted: put a TLS proxy in front.",
    )
    tls_certificate: Optional[Path] = _setting(
        None,
        _path,
        "File with the certificate, and those that lead to its root, in PEM form: the service then speaks https.",
    )
    tls_key: Optional[Path] = _setting(
        None, _path, "File with the private key of the certificate, without a password."
    )
    token: Optional[str] = _setting(None, _token, "API token that users log in with.", secret=True)
    token_file: Optional[Path] = _setting(None, _path, "File that holds the API token, instead of 'token'.")
    projects: tuple[tuple[str, str, str], ...] = _setting(
        DEFAULT_PROJECTS,
        read_projects,
        "Projects that the service has, 'hub/group/project' separated by commas; the first is the default one.",
    )
    public_url: Optional[str] = _setting(
        None,
        _url,
        "URL under which users reach the service, with or without '/api', e.g. 'https://q.example.org'. By "
        "default the one that each request came to.",
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        _networks,
        "Addresses or networks of proxies whose X-Forwarded-Proto and X-Forwarded-Host are believed.",
    )
    workers: int = _setting(
        0, _integer(0, 1024), "Jobs that run at the same time; 0 is one for each processor.", local=True
    )
    database_url: Optional[str] = _setting(
        None,
        _text,
        "SQLAlchemy URL of the database. By default an SQLite file in the data directory.",
        secret=True,
    )
    device_dirs: tuple[Path, ...] = _setting(
        (), _paths, "Directories with device files of your own.", local=True
    )
    idle_timeout: Optional[float] = _setting(
        None,
        _seconds,
        "End the service after so many seconds without requests and jobs. By default it never ends.",
    )
    instance_id: Optional[str] = _setting(
        None, _identifier, "Name by which a client can tell this service from another one on the same port."
    )
    max_payload_bytes: int = _setting(256 * _MIB, _integer(1), "Largest payload of a job, in bytes.")
    max_direct_bytes: int = _setting(
        4 * _MIB,
        _integer(0),
        "Largest payload that may come in one request with its job, in bytes; 0 lets none come so.",
    )
    max_circuits: Optional[int] = _setting(
        None,
        _integer(1),
        "Circuits that one job may have, where its device takes more. By default as many as the device takes.",
    )
    max_shots: Optional[int] = _setting(
        None,
        _integer(1),
        "Shots of each circuit, where the device takes more. By default as many as the device takes.",
    )
    max_job_memory: Optional[int] = _setting(
        None,
        _integer(16 * _MIB),
        "Memory that one job may use, in bytes. By default four fifths of the machine's, divided by the jobs that run at "
        "the same time.",
    )
    max_jobs_per_device: int = _setting(
        1000, _integer(-1), "Unfinished jobs that a project may have on one device; -1 is no limit."
    )
    max_body_bytes: int = _setting(_MIB, _integer(1024), "Largest body of any other request, in bytes.")
    max_json_depth: int = _setting(
        100, _integer(8, 500), "How deeply the JSON of a body or of a filter may be nested."
    )
    max_sockets: int = _setting(2000, _integer(1), "Websockets that may be open at the same time.")
    max_sockets_per_user: int = _setting(
        500, _integer(1), "Websockets that one user may have open at the same time."
    )
    requests_per_second: float = _setting(
        200.0,
        _rate,
        "Requests that one user may make in a second on average, 10 seconds' worth of them at once; 0 is no limit. "
        "Those that make jobs or submit them are never refused.",
    )
    filter_seconds: float = _setting(
        10.0, _seconds, "Time that the search for the jobs of one list may take, in seconds."
    )
    job_seconds: float = _setting(3600.0, _seconds, "Time that one job may run, in seconds.", local=True)
    device_seconds: tuple[tuple[str, float], ...] = _setting(
        (),
        _device_seconds,
        "The same for single devices, 'name=seconds' separated by commas, e.g. 'simulator_mps=600'.",
    )
    upload_seconds: float = _setting(
        3600.0, _seconds, "Time after which a job whose payload never came is ended, in seconds."
    )
    url_seconds: float = _setting(3600.0, _seconds, "Time that a storage URL is valid, in seconds.")
    socket_seconds: float = _setting(
        10.0, _seconds, "Time that a websocket client has to authenticate, and to close, in seconds."
    )
    head_seconds: float = _setting(
        30.0,
        _seconds,
        "Time that the head of a request may take, and the first byte of a connection, in seconds.",
    )
    stall_seconds: float = _setting(
        60.0,
        _seconds,
        "Time that a client may take to send, or to read, 16 KiB of a body, in seconds. Slower ones are disconnected.",
    )
    keep_alive_seconds: float = _setting(
        75.0, _seconds, "Time that a connection without requests is kept open, in seconds."
    )
    access_log: bool = _setting(False, _boolean, "Log every request.")
    log_level: str = _setting("INFO", _log_level, "Least level of log messages.", local=True)

    def __post_init__(self) -> None:
        if self.data_dir is None:
            raise ConfigError("data_dir", None, "it is required")
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if value is None and field.default is None:
                continue
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
        if not (self.allow_remote or self.uses_tls or is_loopback(self.host)):
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
        return self.workers or processors()


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
    return _config_of(_collect(arguments or {}, os.environ if environ is None else environ, file))


def load_config_if_named(
    arguments: Mapping[str, Any], *, file: Optional[os.PathLike[str]] = None
) -> Optional[ServiceConfig]:
    """Collect the settings as :func:`load_config` does; ``None`` if neither a data directory nor a file is named anywhere.

    Then the service behind ``url="local"`` is the only one that can be meant.
    """
    given = _collect(arguments, os.environ, file)
    if "data_dir" not in given and not (file or os.environ.get(_FILE_VARIABLE)):
        return None
    return _config_of(given)


def local_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of the settings that count for the service behind ``url="local"``, too. The others are about services for other people."""
    fields = dataclasses.fields(ServiceConfig)
    names = (ENVIRONMENT_PREFIX + field.name.upper() for field in fields if field.metadata["local"])
    return {name: environ[name] for name in names if name in environ}


def read_token(config: ServiceConfig) -> Optional[str]:
    """Return the API token of the service's own user, from the settings or from its file; ``None`` if there is to be none.

    Raises:
        ConfigError: If the file cannot be read.
    """
    if config.token is not None or config.token_file is None:
        return config.token
    try:
        return _token(config.token_file.read_text("utf-8").strip())
    except OSError as exc:
        raise ConfigError("token_file", config.token_file, f"it cannot be read: {exc.strerror}") from None
    except ValueError as exc:
        raise ConfigError("token_file", config.token_file, f"what it holds is not a token: {exc}") from None


_Given = dict[str, tuple[Any, str]]
"""Values by the names of their settings, each with the place that it came from."""


def _config_of(given: _Given) -> ServiceConfig:
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
        source = given[exc.field][1] if exc.field in given else ""
        raise ConfigError(exc.field, exc.value, exc.problem, source) from None


def _collect(
    arguments: Mapping[str, Any], environ: Mapping[str, str], file: Optional[os.PathLike[str]]
) -> _Given:
    given: _Given = {}
    path = file or environ.get(_FILE_VARIABLE)
    if path:
        given.update(_from_file(Path(path)))
    for field in dataclasses.fields(ServiceConfig):
        # Other variables with the prefix are not ours to judge.
        variable = ENVIRONMENT_PREFIX + field.name.upper()
        if environ.get(variable):
            given[field.name] = (environ[variable], f"the environment variable {variable}")
    for name, value in arguments.items():
        if value is not None:
            given[name] = (value, "the arguments")
    return given


def _from_file(path: Path) -> _Given:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        with path.open(encoding="utf-8") as stream:
            parser.read_file(stream)
        values = dict(parser[_FILE_SECTION])
    except OSError as exc:
        raise ConfigError("config", path, f"the file cannot be read: {exc.strerror}") from None
    except (configparser.Error, UnicodeDecodeError) as exc:
        raise ConfigError("config", path, f"this is not a configuration file: {exc}") from None
    except KeyError:
        raise ConfigError("config", path, f"the file has no section [{_FILE_SECTION}]") from None
    return {name: (value, f"the file {path}") for name, value in values.items() if value}
