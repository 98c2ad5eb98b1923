"""Breadth-first exploration of the whole space: real core x small plant x board x crash.

The space closes: no depth cap, no random choice. It is kept finite and small by these
abstractions, each with its reason:

* Two units. One is to be scanned until a corrected manifest exempts it, one is always exempt. A
  token is a unit's number; a unit comes anew only once its inspection is closed.
* Only the driver of the goods may refuse, once: the exempt unit never meets a beam anyway.
* Counters are small (``LIMITS``): the core compares each one with its limit only.
* Past faults of one class are one fault: the core asks for the highest class only. So one of them
  acknowledged by its code is all of them acknowledged, or nothing that the core asks for.
* One thing is wrong at a time: each interlock row blocks alone, which a unit test shows.
  At rest only people and the key are offered; e-stop and silence begin while the lane works.
* What is wrong is read late only while lamp, arming or lease is on; no unit passes a sensor
  between. Device feedback is read at once, but for the beam's, which follows when it likes.
* One commit may be pending; the next one that must wait lets the older one land first.
* Who searches and secures a lane that has lost its units finds a unit in the blind stretch between
  tunnel-in and tunnel-out: no sensor can, and without that search a lane is not proven empty.
* The board checks nothing but its lease and warning, and may end an arming at any moment: more
  can happen than with a board that sees the hall, so what holds here holds there.
* The key is turned to SERVICE over a lane that is ready and empty, and out of it at any time: units
  may come meanwhile. All service missions have one token, since one ends before the next begins.
* A start without a lease follows its crash at once; while a lease runs, board time goes on.

Command: ``python -m simulator.exploration``.
"""

import gc
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple, TextIO

import numpy as np

from edge.core.lane import LaneState
from edge.core.state import Limits
from simulator.exploration.core import LIMITS, Cores
from simulator.exploration.events import successors
from simulator.exploration.invariants import RULES, Change, Rule
from simulator.exploration.world import World, first_world

CLOSABLE = "from every world the lane can come to rest with no inspection open"
"""The rule about what can still happen; its goal is that a world at rest exists at all."""


class Violation(NamedTuple):
    """A broken rule and the shortest trace to it: what happened, and the lane state after it."""

    rule: str
    trace: tuple[str, ...]


class Report(NamedTuple):
    """What an exploration found; ``missed`` names the goals that were never reached."""

    states: int
    transitions: int
    core_states: int
    depth: int
    violation: Violation | None
    missed: tuple[str, ...]


class Explorer:
    """One exploration; holds every world once and every transition as a pair of numbers."""

    def __init__(
        self,
        limits: Limits = LIMITS,
        rules: tuple[Rule, ...] = RULES,
        prefix: tuple[str, ...] = (),
    ) -> None:
        self.cores = Cores(limits)
        self._of_worlds = [(rule.name, rule.holds) for rule in rules if rule.holds is not None]
        self._of_changes = [(rule.name, rule.obeyed) for rule in rules if rule.obeyed is not None]
        self._goals = {rule.goal_name: rule.goal for rule in rules}
        self._numbers: dict[World, int] = {}
        self._worlds: list[World] = []
        self._parents = array("q")
        self._labels: list[str] = []
        self._from, self._to = array("q"), array("q")
        self._depth = 0
        self._transitions = 0
        self._add(walked(self.cores, prefix), -1, "")

    def run(self) -> Report:
        """Explore to the end, or to the first violation (which is then a shortest one)."""
        with _no_collector():
            violation = self._search()
            if violation is None:
                violation = self._unclosable()
        return Report(
            len(self._worlds), self._transitions, len(self.cores.states), self._depth, violation,
            tuple(self._goals),
        )  # fmt: skip

    def _search(self) -> Violation | None:
        at, level_end = 0, 1
        while at < len(self._worlds):
            if at == level_end:
                self._depth, level_end = self._depth + 1, len(self._worlds)
            broken = self._expand(at)
            if broken is not None:
                return broken
            at += 1
        return None

    def _expand(self, at: int) -> Violation | None:
        before, cores = self._worlds[at], self.cores
        was = cores.states[before.core]
        for label, sheet in successors(before, cores):
            after = sheet.freeze()
            self._transitions += 1
            number = self._numbers.get(after)
            new = number is None
            if number is None:
                number = self._add(after, at, label)
            self._from.append(at)
            self._to.append(number)
            now = cores.states[after.core]
            broken = self._broken(Change(before, was, label, after, now), new=new)
            if broken is not None:
                return Violation(broken, (*self._trace(at), label))
        return None

    def _broken(self, change: Change, *, new: bool) -> str | None:
        if self._goals:
            reached = [name for name, goal in self._goals.items() if goal(change)]
            for name in reached:
                del self._goals[name]
        for name, obeyed in self._of_changes:
            if not obeyed(change):
                return name
        if new:
            for name, holds in self._of_worlds:
                if not holds(change.after, change.now):
                    return name
        return None

    def _add(self, world: World, parent: int, label: str) -> int:
        number = self._numbers[world] = len(self._worlds)
        self._worlds.append(world)
        self._parents.append(parent)
        self._labels.append(label)
        return number

    def _trace(self, at: int) -> tuple[str, ...]:
        told = []
        while self._parents[at] >= 0:
            lane = self.cores.states[self._worlds[at].core].lane.value
            told.append(f"{self._labels[at]} -> {lane}")
            at = self._parents[at]
        return tuple(reversed(told))

    def _at_rest(self, world: World) -> bool:
        state = self.cores.states[world.core]
        return not state.inspections and state.lane is LaneState.READY and not world.down

    def _unclosable(self) -> Violation | None:
        """Walk back from every world at rest; a world not met could stay open for ever."""
        count = len(self._worlds)
        reached = np.fromiter((self._at_rest(w) for w in self._worlds), np.bool_, count)
        source = np.frombuffer(self._from, np.int64)
        target = np.frombuffer(self._to, np.int64)
        while True:
            found = source[reached[target] & ~reached[source]]
            if not found.size:
                break
            reached[found] = True
        if reached.all():
            return None
        return Violation(CLOSABLE, self._trace(int(np.argmin(reached))))


def walked(cores: Cores, labels: tuple[str, ...]) -> World:
    """The world after these happenings, each of which must be possible in its turn."""
    world = first_world(cores)
    for label in labels:
        found = [sheet for name, sheet in successors(world, cores) if name == label]
        assert found, label
        world = found[0].freeze()
    return world


@contextmanager
def _no_collector() -> Iterator[None]:
    """Millions of small tuples without cycles: walking them costs more than the exploration."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def tell(report: Report, out: TextIO) -> None:
    """Write a report in words."""
    out.write(
        f"{report.states} states, {report.transitions} transitions, {report.core_states} states "
        f"of the core, depth {report.depth}, {len(RULES) + 1} rules\n"
    )
    for goal in report.missed:
        out.write(f"never reached: {goal}\n")
    if report.violation is not None:
        out.write(f"broken: {report.violation.rule}\n")
        out.writelines(
            f"  {number}. {what}\n" for number, what in enumerate(report.violation.trace)
        )


def main() -> int:
    """Explore all; exit status 1 when a rule is broken or a goal is missed."""
    report = Explorer().run()
    tell(report, sys.stdout)
    return 1 if report.violation is not None or report.missed else 0
