# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The service that the sides talk to: all of ours but the simulators, with a meter around it.

Run as a child process: ``python -m benchmarks.service DIRECTORY TOKEN PROJECT…``; it prints its URL.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import secrets
import socket
import sys
from pathlib import Path
from typing import Any

import uvicorn

from benchmarks.engine import ReadyEngine
from benchmarks.metering import Meter, Settings
from qiskit_ibmq_provider.protocol.status import ApiJobStatus
from qiskit_ibmq_provider.service.app import create_app
from qiskit_ibmq_provider.service.compose import DATABASE_NAME, open_services
from qiskit_ibmq_provider.service.config import ServiceConfig
from qiskit_ibmq_provider.service.data_lock import hold_data_dir
from qiskit_ibmq_provider.service.domain.model import Job, Principal
from qiskit_ibmq_provider.service.domain.store import Store
from qiskit_ibmq_provider.service.services import Services
from qiskit_ibmq_provider.service.store.sqlstore import open_store, sqlite_url

__all__ = ["main"]

_BEGIN = dt.datetime(2021, 1, 1, tzinfo=dt.timezone.utc)


class Bench:
    """What the runner may ask of the service.

    Args:
        services: its parts.
        engine: ends jobs when told to.
    """

    def __init__(self, services: Services, engine: ReadyEngine, token: str) -> None:
        self._services = services
        self._engine = engine
        self._token = token
        self.meter: Meter = None  # type: ignore[assignment]  # the meter is made around the application, which is made from the services

    def control(self, path: str, document: Any) -> Any:
        """Do what the runner asks for and return the answer."""
        if path == "/set":
            self.meter.settings = Settings(**document)
            return {}
        if path == "/reset":
            self.meter.reset()
            return {}
        if path == "/counts":
            return self.meter.counts()
        if path == "/hold":
            # What earlier operations left would be let go in the middle of a later one.
            self._engine.release()
            self._engine.holding = bool(document["hold"])
            return {}
        if path == "/release":
            return {"time": self._engine.release()}
        if path == "/seed":
            return {"jobs": self._seed(**document)}
        raise ValueError(f"There is no command {path!r}.")

    def _seed(self, jobs: int, backend_name: str) -> int:
        """Put jobs that are over into the default project."""
        access = self._services.accounts.login(self._token)
        principal = self._services.accounts.authenticate(access.id)
        with contextlib.closing(
            open_store(sqlite_url(self._services.config.data_dir / DATABASE_NAME))
        ) as store:
            for number in range(jobs):
                self._insert_over(store, principal, backend_name, number)
        return jobs

    def _insert_over(self, store: Store, principal: Principal, backend_name: str, number: int) -> None:
        """Put one job that is over into the default project."""
        draft = Job(
            id=secrets.token_hex(12),
            project=principal.projects[0],
            user_id=principal.user_id,
            backend_name=backend_name,
            created=_BEGIN + dt.timedelta(seconds=number),
            name=f"sweep {number}",
            tags=("benchmark", f"part {number % 10}"),
        )
        job = store.jobs.insert(draft, limit=-1)
        store.jobs.swap(job, job.replaced(status=ApiJobStatus.COMPLETED, ended=draft.created))


def main(arguments: list[str]) -> None:
    """Run the service until its standard input ends."""
    directory, token, *projects = arguments
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config = ServiceConfig(
        data_dir=Path(directory), token=token, projects=",".join(projects), log_level="WARNING"
    )
    engine = ReadyEngine()
    with contextlib.ExitStack() as stack:
        stack.enter_context(hold_data_dir(config.data_dir))
        services = stack.enter_context(open_services(config, token, engine=engine))
        bench = Bench(services, engine, token)
        bench.meter = Meter(create_app(services, origin=origin), bench.control)
        server = uvicorn.Server(
            uvicorn.Config(
                bench.meter,
                http="httptools",
                ws="websockets-sansio",
                log_config=None,
                access_log=False,
                lifespan="off",
            )
        )
        print(f"{origin}/api", flush=True)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1:])
