# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""Result of the runtime program that runs circuits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Optional, Union

from qiskit.exceptions import QiskitError
from qiskit.result import QuasiDistribution, Result

from qiskit_ibmq_provider.protocol import codec

__all__ = ["ResultDecoder", "RunnerResult"]


class ResultDecoder:
    """Turns the text that a program returned into an object. Subclasses do so for one program."""

    @classmethod
    def decode(cls, data: str) -> Any:
        """Return the object that a text stands for; here, what its JSON says.

        Args:
            data: JSON text.

        Raises:
            ProtocolError: the text is not JSON.
        """
        return codec.loads(data)


class RunnerResult(Result, ResultDecoder):
    """A result whose experiments may hold quasi-probabilities, from runs with mitigated measurement errors.

    Example:

        >>> header = {"name": "bell", "final_measurement_mapping": {"0": 0, "1": 1}}
        >>> bell = {"shots": 1000, "success": True, "header": header, "data": {"quasiprobabilities": {"0x0": 0.52, "0x3": 0.48}}}
        >>> ids = {"backend_name": "ibmq_vigo", "backend_version": "1.3.6", "qobj_id": "q", "job_id": "j", "success": True}
        >>> RunnerResult.from_dict({**ids, "results": [bell]}).get_quasiprobabilities()
        {0: 0.52, 3: 0.48}
    """

    @classmethod
    def decode(cls, data: str) -> RunnerResult:
        """Return the result that a program's text stands for.

        Args:
            data: JSON text.

        Raises:
            ProtocolError: the text is not JSON.
        """
        result: RunnerResult = cls.from_dict(codec.loads(data))
        return result

    def get_quasiprobabilities(
        self, experiment: Union[None, int, Sequence[int]] = None
    ) -> Union[QuasiDistribution, list[QuasiDistribution]]:
        """Return the quasi-probabilities of experiments.

        Args:
            experiment: index of an experiment, or a list of them; None for all.

        Returns:
            One distribution, which knows its number of ``shots``, or a list of them if there are several.

        Raises:
            QiskitError: an experiment has none.
        """
        if experiment is None:
            keys: Sequence[int] = range(len(self.results))
        else:
            keys = [experiment] if isinstance(experiment, int) else experiment
        found = [self._distribution(key) for key in keys]
        return found[0] if len(found) == 1 else found

    def _distribution(self, key: int) -> QuasiDistribution:
        values: Optional[dict[str, float]] = self.data(key).get("quasiprobabilities")
        if values is None:
            raise QiskitError(f"Experiment {key!r} has no quasi-probabilities; it may have counts.")
        width = len(self.results[key].header.final_measurement_mapping)
        shots = self.results[key].shots
        distribution = QuasiDistribution(
            {format(int(outcome, 16), f"0{width}b"): value for outcome, value in values.items()}, shots
        )
        distribution.shots = shots
        return distribution
