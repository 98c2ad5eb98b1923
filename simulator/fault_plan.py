"""A plan of faults as a TOML file: read with all its mistakes, drawn from a seed, carried out."""

import random
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from edge.errors import Mistake, SettingsError
from simulator.devices.line_faults import Harm, LineFault
from simulator.faults import FITS, TIMED, FaultDesk, FaultRefused, family
from simulator.lane import SimLane

_REMEDY = "Correct the plan; `scanlane-sim fault draw LANE.toml` writes one"
_SCHEMA = 1
_WHOLE = ("at_ms", "for_ms", "amount", "unit", "function", "skip", "times")
_KEYS = frozenset({*_WHOLE, "device", "harm", "chance"})
_LATEST_MS = 7 * 24 * 3_600_000
_LONGEST_MS = 8000
_AMOUNTS = {
    Harm.DELAY: (20, 2000),
    Harm.LATE: (50, 1500),
    Harm.SINGLE_BYTES: (5, 40),
    Harm.EXCEPTION: (1, 11),
    Harm.TRUNCATE: (1, 6),
    Harm.NOISE: (1, 32),
    Harm.POWER_CYCLE: (200, 5000),
}
"""What is drawn for an amount; of an unplugged wire it is the time for which the fault stands."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault of a plan.

    Attributes:
        at_ms: when it begins, in milliseconds of the simulator.
        device: at which device.
        fault: what it is.
        for_ms: for how long it stands, 0 for ever.
    """

    at_ms: int
    device: str
    fault: LineFault
    for_ms: int


def load_plan(path: Path, lane: SimLane) -> tuple[Planned, ...]:
    """Read a plan for a lane. Raises SettingsError with every mistake found."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = f"cannot be read: {error.strerror}"
        raise SettingsError([Mistake(str(path), "-", "", reason, _REMEDY)]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        reason = f"is not TOML: {error}"
        raise SettingsError([Mistake(str(path), "-", "", reason, _REMEDY)]) from error
    reader = _Reader(path, lane)
    plan = reader.plan(document)
    if reader.mistakes:
        raise SettingsError(reader.mistakes)
    return plan


class _Reader:
    """Collects the mistakes while it reads."""

    def __init__(self, path: Path, lane: SimLane) -> None:
        self._path = path
        self._desk = FaultDesk(lane)
        self.mistakes: list[Mistake] = []

    def plan(self, document: Mapping[str, object]) -> tuple[Planned, ...]:
        if document.get("schema") != _SCHEMA:
            self._wrong("schema", document.get("schema", ""), f"is not {_SCHEMA}")
        for key in document.keys() - {"schema", "fault"}:
            self._wrong(key, document[key], "is not known; a plan has schema and [[fault]]")
        tables = document.get("fault", [])
        if not isinstance(tables, list) or not tables:
            self._wrong("fault", "", "a plan needs [[fault]] tables")
            return ()
        found = [self._fault(f"fault[{at}]", table) for at, table in enumerate(tables)]
        plan = [each for each in found if each is not None]
        return tuple(sorted(plan, key=lambda each: each.at_ms))

    def _fault(self, key: str, table: object) -> Planned | None:
        before = len(self.mistakes)
        if not isinstance(table, dict):
            self._wrong(key, table, "is not a table")
            return None
        for name in sorted(table.keys() - _KEYS):
            self._wrong(f"{key}.{name}", table[name], f"is not one of {', '.join(sorted(_KEYS))}")
        for name in ("at_ms", "device", "harm"):
            if name not in table:
                self._wrong(f"{key}.{name}", "", "is missing")
        whole = {
            name: self._whole(f"{key}.{name}", table[name]) for name in _WHOLE if name in table
        }
        harm = self._harm(f"{key}.harm", table["harm"]) if "harm" in table else None
        chance, device = table.get("chance", 1.0), table.get("device", "")
        if isinstance(chance, bool) or not isinstance(chance, int | float):
            self._wrong(f"{key}.chance", chance, "is not a number")
        if not isinstance(device, str):
            self._wrong(f"{key}.device", device, "is not a text")
        if len(self.mistakes) > before or harm is None:
            return None
        fault = LineFault(
            harm,
            amount=whole.get("amount", 0),
            unit=whole.get("unit"),
            function=whole.get("function"),
            skip=whole.get("skip", 0),
            times=whole.get("times", 0),
            chance=float(chance),
        )
        try:
            self._desk.check(device, fault, whole.get("for_ms", 0))
        except FaultRefused as refused:
            self._wrong(f"{key}.{refused.key}", refused.value, refused.reason)
            return None
        return Planned(whole["at_ms"], device, fault, whole.get("for_ms", 0))

    def _whole(self, key: str, value: object) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LATEST_MS:
            return value
        self._wrong(key, value, f"is not a whole number from 0 to {_LATEST_MS}")
        return 0

    def _harm(self, key: str, value: object) -> Harm | None:
        try:
            return Harm(value)
        except ValueError:
            self._wrong(key, value, f"is not one of {', '.join(each.value for each in Harm)}")
            return None

    def _wrong(self, key: str, value: object, reason: str) -> None:
        shown = value if isinstance(value, str) else repr(value)
        self.mistakes.append(Mistake(str(self._path), key, shown, reason, _REMEDY))


def draw_plan(lane: SimLane, *, seed: int, count: int, until_ms: int) -> tuple[Planned, ...]:
    """Draw a plan; the same lane, seed, count and end give the same one.

    Args:
        lane: whose devices fail.
        seed: of everything drawn.
        count: how many faults.
        until_ms: end of the time in which they begin.
    """
    drawn = random.Random(f"fault plan {seed}")
    devices = sorted(lane.faults)
    plan = []
    for _ in range(count):
        device = drawn.choice(devices)
        harm = drawn.choice(FITS[family(lane, device)])
        low, high = _AMOUNTS.get(harm, (0, 0))
        at_ms = drawn.randrange(until_ms)
        for_ms = max(1, round(_LONGEST_MS * drawn.random() ** 2))
        chance = drawn.choice((1.0, 1.0, 0.3))
        fault = LineFault(harm, amount=drawn.randint(low, high), times=0, chance=chance)
        assert fault.amount or harm not in TIMED
        plan.append(Planned(at_ms, device, fault, for_ms))
    return tuple(sorted(plan, key=lambda each: each.at_ms))


def plan_text(plan: tuple[Planned, ...]) -> str:
    """Write a plan as the TOML file it can be read from."""
    lines = [f"schema = {_SCHEMA}"]
    for each in plan:
        fault = each.fault
        lines += ["", "[[fault]]", f"at_ms = {each.at_ms}", f'device = "{each.device}"']
        lines += [f'harm = "{fault.harm.value}"', f"for_ms = {each.for_ms}"]
        for key, value in (("unit", fault.unit), ("function", fault.function)):
            lines += [f"{key} = {value}"] if value is not None else []
        for key, number in (("amount", fault.amount), ("skip", fault.skip), ("times", fault.times)):
            lines += [f"{key} = {number}"] if number else []
        lines += [f"chance = {fault.chance}"] if fault.chance < 1.0 else []
    return "\n".join(lines) + "\n"


def carry_out(plan: tuple[Planned, ...], lane: SimLane, desk: FaultDesk) -> None:
    """Let every fault of a plan begin at its time; faults that were checked are never refused."""
    for each in plan:
        lane.later(each.at_ms, partial(desk.set, each.device, each.fault, each.for_ms))
