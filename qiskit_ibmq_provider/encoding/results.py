# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Result documents, as Qiskit's ``Result``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from qiskit.exceptions import QiskitError
from qiskit.qobj.utils import MeasReturnType
from qiskit.result import Result
from qiskit.result.models import ExperimentResult

from qiskit_ibmq_provider._collector import collector_held
from qiskit_ibmq_provider._logging import get_logger
from qiskit_ibmq_provider.encoding.lazy_models import SplitResult, UnreadData
from qiskit_ibmq_provider.protocol.errors import ProtocolError
from qiskit_ibmq_provider.protocol.fields import as_object, as_objects, required
from qiskit_ibmq_provider.protocol.results import UnreadObject
from qiskit_ibmq_provider.protocol.timestamps import parse_utc

__all__ = ["decode_result"]

logger = get_logger(__name__)

_TEXTS: Final = ("backend_name", "backend_version", "qobj_id", "job_id")
_MEAS_RETURNS: Final = frozenset(item.value for item in MeasReturnType)


def decode_result(data: Mapping[str, Any], **defaults: Any) -> Result:
    """Return the result that a document stands for. The document is not changed.

    Optional fields may be missing or null, and so may the names and ids of the run, which then come from ``defaults`` or are
    empty. A date becomes an aware local datetime; one that cannot be read is left out. Data that was not read yet
    (:class:`.UnreadObject`) stays so until somebody asks for it.

    Args:
        data: the document.
        defaults: values for top-level fields that the document leaves out, for instance ``job_id``.

    Raises:
        ProtocolError: the document is not a result: ``success`` or ``results`` is missing, or an experiment lacks its data.
    """
    what = "the result"
    document = {
        **defaults,
        **{key: value for key, value in as_object(data, what).items() if value is not None},
    }
    for key in _TEXTS:
        document.setdefault(key, "")
    document["success"] = required(document, "success", bool, what)
    if "date" in document:
        document["date"] = _local_date(document["date"])
    experiments = as_objects(document.get("results"), "the field 'results' of the result")
    try:
        with collector_held():
            result = SplitResult.from_dict({**document, "results": []})
            result.results = [_experiment(experiment) for experiment in experiments]
    except (KeyError, TypeError, ValueError, AttributeError, QiskitError) as err:
        raise ProtocolError(f"Qiskit cannot use the result: {type(err).__name__}: {err}") from err
    return result


def _experiment(document: Mapping[str, Any]) -> ExperimentResult:
    what = "an experiment of the result"
    # Qiskit's model takes a null header or return type for a value and fails on it.
    fields = {key: value for key, value in document.items() if value is not None}
    if "shots" not in fields:
        raise ProtocolError(f"The field 'shots' of {what} is missing.")
    required(fields, "success", bool, what)
    if fields.get("meas_return") not in _MEAS_RETURNS:
        fields.pop("meas_return", None)
    data = fields.get("data")
    if not isinstance(data, UnreadObject):
        required(fields, "data", dict, what)
        return ExperimentResult.from_dict(fields)
    experiment = ExperimentResult.from_dict({**fields, "data": {}})
    experiment.data = UnreadData(data)
    return experiment


def _local_date(value: Any) -> Any:
    try:
        return parse_utc(value).astimezone()
    except ProtocolError as err:
        logger.debug("The date of a result is left out: %s", err)
        return None
