# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The rooms of the tests are those that docs/testing.md describes."""

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "qiskit_ibmq_provider"
TESTS = ROOT / "test"
TEXT = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
TOX = (ROOT / "tox.ini").read_text(encoding="utf-8")


def folders(of):
    return sorted(path for path in of.iterdir() if path.is_dir() and not path.name.startswith(("_", ".")))


def environments():
    """Return the names of the environments of tox, with those that are written in one section taken apart."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read_string(TOX)
    for section in parser.sections():
        name = section.removeprefix("testenv:") if section.startswith("testenv:") else ""
        if match := re.fullmatch(r"([^{]*)\{([^}]*)\}", name):
            yield from (match[1] + end for end in match[2].split(",") if end)
        elif "{" in name:
            yield name.partition("{")[0]
        elif name:
            yield name


@pytest.mark.parametrize("folder", folders(TESTS), ids=lambda path: path.name)
def test_the_map_names_each_folder(folder):
    assert f"`test/{folder.name}`" in TEXT


@pytest.mark.parametrize("name", sorted(set(environments())))
def test_the_map_names_each_environment(name):
    library = name.removeprefix("thirdparty")
    assert f"`{name}`" in TEXT or f"`{library}`" in TEXT


def mirrored(unit):
    """Return what a folder or file of test/unit is about: a room of the package, private or not."""
    relative = unit.relative_to(TESTS / "unit")
    return [PACKAGE / relative, PACKAGE / relative.with_name("_" + relative.name)]


@pytest.mark.parametrize(
    "folder",
    [path for path in sorted((TESTS / "unit").rglob("*")) if path.is_dir() and any(path.glob("*.py"))],
    ids=str,
)
def test_each_folder_of_unit_tests_is_one_of_the_package(folder):
    assert any(path.is_dir() for path in mirrored(folder))


@pytest.mark.parametrize("file", sorted((TESTS / "unit").glob("test_*.py")), ids=lambda path: path.name)
def test_each_file_beside_them_is_about_a_module_at_the_top(file):
    named = file.with_name(file.name.removeprefix("test_"))
    assert any(path.is_file() for path in mirrored(named))


def test_each_path_in_the_environments_exists():
    paths = re.findall(r"\{\[tests\]dir\}((?:\{/\}[\w*.]+)*)", TOX)
    assert len(paths) > 20
    for path in paths:
        relative = path.replace("{/}", "/").strip("/")
        assert list(TESTS.glob(relative)) if "*" in relative else (TESTS / relative).exists(), relative
