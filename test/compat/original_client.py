# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""What a user of the original client does, one function each; run by an interpreter that has that client and nothing of ours.

``python original_client.py FLOW [ARGUMENT]`` with ``QE_TOKEN`` and ``QE_URL`` set runs one flow and prints what it saw as one line of JSON.
"""

import json
import os
import sys
import warnings

warnings.simplefilter("ignore")

from qiskit import IBMQ, QuantumCircuit, execute, pulse, transpile  # noqa: E402
from qiskit.circuit import Gate  # noqa: E402
from qiskit.circuit.random import random_circuit  # noqa: E402
from qiskit.exceptions import QiskitError  # noqa: E402
from qiskit.providers.ibmq import least_busy  # noqa: E402
from qiskit.providers.ibmq.managed import IBMQJobManager  # noqa: E402
from qiskit.providers.ibmq.version import __version__  # noqa: E402


def bell():
    """A Bell pair, measured."""
    circuit = QuantumCircuit(2, 2, name="bell", metadata={"lesson": 3})
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.measure([0, 1], [0, 1])
    return circuit


def account(provider):
    """Log in twice, list projects and devices."""
    again = IBMQ.get_provider(hub="ibm-q")
    names = sorted(backend.name() for backend in provider.backends())
    return {
        "version": __version__,
        "same": again == provider,
        "active": IBMQ.active_account()["url"] == os.environ["QE_URL"],
        "projects": [str(p) for p in IBMQ.providers()],
        "names": names,
        "simulators": [b.name() for b in provider.backends(simulator=True)],
        "operational": len(provider.backends(operational=True, simulator=False)),
        "large": len(provider.backends(filters=lambda b: b.configuration().n_qubits > 20)),
    }


def device(provider):
    """Everything one may ask of a device."""
    backend = provider.get_backend("ibmq_manila")
    busy = least_busy(provider.backends(simulator=False, min_num_qubits=5))
    return {
        "qubits": backend.configuration().n_qubits,
        "dt": backend.configuration().dt,
        "t1": backend.properties().t1(0),
        "x": backend.defaults().instruction_schedule_map.get("x", [0]).duration,
        "before": backend.properties(datetime=backend.properties().last_update_date).to_dict() is not None
        if backend.properties(datetime=backend.properties().last_update_date)
        else None,
        "status": backend.status().to_dict(),
        "limit": backend.job_limit().active_jobs,
        "remaining": backend.remaining_jobs_count(),
        "reservations": len(backend.reservations()) + len(provider.backend.my_reservations()),
        "least_busy": busy.status().operational,
        "unknown_defaults": provider.get_backend("ibmq_qasm_simulator").defaults(),
    }


def fleet(provider):
    """Read all documents of every device, and run one with the calibration of a date."""
    seen = {}
    for backend in provider.backends():
        configuration, properties, defaults = (
            backend.configuration(),
            backend.properties(),
            backend.defaults(),
        )
        seen[backend.name()] = {
            "qubits": configuration.n_qubits,
            "pulse": type(configuration).__name__ == "PulseBackendConfiguration",
            "calibrated": properties is not None and len(properties.qubits) == configuration.n_qubits,
            "defaults": defaults is not None and len(defaults.qubit_freq_est) == configuration.n_qubits,
        }
    vigo = provider.get_backend("ibmq_vigo")
    date = vigo.properties().last_update_date.isoformat()
    job = vigo.run(transpile(bell(), vigo), shots=100, calibration_date=date)
    ran = job.result().to_dict()["results"][0]["metadata"]["calibration_date"]
    return {"devices": seen, "asked": date, "ran": ran, "kept": job.properties().last_update_date.isoformat()}


def simulator(provider):
    """Run on the simulator, wait, read counts and memory, retrieve."""
    backend = provider.get_backend("ibmq_qasm_simulator")
    job = backend.run(
        transpile([bell(), bell()], backend),
        shots=100,
        memory=True,
        seed_simulator=7,
        job_name="lesson",
        job_tags=["lab1"],
        header={"course": "qc101"},
    )
    seen = []
    job.wait_for_final_state(timeout=120, callback=lambda job_id, status, job, **_: seen.append(status.name))
    result = job.result(timeout=120)
    again = provider.backend.retrieve_job(job.job_id())
    job.update_tags(additional_tags=["lab2"])
    job.update_name("lesson 2")
    return {
        "status": job.status().name,
        "seen": seen,
        "counts": [result.get_counts(0), result.get_counts(1)],
        "memory": len(result.get_memory(0)),
        "header": result.header.to_dict(),
        "metadata": result.results[0].header.metadata,
        "name": again.name(),
        "tags": sorted(provider.backend.retrieve_job(job.job_id()).tags()),
        "steps": sorted(again.time_per_step()),
        "circuits": [c.count_ops() for c in again.circuits()],
        "options": again.backend_options()["shots"],
        "again": again.result().get_counts(0) == result.get_counts(0),
        "client": job.client_version,
        "mode": job.scheduling_mode(),
    }


def noisy(provider):
    """Run a transpiled circuit on a device, with execute and with run."""
    backend = provider.get_backend("ibmq_vigo")
    job = execute(bell(), backend, shots=2000)
    counts = job.result(timeout=120).get_counts()
    free = backend.run(transpile(random_circuit(5, 4, seed=3), backend=backend))
    result = free.result(timeout=120)
    return {"counts": counts, "success": result.success, "properties": job.properties().backend_name}


def listing(provider):
    """Lists of jobs with their filters and pages."""
    backend = provider.get_backend("ibmq_qasm_simulator")
    circuits = transpile(bell(), backend)
    jobs = [backend.run(circuits, job_name=f"page {i}", job_tags=["paged", f"n{i}"]) for i in range(7)]
    for job in jobs:
        job.wait_for_final_state(timeout=120)
    ids = [job.job_id() for job in jobs]
    listed = provider.backend.jobs(limit=None, job_tags=["paged"])
    return {
        "all": [job.job_id() for job in listed] == ids[::-1],
        "limit": [job.job_id() for job in backend.jobs(limit=3, job_tags=["paged"])] == ids[:3:-1],
        "skip": [job.job_id() for job in backend.jobs(limit=2, skip=2, job_tags=["paged"])] == ids[4:2:-1],
        "ascending": [j.job_id() for j in backend.jobs(limit=3, job_tags=["paged"], descending=False)]
        == ids[:3],
        "name": len(backend.jobs(job_name="^page [0-2]$")),
        "done": len(backend.jobs(status="DONE", job_tags=["n1", "n2"], job_tags_operator="OR")),
        "and": len(backend.jobs(job_tags=["n1", "paged"], job_tags_operator="AND")),
        "error": len(backend.jobs(status=["ERROR", "CANCELLED"])),
        "since": len(backend.jobs(start_datetime=jobs[3].creation_date(), job_tags=["paged"], limit=20)),
        "between": len(
            backend.jobs(
                start_datetime=jobs[2].creation_date(),
                end_datetime=jobs[4].creation_date(),
                job_tags=["paged"],
                limit=20,
            )
        ),
        "ids": [entry["id"] for entry in provider.backend.job_ids(limit=7, job_tags=["paged"])] == ids[::-1],
        "active": len(backend.active_jobs()),
    }


def pulses(provider):
    """Schedules and a gate that is defined by pulses."""
    backend = provider.get_backend("ibmq_armonk")
    measure = backend.defaults().instruction_schedule_map.get("measure", qubits=[0])
    schedules = []
    for amplitude in (0, 0.35):
        program = pulse.Schedule(name=f"at {amplitude}")
        program += pulse.Play(pulse.Gaussian(640, amplitude, 160), pulse.DriveChannel(0))
        program += measure << program.duration
        schedules.append(program)
    result = backend.run(schedules, meas_level=1, meas_return="single", shots=200).result(timeout=120)
    frequency = backend.defaults().qubit_freq_est[0]
    los = [{pulse.DriveChannel(0): frequency + shift} for shift in (0, 2e7)]
    swept = execute(schedules[1], backend, schedule_los=los, meas_level=2, shots=200).result(timeout=120)
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("own", 1, []), [0])
    circuit.measure(0, 0)
    with pulse.build(backend) as own:
        pulse.play(pulse.Gaussian(640, 0.35, 160), pulse.DriveChannel(0))
    circuit.add_calibration("own", [0], own)
    counts = backend.run(transpile(circuit, backend), shots=200).result(timeout=120).get_counts()
    return {
        "open": len(provider.backends(open_pulse=True)),
        "shape": result.get_memory(0).shape,
        "apart": float(result.get_memory(0).real.mean() - result.get_memory(1).real.mean()),
        "swept": [swept.get_counts(index).get("1", 0) for index in (0, 1)],
        "gate": counts.get("1", 0),
    }


def refused(provider):
    """What fails, and how."""
    backend = provider.get_backend("ibmq_vigo")
    outcome = {}
    job = backend.run(bell())
    outcome["status"] = job.wait_for_final_state(timeout=120) or job.status().name
    outcome["message"] = job.error_message()
    try:
        job.result()
    except QiskitError as err:
        outcome["result"] = type(err).__name__
    try:
        provider.backend.retrieve_job("000000000000000000000000")
    except QiskitError as err:
        outcome["unknown"] = [type(err).__name__, str(err)]
    try:
        provider.get_backend("ibmq_nowhere")
    except QiskitError as err:
        outcome["nowhere"] = type(err).__name__
    outcome["cancel"] = job.cancel()
    return outcome


def managed(provider):
    """A job set, run and found again."""
    backend = provider.get_backend("ibmq_qasm_simulator")
    manager = IBMQJobManager()
    job_set = manager.run(
        transpile([bell()] * 4, backend), backend, name="set", max_experiments_per_job=2, shots=10
    )
    counts = [job_set.results().get_counts(i) for i in range(4)]
    found = manager.retrieve_job_set(job_set.job_set_id(), provider)
    return {
        "totals": [sum(c.values()) for c in counts],
        "jobs": len(job_set.jobs()),
        "found": [job.job_id() for job in found.jobs()] == [job.job_id() for job in job_set.jobs()],
        "id": job_set.job_set_id(),
    }


def managed_found(provider):
    """The job set whose id the command line gives, run by somebody else."""
    job_set = IBMQJobManager().retrieve_job_set(sys.argv[2], provider)
    return {
        "name": job_set.name(),
        "tags": job_set.tags(),
        "spans": [[job.start_index, job.end_index] for job in job_set.managed_jobs()],
        "counts": [job_set.results().get_counts(i) for i in range(5)],
        "statuses": [status.name for status in job_set.statuses()],
    }


def main():
    """Run the flow that the command line names."""
    flows = (account, device, fleet, simulator, noisy, listing, pulses, refused, managed, managed_found)
    flow = {f.__name__: f for f in flows}[sys.argv[1]]
    provider = IBMQ.load_account()
    print(json.dumps(flow(provider), default=str))


if __name__ == "__main__":
    main()
