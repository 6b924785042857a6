# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The process of a service: its directory, its socket, its signals, its end."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import math
import os
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any, Final, Optional

import uvicorn

from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.service.app import create_app
from qiskit_ibmq_provider.service.compose import StartError, open_services
from qiskit_ibmq_provider.service.config import ENVIRONMENT_PREFIX, ConfigError, ServiceConfig, read_token
from qiskit_ibmq_provider.service.connections import SturdySocket, bounded_http
from qiskit_ibmq_provider.service.data_lock import DataDirError, DataDirInUse, hold_data_dir
from qiskit_ibmq_provider.service.logs import configure_logging
from qiskit_ibmq_provider.service.routes.urls import API_PATH
from qiskit_ibmq_provider.service.services import Services

__all__ = [
    "EXIT_CONFIG",
    "EXIT_DATA_DIR",
    "EXIT_DATA_DIR_IN_USE",
    "EXIT_FAILED",
    "EXIT_OK",
    "EXIT_PORT",
    "serve",
]

logger = get_logger(__name__)

EXIT_OK: Final = 0
"""Stopped by a signal, or after its idle time."""

EXIT_FAILED: Final = 1
"""The service could not start for another reason than those below."""

EXIT_CONFIG: Final = 2
"""A setting cannot be used."""

EXIT_DATA_DIR: Final = 3
"""The data directory cannot be made or written."""

EXIT_DATA_DIR_IN_USE: Final = 4
"""Another service holds the data directory."""

EXIT_PORT: Final = 5
"""The address cannot be listened on."""

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

_SAFE_TOKEN_LENGTH: Final = 16
"""A shorter API token is warned of."""

_GRACE_SECONDS: Final = 3
"""How long answers under way may take when the service stops."""

_PING_SECONDS: Final = 30.0
_PONG_SECONDS: Final = 120.0
"""A client whose program is busy in a callback answers pings late (websocket-client does)."""

_BACKLOG: Final = 512
"""Connections that wait while the service is busy or still starting."""

_OPEN_FILES: Final = 16384
"""Most files that the service wants to have open: connections, and what they read and write."""

_SOCKET_MESSAGE_BYTES: Final = 64 * 1024
"""Clients send one token over a websocket, and little else."""

_IDLE_CHECK_SECONDS: Final = 0.2

_NO_PASSWORD: Final = ""
"""Given for the private key, so that nobody is asked for one: a service has no terminal."""

_ARENA_MAX: Final = -8
"""The name of the setting of :func:`_use_few_pools` in ``malloc.h``."""

_POOLS: Final = 2

_GIVE_BACK_SECONDS: Final = 60.0

_UVICORN_SETTINGS: Final[Mapping[str, Any]] = {
    "ws": SturdySocket,
    "ws_max_size": _SOCKET_MESSAGE_BYTES,
    "ws_ping_interval": _PING_SECONDS,
    "ws_ping_timeout": _PONG_SECONDS,
    "ws_per_message_deflate": False,
    "log_config": None,
    # Its access log would hold queries, and with them tokens.
    "access_log": False,
    # Forwarded headers are judged by our own setting, not by the server's.
    "proxy_headers": False,
    "server_header": False,
    "timeout_graceful_shutdown": _GRACE_SECONDS,
    "backlog": _BACKLOG,
}


class _PortError(Exception):
    """The address cannot be listened on."""


def serve(config: ServiceConfig, *, on_ready: Optional[Callable[[str], None]] = None) -> int:
    """Run a service until a signal or its idle time ends it.

    It takes over the process: the log goes to standard error, SIGINT and SIGTERM stop it, new files are for
    their owner only, and the token is taken out of the environment, so that the worker processes do not
    inherit it. When it answers requests it prints one line, ``listening on http://HOST:PORT/api``, to
    standard output.

    Args:
        config: The settings.
        on_ready: Called with the URL of the API once the service answers requests, before it says so.

    Returns:
        The exit code of the process, one of the ``EXIT_`` constants. What went wrong is on standard error.
    """
    try:
        token = read_token(config)
        os.environ.pop(ENVIRONMENT_PREFIX + "TOKEN", None)
        configure_logging(config.log_level, secrets=[] if token is None else [token])
        _warn_of_open_file(config)
        _warn_of_short_token(token)
        # The database holds the key that signs storage URLs, the blobs hold what users computed.
        os.umask(0o077)
        _allow_many_connections()
        _use_few_pools()
        with hold_data_dir(config.data_dir), contextlib.closing(_bind(config)) as listener:
            return _run(config, token, listener, on_ready)
    except ConfigError as exc:
        return _fail(str(exc), EXIT_CONFIG)
    except DataDirInUse as exc:
        return _fail(str(exc), EXIT_DATA_DIR_IN_USE)
    except DataDirError as exc:
        return _fail(str(exc), EXIT_DATA_DIR)
    except _PortError as exc:
        return _fail(str(exc), EXIT_PORT)
    except StartError as exc:
        return _fail(str(exc), EXIT_FAILED)


def _allow_many_connections() -> None:
    """Raise the limit of open files, one for each connection, to what this user may have."""
    if os.name != "posix":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _use_few_pools() -> None:
    """Let threads share pools of memory. To be called before there are threads.

    The C library of Linux keeps what was freed in pools, one for each thread that allocates at the same time as others,
    and a service that was busy once would look busy for ever.
    """
    library = _c_library()
    if library is not None:
        library.mallopt(_ARENA_MAX, _POOLS)


async def _give_back_regularly() -> None:
    """Give free memory back to the system once a minute until cancelled."""
    library = _c_library()
    while library is not None:
        await asyncio.sleep(_GIVE_BACK_SECONDS)
        # It takes some milliseconds.
        await asyncio.to_thread(library.malloc_trim, 0)


def _c_library() -> Any:
    """Return the C library if it is the one that is meant here."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"The service cannot start. {message}\n")
    return code


def _warn_of_open_file(config: ServiceConfig) -> None:
    path = config.token_file
    if config.token is None and path is not None and os.name == "posix" and path.stat().st_mode & 0o077:
        logger.warning(
            "Other users can read the token file %s. Make it yours alone: chmod 600 %s", path, path
        )


def _warn_of_short_token(token: Optional[str]) -> None:
    """Warn if the token can be guessed: whoever reaches the service may try as many as they like."""
    if token is not None and len(token) < _SAFE_TOKEN_LENGTH:
        logger.warning(
            "The API token has only %d characters and may be guessed. Use a random one of at least %d: "
            "python3 -c 'import secrets; print(secrets.token_hex(32))'",
            len(token),
            _SAFE_TOKEN_LENGTH,
        )


def _tls_options(config: ServiceConfig) -> dict[str, Any]:
    """Return what the HTTP server needs for TLS, checked; nothing where the service speaks plain HTTP."""
    certificate, key = config.tls_certificate, config.tls_key
    if certificate is None or key is None:
        return {}
    for field, path in (("tls_certificate", certificate), ("tls_key", key)):
        try:
            path.read_bytes()
        except OSError as exc:
            raise ConfigError(field, path, f"it cannot be read: {exc.strerror}") from None
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, _NO_PASSWORD)
    except (ssl.SSLError, ValueError) as exc:
        raise ConfigError(
            "tls_certificate",
            certificate,
            f"it cannot be used with the key {key} ({exc}). Both have to be in PEM form, belong together, and the key "
            "must have no password",
        ) from None
    return {
        "ssl_certfile": str(certificate),
        "ssl_keyfile": str(key),
        "ssl_keyfile_password": _NO_PASSWORD,
    }


def _bind(config: ServiceConfig) -> socket.socket:
    """Return a socket bound to the configured address; it does not listen yet."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as exc:
        raise _PortError(
            f"The host {config.host!r} is not an address of this machine: {exc.strerror}."
        ) from None
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":
            # A restart finds the old connections in TIME_WAIT; another listener is still refused.
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        listener.bind(address)
        # Bound is not enough: two sockets may share an address until one of them listens.
        listener.listen(_BACKLOG)
    except OSError as exc:
        listener.close()
        raise _PortError(
            f"It cannot listen on {config.host} port {config.port}: {exc.strerror}. Choose another port with "
            "--port; 0 picks a free one."
        ) from None
    return listener


def _run(
    config: ServiceConfig,
    token: Optional[str],
    listener: socket.socket,
    on_ready: Optional[Callable[[str], None]],
) -> int:
    tls = _tls_options(config)
    host, port = listener.getsockname()[:2]
    scheme = "https" if config.uses_tls else "http"
    origin = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
    with open_services(config, token) as services:
        server = _Server(
            uvicorn.Config(
                create_app(services, origin=origin),
                http=bounded_http(config.head_seconds, config.stall_seconds),  # type: ignore[arg-type]
                timeout_keep_alive=math.ceil(config.keep_alive_seconds),
                **_UVICORN_SETTINGS,
                **tls,
            ),
            url=f"{origin}{API_PATH}",
            on_ready=on_ready,
            idle_timeout=config.idle_timeout,
            services=services,
        )
        server.run(sockets=[listener])
    logger.info("The service has ended.")
    return EXIT_OK


class _Server(uvicorn.Server):
    """The HTTP server, with a line when it is ready and an end when it is idle."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        url: str,
        on_ready: Optional[Callable[[str], None]],
        idle_timeout: Optional[float],
        services: Services,
    ) -> None:
        super().__init__(config)
        self._url = url
        self._on_ready = on_ready
        self._idle_timeout = idle_timeout
        self._services = services
        self._watch: Optional[asyncio.Task[None]] = None
        self._tidying: Optional[asyncio.Task[None]] = None

    async def startup(self, sockets: Optional[list[socket.socket]] = None) -> None:
        """Begin to serve, then say so on standard output: whoever started this process waits for it."""
        await super().startup(sockets=sockets)
        if self._on_ready is not None:
            self._on_ready(self._url)
        # A parent that has gone away does not stop the service.
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.write(f"listening on {self._url}\n")
            sys.stdout.flush()
        self._tidying = asyncio.get_running_loop().create_task(_give_back_regularly())
        if self._idle_timeout is not None:
            self._watch = asyncio.get_running_loop().create_task(self._end_when_idle(self._idle_timeout))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let SIGINT and SIGTERM end the loop in good order, and leave it at that.

        The method that this replaces raises the signal again at the end, which would skip our own cleaning up.
        """
        before = {number: signal.signal(number, self._stop) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, number: int, frame: Optional[FrameType]) -> None:
        # The second signal means now: answers under way are dropped.
        self.force_exit = self.should_exit
        self.should_exit = True

    async def _end_when_idle(self, timeout: float) -> None:
        activity = self._services.activity
        while not self.should_exit:
            await asyncio.sleep(max(0.0, timeout - activity.idle_seconds()) + _IDLE_CHECK_SECONDS)
            if activity.idle_seconds() < timeout:
                continue
            if not await asyncio.to_thread(self._services.queues.idle):
                activity.touch()
                continue
            logger.info("Nobody used the service for %g seconds: it ends.", timeout)
            self.should_exit = True
