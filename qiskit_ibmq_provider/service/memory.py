# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Giving memory back to the system after many have used the service at once.

The C library of Linux keeps what was freed in pools, one for each thread that allocates at the same time as others,
and a service that was busy once would look busy for ever.
"""

from __future__ import annotations

import asyncio
import ctypes
import sys
from typing import Any, Final

__all__ = ["give_back_regularly", "use_few_pools"]

_ARENA_MAX: Final = -8
"""The name of the setting in ``malloc.h``."""

_POOLS: Final = 2

_SECONDS: Final = 60.0


def use_few_pools() -> None:
    """Let threads share pools. To be called before there are threads."""
    library = _c_library()
    if library is not None:
        library.mallopt(_ARENA_MAX, _POOLS)


async def give_back_regularly() -> None:
    """Give free memory back once a minute until cancelled."""
    library = _c_library()
    while library is not None:
        await asyncio.sleep(_SECONDS)
        # It takes some milliseconds.
        await asyncio.to_thread(library.malloc_trim, 0)


def _c_library() -> Any:
    """Return the C library if it is the one that is meant here."""
    if sys.platform != "linux":
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
