"""Watching a device: one word for each change, and never beside the lane."""

import asyncio
from pathlib import Path

import pytest

from edge.cabinet.place import LaneRuns
from edge.cabinet.visit import Back, Changed, Lost, News, Visit, probe, read, watch
from edge.door import Door
from edge.errors import EdgeError
from tests.unit.cabinet.cabinet_bench import BELT, CURTAIN, PORT, lane_file, standing_drive
from tests.unit.drivers.fake_modbus import FakeSlave
from tests.unit.drivers.virtual_loop import VirtualLoop, run_virtual


def curtain() -> FakeSlave:
    slave = FakeSlave(unit=65)
    slave.input = {30001: 200, 30002: 196}
    return slave


def visit_of(folder: Path, text: str, *fields: str) -> Visit:
    name = "height" if text == CURTAIN else "belt"
    return Visit(lane_file(folder, text), name, folder, 5.0, fields)


def silent(_text: str) -> None:
    """Nobody is told that a look takes its time."""


def watched(folder: Path, slave: FakeSlave, seconds: float, *fields: str) -> list[News]:
    """What is told while a curtain is watched for so long."""
    told: list[News] = []

    async def main(_loop: VirtualLoop) -> None:
        try:
            async with asyncio.timeout(seconds):
                await watch(visit_of(folder, CURTAIN, *fields), 0.5, told.append, silent)
        except TimeoutError:
            return

    run_virtual({PORT: slave}, main)
    return told


def test_a_field_is_told_when_it_changes_and_not_again(tmp_path: Path) -> None:
    slave = curtain()

    def grow() -> None:
        slave.input[30001] = 200 if len(slave.frames) < 4 else 240

    slave.before = grow
    told = watched(tmp_path, slave, 5.0)
    assert all(isinstance(news, Changed) for news in told)
    assert [
        (news.row.field, news.before and news.before.value, news.row.value)
        for news in told
        if isinstance(news, Changed)
    ] == [("measurement_1", None, 200), ("measurement_2", None, 196), ("measurement_1", 200, 240)]
    assert len(slave.frames) > 6


def test_only_the_fields_that_were_named_are_told(tmp_path: Path) -> None:
    (news,) = watched(tmp_path, curtain(), 2.0, "measurement_2")
    assert isinstance(news, Changed)
    assert news.row.field == "measurement_2"


def test_a_loss_is_told_once_and_so_is_the_return(tmp_path: Path) -> None:
    slave = curtain()
    slave.harms = [lambda _request, _answer: []] * 2
    told = watched(tmp_path, slave, 4.0)
    assert [type(news) for news in told] == [Lost, Back, Changed, Changed]


def test_a_field_that_nothing_has_is_named_with_those_there_are(tmp_path: Path) -> None:
    visit = visit_of(tmp_path, CURTAIN, "measurement_3")
    with pytest.raises(EdgeError, match="measurement_3; there are: measurement_1, measurement_2"):
        run_virtual({PORT: curtain()}, lambda _loop: read(visit, silent))


def test_a_watch_ends_when_a_drive_moves_that_no_lane_watches(tmp_path: Path) -> None:
    slave = standing_drive()
    slave.holding[8604] = 1500
    told: list[News] = []
    visit = visit_of(tmp_path, BELT)
    with pytest.raises(EdgeError, match="belt: it moves"):
        run_virtual({PORT: slave}, lambda _loop: watch(visit, 0.5, told.append, silent))
    assert len(slave.frames) == 2
    assert {news.row.field for news in told if isinstance(news, Changed)} == {"eta", "rfrd"}


@pytest.mark.parametrize("what", ["read", "probe", "watch"])
def test_nothing_is_asked_while_the_lane_runs(tmp_path: Path, what: str) -> None:
    slave = curtain()
    visit = visit_of(tmp_path, CURTAIN)

    async def main(_loop: VirtualLoop) -> None:
        door = Door(tmp_path / "control.sock", {})
        await door.open()
        try:
            match what:
                case "read":
                    await read(visit, silent)
                case "probe":
                    await probe(visit, 10, silent)
                case "watch":
                    await watch(visit, 0.5, lambda _news: None, silent)
        finally:
            await asyncio.sleep(1)  # the door takes the knock in
            await door.close()

    with pytest.raises(LaneRuns, match="Stop it first, or ask it: scanlane status"):
        run_virtual({PORT: slave}, main)
    assert slave.frames == []


def test_a_watch_ends_when_the_lane_is_started(tmp_path: Path) -> None:
    slave = curtain()
    told: list[News] = []

    async def main(_loop: VirtualLoop) -> None:
        door = Door(tmp_path / "control.sock", {})

        async def lane_starts() -> None:
            await asyncio.sleep(3)
            await door.open()

        start = asyncio.create_task(lane_starts())
        try:
            await watch(visit_of(tmp_path, CURTAIN), 0.5, told.append, silent)
        finally:
            await start
            await asyncio.sleep(1)  # the door takes the knock in
            await door.close()

    with pytest.raises(LaneRuns):
        run_virtual({PORT: slave}, main)
    assert len(told) == 2


def test_a_probe_of_a_device_that_does_not_answer_gives_the_reason(tmp_path: Path) -> None:
    slave = curtain()
    slave.silent = True
    visit = visit_of(tmp_path, CURTAIN)
    probed = run_virtual({PORT: slave}, lambda _loop: probe(visit, 3, silent))
    assert "no answer from unit 65 on sensors" in probed.reason
    assert (probed.misses, probed.durations_ms) == (3, [])
