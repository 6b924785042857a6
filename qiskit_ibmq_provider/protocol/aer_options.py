# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""The options of Aer that a run may have: their names, and the values of those that change a result.

The client holds the options of a run against these names, and the service those of a job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "AER_OPTIONS",
    "CHOICE_SETTINGS",
    "MACHINE_OPTIONS",
    "METHODS",
    "METHOD_ALIASES",
    "REAL_SETTINGS",
    "SETTINGS",
    "SWITCH_SETTINGS",
    "TARGET_OPTIONS",
    "WHOLE_SETTINGS",
]

METHODS: Final = (
    "automatic",
    "statevector",
    "density_matrix",
    "stabilizer",
    "matrix_product_state",
    "extended_stabilizer",
)
"""The methods that can run a circuit with measurements on a processor. With the first, the simulator chooses for each circuit."""

METHOD_ALIASES: Final[Mapping[str, str]] = {
    "statevector_cpu": "statevector",
    "density_matrix_cpu": "density_matrix",
}
"""Older names of methods."""

WHOLE_SETTINGS: Final = frozenset(
    """
    extended_stabilizer_metropolis_mixing_time extended_stabilizer_norm_estimation_repetitions extended_stabilizer_norm_estimation_samples
    extended_stabilizer_parallel_threshold extended_stabilizer_probabilities_snapshot_samples fusion_max_qubit fusion_threshold
    matrix_product_state_max_bond_dimension stabilizer_max_snapshot_probabilities statevector_parallel_threshold
    statevector_sample_measure_opt
    """.split()
)
"""Numerical settings that are whole numbers of 1 or more."""

REAL_SETTINGS: Final = frozenset(
    """
    chop_threshold extended_stabilizer_approximation_error matrix_product_state_truncation_threshold validation_threshold zero_threshold
    """.split()
)
"""Numerical settings that are numbers of 0 or more."""

SWITCH_SETTINGS: Final = frozenset(
    "enable_truncation fusion_enable mps_log_data shot_branching_enable shot_branching_sampling_enable".split()
)
"""Settings that are true or false."""

CHOICE_SETTINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "extended_stabilizer_sampling_method": ("resampled_metropolis", "metropolis", "norm_estimation"),
    "mps_sample_measure_algorithm": ("mps_heuristic", "mps_apply_measure", "mps_probabilities"),
    "mps_swap_direction": ("mps_swap_left", "mps_swap_right"),
    "precision": ("double", "single"),
}
"""Settings that are one of a few words."""

SETTINGS: Final = WHOLE_SETTINGS | REAL_SETTINGS | SWITCH_SETTINGS | CHOICE_SETTINGS.keys()
"""The settings that reach the simulator."""

TARGET_OPTIONS: Final = frozenset({"basis_gates", "coupling_map"})
"""What circuits are transpiled for. As in Aer, a run takes the circuits as they are; only the form of these is checked."""

MACHINE_OPTIONS: Final = frozenset(
    """
    accept_distributed_results batched_shots_gpu batched_shots_gpu_max_qubits blocking_enable blocking_qubits chunk_swap_buffer_qubits
    cuStateVec_enable device executor fusion_verbose max_job_size max_memory_mb max_parallel_experiments max_parallel_shots
    max_parallel_threads max_shot_size mps_lapack mps_omp_threads mps_parallel_threshold num_threads_per_device
    runtime_parameter_bind_enable tensor_network_num_sampling_qubits use_cuTensorNet_autotuning
    """.split()
)
"""Options about the machine that Aer runs on. Results do not depend on them, and the machine of a service is the service's to share."""

AER_OPTIONS: Final = SETTINGS | TARGET_OPTIONS | MACHINE_OPTIONS | {"method"}
"""All that a simulator takes."""
