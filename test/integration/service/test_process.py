# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The service as a process: how it starts, what it refuses, how it ends, and what outlives it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests
from service_api import JOBS, Api, bell, endless, receive, statuses

from qiskit_ibmq_provider.service.testing import ServiceProcess, ServiceStartError


def _refusal(service: ServiceProcess) -> str:
    with pytest.raises(ServiceStartError) as caught, service:
        pass
    return str(caught.value)


def test_jobs_and_results_outlive_a_restart(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data") as service, Api(service) as api:
        job_id = api.submit(name="kept")
        assert api.wait(job_id) == "COMPLETED"
        before, result = api.get(f"{JOBS}/{job_id}/v/1"), api.result(job_id)
        url = service.url
        service.restart()
        assert service.url == url
        # The old access token still works, and so does a new login.
        with Api(service) as again:
            for caller in (api, again):
                assert caller.get(f"{JOBS}/{job_id}/v/1") == before
                assert caller.result(job_id) == result


def test_jobs_run_again_after_the_service_was_killed(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data", settings={"workers": 1}) as service, Api(service) as api:
        running, queued, draft = api.submit(endless()), api.submit(), api.create()
        with api.socket(running) as connection:
            receive(connection)
            statuses(connection, until=["RUNNING"])
        assert service.kill() == -signal.SIGKILL
        service.start()
        with api.socket(running) as connection:
            receive(connection)
            statuses(connection, until=["RUNNING"])
        assert api.post(f"{JOBS}/{running}/cancel") == {"cancelled": True}
        assert api.wait(queued) == "COMPLETED"
        assert api.result(queued)["success"] is True
        # A job that was still being made goes on where it was.
        requests.put(draft["objectStorageInfo"]["uploadUrl"], data=json.dumps(bell()), timeout=10)
        api.post(f"{JOBS}/{draft['id']}/jobDataUploaded")
        assert api.wait(draft["id"]) == "COMPLETED"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_quickly_and_running_jobs_go_back_to_the_queue(
    tmp_path: Path, number: signal.Signals
) -> None:
    with ServiceProcess(tmp_path / "data", settings={"workers": 1}) as service, Api(service) as api:
        job_id = api.submit(endless())
        with api.socket(job_id) as connection:
            receive(connection)
            statuses(connection, until=["RUNNING"])
        children = _descendants(service.pid)
        started = time.monotonic()
        service.signal(number)
        assert service.wait(20) == 0
        assert time.monotonic() - started < 8
        assert _left_over(children) == set()
        service.start()
        with api.socket(job_id) as connection:
            receive(connection)
            statuses(connection, until=["RUNNING"])
        api.post(f"{JOBS}/{job_id}/cancel")


def test_a_killed_service_leaves_no_workers_behind(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data") as service, Api(service) as api:
        api.wait(api.submit())
        job_id = api.submit(endless())
        with api.socket(job_id) as connection:
            receive(connection)
            statuses(connection, until=["RUNNING"])
        children = _descendants(service.pid)
        assert children
        service.kill()
        assert _left_over(children) == set()


def test_a_second_service_on_the_same_directory_is_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data") as first:
        message = _refusal(ServiceProcess(tmp_path / "data"))
        assert "exit code 4" in message
        assert f"is in use by another service (process {first.pid})" in message
        with Api(first) as api:
            assert api.get("/users/me")


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        message = _refusal(ServiceProcess(tmp_path / "data", port=port))
    assert "exit code 5" in message
    assert f"It cannot listen on 127.0.0.1 port {port}: Address already in use" in message
    assert "--port" in message
    assert "Traceback" not in message


def test_a_directory_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    message = _refusal(ServiceProcess(tmp_path / "nowhere" / "data"))
    assert "exit code 3" in message
    assert f"there is no directory {tmp_path / 'nowhere'}" in message
    file = tmp_path / "file"
    file.touch()
    assert "is a file" in _refusal(ServiceProcess(file))
    if os.geteuid() != 0:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o500)
        assert "cannot be written: Permission denied" in _refusal(ServiceProcess(closed / "data"))


def test_a_wrong_setting_is_refused_by_its_name(tmp_path: Path) -> None:
    message = _refusal(ServiceProcess(tmp_path / "data", settings={"url_seconds": "long"}))
    assert "exit code 2" in message
    assert "'url_seconds' = 'long'" in message
    assert "IBMQ_SERVICE_URL_SECONDS" in message
    assert "Traceback" not in message


def test_without_a_token_it_says_how_to_give_one(tmp_path: Path) -> None:
    message = _refusal(ServiceProcess(tmp_path / "data", token=""))
    assert "exit code 2" in message
    assert "IBMQ_SERVICE_TOKEN" in message
    assert "--token-file" in message


def test_a_database_that_cannot_be_used_is_refused_without_a_traceback(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data") as service:
        service.stop()
        (database,) = service.data_dir.glob("*.db")
        database.write_bytes(b"this is no database" * 1000)
        for extra in service.data_dir.glob("*.db-*"):
            extra.unlink()
        message = _refusal(ServiceProcess(tmp_path / "data"))
    assert "exit code 1" in message
    assert "Traceback" not in message


def test_another_token_locks_the_old_one_out(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data") as service, Api(service) as api:
        job_id = api.create()["id"]
    with ServiceProcess(tmp_path / "data", token="another-token") as service:
        answer = requests.get(service.url + "/users/me", headers={"X-Access-Token": api.token}, timeout=10)
        assert answer.status_code == 401
        with Api(service) as again:
            assert again.get(f"{JOBS}/{job_id}/v/1")["id"] == job_id


def test_an_idle_service_ends_by_itself_but_not_while_a_job_runs(tmp_path: Path) -> None:
    settings = {"workers": 1, "idle_timeout": 4}
    with ServiceProcess(tmp_path / "data", settings=settings) as service, Api(service) as api:
        job_id = api.submit(endless())
        with pytest.raises(subprocess.TimeoutExpired):
            service.wait(6)
        api.post(f"{JOBS}/{job_id}/cancel")
        assert service.wait(30) == 0
        assert "Nobody used the service for 4 seconds" in service.log()


def test_no_secret_is_in_the_log(tmp_path: Path) -> None:
    settings = {"access_log": "yes", "log_level": "DEBUG"}
    with (
        ServiceProcess(tmp_path / "data", settings=settings, token="marker-of-a-token") as service,
        Api(service) as api,
    ):
        api.wait(api.submit())
        requests.get(service.url + "/users/me", params={"access_token": api.token}, timeout=10)
        api.request("POST", "/users/loginWithToken", json={"apiToken": "marker-of-another"})
        service.stop()
        # service.log() hides the API token itself, so the file is read here.
        assert service._log_path is not None
        log = service._log_path.read_text()
    assert "GET /api/users/me 200" in log
    assert "PUT /api/storage/upload/" in log
    for secret in ("marker-of-a-token", "marker-of-another", api.token, "signature="):
        assert secret not in log


def test_data_is_for_its_owner_only_also_in_an_open_directory(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    with ServiceProcess(tmp_path / "data") as service, Api(service) as api:
        api.wait(api.submit())
        found = [path for path in service.data_dir.rglob("*") if path.stat().st_mode & 0o077]
        assert found == []


def test_a_token_file_that_others_can_read_is_warned_of(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("token-in-a-file\n")
    file.chmod(0o644)
    with ServiceProcess(tmp_path / "data", token="", settings={"token_file": file}) as service:
        body = {"apiToken": "token-in-a-file"}
        assert requests.post(service.url + "/users/loginWithToken", json=body, timeout=10).status_code == 200
        assert f"Other users can read the token file {file}" in service.log()


def test_workers_do_not_inherit_the_token(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data", token="marker-of-a-token") as service, Api(service) as api:
        api.wait(api.submit())
        children = _descendants(service.pid)
        assert children
        assert not [
            pid for pid in children if b"marker-of-a-token" in Path(f"/proc/{pid}/environ").read_bytes()
        ]


def test_it_is_ready_within_seconds(tmp_path: Path) -> None:
    started = time.monotonic()
    with ServiceProcess(tmp_path / "data"):
        assert time.monotonic() - started < 15


def _descendants(pid: int) -> set[int]:
    """Return the processes that a process has started, and those that these have started."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            parents[int(entry.name)] = int(fields[1])
    found = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in found} - found
        if not more:
            return found - {pid}
        found |= more


def _left_over(pids: set[int]) -> set[int]:
    """Return which of these processes do not end, and end them."""
    deadline = time.monotonic() + 10
    # The end of a process that is not our child is no event that could be waited for.
    while (left := {pid for pid in pids if _alive(pid)}) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    return left


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_the_service_can_run_from_an_interpreter_of_its_own(tmp_path: Path, monkeypatch) -> None:
    python = os.environ.get("IBMQ_TEST_SERVICE_PYTHON") or sys.executable

    def interpreter(name: str) -> Path:
        path = tmp_path / name
        path.write_text(f'#!/bin/sh\ntouch {tmp_path}/{name}.ran\nexec "{python}" "$@"\n', "utf-8")
        path.chmod(0o755)
        return path

    monkeypatch.setenv("IBMQ_TEST_SERVICE_PYTHON", str(interpreter("variable")))
    with ServiceProcess() as service:
        assert service.running
    with ServiceProcess(python=interpreter("argument")) as service:
        assert service.running and service.data_dir.exists()
    assert sorted(path.name for path in tmp_path.glob("*.ran")) == ["argument.ran", "variable.ran"]
