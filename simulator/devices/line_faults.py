"""What can go wrong with one answer on a wire, as data: which answers, how, how often."""

import random
from dataclasses import dataclass
from enum import Enum, unique

MAX_PENDING = 256
"""Answers held back at most; more are dropped, as a real device's buffer would."""


@unique
class Harm(Enum):
    """One way an answer can be spoilt."""

    DELAY = "delay"
    LATE = "late"
    DROP = "drop"
    CORRUPT = "corrupt"
    EXCEPTION = "exception"
    WRONG_TRANSACTION = "wrong_transaction"
    WRONG_UNIT = "wrong_unit"
    WRONG_FUNCTION = "wrong_function"
    TRUNCATE = "truncate"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class LineFault:
    """One rule of harm; rules are tried in order and all that match apply.

    Attributes:
        harm: what happens. ``DELAY`` holds this answer and everything after it (a slow device),
            ``LATE`` holds only this answer, so that it arrives during a later request.
        amount: milliseconds for ``DELAY`` and ``LATE``, the exception code for ``EXCEPTION``,
            bytes cut for ``TRUNCATE``; unused otherwise.
        unit: only answers of this unit, None for all.
        function: only this function code, None for all.
        skip: matching requests that pass unharmed first.
        times: how many are harmed after that, 0 for all.
        chance: probability that a matching request is harmed, drawn from the seeded generator.
    """

    harm: Harm
    amount: int = 0
    unit: int | None = None
    function: int | None = None
    skip: int = 0
    times: int = 1
    chance: float = 1.0


class FaultScript:
    """Applies a list of `LineFault` to the requests that pass; seeded, hence repeatable."""

    def __init__(self, faults: tuple[LineFault, ...] = (), seed: int = 0) -> None:
        self._seen = [0] * len(faults)
        self._faults = list(faults)
        self._random = random.Random(seed)

    def add(self, fault: LineFault) -> None:
        """Append a rule while running."""
        self._faults.append(fault)
        self._seen.append(0)

    def clear(self) -> None:
        """Forget every rule."""
        self._faults.clear()
        self._seen.clear()

    def harms(self, unit: int, function: int) -> tuple[LineFault, ...]:
        """Return the rules that apply to this request, counting it."""
        hit = []
        for index, fault in enumerate(self._faults):
            if fault.unit not in (None, unit) or fault.function not in (None, function):
                continue
            number = self._seen[index]
            self._seen[index] += 1
            over = fault.times and number >= fault.skip + fault.times
            if number < fault.skip or over:
                continue
            if fault.chance >= 1.0 or self._random.random() < fault.chance:
                hit.append(fault)
        return tuple(hit)

    def corrupt(self, frame: bytes) -> bytes:
        """Flip one seeded bit of a frame."""
        at = self._random.randrange(len(frame))
        bit = 1 << self._random.randrange(8)
        return frame[:at] + bytes([frame[at] ^ bit]) + frame[at + 1 :]


@dataclass(frozen=True, slots=True)
class _Held:
    due_ms: int
    data: bytes


class Outbox:
    """Answers waiting for their time. ``DELAY`` moves everything behind it, ``LATE`` only one."""

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._busy_until_ms = 0

    def put(self, data: bytes, harms: tuple[LineFault, ...], now_ms: int) -> None:
        """Hold an answer for as long as its harms say."""
        late_ms = 0
        for fault in harms:
            if fault.harm is Harm.DELAY:
                self._busy_until_ms = max(self._busy_until_ms, now_ms) + fault.amount
            elif fault.harm is Harm.LATE:
                late_ms += fault.amount
        if len(self._held) < MAX_PENDING:
            self._held.append(_Held(max(now_ms, self._busy_until_ms) + late_ms, data))

    def due(self, now_ms: int) -> bytes:
        """Return the answers whose time has come, in the order of their times."""
        if not self._held:
            return b""
        ready = [held for held in self._held if held.due_ms <= now_ms]
        self._held = [held for held in self._held if held.due_ms > now_ms]
        return b"".join(held.data for held in sorted(ready, key=lambda held: held.due_ms))


def spoil_frame(frame: bytes, harms: tuple[LineFault, ...], script: FaultScript) -> bytes:
    """Harm a whole frame: flip a bit, cut its end, double it, lose it."""
    for fault in harms:
        if fault.harm is Harm.CORRUPT:
            frame = script.corrupt(frame)
        elif fault.harm is Harm.TRUNCATE:
            frame = frame[: max(1, len(frame) - (fault.amount or 2))]
        elif fault.harm is Harm.DUPLICATE:
            frame = frame + frame
        elif fault.harm is Harm.DROP:
            frame = b""
    return frame


def has(harms: tuple[LineFault, ...], harm: Harm) -> bool:
    """Whether one kind of harm is among the rules."""
    return any(fault.harm is harm for fault in harms)
