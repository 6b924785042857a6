# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Calibrate the qubit of ``ibmq_armonk`` with pulses, and compare with what its own calibration says.

    python docs/examples/armonk.py [directory for the plots]

Seven experiments, one job each (the discriminator has two schedules in its job): a sweep of the drive frequency, a Rabi experiment, a
discriminator on single shots, T1, a Ramsey experiment and a Hahn echo. Needs matplotlib: ``pip install '.[service,visualization]'``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Callable

import matplotlib as mpl
import numpy as np
from qiskit import pulse
from scipy.optimize import curve_fit

from qiskit_ibmq_provider import IBMQ, IBMQBackend

mpl.use("Agg")
from matplotlib import pyplot as plt  # noqa: E402  # after the choice of a backend without a screen

GHZ, MHZ, US = 1e9, 1e6, 1e-6
SCALE = 1e-14
"""Points in the IQ plane are large numbers."""

SIGMA, DURATION = 336, 2688
"""Of the drive pulses, in samples: 75 ns and eight times that."""

SHOTS = 1024
QUBIT = 0
DRIVE = pulse.DriveChannel(QUBIT)


class Armonk:
    """The experiments, each after the ones whose results it needs.

    Args:
        backend: the device.
        directory: where the plots go.
    """

    def __init__(self, backend: IBMQBackend, directory: Path) -> None:
        self.backend = backend
        self.directory = directory
        self.dt = backend.configuration().dt
        self.frequency = backend.defaults().qubit_freq_est[QUBIT]
        self.pi_amplitude = 0.0
        self.ground = self.excited = 0j

    def sweep(self) -> dict[str, float]:
        """Find the frequency of the qubit: a weak pulse excites it only when it is close."""
        frequencies = self.frequency + np.linspace(-20, 20, 75) * MHZ
        schedule = self._schedule(lambda: pulse.play(self._gaussian(0.05), DRIVE), "sweep")
        points = self._averages(schedule, schedule_los=[{DRIVE: frequency} for frequency in frequencies])
        values = _along(points)
        (center, *_), fit = _fitted(
            _peak,
            frequencies / GHZ,
            values,
            [frequencies[values.argmax()] / GHZ, 0.002, np.ptp(values), values.min()],
        )
        self._plot("sweep", frequencies / GHZ, values, fit, "drive frequency [GHz]")
        self.frequency = center * GHZ
        return {"frequency_ghz": center}

    def rabi(self) -> dict[str, float]:
        """Find the amplitude that turns the qubit by half a turn."""
        amplitudes = np.linspace(0, 0.75, 50)
        points = self._averages(
            [
                self._schedule(lambda a=a: pulse.play(self._gaussian(a), DRIVE), f"rabi {a:.3f}")
                for a in amplitudes
            ]
        )
        values = _along(points)
        (period, *_), fit = _fitted(
            lambda x, period, height, middle: middle - height * np.cos(2 * np.pi * x / period),
            amplitudes,
            values,
            [_period(amplitudes, values), np.ptp(values) / 2, values.mean()],
        )
        self._plot("rabi", amplitudes, values, fit, "drive amplitude")
        self.pi_amplitude = period / 2
        # Pulses of the same shape turn the qubit by their area, so this is the area of the device's own pulse.
        calibrated = self.backend.defaults().instruction_schedule_map.get("x", QUBIT).instructions[0][1].pulse
        areas = [
            abs(shape.get_waveform().samples.sum())
            for shape in (self._gaussian(self.pi_amplitude), calibrated)
        ]
        return {"pi_amplitude": self.pi_amplitude, "pi_area_over_that_of_x": areas[0] / areas[1]}

    def discriminate(self) -> dict[str, float]:
        """Tell the two states apart by single shots, half way between the middles of their clouds."""
        prepare = [
            self._schedule(lambda: None, "ground"),
            self._schedule(lambda: pulse.play(self._gaussian(self.pi_amplitude), DRIVE), "excited"),
        ]
        result = self._run(prepare, meas_return="single", shots=8192)
        ground, excited = (result.get_memory(index)[:, QUBIT] * SCALE for index in (0, 1))
        self.ground, self.excited = ground.mean(), excited.mean()
        figure, axes = plt.subplots(figsize=(5, 5))
        for points, name in ((ground, "ground"), (excited, "excited")):
            axes.scatter(points.real, points.imag, s=2, alpha=0.3, label=name)
        axes.set(xlabel="I", ylabel="Q", aspect="equal")
        axes.legend()
        self._save(figure, "discriminator")
        wrong = [self._excited(ground).mean(), 1 - self._excited(excited).mean()]
        return {"readout_error": float(np.mean(wrong))}

    def relaxation(self) -> dict[str, float]:
        """Find T1: the excited qubit waits before it is measured."""
        delays = np.linspace(1, 500, 75) * US

        def body(delay: float) -> None:
            self._pi()
            pulse.delay(self._samples(delay), DRIVE)

        points = self._averages([self._schedule(lambda d=d: body(d), f"t1 {d:.1e}") for d in delays])
        values = self._populations(points)
        (t1, *_), fit = _fitted(
            lambda t, t1, height, rest: rest + height * np.exp(-t / t1), delays / US, values, [150, 1, 0]
        )
        self._plot("t1", delays / US, values, fit, "delay [us]")
        return {"t1_us": t1}

    def ramsey(self) -> dict[str, float]:
        """Find the frequency precisely: two half pulses, a known detuning, and the qubit precesses in between."""
        detuning = 2 * MHZ
        delays = np.linspace(0.1, 1.8, 75) * US

        def body(delay: float) -> None:
            self._half()
            pulse.delay(self._samples(delay), DRIVE)
            self._half()

        points = self._averages(
            [self._schedule(lambda d=d: body(d), f"ramsey {d:.1e}") for d in delays],
            schedule_los=[{DRIVE: self.frequency + detuning}] * len(delays),
        )
        values = self._populations(points)
        (beat, *_), fit = _fitted(
            lambda t, beat, height, phase, middle: middle + height * np.cos(2 * np.pi * beat * t + phase),
            delays / US,
            values,
            [1 / _period(delays / US, values), 0.5, 0, 0.5],
        )
        self._plot("ramsey", delays / US, values, fit, "delay [us]")
        return {"precise_frequency_ghz": (self.frequency + detuning - abs(beat) * MHZ) / GHZ}

    def echo(self) -> dict[str, float]:
        """Find T2: a pulse in the middle of the delay takes back what slow noise did."""
        delays = np.linspace(1, 300, 75) * US

        def body(delay: float) -> None:
            self._half()
            pulse.delay(self._samples(delay), DRIVE)
            self._pi()
            pulse.delay(self._samples(delay), DRIVE)
            self._half()

        points = self._averages([self._schedule(lambda d=d: body(d), f"echo {d:.1e}") for d in delays])
        values = self._populations(points)
        (t2, *_), fit = _fitted(
            lambda t, t2, height, rest: rest + height * np.exp(-t / t2),
            2 * delays / US,
            values,
            [200, -0.5, 0.5],
        )
        self._plot("echo", 2 * delays / US, values, fit, "delay before and after [us]")
        return {"t2_us": t2}

    def calibrated(self) -> dict[str, float]:
        """Return what the device's own calibration says of the same."""
        properties = self.backend.properties()
        return {
            "frequency_ghz": properties.frequency(QUBIT) / GHZ,
            "precise_frequency_ghz": properties.frequency(QUBIT) / GHZ,
            "pi_area_over_that_of_x": 1.0,
            "readout_error": properties.readout_error(QUBIT),
            "t1_us": properties.t1(QUBIT) / US,
            "t2_us": properties.t2(QUBIT) / US,
        }

    def _gaussian(self, amplitude: float) -> pulse.SymbolicPulse:
        return pulse.Gaussian(DURATION, amplitude, SIGMA)

    def _pi(self) -> None:
        pulse.play(self._gaussian(self.pi_amplitude), DRIVE)

    def _half(self) -> None:
        pulse.play(self._gaussian(self.pi_amplitude / 2), DRIVE)

    def _samples(self, seconds: float) -> int:
        """Return a time in samples, a multiple of 16."""
        return 16 * round(seconds / self.dt / 16)

    def _schedule(self, body: Callable[[], None], name: str) -> pulse.ScheduleBlock:
        """Return a schedule that does something and then measures."""
        with pulse.build(self.backend, name=name, default_alignment="sequential") as schedule:
            body()
            pulse.measure(QUBIT)
        return schedule

    def _run(self, schedules: Any, **options: Any) -> Any:
        job = self.backend.run(schedules, **{"meas_level": 1, "shots": SHOTS, **options})
        return job.result(timeout=300)

    def _averages(self, schedules: Any, **options: Any) -> np.ndarray:
        """Run schedules; return the point of each, averaged over the shots."""
        result = self._run(schedules, meas_return="avg", **options)
        return np.array([result.get_memory(index)[QUBIT] * SCALE for index in range(len(result.results))])

    def _populations(self, points: np.ndarray) -> np.ndarray:
        """Return how excited the qubit is: where a point lies between the middles of the two clouds."""
        axis = self.excited - self.ground
        return ((points - self.ground) / axis).real

    def _excited(self, points: np.ndarray) -> np.ndarray:
        return self._populations(points) > 0.5

    def _plot(self, name: str, x: np.ndarray, y: np.ndarray, fit: np.ndarray, label: str) -> None:
        figure, axes = plt.subplots()
        axes.plot(x, y, ".", x, fit, "-")
        axes.set(xlabel=label, ylabel="measured signal", title=name)
        self._save(figure, name)

    def _save(self, figure: Any, name: str) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        figure.savefig(self.directory / f"{name}.png", dpi=100, bbox_inches="tight")
        plt.close(figure)


def _along(points: np.ndarray) -> np.ndarray:
    """Return how far points lie along the line on which they spread the most, the first one being low."""
    centered = points - points.mean()
    (first, _), _, _ = np.linalg.svd(np.array([centered.real, centered.imag]))
    values = (centered * (first[0] - 1j * first[1])).real
    return values if values[0] < values.mean() else -values


def _period(x: np.ndarray, y: np.ndarray) -> float:
    """Return about how long a wave is, from its spectrum."""
    spectrum = np.abs(np.fft.rfft(y - y.mean(), 16 * len(y)))
    return float(16 * len(y) * (x[1] - x[0]) / spectrum.argmax())


def _peak(x: np.ndarray, center: float, width: float, height: float, rest: float) -> np.ndarray:
    return rest + height / (1 + ((x - center) / width) ** 2)


def _fitted(
    model: Callable[..., np.ndarray], x: np.ndarray, y: np.ndarray, start: list[float]
) -> tuple[Any, np.ndarray]:
    """Return the parameters of a model that fit best, and the model with them."""
    parameters, _ = curve_fit(model, x, y, start, maxfev=20000)
    return [float(value) for value in parameters], model(x, *parameters)


def main(directory: Path) -> dict[str, dict[str, float]]:
    """Run all experiments and return what was measured beside what the calibration says."""
    provider = IBMQ.enable_account(url="local")
    armonk = Armonk(provider.get_backend("ibmq_armonk"), directory)
    measured: dict[str, float] = {}
    for experiment in (
        armonk.sweep,
        armonk.rabi,
        armonk.discriminate,
        armonk.relaxation,
        armonk.ramsey,
        armonk.echo,
    ):
        measured.update(experiment())
    known = armonk.calibrated()
    for name, value in measured.items():
        print(f"{name:24} {value:12.6f}" + (f"   calibration {known[name]:12.6f}" if name in known else ""))
    numbers = {"measured": measured, "calibrated": known}
    (directory / "numbers.json").write_text(json.dumps(numbers, indent=2), encoding="utf-8")
    return numbers


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "armonk_plots"))
