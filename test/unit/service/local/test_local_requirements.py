# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What is said when the extra is not installed."""

from __future__ import annotations

import sys

import pytest

from qiskit_ibmq_provider.exceptions import IBMQLocalServiceError
from qiskit_ibmq_provider.service.local import requirements
from qiskit_ibmq_provider.service.local.config import LocalServiceConfig, check_extra, missing_extra


@pytest.mark.parametrize("module", requirements.MODULES)
def test_each_missing_module_is_named_with_the_command_that_helps(
    module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    assert requirements.missing_module() == module
    with pytest.raises(IBMQLocalServiceError) as caught:
        check_extra()
    assert f"the module {module} is not installed" in str(caught.value)
    assert f"`{sys.executable} -m pip install '.[service]'` in the checkout" in str(caught.value)


def test_nothing_is_missing_here() -> None:
    check_extra()


def test_where_there_is_no_aer_another_interpreter_is_the_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requirements, "_WITHOUT_AER", (3, 0))
    text = str(missing_extra("qiskit_aer"))
    assert "Qiskit Aer has no package for Python 3." in text
    assert "IBMQ_LOCAL_PYTHON" in text
    assert "3.9 to 3.12" in text
    assert "pip install" not in text
    both = str(missing_extra("filelock"))
    assert "pip install '.[service]'" in both
    assert "IBMQ_LOCAL_PYTHON" in both


def test_without_platformdirs_the_place_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "platformdirs", None)
    with pytest.raises(IBMQLocalServiceError, match="platformdirs is not installed"):
        LocalServiceConfig.from_environment({})
