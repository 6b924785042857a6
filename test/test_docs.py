# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The pages say what the code does: nothing is left undocumented."""

from __future__ import annotations

import dataclasses
import importlib
import re
from pathlib import Path

import pytest

from qiskit_ibmq_provider.protocol import routes
from qiskit_ibmq_provider.protocol.errors import ErrorCode

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"

_RESERVED = {"JOBS_DIRECT", "JOB_RESULT_DIRECT"}

_ORIGINAL = {
    "accountprovider:AccountProvider": """
        backend backends credentials experiment get_backend has_service run_circuits runtime service services version
    """,
    "backendjoblimit:BackendJobLimit": "active_jobs maximum_jobs",
    "ibmqbackend:IBMQBackend": """
        active_jobs configuration defaults group hub id_warning_issued job_limit jobs name options project properties
        provider qobj_warning_issued remaining_jobs_count reservations retrieve_job run set_options status version
    """,
    "ibmqbackendservice:IBMQBackendService": "backends job_ids jobs my_reservations retrieve_job",
    "ibmqfactory:IBMQFactory": """
        active_account delete_account disable_account enable_account get_provider load_account providers save_account
        stored_account update_account
    """,
    "job.ibmqjob:IBMQJob": """
        backend backend_options cancel cancelled circuits client_version creation_date done error_message experiment_id
        header in_final_state job_id name properties qobj queue_info queue_position refresh result running
        scheduling_mode share_level status submit tags time_per_step update_name update_tags version
        wait_for_final_state
    """,
    "job.queueinfo:QueueInfo": """
        estimated_complete_time estimated_start_time format group_priority hub_priority job_id position project_priority
    """,
    "managed.ibmqjobmanager:IBMQJobManager": "job_sets report retrieve_job_set run",
    "managed.managedjobset:ManagedJobSet": """
        cancel error_messages job job_set_id jobs managed_jobs name qobjs report results retrieve_jobs run statuses tags
        update_name update_tags
    """,
    "managed.managedresults:ManagedResults": """
        backend_name combine_results data get_counts get_memory get_statevector get_unitary success
    """,
}
"""The public names that qiskit-ibmq-provider 0.20.2 has in the classes that users hold."""


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


def test_the_table_of_settings_is_that_of_their_declaration():
    config = pytest.importorskip("qiskit_ibmq_provider.service.config")
    rows = []
    for field in dataclasses.fields(config.ServiceConfig):
        default = "" if field.default in (None, ()) else f"`{field.default}`"
        if field.name == "projects":
            default = f"`{','.join('/'.join(names) for names in field.default)}`"
        option = field.name.replace("_", "-")
        rows.append(f"| `{field.name}` | `--{option}` | {default} | {field.metadata['help']} |")
    table = _page("service.md").partition("| setting | option | default | meaning |\n|---|---|---|---|\n")[2]
    assert table.partition("\n\n")[0].splitlines() == rows


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


@pytest.mark.parametrize("place", sorted(_ORIGINAL))
def test_every_name_that_the_original_does_not_have_is_on_the_page_of_differences(place):
    module, name = place.split(":")
    ours = getattr(importlib.import_module(f"qiskit_ibmq_provider.{module}"), name)
    added = {each for each in dir(ours) if not each.startswith("_")} - set(_ORIGINAL[place].split())
    page = _page("compatibility.md")
    assert [each for each in sorted(added) if f"`{name}.{each}`" not in page] == []
    assert set(re.findall(rf"`{name}\.(\w+)`", page)) <= set(dir(ours))


def test_links_between_pages_lead_somewhere():
    broken = []
    for page in [*DOCS.glob("*.md"), ROOT / "README.md"]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert not broken
