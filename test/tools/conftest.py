# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The devices whose gates are fitted."""

from __future__ import annotations

import pytest
from support import pulse_site as sites


@pytest.fixture(scope="session")
def pulse_site():
    return sites.pulse_site
