# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a schedule does to its qubits: signals on channels and instants of measurement, free of everything that belongs to the payload."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Optional

import numpy as np
import numpy.typing as npt

__all__ = ["Acquisition", "ComplexArray", "PulseProgram", "RealArray", "Segment"]

ComplexArray = npt.NDArray[np.complex128]
RealArray = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Segment:
    """A stretch of a channel on which something is played.

    ``samples`` are dimensionless envelopes, one for each sample of ``dt`` from the sample ``start`` on.
    """

    start: int
    samples: ComplexArray

    @property
    def stop(self) -> int:
        """The first sample after the segment."""
        return self.start + len(self.samples)


@dataclasses.dataclass(frozen=True)
class Acquisition:
    """A measurement of one qubit.

    ``start`` is the sample at which the qubit collapses; ``duration`` in samples is how long it is listened to. The outcome goes into the
    memory slot, the register slot, both, or nowhere.
    """

    qubit: int
    start: int
    duration: int
    memory_slot: Optional[int] = None
    register_slot: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class PulseProgram:
    """Signals on the qubits of one component of a device, and when these are measured.

    The field on a channel is ``Re[s(t) exp(2 pi i f t)]``, where ``f`` is the channel's calibrated frequency (``qubit_freq_est`` for a drive
    channel, the sum of ``u_channel_lo`` for a control channel), ``s`` what stands in ``signals`` and ``t`` the time since the start of the
    schedule. Phases, frequency shifts and other frequencies than the calibrated one are multiplied in already.

    Attributes:
        duration: samples until the last acquisition; what comes after it has no effect.
        dt: seconds of one sample.
        signals: for each drive and control channel that plays something (``d0``, ``u3``): its segments in order, without overlap. Between them
            the channel is silent.
        acquisitions: in the order of their start and then of their qubit.
        qubits: all qubits that the program moves or measures, ascending.
    """

    duration: int
    dt: float
    signals: Mapping[str, tuple[Segment, ...]]
    acquisitions: tuple[Acquisition, ...]
    qubits: tuple[int, ...]
