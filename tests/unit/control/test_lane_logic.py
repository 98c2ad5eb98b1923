"""Rules of the lane logic as a whole: one unit from arrival to the closed record, in order."""

from pathlib import Path

import pytest

from edge.control.acts import Actor
from edge.control.facts import limits_of
from edge.core.faults import Fault
from edge.core.values import Input
from edge.journal.database import Reader
from edge.journal.outbox import Outbox
from edge.messages.events import CloudEvent, read_event
from edge.settings import LaneFile
from tests.unit.control.kit import LANE, Clock
from tests.unit.control.lane_bench import (
    IMAGE,
    PERMISSIVE,
    STEP_S,
    LaneBench,
    on_bench,
    open_journal,
    paper,
)

OAC = next(officer for officer in LANE.officers if officer.roles == ("OAC",))
IN_ORDER = [
    "inspection.opened",
    "verdict.given",
    "scan.armed",
    "unit.admitted",
    "beam.intent",
    "scan.ended",
    "image.stored",
    "outcome.given",
    "unit.released",
    "officer.acted",
    "unit.left",
    "inspection.closed",
]
PUBLISHED = [
    "inspection.opened",
    "verdict.given",
    "scan.started",
    "scan.completed",
    "outcome.given",
    "inspection.closed",
]
JUSTIFIED_BY = {
    "arm detector": "scan.armed",
    "open entry": "unit.admitted",
    "start belt": "unit.admitted",
    "renew": "beam.intent",
    "hv on": "beam.intent",
    "open exit": "unit.released",
}


def give_outcome(bench: LaneBench) -> None:
    (case,) = bench.logic.book.all()
    bench.logic.acts.outcome(
        Actor(OAC), inspection_id=case.inspection_id, suspicion=False, agrees=True, note="as filed"
    )


async def scan_one(bench: LaneBench) -> None:
    await bench.into_service()
    bench.arrive()
    await bench.read_identifiers()
    await bench.until(lambda: bench.inspection() == "analysis")


async def whole_inspection(bench: LaneBench) -> None:
    await scan_one(bench)
    give_outcome(bench)
    await bench.until(lambda: bench.inspection() == "")


async def into_beam(bench: LaneBench) -> None:
    await bench.into_service()
    bench.arrive()
    await bench.read_identifiers()
    await bench.until(lambda: bench.relay and bench.hv)


def written(folder: Path) -> list[tuple[str, str | None]]:
    reader = Reader(folder / "journal.db")
    try:
        rows = reader.rows("SELECT kind, inspection_id FROM entry ORDER BY sequence")
    finally:
        reader.close()
    return [
        (str(kind), inspection if inspection is None else str(inspection))
        for kind, inspection in rows
    ]


def outbox(folder: Path) -> list[CloudEvent]:
    journal = open_journal(folder, Clock())
    events = Outbox(journal, clock=Clock())
    try:
        return [read_event(row.body) for row in events.unreceipted(0, 1000)]
    finally:
        events.close()
        journal.close()


def test_one_inspection_is_written_in_the_order_in_which_it_happens(tmp_path: Path) -> None:
    on_bench(tmp_path, whole_inspection)
    subjects = {inspection for _, inspection in written(tmp_path)} - {None}
    assert subjects == {f"{LANE.lane.id}-00000001"}
    assert [
        kind for kind, subject in written(tmp_path) if subject and kind != "lane.mode"
    ] == IN_ORDER


def test_every_event_of_an_inspection_is_of_the_contract_and_names_its_entry(
    tmp_path: Path,
) -> None:
    on_bench(tmp_path, whole_inspection)
    kinds = [kind for kind, _ in written(tmp_path)]
    events = outbox(tmp_path)
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert [event.event_type for event in events if event.subject] == PUBLISHED
    closed = events[[event.event_type for event in events].index("inspection.closed")]
    assert closed.data.state == "without_suspicion"  # type: ignore[attr-defined]  # of the contract
    entry = {"scan.started": "beam.intent", "scan.completed": "image.stored"}
    for event in events:
        assert kinds[event.data.journal_sequence - 1] == entry.get(
            event.event_type, event.event_type
        )


def test_nothing_permissive_happens_before_its_entry_is_on_disk(tmp_path: Path) -> None:
    bench = on_bench(tmp_path, whole_inspection)
    happened = bench.happened
    for effect, kind in JUSTIFIED_BY.items():
        first = happened.index(("do", (effect,)))
        on_disk = next(
            place
            for place, (what, kinds) in enumerate(happened)
            if what == "commit" and kind in kinds
        )
        assert on_disk < first, effect


def test_the_beam_comes_after_the_whole_warning_and_ends_with_the_scan(tmp_path: Path) -> None:
    effects = [one for one in on_bench(tmp_path, whole_inspection).effects() if one != "renew"]
    lit = effects.index("hv on")
    assert effects.index("arm detector") < effects.index("warning on") < lit
    after = effects[lit:]
    assert after.index("withdraw") < after.index("hv off") < after.index("warning off")
    assert after.index("withdraw") < after.index("open exit")


def test_every_start_and_every_end_of_the_logic_withdraws_the_permit(tmp_path: Path) -> None:
    async def nothing(bench: LaneBench) -> None:
        await bench.run(STEP_S)

    assert on_bench(tmp_path, nothing).effects() == ["withdraw", "withdraw"]


@pytest.mark.parametrize("fails_at", ["scan.armed", "unit.admitted", "beam.intent"])
def test_without_its_entry_on_disk_a_permissive_effect_never_happens(
    tmp_path: Path, fails_at: str
) -> None:
    async def scenario(bench: LaneBench) -> None:
        bench.disk.fails_at = fails_at
        await bench.into_service()
        bench.arrive()
        await bench.read_identifiers()
        await bench.until(lambda: bench.mode() == "held")
        await bench.run(2)

    bench = on_bench(tmp_path, scenario)
    refused = next(place for place, (what, kinds) in enumerate(bench.happened) if what == "refused")
    after = [what for kind, (what, *_) in bench.happened[refused:] if kind == "do"]
    assert "withdraw" in after
    assert not PERMISSIVE & set(after)
    assert not bench.relay
    assert not bench.hv
    assert not bench.running
    assert "hv on" not in bench.effects()
    assert fails_at not in [kind for kind, _ in written(tmp_path)]


def test_a_journal_that_refuses_what_is_no_step_ends_the_beam_as_well(tmp_path: Path) -> None:
    """A manifest may be the first entry that a full disk refuses, in the middle of a scan."""

    async def scenario(bench: LaneBench) -> None:
        await into_beam(bench)
        bench.disk.fails_at = "manifest.received"
        bench.logic.recorder.write("manifest.received", None, {})
        await bench.run(0.2)
        assert not bench.relay
        assert bench.mode() == "held"
        assert Fault.JOURNAL_UNAVAILABLE in {f.fault for f in bench.logic.runner.state.faults}
        bench.logic.acts.ack(Actor(LANE.officers[0]))
        await bench.run(1)
        assert bench.mode() == "held"

    on_bench(tmp_path, scenario)


def test_an_open_door_under_the_beam_withdraws_and_the_scan_is_never_continued(
    tmp_path: Path,
) -> None:
    async def scenario(bench: LaneBench) -> None:
        await into_beam(bench)
        bench.inputs["doors"] = Input.BLOCKED
        await bench.run(3 * STEP_S)
        assert bench.mode() == "tripped"
        bench.inputs["doors"] = Input.OK
        await bench.run(2)
        assert not bench.relay

    bench = on_bench(tmp_path, scenario)
    assert bench.effects().count("hv on") == 1
    kinds = [kind for kind, subject in written(tmp_path) if subject]
    assert "scan.not_completed" in kinds
    assert "image.stored" not in kinds


def test_the_belief_sent_to_the_board_is_false_wherever_there_is_doubt(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        await bench.run(0.2)
        assert bench.believed is not None
        assert (bench.believed.doors_closed, bench.believed.estop_ok) == (True, True)
        bench.inputs.update(doors=Input.UNKNOWN, estop=Input.CONFLICT, zone=Input.STALE)
        await bench.run(0.2)
        believed = bench.believed
        told = (believed.doors_closed, believed.estop_ok, believed.zone_clear)
        assert told == (False, False, False)

    on_bench(tmp_path, scenario)


def test_an_incomplete_package_is_written_down_and_is_no_image(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        bench.images = False
        await bench.into_service()
        bench.arrive()
        await bench.read_identifiers()
        await bench.until(lambda: bench.inspection() == "imaging")
        bench.logic.package_written(bench.scan_id + 1, IMAGE, complete=True)
        await bench.run(0.5)
        assert bench.inspection() == "imaging"
        bench.logic.package_written(bench.scan_id, IMAGE, complete=False)
        await bench.run(0.5)
        assert bench.inspection() == "not_completed"

    on_bench(tmp_path, scenario)
    incomplete = [subject for kind, subject in written(tmp_path) if kind == "image.incomplete"]
    assert incomplete == [None, f"{LANE.lane.id}-00000001"]


def test_the_exposure_the_board_counted_is_in_the_record_of_the_image(tmp_path: Path) -> None:
    bench = on_bench(tmp_path, whole_inspection)
    (stored,) = [entry for entry in bench.told if entry.kind == "image.stored"]
    assert stored.body["exposure_ms"] == bench.exposure_ms > 1000
    (closed,) = [entry for entry in bench.told if entry.kind == "inspection.closed"]
    assert (closed.body["exposure_ms"], closed.body["counted"]) == (bench.exposure_ms, True)
    assert stored.body["scan_id"] == bench.scan_id


def test_an_exposure_is_whole_only_once_the_board_has_shown_its_relay_open(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        bench.arrive()
        await bench.read_identifiers()
        await bench.until(lambda: bench.relay)
        await bench.run(0.2)
        (case,) = bench.logic.book.all()
        assert (case.exposure_ms > 0, case.counted) == (True, False)
        bench.logic.acts.abort(
            Actor(LANE.officers[1]), inspection_id=case.inspection_id, reason="cats"
        )
        await bench.run(0.2)
        assert case.counted

    bench = on_bench(tmp_path, scenario)
    (ended,) = [entry for entry in bench.told if entry.kind == "scan.not_completed"]
    assert (ended.body["exposure_ms"] > 0, ended.body["counted"]) == (True, False)


def test_a_scan_is_numbered_above_every_scan_the_board_has_seen(tmp_path: Path) -> None:
    high = 0xF000_0000

    async def scenario(bench: LaneBench) -> None:
        bench.scan_id = high
        await scan_one(bench)

    assert on_bench(tmp_path, scenario).scan_id == high + 1


def test_a_unit_without_papers_is_held_and_turned_away_when_nobody_answers(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        bench.papers = [paper(identifiers={"container": "OTHER"})]
        await bench.into_service()
        bench.arrive()
        await bench.read_identifiers()
        await bench.until(lambda: bench.inspection() == "on_hold")
        await bench.until(lambda: bench.inspection() == "turning_away")
        bench.front_mm = None
        await bench.until(lambda: bench.inspection() == "")

    bench = on_bench(tmp_path, scenario)
    assert not PERMISSIVE & set(bench.effects())
    kinds = [kind for kind, subject in written(tmp_path) if subject]
    assert kinds[-3:] == ["unit.turned_away", "unit.left", "inspection.closed"]
    (closed,) = [event for event in outbox(tmp_path) if event.event_type == "inspection.closed"]
    assert closed.data.state == "turned_away"  # type: ignore[attr-defined]  # of the contract


@pytest.mark.parametrize(
    ("tick_ms", "warning_ms", "ticks"), [(50, 5000, 101), (30, 5000, 168), (50, 5001, 102)]
)
def test_a_warning_in_ticks_is_never_shorter_than_in_milliseconds(
    tick_ms: int, warning_ms: int, ticks: int
) -> None:
    timing = LANE.timing.model_copy(update={"tick_ms": tick_ms, "warning_ms": warning_ms})
    lane: LaneFile = LANE.model_copy(update={"timing": timing})
    assert limits_of(lane).warning_ticks == ticks
    assert (ticks - 1) * tick_ms >= warning_ms
