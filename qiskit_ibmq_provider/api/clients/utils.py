# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How websockets reach their server: proxy and certificates."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from typing import Any, Optional, Union
from urllib.parse import unquote, urlsplit

from qiskit_ibmq_provider._checks import is_loopback
from qiskit_ibmq_provider.credentials.credentials import Credentials

__all__ = ["ws_proxy_params", "ws_ssl_options"]


def ws_proxy_params(credentials: Credentials, ws_url: str) -> dict[str, Any]:
    """Return the proxy settings of a websocket as the websocket library takes them.

    Without proxies in the account the library looks into the environment, except for this machine.

    Args:
        credentials: the account.
        ws_url: URL of the websocket.
    """
    proxies = credentials.proxies or {}
    host = urlsplit(ws_url).hostname
    urls = proxies.get("urls")
    if not isinstance(urls, Mapping) or not urls:
        return _directly(host) if host is not None and is_loopback(host) else {}
    chosen = next((urls[key] for key in _proxy_keys(ws_url, host) if urls.get(key)), None)
    if chosen is None:
        return {}
    parts = urlsplit(chosen if "//" in chosen else f"//{chosen}")
    scheme = parts.scheme.lower()
    params: dict[str, Any] = {
        "http_proxy_host": parts.hostname,
        "http_proxy_port": parts.port or (443 if scheme == "https" else 80),
        "proxy_type": scheme if scheme.startswith("socks") else "http",
        # Without this the library leaves out hosts that the environment names, and this machine.
        "http_no_proxy": [""],
    }
    if "username_ntlm" in proxies and "password_ntlm" in proxies:
        params["http_proxy_auth"] = (proxies["username_ntlm"], proxies["password_ntlm"])
    elif parts.username is not None:
        params["http_proxy_auth"] = (unquote(parts.username), unquote(parts.password or ""))
    return params


def _directly(host: str) -> dict[str, Any]:
    """Return settings that use no proxy. The library only heeds exceptions from a proxy that it is given, so it gets one."""
    return {"http_proxy_host": host, "http_proxy_port": 1, "proxy_type": "http", "http_no_proxy": [host]}


def ws_ssl_options(verify: Union[bool, str]) -> dict[str, Any]:
    """Return the TLS settings of a websocket, so that it trusts whom HTTP trusts.

    Args:
        verify: whether to verify certificates, or the path of a CA bundle.
    """
    if verify is False:
        return {"cert_reqs": ssl.CERT_NONE, "check_hostname": False}
    bundle = verify if isinstance(verify, str) else _bundle_of_the_environment()
    if bundle is None:
        return {}
    return {"ca_cert_path": bundle} if os.path.isdir(bundle) else {"ca_certs": bundle}


def _proxy_keys(ws_url: str, host: Optional[str]) -> list[str]:
    """Return the keys under which a websocket's proxy may be given, the most specific first."""
    if ws_url.lower().startswith("wss"):
        return [ws_url, "wss", f"https://{host}", "https", f"all://{host}", "all"]
    # A plain connection goes where plain HTTP goes; the keys in the middle are those of servers' older clients.
    plain = ["ws", f"http://{host}", "http"]
    return [ws_url, *plain, "wss", f"https://{host}", "https", f"all://{host}", "all"]


def _bundle_of_the_environment() -> Optional[str]:
    """Return the CA bundle that HTTP uses, unless there is one for websockets alone."""
    if os.environ.get("WEBSOCKET_CLIENT_CA_BUNDLE"):
        return None
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        if os.environ.get(name):
            return os.environ[name]
    from requests.utils import DEFAULT_CA_BUNDLE_PATH

    return str(DEFAULT_CA_BUNDLE_PATH)
