# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What the service offers beyond the original protocol, over HTTP: keys, jobs in one request, results in one request."""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any, Optional
from urllib.parse import urlsplit

import pytest
from service_api import DEADLINE, JOBS, SIMULATOR, Api, bell, receive, statuses

from qiskit_ibmq_provider.service.testing import ServiceProcess

DIRECT = JOBS + "/direct"


def creation(**fields: Any) -> dict[str, Any]:
    """What creates a job on the simulator."""
    return {"backend": {"name": SIMULATOR}, "allowObjectStorage": True, "liveDataEnabled": None, **fields}


def direct(api: Api, key: Optional[str] = None, qobj: Any = None, **fields: Any) -> Any:
    """Submit a job in one request; return the answer."""
    headers = {"Qx-Job": json.dumps(creation(**fields)), **({"Idempotency-Key": key} if key else {})}
    return api.request("POST", DIRECT, data=json.dumps(bell() if qobj is None else qobj), headers=headers)


def older_direct(api: Api, key: str, qobj: bytes, fields: bytes) -> Any:
    """Submit a job as the client of the last release does, byte for byte; return the answer."""
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    return api.request("POST", DIRECT, data=fields[:-1] + b',"qObject":' + qobj + b"}", headers=headers)


@pytest.fixture
def key() -> str:
    return secrets.token_hex(16)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A caller of a service with a small limit, whose files can be looked at."""
    data = tmp_path_factory.mktemp("small")
    settings = {"max_direct_bytes": 3_500_000, "workers": 1, "access_log": True}
    with ServiceProcess(data, settings=settings) as service, Api(service) as api:
        yield api


def stored(api: Api) -> list[str]:
    return [path.name for path in (api.service.data_dir / "blobs").rglob("*") if path.is_file()]


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that happens in the service."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "it does not happen"
        time.sleep(0.01)


def test_a_job_and_its_result_take_a_request_each(api: Api) -> None:
    answer = direct(api, name="bell", tags=["a"], experimentTag="e")
    assert answer.status_code == 200
    job = answer.json()["job"]
    assert (job["name"], job["tags"], job["experimentTag"]) == ("bell", ["a"], "e")
    assert job["kind"] == "q-object-external-storage"
    assert "error" not in job
    assert set(job["timePerStep"]) >= {"CREATING", "CREATED", "VALIDATED", "QUEUED"}
    assert api.wait(job["id"]) == "COMPLETED"
    result = api.get(f"{JOBS}/{job['id']}/result")
    assert result == api.result(job["id"])
    assert sum(result["results"][0]["data"]["counts"].values()) == 100
    head = api.request("HEAD", f"{JOBS}/{job['id']}/result")
    assert (head.status_code, head.content) == (200, b"")
    assert int(head.headers["content-length"]) > 100
    payload = api.get(api.get(f"{JOBS}/{job['id']}/jobDownloadUrl")["url"])
    assert payload == bell()
    assert api.post(f"{JOBS}/{job['id']}/jobDataUploaded")["job"]["status"] == "COMPLETED"


def test_a_result_that_is_not_there_is_404_with_the_usual_code(api: Api) -> None:
    job = api.create()
    for job_id, code in ((job["id"], 2801), ("0" * 24, 3250)):
        answer = api.request("GET", f"{JOBS}/{job_id}/result")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)
    api.post(f"{JOBS}/{job['id']}/cancel")


def test_the_same_key_and_body_give_the_same_job(api: Api, key: str) -> None:
    document = creation(name=key)
    headers = {"Idempotency-Key": key}
    first = api.post(JOBS, json=document, headers=headers)
    again = api.post(JOBS, json=dict(reversed(document.items())), headers=headers)
    assert again["id"] == first["id"]
    assert api.request("PUT", again["objectStorageInfo"]["uploadUrl"], data=json.dumps(bell())).ok
    other = api.request("POST", JOBS, json=creation(name="other"), headers=headers)
    assert (other.status_code, other.json()["error"]["code"]) == (409, 3211)
    api.post(f"{JOBS}/{first['id']}/cancel")
    assert api.post(JOBS, json=document, headers=headers)["status"] == "CANCELLED"
    assert len(api.filtered(f"{JOBS}/status/v/1", where={"name": key})) == 1


def test_the_same_key_and_body_give_the_same_job_in_one_request_too(api: Api, key: str) -> None:
    first = direct(api, key, name=key).json()["job"]
    assert direct(api, key, name=key).json()["job"]["id"] == first["id"]
    assert api.wait(first["id"]) == "COMPLETED"
    last = direct(api, key, name=key).json()["job"]
    assert (last["id"], last["status"]) == (first["id"], "COMPLETED")
    other = direct(api, key, bell(shots=7), name=key)
    assert (other.status_code, other.json()["error"]["code"]) == (409, 3211)
    assert len(api.filtered(f"{JOBS}/status/v/1", where={"name": key})) == 1


def test_a_job_is_found_by_its_key(api: Api, key: str) -> None:
    headers = {"Idempotency-Key": key}
    unknown = api.request("GET", JOBS, headers=headers)
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, 3250)
    job = direct(api, key).json()["job"]
    assert api.get(JOBS, headers=headers)["id"] == job["id"]
    without = api.request("GET", JOBS)
    assert (without.status_code, without.json()["error"]["code"]) == (400, 2000)
    assert "status/v/1" in without.json()["error"]["message"]


def test_a_key_that_cannot_be_kept_is_refused(api: Api) -> None:
    answer = direct(api, "x" * 256)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, 2000)


HEADER = '{"backend":{"name":"ibmq_qasm_simulator"}}'


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("", 400, 2000),
        ("nonsense", 400, 2000),
        ("[]", 400, 2000),
        ("{}", 400, 2000),
        ('{"backend":{"name":5}}', 400, 2000),
        ('{"backend":{"name":"no_such_device"}}', 404, 3214),
        ('{"backend":{"name":"ibmq_qasm_simulator"},"name":"\\u0000"}', 400, 3213),
        ('{"backend":{"name":"ibmq_qasm_simulator"},"name":"\\ud800"}', 400, 3213),
        ('{"backend":{"name":"ibmq_qasm_simulator"},"name":"\xe9"}', 400, 2000),
        ('{"backend":{"name":"ibmq_qasm_simulator"},"more":' + "[" * 200 + "]" * 200 + "}", 400, 2000),
        (HEADER + " " * 5000 + "{", 431, 2000),
        ('{"name":"' + "x" * 100_000 + '"}', 431, 2000),
        ('{"name":"' + "x" * 300_000 + '"}', 431, 2000),
    ],
)
def test_a_header_that_cannot_be_a_job_is_refused(api: Api, header: str, status: int, code: int) -> None:
    before = len(api.filtered(f"{JOBS}/status/v/1", limit=1000))
    answer = api.request("POST", DIRECT, data=json.dumps(bell()), headers={"Qx-Job": header})
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert "nonsense" not in answer.text
    assert len(api.filtered(f"{JOBS}/status/v/1", limit=1000)) == before


@pytest.mark.parametrize("size", [4096, 4097])
def test_the_header_has_at_most_four_kilobytes(api: Api, size: int) -> None:
    header = json.dumps(creation(name="x"))
    header = header.replace('"x"', f'"{"x" * (size - len(header) + 1)}"')
    assert len(header) == size
    answer = api.request("POST", DIRECT, data=json.dumps(bell()), headers={"Qx-Job": header})
    assert answer.status_code == (200 if size <= 4096 else 431)


def test_any_name_goes_through_the_header(ibmq_provider: Any) -> None:
    name = "".join(map(chr, [*range(1, 0x180), 0x2028, 0xFFFF, 0x1F600]))
    client = ibmq_provider.backends()[0]._api_client
    record = client.job_submit(SIMULATOR, bell(), job_name=name, job_tags=[name[:200], "é"])
    assert (record.name, record.tags) == (name, (name[:200], "é"))


def test_what_the_last_release_sends_is_still_answered(api: Api, key: str) -> None:
    fields = (
        b'{"backend":{"name":"ibmq_qasm_simulator"},"allowObjectStorage":true,'
        b'"name":"b\xc3\xa9ll \\"qObject\\":{}","tags":["a","x\\\\"],"liveDataEnabled":null}'
    )
    qobj = json.dumps(bell(), separators=(",", ":")).encode()
    job = older_direct(api, key, qobj, fields).json()["job"]
    assert (job["name"], job["tags"]) == ('b\xe9ll "qObject":{}', ["a", "x\\"])
    assert older_direct(api, key, qobj, fields).json()["job"]["id"] == job["id"]
    # Both forms are one request to the key: a client may have been updated between two attempts.
    again = api.request(
        "POST",
        DIRECT,
        data=qobj,
        headers={"Qx-Job": json.dumps(json.loads(fields)), "Idempotency-Key": key},
    )
    assert again.json()["job"]["id"] == job["id"]
    assert api.wait(job["id"]) == "COMPLETED"
    download = api.get(f"{JOBS}/{job['id']}/jobDownloadUrl")["url"]
    assert api.request("GET", download).content == qobj


def test_a_client_that_knows_only_the_older_form_submits_in_the_original_way(api: Api) -> None:
    """Such a client uses what is announced in exactly version 1."""
    offered = api.get("/users/me")["capabilities"]
    assert offered["direct-jobs"] == 2
    assert api.wait(api.submit(bell())) == "COMPLETED"


def test_an_older_body_without_end_is_refused_before_it_fills_the_memory(small: Api) -> None:
    def endless_fields() -> Iterator[bytes]:
        yield b'{"name":"'
        for _ in range(200):
            yield b"x" * 65536

    answer = small.request("POST", DIRECT, data=endless_fields())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, 2803)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, 2000),
        (b"not JSON", 400, 2000),
        (b'{"backend":{"name":"no_such_device"},"qObject":{}}', 404, 3214),
        (b'{"backend":{"name":"ibmq_qasm_simulator"},"name":"\\u0000","qObject":{}}', 400, 3213),
        (b'{"backend":{"name":"ibmq_qasm_simulator"}}', 400, 2000),
        (b'{"backend":{"name":"ibmq_qasm_simulator"},"qObject":{', 400, 2000),
        (b'{"backend":{"name":"ibmq_qasm_simulator"},"qObject":[]}', 400, 2000),
    ],
)
def test_an_older_body_that_cannot_be_a_job_is_refused(api: Api, body: bytes, status: int, code: int) -> None:
    answer = api.request("POST", DIRECT, data=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_a_payload_that_is_no_qobj_is_a_job_that_failed(api: Api) -> None:
    job = direct(api, qobj={"a": {"b": 1}}).json()["job"]
    assert api.wait(job["id"]) == "ERROR_VALIDATING_JOB"


def test_a_final_job_says_so_in_the_first_frame(api: Api) -> None:
    job = direct(api).json()["job"]
    assert api.wait(job["id"]) == "COMPLETED"
    with api.socket(job["id"]) as connection:
        assert receive(connection) == {"type": "authenticated"}
        assert [frame["status"] for frame in statuses(connection)] == ["COMPLETED"]


def test_the_limit_is_announced_and_kept(small: Api) -> None:
    assert small.get("/users/me")["limits"] == {"directJobBytes": 3_500_000}
    large = {**bell(), "padding": "x" * 3_500_000}
    answer = direct(small, qobj=large)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, 2803)
    fitting = {**bell(), "padding": "x" * 3_400_000}
    job = direct(small, qobj=fitting).json()["job"]
    assert small.wait(job["id"]) == "COMPLETED"
    assert sorted(stored(small)) == sorted([f"{job['id']}.json", f"{job['id']}-1.json"])
    small.request("DELETE", f"{JOBS}/{job['id']}")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_cut_off_leaves_nothing_behind(small: Api, chunked: bool, key: str) -> None:
    assert stored(small) == []
    body = json.dumps({**bell(), "padding": "x" * 3_400_000}).encode()
    parts = urlsplit(small.service.url)
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
    head = (
        f"POST {parts.path}{DIRECT} HTTP/1.1\r\nHost: {parts.netloc}\r\nX-Access-Token: {small.token}\r\n"
        f"Qx-Job: {json.dumps(creation())}\r\nIdempotency-Key: {key}\r\n{length}\r\n\r\n"
    )
    sent = body[:3_300_000]
    framed = b"%x\r\n%s\r\n" % (len(sent), sent) if chunked else sent
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as sock:
        sock.sendall(head.encode() + framed)
        until(lambda: any(name.endswith(".tmp") for name in stored(small)))
    until(lambda: stored(small) == [])
    assert small.get(f"{JOBS}/status/v/1") == []
    assert small.request("GET", JOBS, headers={"Idempotency-Key": key}).status_code == 404


def test_without_direct_jobs_there_is_no_such_capability() -> None:
    with ServiceProcess(settings={"max_direct_bytes": 0}) as service, Api(service) as api:
        user = api.get("/users/me")
        assert user["capabilities"] == {"idempotency": 1, "direct-results": 1}
        assert "limits" not in user
        assert direct(api).status_code == 413
