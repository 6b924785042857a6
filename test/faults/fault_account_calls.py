# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Calls of accounts and devices: what is made ready before the fault is there, the call, and what its value has to be."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fault_call import Call, Prepare, returns
from fault_scene import PROJECTS, Scene

from qiskit_ibmq_provider import least_busy
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

__all__ = ["ACCOUNT_CALLS"]

DEVICES = ("ibmq_vigo", "ibmq_lima", "ibmq_belem")
THREADS = 12


def _is_default(scene: Scene, provider: Any) -> None:
    found = provider.credentials.unique_id().to_tuple()
    assert "/".join(found) == PROJECTS[0], f"the default provider is that of {found}"


def _enable(scene: Scene) -> Callable[[], Any]:
    factory = IBMQFactory()
    return lambda: scene.enable(factory)


def _load(scene: Scene) -> Callable[[], Any]:
    """Return what logs in with the account on disk, at the usual times."""
    IBMQFactory.save_account(scene.service.token, scene.proxy.url, overwrite=True)
    return lambda: IBMQFactory().load_account()


def _enable_at(url: Callable[[Scene], str]) -> Prepare:
    """Return what prepares a login at another URL than the proxy's."""

    def prepare(scene: Scene) -> Callable[[], Any]:
        where = url(scene)
        return lambda: scene.enable(IBMQFactory(), where)

    return prepare


def _other_project(scene: Scene) -> Callable[[], Any]:
    """Log in, and list the devices of the second project; what fails is the list."""
    factory = IBMQFactory()

    def call() -> Any:
        scene.enable(factory)
        return factory.get_provider("campus").backends()

    return call


def _devices_of_a_project(scene: Scene) -> Callable[[], Any]:
    factory = IBMQFactory()
    scene.enable(factory)
    provider = factory.get_provider(project="pupil7")
    return provider.backends


def _in_threads(scene: Scene) -> Callable[[], Any]:
    """Return what asks the same in several threads; of several failures it raises the first."""
    backend = scene.provider.get_backend(DEVICES[0])

    def call() -> list[Any]:
        with ThreadPoolExecutor(THREADS) as pool:
            futures = [pool.submit(backend.status) for _ in range(THREADS)]
        return [future.result() for future in futures]

    return call


def _on_backend(call: Callable[[Any], Any], name: str = DEVICES[0]) -> Prepare:
    return lambda scene: lambda: call(scene.provider.get_backend(name))


_LIST = returns(lambda value: isinstance(value, list))

ACCOUNT_CALLS: dict[str, Call] = {
    "enable": Call(_enable, _is_default, logs_in=True),
    "load": Call(_load, _is_default, logs_in=True),
    "enable where nobody listens": Call(
        _enable_at(lambda scene: "http://127.0.0.1:9/api"), _is_default, repeats=False
    ),
    "enable by https": Call(
        _enable_at(lambda scene: scene.service.url.replace("http:", "https:")), _is_default, repeats=False
    ),
    "enable by an unknown certificate": Call(
        _enable_at(lambda scene: scene.secure_url()), _is_default, repeats=False
    ),
    "enable at a full host": Call(_enable_at(lambda scene: scene.full_url()), _is_default, repeats=False),
    "other project": Call(_other_project, returns(len), logs_in=True),
    "backends": Call(_devices_of_a_project, returns(len)),
    "properties": Call(
        _on_backend(lambda backend: backend.properties(refresh=True)), returns(lambda v: len(v.qubits) == 5)
    ),
    "defaults": Call(
        _on_backend(lambda backend: backend.defaults(refresh=True), "ibmq_lima"),
        returns(lambda v: v.qubit_freq_est),
    ),
    "status": Call(_on_backend(lambda backend: backend.status()), returns(lambda v: v.operational)),
    "status in 12 threads": Call(_in_threads, returns(lambda v: len(v) == THREADS)),
    "job limit": Call(
        _on_backend(lambda backend: backend.job_limit()), returns(lambda v: v.active_jobs is not None)
    ),
    "remaining": Call(_on_backend(lambda backend: backend.remaining_jobs_count()), returns(lambda v: True)),
    "active jobs": Call(_on_backend(lambda backend: backend.active_jobs()), _LIST),
    "reservations": Call(_on_backend(lambda backend: backend.reservations()), _LIST),
    "my reservations": Call(lambda scene: scene.provider.backend.my_reservations, _LIST),
    "least busy": Call(
        lambda scene: lambda: least_busy([scene.provider.get_backend(name) for name in DEVICES]),
        returns(lambda v: v.name() in DEVICES),
    ),
}
"""The calls by name."""
