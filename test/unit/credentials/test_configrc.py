# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The configuration file: round trips, other people's content, broken files, writers that meet or die."""

from __future__ import annotations

import configparser
import logging
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qiskit_ibmq_provider.credentials import configrc
from qiskit_ibmq_provider.credentials.configrc import (
    read_credentials_from_qiskitrc,
    remove_credentials,
    store_credentials,
    store_preferences,
    write_qiskit_rc,
)
from qiskit_ibmq_provider.credentials.credentials import Credentials
from qiskit_ibmq_provider.credentials.exceptions import (
    CredentialsError,
    CredentialsNotFoundError,
    HubGroupProjectInvalidStateError,
    InvalidCredentialsFormatError,
)
from qiskit_ibmq_provider.credentials.hubgroupproject import HubGroupProject

URL = "https://q.example.org/api"
LOGGER = "qiskit.providers.ibmq.credentials.configrc"

TEXTS = st.text(min_size=1, max_size=60).filter(
    lambda text: (
        text == text.strip()
        and not set("\r\n\0") & set(text)
        and text.encode("utf-8", "ignore").decode() == text
    )
)
NAMES = st.text(alphabet="abcdefXYZ019_.-é%", min_size=1, max_size=10)


@pytest.fixture
def rc(tmp_path) -> Path:
    return tmp_path / "dir" / "qiskitrc"


def read(path: Path) -> dict:
    return read_credentials_from_qiskitrc(str(path))[0]


def only(path: Path) -> Credentials:
    (credentials,) = read(path).values()
    return credentials


@given(
    token=TEXTS,
    url=st.one_of(TEXTS, st.just(URL)),
    verify=st.booleans(),
    password=TEXTS,
    default=st.one_of(st.none(), st.tuples(NAMES, NAMES, NAMES)),
)
def test_everything_that_is_stored_is_read_back(tmp_path_factory, token, url, verify, password, default):
    path = tmp_path_factory.mktemp("rc") / "qiskitrc"
    proxies = {"urls": {"https": f"http://user:{password}@proxy:1"}}
    hgp = HubGroupProject(*default) if default else None
    stored = Credentials(token, url, proxies=proxies, verify=verify, default_provider=hgp)
    store_credentials(stored, filename=str(path))
    found = only(path)
    assert (found.token, found.url, found.verify) == (token, url, verify)
    assert (found.proxies, found.default_provider) == (proxies, hgp)
    assert found == stored


@given(token=TEXTS)
def test_configparser_with_its_interpolation_reads_the_same_token(tmp_path_factory, token):
    path = tmp_path_factory.mktemp("rc") / "qiskitrc"
    store_credentials(Credentials(token, URL), filename=str(path))
    parser = configparser.ConfigParser()
    parser.optionxform = str
    parser.read(path, encoding="utf-8")
    assert parser["ibmq"]["token"] == token


@pytest.mark.parametrize("text", ["100%", "a%b", "%(url)s", "50%% off"])
def test_percent_signs_in_a_file_written_by_hand_are_themselves(rc, text):
    rc.parent.mkdir()
    rc.write_text(f"[ibmq]\ntoken = {text}\nurl = {URL}\n")
    assert only(rc).token == text.replace("%%", "%")


@pytest.mark.parametrize("token", ["a\nb", "a\r", " padded", "nul\0"])
def test_a_token_that_cannot_be_stored_is_refused_and_nothing_is_touched(rc, token):
    store_credentials(Credentials("old", URL), filename=str(rc))
    before = rc.read_bytes()
    with pytest.raises(InvalidCredentialsFormatError, match="cannot be stored") as caught:
        store_credentials(Credentials(token, URL), overwrite=True, filename=str(rc))
    assert token not in str(caught.value)
    assert rc.read_bytes() == before


def test_a_certificate_file_as_verify_is_refused(rc):
    with pytest.raises(InvalidCredentialsFormatError, match="'verify' has to be True or False, not 'ca.pem'"):
        store_credentials(Credentials("t", URL, verify="ca.pem"), filename=str(rc))
    assert not rc.exists()


def test_storing_again_without_overwrite_warns_and_keeps_the_old_one(rc, caplog):
    store_credentials(Credentials("first", URL), filename=str(rc))
    with caplog.at_level(logging.WARNING, LOGGER):
        store_credentials(Credentials("second", URL), filename=str(rc))
    assert "already present" in caplog.text
    assert str(rc) in caplog.text
    assert "first" not in caplog.text
    assert only(rc).token == "first"
    store_credentials(Credentials("second", URL), overwrite=True, filename=str(rc))
    assert only(rc).token == "second"


def test_credentials_of_several_projects_stand_side_by_side(rc):
    hubs = [Credentials("t", f"{URL}/Hubs/h{i}/Groups/g/Projects/p") for i in range(3)]
    apart = Credentials("t", URL, hub="hub", group="group", project="project")
    for credentials in (*hubs, apart):
        store_credentials(credentials, filename=str(rc))
    found = read(rc)
    assert list(found.values()) == [*hubs, apart]
    assert [c.base_url for c in found.values()] == [URL] * 4
    remove_credentials(hubs[1], filename=str(rc))
    assert list(read(rc).values()) == [hubs[0], hubs[2], apart]
    with pytest.raises(CredentialsNotFoundError):
        remove_credentials(hubs[1], filename=str(rc))


def test_several_sections_for_one_project_the_last_counts_and_overwriting_leaves_one(rc, caplog):
    rc.parent.mkdir()
    rc.write_text(f"[ibmq]\ntoken = a\nurl = {URL}\n[ibmq-two]\ntoken = b\nurl = {URL}\n")
    with caplog.at_level(logging.WARNING, LOGGER):
        assert only(rc).token == "b"
    assert "several accounts" in caplog.text
    store_credentials(Credentials("c", URL), overwrite=True, filename=str(rc))
    assert only(rc).token == "c"
    assert "ibmq-two" not in rc.read_text()


FOREIGN = """# mine
[settings]
Colour = 100%
multi = one
  two
[ibmq_notes]
text = not credentials
[ibmq.preferences]
h/g/p,other,key = kept
"""


def test_what_is_not_ours_stays(rc):
    rc.parent.mkdir()
    rc.write_text(f"{FOREIGN}\n[ibmq]\ntoken = a\nurl = {URL}\nmy_note = kept\n")
    store_credentials(Credentials("b", URL, verify=False), overwrite=True, filename=str(rc))
    text = rc.read_text()
    assert text == f"{FOREIGN}\n[ibmq]\ntoken = b\nurl = {URL}\nmy_note = kept\nverify = False\n"
    assert only(rc).verify is False
    remove_credentials(Credentials("", URL), filename=str(rc))
    assert rc.read_text() == FOREIGN


def test_preferences_and_credentials_keep_each_other(rc):
    one, two = HubGroupProject("h", "g", "p"), HubGroupProject("h2", "g", "p")
    store_preferences({one: {"experiment": {"auto_save": True}}}, filename=str(rc))
    store_credentials(Credentials("t", URL), filename=str(rc))
    store_preferences({two: {"experiment": {"auto_save": False}}}, filename=str(rc))
    credentials, preferences = read_credentials_from_qiskitrc(str(rc))
    assert preferences == {
        one: {"experiment": {"auto_save": True}},
        two: {"experiment": {"auto_save": False}},
    }
    assert [c.token for c in credentials.values()] == ["t"]
    before = rc.read_bytes()
    store_preferences({two: {"experiment": {"auto_save": False}}}, filename=str(rc))
    assert rc.read_bytes() == before
    remove_credentials(Credentials("t", URL), filename=str(rc))
    assert read_credentials_from_qiskitrc(str(rc)) == ({}, preferences)
    store_preferences({one: {"experiment": {}}}, filename=str(rc))
    assert read_credentials_from_qiskitrc(str(rc))[1] == {two: {"experiment": {"auto_save": False}}}


def test_a_broken_preference_is_left_out_and_stays_in_the_file(rc, caplog):
    rc.parent.mkdir()
    rc.write_text(
        "[ibmq.preferences]\nh/g,experiment,auto_save = true\nh/g/p,experiment,auto_save = TRUE\nx = 1\n"
    )
    with caplog.at_level(logging.WARNING, "qiskit.providers.ibmq"):
        preferences = read_credentials_from_qiskitrc(str(rc))[1]
    assert preferences == {HubGroupProject("h", "g", "p"): {"experiment": {"auto_save": True}}}
    assert 'Use the "<hub_name>/<group_name>/<project_name>" format' in caplog.text
    store_preferences({}, filename=str(rc))
    assert "h/g,experiment,auto_save = true" in rc.read_text()


def test_write_qiskit_rc_makes_these_the_only_credentials(rc):
    store_credentials(Credentials("t", f"{URL}/Hubs/h/Groups/g/Projects/p"), filename=str(rc))
    preferences = {HubGroupProject("h", "g", "p"): {"experiment": {"auto_save": True}}}
    store_preferences(preferences, filename=str(rc))
    new = Credentials("n", URL)
    write_qiskit_rc({new.unique_id(): new}, filename=str(rc))
    assert read_credentials_from_qiskitrc(str(rc)) == ({new.unique_id(): new}, preferences)
    write_qiskit_rc({}, {}, filename=str(rc))
    assert read_credentials_from_qiskitrc(str(rc)) == ({}, {})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("secret-token", "line 1: there is text before the first section"),
        ("[ibmq]\ntoken secret-token\nurl = u", "line 2: this is neither"),
        (
            "[ibmq]\ntoken = secret-token\ntoken = secret-token\n",
            "line 3: this option is there a second time",
        ),
        ("\n[ibmq]\ntoken = secret-token", "line 2: the section \\[ibmq\\] has no url"),
        ("[ibmq]\nurl = https://x", "line 1: the section \\[ibmq\\] has no token"),
        (
            "[ibmq]\ntoken=secret-token\nurl = u\nverify = secret-token",
            "line 4: 'verify' has to be True or False",
        ),
        ("[ibmq]\ntoken=secret-token\nurl = u\nproxies = secret-token", "line 4: 'proxies' has to be a dict"),
        (
            "[ibmq]\ntoken=secret-token\nurl = u\nproxies = ['secret-token']",
            "line 4: 'proxies' has to be a dict",
        ),
    ],
)
def test_a_broken_file_gives_an_error_with_file_and_line_and_is_never_written(rc, text, message):
    rc.parent.mkdir()
    rc.write_text(text)
    for call in (
        lambda: read(rc),
        lambda: store_credentials(Credentials("t", URL), overwrite=True, filename=str(rc)),
        lambda: remove_credentials(Credentials("t", URL), filename=str(rc)),
        lambda: write_qiskit_rc({}, filename=str(rc)),
    ):
        with pytest.raises(InvalidCredentialsFormatError, match=message) as caught:
            call()
        assert str(rc) in str(caught.value)
        assert "secret-token" not in str(caught.value)
        assert caught.value.__cause__ is None or "secret-token" not in str(caught.value.__cause__)
    assert rc.read_text() == text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("h/g", 'Use the "<hub_name>/<group_name>/<project_name>" format'),
        ("h//p", "Every field must be specified"),
    ],
)
def test_a_broken_default_provider_says_what_is_wrong_and_where(rc, value, message):
    rc.parent.mkdir()
    rc.write_text(f"[ibmq]\ntoken = t\nurl = {URL}\ndefault_provider = {value}\n")
    with pytest.raises(HubGroupProjectInvalidStateError, match=message) as caught:
        read(rc)
    assert f"{rc}, line 4: " in str(caught.value)


def test_a_file_that_is_not_text_gives_an_error_with_the_line_and_keeps_its_content_to_itself(rc):
    rc.parent.mkdir()
    content = f"[ibmq]\ntoken = secret-token\nurl = {URL}\n\xff".encode("latin-1")
    rc.write_bytes(content)
    for call in (lambda: read(rc), lambda: store_credentials(Credentials("t", URL), filename=str(rc))):
        with pytest.raises(InvalidCredentialsFormatError, match="line 4: this is not UTF-8 text") as caught:
            call()
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
    assert rc.read_bytes() == content


def test_a_byte_order_mark_is_tolerated(rc):
    rc.parent.mkdir()
    rc.write_bytes(b"\xef\xbb\xbf[ibmq]\ntoken = t\nurl = u\n")
    assert only(rc).token == "t"


def test_something_else_in_the_place_of_the_file_is_an_error(rc):
    rc.mkdir(parents=True)
    with pytest.raises(CredentialsError, match="not a regular file"):
        read(rc)
    with pytest.raises(CredentialsError, match="not a regular file"):
        store_credentials(Credentials("t", URL), filename=str(rc))
    with pytest.raises(CredentialsError, match="Cannot write .*File exists"):
        file = rc / "file"
        file.write_text("")
        store_credentials(Credentials("t", URL), filename=str(file / "qiskitrc"))


def test_no_file_is_no_credentials_and_reading_makes_none(rc):
    assert read_credentials_from_qiskitrc(str(rc)) == ({}, {})
    assert not rc.parent.exists()


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX notion")
def test_file_and_directory_are_private_whatever_the_umask_and_the_old_mode(rc):
    old = os.umask(0)
    try:
        store_credentials(Credentials("t", URL), filename=str(rc))
    finally:
        os.umask(old)
    assert stat.S_IMODE(rc.stat().st_mode) == 0o600
    assert stat.S_IMODE(rc.parent.stat().st_mode) == 0o700
    rc.chmod(0o664)
    store_credentials(Credentials("u", URL), overwrite=True, filename=str(rc))
    assert stat.S_IMODE(rc.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX notion")
def test_a_write_protected_file_stays_as_it_is(rc):
    store_credentials(Credentials("t", URL), filename=str(rc))
    rc.chmod(0o400)
    with pytest.raises(CredentialsError, match="the file is write-protected"):
        store_credentials(Credentials("u", URL), overwrite=True, filename=str(rc))
    assert only(rc).token == "t"
    assert stat.S_IMODE(rc.stat().st_mode) == 0o400


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_symbolic_link_is_followed_and_stays_a_link(rc, tmp_path):
    target = tmp_path / "dotfiles" / "my-qiskitrc"
    rc.parent.mkdir()
    rc.symlink_to(target)
    store_credentials(Credentials("t", URL), filename=str(rc))
    store_credentials(Credentials("u", URL), overwrite=True, filename=str(rc))
    assert rc.is_symlink()
    assert not target.is_symlink()
    assert only(target).token == "u"
    assert sorted(p.name for p in rc.parent.iterdir()) == ["qiskitrc"]


def test_the_place_is_looked_up_at_the_call(monkeypatch, tmp_path):
    home = Path(os.path.expanduser("~"))
    store_credentials(Credentials("home", URL))
    assert only(home / ".qiskit" / "qiskitrc").token == "home"
    monkeypatch.setattr(configrc, "DEFAULT_QISKITRC_FILE", str(tmp_path / "other"))
    assert read_credentials_from_qiskitrc() == ({}, {})
    store_credentials(Credentials("other", URL))
    assert only(tmp_path / "other").token == "other"


WRITER = """
import sys
from qiskit_ibmq_provider.credentials import Credentials, store_credentials
path, number = sys.argv[1:]
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.readline()
for round in range(3):
    url = f"https://q.example.org/api/Hubs/h{number}-{round}/Groups/g/Projects/p"
    store_credentials(Credentials("x" * 2000, url), filename=path)
"""


def test_twenty_processes_that_write_at_once_lose_nothing_and_readers_see_whole_files(rc):
    children = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(rc), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(20)
    ]
    for child in children:
        assert child.stdout.readline() == "ready\n"
    done = threading.Event()
    seen = []

    def watch() -> None:
        while not done.is_set():
            seen.append(len(read(rc)))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for child in children:
            child.stdin.write("go\n")
            child.stdin.flush()
        assert [child.wait(60) for child in children] == [0] * 20
    finally:
        done.set()
        watcher.join()
        for child in children:
            child.stdin.close()
            child.stdout.close()
    assert len(read(rc)) == 60
    assert seen == sorted(seen)
    assert sorted(p.name for p in rc.parent.iterdir()) == [".qiskitrc.lock", "qiskitrc"]


DYING_WRITER = """
import os, sys
from qiskit_ibmq_provider.credentials import Credentials, store_credentials
os.replace = lambda *args: os._exit(9)
store_credentials(Credentials("new", "https://q.example.org/api"), overwrite=True, filename=sys.argv[1])
"""


def test_a_writer_killed_before_the_rename_leaves_the_old_file_and_no_lock(rc):
    store_credentials(Credentials("old", URL), filename=str(rc))
    assert subprocess.run([sys.executable, "-c", DYING_WRITER, str(rc)]).returncode == 9
    assert only(rc).token == "old"
    assert len(list(rc.parent.glob(".qiskitrc.*.tmp"))) == 1
    store_credentials(Credentials("next", URL), overwrite=True, filename=str(rc))
    assert only(rc).token == "next"
    assert list(rc.parent.glob(".qiskitrc.*.tmp")) == []


def test_a_failing_rename_leaves_the_old_file_and_no_other(rc, monkeypatch):
    store_credentials(Credentials("old", URL), filename=str(rc))

    def fail(*args: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(CredentialsError, match="No space left on device"):
        store_credentials(Credentials("new", URL), overwrite=True, filename=str(rc))
    assert only(rc).token == "old"
    assert list(rc.parent.glob(".qiskitrc.*.tmp")) == []
