# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Make every module of this package importable by its older name as well.

``qiskit.providers.ibmq.x`` and ``qiskit_ibmq_provider.x`` are one module object, whichever name comes first and from whichever
thread. One finder, put first on ``sys.meta_path``, does two things:

* A module asked for by its older name is imported by its true name and handed out.
* A module imported by its true name is entered under its older name as well, once its body has run. Doing this only on demand is
  not enough: the import system would then bind the module in its parent a second time, and a function of the same name there
  (``job.job_monitor``) would turn into a module. Doing it before the body has run is too early: another thread would get the
  half-made module, because only the lock of the true name is held.

An older name is entered only when its parent's is, so that importing it always goes through its parents and binds them.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from types import ModuleType
from typing import Callable, Sequence

__all__ = ["AliasFinder", "install"]

_TRUE = "qiskit_ibmq_provider"
_ALIAS = "qiskit.providers.ibmq"


def install() -> None:
    """Put the finder first on ``sys.meta_path``, unless it is there, and enter the modules loaded so far."""
    if not any(getattr(finder, "aliased_package", None) == _TRUE for finder in sys.meta_path):
        sys.meta_path.insert(0, AliasFinder())
    parent = sys.modules.get(_ALIAS.rpartition(".")[0])
    if parent is not None:
        sys.modules[_ALIAS] = sys.modules[_TRUE]
        setattr(parent, _ALIAS.rpartition(".")[2], sys.modules[_TRUE])
        _enter_below(_TRUE)


class AliasFinder(importlib.abc.MetaPathFinder):
    """Finder for both names of the package's modules."""

    aliased_package = _TRUE
    """Marks the finder, so that a reloaded package does not install another one."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module of this package by either name; None for all other modules and for missing ones."""
        if fullname.startswith(_TRUE + "."):
            spec = self._next_spec(fullname, path, target)
            if spec is not None and spec.loader is not None:
                # On the loader itself, not in a wrapper: what else asks for it (resources, runpy) sees no difference.
                setattr(spec.loader, "exec_module", _entering(spec.loader.exec_module))
            return spec
        if fullname == _ALIAS or fullname.startswith(_ALIAS + "."):
            true_spec = importlib.util.find_spec(_true_name(fullname))
            return None if true_spec is None else _AliasSpec(fullname, true_spec)
        return None

    def _next_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None
    ) -> importlib.machinery.ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(fullname, path, target)
                if spec is not None:
                    return spec
        return None


class _AliasSpec(importlib.machinery.ModuleSpec):
    """Spec of an older name, which hands out the module of the true name."""

    def __init__(self, fullname: str, true_spec: importlib.machinery.ModuleSpec) -> None:
        super().__init__(
            fullname,
            _AliasLoader(),
            origin=true_spec.origin,
            is_package=true_spec.submodule_search_locations is not None,
        )
        self._true_parent = true_spec.parent

    @property
    def parent(self) -> str | None:
        """The true parent: the module wears this spec for a moment, and its ``__package__`` is the true one."""
        return self._true_parent


class _AliasLoader(importlib.abc.Loader):
    """Hands out the true module instead of making one."""

    def __init__(self) -> None:
        self._true_spec: importlib.machinery.ModuleSpec | None = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        module = importlib.import_module(_true_name(spec.name))
        self._true_spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put the alias spec on the module; reload and relative imports need the true one.
        module.__spec__ = self._true_spec
        _enter_below(module.__name__)


def _true_name(alias: str) -> str:
    return _TRUE + alias[len(_ALIAS) :]


def _alias_name(name: str) -> str:
    return _ALIAS + name[len(_TRUE) :]


def _entering(execute: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    """Wrap a loader's ``exec_module``: enter the older name after success, take it back after a failure."""

    def exec_module(module: ModuleType) -> None:
        name = module.__name__
        reloaded = sys.modules.get(_alias_name(name)) is module
        try:
            execute(module)
        except BaseException:
            if not reloaded:
                _take_back(module)
            raise
        if _alias_name(name.rpartition(".")[0]) in sys.modules:
            sys.modules[_alias_name(name)] = module
            _enter_below(name)

    return exec_module


def _enter_below(name: str) -> None:
    """Enter the older names of all modules below one whose older name is entered."""
    # By length: parents come before their children.
    for below in sorted((key for key in list(sys.modules) if key.startswith(name + ".")), key=len):
        module = sys.modules.get(below)
        parent_entered = _alias_name(below.rpartition(".")[0]) in sys.modules
        if module is not None and parent_entered and not _is_initializing(module):
            sys.modules.setdefault(_alias_name(below), module)


def _is_initializing(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


def _take_back(module: ModuleType) -> None:
    """Remove what an import by the older name, from inside the failing body, has left."""
    parent_name, _, child = module.__name__.rpartition(".")
    sys.modules.pop(_alias_name(module.__name__), None)
    parent = sys.modules.get(parent_name)
    if parent is not None and vars(parent).get(child) is module:
        delattr(parent, child)
