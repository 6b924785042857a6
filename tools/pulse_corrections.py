# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Compute the corrections of the pulse devices, and say how good their gates are with them.

    python tools/pulse_corrections.py                     all devices; writes the file in the package
    python tools/pulse_corrections.py ibmq_manila         some devices; the others keep what they have
    python tools/pulse_corrections.py --check [DEVICE…]   computes nothing, measures each gate with the full solver

The inputs are the snapshots that the installed Qiskit Terra ships. See docs/pulse.md for what is fitted.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import multiprocessing
import os
import sys
import time
from typing import Any, Optional

# The matrices are small: threads inside of their products would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import qiskit

from qiskit_ibmq_provider.service.devices import Fleet
from qiskit_ibmq_provider.service.executor.pulse.calibrated import CalibratedGates, Gate
from qiskit_ibmq_provider.service.executor.pulse.corrections import (
    CORRECTIONS_FILE,
    ChannelCorrection,
    Corrections,
    fingerprint,
)
from qiskit_ibmq_provider.service.executor.pulse.fitting import PairFit, fit_qubit
from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel
from qiskit_ibmq_provider.service.executor.pulse.quality import pair_quality, turn_quality

VERSION = 1
"""Of what this script computes; a change of the fit counts it up."""

TRUTH, BELL = 0.97, 0.95
"""What is asked of every cx."""

ASSUMED = {
    "ibmq_poughkeepsie": {"delta": -2.07, "omegad": 1.0, "jq": 0.0126},
}
"""Typical values, in rad/ns, for what a snapshot replaced with 0: anharmonicity -330 MHz, a drive of 160 MHz, a coupling of 2 MHz."""


def fleet_devices() -> list[str]:
    """Return the devices that run schedules."""
    fleet = Fleet([])
    return [
        name
        for name in fleet.names()
        if fleet.configuration(name).get("hamiltonian") and fleet.defaults(name) is not None
    ]


def pairs(configuration: dict[str, Any], gates: CalibratedGates) -> list[tuple[int, int]]:
    """Return the pairs in each direction in which the device has a two-qubit gate."""
    return [
        (first, second)
        for first, second in sorted(map(tuple, configuration["coupling_map"] or []))
        if Gate("cx", (first, second)) in gates or Gate("ecr", (first, second)) in gates
    ]


def fit_device(name: str) -> dict[str, Any]:
    """Return the corrections of a device as they stand in the file."""
    fleet = Fleet([])
    configuration, defaults = fleet.configuration(name), fleet.defaults(name)
    gates = CalibratedGates(configuration, defaults)
    assumed = ASSUMED.get(name, {})
    bare = Corrections({}, assumed)
    channels: dict[str, ChannelCorrection] = {}
    for qubit in range(configuration["n_qubits"]):
        model = PulseModel.from_device(configuration, None, defaults, [qubit], corrections=bare)
        channels[f"d{qubit}"] = fit_qubit(model, gates)
    drives = Corrections(dict(channels), assumed)
    for first, second in pairs(configuration, gates):
        gate = next(
            Gate(kind, (first, second)) for kind in ("cx", "ecr") if Gate(kind, (first, second)) in gates
        )
        back = Gate(gate.name, (second, first))
        if back in gates and gates.program([back])[0].duration < gates.program([gate])[0].duration:
            continue
        model = PulseModel.from_device(configuration, None, defaults, gate.qubits, corrections=drives)
        fit = PairFit(model, gates, gate)
        if not set(fit.channels) <= channels.keys():
            channels.update(fit.fit())
    return {"hamiltonian": fingerprint(configuration), **Corrections(channels, assumed).to_json()}


def check_device(name: str) -> dict[str, Any]:
    """Return how good the gates of a device are with decay."""
    fleet = Fleet([])
    configuration, defaults = fleet.configuration(name), fleet.defaults(name)
    properties = fleet.properties(name)
    gates = CalibratedGates(configuration, defaults)
    turns = [
        turn_quality(PulseModel.from_device(configuration, properties, defaults, [qubit]), gates)
        for qubit in range(configuration["n_qubits"])
    ]
    report: dict[str, Any] = {
        "qubits": len(turns),
        "worst_x": min(turn[0] for turn in turns),
        "worst_sx": min(turn[1] for turn in turns),
        "x_below": [qubit for qubit, turn in enumerate(turns) if turn[0] <= 0.99],
        "pairs": 0,
        "below": [],
    }
    truths, bells = [], []
    for first, second in pairs(configuration, gates):
        model = PulseModel.from_device(configuration, properties, defaults, [first, second])
        quality = pair_quality(model, gates, first, second)
        truths.append(quality.truth)
        bells.append(quality.bell)
        if quality.truth <= TRUTH or quality.bell <= BELL:
            ideal = PulseModel.from_device(configuration, None, defaults, [first, second])
            closed = pair_quality(ideal, gates, first, second)
            report["below"].append(
                [
                    first,
                    second,
                    *(round(value, 4) for value in (quality.truth, quality.bell, closed.truth, closed.bell)),
                ]
            )
    report["pairs"] = len(truths)
    if truths:
        report.update(
            worst_truth=min(truths),
            mean_truth=sum(truths) / len(truths),
            worst_bell=min(bells),
            mean_bell=sum(bells) / len(bells),
        )
    return report


def write(devices: dict[str, Any]) -> None:
    """Write the file, one channel a line."""
    document = {
        "about": f"Written by tools/pulse_corrections.py, version {VERSION}, from the snapshots of qiskit-terra {qiskit.__version__}.",
        "version": VERSION,
        "devices": {name: devices[name] for name in sorted(devices)},
    }
    text = json.dumps(document, indent=1)
    lines: list[str] = []
    for line in text.split("\n"):
        # Four levels deep is where a channel begins; what is in it joins its line.
        if line.startswith("     ") and lines:
            lines[-1] += line.strip()
        elif line.startswith("    }") and lines:
            lines[-1] += line.strip()
        else:
            lines.append(line)
    temporary = CORRECTIONS_FILE.with_suffix(".tmp")
    temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    temporary.replace(CORRECTIONS_FILE)


def main(arguments: Optional[list[str]] = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("devices", nargs="*", metavar="DEVICE")
    parser.add_argument("--check", action="store_true", help="measure, do not fit")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    options = parser.parse_args(arguments)
    names = options.devices or fleet_devices()
    known = (
        json.loads(CORRECTIONS_FILE.read_text(encoding="utf-8"))["devices"]
        if CORRECTIONS_FILE.exists()
        else {}
    )
    below = 0
    begin = time.monotonic()
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(options.jobs, mp_context=context) as pool:
        work = check_device if options.check else fit_device
        tasks = {pool.submit(work, name): name for name in names}
        for task in concurrent.futures.as_completed(tasks):
            name = tasks[task]
            if options.check:
                report = task.result()
                below += len(report["below"]) + len(report["x_below"])
                print(json.dumps({"device": name, **report}), flush=True)
            else:
                known[name] = task.result()
                write(known)
                print(
                    f"{name}: {len(known[name]['channels'])} channels after {time.monotonic() - begin:.0f} s",
                    flush=True,
                )
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
