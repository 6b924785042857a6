# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The discovery file: where the service of this machine is, for those who may know.

It is written by the service itself once it answers requests, with mode 0600, since it holds the API token, and replaced as a whole, so that
readers always see one complete version.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Optional

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, required

__all__ = ["LocalEndpoint", "ServiceRecord", "read_record", "write_record"]

logger = get_logger(__name__)


@dataclasses.dataclass(frozen=True)
class LocalEndpoint:
    """The service of this machine, as a client needs it.

    Attributes:
        url: base URL of the API, ``http://127.0.0.1:<port>/api``.
        token: API token; another one after each start.
        instance_id: name of this run of the service.
    """

    url: str
    token: str = dataclasses.field(repr=False)
    instance_id: str


@dataclasses.dataclass(frozen=True)
class ServiceRecord:
    """What the discovery file says about a run of the service.

    Attributes:
        host: name of the machine that it runs on.
        pid: its process id.
        url: base URL of the API.
        token: API token.
        instance_id: name of this run.
        version: version of the package that runs.
        started: when it started, UTC, as in the API.
    """

    host: str
    pid: int
    url: str
    token: str = dataclasses.field(repr=False)
    instance_id: str
    version: str
    started: str

    @classmethod
    def from_json(cls, data: Any) -> ServiceRecord:
        """Read the document of a discovery file.

        Raises:
            ProtocolError: a field is missing or has a wrong type.
        """
        what = "the discovery file"
        record: Mapping[str, Any] = as_object(data, what)
        return cls(
            host=required(record, "host", str, what),
            pid=required(record, "pid", int, what),
            url=required(record, "url", str, what),
            token=required(record, "token", str, what),
            instance_id=required(record, "instance_id", str, what),
            version=required(record, "version", str, what),
            started=required(record, "started", str, what),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the document of the file."""
        return dataclasses.asdict(self)

    def endpoint(self) -> LocalEndpoint:
        """Return what a client needs."""
        return LocalEndpoint(self.url, self.token, self.instance_id)


def read_record(path: Path) -> Optional[ServiceRecord]:
    """Read a discovery file; ``None`` if there is none, or none that can be understood.

    Raises:
        OSError: the file is there and cannot be read.
    """
    try:
        return ServiceRecord.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return None
    except (ValueError, ProtocolError) as err:
        # Not the error itself: it may quote the file, and with it the token.
        logger.warning("%s cannot be understood (%s), and is ignored.", path, type(err).__name__)
        return None


def write_record(path: Path, record: ServiceRecord) -> None:
    """Write a discovery file, as a whole.

    Raises:
        OSError: it cannot be written.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp: mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(record.to_json(), file, indent=1)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise
