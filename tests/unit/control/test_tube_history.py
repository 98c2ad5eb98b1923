"""What a start learns of the tube from the journal; what is not told there counts against it."""

from datetime import timedelta
from pathlib import Path

import pytest

from edge.clock import rfc3339
from edge.control.lane_logic import Recovered
from edge.control.restart import close_service, take_over
from edge.control.tube import Exposure, TubeHistory
from edge.control.tube_history import tube_history
from edge.core.effects import EntryKind
from edge.journal.entries import JournalEntry
from edge.journal.recovery import recover
from edge.settings import Duty, Seasoning
from tests.unit.control.kit import LANE, STARTED, Clock
from tests.unit.control.lane_bench import LaneBench, on_bench, open_journal

LONGEST_S = LANE.source.max_exposure_ms / 1000
SEASONING = Seasoning.model_validate(
    {
        "source": "manual", "season_after_h": 8, "tolerance_percent": 5, "longest_s": 40,
        "steps": [{"kv": 50.0, "ma": 1.0, "hold_s": 5}],
    }
)  # fmt: skip
SOURCE = LANE.source.model_copy(
    update={"duty": Duty(source="m", window_s=600, on_s=300), "seasoning": SEASONING}
)
SEASONED = LANE.model_copy(update={"source": SOURCE})


def entry(kind: EntryKind, ago_s: float, **body: object) -> JournalEntry:
    utc = rfc3339(STARTED - timedelta(seconds=ago_s))
    return JournalEntry(kind.value, None, utc, 5, body)


def history(folder: Path, *entries: JournalEntry) -> TubeHistory:
    journal = open_journal(folder, Clock())
    for one in entries:
        journal.append([one]).result(1)
    reader = journal.reader()
    try:
        return tube_history(reader, SEASONED, STARTED)
    finally:
        reader.close()
        journal.close()


INTENT, IMAGE = EntryKind.BEAM_INTENT, EntryKind.IMAGE_STORED
BROKEN = EntryKind.SCAN_NOT_COMPLETED


def test_a_new_journal_knows_of_no_exposure_and_of_no_use(tmp_path: Path) -> None:
    assert history(tmp_path) == TubeHistory((), None)


def test_a_counted_exposure_counts_as_it_was_counted(tmp_path: Path) -> None:
    known = history(
        tmp_path,
        entry(INTENT, 200, scan_id=1),
        entry(IMAGE, 190, scan_id=1, exposure_ms=4000, counted=True),
    )
    assert known.exposures == (Exposure(200 - LONGEST_S, 4.0),)
    assert known.unused_s == 190


@pytest.mark.parametrize(
    "told",
    [(), (entry(BROKEN, 90, scan_id=1, exposure_ms=0, counted=False),),
     (entry(IMAGE, 90, scan_id=2, exposure_ms=10, counted=True),)],
)  # fmt: skip
def test_an_exposure_that_nobody_has_counted_lasted_as_long_as_one_may(
    tmp_path: Path, told: tuple[JournalEntry, ...]
) -> None:
    known = history(tmp_path, entry(INTENT, 100, scan_id=1), *told)
    assert known.exposures == (Exposure(100 - LONGEST_S, LONGEST_S),)


def test_an_exposure_counted_as_none_and_one_long_past_are_none(tmp_path: Path) -> None:
    known = history(
        tmp_path,
        entry(INTENT, 5000, scan_id=1),
        entry(INTENT, 50, scan_id=2),
        entry(BROKEN, 45, scan_id=2, exposure_ms=0, counted=True),
    )
    assert known.exposures == ()


def test_a_beam_without_a_unit_counts_as_the_longest_and_is_no_use(tmp_path: Path) -> None:
    known = history(tmp_path, entry(EntryKind.SERVICE_INTENT, 100, token=-1))
    assert known.exposures == (Exposure(60.0, 40.0),)
    assert known.unused_s is None


@pytest.mark.parametrize(
    ("cause", "unused_s"), [("done", 300.0), ("time", None), ("aborted", None), ("stop", None)]
)
def test_only_a_seasoning_that_was_done_counts_as_one(
    tmp_path: Path, cause: str, unused_s: float | None
) -> None:
    known = history(tmp_path, entry(EntryKind.SERVICE_ENDED, 300, token=-1, cause=cause))
    assert known.unused_s == unused_s


def test_a_clock_that_is_behind_the_journal_knows_no_age(tmp_path: Path) -> None:
    known = history(
        tmp_path,
        entry(INTENT, -500, scan_id=1),
        entry(IMAGE, -490, scan_id=1, exposure_ms=4000, counted=True),
        entry(EntryKind.SERVICE_ENDED, -10, token=-1, cause="done"),
    )
    assert known == TubeHistory((Exposure(0.0, 4.0),), None)


@pytest.mark.parametrize(
    ("ends", "open_token"), [((), -3), (("time",), 0)], ids=["broke off", "ended"]
)
def test_a_service_mission_that_broke_off_is_ended_at_the_next_start(
    tmp_path: Path, ends: tuple[str, ...], open_token: int
) -> None:
    permitted = entry(EntryKind.SERVICE_PERMITTED, 60, token=-3, cause="")
    ended = [entry(EntryKind.SERVICE_ENDED, 30, token=-3, cause=cause) for cause in ends]
    history(tmp_path, permitted, *ended)

    def begin() -> int:
        journal = open_journal(tmp_path, Clock())
        reader = journal.reader()
        try:
            return take_over(reader, recover(journal).inspections).service
        finally:
            reader.close()
            journal.close()

    assert begin() == open_token
    if open_token:

        async def scenario(bench: LaneBench) -> None:
            close_service(bench.logic.recorder, open_token)
            await bench.run(0.1)

        on_bench(tmp_path, scenario, recovered=Recovered(1, ()))
        assert begin() == 0
