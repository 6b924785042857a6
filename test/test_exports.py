# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Every module says what it exports: sorted, complete, existing."""

from __future__ import annotations

import ast
import importlib
import importlib.util
from pathlib import Path

import pytest

import qiskit_ibmq_provider

ROOT = Path(qiskit_ibmq_provider.__file__).parent
SCRIPTS = ("__main__.py", "env.py")  # run, never imported for their names
LEFT_OUT = ("_qiskit_namespace", "migrations")  # the stub of the older name; scripts of alembic


def _modules() -> list[str]:
    names = []
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT.parent).with_suffix("").parts
        if path.name in SCRIPTS or any(part in LEFT_OUT for part in parts):
            continue
        names.append(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    return names


def _public_definitions(tree: ast.Module) -> set[str]:
    """Names of the public classes and functions that a module defines itself."""
    return {
        node.name
        for node in tree.body
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and not node.name.startswith("_")
    }


def _import(name: str):
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.split(".")[0] == "qiskit_ibmq_provider":
            raise
        pytest.skip(f"needs an extra: {error.name} is not installed")


@pytest.mark.parametrize("name", _modules())
def test_all_is_sorted_exact_and_existing(name):
    module = _import(name)
    exported = module.__all__
    assert list(exported) == sorted(exported), "not in the order of sorted()"
    assert len(set(exported)) == len(exported), "a name twice"
    missing = [each for each in exported if not hasattr(module, each)]
    assert not missing, "listed, but not there"
    source = Path(module.__file__).read_text(encoding="utf-8")
    assert not _public_definitions(ast.parse(source)) - set(exported), "public, but not listed"


@pytest.mark.parametrize("name", qiskit_ibmq_provider.__all__)
def test_lazy_names_of_the_package_resolve_and_stay(name):
    assert getattr(qiskit_ibmq_provider, name) is getattr(qiskit_ibmq_provider, name)
    assert name in dir(qiskit_ibmq_provider)


def test_the_modules_that_the_original_loads_are_attributes():
    for name in ("accountprovider", "api", "credentials", "exceptions", "ibmqbackend", "job", "utils"):
        assert getattr(qiskit_ibmq_provider, name) is importlib.import_module(f"qiskit_ibmq_provider.{name}")


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="no attribute 'IBMQX'"):
        qiskit_ibmq_provider.IBMQX  # noqa: B018 - the access is the test


def test_nothing_is_shipped_that_is_not_found_as_a_package():
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        if not any(part in LEFT_OUT for part in parts):
            assert (path.parent / "__init__.py").exists(), f"{path.parent} would not be in the wheel"
