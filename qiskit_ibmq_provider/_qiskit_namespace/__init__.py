# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What is installed as ``qiskit/providers/ibmq``: it hands over to the package ``qiskit_ibmq_provider``."""

import importlib
import importlib.machinery
import sys


class _EarlyFinder:
    """Serves other threads that ask for a submodule while this one is still importing the package.

    They find this stub as the parent, and the finder of the package, which takes this one's place, is not there yet. Waiting is for
    the loader: the import system holds its global lock while it asks finders.
    """

    aliased_package = "qiskit_ibmq_provider"

    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.startswith(__name__ + "."):
            return None
        return importlib.machinery.ModuleSpec(name, _EarlyLoader(), is_package=True)


class _EarlyLoader:
    def create_module(self, spec):
        importlib.import_module("qiskit_ibmq_provider")
        self._loader = importlib.import_module("qiskit_ibmq_provider._alias").AliasLoader()
        try:
            return self._loader.create_module(spec)
        except ModuleNotFoundError as error:
            if error.name == "qiskit_ibmq_provider" + spec.name[len(__name__) :]:
                raise ModuleNotFoundError(f"No module named {spec.name!r}", name=spec.name) from None
            raise

    def exec_module(self, module):
        self._loader.exec_module(module)


if not any(hasattr(finder, "aliased_package") for finder in sys.meta_path):
    sys.meta_path.insert(0, _EarlyFinder)
try:
    sys.modules[__name__] = importlib.import_module("qiskit_ibmq_provider")
except BaseException:
    if _EarlyFinder in sys.meta_path:
        sys.meta_path.remove(_EarlyFinder)
    raise


def __getattr__(name):
    # Another thread may have got hold of this stub before it was replaced above.
    return getattr(importlib.import_module("qiskit_ibmq_provider"), name)
