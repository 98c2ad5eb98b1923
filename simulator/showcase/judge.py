"""Compares what became of the units with the play: story, plant truth and headquarters' store."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.journal.database import Reader
from headquarters.store import Store
from simulator.showcase.feed import Chapter, Story
from simulator.showcase.script import Incident, Scene

_ROWS = 1000
WITH_IMAGE = frozenset({"without_suspicion", "under_suspicion"})
EXPECTED_FAULTS = {
    Incident.NONE: frozenset[str](),
    Incident.DRIVE_FAULT: frozenset({"conveyor_fault", "conveyor_lost"}),
    Incident.ESTOP: frozenset({"estop", "interlock_broken", "interlock_broken_in_beam"})
    | frozenset({"board_tripped", "lease_lost"}),
}
"""Stopping faults an incident may bring; any other one is a difference."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What the plant really saw.

    Attributes:
        violations: what must never happen and did, in words.
        passages: by unit id: exposure in ms and whether the attendant took it away.
        present: units that are still on the lane.
    """

    violations: tuple[str, ...]
    passages: Mapping[str, tuple[int, bool]]
    present: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Received:
    """What headquarters has stored.

    Attributes:
        ends: end state by inspection, empty where the record is still open.
        upto: sequence up to which it has receipted.
        highest: highest sequence it has seen.
        problems: events it could not read, conflicts, rejections.
        waiting: events the lane still keeps because no receipt has come.
    """

    ends: Mapping[str, str]
    upto: int
    highest: int
    problems: int
    waiting: int

    @property
    def complete(self) -> bool:
        """Whether nothing is under way any more."""
        return self.waiting == 0 and self.upto == self.highest > 0


def read_truth(answer: Mapping[str, object]) -> Truth:
    """Read the simulator's answer to ``truth``."""
    told = answer.get("truth")
    truth = told if isinstance(told, dict) else {}
    return Truth(
        violations=tuple(str(each) for each in _listed(truth, "violations")),
        passages={_unit_id(each): _passage(each) for each in _listed(truth, "passages")},
        present=tuple(_unit_id(each) for each in _listed(truth, "present")),
    )


def read_received(headquarters: Path, journal: Path) -> Received:
    """Read what headquarters has stored and what still waits in the lane. Raises EdgeError."""
    store = Store.open(headquarters)
    reader = Reader(journal)
    try:
        ends = {
            str(row["inspection"]): str(row["state"] or "")
            for row in store.rows("inspections", limit=_ROWS)
        }
        lanes = store.rows("lanes_now", limit=1)
        problems = len(store.rows("problems", limit=_ROWS))
        waiting = reader.row("SELECT count(*) FROM outbox")
    finally:
        reader.close()
        store.close()
    lane: Mapping[str, object] = lanes[0] if lanes else {}
    return Received(
        ends=ends,
        upto=_whole(lane.get("upto")),
        highest=_whole(lane.get("highest")),
        problems=problems,
        waiting=_whole(waiting[0] if waiting else None),
    )


def differences(
    scenes: Sequence[Scene], story: Story, truth: Truth, received: Received
) -> list[str]:
    """Every way in which what happened is not what must happen; empty when all is well."""
    found = [each for scene in scenes for each in _scene(scene, story, truth, received)]
    found += [f"plant: {violation}" for violation in truth.violations]
    found += [f"plant: {unit} is still on the lane" for unit in truth.present]
    strangers = [c.inspection for c in story.chapters.values() if c.scene is None]
    found += [f"{inspection}: an inspection of no unit of the play" for inspection in strangers]
    found += _faults(scenes, story)
    if received.problems:
        found.append(f"headquarters: {received.problems} problems; see `scanlane-hq show problems`")
    if not received.complete:
        found.append(
            f"receipts: up to {received.upto} of {received.highest}, "
            f"{received.waiting} events wait in the lane"
        )
    return found


def _scene(scene: Scene, story: Story, truth: Truth, received: Received) -> Iterable[str]:
    name, expected = f"{scene.unit.unit_id} {scene.title}", scene.expected
    chapter = story.of(scene)
    if chapter is None:
        yield f"{name}: no inspection"
        return
    yield from _record(name, scene, chapter)
    stored = received.ends.get(chapter.inspection, "nothing")
    if stored != expected.end:
        yield f"{name}: headquarters has {stored}, expected {expected.end}"
    passage = truth.passages.get(scene.unit.unit_id)
    if passage is None:
        yield f"{name}: never left the lane"
        return
    exposure_ms, taken_away = passage
    if (exposure_ms > 0) is not expected.exposed:
        yield f"{name}: exposed for {exposure_ms} ms, expected exposed: {expected.exposed}"
    if taken_away is not expected.taken_away:
        yield f"{name}: taken away: {taken_away}, expected {expected.taken_away}"


def _record(name: str, scene: Scene, chapter: Chapter) -> Iterable[str]:
    expected = scene.expected
    if chapter.verdict != expected.verdict:
        yield f"{name}: verdict {chapter.verdict}, expected {expected.verdict}"
    missing = [rule for rule in expected.rules if rule not in chapter.rules]
    if missing:
        yield f"{name}: rules {', '.join(chapter.rules)}, expected {', '.join(missing)}"
    if {*expected.first} - {*chapter.first}:
        before, wanted = (
            ", ".join(rules) or "nothing" for rules in (chapter.first, expected.first)
        )
        yield f"{name}: held before for {before}, expected {wanted}"
    if chapter.end != expected.end:
        yield f"{name}: ended {chapter.end or 'not at all'}, expected {expected.end}"
    if expected.end in WITH_IMAGE and not chapter.image:
        yield f"{name}: no image"


def _faults(scenes: Sequence[Scene], story: Story) -> Iterable[str]:
    allowed = frozenset[str]().union(*(EXPECTED_FAULTS[scene.incident] for scene in scenes))
    for fault in dict.fromkeys(story.stopping_faults):
        if fault not in allowed:
            yield f"fault {fault}: nothing in the play brings it"


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _listed(truth: Mapping[str, object], key: str) -> list[object]:
    value = truth.get(key)
    return value if isinstance(value, list) else []


def _unit_id(passage: object) -> str:
    unit = passage.get("unit") if isinstance(passage, dict) else None
    return str(unit.get("unit_id", "?")) if isinstance(unit, dict) else "?"


def _passage(passage: object) -> tuple[int, bool]:
    assert isinstance(passage, dict), "a passage is an object"
    return int(passage.get("exposure_ms", 0)), bool(passage.get("taken_away"))
