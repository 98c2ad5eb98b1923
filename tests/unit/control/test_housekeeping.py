"""Rules of what the lane removes: manifests long out of date, and none that is needed."""

import asyncio
from pathlib import Path

from edge.clock import rfc3339
from edge.control.housekeeping import REMOVED, Housekeeping
from simulator.world.virtual_loop import EPOCH, VirtualLoop
from tests.unit.control.inbox_bench import InboxBench, a_unit_on_hold, signed, with_inbox
from tests.unit.control.lane_bench import paper

DAY_S = 86_400
UNTIL = rfc3339(EPOCH).replace("03:00", "04:00")
"""An hour after the bench's clock begins."""


def housekeeping(bench: InboxBench, days: int = 30) -> Housekeeping:
    return Housekeeping(
        manifest_days=days,
        book=bench.lane.logic.book,
        recorder=bench.lane.logic.recorder,
        reader=bench.reader,
        clock=bench.lane.clock,
    )


def papers(name: str, until: str = UNTIL, **changes: object) -> bytes:
    changed = {"id": name, "valid_until": until, **changes}
    return signed(paper().model_copy(update=changed))


def pass_days(days: float) -> None:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    loop.pass_time(days * DAY_S)


def kept(bench: InboxBench) -> list[str]:
    return [str(name) for (name,) in bench.reader.rows("SELECT manifest_id FROM manifest")]


def test_a_manifest_is_removed_some_days_after_it_is_out_of_date_and_its_entry_stays(
    tmp_path: Path,
) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.inbox.manifest(papers("m-1"))
        bench.inbox.manifest(papers("m-2", paper().valid_until))
        await bench.settle()
        keeper = housekeeping(bench)
        for days, left in ((1, ["m-1", "m-2"]), (28.9, ["m-1", "m-2"]), (0.2, ["m-2"])):
            pass_days(days)
            keeper.tidy()
            await bench.settle()
            assert kept(bench) == left
        assert bench.inbox.find("container", "MSKU1")[0].id == "m-2"
        assert [body["id"] for body in bench.bodies("manifest.received")] == ["m-1", "m-2"]
        (removed,) = bench.bodies(REMOVED)
        assert removed["manifests"] == ["m-1"]
        assert bench.lane.journal.refusal is None

    with_inbox(tmp_path, scenario)


def test_the_papers_of_an_open_inspection_stay_however_old_they_are(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        await a_unit_on_hold(bench)
        for name in ("m-1", "m-2"):
            bench.inbox.manifest(papers(name))
        await bench.settle()
        (case,) = bench.lane.logic.book.all()
        assert case.manifest_ids == {"m-1"}
        pass_days(40)
        housekeeping(bench).tidy()
        await bench.settle()
        assert kept(bench) == ["m-1"]
        bench.lane.logic.book.close(case.token)
        housekeeping(bench).tidy()
        await bench.settle()
        assert kept(bench) == []

    with_inbox(tmp_path, scenario)


def test_a_lane_with_nothing_to_remove_writes_nothing(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        before = len(bench.kinds())
        housekeeping(bench).tidy()
        await bench.settle()
        assert len(bench.kinds()) == before

    with_inbox(tmp_path, scenario)


def test_a_journal_that_cannot_be_read_is_left_as_it_is(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        keeper = housekeeping(bench)
        bench.reader.close()
        keeper.tidy()
        await bench.settle()
        assert bench.lane.journal.refusal is None

    with_inbox(tmp_path, scenario)


def test_a_lane_that_runs_tidies_again_and_again(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        running = asyncio.create_task(housekeeping(bench, days=1).run())
        for number in range(3):
            until = rfc3339(bench.lane.clock.utc())
            bench.inbox.manifest(papers(f"m-{number}", until))
            await bench.settle()
            assert kept(bench) == [f"m-{number}"]
            pass_days(2)
            await bench.settle()
            assert kept(bench) == []
        running.cancel()
        assert len(bench.bodies(REMOVED)) == 3

    with_inbox(tmp_path, scenario)
