# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Make every module of this package importable by its older name as well.

``qiskit.providers.ibmq.x`` and ``qiskit_ibmq_provider.x`` are one module object, whichever name comes first and from whichever
thread. One finder, put first on ``sys.meta_path``, imports a module asked for by its older name by its true name, and hands it out.

Three rules make that safe; each was broken once, and then threads or functions got lost:

* A finder must not import or wait: the import system holds its global lock while it asks. The loader may.
* The submodules that a module's body has loaded are entered together with it. Otherwise the import system would bind them in their
  parent a second time, on demand, and a function of the same name there (``job.job_monitor``) would turn into a module.
* They are entered before the module itself can be seen under its older name, and nothing is entered later. A thread that is
  looking for a name while another one enters it gets the true spec from the import system, and runs the module's body again.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import sys
from collections.abc import Sequence
from types import ModuleType

__all__ = ["AliasFinder", "AliasLoader", "install"]

_TRUE = "qiskit_ibmq_provider"
_ALIAS = "qiskit.providers.ibmq"


def install() -> None:
    """Put the finder first on ``sys.meta_path``, and bind the package in ``qiskit.providers`` if that is loaded."""
    finder = AliasFinder()
    for index, other in enumerate(sys.meta_path):
        if getattr(other, "aliased_package", None) == _TRUE:
            # In its place: a thread that walks through the list meanwhile would miss a finder if one before it were removed.
            sys.meta_path[index] = finder
            break
    else:
        sys.meta_path.insert(0, finder)
    parent_name, _, child = _ALIAS.rpartition(".")
    if parent_name in sys.modules:
        setattr(sys.modules[parent_name], child, sys.modules[_TRUE])


class AliasFinder(importlib.abc.MetaPathFinder):
    """Finder for the older names of the package and of its modules."""

    aliased_package = _TRUE
    """Marks the finder for the package's stub and for a reload."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """Find a module of this package by its older name; None for all other modules and for missing ones."""
        if fullname == _ALIAS:
            spec = sys.modules[_TRUE].__spec__
        elif fullname.startswith(_ALIAS + "."):
            # The path handed in may be that of the stub in qiskit/providers/ibmq; below that it is right.
            top = fullname.count(".") == _ALIAS.count(".") + 1
            spec = self._true_spec(_true_name(fullname), sys.modules[_TRUE].__path__ if top else path)
        else:
            return None
        return None if spec is None else _AliasSpec(fullname, spec)

    def _true_spec(self, name: str, path: Sequence[str] | None) -> importlib.machinery.ModuleSpec | None:
        for finder in sys.meta_path:
            if finder is not self and hasattr(finder, "find_spec"):
                spec = finder.find_spec(name, path, None)
                if spec is not None:
                    return spec
        return None


class AliasLoader(importlib.abc.Loader):
    """Hands out the true module, by an older name, instead of making one."""

    def __init__(self) -> None:
        self._true_spec: importlib.machinery.ModuleSpec | None = None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        """Import the true module, and enter what its body has loaded."""
        module = importlib.import_module(_true_name(spec.name))
        self._true_spec = module.__spec__
        _enter_below(module.__name__)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the true module its own spec back, which reload looks at; the import system has put the alias spec on it."""
        module.__spec__ = self._true_spec


class _AliasSpec(importlib.machinery.ModuleSpec):
    """Spec of an older name."""

    def __init__(self, fullname: str, true_spec: importlib.machinery.ModuleSpec) -> None:
        super().__init__(
            fullname,
            AliasLoader(),
            origin=true_spec.origin,
            is_package=true_spec.submodule_search_locations is not None,
        )
        self._true_parent = true_spec.parent

    @property
    def parent(self) -> str | None:
        """The true parent: the module wears this spec for a moment, and its ``__package__`` is the true one."""
        return self._true_parent


def _true_name(alias: str) -> str:
    return _TRUE + alias[len(_ALIAS) :]


def _alias_name(name: str) -> str:
    return _ALIAS + name[len(_TRUE) :]


def _enter_below(name: str) -> None:
    """Enter the complete modules below one that is not visible under its older name yet, the deepest first."""
    for below in sorted(
        (key for key in list(sys.modules) if key.startswith(name + ".")), key=len, reverse=True
    ):
        module = sys.modules.get(below)
        if module is not None and not getattr(module.__spec__, "_initializing", False):
            sys.modules.setdefault(_alias_name(below), module)
