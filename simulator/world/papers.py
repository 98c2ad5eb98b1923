"""Units of the in-process world and the papers that come with them: right, late, wrong, missing."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum, unique

from edge.clock import rfc3339
from edge.messages.manifest import Dimensions, GoodsLine, Identifiers, Manifest, plain_identifier
from simulator.hall.units import MAX_LENGTH_MM, Unit, UnitMaker

SHORTEST_MM = 600
LONGEST_MM = 800
"""What the shipped lane's envelope allows: longer units come too, as oversize ones."""
FITTING = 0.95
VALID = timedelta(days=1)


@unique
class Papers(Enum):
    """What is the matter with a unit's papers."""

    RIGHT = "right"
    MISSING = "missing"
    LATE = "late"
    CONFLICT = "conflict"
    ONE_CODE = "one_code"
    NO_BASIS = "no_basis"
    CORRECTED = "corrected"


_WEIGHTS = {
    Papers.RIGHT: 20,
    Papers.MISSING: 1,
    Papers.LATE: 2,
    Papers.CONFLICT: 1,
    Papers.ONE_CODE: 1,
    Papers.NO_BASIS: 1,
    Papers.CORRECTED: 2,
}


@dataclass(frozen=True, slots=True)
class Coming:
    """A unit on its way: its papers, and how they come.

    Attributes:
        unit: the unit.
        papers: what is the matter.
        manifest: what is known before it arrives, None for nothing.
        later: a manifest that comes after it, None for none.
        later_ms: how long after the arrival.
    """

    unit: Unit
    papers: Papers
    manifest: Manifest | None
    later: Manifest | None = None
    later_ms: int = 0


class Forwarder:
    """Brings units with papers; the same seed brings the same ones."""

    def __init__(self, seed: int, lane: str) -> None:
        self._maker = UnitMaker(seed)
        self._random = random.Random(f"papers {seed}")
        self._lane = lane
        self._manifests: dict[tuple[str, str], Manifest] = {}

    def next(self, now: datetime) -> Coming:
        """Make the next unit and its papers."""
        drawn = self._random
        unit = self._sized(self._maker.make())
        papers = drawn.choices(tuple(_WEIGHTS), tuple(_WEIGHTS.values()))[0]
        right = self._manifest(unit, now)
        coming = Coming(unit, papers, right)
        if papers is Papers.MISSING:
            coming = Coming(unit, papers, None)
        elif papers is Papers.LATE:
            coming = Coming(unit, papers, None, right, drawn.randint(500, 15_000))
        elif papers is Papers.CONFLICT:
            coming = Coming(replace(unit, label=f"XX-{unit.unit_id}"), papers, right)
        elif papers is Papers.ONE_CODE:
            coming = Coming(replace(unit, label=""), papers, right)
        elif papers is Papers.NO_BASIS:
            leaving = right.model_copy(update={"direction": "departure"})
            coming = Coming(replace(unit, may_be_scanned=False), papers, leaving)
        elif papers is Papers.CORRECTED and unit.may_be_scanned:
            live = (GoodsLine(tnved_code="0106 41 000 2", description="пчелопакеты"),)
            correction = right.model_copy(update={"version": 2, "goods": live})
            coming = Coming(unit, papers, right, correction, drawn.randint(1000, 25_000))
        return coming

    def _sized(self, unit: Unit) -> Unit:
        """Most units fit the envelope; one in twenty is too long for it."""
        if self._random.random() < FITTING:
            return replace(unit, length_mm=self._random.randint(SHORTEST_MM, LONGEST_MM))
        too_long_mm = self._random.randint(LONGEST_MM + 50, MAX_LENGTH_MM)
        return replace(unit, length_mm=too_long_mm, may_be_scanned=False)

    def deliver(self, manifest: Manifest) -> None:
        """Make a manifest known to the lane's side."""
        named = manifest.identifiers
        for kind, text in (("qr", named.qr), ("container", named.container)):
            if text:
                self._manifests[kind, plain_identifier(text)] = manifest

    def find(self, kind: str, text: str) -> tuple[Manifest, ...]:
        """The manifests that name an identifier."""
        found = self._manifests.get((kind, text))
        return (found,) if found is not None else ()

    def by_id(self, manifest_id: str) -> tuple[Manifest, ...]:
        """The manifest of this id."""
        found = {one.id: one for one in self._manifests.values()}.get(manifest_id)
        return (found,) if found is not None else ()

    def forget(self, unit: Unit) -> None:
        """Drop the papers of a unit that is gone."""
        for kind, text in (("qr", unit.qr), ("container", unit.qr)):
            self._manifests.pop((kind, plain_identifier(text)), None)

    def _manifest(self, unit: Unit, now: datetime) -> Manifest:
        return Manifest(
            id=f"M-{unit.unit_id}",
            version=1,
            lane=self._lane,
            direction="arrival",
            carrier="Carrier of the simulation",
            identifiers=Identifiers(qr=unit.qr, container=unit.qr),
            goods=tuple(
                GoodsLine(tnved_code=line.code, description=line.text) for line in unit.goods
            ),
            dimensions=Dimensions(length_mm=unit.length_mm, mass_kg=300),
            issued=rfc3339(now),
            valid_until=rfc3339(now + VALID),
        )
