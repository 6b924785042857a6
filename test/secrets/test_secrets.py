# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Tokens and signatures that stand out are planted, things go wrong, and everything that anyone may read is searched for them."""

from __future__ import annotations

import contextlib
import copy
import pickle
import traceback
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fault_acts import (
    drop,
    echo,
    elsewhere,
    gone,
    hang,
    html,
    processed,
    raw,
    redirect,
    reset,
    status,
    truncated,
)
from fault_proxy import Act, Exchange
from fault_row import always
from fault_scene import MAIN, bell
from secret_world import API_TOKEN, PASSWORD, SecretWorld
from support.scripted_server import ScriptedServer, answer
from support.scripted_server import redirect as redirect_to
from support.secret_hunt import shown_by, traces_of
from support.transport import ACCESS_TOKEN, PROJECT, account_client, scripted_login
from support.transport import API_TOKEN as TRANSPORT_TOKEN

from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.exceptions import IBMQError
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory
from qiskit_ibmq_provider.protocol import routes as r

PLACES: dict[str, tuple[str, str, r.Route, str]] = {
    "version": ("enable", "GET", r.VERSION, "own"),
    "login": ("enable", "POST", r.LOGIN, "own"),
    "user": ("enable", "GET", r.USER_INFO, "own"),
    "network": ("enable", "GET", r.NETWORK, "own"),
    "submission": ("run", "POST", r.JOBS_DIRECT, "own"),
    "creation": ("run", "POST", r.JOBS, "plain"),
    "upload": ("run", "PUT", r.STORAGE, "plain"),
    "announcement": ("run", "POST", r.JOB_DATA_UPLOADED, "plain"),
    "result": ("result", "GET", r.JOB_RESULT_DIRECT, "own"),
    "result address": ("result", "GET", r.JOB_RESULT_URL, "plain"),
    "result storage": ("result", "GET", r.STORAGE, "plain"),
    "payload storage": ("payload", "GET", r.STORAGE, "plain"),
    "status": ("wait", "GET", r.JOB_STATUS, "own"),
    "websocket": ("wait", "WS", r.WS_JOB_STATUS, "own"),
    "cancel": ("cancel", "POST", r.JOB_CANCEL, "own"),
    "rename": ("rename", "PUT", r.JOB_UPDATE, "own"),
    "jobs": ("jobs", "GET", r.JOB_STATUSES, "own"),
    "devices": ("devices", "GET", r.DEVICE_STATUS, "own"),
}


def echo_all(exchange: Exchange) -> None:
    """Answer 200 with what is no JSON but all that was sent."""
    raw(
        b"HTTP/1.1 200 OK\r\nX-Seen: 1\r\nContent-Length: %d\r\n\r\n%s"
        % (len(exchange.request.head + exchange.request.body), exchange.request.head + exchange.request.body)
    )(exchange)


def echo_in_reason(exchange: Exchange) -> None:
    """Put the token, and the target, into the status line."""
    seen = f"{exchange.request.target} {exchange.request.header('x-access-token')} {exchange.request.body[:200].decode('latin-1')}"
    raw(f"HTTP/1.1 400 {seen}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))(exchange)


def redirect_with_secrets(exchange: Exchange) -> None:
    """Send the client elsewhere, with its secrets in the address."""
    token = exchange.request.header("x-access-token") or API_TOKEN
    redirect(f"ftp://elsewhere/{token}?again={exchange.request.target}")(exchange)


QUICK: dict[str, Act] = {
    "echo 400": echo(400),
    "echo 401": echo(401),
    "echo 403": echo(403),
    "echo 200": echo_all,
    "echo in the reason": echo_in_reason,
    "redirect": redirect_with_secrets,
}
SLOW: dict[str, Act] = {
    "echo 503": echo(503),
    "drop": drop,
    "reset": reset,
    "hang": hang,
    "page": html,
    "processed, echo": processed(echo(400)),
    "truncated": truncated(),
    "other host": elsewhere(),
    "nobody": gone(),
    "404": status(404),
    "garbage": raw(bytes(range(256))),
}


def provoke(world: SecretWorld, every_log: list[str], call: Callable[[], Any]) -> None:
    """Make a call that may fail, and search what it leaves."""
    problems: list[str] = []
    try:
        shown = repr(call())
    except IBMQError as err:
        problems += traces_of(world.secrets(), shown_by(err))
    else:
        problems += traces_of(world.secrets(), [("result", shown)])
    problems += traces_of(world.secrets(), (("log", text) for text in list(every_log)))
    assert not problems, "\n".join(problems[:5])


def spoil_and_provoke(world: SecretWorld, every_log: list[str], place: str, act: Act) -> None:
    name, method, route, server = PLACES[place]
    scene = world.scenes[server]
    world.note()
    scene.proxy.clear()
    scene.proxy.spoil(always(method, route, act))
    try:
        provoke(world, every_log, lambda: world.call(name, server))
        assert scene.proxy.spoiled, "the fault was never met"
    finally:
        world.note()
        scene.proxy.clear()


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("place", PLACES)
def test_what_repeats_the_request_shows_no_secret(secret_world, every_log, place):
    for act in QUICK.values():
        spoil_and_provoke(secret_world, every_log, place, act)


@pytest.mark.faults_long
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("act", SLOW)
@pytest.mark.parametrize("place", PLACES)
def test_no_failure_shows_a_secret(secret_world, every_log, place, act):
    spoil_and_provoke(secret_world, every_log, place, SLOW[act])


@pytest.mark.parametrize(
    ("url", "kwargs"),
    [
        ("http://127.0.0.1:9/api", {}),
        ("http://no-such-host.invalid/api", {}),
        (f"http://user:{PASSWORD}@127.0.0.1:9/api", {}),
        ("https://127.0.0.1:9/api", {}),
        ("ftp://127.0.0.1/api", {}),
        ("http://[::1/api", {}),
        ("", {}),
        ("https://auth.quantum-computing.ibm.com/api", {}),
        ("http://127.0.0.1:9/api", {"proxies": {"urls": {"http": f"http://user:{PASSWORD}@127.0.0.1:9"}}}),
        ("http://127.0.0.1:9/api", {"proxies": {"username_ntlm": PASSWORD, "password_ntlm": 5}}),
        ("http://127.0.0.1:9/api", {"verify": "/no/such/file.pem"}),
        ("https://127.0.0.1:9/api", {"verify": "/no/such/file.pem"}),
        ("http://127.0.0.1:9/api", {"time_scale": 0}),
        ("http://127.0.0.1:9/api", {"no_such_setting": 5}),
    ],
)
def test_no_failure_to_log_in_shows_a_secret(secret_world, every_log, url, kwargs):
    settings = {"time_scale": 0.01, **kwargs}
    tokens = [API_TOKEN, f"{API_TOKEN}\n", f"{API_TOKEN}\u20ac"]
    for token in tokens if url == "http://127.0.0.1:9/api" and not kwargs else tokens[:1]:
        try:
            IBMQFactory().enable_account(token, url, **settings)
        except (IBMQError, TypeError, AttributeError) as err:
            problems = traces_of(secret_world.secrets(), shown_by(err))
            assert not problems, "\n".join(problems[:5])
        else:
            raise AssertionError("that cannot work")
    assert not traces_of([API_TOKEN], (("log", text) for text in every_log))


def test_a_wrong_token_is_refused_without_being_shown(secret_world, every_log):
    wrong = "marker-of-a-wrong-token"
    with pytest.raises(IBMQError) as failed:
        IBMQFactory().enable_account(wrong, secret_world.service.url)
    assert not traces_of([wrong], shown_by(failed.value))
    assert not traces_of([wrong], (("log", text) for text in every_log))


@pytest.mark.parametrize(
    "text",
    [
        f"[ibmq]\ntoken = {API_TOKEN}\n",
        f"[ibmq]\ntoken = {API_TOKEN}\nurl = http://x/api\nurl = http://y/api\n",
        f"[ibmq]\ntoken = {API_TOKEN}\nurl = http://x/api\nverify = {API_TOKEN}\n",
        f"[ibmq]\ntoken = {API_TOKEN}\nurl = http://x/api\nproxies = {{'urls': '{API_TOKEN}'\n",
        f"{API_TOKEN}\n",
        f"[ibmq]\n{API_TOKEN}\n",
        f"[ibmq]\ntoken = {API_TOKEN}\n\udcff\n",
        f"[ibmq]\ntoken = {API_TOKEN}\nurl = http://[::1/api\n",
    ],
)
def test_no_stored_account_that_cannot_be_used_shows_its_token(clean_environment, every_log, text):
    file = clean_environment / ".qiskit" / "qiskitrc"
    file.parent.mkdir()
    data = text.encode("utf-8", "surrogateescape")
    file.write_bytes(data)
    with pytest.raises(IBMQError) as failed:
        IBMQFactory().load_account()
    assert not traces_of([API_TOKEN], shown_by(failed.value))
    assert not traces_of([API_TOKEN], (("log", each) for each in every_log))
    assert file.read_bytes() == data


def test_no_account_that_cannot_be_stored_shows_its_token(clean_environment, every_log):
    for token, url in (
        (f"{API_TOKEN}\n[x]", "http://x/api"),
        (f" {API_TOKEN}", "http://x/api"),
        (API_TOKEN, "http://x\n/api"),
    ):
        with pytest.raises(IBMQError) as failed:
            IBMQFactory().save_account(token, url)
        assert not traces_of([API_TOKEN], shown_by(failed.value))
    assert not traces_of([API_TOKEN], (("log", each) for each in every_log))


def test_nothing_that_goes_well_shows_a_secret(secret_world, every_log):
    world = secret_world
    for server, scene in world.scenes.items():
        factory = IBMQFactory()
        provider = factory.enable_account(API_TOKEN, scene.proxy.url)
        backend = provider.get_backend("ibmq_qasm_simulator")
        job = provider.backend.retrieve_job(scene.finished().job_id())
        result = job.result()
        assert job.circuits(), server
        things = [
            factory,
            provider,
            provider.credentials,
            provider.backend,
            backend,
            backend.configuration(),
            job,
            result,
        ]
        for thing in things:
            shown = [("repr", repr(thing)), ("str", str(thing))]
            shown += [(name, repr(value)) for name, value in vars(thing).items() if "token" not in name]
            assert not traces_of(world.secrets(), shown), type(thing)
        for thing in (provider, backend, job, result):
            assert not traces_of(world.secrets(), [("pickle", repr(pickle.dumps(thing)))])
    assert not traces_of(world.secrets(), (("log", text) for text in every_log))


def test_what_must_not_be_pickled_says_so_without_it(secret_world):
    for thing in (secret_world.scenes["own"].provider.credentials, Secret(API_TOKEN)):
        with pytest.raises(TypeError, match="pickle") as failed:
            pickle.dumps(thing)
        assert not traces_of(secret_world.secrets(), shown_by(failed.value))
    with pytest.raises(TypeError):
        copy.copy(Secret(API_TOKEN))


def test_an_argument_that_cannot_be_sent_shows_no_secret(secret_world, every_log):
    client = secret_world.scenes["own"].provider.backend
    for call in (
        lambda: secret_world.scenes["own"].finished().update_tags([object()]),
        lambda: client.jobs(db_filter={"name": object()}),
        lambda: client.retrieve_job("../.."),
        lambda: client.find_submitted_job("\n"),
    ):
        with pytest.raises(IBMQError) as failed:
            call()
        assert not traces_of(secret_world.secrets(), shown_by(failed.value))
    assert not traces_of(secret_world.secrets(), (("log", text) for text in every_log))


def test_the_hunt_finds_what_is_there():
    """The search itself: a secret in any of the places is found."""

    def fail() -> None:
        try:
            raise ValueError(API_TOKEN)
        except ValueError as err:
            raise IBMQError("outer") from err

    with pytest.raises(IBMQError) as failed:
        fail()
    assert traces_of([API_TOKEN], shown_by(failed.value))
    hidden = IBMQError("clean")
    hidden.request = type("Request", (), {"headers": {"X-Access-Token": API_TOKEN}})()  # type: ignore[attr-defined]
    assert traces_of([API_TOKEN], shown_by(hidden))
    with pytest.raises(IBMQError) as failed:
        IBMQFactory().enable_account("t", "")
    assert not traces_of(["not-there-at-all"], shown_by(failed.value))
    assert [where for where, _ in shown_by(failed.value) if where.startswith("locals of")]
    assert traceback.extract_tb(failed.value.__traceback__)


def test_verification_is_on_and_turning_it_off_warns_once(tls_service, every_log):
    with pytest.raises(IBMQError, match="certificate"):
        IBMQFactory().enable_account(tls_service.token, tls_service.url)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        provider = IBMQFactory().enable_account(tls_service.token, tls_service.url, verify=False)
        job = provider.get_backend("ibmq_qasm_simulator").run(bell(), shots=1)
        job.wait_for_final_state(timeout=60)
        assert job.result().success
    about = [
        str(each.message)
        for each in caught
        if "certificate" in str(each.message) or "verif" in str(each.message).lower()
    ]
    assert len(about) == 1, about
    assert "verify=False" in about[0]
    assert not traces_of([tls_service.token], [("log", text) for text in [*every_log, *about]])


def test_a_redirect_to_another_host_takes_no_token_along(secret_world, every_log):
    """What the API sends elsewhere arrives there without a token, or not at all."""
    with ScriptedServer() as other, ScriptedServer() as api:
        scripted_login(api)
        other.on("GET", "/devices", answer([]))
        other.on("POST", "/Jobs", answer({}))
        api.on("GET", f"{PROJECT}/devices/v/1", redirect_to(f"{other.url}/devices", 302))
        api.on("POST", f"{PROJECT}/Jobs", redirect_to(f"{other.url}/Jobs", 307))
        client = account_client(api)
        assert client.list_backends() == []
        with pytest.raises(IBMQError):
            client.job_submit("campus_5q", {"a": 1})
        assert other.paths() == ["/devices"]
        seen = [(each.path, f"{each.headers} {each.body!r}") for each in other.requests]
        assert not traces_of([ACCESS_TOKEN, TRANSPORT_TOKEN], seen)


def test_the_service_s_own_log_holds_no_secret(secret_world):
    """Everything that the other tests of this file have asked of it is in its log, at the level DEBUG."""
    world, service = secret_world, secret_world.service
    world.enable("own")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    token = next(iter(world.scenes["own"].proxy.tokens()))
    signed = world.scenes["own"].door.ask(
        "GET", f"{MAIN}/Jobs/{world.scenes['own'].finished().job_id()}/resultDownloadUrl"
    )["url"]
    asked = [
        f"{service.url}/users/me?access_token={token}",
        f"{service.url}/users/me?access_token={token}x",
        signed,
        signed + "0",
        signed.replace("/result/", "/payload/"),
        f"{service.url}/no/such/path?access_token={token}",
    ]
    for url in asked:
        with contextlib.suppress(urllib.error.HTTPError):
            opener.open(url, timeout=60).read()
    for body in (
        b'{"apiToken": "%s' % API_TOKEN.encode(),
        b'{"apiToken": ["%s"]}' % API_TOKEN.encode(),
        b'{"apiToken": "%sx"}' % API_TOKEN.encode(),
    ):
        with contextlib.suppress(urllib.error.HTTPError):
            opener.open(urllib.request.Request(f"{service.url}/users/loginWithToken", body), timeout=60)
    wanted = [*world.secrets(), *parse_qs(urlsplit(signed).query)["signature"]]
    # The text as the service wrote it: its method log() takes the token out for whoever prints it.
    written = service._log_path.read_text("utf-8")
    assert "/users/loginWithToken" in written
    assert "/storage/" in written
    assert not traces_of(wanted, [("the service's log", written)])
    assert token not in written
