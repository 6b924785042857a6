# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Accounts at a foreign server: login, projects, device lists, and what is wrong with them."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
import threading

import pytest
from qiskit.providers.exceptions import QiskitBackendNotFoundError
from support.account_server import AccountServer, device

from qiskit_ibmq_provider import (
    IBMQAccountCredentialsInvalidUrl,
    IBMQAccountError,
    IBMQBackendApiError,
    IBMQInputValueError,
    IBMQNotAuthorizedError,
    IBMQProviderError,
    least_busy,
)
from qiskit_ibmq_provider._login import Destination
from qiskit_ibmq_provider.api.addresses import ServiceLocation
from qiskit_ibmq_provider.api.exceptions import ApiError, RequestsApiError
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.credentials import Credentials, HubGroupProject, store_preferences
from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.ibmqbackend import IBMQBackend, IBMQSimulator
from qiskit_ibmq_provider.ibmqfactory import IBMQFactory

THREE = ("ibm-q/open/main", "campus/physics/qc101", "campus/chemistry/lab")


@pytest.fixture
def server():
    with AccountServer(THREE) as server:
        yield server


@pytest.fixture
def factory() -> IBMQFactory:
    return IBMQFactory()


def enable(factory: IBMQFactory, server: AccountServer, **kwargs: object):
    return factory.enable_account("right-token", server.url, **kwargs)


def test_login_takes_five_requests_and_gives_all_projects_the_default_first(factory, server):
    provider = enable(factory, server)
    assert server.requests == [
        "/api/version",
        "/api/users/loginWithToken",
        "/api/users/me",
        "/api/Network",
        "/api/Network/ibm-q/Groups/open/Projects/main/devices/v/1",
    ]
    assert [repr(each) for each in factory.providers()] == [
        "<AccountProvider for IBMQ(hub='ibm-q', group='open', project='main')>",
        "<AccountProvider for IBMQ(hub='campus', group='physics', project='qc101')>",
        "<AccountProvider for IBMQ(hub='campus', group='chemistry', project='lab')>",
    ]
    assert provider is factory.providers()[0]
    assert factory.active_account() == {"token": "right-token", "url": server.url}
    assert [backend.name() for backend in provider.backends()] == ["one", "two"]
    assert provider.backends() == provider.backends()
    assert len(server.requests) == 5


def test_the_token_goes_into_the_body_of_login_and_nowhere_else(factory, server):
    enable(factory, server)
    assert [b"right-token" in body for body in server.bodies].count(True) == 1
    assert not any("right-token" in str(each) for each in server.headers)
    assert not any("right-token" in path for path in server.requests)


def test_hub_group_and_project_choose_one(factory, server):
    provider = enable(factory, server, hub="campus", group="chemistry")
    assert (
        provider == factory.get_provider("campus", "chemistry", "lab") == factory.providers(project="lab")[0]
    )
    assert provider in factory.providers()
    assert server.asked("lab/devices/v/1") == 1
    assert server.asked("main/devices/v/1") == 0
    assert factory.get_provider("ibm-q").credentials.unique_id() == HubGroupProject("ibm-q", "open", "main")
    with pytest.raises(IBMQProviderError, match="More than one provider matches.*campus/chemistry/lab"):
        factory.get_provider(hub="campus")
    with pytest.raises(IBMQProviderError, match="No provider matches.*ibm-q/open/main"):
        factory.get_provider(hub="nowhere")
    with pytest.raises(IBMQProviderError, match="More than one provider"):
        factory.get_provider()


def test_a_project_that_is_not_there_leaves_no_account_in_use(factory, server):
    with pytest.raises(IBMQProviderError, match="No provider matches"):
        enable(factory, server, hub="nowhere")
    assert factory.active_account() is None
    assert enable(factory, server, hub="ibm-q") is not None


def test_enabling_twice_is_refused_and_after_disabling_it_works(factory, server):
    first = enable(factory, server)
    with pytest.raises(IBMQAccountError, match="already in use"):
        enable(factory, server)
    assert factory.providers()[0] is first
    factory.disable_account()
    assert (factory.active_account(), factory.providers()) == (None, [])
    assert enable(factory, server) == first
    assert first.backend.one.configuration().n_qubits == 5


def test_loading_twice_replaces_the_account_with_a_warning(factory, server, caplog):
    factory.save_account("right-token", server.url)
    first = factory.load_account()
    with caplog.at_level(logging.WARNING, "qiskit.providers.ibmq"):
        second = factory.load_account()
    assert "already in use" in caplog.text
    assert first == second
    assert first is not second


def test_a_failed_load_leaves_the_account_in_use_alone(factory, server):
    provider = enable(factory, server)
    factory.save_account("wrong-token", server.url)
    with pytest.raises(ApiError):
        factory.load_account()
    assert factory.providers()[0] is provider


def test_the_stored_default_project_is_used(factory, server):
    factory.save_account("right-token", server.url, hub="campus", group="physics", project="qc101")
    assert factory.load_account() is factory.get_provider(group="physics")


def test_a_stored_default_project_that_is_not_there(factory, server):
    factory.save_account("right-token", server.url, hub="campus", group="physics", project="gone")
    with pytest.raises(
        IBMQAccountError, match=r"\(hub/group/project\) stored on disk could not be found"
    ) as caught:
        factory.load_account()
    assert isinstance(caught.value, IBMQProviderError)
    assert "campus/physics/qc101" in str(caught.value)


def test_the_account_of_the_environment_wins(factory, server, monkeypatch):
    factory.save_account("other", "http://127.0.0.1:9/api")
    monkeypatch.setenv("QE_TOKEN", "right-token")
    monkeypatch.setenv("QE_URL", server.url)
    assert factory.load_account() is not None


def test_stored_preferences_reach_the_provider_of_their_project(factory, server):
    factory.save_account("right-token", server.url)
    store_preferences({HubGroupProject("ibm-q", "open", "main"): {"experiment": {"auto_save": True}}})
    provider = factory.load_account()
    assert provider.credentials.preferences == {"experiment": {"auto_save": True}}
    assert factory.get_provider(hub="campus", project="lab").credentials.preferences == {}


def test_a_wrong_token(factory, server):
    with pytest.raises(RequestsApiError) as caught:
        factory.enable_account("wrong-secret", server.url)
    assert caught.value.status_code == 401
    assert "wrong-secret" not in str(caught.value)
    assert factory.active_account() is None


@pytest.mark.parametrize(
    "answer",
    [{"api-other": "1"}, b"<html>welcome</html>", b"", 404, [], b"\xff\xfe"],
    ids=["other service", "html", "nothing", "404", "array", "garbage"],
)
def test_a_url_that_is_not_an_authentication_url(factory, server, answer):
    server.table["/api/version"] = answer
    with pytest.raises(IBMQAccountCredentialsInvalidUrl, match="is not an authentication URL") as caught:
        enable(factory, server)
    assert server.url in str(caught.value)
    assert server.requests == ["/api/version"]


@pytest.mark.parametrize("answer", [b"<html>", b"{", {"urls": {}}, {"urls": None}, []])
def test_an_answer_after_login_that_cannot_be_read(factory, server, answer):
    server.table["/api/users/me"] = answer
    with pytest.raises(ApiError):
        enable(factory, server)
    assert factory.active_account() is None


def test_a_server_that_cannot_be_reached(factory):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api"
        with pytest.raises(RequestsApiError, match="refused"):
            factory.enable_account("t", url)


def test_a_proxy_that_cannot_be_reached(factory, server):
    with pytest.raises(RequestsApiError, match="ProxyError"):
        enable(factory, server, proxies={"urls": {"http": "http://127.0.0.1:9"}})


def test_an_account_without_projects(factory, server):
    server.set_projects(())
    with pytest.raises(IBMQProviderError, match="has no project"):
        enable(factory, server)
    assert factory.active_account() is None


@pytest.mark.parametrize("answer", [b"garbage", 404, {"not": "a list"}], ids=["garbage", "404", "object"])
def test_a_broken_device_list_neither_blocks_login_nor_changes_the_default(factory, server, caplog, answer):
    server.set_devices(THREE[0], answer)
    provider = enable(factory, server)
    assert provider.credentials.unique_id() == HubGroupProject("ibm-q", "open", "main")
    assert len(factory.providers()) == 3
    assert "cannot be listed" in caplog.text
    with pytest.raises(IBMQBackendApiError, match="project='main'.*cannot be listed"):
        provider.backends()
    assert [b.name() for b in factory.get_provider(project="lab").backends()] == ["one", "two"]
    server.set_devices(THREE[0], [device("back")])
    assert provider.backend.back.name() == "back"


def test_an_empty_device_list_is_asked_for_again(factory, server):
    server.set_devices(THREE[0], [])
    provider = enable(factory, server)
    assert provider.backends() == []
    server.set_devices(THREE[0], [device("new")])
    assert [backend.name() for backend in provider.backends()] == ["new"]


def test_an_unusable_configuration_is_left_out_with_one_line(factory, server, caplog):
    broken = device("broken")
    del broken["basis_gates"]
    server.set_devices(THREE[0], [device("good"), broken, "nonsense", device("sim", simulator=True)])
    with caplog.at_level(logging.WARNING, "qiskit.providers.ibmq"):
        provider = enable(factory, server)
    assert [backend.name() for backend in provider.backends()] == ["good", "sim"]
    lines = [record.getMessage() for record in caplog.records]
    assert sum("'broken'" in line for line in lines) == 1
    assert all("\n" not in line for line in lines)
    assert isinstance(provider.backend.sim, IBMQSimulator)
    assert type(provider.backend.good) is IBMQBackend


def test_backends_are_attributes_in_snake_case(factory, server):
    names = ["ibmq_5-qubits", "ibmq_5.qubits", "jobs", "ibmqTest", "class"]
    server.set_devices(THREE[0], [device(name) for name in names])
    service = enable(factory, server).backend
    attributes = ["ibmq_5_qubits", "ibmq_5_qubits_", "jobs_", "ibmq_test", "class_"]
    assert [getattr(service, attribute).name() for attribute in attributes] == names
    assert set(attributes) <= set(dir(service))
    assert not hasattr(service, "nothing")
    with pytest.raises(AttributeError, match="no backend 'ibmq_tst'"):
        _ = service.ibmq_tst


def test_probing_for_private_names_asks_nothing(factory, server):
    enable(factory, server)
    provider = factory.get_provider(project="lab")
    before = len(server.requests)
    for holder in (provider.backend, provider.backends):
        assert not hasattr(holder, "_repr_html_")
        assert not hasattr(holder, "__wrapped__")
    assert len(server.requests) == before


def test_the_older_spelling_warns_and_calling_does_not(factory, server, recwarn):
    provider = enable(factory, server)
    assert [backend.name() for backend in provider.backends()] == ["one", "two"]
    assert [backend.name() for backend in provider.backends("two")] == ["two"]
    assert not [warning for warning in recwarn if warning.category is DeprecationWarning]
    with pytest.warns(DeprecationWarning, match=r"Use `provider.backend` \(singular\)") as caught:
        assert provider.backends.one is provider.backend.one
    assert caught[0].filename == __file__
    server.table[f"{server.project_path(THREE[0])}/Jobs/status/v/1"] = []
    server.table["/api/Network/bookings/v2"] = []
    for call in (provider.backends.jobs, provider.backends.my_reservations):
        with pytest.warns(DeprecationWarning):
            assert call() == []
    with pytest.warns(DeprecationWarning), pytest.raises(IBMQBackendApiError):
        provider.backends.retrieve_job("unknown")


def test_aliases(factory, server):
    server.set_devices(
        THREE[0],
        [
            device("ibmqx2", display_name="yorktown", sample_name="sparrow"),
            device("ibmq_other", sample_name="sparrow"),
            device("ibmq_qasm_simulator", simulator=True),
        ],
    )
    provider = enable(factory, server)
    real = provider.get_backend("ibmqx2")
    assert provider.get_backend("ibmq_5_yorktown") is provider.get_backend("yorktown") is real
    assert provider.get_backend("ibmqx_hpc_qasm_simulator").name() == "ibmq_qasm_simulator"
    for name in ("sparrow", "ibmq_5_tenerife"):
        with pytest.raises(QiskitBackendNotFoundError):
            provider.get_backend(name)


def test_a_backend_that_is_not_there_gets_suggestions(factory, server):
    server.set_devices(
        THREE[0], [device("ibmq_vigo"), device("ibmq_lima"), device("ibmq_qasm_simulator", simulator=True)]
    )
    provider = enable(factory, server)
    with pytest.raises(
        QiskitBackendNotFoundError, match="No backend matches the criteria.*Did you mean ibmq_vigo"
    ):
        provider.get_backend("ibmq_vgio")
    with pytest.raises(
        QiskitBackendNotFoundError, match="More than one backend matches.*ibmq_vigo, ibmq_lima"
    ):
        provider.get_backend(simulator=False)
    with pytest.raises(QiskitBackendNotFoundError, match="'ibmq_vigo' is there and does not meet"):
        provider.get_backend("ibmq_vigo", simulator=True)
    with pytest.raises(QiskitBackendNotFoundError, match="No backend matches the criteria {'n_qubits': 99}"):
        provider.get_backend(n_qubits=99)
    assert provider.get_backend(simulator=True).name() == "ibmq_qasm_simulator"


def test_services(factory, server):
    provider = enable(factory, server)
    assert provider.services() == {"backend": provider.backend}
    assert provider.service("backend") is provider.backend
    assert provider.has_service("backend")
    for name in ("experiment", "runtime"):
        assert not provider.has_service(name)
        for ask in (lambda name=name: provider.service(name), lambda name=name: getattr(provider, name)):
            with pytest.raises(IBMQNotAuthorizedError, match=f"{name} service"):
                ask()
    for ask in (provider.service, provider.has_service):
        with pytest.raises(IBMQInputValueError, match="Unknown service 'random'"):
            ask("random")
    with pytest.raises(IBMQNotAuthorizedError, match="runtime service"):
        provider.run_circuits([], "one")


def test_providers_are_equal_by_account_and_project(factory, server):
    one = enable(factory, server)
    two = IBMQFactory().enable_account("right-token", server.url)
    assert one == two
    assert len({one, two}) == 1
    assert one != factory.get_provider(project="lab")
    assert one != "provider"


def test_many_threads_fetch_a_device_list_once(factory, server):
    enable(factory, server)
    provider = factory.get_provider(project="lab")
    threads = [threading.Thread(target=provider.backends) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.asked("lab/devices/v/1") == 1


def test_of_many_threads_that_enable_one_wins(factory, server):
    outcomes = []

    def run() -> None:
        try:
            outcomes.append(enable(factory, server))
        except IBMQAccountError as err:
            outcomes.append(err)

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [outcome for outcome in outcomes if not isinstance(outcome, Exception)]
    assert len(winners) == 1
    assert all("already" in str(outcome) for outcome in outcomes if isinstance(outcome, Exception))
    assert server.asked("/loginWithToken") == 1


def test_least_busy_leaves_out_reserved_backends(factory, server):
    provider = enable(factory, server)
    queues = {"one": 1, "two": 4}
    for name, length in queues.items():
        path = f"{server.project_path(THREE[0])}/devices/{name}/queue/status"
        server.table[path] = {
            "state": True,
            "status": "active",
            "lengthQueue": length,
            "backend_version": "1.0.0",
        }
        server.table[f"/api/Network/devices/{name}/bookings/v2"] = []
    backends = provider.backends()
    assert least_busy(backends).name() == "one"
    assert (server.asked("/queue/status"), server.asked("/bookings/v2")) == (2, 1)
    server.table["/api/Network/devices/one/bookings/v2"] = [
        {
            "initialDate": "2021-06-02T10:00:00.000Z",
            "endDate": "2021-06-02T11:00:00.000Z",
            "mode": "dedicated",
        }
    ]
    assert least_busy(backends).name() == "two"
    assert least_busy(backends, reservation_lookahead=None).name() == "one"
    server.table["/api/Network/devices/one/bookings/v2"] = 404
    assert least_busy(backends).name() == "one"
    assert [b.name() for b in provider.backends(pending_jobs=4, operational=True)] == ["two"]


def test_importing_and_refusing_load_no_web_library():
    script = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from qiskit_ibmq_provider import IBMQ\n"
        "IBMQ.stored_account()\n"
        "try: IBMQ.enable_account('t')\n"
        "except Exception as err: print(type(err).__name__)\n"
        "print('requests' in sys.modules, 'websocket' in sys.modules, 'urllib3' in sys.modules)\n"
    )
    output = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert output.split() == ["IBMQAccountRetiredServiceError", "False", "False", "False"]


def test_a_device_list_that_hangs_delays_login_only_so_long(factory, server, caplog):
    released = threading.Event()

    def hang() -> list[dict]:
        released.wait(60)
        return [device("late")]

    server.set_devices(THREE[0], hang)
    try:
        provider = enable(factory, server, time_scale=0.05)
        assert "cannot be listed" in caplog.text
    finally:
        released.set()
    assert provider.backend.late.name() == "late"


def moving_account(factory: IBMQFactory, server: AccountServer, locate):
    credentials = Credentials("right-token", server.url)
    return factory._log_in(credentials, {}, Destination(credentials, locate))


def test_a_service_that_comes_up_elsewhere_is_followed(factory):
    with AccountServer() as first:
        account = moving_account(factory, first, lambda: ServiceLocation(second.url, Secret("new-token")))
        (provider,) = account.providers.values()
        assert [backend.name() for backend in provider.backends()] == ["one", "two"]
    account.session.close()
    with AccountServer(token="new-token", access_token="new-access") as second:
        second.table[f"{second.project_path('ibm-q/open/main')}/Jobs/status/v/1"] = []
        assert provider.backend.jobs() == []
        # The old access token is not taken any more, so there was a login, with the token of today.
        assert second.asked("/loginWithToken") == 1
        assert second.headers[-1]["x-access-token"] == "new-access"
        provider.backend.jobs()
        assert second.asked("/loginWithToken") == 1


def test_many_threads_search_for_a_service_once(factory):
    searches = []

    def locate() -> ServiceLocation:
        searches.append(threading.get_ident())
        return ServiceLocation(second.url, Secret("right-token"))

    with AccountServer() as first:
        (provider,) = moving_account(factory, first, locate).providers.values()
        provider.backends()
    with AccountServer() as second:
        second.table[f"{second.project_path('ibm-q/open/main')}/Jobs/status/v/1"] = []
        outcomes = []
        threads = [
            threading.Thread(target=lambda: outcomes.append(provider.backend.jobs())) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert outcomes == [[]] * 8
    assert len(searches) == 1


def test_a_service_that_cannot_be_found_again_says_why(factory):
    def locate() -> ServiceLocation:
        raise IBMQLocalServiceError("The service does not start today.")

    with AccountServer() as first:
        (provider,) = moving_account(factory, first, locate).providers.values()
        provider.backends()
    with pytest.raises(IBMQBackendApiError, match="The service does not start today"):
        provider.backend.jobs()
