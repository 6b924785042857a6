# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Payloads and results travel by signed URLs."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from service_api import JOBS, SIMULATOR, Api, bell

from qiskit_ibmq_provider.service.testing import ServiceProcess


@pytest.fixture(scope="module")
def done(api: Api) -> str:
    job_id = api.submit()
    assert api.wait(job_id) == "COMPLETED"
    return job_id


def _url(api: Api, job_id: str, kind: str = "resultDownloadUrl") -> str:
    return str(api.get(f"{JOBS}/{job_id}/{kind}")["url"])


def _status(method: str, url: str, **kwargs: object) -> tuple[int, int | None]:
    answer = requests.request(method, url, timeout=10, **kwargs)  # type: ignore[arg-type]
    return answer.status_code, answer.json()["error"]["code"] if answer.status_code >= 400 else None


def test_the_url_alone_is_the_permission(api: Api, done: str) -> None:
    url = _url(api, done)
    assert requests.get(url, timeout=10).json()["job_id"] == done
    assert requests.get(url, headers={"X-Access-Token": "wrong"}, timeout=10).status_code == 200


def test_a_result_can_be_asked_for_its_size(api: Api, done: str) -> None:
    url = _url(api, done)
    head, whole = requests.head(url, timeout=10), requests.get(url, timeout=10)
    assert head.headers["content-length"] == str(len(whole.content))
    assert head.content == b""
    assert whole.headers["content-type"] == "application/json"


def test_a_url_for_one_purpose_is_good_for_no_other(api: Api, done: str) -> None:
    result, payload = _url(api, done), _url(api, done, "jobDownloadUrl")
    query = urlsplit(result).query
    assert _status("GET", payload.split("?")[0] + "?" + query) == (403, 2802)
    assert _status("PUT", result, data=b"{}") == (403, 2802)
    assert _status("PUT", result.replace("/result/", "/upload/"), data=b"{}") == (403, 2802)
    assert _status("GET", result.replace("/result/", "/nothing/")) == (403, 2802)
    job = api.create()
    assert _status("GET", job["objectStorageInfo"]["uploadUrl"]) == (403, 2802)
    api.post(f"{JOBS}/{job['id']}/cancel")


def test_a_url_for_one_job_is_good_for_no_other(api: Api, done: str) -> None:
    other = api.submit()
    api.wait(other)
    assert _status("GET", _url(api, done).replace(done, other)) == (403, 2802)
    assert _status("GET", _url(api, done).replace(done, "0" * 24)) == (403, 2802)


def test_a_changed_url_is_refused(api: Api, done: str) -> None:
    url = _url(api, done)
    last = "0" if url[-1] != "0" else "1"
    for changed in (
        url[:-1] + last,
        url.split("?")[0],
        url.replace("expires=1", "expires=9"),
        url.split("&")[0],
    ):
        assert _status("GET", changed) == (403, 2802)


def test_the_payload_may_be_sent_again_until_it_is_announced(api: Api) -> None:
    job = api.create()
    url = job["objectStorageInfo"]["uploadUrl"]
    for payload in (bell(shots=1), bell(shots=33)):
        assert requests.put(url, data=json.dumps(payload), timeout=10).json() == {
            "size": len(json.dumps(payload))
        }
    api.post(f"{JOBS}/{job['id']}/jobDataUploaded")
    assert _status("PUT", url, data=b"{}") == (409, 3210)
    api.wait(job["id"])
    assert api.result(job["id"])["results"][0]["shots"] == 33


def test_the_upload_url_of_older_clients_works(api: Api) -> None:
    job = api.create()
    url = _url(api, job["id"], "jobUploadUrl")
    assert requests.put(url, data=json.dumps(bell()), timeout=10).status_code == 200
    api.post(f"{JOBS}/{job['id']}/jobDataUploaded")
    assert api.wait(job["id"]) == "COMPLETED"


def test_a_body_in_chunks_is_taken(api: Api) -> None:
    job = api.create()
    data = json.dumps(bell()).encode()
    chunks = (data[i : i + 100] for i in range(0, len(data), 100))
    answer = requests.put(job["objectStorageInfo"]["uploadUrl"], data=chunks, timeout=10)
    assert answer.json() == {"size": len(data)}
    api.post(f"{JOBS}/{job['id']}/cancel")


def test_an_upload_that_breaks_off_leaves_nothing(api: Api, ibmq_service: ServiceProcess) -> None:
    job = api.create()
    url = urlsplit(job["objectStorageInfo"]["uploadUrl"])
    with socket.create_connection((url.hostname, url.port), timeout=10) as connection:
        connection.sendall(
            f"PUT {url.path}?{url.query} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n".encode()
            + b"{" * 100_000
        )
    # An answer to the next request on the job is not given before the broken one was noticed, or after: both are right.
    assert api.request("POST", f"{JOBS}/{job['id']}/jobDataUploaded").status_code == 409
    api.post(f"{JOBS}/{job['id']}/cancel")
    blobs = [
        path for path in ibmq_service.data_dir.rglob("*") if job["id"] in path.name and path.suffix == ".json"
    ]
    assert blobs == []
    assert "Traceback" not in ibmq_service.log()


def test_a_payload_over_the_limit_is_refused_before_and_while_it_is_sent(tmp_path: Path) -> None:
    with (
        ServiceProcess(tmp_path / "data", settings={"max_payload_bytes": 5000}) as service,
        Api(service) as api,
    ):
        url = api.create()["objectStorageInfo"]["uploadUrl"]
        assert _status("PUT", url, data=b" " * 5001) == (413, 2803)
        assert _status("PUT", url, data=iter([b" " * 5000, b" "])) == (413, 2803)
        assert _status("PUT", url, data=b" " * 5000) == (200, None)
        assert [path.name for path in service.data_dir.rglob("*.tmp")] == []


def test_a_url_ends_with_its_time(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data", settings={"url_seconds": 0.001}) as service, Api(service) as api:
        url = api.create()["objectStorageInfo"]["uploadUrl"]
        # The shortest life is a second; the server's clock decides.
        status = (200, None)
        while status == (200, None):
            status = _status("PUT", url, data=b"{}")
        assert status == (403, 2802)


def test_urls_outlive_a_restart(tmp_path: Path) -> None:
    with ServiceProcess(tmp_path / "data") as service, Api(service) as api:
        url = api.create()["objectStorageInfo"]["uploadUrl"]
        service.restart()
        assert requests.put(url, data=b"{}", timeout=10).status_code == 200


def test_urls_follow_the_public_url_or_a_trusted_proxy(tmp_path: Path) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "q.example.org"}
    with (
        ServiceProcess(tmp_path / "a", settings={"trusted_proxies": "127.0.0.0/8"}) as service,
        Api(service) as api,
    ):
        assert api.get("/users/me", headers=forwarded)["urls"]["http"] == "https://q.example.org/api"
        assert api.get("/users/me", headers=forwarded)["urls"]["ws"] == "wss://q.example.org/api/ws/"
        assert api.get("/users/me")["urls"]["http"] == service.url
    with (
        ServiceProcess(tmp_path / "b", settings={"public_url": "https://x.org/q/"}) as service,
        Api(service) as api,
    ):
        assert api.get("/users/me", headers=forwarded)["urls"]["http"] == "https://x.org/q/api"
        job = api.post(JOBS, json={"backend": {"name": SIMULATOR}})
        assert job["objectStorageInfo"]["uploadUrl"].startswith("https://x.org/q/api/storage/upload/")
