# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The map of the code names what there is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "qiskit_ibmq_provider"
TEXT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

PATHS = sorted(set(re.findall(r"`((?:\w+/)*\w+\.py|(?:\w+/)+)`", TEXT)))
NAMED = sorted(
    {
        (path, name)
        for path, names in re.findall(r"`([\w/]+\.py)` \(((?:`\w+`(?:, )?)+)\)", TEXT)
        for name in re.findall(r"`(\w+)`", names)
    }
)


@pytest.mark.parametrize("path", PATHS)
def test_each_path_exists(path):
    assert (PACKAGE / path).exists() or (ROOT / path).exists()


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_each_answer_names_something_of_its_file(path, name):
    tree = ast.parse((PACKAGE / path).read_text(encoding="utf-8"))
    defined = {getattr(node, "name", None) for node in ast.walk(tree)}
    fields = {
        node.target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    assert name in defined | fields


def test_the_map_has_its_parts():
    assert len(PATHS) > 50
    assert len(NAMED) > 10
