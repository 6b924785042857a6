# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""How the parts of a service are opened, put together and closed."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Optional

from qiskit_ibmq_provider.service.config import ENVIRONMENT_PREFIX, ConfigError, ServiceConfig
from qiskit_ibmq_provider.service.data_lock import DataDirError, DataDirInUse, hold_data_dir
from qiskit_ibmq_provider.service.devices.added import added_directory
from qiskit_ibmq_provider.service.devices.files import DeviceFileError
from qiskit_ibmq_provider.service.devices.fleet import Fleet
from qiskit_ibmq_provider.service.domain.accounts import SERVICE_USER, Accounts
from qiskit_ibmq_provider.service.domain.clock import Clock
from qiskit_ibmq_provider.service.domain.device_queues import DeviceQueues
from qiskit_ibmq_provider.service.domain.devices import DeviceCatalogue
from qiskit_ibmq_provider.service.domain.dispatch import DispatchConfig, Dispatcher
from qiskit_ibmq_provider.service.domain.engine import Engine
from qiskit_ibmq_provider.service.domain.errors import DomainError
from qiskit_ibmq_provider.service.domain.events import EventHub
from qiskit_ibmq_provider.service.domain.housekeeping import Housekeeper, HousekeepingConfig
from qiskit_ibmq_provider.service.domain.jobs import Jobs
from qiskit_ibmq_provider.service.domain.limits import Limits
from qiskit_ibmq_provider.service.domain.quotas import ConnectionQuota, PerUserSemaphore, Throttle
from qiskit_ibmq_provider.service.domain.signed_urls import UrlSigner
from qiskit_ibmq_provider.service.domain.store import Store, StoreUnusable
from qiskit_ibmq_provider.service.domain.submission import Submissions
from qiskit_ibmq_provider.service.domain.users import Users
from qiskit_ibmq_provider.service.executor.local_engine import LocalEngine
from qiskit_ibmq_provider.service.services import Activity, Services
from qiskit_ibmq_provider.service.store.blobs import DirectoryBlobs
from qiskit_ibmq_provider.service.store.sqlstore import SqlStore, open_store, sqlite_url

__all__ = ["AdministrationError", "StartError", "open_services", "open_users"]

DATABASE_NAME: Final = "service.db"
"""The default database, an SQLite file in the data directory."""

LISTINGS_PER_USER: Final = 2
"""Searches for jobs that one user may run at the same time: they may take long, and others need the threads, too."""

BLOBS_NAME: Final = "blobs"
"""The directory of payloads and results in the data directory."""


class StartError(Exception):
    """The service cannot start; the text tells the operator why and what to do."""


class AdministrationError(Exception):
    """The users cannot be changed; the text tells the operator why and what to do."""


@contextlib.contextmanager
def open_services(
    config: ServiceConfig, token: Optional[str], *, engine: Optional[Engine] = None
) -> Iterator[Services]:
    """Open the parts of a service, let jobs run while the block runs, and close everything in good order.

    What is running at the end goes back into the queue. The data directory must be held by this process.

    Args:
        config: The settings.
        token: The API token of the service's own user, if there is to be one.
        engine: What runs the jobs; by default worker processes on this machine.

    Raises:
        StartError: If a part cannot be used as it is.
        ConfigError: If nobody could log in.
    """
    with contextlib.ExitStack() as stack:
        try:
            devices = Fleet(_device_dirs(config), caps=_caps(config))
            store = _open_database(config)
            stack.enter_context(contextlib.closing(store))
            _prepare_accounts(config, token, store)
            services = _assemble(config, store, devices, engine)
        except (DeviceFileError, StoreUnusable, DomainError) as exc:
            raise StartError(str(exc)) from exc
        stack.enter_context(contextlib.closing(services.dispatcher))
        services.dispatcher.start()
        yield services


@contextlib.contextmanager
def open_users(config: ServiceConfig) -> Iterator[Users]:
    """Open the users of the service with these settings, which may be running.

    Raises:
        AdministrationError: If data directory or database cannot be used, or a change is refused.
    """
    try:
        with contextlib.closing(_open_beside_a_service(config)) as store:
            yield Users(store.accounts, Clock())
    except (DataDirError, StoreUnusable) as exc:
        raise AdministrationError(str(exc)) from exc
    except DomainError as exc:
        raise AdministrationError(exc.message) from exc


def _open_beside_a_service(config: ServiceConfig) -> SqlStore:
    """Open the database; it is made or migrated only if no service holds the directory."""
    try:
        with hold_data_dir(config.data_dir):
            return _open_database(config)
    except DataDirInUse:
        return _open_database(config, migrate=False)


def _open_database(config: ServiceConfig, *, migrate: bool = True) -> SqlStore:
    return open_store(config.database_url or sqlite_url(config.data_dir / DATABASE_NAME), migrate=migrate)


def _prepare_accounts(config: ServiceConfig, token: Optional[str], store: SqlStore) -> None:
    """Let the owner of the token log in, or, without one, the users that the operator has added."""
    if token is not None:
        Accounts(store, Clock()).bootstrap(token, config.projects)
        return
    # A token of an earlier start is not valid any more.
    store.accounts.remove_user(SERVICE_USER)
    if not store.accounts.users():
        raise ConfigError(
            "token",
            None,
            "nobody could log in: there are no users and no API token. Add users with 'ibmq users add', or set the "
            f"environment variable {ENVIRONMENT_PREFIX}TOKEN, or write a token to a file that only you can read and give "
            "it with --token-file",
        )


def _device_dirs(config: ServiceConfig) -> tuple[Path, ...]:
    """Return the directories of the users' devices: those of the settings, and the one that ``ibmq devices add`` fills."""
    added = added_directory(config.data_dir)
    try:
        added.mkdir(exist_ok=True)
    except OSError as err:
        raise StartError(f"The directory {added} cannot be made: {err.strerror}.") from err
    return (*config.device_dirs, added)


def _assemble(
    config: ServiceConfig, store: Store, devices: DeviceCatalogue, engine: Optional[Engine]
) -> Services:
    clock = Clock()
    blobs = DirectoryBlobs(config.data_dir / BLOBS_NAME)
    events = EventHub()
    limits = Limits(
        payload_bytes=config.max_payload_bytes,
        direct_bytes=config.max_direct_bytes,
        jobs_per_device=config.max_jobs_per_device,
        filter_seconds=config.filter_seconds,
    )
    housekeeper = Housekeeper(
        store, blobs, events, clock, HousekeepingConfig(draft_ttl=config.upload_seconds)
    )
    # The lock on the data directory keeps other processes away from the database in it, and only from that.
    exclusive = config.database_url is None
    if exclusive:
        housekeeper.sweep_at_start()
    queues = DeviceQueues(store, devices, limits, clock, workers=config.worker_count)
    jobs = Jobs(store, blobs, devices, queues, limits, events, clock)
    return Services(
        config=config,
        accounts=Accounts(store, clock),
        jobs=jobs,
        submissions=Submissions(store, blobs, devices, jobs, limits, events, clock),
        queues=queues,
        devices=devices,
        blobs=blobs,
        events=events,
        signer=UrlSigner.load(store, clock),
        dispatcher=Dispatcher(
            store,
            blobs,
            engine or _local_engine(config),
            events,
            DispatchConfig(
                exclusive=exclusive,
                time_limit=config.job_seconds,
                device_limits=dict(config.device_seconds),
            ),
            housekeeper=housekeeper,
            clock=clock,
        ),
        activity=Activity(time.monotonic),
        throttle=Throttle(config.requests_per_second, time.monotonic),
        sockets=ConnectionQuota(config.max_sockets, config.max_sockets_per_user),
        listings=PerUserSemaphore(LISTINGS_PER_USER),
    )


def _caps(config: ServiceConfig) -> dict[str, int]:
    """Return what the service allows, where a device allows more, by the keys of a configuration."""
    caps = {"max_experiments": config.max_circuits, "max_shots": config.max_shots}
    return {key: most for key, most in caps.items() if most is not None}


def _local_engine(config: ServiceConfig) -> LocalEngine:
    return LocalEngine(
        _device_dirs(config),
        workers=config.worker_count,
        memory=config.max_job_memory,
        max_experiments=config.max_circuits,
        max_shots=config.max_shots,
    )
