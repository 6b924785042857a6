# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Which options a job may hold at all.

An option that nobody reads is nearly always a misspelt one, and a job that runs without it gives an answer to another question. So a name
that stands in none of these tables fails the job.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final

from qiskit_ibmq_provider.service.executor.refusal import Refusal
from qiskit_ibmq_provider.service.executor.rules import DeviceRules
from qiskit_ibmq_provider.service.executor.simulator_options import SETTINGS

__all__ = ["check_options"]

_QOBJ: Final = frozenset(
    """
    calibration_date calibrations init_qubits live_data_enabled meas_level meas_lo_freq meas_lo_range meas_return memory memory_slot_size
    memory_slots method n_qubits noise_model parameter_binds parametric_pulses pulse_library qubit_lo_freq qubit_lo_range rep_delay rep_time
    schedule_los seed_simulator shots use_measure_esp
    """.split()
)
"""What the configuration of a Qobj holds by the protocol; and ``calibration_date``, of this service."""

_TARGET: Final = frozenset({"basis_gates", "coupling_map"})
"""What circuits are transpiled for. As in Aer, a run takes the circuits as they are; only the form of these is checked."""

_MACHINE: Final = frozenset(
    """
    accept_distributed_results batched_shots_gpu batched_shots_gpu_max_qubits blocking_enable blocking_qubits chunk_swap_buffer_qubits
    cuStateVec_enable device executor fusion_verbose max_job_size max_memory_mb max_parallel_experiments max_parallel_shots
    max_parallel_threads max_shot_size mps_lapack mps_omp_threads mps_parallel_threshold num_threads_per_device
    runtime_parameter_bind_enable tensor_network_num_sampling_qubits use_cuTensorNet_autotuning
    """.split()
)
"""Options of Aer about the machine that it runs on. Results do not depend on them, and this machine is the service's to share."""

_HISTORIC: Final = frozenset(
    """
    backend_options circuit_name config dynamic fusion_allow_kraus fusion_allow_superop initial_layout max_credits n_registers
    optimization_level optimize_noise_sampling scheduling_method seed seed_mapper seed_transpiler skip_transpiler
    statevector_hpc_gate_opt superoperator_parallel_threshold timeout unitary_parallel_threshold validate validate_qobj wait
    """.split()
)
"""What scripts for older releases of Qiskit give to a run, without effect on the answer."""

_KNOWN: Final = _QOBJ | _TARGET | _MACHINE | _HISTORIC | SETTINGS

_SUGGESTED: Final = sorted(_QOBJ | _TARGET | SETTINGS)


def check_options(config: Mapping[str, Any], rules: DeviceRules) -> None:
    """Refuse options that are not known, and those that describe a target or machine which cannot be.

    Args:
        config: the configuration of the Qobj.
        rules: the device.

    Raises:
        Refusal: names the option and those that it may be a misspelling of.
    """
    for name in sorted(key for key, value in config.items() if value is not None and key not in _KNOWN):
        near = difflib.get_close_matches(name, _SUGGESTED, n=3, cutoff=0.6)
        hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else "Leave it out."
        raise Refusal(f"The job has the option {name!r:.60}, which {rules.name} does not know. {hint}")
    if config.get("device") not in (None, "CPU"):
        raise Refusal(
            f"The option 'device' is {config['device']!r:.40}, but this service computes on 'CPU' only. Leave it out."
        )
    if config.get("basis_gates") is not None:
        _check_basis(config["basis_gates"])
    if config.get("coupling_map") is not None:
        _check_couplings(config["coupling_map"])


def _check_basis(basis: Any) -> None:
    """Check the form of a basis; older releases of Qiskit wrote it as one text."""
    names = basis.split(",") if isinstance(basis, str) else basis
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Refusal(f"The option 'basis_gates' should be a list of names of gates, not {basis!r:.60}.")


def _check_couplings(couplings: Any) -> None:
    """Check the form of a coupling map."""
    pairs = couplings if isinstance(couplings, list) else None
    if pairs is None or not all(_is_pair(pair) for pair in pairs):
        raise Refusal(
            f"The option 'coupling_map' should be a list of pairs of qubits such as [[0, 1]], not {couplings!r:.60}."
        )


def _is_pair(pair: Any) -> bool:
    """Tell whether a value is a pair of different qubits."""
    return (
        isinstance(pair, list)
        and len(pair) == 2
        and all(isinstance(qubit, int) and not isinstance(qubit, bool) and qubit >= 0 for qubit in pair)
        and pair[0] != pair[1]
    )
