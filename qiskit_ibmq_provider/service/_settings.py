# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""How one value of a service's settings is read and checked.

Each reader takes text (environment, file) or a value of the right type (arguments), returns the value
that the settings keep, and raises :class:`ValueError` with the rule that was broken.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Optional
from urllib.parse import urlsplit

__all__ = [
    "ConfigError",
    "boolean",
    "device_seconds",
    "identifier",
    "integer",
    "is_loopback",
    "log_level",
    "networks",
    "optional",
    "path",
    "paths",
    "projects",
    "rate",
    "seconds",
    "text",
    "token",
    "url",
]

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

    def from_source(self, source: str) -> ConfigError:
        """Return the same error with the place that the value came from."""
        return ConfigError(self.field, self.value, self.problem, source)


def optional(reader: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let None through and read everything else."""

    def read(value: Any) -> Any:
        return None if value is None else reader(value)

    return read


def text(value: Any) -> str:
    """Read text that is not empty."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError("it must be text that is not empty")
    return value.strip()


def token(value: Any) -> str:
    """Read an API token: printable ASCII without blanks, since it travels in headers and files."""
    if not isinstance(value, str) or not re.fullmatch(r"[!-~]+", value):
        raise ValueError("it must be printable ASCII characters without blanks, at least one")
    return value


def identifier(value: Any) -> str:
    """Read a name of letters, digits and ``_.-``."""
    if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9_.-]{1,128}", value):
        raise ValueError("it must be 1 to 128 letters, digits, dots, dashes or underscores")
    return value


def integer(minimum: int, maximum: Optional[int] = None) -> Callable[[Any], int]:
    """Read a whole number within bounds, both included."""
    bounds = f"of at least {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def read(value: Any) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if isinstance(number, bool) or not isinstance(number, int):
            raise ValueError(f"it must be a whole number {bounds}")
        if number < minimum or (maximum is not None and number > maximum):
            raise ValueError(f"it must be a whole number {bounds}")
        return number

    return read


def seconds(value: Any) -> float:
    """Read a time span in seconds, more than zero."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ValueError("it must be a number of seconds, more than zero")
    return number


def rate(value: Any) -> float:
    """Read how often something may happen in a second; zero is as often as one likes."""
    try:
        number = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError("it must be a number, zero or more")
    return number


def device_seconds(value: Any) -> tuple[tuple[str, float], ...]:
    """Read time spans by device, in text ``name=seconds`` separated by commas."""
    items = [item.strip() for item in value.split(",")] if isinstance(value, str) else list(value)
    pairs = [item.split("=") if isinstance(item, str) else list(item) for item in items if item != ""]
    if not all(len(pair) == 2 for pair in pairs):
        raise ValueError("it must be like 'device=seconds', several separated by commas")
    found = tuple((identifier(name), seconds(span)) for name, span in pairs)
    if len({name for name, _ in found}) < len(found):
        raise ValueError("it names a device twice")
    return found


def boolean(value: Any) -> bool:
    """Read yes or no."""
    if isinstance(value, bool):
        return value
    word = _WORDS.get(value.strip().lower()) if isinstance(value, str) else None
    if word is None:
        raise ValueError(f"it must be one of {', '.join(_WORDS)}")
    return word


def path(value: Any) -> Path:
    """Read a path; ``~`` is the home directory. The result is absolute."""
    if value is None:
        raise ValueError("it is required")
    if not isinstance(value, (str, os.PathLike)) or not os.fspath(value):
        raise ValueError("it must be a path")
    return Path(value).expanduser().absolute()


def paths(value: Any) -> tuple[Path, ...]:
    """Read several paths, in text separated as in the PATH variable."""
    items = value.split(os.pathsep) if isinstance(value, str) else value
    return tuple(path(item) for item in items if item != "")


def projects(value: Any) -> tuple[tuple[str, str, str], ...]:
    """Read projects, each three names, in text ``hub/group/project`` separated by commas."""
    items = [item.strip() for item in value.split(",")] if isinstance(value, str) else list(value)
    found = [tuple(item.split("/")) if isinstance(item, str) else tuple(item) for item in items if item != ""]
    if not found or not all(len(names) == 3 and all(map(_is_project_name, names)) for names in found):
        raise ValueError(
            "it must be like 'hub/group/project', several separated by commas; names are letters, digits, dots, "
            "dashes and underscores, and are not dots alone"
        )
    if len(set(found)) < len(found):
        raise ValueError("it names a project twice")
    return tuple((hub, group, project) for hub, group, project in found)


def _is_project_name(value: Any) -> bool:
    """Tell whether a name can stand in a path: clients insert it as it is."""
    return isinstance(value, str) and re.fullmatch(r"(?!\.+$)[A-Za-z0-9_.-]{1,128}", value) is not None


def networks(value: Any) -> tuple[str, ...]:
    """Read IP addresses and networks, in text separated by commas."""
    items = value.split(",") if isinstance(value, str) else value
    try:
        return tuple(str(ipaddress.ip_network(str(item).strip())) for item in items if item != "")
    except ValueError as exc:
        raise ValueError(f"it must be IP addresses or networks separated by commas; {exc}") from None


def url(value: Any) -> str:
    """Read an ``http`` or ``https`` URL without query; a trailing slash and ``/api`` are taken off."""
    try:
        parts = urlsplit(text(value))
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment or parts.username is not None:
        raise ValueError("it must look like 'https://q.example.org' or 'http://10.0.0.1:8765/prefix'")
    shortened = parts.geturl().rstrip("/")
    return shortened[: -len("/api")].rstrip("/") if shortened.endswith("/api") else shortened


def log_level(value: Any) -> str:
    """Read the name of a log level."""
    name = value.strip().upper() if isinstance(value, str) else ""
    if not isinstance(logging.getLevelName(name), int):
        raise ValueError("it must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return name


def is_loopback(host: str) -> bool:
    """Tell whether only this machine can reach ``host``. A name other than localhost counts as reachable."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
