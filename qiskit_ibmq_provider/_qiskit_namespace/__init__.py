# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.
"""What is installed as ``qiskit/providers/ibmq``: it hands over to the package ``qiskit_ibmq_provider``."""

import sys

import qiskit_ibmq_provider

sys.modules[__name__] = qiskit_ibmq_provider


def __getattr__(name):
    # A thread that asked for this name while another one ran the line above may still hold this stub.
    return getattr(qiskit_ibmq_provider, name)
