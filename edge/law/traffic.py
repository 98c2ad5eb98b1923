"""Legal traffic: what may lawfully come by road, and which of it a lane's envelope would exempt.

It decides nothing about a unit. An old envelope would exempt lawful vehicles every day, and
whoever runs the lane should know of it before.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from edge.law.envelope import Axis, Envelope
from edge.law.row_checks import Problem, Row, RowChecks

SCHEMA = 1
"""The layout of the file this code reads."""

MAX_ROWS = 100
LARGEST = 1_000_000
"""Largest figure of a row, in mm or kg."""

_TEXTS = ("id", "version", "source")
_KEYS = frozenset({"schema", *_TEXTS, "valid_from", "limit"})
_ROW_KEYS = frozenset({"axis", "greatest", "what", "source"})
_AXES = frozenset({Axis.HEIGHT, Axis.WIDTH, Axis.LENGTH, Axis.MASS, Axis.AXLE_LOAD})
"""What is limited from above: of ground clearance and speed a greatest says nothing here."""


@dataclass(frozen=True, slots=True)
class TrafficLimit:
    """The greatest that may lawfully come, in the unit of its axis.

    Attributes:
        axis: what is limited.
        greatest: the limit itself is lawful.
        what: which vehicles it is of.
        source: act it follows from.
    """

    axis: Axis
    greatest: int
    what: str
    source: str


@dataclass(frozen=True, slots=True)
class LegalTraffic:
    """The limits of one act.

    Attributes:
        name: id of the file, the same for all its versions.
        version: its version.
        valid_from: first civil day.
        source: where it comes from.
        limits: its rows.
    """

    name: str
    version: str
    valid_from: date
    source: str
    limits: tuple[TrafficLimit, ...]


def build_traffic(mapping: Mapping[str, object]) -> LegalTraffic | tuple[Problem, ...]:
    """Build the limits from a parsed TOML file, or say everything that is wrong with it."""
    reader = _Reader()
    name, version, source = (reader.text("", mapping, key) for key in _TEXTS)
    valid_from = reader.day(mapping, "valid_from")
    reader.known("", mapping, _KEYS)
    reader.schema(mapping, SCHEMA)
    limits = reader.rows(mapping, "limit", MAX_ROWS, reader.limit)
    shown = ((one.axis, one.greatest, one.what) for one in limits)
    reader.once("limit", ((key, f"{key[0].value} {key[1]}") for key in shown))
    if reader.problems or valid_from is None:
        return tuple(reader.problems)
    return LegalTraffic(name, version, valid_from, source, tuple(limits))


class _Reader(RowChecks):
    def limit(self, at: str, row: Row) -> TrafficLimit:
        """One row."""
        self.known(at, row, _ROW_KEYS)
        axis = self.one_of(at, row, "axis", Axis)
        if axis not in _AXES:
            allowed = ", ".join(sorted(one.value for one in _AXES))
            self.say(f"{at}axis", axis.value, "has no greatest", f"write one of {allowed}")
        greatest = self.number(at, row, "greatest", 0, LARGEST)
        if not greatest:
            self.say(f"{at}greatest", greatest, "is missing or 0", "write the limit")
        return TrafficLimit(
            axis, greatest, self.text(at, row, "what"), self.text(at, row, "source")
        )


def would_exempt(
    envelope: Envelope, traffic: Sequence[LegalTraffic], day: date
) -> Iterator[tuple[TrafficLimit, int]]:
    """Which lawful vehicles an envelope ends below, each with the largest the lane takes.

    Args:
        envelope: what the lane can take; an axis without limits exempts nothing.
        traffic: all that is loaded; of several versions of one act the newest in force counts.
        day: the civil day at the lane.
    """
    newest: dict[str, LegalTraffic] = {}
    for one in sorted(traffic, key=lambda one: (one.valid_from, one.version)):
        if one.valid_from <= day:
            newest[one.name] = one
    taken = {axis: limits.greatest for axis, limits in envelope.limits()}
    for name in sorted(newest):
        for limit in newest[name].limits:
            largest = taken.get(limit.axis)
            if largest is not None and largest < limit.greatest:
                yield limit, largest
