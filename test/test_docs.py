# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The pages say what the code does: nothing is left undocumented."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.errors import ErrorCode

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

_RESERVED = {"JOBS_DIRECT", "JOB_RESULT_DIRECT"}


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(routes.__all__) - {"Route", "PROJECT"}))
def test_every_path_is_on_the_protocol_page(name):
    template = getattr(routes, name).template.replace(routes.PROJECT.template, "{P}")
    page = "protocol-extensions.md" if name in _RESERVED else "protocol.md"
    assert f"{template}`" in _page(page)


@pytest.mark.parametrize("code", list(ErrorCode), ids=lambda code: code.name)
def test_every_error_code_is_on_the_protocol_page(code):
    assert f"| {int(code)} | `{code.name}` |" in _page("protocol.md")


def test_every_setting_of_the_service_is_on_its_page():
    config = pytest.importorskip("qiskit_ibmq_provider.service.config")
    page = _page("service.md")
    missing = [
        field.name for field in dataclasses.fields(config.ServiceConfig) if f"`{field.name}`" not in page
    ]
    assert not missing


def test_every_command_and_option_is_on_the_page_of_the_command_line():
    from qiskit_ibmq_provider.cli import build_parser

    page = _page("cli.md")
    missing = []
    stack = [("ibmq", build_parser())]
    while stack:
        name, parser = stack.pop()
        for action in parser._actions:  # argparse offers no other way to list them
            if hasattr(action, "choices") and isinstance(action.choices, dict):
                stack.extend((f"{name} {command}", child) for command, child in action.choices.items())
            missing.extend(
                f"{name} {o}" for o in action.option_strings if o.startswith("--") and f"`{o}" not in page
            )
        if f"`{name}" not in page:
            missing.append(name)
    assert not missing


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in [*DOCS.glob("*.md"), ROOT / "README.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken
