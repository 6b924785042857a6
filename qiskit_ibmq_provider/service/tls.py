# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""The certificate of a service that speaks https itself."""

from __future__ import annotations

import ssl
from typing import Any, Final

from qiskit_ibmq_provider.service.config import ConfigError, ServiceConfig

__all__ = ["tls_options"]

_NO_PASSWORD: Final = ""
"""Given, so that nobody is asked for one: a service has no terminal."""


def tls_options(config: ServiceConfig) -> dict[str, Any]:
    """Return what the HTTP server needs for TLS, checked; nothing where the service speaks plain HTTP.

    Raises:
        ConfigError: If certificate or key cannot be used.
    """
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
