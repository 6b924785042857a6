# This code is part of qiskit-ibmq-provider, licensed under the Apache License 2.0.
# See the file LICENSE at the root of the repository.

"""Playing one row: the call under its fault, and everything that must not come of it."""

from __future__ import annotations

import dataclasses
import logging
import re
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, Optional

from fault_call import Call
from fault_calls import CALLS
from fault_row import CLEAN, Row
from fault_scene import SIGNATURE, Scene
from support.secret_hunt import shown_by

from qiskit_ibmq_provider.exceptions import IBMQError
from qiskit_ibmq_provider.protocol.routes import Route

__all__ = ["Played", "play"]

_HUNG_SECONDS = 45.0
"""After this many seconds more than its bound a call is given up."""

_ACCURACY = 1.05
"""By this factor a call may pass its bound: a deadline is noticed a moment after it."""

_WORK = 1.5
"""What a call takes without any fault, times this, comes on top: work is not scaled. The service runs on this machine, too."""

_LEAST_WORK = 0.3

_STRETCHES = (1, 3, 10)
"""A row that is late, or whose call gave up, is played again with more time: a machine that is busy with other things answers too slowly for a
time that is scaled down that far. What is lost, leaked or of another kind counts at once."""

_ADVICE = re.compile(
    r"\b(again|[Aa]sk|[Cc]heck|[Cc]orrect|[Gg]ive|[Rr]etrieve|[Ww]ait|[Aa]ccept|[Uu]se|update|name its|should know|longer timeout)\b"
)
"""Words with which a text says what to do."""

_DEAD = ("CANCELLED", "CREATING")


@dataclasses.dataclass
class Played:
    """What came of a row. The lists are empty if all is well."""

    row: Row
    outcome: str = "hung"
    text: str = ""
    seconds: float = 0.0
    hung: bool = False
    raw: list[str] = dataclasses.field(default_factory=list)
    lost: list[str] = dataclasses.field(default_factory=list)
    leaks: list[str] = dataclasses.field(default_factory=list)
    wrong_default: list[str] = dataclasses.field(default_factory=list)
    wrong: list[str] = dataclasses.field(default_factory=list)

    def problems(self) -> list[str]:
        """Everything that is not as the row wants it."""
        late = [f"{self.row.call} took more than {self.row.bound:g} s: hung"] if self.hung else []
        return [*late, *self.raw, *self.lost, *self.leaks, *self.wrong_default, *self.wrong]


class _Caller(threading.Thread):
    """Makes a call in a thread of its own, so that one that hangs can be told from one that is slow."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._call = call
        self.value: Any = None
        self.error: Optional[BaseException] = None
        self.seconds = 0.0

    def run(self) -> None:
        began = time.monotonic()
        with self:
            self.value = self._call()
        self.seconds = time.monotonic() - began

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: Any, error: Optional[BaseException], frames: Any) -> bool:
        # Whatever it is: the row says what it should be.
        self.error = error
        return True


def play(row: Row, scene_for: Callable[[str, float], Scene], records: list[logging.LogRecord]) -> Played:
    """Play a row; again, at a larger scale, where the machine may have been too busy.

    Args:
        row: the row.
        scene_for: gives the scene for a kind of server and a time scale.
        records: what is logged meanwhile.
    """
    for stretch in _STRETCHES:
        scaled = dataclasses.replace(row, scale=min(1.0, row.scale * stretch))
        try:
            played = _play_once(scaled, scene_for(row.server, scaled.scale), records)
        except IBMQError as err:
            played = Played(scaled, "not played", wrong=[f"the row cannot be made ready: {err}"])
        certain = (
            played.raw or played.lost or played.leaks or played.wrong_default or played.outcome == "hung"
        )
        if certain or not played.problems():
            break
    return played


def _play_once(row: Row, scene: Scene, records: list[logging.LogRecord]) -> Played:
    """Play a row once."""
    played = Played(row)
    call = CALLS[row.call]
    scene.begin(row)
    action = call.prepare(scene)
    scene.proxy.clear()
    records.clear()
    release = _release(row, scene)
    scene.proxy.spoil(*row.faults)
    caller = _Caller(action)
    caller.start()
    caller.join(row.bound * row.scale + _HUNG_SECONDS)
    spoiled, asked = scene.proxy.spoiled, _asked(row, scene)
    scene.proxy.clear()
    played.hung = caller.is_alive()
    if played.hung:
        return played
    if release is not None:
        release.join(30)
    played.seconds = caller.seconds / row.scale
    if row.faults and not spoiled and not row.optional:
        played.wrong.append("the fault was never met")
    _judge(played, scene, call, caller)
    _look_for_leaks(played, scene, caller.error, records)
    if call.submits:
        _count_jobs(played, scene, caller)
    if not asked:
        played.wrong.append(f"not asked as often as {row.asked}")
    work = _LEAST_WORK
    if row.again and call.repeats and not played.problems():
        work = max(work, _call_again(played, scene, call, action))
    played.hung = caller.seconds > row.bound * row.scale * _ACCURACY + work * _WORK
    return played


def _release(row: Row, scene: Scene) -> Optional[threading.Thread]:
    """Start the job of the row now or later."""
    if row.release == "now":
        scene.start()
    elif isinstance(row.release, Route):
        route = row.release
        return scene.start_when(lambda: any(each.is_of("GET", route) for each in scene.proxy.requests))
    elif isinstance(row.release, int):
        messages = row.release
        return scene.start_when(lambda: scene.proxy.messages >= messages)
    return None


def _asked(row: Row, scene: Scene) -> bool:
    if row.asked is None:
        return True
    method, route, least, most = row.asked
    return least <= scene.proxy.count(method, route) <= most


def _judge(played: Played, scene: Scene, call: Call, caller: _Caller) -> None:
    """Compare what came out with what the row wants."""
    row, err = played.row, caller.error
    if err is None:
        played.outcome = CLEAN
        try:
            call.check(scene, caller.value)
        except AssertionError as wrong:
            kind = played.wrong_default if call.logs_in else played.wrong
            kind.append(str(wrong))
    else:
        played.outcome, played.text = type(err).__name__, str(err)
        if not isinstance(err, IBMQError):
            played.raw.append("".join(traceback.format_exception(type(err), err, err.__traceback__)))
        elif not _is_helpful(err, row):
            played.wrong.append(f"the text does not say what it should: {err}")
    if played.outcome != row.outcome:
        played.wrong.append(f"{row.outcome} wanted, {played.outcome} it was: {played.text}")


def _is_helpful(err: IBMQError, row: Row) -> bool:
    """Tell whether a text is a sentence that says what to do, and what the row wants it to say."""
    text = err.message.strip()
    says_so = re.search(row.says, text, re.DOTALL) is not None
    return len(text) > 30 and text[-1] in ".!?" and _ADVICE.search(text) is not None and says_so


def _look_for_leaks(
    played: Played, scene: Scene, err: Optional[BaseException], records: list[logging.LogRecord]
) -> None:
    """Look for tokens and signatures in the exception, what is behind it, its local variables and its pickle, and in the log."""
    texts = [] if err is None else [f"{where}: {text}" for where, text in shown_by(err)]
    texts += [record.getMessage() for record in list(records)]
    for text in texts:
        hits = [secret for secret in scene.secrets() if secret in text]
        if hits or SIGNATURE.search(text):
            played.leaks.append(f"a secret is in: {text[:300]}")


def _count_jobs(played: Played, scene: Scene, caller: _Caller) -> None:
    """Compare the jobs of the service with what the caller was told."""
    found = scene.door.named(scene.name)
    alive = [job_id for job_id, status in found.items() if status not in _DEAD]
    phantoms = [job_id for job_id, status in found.items() if status == "CREATING"]
    if played.row.call != "run":
        return
    if caller.error is None:
        known = [caller.value.job_id()]
        if alive != known:
            played.lost.append(f"the service runs {alive}, and the caller has {known}")
    else:
        told = getattr(caller.error, "job_id", None) or _found_by_key(scene, caller.error)
        unknown = bool(getattr(caller.error, "outcome_unknown", False))
        if any(job_id != told for job_id in alive):
            played.lost.append(f"the service runs {alive}, and the caller was told of {told}")
        if phantoms and not unknown and "left behind" not in played.text:
            played.lost.append(f"jobs are left behind unsaid: {phantoms}")
    if phantoms and played.row.server == "own":
        played.lost.append(f"jobs are left behind: {phantoms}")


def _found_by_key(scene: Scene, err: BaseException) -> Optional[str]:
    """Return the job that the caller finds with what the exception carries."""
    key = getattr(err, "idempotency_key", None)
    job = scene.provider.backend.find_submitted_job(key) if key else None
    return None if job is None else job.job_id()


def _call_again(played: Played, scene: Scene, call: Call, action: Callable[[], Any]) -> float:
    """Make the call once more, without the fault: nothing of it may have stayed. Return the seconds that this took."""
    if call.waits and scene.job is not None and scene.door.status(scene.job.job_id()) == "CREATING":
        scene.start()
    if call.waits and " 0 s" in played.row.call:
        return 0.0
    if call.logs_in or (call.submits and played.outcome == CLEAN) or (played.row.call == "cancel"):
        action = call.prepare(scene)
    ends = time.monotonic() + played.row.recovers * played.row.scale
    while True:
        caller = _Caller(action)
        caller.start()
        caller.join(_HUNG_SECONDS)
        if caller.is_alive() or caller.error is None or time.monotonic() > ends:
            break
    if caller.is_alive():
        played.wrong.append("the call hangs when the fault is gone")
    elif caller.error is not None:
        played.wrong.append(f"the call fails when the fault is gone: {caller.error!r}")
    else:
        try:
            call.check(scene, caller.value)
        except AssertionError as wrong:
            played.wrong.append(f"when the fault is gone: {wrong}")
    return caller.seconds
