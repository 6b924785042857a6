# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""How qubits lose energy and phase.

Each qubit is an oscillator at zero temperature with the Lindblad operators ``sqrt(1/T1) b`` and ``sqrt(2/Tphi) n`` (for instance Krantz et al.,
"A quantum engineer's guide to superconducting qubits", Appl. Phys. Rev. 6, 021318, 2019, sections III.B and III.C), with
``1/T2 = 1/(2 T1) + 1/Tphi``. With ``s = exp(-t/T1)`` and ``p = 1 - s`` the solution is

    populations   rho_22 -> s^2 rho_22,  rho_11 -> s rho_11 + 2 p s rho_22,  rho_00 -> rho_00 + p rho_11 + p^2 rho_22
    coherences    rho_mn -> s^((m + n) / 2) exp(-(m - n)^2 t / Tphi) rho_mn

where what a coherence of the upper two levels would add to that of the lower two is left out: the two turn against each other by the
anharmonicity, some 10^4 times faster than they decay.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from qiskit_ibmq_provider.service.executor.pulse.model import LEVELS

__all__ = ["relax"]

ComplexArray = npt.NDArray[np.complex128]
RealArray = npt.NDArray[np.float64]


def relax(states: ComplexArray, times: RealArray, lifetimes: Sequence[tuple[float, float]]) -> ComplexArray:
    """Return density matrices after a time without drives, in the frame of the free evolution.

    Args:
        states: of shape ``(count, dimension, dimension)``; not changed.
        times: ns for each of them.
        lifetimes: T1 and the pure dephasing time of each qubit in ns.
    """
    level = np.arange(LEVELS)
    total = (level[:, None] + level[None, :]) / 2
    distance = (level[:, None] - level[None, :]) ** 2
    shape = states.shape
    for place, (relaxation, dephasing) in enumerate(lifetimes):
        left, right = LEVELS**place, LEVELS ** (len(lifetimes) - 1 - place)
        kept = np.exp(-times / relaxation)
        lost = -np.expm1(-times / relaxation)
        factors = np.exp(-times[:, None, None] * (total / relaxation + distance / dephasing))
        old = states.reshape(-1, left, LEVELS, right, left, LEVELS, right)
        new = old * factors[:, None, :, None, None, :, None]
        for lower, upper, share in ((0, 1, lost), (0, 2, lost**2), (1, 2, 2 * lost * kept)):
            new[:, :, lower, :, :, lower] += share[:, None, None, None, None] * old[:, :, upper, :, :, upper]
        states = new.reshape(shape)
    return states
