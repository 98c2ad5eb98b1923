"""After a start the journal says what is unfinished: inspections, beam, outcomes."""

import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.core.effects import EntryKind
from edge.evidence.record import Record
from edge.journal.entries import JournalLimits
from edge.journal.open_work import open_inspections
from edge.journal.reading import outcome_of
from edge.journal.recovery import recover
from tests.unit.journal.journal_bench import UTC_TEXT, entry, open_journal

OPENED = EntryKind.INSPECTION_OPENED.value
INTENT = EntryKind.BEAM_INTENT.value
ENDED = EntryKind.SCAN_ENDED.value
NOT_COMPLETED = EntryKind.SCAN_NOT_COMPLETED.value
IMAGE = EntryKind.IMAGE_STORED.value
OUTCOME = EntryKind.OUTCOME_GIVEN.value
CLOSED = EntryKind.INSPECTION_CLOSED.value


def records(*steps: tuple[str, str | None]) -> list[Record]:
    return [Record(n, kind, who, f"t{n}", n, {}) for n, (kind, who) in enumerate(steps, 1)]


def test_an_inspection_without_a_closing_entry_is_open() -> None:
    found = open_inspections(records((OPENED, "a"), (OPENED, "b"), (CLOSED, "a")))
    assert [(one.inspection_id, one.opened_utc, one.last_sequence) for one in found] == [
        ("b", "t2", 2)
    ]


def test_an_intent_without_an_end_is_open_beam() -> None:
    (one,) = open_inspections(records((OPENED, "a"), (INTENT, "a")))
    assert one.beam_intent == 2


def test_either_end_of_a_scan_closes_the_intent() -> None:
    for end in (ENDED, NOT_COMPLETED):
        (one,) = open_inspections(records((OPENED, "a"), (INTENT, "a"), (end, "a")))
        assert one.beam_intent == 0


def test_the_end_of_another_scan_does_not_close_an_intent() -> None:
    found = open_inspections(records((INTENT, "a"), (INTENT, "b"), (ENDED, "b")))
    assert [(one.inspection_id, one.beam_intent) for one in found] == [("a", 1), ("b", 0)]


def test_a_second_intent_opens_the_beam_again() -> None:
    (one,) = open_inspections(records((INTENT, "a"), (ENDED, "a"), (INTENT, "a")))
    assert one.beam_intent == 3


def test_a_stored_image_awaits_its_outcome() -> None:
    (one,) = open_inspections(records((OPENED, "a"), (IMAGE, "a")))
    assert one.awaiting_outcome
    (one,) = open_inspections(records((OPENED, "a"), (IMAGE, "a"), (OUTCOME, "a")))
    assert not one.awaiting_outcome


def test_what_is_written_after_the_closing_entry_opens_nothing_again() -> None:
    """An officer's act may reach the disk behind the end of the record it was meant for."""
    assert open_inspections(records((OPENED, "a"), (CLOSED, "a"), ("officer.acted", "a"))) == []


def test_entries_of_the_lane_open_nothing() -> None:
    assert open_inspections(records(("lane.mode", None), (INTENT, None))) == []


@given(
    st.lists(
        st.tuples(
            st.sampled_from([OPENED, INTENT, ENDED, NOT_COMPLETED, IMAGE, OUTCOME, CLOSED, "x"]),
            st.sampled_from(["a", "b", None]),
        ),
        max_size=25,
    )
)
@settings(deadline=None, max_examples=40, derandomize=True)
def test_the_database_finds_the_same_as_the_rule(steps: list[tuple[str, str | None]]) -> None:
    with tempfile.TemporaryDirectory() as name:
        journal = open_journal(Path(name), limits=JournalLimits(checkpoint_every=4))
        for kind, who in steps:
            journal.append([entry(kind, who)]).result(5)
        report = recover(journal)
        journal.close()
    expected = open_inspections(records(*steps))
    assert report.sound
    assert {(one.inspection_id, one.beam_intent, one.awaiting_outcome) for one in expected} == {
        (one.inspection_id, one.beam_intent, one.awaiting_outcome) for one in report.inspections
    }
    lane = [(n, kind) for n, (kind, who) in enumerate(steps, 1) if who is None]
    beam = [(n, kind) for n, kind in lane if kind in (INTENT, ENDED, NOT_COMPLETED)]
    open_lane = {beam[-1][0]} if beam and beam[-1][1] == INTENT else set()
    assert set(report.beam_intents) == open_lane | {
        one.beam_intent for one in expected if one.beam_intent
    }


def test_a_new_journal_has_nothing_unfinished(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    report = recover(journal)
    assert report.sound
    assert (report.head.sequence, report.checkpoint, report.inspections) == (0, 0, ())
    journal.close()


def test_a_report_names_the_stream_and_who_awaits_an_outcome(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append([entry(OPENED, "a"), entry(IMAGE, "a"), entry(OPENED, "b")]).result(5)
    report = recover(journal)
    assert report.awaiting_outcome == ("a",)
    assert report.stream == journal.stream
    journal.close()


def test_the_newest_outcome_is_the_one_that_stands(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    reader = journal.reader()
    assert outcome_of(reader, "a") is None
    journal.append([entry(OUTCOME, "a", n=1), entry(OUTCOME, "b", n=2), entry(OUTCOME, "a", n=3)])
    found = outcome_of(reader, "a")
    assert found is not None
    assert (found.body, found.utc) == ({"n": 3}, UTC_TEXT)
    reader.close()
    journal.close()


def test_only_the_part_after_the_newest_checkpoint_is_read_at_start(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    journal.append([entry(n=n) for n in range(5)])
    journal.append([entry(CLOSED, "a")])
    journal.append([entry()]).result(5)
    report = recover(journal)
    assert (report.checkpoint, report.checked_from) == (6, 6)
    assert recover(journal, whole=True).checked_from == 1
    journal.close()
