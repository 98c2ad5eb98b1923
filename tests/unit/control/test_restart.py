"""Rules of a start after anything: what is awaited stays awaited, what broke off is closed once."""

from pathlib import Path

import pytest

from edge.control.acts import Actor
from edge.control.lane_logic import Recovered
from edge.control.restart import CAUSE, UNCOUNTED, TakeOver, close_broken, take_over
from edge.core.effects import EntryKind
from edge.errors import CommandRefused
from edge.journal.entries import JournalEntry
from edge.journal.outbox import Outbox
from edge.journal.recovery import recover
from edge.messages.events import CloudEvent, read_event
from tests.unit.control.kit import LANE, LIVING, Clock
from tests.unit.control.lane_bench import IMAGE, LaneBench, on_bench, open_journal, paper

UTC = "2026-03-02T08:00:00.000000Z"
OAC = LANE.officers[1]
IMAGE_FACTS = {
    "scan_id": 9,
    "exposure_ms": 4000,
    "folder": IMAGE.folder,
    "sha256": IMAGE.sha256,
    "size_bytes": IMAGE.size_bytes,
    "lines": IMAGE.lines,
}


def subject(token: int) -> str:
    return f"{LANE.lane.id}-{token:08d}"


def entry(kind: EntryKind, token: int, **body: object) -> JournalEntry:
    return JournalEntry(kind.value, subject(token), UTC, 5, {"token": token, **body})


OPENED = EntryKind.INSPECTION_OPENED
INTENT = EntryKind.BEAM_INTENT


def write(folder: Path, *entries: JournalEntry) -> None:
    journal = open_journal(folder, Clock())
    for one in entries:
        journal.append([one]).result(1)
    journal.close()


def start(folder: Path) -> TakeOver:
    journal = open_journal(folder, Clock())
    reader = journal.reader()
    try:
        return take_over(reader, recover(journal).inspections)
    finally:
        reader.close()
        journal.close()


def close_all(folder: Path, taken: TakeOver, exposure_ms: int | None) -> None:
    """Start a lane logic and have it close what broke off."""

    async def scenario(bench: LaneBench) -> None:
        for case in taken.broken:
            close_broken(bench.logic.recorder, case, exposure_ms)
        await bench.run(0.1)
        assert bench.logic.book.all() == taken.awaiting

    on_bench(folder, scenario, recovered=Recovered(taken.next_token, taken.awaiting))


def events(folder: Path) -> list[CloudEvent]:
    journal = open_journal(folder, Clock())
    outbox = Outbox(journal, clock=Clock())
    try:
        return [read_event(row.body) for row in outbox.unreceipted(0, 100)]
    finally:
        outbox.close()
        journal.close()


def test_an_empty_journal_begins_with_the_first_token(tmp_path: Path) -> None:
    assert start(tmp_path) == TakeOver(1, (), ())


def test_the_next_token_is_above_every_token_of_the_past(tmp_path: Path) -> None:
    closed = EntryKind.INSPECTION_CLOSED
    write(tmp_path, entry(OPENED, 99), entry(closed, 99), entry(OPENED, 7), entry(closed, 7))
    assert start(tmp_path) == TakeOver(100, (), ())


def test_an_image_without_an_outcome_is_awaited_with_all_it_needs(tmp_path: Path) -> None:
    write(
        tmp_path,
        entry(OPENED, 3),
        entry(EntryKind.HOLD_ANSWERED, 3, officer="oms-1", role="oms", decision="scan"),
        entry(INTENT, 3, scan_id=9),
        entry(EntryKind.SCAN_ENDED, 3),
        entry(EntryKind.IMAGE_STORED, 3, **IMAGE_FACTS),
    )
    taken = start(tmp_path)
    (case,) = taken.awaiting
    assert taken.broken == ()
    assert (case.inspection_id, case.opened_utc) == (subject(3), UTC)
    assert (case.image, case.scan_id, case.exposure_ms) == (IMAGE, 9, 4000)
    assert case.oms_ids == {"oms-1"}


def test_an_oms_whose_confirmation_changed_nothing_is_remembered_across_a_restart(
    tmp_path: Path,
) -> None:
    """The second officer confirms what the first has confirmed: the verdict stays as it is."""
    oms = LANE.officers[0]
    both = oms.model_copy(update={"id": "both-1", "roles": ("OMS", "OAC")})

    async def scenario(bench: LaneBench) -> None:
        bench.papers = [paper(identifiers={"container": "MSKU 1"}, goods=(LIVING,))]
        await bench.into_service()
        bench.arrive()
        await bench.read_identifiers()
        await bench.until(lambda: bench.inspection() == "on_hold")
        (case,) = bench.logic.book.all()
        acts, unit = bench.logic.acts, case.inspection_id
        for officer in (oms, both):
            acts.confirm_identity(
                Actor(officer), inspection_id=unit, manifest_id="m-1", reason="seal seen"
            )
            await bench.run(0.1)
        acts.answer(Actor(oms), inspection_id=unit, decision="scan", reason="opened")
        await bench.until(lambda: bench.inspection() == "analysis")

    bench = on_bench(tmp_path, scenario)
    verdicts = [one for one in bench.told if one.kind == EntryKind.VERDICT_GIVEN.value]
    assert "both-1" not in [one.body.get("officer") for one in verdicts]
    (case,) = start(tmp_path).awaiting
    assert case.oms_ids == {oms.id, "both-1"}


def test_a_start_knows_which_manifests_an_open_inspection_was_decided_on(tmp_path: Path) -> None:
    def decided(manifest: str) -> JournalEntry:
        verdict = {"inputs": {"manifest": {"id": manifest}}}
        return entry(EntryKind.VERDICT_GIVEN, 3, verdict=verdict)

    write(
        tmp_path,
        entry(OPENED, 3),
        decided(""),
        decided("m-1"),
        decided("m-2"),
        JournalEntry("officer.acted", subject(3), UTC, 5, {"confirmed_manifest": "m-3"}),
        entry(EntryKind.IMAGE_STORED, 3, **IMAGE_FACTS),
    )
    (case,) = start(tmp_path).awaiting
    assert case.manifest_ids == {"m-1", "m-2", "m-3"}


def test_an_awaited_outcome_is_given_after_the_start_but_not_by_the_oms_of_the_unit(
    tmp_path: Path,
) -> None:
    write(
        tmp_path,
        entry(OPENED, 3),
        entry(EntryKind.HOLD_ANSWERED, 3, officer=OAC.id, role="oms", decision="scan"),
        entry(EntryKind.IMAGE_STORED, 3, **IMAGE_FACTS),
    )
    taken = start(tmp_path)

    async def scenario(bench: LaneBench) -> None:
        other = OAC.model_copy(update={"id": "oac-other"})

        def give(officer: Actor) -> str:
            return bench.logic.acts.outcome(
                officer, inspection_id=subject(3), suspicion=False, agrees=True, note=""
            )

        with pytest.raises(CommandRefused, match="acted as OMS"):
            give(Actor(OAC))
        assert give(Actor(other)).endswith("without_suspicion")
        await bench.into_service()
        assert bench.logic.runner.state.inspections == ()

    on_bench(tmp_path, scenario, recovered=Recovered(taken.next_token, taken.awaiting))
    assert start(tmp_path) == TakeOver(4, (), ())
    (closed,) = [event for event in events(tmp_path) if event.event_type == "inspection.closed"]
    assert closed.data.state == "without_suspicion"  # type: ignore[attr-defined]  # of the contract


@pytest.mark.parametrize(
    "entries",
    [
        (entry(OPENED, 3),),
        (entry(OPENED, 3), entry(EntryKind.VERDICT_GIVEN, 3), entry(EntryKind.ARMED, 3)),
        (entry(OPENED, 3), entry(INTENT, 3, scan_id=9), entry(EntryKind.SCAN_ENDED, 3)),
    ],
)
def test_a_unit_that_no_beam_was_left_on_is_closed_not_completed_and_claims_no_exposure(
    tmp_path: Path, entries: tuple[JournalEntry, ...]
) -> None:
    write(tmp_path, *entries)
    taken = start(tmp_path)
    assert [case.scan_id for case in taken.broken] == [0]
    close_all(tmp_path, taken, None)
    told = [(event.event_type, event.subject) for event in events(tmp_path)]
    assert ("scan.not_completed", subject(3)) not in told
    assert told.count(("inspection.closed", subject(3))) == 1


@pytest.mark.parametrize(
    ("counted", "exposure_ms", "reason"), [(1234, 1234, CAUSE), (0, 0, CAUSE), (None, 0, UNCOUNTED)]
)
def test_a_beam_that_broke_off_is_closed_with_what_the_board_counted_or_says_that_nobody_knows(
    tmp_path: Path, counted: int | None, exposure_ms: int, reason: str
) -> None:
    write(tmp_path, entry(OPENED, 3), entry(INTENT, 3, scan_id=9))
    taken = start(tmp_path)
    assert [case.scan_id for case in taken.broken] == [9]
    close_all(tmp_path, taken, counted)
    told = {event.event_type: event for event in events(tmp_path) if event.subject == subject(3)}
    assert sorted(told) == ["inspection.closed", "scan.not_completed"]
    scan = told["scan.not_completed"].data.model_dump()
    assert (scan["scan_id"], scan["exposure_ms"], scan["reason"]) == (9, exposure_ms, reason)
    assert told["inspection.closed"].data.model_dump()["state"] == "not_completed"


def test_what_broke_off_is_closed_once_and_never_again_at_the_next_start(tmp_path: Path) -> None:
    write(tmp_path, entry(OPENED, 3), entry(INTENT, 3, scan_id=9), entry(OPENED, 4))
    taken = start(tmp_path)
    assert sorted(case.token for case in taken.broken) == [3, 4]
    close_all(tmp_path, taken, 10)
    assert start(tmp_path) == TakeOver(5, (), ())


def test_a_unit_whose_outcome_was_given_is_closed_with_that_outcome(tmp_path: Path) -> None:
    """The process may end after the outcome and before the unit has left."""
    write(
        tmp_path,
        entry(OPENED, 3),
        entry(INTENT, 3, scan_id=9),
        entry(EntryKind.SCAN_ENDED, 3),
        entry(EntryKind.IMAGE_STORED, 3, **IMAGE_FACTS),
        entry(EntryKind.OUTCOME_GIVEN, 3, outcome="under_suspicion"),
    )
    taken = start(tmp_path)
    assert taken.awaiting == ()
    close_all(tmp_path, taken, None)
    told = [event for event in events(tmp_path) if event.subject == subject(3)]
    assert [event.event_type for event in told] == ["inspection.closed"]
    closed = told[0].data.model_dump()
    assert (closed["state"], closed["package_sha256"]) == ("under_suspicion", IMAGE.sha256)


def test_a_refused_unit_that_broke_off_is_closed_as_refused(tmp_path: Path) -> None:
    acted = {"act": "refusal", "officer": "oms-1", "role": "oms", "reason": "afraid"}
    write(
        tmp_path,
        entry(OPENED, 3),
        JournalEntry("officer.acted", subject(3), UTC, 5, acted),
        entry(OPENED, 4),
        entry(OPENED, 5),
        entry(EntryKind.SCAN_NOT_COMPLETED, 5, cause="aborted"),
    )
    close_all(tmp_path, start(tmp_path), None)
    closed = [one.data for one in events(tmp_path) if one.event_type == "inspection.closed"]
    said = [(one.state, one.reason) for one in closed]  # type: ignore[attr-defined]
    assert said == [("not_completed", why) for why in ("refused", "restart", "aborted")]
