# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The wheel: what is in it, what it asks for, and that it works where it is installed."""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
OLDER = "qiskit/providers/ibmq"

pytestmark = pytest.mark.skipif(
    not (CHECKOUT / "setup.py").exists(), reason="builds the wheel from a checkout, and there is none here"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory, original_environment) -> Path:
    """The wheel, built from a copy: building leaves traces in the source tree."""
    source = tmp_path_factory.mktemp("source") / "checkout"
    ignored = shutil.ignore_patterns(
        ".git", ".tox", ".venv", "build", "dist", "*.egg-info", "__pycache__", ".*_cache", "test"
    )
    shutil.copytree(CHECKOUT, source, ignore=ignored)
    target = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(target),
        str(source),
    ]
    done = subprocess.run(
        command,
        env=original_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stdout
    (built,) = target.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def metadata(wheel) -> email.message.Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [each for each in archive.namelist() if each.endswith(".dist-info/METADATA")]
        return email.message_from_bytes(archive.read(name))


def test_the_name_replaces_the_original_and_the_version_is_newer(wheel, metadata):
    from qiskit_ibmq_provider.version import VERSION

    assert wheel.name == f"qiskit_ibmq_provider-{VERSION}-py3-none-any.whl"
    assert metadata["Name"] == "qiskit-ibmq-provider"
    assert metadata["Version"] == VERSION
    assert tuple(map(int, VERSION.split("."))) > (0, 20, 2)


def test_the_packages_of_terra_are_not_shipped(names):
    inside = {name for name in names if name.startswith("qiskit/")}
    assert inside == {f"{OLDER}/__init__.py"}
    assert {name.partition("/")[0].partition("-")[0] for name in names} == {"qiskit", "qiskit_ibmq_provider"}
    assert not [name for name in names if "_qiskit_namespace" in name]


def test_every_source_file_and_every_data_file_is_in_it(names):
    package = CHECKOUT / "qiskit_ibmq_provider"
    wanted = {
        path.relative_to(CHECKOUT).as_posix()
        for pattern in (
            "**/*.py",
            "py.typed",
            "service/devices/profiles/**/*",
            "service/store/migrations/**/*",
        )
        for path in package.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts and "_qiskit_namespace" not in path.parts
    }
    assert "qiskit_ibmq_provider/py.typed" in wanted
    assert any("/profiles/" in name for name in wanted)
    assert any("/migrations/" in name for name in wanted)
    assert not wanted - names


def test_nothing_else_is_in_it(names):
    known = (".py", ".json", "py.typed", ".mako", ".ini", ".md")
    assert not [name for name in names if ".dist-info/" not in name and not name.endswith(known)]
    assert not [name for name in names if name.startswith("test") or "__pycache__" in name]


def test_the_license_travels_with_it(names):
    assert [name for name in names if ".dist-info/" in name and name.endswith("LICENSE")]


def test_requirements_txt_is_what_the_client_asks_for(metadata):
    from packaging.requirements import Requirement

    lines = (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    listed = {str(Requirement(line)) for line in lines if line.strip() and not line.startswith("#")}
    asked = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    assert {str(each) for each in asked if "extra ==" not in str(each.marker)} == listed


def test_the_resolver_cannot_mix_qiskit_generations(metadata):
    from packaging.requirements import Requirement

    asked = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    client = {each.name: each.specifier for each in asked if each.marker is None}
    for name in ("qiskit", "qiskit-terra"):
        assert client[name].contains("0.46.3") and not client[name].contains("1.0.0")


def test_the_lowest_versions_that_are_declared_are_those_that_are_tested(metadata):
    from packaging.requirements import Requirement
    from packaging.version import Version

    text = (CHECKOUT / "tox.ini").read_text(encoding="utf-8")
    section = text.partition("[testenv:lowest]")[2].partition("[testenv:")[0]
    pinned = dict(re.findall(r"^ +([a-z-]+)==([0-9.]+)$", section, flags=re.MULTILINE))
    asked = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    declared = {
        each.name: Version(spec.version)
        for each in asked
        if each.marker is None
        for spec in each.specifier
        if spec.operator == ">="
    }
    assert {name: Version(version) for name, version in pinned.items()} == declared


def test_the_extras_are_those_that_the_documentation_names(metadata):
    extras = {"dev", "keyring", "ntlm", "service"}
    assert set(metadata.get_all("Provides-Extra")) == extras


def test_the_service_asks_for_an_aer_that_works_and_exists(metadata):
    from packaging.requirements import Requirement

    (aer,) = [
        each
        for each in map(Requirement, metadata.get_all("Requires-Dist"))
        if each.name == "qiskit-aer" and each.marker.evaluate({"extra": "service", "python_version": "3.11"})
    ]
    assert aer.specifier.contains("0.14.2")
    assert not aer.specifier.contains("0.13.1"), "its import fails"
    assert not aer.specifier.contains("0.15.0"), "it is made for Qiskit 1"
    assert not aer.marker.evaluate({"extra": "service", "python_version": "3.13"}), (
        "there is no package of it"
    )


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory, original_environment) -> Path:
    """An interpreter that has the wheel and, by links, all that this interpreter has.

    The wheel goes into terra's own folder, so that folder and the two above the package are real; all else is linked.
    """
    root = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root)], check=True, timeout=120)
    python = root / "bin" / "python"
    if not python.exists():
        pytest.skip("virtual environments look different on this system")
    purelib = Path(
        subprocess.check_output(
            [str(python), "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    _link(Path(sysconfig.get_path("purelib")), purelib, real=("qiskit", "qiskit/providers"))
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", str(wheel)],
        env=original_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return python


def _link(source: Path, target: Path, *, real: tuple[str, ...], below: str = "") -> None:
    for entry in source.iterdir():
        path = f"{below}{entry.name}"
        if path in real:
            (target / entry.name).mkdir(exist_ok=True)
            _link(entry, target / entry.name, real=real, below=path + "/")
        elif (
            "qiskit_ibmq_provider" not in entry.name and path != OLDER and not (target / entry.name).exists()
        ):
            (target / entry.name).symlink_to(entry)


def _run(python: Path, *arguments: str) -> str:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-W", "ignore", *arguments],
        cwd=python.parent,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_from_qiskit_import_ibmq_works_once_it_is_installed(environment):
    said = _run(
        environment,
        "-c",
        "from qiskit import IBMQ; print(IBMQ.active_account());"
        "import qiskit.providers.ibmq as older, qiskit_ibmq_provider as package;"
        "assert older is package; print(package.__file__)",
    )
    first, second = said.split()
    assert first == "None"
    assert str(environment.parents[1]) in second, "not the wheel, but another copy was imported"


def test_the_command_is_installed(environment):
    from qiskit_ibmq_provider.version import VERSION

    assert VERSION in _run(environment, str(environment.parent / "ibmq"), "--version")
    assert VERSION in _run(environment, "-m", "qiskit_ibmq_provider.cli", "--version")


def test_it_is_removed_without_a_trace(environment, original_environment):
    command = [sys.executable, "-m", "pip", "--python", str(environment), "uninstall", "--quiet", "--yes"]
    subprocess.run([*command, "qiskit-ibmq-provider"], check=True, env=original_environment, timeout=120)
    said = _run(
        environment,
        "-c",
        "import importlib.util as u; print(u.find_spec('qiskit_ibmq_provider'), "
        "u.find_spec('qiskit.providers.ibmq'), u.find_spec('qiskit') is not None)",
    )
    assert said.split() == ["None", "None", "True"]
