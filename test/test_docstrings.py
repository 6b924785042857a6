# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Every public name of the client is described, with an example that runs."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import inspect
import re
from pathlib import Path

import pytest
from qiskit import QuantumCircuit

import qiskit_ibmq_provider

ROOT = Path(__file__).resolve().parents[1]

PUBLIC = {
    "_backend.estimate": ("RunEstimate",),
    "accountprovider": ("AccountProvider",),
    "backend_tables": ("backend_monitor", "backend_overview"),
    "backendjoblimit": ("BackendJobLimit",),
    "backendreservation": ("BackendReservation",),
    "credentials.credentials": ("Credentials",),
    "credentials.exceptions": (
        "CredentialsError",
        "CredentialsNotFoundError",
        "InvalidCredentialsFormatError",
    ),
    "exceptions": tuple(importlib.import_module("qiskit_ibmq_provider.exceptions").__all__),
    "ibmqbackend": ("IBMQBackend", "IBMQSimulator"),
    "ibmqbackendservice": ("IBMQBackendService", "least_busy"),
    "ibmqfactory": ("IBMQFactory",),
    "job.exceptions": tuple(importlib.import_module("qiskit_ibmq_provider.job.exceptions").__all__),
    "job.ibmqjob": ("IBMQJob",),
    "job.job_monitor": ("job_monitor",),
    "job.queueinfo": ("QueueInfo",),
    "managed.exceptions": tuple(importlib.import_module("qiskit_ibmq_provider.managed.exceptions").__all__),
    "managed.ibmqjobmanager": ("IBMQJobManager",),
    "managed.managedjob": ("ManagedJob",),
    "managed.managedjobset": ("ManagedJobSet",),
    "managed.managedresults": ("ManagedResults",),
    "runner_result": ("RunnerResult",),
    "service.testing": ("ServiceProcess",),
    "utils.converters": ("seconds_to_duration", "utc_to_local"),
    "utils.json_decoder": (),
    "utils.json_encoder": (),
    "utils.qobj_utils": ("update_qobj_config",),
    "utils.utils": ("to_python_identifier", "validate_job_tags"),
}
"""Module to the names in it that users know. Whatever examples its docstrings hold are run."""

NAMES = [(module, name) for module, names in PUBLIC.items() for name in names]

_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def _named(module: str, name: str):
    return getattr(importlib.import_module(f"qiskit_ibmq_provider.{module}"), name)


def _public_members(owner: type):
    """Give name and function of each public method and property that this package defines."""
    for name in dir(owner):
        member = inspect.getattr_static(owner, name)
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        module = getattr(function, "__module__", None) or ""
        if (
            not name.startswith("_")
            and inspect.isroutine(function)
            and module.startswith("qiskit_ibmq_provider")
        ):
            yield name, function


def test_every_name_that_the_package_exports_is_looked_at_here():
    exported = {
        name
        for name in qiskit_ibmq_provider.__all__
        if inspect.isclass(getattr(qiskit_ibmq_provider, name))
        or inspect.isfunction(getattr(qiskit_ibmq_provider, name))
    }
    assert exported - {name for _, name in NAMES} <= {"setup_logger"}


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda value: value)
def test_a_public_name_is_described_with_an_example(module, name):
    described = _named(module, name)
    assert described.__doc__, f"{name} has no docstring"
    text = inspect.getdoc(described) or ""
    if inspect.isclass(described) and issubclass(described, Exception):
        # Exceptions share the example of their module.
        text = importlib.import_module(described.__module__).__doc__ or ""
    elif inspect.isclass(described):
        # What has no life of its own is shown by the methods.
        text += "".join(inspect.getdoc(function) or "" for _, function in _public_members(described))
    assert ">>>" in text, f"{name} has no example"


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda value: value)
def test_a_public_method_says_what_it_does_and_takes(module, name):
    described = _named(module, name)
    members = list(_public_members(described)) if inspect.isclass(described) else [(name, described)]
    silent = []
    for member, function in members:
        text = inspect.getdoc(function) or ""
        parameters = [
            parameter.name
            for parameter in inspect.signature(function).parameters.values()
            if parameter.name not in ("self", "cls")
            and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        if not text:
            silent.append(f"{member} has no docstring")
        if len(parameters) < 2 and "Args:" not in text:
            continue  # A single argument may be told of in the text.
        told = text.partition("Args:")[2]
        silent += [f"{member}: {each}" for each in parameters if not re.search(rf"^\s+{each}:", told, re.M)]
    assert not silent


@pytest.fixture(scope="module")
def circuit():
    bell = QuantumCircuit(2, 2, name="bell")
    bell.h(0)
    bell.cx(0, 1)
    bell.measure([0, 1], [0, 1])
    return bell


@pytest.fixture(scope="module")
def finished_job(ibmq_backend, circuit):
    job = ibmq_backend.run(circuit)
    job.wait_for_final_state(timeout=60)
    return job


@pytest.fixture
def names_of_examples(ibmq_service, ibmq_provider, ibmq_backend, circuit, finished_job):
    """What an example may use without saying where it comes from."""
    from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
    from qiskit_ibmq_provider.managed.ibmqjobmanager import IBMQJobManager

    account = IBMQFactory()
    yield {
        "IBMQ": account,
        "IBMQJobManager": IBMQJobManager,
        "asyncio": asyncio,
        "backend": ibmq_backend,
        "circuit": circuit,
        "job": finished_job,
        "provider": ibmq_provider,
        "token": ibmq_service.token,
        "url": ibmq_service.url,
        "vigo": ibmq_provider.get_backend("ibmq_vigo"),
    }
    if account.active_account():
        account.disable_account()


@pytest.mark.parametrize("module", sorted(PUBLIC))
def test_the_examples_of_the_docstrings_run(module, names_of_examples):
    tested = importlib.import_module(f"qiskit_ibmq_provider.{module}")
    result = doctest.testmod(tested, extraglobs=dict(names_of_examples), optionflags=_FLAGS)
    assert result.failed == 0  # what differed is in the captured output
