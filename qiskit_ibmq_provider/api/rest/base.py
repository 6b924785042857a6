# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What the adapters have in common."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Optional, TypeVar

from qiskit_ibmq_provider.api.exceptions import ApiIBMQProtocolError
from qiskit_ibmq_provider.api.exchange import Body
from qiskit_ibmq_provider.api.redaction import Secret
from qiskit_ibmq_provider.api.session import RetrySession
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, required
from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["RestAdapterBase", "json_body", "json_text", "read_document", "read_url"]


A = TypeVar("A", bound="RestAdapterBase")


class RestAdapterBase:
    """An adapter for one resource.

    Args:
        session: the connection.
        places: values for the places of the paths below this resource, such as ``hub`` or ``job_id``.
    """

    def __init__(self, session: RetrySession, places: Optional[Mapping[str, str]] = None) -> None:
        self.session = session
        self.places = dict(places or {})

    def within(self: A, seconds: Optional[float]) -> A:
        """Return this adapter with requests that take no longer than so many seconds; ``None`` for no other bound than usual."""
        adapter = copy.copy(self)
        adapter.session = self.session.within(seconds)
        return adapter

    def get_url(self, route: Route) -> str:
        """Return the path of a route for this resource."""
        return route.path(**self.places)


def json_text(value: Any, what: str) -> str:
    """Return a value as JSON text for a query.

    Raises:
        ApiIBMQProtocolError: it holds something that JSON has no form for.
    """
    return b"".join(json_body(value, what)).decode()


def json_body(value: Any, what: str) -> Body:
    """Return a value as a JSON body.

    Raises:
        ApiIBMQProtocolError: it holds something that JSON has no form for.
    """
    try:
        return Body.json(value)
    except ProtocolError as err:
        raise ApiIBMQProtocolError(f"{what} cannot be sent: {err}") from err


def read_document(data: Any) -> Optional[dict[str, Any]]:
    """Return a JSON object, or ``None`` for ``null`` and for an empty one: both mean that there is no document.

    Raises:
        ProtocolError: it is something else.
    """
    return None if data is None else dict(as_object(data, "the document")) or None


def read_url(data: Any) -> Secret:
    """Return the signed URL of a storage transfer.

    Raises:
        ProtocolError: there is none.
    """
    what = "the storage address"
    url = required(as_object(data, what), "url", str, what)
    if not url:
        raise ProtocolError(f"{what} is empty.")
    if not url.lower().startswith(("http://", "https://")):
        raise ProtocolError(f"{what} is not an http:// or https:// URL.")
    return Secret(url)
