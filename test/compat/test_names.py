# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""One package under two import names: the same modules in every order, from every thread."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

TRUE = "qiskit_ibmq_provider"
ALIAS = "qiskit.providers.ibmq"

HEADER = f"""
import importlib, sys, threading, warnings
warnings.simplefilter("ignore")
TRUE, ALIAS = {TRUE!r}, {ALIAS!r}
def same(name):
    true, alias = TRUE + name, ALIAS + name
    assert importlib.import_module(alias) is importlib.import_module(true), name
    assert sys.modules[alias] is sys.modules[true], name
    assert sys.modules[true].__spec__.name == true, sys.modules[true].__spec__
    assert sys.modules[true].__name__ == true
"""


def run(body: str) -> str:
    """Run a script in an interpreter that has imported nothing yet, and that does not find a checkout in its directory."""
    done = subprocess.run(
        [sys.executable, "-c", HEADER + textwrap.dedent(body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=Path(__file__).parent,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


IMPORTS = [
    "import qiskit",
    "import qiskit.providers",
    "import qiskit_ibmq_provider",
    "import qiskit_ibmq_provider.protocol.status",
    "import qiskit_ibmq_provider.job.job_monitor",
    "import qiskit.providers.ibmq",
    "import qiskit.providers.ibmq.protocol.status",
    "import qiskit.providers.ibmq.job.job_monitor",
    "from qiskit import IBMQ",
    "from qiskit import IBMQ; IBMQ.providers",
    "from qiskit.providers.ibmq import exceptions",
    "from qiskit_ibmq_provider import job",
]


@pytest.mark.parametrize("first", IMPORTS)
def test_both_names_are_the_same_modules_in_every_order(first):
    run(
        "ORDERS = "
        + repr(IMPORTS)
        + "\nFIRST = "
        + repr(first)
        + """
for statement in [FIRST, *ORDERS]:
    exec(statement)
for name in ("", ".protocol", ".protocol.status", ".job", ".exceptions", ".job.exceptions", ".apiconstants", ".version"):
    same(name)
import qiskit, qiskit_ibmq_provider
assert qiskit.providers.ibmq is qiskit_ibmq_provider
assert qiskit.providers.ibmq.protocol.status is qiskit_ibmq_provider.protocol.status
assert qiskit.providers.ibmq.exceptions.IBMQError is qiskit_ibmq_provider.IBMQError
for key in list(sys.modules):
    if key.startswith(ALIAS + "."):
        assert sys.modules[key] is sys.modules[TRUE + key[len(ALIAS):]], key
"""
    )


@pytest.mark.parametrize("first", [TRUE, ALIAS])
@pytest.mark.parametrize("second", [TRUE, ALIAS])
def test_a_function_with_the_name_of_its_module_stays_a_function(first, second):
    run(
        f"""
        import {first}.job
        import {second}.job.job_monitor
        importlib.import_module("{first}.job.job_monitor")
        from {ALIAS}.job import job_monitor as one
        from {TRUE}.job import job_monitor as other
        assert callable(one) and one is other, one
        """
    )


def test_a_submodule_loaded_before_qiskit_is_bound_by_its_older_name():
    run(
        """
        import qiskit_ibmq_provider.protocol.status
        assert "qiskit" not in sys.modules
        import qiskit.providers.ibmq.protocol.status
        assert qiskit.providers.ibmq.protocol.status is qiskit_ibmq_provider.protocol.status
        """
    )


def test_importing_the_package_loads_neither_qiskit_nor_a_web_library():
    run(
        """
        import qiskit_ibmq_provider
        loaded = {name.partition(".")[0] for name in sys.modules}
        assert not loaded & {"qiskit", "numpy", "requests", "websocket", "starlette", "sqlalchemy"}, loaded
        """
    )


def test_the_factory_loads_no_web_library_before_it_is_used():
    run(
        """
        from qiskit import IBMQ
        IBMQ.providers
        loaded = {name.partition(".")[0] for name in sys.modules}
        assert not loaded & {"requests", "websocket", "starlette", "sqlalchemy", "qiskit_aer"}, loaded
        """
    )


def test_qiskit_ibmq_is_the_one_factory_and_true():
    run(
        """
        import qiskit, qiskit_ibmq_provider
        from qiskit.providers.ibmq import IBMQ
        assert bool(qiskit.IBMQ)
        assert qiskit.IBMQ.ibmq is IBMQ is qiskit_ibmq_provider.IBMQ
        assert bool(IBMQ)
        assert type(IBMQ).__name__ == "IBMQFactory"
        from qiskit.version import QiskitVersion
        assert QiskitVersion()["qiskit-ibmq-provider"] == qiskit_ibmq_provider.__version__
        """
    )


def test_reload_keeps_the_module_and_both_names():
    run(
        """
        import qiskit.providers.ibmq.protocol.status as status
        factory = importlib.import_module(TRUE).IBMQ
        for name in ("", ".protocol.status", ".protocol"):
            assert importlib.reload(sys.modules[ALIAS + name]) is sys.modules[TRUE + name]
            same(name)
        assert importlib.import_module(TRUE).IBMQ is factory
        assert sum(type(finder).__name__ == "AliasFinder" for finder in sys.meta_path) == 1
        """
    )


def test_relative_imports_work_by_both_names():
    run(
        """
        one = importlib.import_module(".status", ALIAS + ".protocol")
        other = importlib.import_module(".status", TRUE + ".protocol")
        assert one is other
        module = sys.modules[TRUE + ".protocol"]
        exec("from . import status as found\\nfrom .status import ApiJobStatus", vars(module))
        assert module.found is one
        """
    )


THREADS = """
import qiskit
sys.setswitchinterval(1e-5)
def in_sixteen_threads(statements):
    barrier = threading.Barrier(16)
    found, problems = [], []
    def work(statement):
        space = {}
        barrier.wait()
        try:
            exec(statement, space)
            found.append(space["found"])
        except BaseException as problem:
            problems.append((statement, repr(problem)))
    threads = [threading.Thread(target=work, args=(statements[i % len(statements)],)) for i in range(16)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not problems, problems
    assert len(found) == 16 and len(set(map(id, found))) == 1, found
    for key in list(sys.modules):
        if key == TRUE or key.startswith(TRUE + "."):
            same(key[len(TRUE):])
"""


@pytest.mark.parametrize("attempt", range(3))
def test_sixteen_threads_importing_the_package_by_both_names_get_one_factory(attempt):
    run(
        THREADS
        + """
in_sixteen_threads([
    "from qiskit.providers.ibmq import IBMQ as found",
    "from qiskit_ibmq_provider import IBMQ as found",
    "from qiskit.providers import ibmq; found = ibmq.IBMQ",
    "import qiskit.providers.ibmq, qiskit_ibmq_provider as p; found = p.IBMQ; assert qiskit.providers.ibmq is p",
    "import qiskit; qiskit.IBMQ.providers; found = qiskit.IBMQ.ibmq",
])
"""
    )


# The modules are loaded before the threads start. Python itself reports a deadlock when one thread imports a package whose body
# imports a submodule, and another thread that submodule; with one name as with two.
@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("first", [TRUE, ALIAS])
def test_sixteen_threads_importing_modules_by_both_names_get_the_same_ones(first, attempt):
    run(
        THREADS
        + f"import {first}, qiskit_ibmq_provider.ibmqfactory, qiskit_ibmq_provider.job"
        + """
in_sixteen_threads([
    "from qiskit.providers.ibmq.job.exceptions import IBMQJobError as found",
    "from qiskit_ibmq_provider.job.exceptions import IBMQJobError as found",
    "import qiskit.providers.ibmq.job.job_monitor as f; assert callable(f); from qiskit.providers.ibmq.job import IBMQJobError as found",
    "from qiskit.providers.ibmq.job import job_monitor as f; assert callable(f); from qiskit_ibmq_provider.job import IBMQJobError as found",
    "from qiskit_ibmq_provider.ibmqfactory import IBMQFactory; import qiskit; found = qiskit.providers.ibmq.job.IBMQJobError",
    "from qiskit.providers.ibmq.ibmqbackend import IBMQBackend; import qiskit_ibmq_provider as p; found = p.job.IBMQJobError",
])
"""
    )


def test_an_object_pickled_under_the_older_name_loads():
    older = b"c" + f"{ALIAS}.apiconstants\nApiJobStatus\n".encode() + b"(VRUNNING\ntR."
    from qiskit_ibmq_provider.protocol.status import ApiJobStatus

    assert pickle.loads(older) is ApiJobStatus.RUNNING
    assert pickle.loads(pickle.dumps(ApiJobStatus.QUEUED)) is ApiJobStatus.QUEUED


@pytest.fixture
def extended_package(tmp_path, monkeypatch):
    """A folder whose modules a script can put into the package's path."""
    (tmp_path / "broken.py").write_text(
        f"import {TRUE}.version\nraise RuntimeError('no luck')\n", encoding="utf-8"
    )
    (tmp_path / "circular.py").write_text(
        f"import {ALIAS}.circular as me\nassert me.__name__ == __name__\nDONE = True\n", encoding="utf-8"
    )
    return tmp_path


@pytest.mark.parametrize("name", [TRUE, ALIAS])
def test_a_module_whose_body_fails_leaves_nothing_behind(name, extended_package):
    run(
        f"""
        import qiskit.providers.ibmq as package
        package.__path__.append({str(extended_package)!r})
        for attempt in range(2):
            try:
                importlib.import_module({name!r} + ".broken")
            except RuntimeError as problem:
                assert "no luck" in str(problem)
            else:
                raise AssertionError("it imported")
            assert TRUE + ".broken" not in sys.modules
            assert ALIAS + ".broken" not in sys.modules
            assert "broken" not in vars(package)
        """
    )


@pytest.mark.parametrize("name", [TRUE, ALIAS])
def test_a_module_may_import_itself_by_its_older_name(name, extended_package):
    run(
        f"""
        import qiskit.providers.ibmq as package
        package.__path__.append({str(extended_package)!r})
        assert importlib.import_module({name!r} + ".circular").DONE
        same(".circular")
        """
    )


@pytest.mark.parametrize("name", [TRUE, ALIAS])
@pytest.mark.parametrize("tail", [".nothing", ".nothing.below", ".protocol.nothing", ".version.nothing"])
def test_a_name_that_does_not_exist_is_an_import_error_under_the_name_asked_for(name, tail):
    with pytest.raises(ModuleNotFoundError) as caught:
        __import__(name + tail)
    assert (caught.value.name or "").startswith(name + ".")
    assert (name + tail).startswith(caught.value.name)
    assert not [key for key in sys.modules if "nothing" in key and key.startswith((TRUE, ALIAS))]


def test_the_module_tools_see_the_true_module():
    run(
        """
        import importlib.util, inspect, pkgutil
        spec = importlib.util.find_spec(ALIAS + ".protocol.status")
        import qiskit.providers.ibmq.protocol.status as status
        assert spec.origin == status.__file__
        assert "class ApiJobStatus" in inspect.getsource(status)
        assert status.__spec__.loader.get_code(status.__name__)
        assert spec.parent == status.__spec__.parent
        names = {each.name for each in pkgutil.iter_modules(sys.modules[ALIAS].__path__)}
        assert {"job", "version", "ibmqfactory"} <= names
        """
    )


def test_loggers_are_named_below_the_older_name():
    from qiskit_ibmq_provider._logging import get_logger

    assert get_logger(TRUE).name == ALIAS
    assert get_logger(f"{TRUE}.api.session").name == f"{ALIAS}.api.session"
    assert get_logger(f"{ALIAS}.api").name == f"{ALIAS}.api"
    assert get_logger(f"{TRUE}_other").name == f"{TRUE}_other"
