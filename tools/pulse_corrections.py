# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Compute the corrections of the pulse devices, and say how good their gates are with them.

    python tools/pulse_corrections.py                     all devices; writes the file in the package
    python tools/pulse_corrections.py ibmq_manila         some devices; the others keep what they have
    python tools/pulse_corrections.py --mend [DEVICE…]    computes only what is missing or not good enough
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
from collections.abc import Sequence
from typing import Any, Optional

# The matrices are small: threads inside of their products would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import qiskit
from pulse_fit.fitting import AGREE, PairFit, corrections_document, fit_qubit, ideal_gate
from pulse_fit.gates import CalibratedGates, Gate, fidelity
from pulse_fit.quality import agreement, pair_quality, turn_quality

from qiskit_ibmq_provider.service.devices import Fleet
from qiskit_ibmq_provider.service.executor.pulse.corrections import (
    CORRECTIONS_FILE,
    ChannelCorrection,
    Corrections,
    fingerprint,
)
from qiskit_ibmq_provider.service.executor.pulse.model import PulseModel

VERSION = 2
"""Of what this script computes; a change of the fit counts it up."""

TRUTH, BELL = 0.97, 0.95
"""What is asked of every cx."""

FAITHFUL = 0.985
"""The fidelity, without decay, that a fit must reach; the decay takes more from it."""

COUPLINGS = (1.0, 1.25, 1.5, 2.0, 0.7, 0.5, 0.35, 0.25, 3.0, 4.0, 6.0, 12.0, 24.0, 48.0)
"""Factors of a coupling, tried in turn. A cross-resonance gate cannot be faster than its coupling, and a few snapshots have gates that are;
where one qubit drives the other's second transition, a weaker coupling leaks less."""

TYPICAL = {"omegad": 1.0, "jq": 0.0126}
"""Typical values, in rad/ns, for what a snapshot replaced with 0: a drive of 160 MHz, a coupling of 2 MHz."""

ANHARMONICITIES = (-2.07, -1.82, -2.32)
"""The same for anharmonicities, -330 MHz. The other values are for qubits whose second transition would meet a neighbour's frequency then."""

CROWDED = 0.19
"""How near that is, in rad/ns (30 MHz)."""


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


def assume(configuration: dict[str, Any]) -> dict[str, float]:
    """Return typical values for what the Hamiltonian of a device leaves out."""
    values = configuration["hamiltonian"]["vars"]
    assumed = {
        name: TYPICAL[kind]
        for name, value in values.items()
        for kind in TYPICAL
        if name.startswith(kind) and value == 0
    }
    for qubit in range(configuration["n_qubits"]):
        if values.get(f"delta{qubit}", 0) == 0:
            pairs_of_it = [pair for pair in configuration["coupling_map"] if pair[0] == qubit]
            gaps = [values[f"wq{first}"] - values[f"wq{second}"] for first, second in pairs_of_it]
            room = {value: min(abs(gap + value) for gap in gaps) for value in ANHARMONICITIES}
            usual = ANHARMONICITIES[0]
            assumed[f"delta{qubit}"] = usual if room[usual] > CROWDED else max(room, key=room.__getitem__)
    return assumed


def coupling(configuration: dict[str, Any], first: int, second: int) -> str:
    """Return the name of the coupling of two qubits."""
    values = configuration["hamiltonian"]["vars"]
    return next(name for name in (f"jq{first}q{second}", f"jq{second}q{first}") if name in values)


def directions(configuration: dict[str, Any], gates: CalibratedGates) -> tuple[list[Gate], list[Gate]]:
    """Return the two-qubit gates of a device: of each pair the shorter one, and the longer ones.

    The longer one is as a rule the shorter with turns of one qubit around it; on a few pairs it plays another control channel.
    """
    shorter: list[Gate] = []
    longer: list[Gate] = []
    for first, second in pairs(configuration, gates):
        kind = "cx" if Gate("cx", (first, second)) in gates else "ecr"
        gate, back = Gate(kind, (first, second)), Gate(kind, (second, first))
        length = gates.program([gate])[0].duration
        if back in gates and (gates.program([back])[0].duration, second) < (length, first):
            longer.append(gate)
        else:
            shorter.append(gate)
    return shorter, longer


def fit_device(name: str, kept: Optional[dict[str, Any]] = None) -> dict[str, Any]:
    """Return the corrections of a device as they stand in the file.

    Args:
        name: the device.
        kept: what stands there now, of which everything that is good enough is kept.
    """
    fleet = Fleet([])
    configuration, defaults = fleet.configuration(name), fleet.defaults(name)
    gates = CalibratedGates(configuration, defaults)
    old = None if kept is None else Corrections.from_json(kept)
    assumed = assume(configuration) if old is None else dict(old.assumed)
    channels: dict[str, ChannelCorrection] = {} if old is None else dict(old.channels)
    for qubit in range(configuration["n_qubits"]):
        model = PulseModel.from_device(configuration, None, defaults, [qubit], corrections=old)
        if f"d{qubit}" not in channels or agreement(model, gates) < AGREE:
            bare = Corrections({}, assumed)
            model = PulseModel.from_device(configuration, None, defaults, [qubit], corrections=bare)
            channels[f"d{qubit}"] = fit_qubit(model, gates, gains=bool(configuration["coupling_map"]))
    shorter, longer = directions(configuration, gates)
    for gate in shorter + longer:
        current = Corrections(channels, assumed)
        model = PulseModel.from_device(configuration, None, defaults, gate.qubits, corrections=current)
        if gate in longer and all(channel in channels for channel in gates.program([gate])[0].signals):
            continue
        reached = fidelity(gates.matrix(model, [gate]), ideal_gate(gate))
        if reached < FAITHFUL:
            # The coupling belongs to both directions.
            factors = COUPLINGS[:1] if gate in longer else COUPLINGS
            known = all(channel in channels for channel in gates.program([gate])[0].signals)
            floor = reached if known else -1.0
            fit_pair(configuration, defaults, gates, gate, channels, assumed, factors, floor)
    return {"hamiltonian": fingerprint(configuration), **corrections_document(Corrections(channels, assumed))}


def fit_pair(
    configuration: dict[str, Any],
    defaults: dict[str, Any],
    gates: CalibratedGates,
    gate: Gate,
    channels: dict[str, ChannelCorrection],
    assumed: dict[str, float],
    factors: Sequence[float],
    floor: float,
) -> None:
    """Add the corrections of a pair to those of a device: of its control channels, and of its coupling where it is too weak.

    Nothing is changed that does not bring the fidelity above ``floor``.
    """
    name = coupling(configuration, *gate.qubits)
    usual = assumed.get(name, configuration["hamiltonian"]["vars"][name])
    drives = {channel: value for channel, value in channels.items() if channel.startswith("d")}
    best = floor
    for factor in factors:
        trial = dict(assumed) if factor == 1.0 else {**assumed, name: usual * factor}
        model = PulseModel.from_device(
            configuration, None, defaults, gate.qubits, corrections=Corrections(drives, trial)
        )
        fit = PairFit(model, gates, gate)
        found = fit.fit()
        reached = fit.fidelity(found)
        if reached > best:
            best = reached
            channels.update(found)
            if factor != 1.0:
                assumed[name] = usual * factor
        if reached >= FAITHFUL:
            return


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
            values = (quality.truth, quality.bell, closed.truth, closed.bell)
            report["below"].append([first, second, *(round(value, 4) for value in values)])
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
    about = f"Written by tools/pulse_corrections.py, version {VERSION}, from the snapshots of qiskit-terra {qiskit.__version__}."
    entries: list[str] = []
    for name in sorted(devices):
        device = dict(devices[name])
        channels = ",\n".join(
            f"{json.dumps(channel)}: {json.dumps(value)}" for channel, value in device.pop("channels").items()
        )
        rest = "".join(f"{json.dumps(key)}: {json.dumps(value)},\n" for key, value in device.items())
        entries.append(f'{json.dumps(name)}: {{\n{rest}"channels": {{\n{channels}}}}}')
    head = f'{{"about": {json.dumps(about)},\n"version": {VERSION},\n"devices": {{\n'
    temporary = CORRECTIONS_FILE.with_suffix(".tmp")
    temporary.write_text(head + ",\n".join(entries) + "}}\n", encoding="utf-8")
    temporary.replace(CORRECTIONS_FILE)


def main(arguments: Optional[list[str]] = None) -> int:
    """Run the script."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("devices", nargs="*", metavar="DEVICE")
    parser.add_argument("--check", action="store_true", help="measure, do not fit")
    parser.add_argument("--mend", action="store_true", help="keep what is good enough")
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
        if options.check:
            tasks = {pool.submit(check_device, name): name for name in names}
        else:
            tasks = {
                pool.submit(fit_device, name, known.get(name) if options.mend else None): name
                for name in names
            }
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
