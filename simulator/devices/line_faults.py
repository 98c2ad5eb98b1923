"""What can go wrong with one answer on a wire, as data: which answers, how, how often.

An answer is whatever a device says in one piece: a Modbus answer, a frame of a generator, a status
of the board, a code of a reader, a line of the detector.
"""

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
    REORDER = "reorder"
    NOISE = "noise"
    SINGLE_BYTES = "single_bytes"
    UNPLUG = "unplug"
    POWER_CYCLE = "power_cycle"


NOISE_BYTES = 8
OVERTAKEN_MS = 1000
"""What waits for the next answer and is not followed by one goes out after so long."""


@dataclass(frozen=True, slots=True)
class LineFault:
    """One rule of harm; rules are tried in order and all that match apply.

    Attributes:
        harm: what happens. ``DELAY`` holds this answer and everything after it (a slow device),
            ``LATE`` holds only this answer, so that it arrives during a later request;
            ``REORDER`` sends it behind the next one.
        amount: milliseconds for ``DELAY``, ``LATE`` and ``UNPLUG``, those without power for
            ``POWER_CYCLE``, those between two bytes for ``SINGLE_BYTES``; the exception code for
            ``EXCEPTION``, bytes cut for ``TRUNCATE``, bytes before the answer for ``NOISE``;
            unused otherwise.
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
    """Applies a list of `LineFault` to the requests that pass; seeded, hence repeatable.

    Attributes:
        dark: units without power, 0 for a device that has no address.
    """

    def __init__(self, faults: tuple[LineFault, ...] = (), seed: int = 0) -> None:
        self._seen = [0] * len(faults)
        self._faults = list(faults)
        self._random = random.Random(seed)
        self.dark: set[int] = set()

    def add(self, fault: LineFault) -> None:
        """Append a rule while running."""
        self._faults.append(fault)
        self._seen.append(0)

    def clear(self) -> None:
        """Forget every rule."""
        self._faults.clear()
        self._seen.clear()

    def remove(self, fault: LineFault) -> None:
        """Forget one rule, if it is still there."""
        for index, each in enumerate(self._faults):
            if each is fault:
                del self._faults[index], self._seen[index]
                return

    @property
    def rules(self) -> tuple[LineFault, ...]:
        """The rules, oldest first."""
        return tuple(self._faults)

    def is_dark(self, unit: int) -> bool:
        """Whether a device has no power."""
        return unit in self.dark

    def harms(self, unit: int, function: int) -> tuple[LineFault, ...]:
        """Return the rules that apply to this request, counting it."""
        if not self._faults:
            return ()
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

    def noise(self, count: int) -> bytes:
        """Seeded bytes of no meaning."""
        return self._random.randbytes(count)


@dataclass(frozen=True, slots=True)
class _Held:
    due_ms: int
    data: bytes


class Outbox:
    """Answers waiting for their time. ``DELAY`` moves everything behind it, ``LATE`` only one."""

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._overtaken: list[_Held] = []
        self._busy_until_ms = 0

    def put(self, data: bytes, harms: tuple[LineFault, ...], now_ms: int) -> None:
        """Hold an answer for as long as its harms say."""
        late_ms = gap_ms = 0
        for fault in harms:
            if fault.harm is Harm.DELAY:
                self._busy_until_ms = max(self._busy_until_ms, now_ms + fault.amount)
            elif fault.harm is Harm.LATE:
                late_ms += fault.amount
            elif fault.harm is Harm.SINGLE_BYTES:
                gap_ms += fault.amount
        if has(harms, Harm.REORDER):
            last = _Held(now_ms + OVERTAKEN_MS, data)
            self._overtaken = [*self._overtaken, last][-MAX_PENDING:]
            return
        behind, self._overtaken = self._overtaken, []
        at_ms = max(now_ms, self._busy_until_ms) + late_ms
        if gap_ms:
            for index, byte in enumerate(data):
                self._hold(at_ms + index * gap_ms, bytes([byte]))
            at_ms += len(data) * gap_ms
            self._busy_until_ms = max(self._busy_until_ms, at_ms)
        else:
            self._hold(at_ms, data)
        for each in behind:
            self._hold(at_ms, each.data)

    def _hold(self, due_ms: int, data: bytes) -> None:
        if len(self._held) < MAX_PENDING:
            self._held.append(_Held(due_ms, data))

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._held and not self._overtaken

    def drop(self) -> None:
        """Lose what waits, as a device does that loses its power."""
        self._held, self._overtaken, self._busy_until_ms = [], [], 0

    def due(self, now_ms: int) -> bytes:
        """Return the answers whose time has come, in the order of their times."""
        # What is overtaken has waited for nothing when no answer followed it.
        if self._overtaken and self._overtaken[0].due_ms <= now_ms:
            self._held += self._overtaken
            self._overtaken = []
        if not self._held:
            return b""
        ready = [held for held in self._held if held.due_ms <= now_ms]
        self._held = [held for held in self._held if held.due_ms > now_ms]
        return b"".join(held.data for held in sorted(ready, key=lambda held: held.due_ms))


def spoil_frame(frame: bytes, harms: tuple[LineFault, ...], script: FaultScript) -> bytes:
    """Harm a whole frame: flip a bit, cut its end, double it, lose it, put noise before it."""
    for fault in harms:
        if fault.harm is Harm.CORRUPT:
            frame = script.corrupt(frame)
        elif fault.harm is Harm.TRUNCATE:
            frame = frame[: max(1, len(frame) - (fault.amount or 2))]
        elif fault.harm is Harm.DUPLICATE:
            frame = frame + frame
        elif fault.harm is Harm.NOISE:
            frame = script.noise(fault.amount or NOISE_BYTES) + frame
        elif fault.harm is Harm.DROP:
            frame = b""
    return frame


def has(harms: tuple[LineFault, ...], harm: Harm) -> bool:
    """Whether one kind of harm is among the rules."""
    return any(fault.harm is harm for fault in harms)
