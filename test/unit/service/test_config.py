# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Settings of a service: where they come from, and what is refused."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest

from qiskit_ibmq_provider.service.config import ConfigError, ServiceConfig, load_config, read_token


def _load(tmp_path: Path, environ: dict[str, str] | None = None, **arguments: Any) -> ServiceConfig:
    return load_config({"data_dir": tmp_path, **arguments}, environ=environ or {})


def test_only_the_data_directory_is_required(tmp_path: Path) -> None:
    config = _load(tmp_path)
    assert (config.host, config.port, config.data_dir) == ("127.0.0.1", 8765, tmp_path)
    assert config.worker_count >= 1


def test_a_missing_data_directory_is_named() -> None:
    with pytest.raises(ConfigError, match=r"^Setting 'data_dir': it is required\.$"):
        load_config(environ={})


def test_arguments_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "service.ini"
    file.write_text("[service]\nport = 1\nworkers = 1\nlog_level = debug\nhost =\n")
    environ = {"IBMQ_SERVICE_PORT": "2", "IBMQ_SERVICE_WORKERS": "2", "IBMQ_SERVICE_HOST": ""}
    config = load_config({"data_dir": tmp_path, "port": 3, "workers": None}, environ=environ, file=file)
    assert (config.port, config.workers, config.log_level, config.host) == (3, 2, "DEBUG", "127.0.0.1")


def test_the_environment_may_name_the_file(tmp_path: Path) -> None:
    file = tmp_path / "service.ini"
    file.write_text(f"[service]\ndata_dir = {tmp_path}\nidle_timeout = 1.5\n")
    config = load_config(environ={"IBMQ_SERVICE_CONFIG": str(file)})
    assert config.idle_timeout == 1.5


def test_other_variables_with_the_prefix_are_left_alone(tmp_path: Path) -> None:
    assert _load(tmp_path, {"IBMQ_SERVICE_PORTS": "x"}).port == 8765


def test_an_unknown_setting_is_refused_without_its_value(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, tokem="abc123")
    assert "'tokem'" in str(caught.value)
    assert "abc123" not in str(caught.value)


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("port", "65536", "a whole number from 0 to 65535"),
        ("port", "x", "a whole number from 0 to 65535"),
        ("port", True, "a whole number from 0 to 65535"),
        ("workers", -1, "a whole number from 0 to 1024"),
        ("idle_timeout", "0", "a number of seconds, more than zero"),
        ("idle_timeout", "inf", "a number of seconds, more than zero"),
        ("job_seconds", "soon", "a number of seconds, more than zero"),
        ("max_payload_bytes", 0, "a whole number of at least 1"),
        ("max_jobs_per_device", -2, "a whole number of at least -1"),
        ("allow_remote", "maybe", "it must be one of"),
        ("projects", "open/main", "it must be like 'hub/group/project'"),
        ("projects", "a/b/c/d", "it must be like"),
        ("projects", "a//c", "it must be like"),
        ("projects", "a/../c", "it must be like"),
        ("projects", "a/b b/c", "it must be like"),
        ("projects", " , ", "it must be like"),
        ("projects", "a/b/c,a/b/c", "it names a project twice"),
        ("public_url", "q.example.org", "it must look like"),
        ("public_url", "ftp://q.example.org", "it must look like"),
        ("public_url", "https://u:p@q.example.org", "it must look like"),
        ("public_url", "https://q.example.org/?x=1", "it must look like"),
        ("public_url", "https://q.example.org:port", "it must look like"),
        ("trusted_proxies", "10.0.0.0/8, nowhere", "IP addresses or networks"),
        ("instance_id", "a b", "letters, digits"),
        ("log_level", "loud", "one of DEBUG, INFO"),
        ("host", "0.0.0.0", "allow_remote"),
        ("host", "example.org", "allow_remote"),
        ("host", "::", "allow_remote"),
        ("tls_key", "/k.pem", "belong together"),
        ("tls_certificate", "/c.pem", "belong together"),
        ("requests_per_second", -1, "zero or more"),
        ("requests_per_second", "nan", "zero or more"),
        ("max_json_depth", 7, "a whole number from 8 to 500"),
    ],
)
def test_a_wrong_value_is_named_with_its_field_and_the_rule(
    tmp_path: Path, field: str, value: Any, rule: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, **{field: value})
    assert caught.value.field == field
    assert f"'{field}' = {str(value)!r} (from the arguments)" in str(caught.value)
    assert rule in caught.value.problem


def test_the_error_names_the_variable_that_the_value_came_from(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\(from the environment variable IBMQ_SERVICE_PORT\)"):
        _load(tmp_path, {"IBMQ_SERVICE_PORT": "many"})


@pytest.mark.parametrize("value", ["", "two words", "café", "tab\t"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, token=value)
    assert "<hidden>" in str(caught.value)
    assert not value or value not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_hosts_of_this_machine_need_no_flag(tmp_path: Path, host: str) -> None:
    assert _load(tmp_path, host=host).host == host


def test_other_hosts_need_the_flag_or_a_certificate(tmp_path: Path) -> None:
    assert not _load(tmp_path, host="0.0.0.0", allow_remote="yes").uses_tls
    assert _load(tmp_path, host="0.0.0.0", tls_certificate="c.pem", tls_key="k.pem").uses_tls


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://q.example.org", "https://q.example.org"),
        ("https://q.example.org/", "https://q.example.org"),
        ("https://q.example.org/api", "https://q.example.org"),
        ("https://q.example.org/quantum/api/", "https://q.example.org/quantum"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_the_public_url_is_kept_without_slash_and_api(tmp_path: Path, given: str, kept: str) -> None:
    assert _load(tmp_path, public_url=given).public_url == kept


def test_lists_are_read_from_text(tmp_path: Path) -> None:
    dirs = os.pathsep.join(["/a", "/b"])
    config = _load(
        tmp_path, {"IBMQ_SERVICE_DEVICE_DIRS": dirs, "IBMQ_SERVICE_TRUSTED_PROXIES": "10.0.0.0/8,::1"}
    )
    assert config.device_dirs == (Path("/a"), Path("/b"))
    assert config.trusted_proxies == ("10.0.0.0/8", "::1/128")


def test_times_of_single_devices_are_read(tmp_path: Path) -> None:
    text = "simulator_mps=600, ibmq_armonk=1.5"
    config = _load(tmp_path, {"IBMQ_SERVICE_DEVICE_SECONDS": text})
    assert config.device_seconds == (("simulator_mps", 600.0), ("ibmq_armonk", 1.5))
    for wrong in ("600", "a=0", "a=b", "a=1,a=2", "a b=1"):
        with pytest.raises(ConfigError, match="device_seconds"):
            _load(tmp_path, {"IBMQ_SERVICE_DEVICE_SECONDS": wrong})


def test_projects_are_read_from_text_or_given_as_they_are(tmp_path: Path) -> None:
    assert _load(tmp_path).projects == (("ibm-q", "open", "main"),)
    names = (("ibm-q-education", "class.1", "x_2"), ("ibm-q", "open", "main"))
    text = " ibm-q-education/class.1/x_2 ,ibm-q/open/main,"
    assert _load(tmp_path, {"IBMQ_SERVICE_PROJECTS": text}).projects == names
    assert _load(tmp_path, projects=names).projects == names


def test_the_token_comes_from_the_settings_or_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("from-a-file\n")
    assert read_token(_load(tmp_path, token="direct", token_file=file)) == "direct"
    assert read_token(_load(tmp_path, token_file=file)) == "from-a-file"


def test_a_token_is_not_required(tmp_path: Path) -> None:
    assert read_token(_load(tmp_path)) is None


def test_a_token_file_that_is_empty_or_missing_is_named(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with pytest.raises(ConfigError, match=r"token'.*cannot be read: No such file"):
        read_token(_load(tmp_path, token_file=file))
    file.write_text("  \n")
    with pytest.raises(ConfigError, match="not a token"):
        read_token(_load(tmp_path, token_file=file))


@pytest.mark.parametrize("content", ["port = 1\n", "[other]\nport = 1\n", "\x00", "[service]\nport\n"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: str) -> None:
    file = tmp_path / "service.ini"
    file.write_text(content)
    with pytest.raises(ConfigError, match="service.ini"):
        load_config({"data_dir": tmp_path}, environ={}, file=file)
    with pytest.raises(ConfigError, match="missing.ini"):
        load_config({"data_dir": tmp_path}, environ={}, file=tmp_path / "missing.ini")


def test_secrets_are_not_in_the_repr(tmp_path: Path) -> None:
    config = _load(tmp_path, token="abc123", database_url="postgresql://u:pw@host/db")
    assert "abc123" not in repr(config)
    assert "pw" not in repr(config)


def test_every_setting_says_what_it_means() -> None:
    for field in dataclasses.fields(ServiceConfig):
        assert field.metadata["help"].endswith("."), field.name
