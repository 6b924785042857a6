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
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Optional

from qiskit_ibmq_provider.service import _settings as read
from qiskit_ibmq_provider.service._service_config import ServiceConfig
from qiskit_ibmq_provider.service._settings import ConfigError

__all__ = ["ConfigError", "ENVIRONMENT_PREFIX", "ServiceConfig", "load_config", "read_token"]

ENVIRONMENT_PREFIX: Final = "IBMQ_SERVICE_"
"""A setting ``port`` is the environment variable ``IBMQ_SERVICE_PORT``."""

FILE_SECTION: Final = "service"
"""The section of a configuration file that holds the settings."""


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


def read_token(config: ServiceConfig) -> Optional[str]:
    """Return the API token of the service's own user, from the settings or from its file; ``None`` if there is to be none.

    Raises:
        ConfigError: If the file cannot be read.
    """
    if config.token is not None or config.token_file is None:
        return config.token
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
