"""Rules of the feed: what the lane tells becomes the story of its units."""

import asyncio
from pathlib import Path

import pytest

from edge.errors import EdgeError
from simulator.showcase.feed import Story, listen, read_news
from tests.unit.simulator.showcase_kit import PLAY, feed_of, inspection_of, line, told, verdict


def test_a_unit_is_recognised_by_its_code_and_followed_to_its_end() -> None:
    scene = PLAY[0]
    chapter = told(*feed_of(scene)).of(scene)
    assert chapter is not None
    assert (chapter.verdict, chapter.rules) == ("scan", ("SC-CLEAR",))
    assert chapter.image == f"archive/{inspection_of(scene)}"
    assert (chapter.end, chapter.state, chapter.stay_s) == ("without_suspicion", "closed", 21)
    assert chapter.title == "SHOW-01 ordinary pallet"


def test_a_hold_before_the_newest_verdict_is_remembered_and_shown() -> None:
    scene = PLAY[12]
    chapter = told(*feed_of(scene)).of(scene)
    assert chapter is not None
    assert (chapter.verdict, chapter.rules) == ("scan", ("SC-CLEAR",))
    assert chapter.first == ("HO-UNDECIDED-CODE",)
    assert chapter.why == "SC-CLEAR (held first: HO-UNDECIDED-CODE)"
    held = told(verdict(PLAY[9], "I-1")).chapters["I-1"]
    assert (held.first, held.why) == ((), "HO-DIMENSIONS-UNCERTAIN")


def test_a_unit_nobody_knows_keeps_its_inspection_as_its_name() -> None:
    story = told(line("inspection.opened", "I-9"))
    (chapter,) = story.open_chapters()
    assert (chapter.title, chapter.scene) == ("I-9", None)
    assert story.of(PLAY[0]) is None


def test_progress_belongs_to_the_scan_that_it_names() -> None:
    story = told(
        verdict(PLAY[0], "I-1"),
        line("beam.intent", "I-1", scan_id=5),
        b'{"progress": {"scan_id": 5, "lines": 120}}',
        b'{"progress": {"scan_id": 6, "lines": 999}}',
    )
    assert story.chapters["I-1"].lines == 120


def test_faults_stand_until_they_are_cleared_and_stopping_ones_are_remembered() -> None:
    story = told(
        line("fault.raised", cause="broker_lost", **{"class": "notice"}),
        line("fault.raised", cause="estop", **{"class": "trip"}),
        line("fault.cleared", cause="estop"),
    )
    assert story.faults == {"broker_lost": "notice"}
    assert story.stopping_faults == ["estop"]


def test_a_mode_stays_until_another_one_is_told() -> None:
    story = Story(PLAY)
    story.take(read_news(b'{"mode": "scanning", "entries": []}'))
    story.take(read_news(b'{"progress": {"scan_id": 5, "lines": 1}}'))
    assert story.mode == "scanning"


@pytest.mark.parametrize("garbage", [b"no json\n", b"[1, 2]\n"])
def test_what_is_no_feed_is_refused(garbage: bytes) -> None:
    with pytest.raises(EdgeError, match="control socket"):
        read_news(garbage)


def test_the_feed_is_asked_for_and_followed_to_its_end(tmp_path: Path) -> None:
    async def body() -> list[str]:
        asked: list[bytes] = []

        async def lane(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked.append(await reader.readline())
            writer.writelines([line("inspection.opened", "I-1"), line("unit.left", "I-1")])
            await writer.drain()
            writer.close()

        server = await asyncio.start_unix_server(lane, str(tmp_path / "c.sock"))
        async with server:
            heard = [news async for news in listen(tmp_path / "c.sock")]
        assert asked == [b'{"do": "listen"}\n']
        return [entry.kind for news in heard for entry in news.entries]

    assert asyncio.run(body()) == ["inspection.opened", "unit.left"]


def test_a_lane_that_is_not_there_is_said(tmp_path: Path) -> None:
    async def body() -> None:
        async for _ in listen(tmp_path / "c.sock"):
            pytest.fail("nobody serves this socket")

    with pytest.raises(EdgeError, match="no lane answers"):
        asyncio.run(body())
