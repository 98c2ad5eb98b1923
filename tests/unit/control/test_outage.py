"""Rules of a journal that cannot be written for a while: nothing permissive, nothing forgotten."""

from pathlib import Path

import pytest

from edge.control.acts import Actor
from edge.control.desk import Desk
from edge.core import events as ev
from edge.core.faults import Fault
from edge.errors import JournalUnavailable
from edge.journal.recovery import recover
from tests.unit.control.inbox_bench import InboxBench, signed, with_inbox
from tests.unit.control.kit import LANE, Clock
from tests.unit.control.lane_bench import (
    PERMISSIVE,
    LaneBench,
    on_bench,
    open_journal,
    paper,
)
from tests.unit.control.test_desk import OMS as OMS_ID
from tests.unit.control.test_desk import OWN
from tests.unit.control.test_lane_logic import into_beam, written
from tests.unit.journal.journal_bench import locked

OMS = Actor(LANE.officers[0])
JOURNAL = Fault.JOURNAL_UNAVAILABLE
EGGS = ({"tnved_code": "0407 11 000 0", "description": "eggs"},)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite waits two seconds for a lock: here it need not."""
    monkeypatch.setattr("edge.journal.database._BUSY_MS", 1)


def stands(bench: LaneBench) -> bool | None:
    """Whether the journal's fault is present, None when it is not even active."""
    found = [one for one in bench.logic.runner.state.faults if one.fault is JOURNAL]
    return found[0].present if found else None


def kinds(folder: Path) -> list[str]:
    return [kind for kind, _ in written(folder)]


async def outage(bench: LaneBench, seconds: float = 3.0) -> None:
    """Let the lane want to write something while another program holds the database."""
    with locked(bench.journal.path):
        bench.logic.recorder.write("lane.note", None, {})
        await bench.run(seconds)


def check_whole(folder: Path, bench: LaneBench) -> None:
    """Everything the lane has told is on disk, in the order in which it was told."""
    journal = open_journal(folder, Clock())
    assert recover(journal, whole=True).complaints() == []
    journal.close()
    told = [entry.kind for entry in bench.told]
    assert [kind for kind in kinds(folder) if kind in set(told)] == told


def test_an_outage_under_the_beam_ends_it_and_permits_nothing_until_an_officer_has_acknowledged(
    tmp_path: Path,
) -> None:
    async def scenario(bench: LaneBench) -> None:
        await into_beam(bench)
        await outage(bench)
        assert (bench.relay, bench.mode(), stands(bench)) == (False, "held", True)
        bench.logic.acts.ack(OMS)
        began = len(bench.happened)
        await bench.until(lambda: stands(bench) is False, 5)
        await bench.run(3)
        assert bench.mode() == "held"
        done = {what for kind, (what, *_) in bench.happened[began:] if kind == "do"}
        assert not done & PERMISSIVE
        bench.logic.acts.ack(OMS)
        await bench.until(lambda: bench.inspection() == "", 60)
        assert bench.mode() == "ready"

    bench = on_bench(tmp_path, scenario)
    assert bench.effects().count("hv on") == 1
    check_whole(tmp_path, bench)
    of_unit = [kind for kind, subject in written(tmp_path) if subject]
    assert "scan.not_completed" in of_unit
    assert "image.stored" not in of_unit


def test_the_outage_its_reason_and_its_end_are_in_the_journal_once_it_is_back(
    tmp_path: Path,
) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        await outage(bench)
        await bench.until(lambda: stands(bench) is False, 5)
        bench.logic.acts.ack(OMS)
        await bench.run(1)
        assert (bench.mode(), stands(bench)) == ("ready", None)

    bench = on_bench(tmp_path, scenario)
    check_whole(tmp_path, bench)
    assert kinds(tmp_path).index("lane.note") < kinds(tmp_path).index("journal.back")
    (raised,) = [
        one
        for one in bench.told
        if one.kind == "fault.raised" and one.body["cause"] == JOURNAL.value
    ]
    assert "another program holds the database" in str(raised.body["detail"])
    (cleared,) = [
        one
        for one in bench.told
        if one.kind == "fault.cleared" and one.body["cause"] == JOURNAL.value
    ]
    assert cleared.body["officer"] == OMS.officer.id


def test_a_unit_that_comes_during_an_outage_has_its_whole_record_afterwards(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        with locked(bench.journal.path):
            bench.arrive()
            await bench.read_identifiers()
            await bench.run(4)
            assert bench.mode() == "held"
            assert bench.inspection() == "cleared"
        await bench.until(lambda: stands(bench) is False, 5)
        bench.logic.acts.ack(OMS)
        await bench.until(lambda: bench.inspection() == "analysis")

    bench = on_bench(tmp_path, scenario)
    check_whole(tmp_path, bench)
    unit = [kind for kind, subject in written(tmp_path) if subject and kind != "lane.mode"]
    assert unit[:3] == ["inspection.opened", "verdict.given", "scan.armed"]


def test_a_second_outage_before_the_acknowledgement_is_present_again(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        for _ in range(2):
            await outage(bench)
            assert stands(bench) is True
            await bench.until(lambda: stands(bench) is False, 5)
        assert bench.mode() == "held"

    check_whole(tmp_path, on_bench(tmp_path, scenario))


def test_a_write_that_failed_between_two_ticks_stops_the_lane_too(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await into_beam(bench)
        failed = JournalUnavailable("write journal: it was full for a moment")
        bench.disk.fails_once = failed
        bench.logic.recorder.write("lane.note", None, {})
        await bench.run(0.2)
        assert (bench.relay, bench.mode(), stands(bench)) == (False, "held", False)

    on_bench(tmp_path, scenario)


def test_the_warning_is_off_when_the_journal_is_back(tmp_path: Path) -> None:
    """Its end waits for the entry of the withdrawal, and that had failed."""

    async def scenario(bench: LaneBench) -> None:
        await into_beam(bench)
        await outage(bench)
        await bench.until(lambda: stands(bench) is False, 5)
        await bench.run(0.2)
        assert not bench.warned

    on_bench(tmp_path, scenario)


def test_papers_that_came_during_an_outage_are_looked_at_before_anything_goes_on(
    tmp_path: Path,
) -> None:
    async def scenario(bench: InboxBench) -> None:
        lane = bench.lane
        await lane.into_service()
        lane.arrive()
        await lane.read_identifiers()
        await lane.until(lambda: lane.mode() == "warning")
        corrected = paper(version=2, goods=EGGS)
        with locked(lane.journal.path):
            bench.inbox.manifest(signed(corrected))
            await lane.run(2)
            assert lane.inspection() == "cleared"
            lane.papers = [corrected]
        await lane.until(lambda: stands(lane) is False, 5)
        await lane.run(0.2)
        assert lane.inspection() == "passing"
        assert [one.version for one in bench.inbox.find("qr", "Q-1")] == [2]
        lane.logic.acts.ack(OMS)
        await lane.run(5)
        assert "hv on" not in lane.effects()

    with_inbox(tmp_path, scenario)


def test_a_command_during_an_outage_is_done_once_and_answered_when_it_is_asked_for_again(
    tmp_path: Path,
) -> None:
    async def scenario(bench: InboxBench) -> None:
        lane = bench.lane
        await lane.into_service()
        lane.logic.runner.post(ev.FaultRaised(Fault.UNIT_JAMMED, present=False))
        await lane.run(0.2)
        with locked(lane.journal.path):
            payload = bench.command("ack", {"fault_code": "unit_jammed"})
            await lane.run(0.5)
            bench.send("ack", payload)
            await lane.run(0.5)
            assert bench.responses == []
        await lane.until(lambda: stands(lane) is False, 5)
        for _ in range(2):
            bench.send("ack", payload)
            await bench.settle()
        assert [one.accepted for one in bench.answers()] == [True, True]
        assert len(set(bench.responses)) == 1
        assert bench.kinds().count("command.answered") == 1
        bench.command("ack", {}, id="c-2")
        await bench.settle()
        bench.send("ack", payload)
        await bench.settle()
        assert bench.responses[-1] == bench.responses[0]
        assert lane.journal.refusal is None

    with_inbox(tmp_path, scenario)


def test_an_officer_at_the_lane_hears_that_his_act_is_not_on_disk(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        with (
            locked(bench.journal.path),
            pytest.raises(JournalUnavailable, match=r"acknowledged: .*not on disk.*by itself"),
        ):
            await Desk(bench.logic).ack({"officer": OMS_ID}, OWN)

    on_bench(tmp_path, scenario)


def test_the_status_says_why_nothing_is_written(tmp_path: Path) -> None:
    async def scenario(bench: LaneBench) -> None:
        await bench.into_service()
        assert bench.logic.status()["journal"] == ""
        with locked(bench.journal.path):
            bench.logic.recorder.write("lane.note", None, {})
            await bench.run(0.2)
            assert "another program" in str(bench.logic.status()["journal"])

    on_bench(tmp_path, scenario)
