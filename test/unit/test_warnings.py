# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Warnings name the line that called into the package."""

import warnings

import pytest

from qiskit_ibmq_provider._warnings import warn_caller

INSIDE = "def outer():\n    inner()\ndef inner():\n    warn_caller('Look here.', DeprecationWarning)\n"


def compiled_inside(source, **names):
    """Return the globals of code that passes for a module of the package."""
    module = {"__name__": "qiskit_ibmq_provider.some.module", "warn_caller": warn_caller, **names}
    exec(compile(source, "inside.py", "exec"), module)
    return module


def test_a_warning_names_the_first_line_outside_the_package():
    outer = compiled_inside(INSIDE)["outer"]
    with pytest.warns(DeprecationWarning, match="Look here") as caught:
        outer()
    assert caught[0].filename == __file__


def test_depth_does_not_matter():
    inner = compiled_inside(INSIDE)["inner"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        inner()
        compiled_inside("def deeper():\n    outer()\n", outer=compiled_inside(INSIDE)["outer"])["deeper"]()
    assert [each.filename for each in caught] == [__file__, __file__]
