"""Rules of the commands that headquarters may send down."""

import asyncio
import json
from pathlib import Path

import pytest

from edge.core import events as ev
from edge.core.faults import Fault
from edge.evidence.signing import SignatureState, trust, verify
from simulator.world.virtual_loop import VirtualLoop
from tests.unit.control.inbox_bench import (
    OAC,
    OFFICERS_OWN,
    STRANGER,
    InboxBench,
    an_image_to_analyse,
    with_inbox,
)
from tests.unit.control.lane_bench import COMMIT_S, KEY

ACK: dict[str, object] = {}
OUTCOME = {"suspicion": False, "agrees_with_documents": True, "note": "as filed"}


def test_a_response_comes_only_when_its_entry_is_on_disk_and_is_signed(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.command("ack", ACK)
        await bench.lane.run(COMMIT_S / 2)
        assert bench.responses == []
        await bench.settle()
        (answer,) = bench.answers()
        assert (answer.id, answer.accepted, answer.reason) == ("c-1", True, "accepted")
        check = verify(json.loads(bench.responses[0]), trust([KEY.public_key()]))
        assert check.state is SignatureState.VALID
        (body,) = bench.bodies("command.answered")
        assert (body["officer"], body["name"], body["args"]) == ("oms-sim", "ack", ACK)

    with_inbox(tmp_path, scenario)


def test_what_a_command_leads_to_is_on_disk_before_anybody_hears_that_it_was_accepted(
    tmp_path: Path,
) -> None:
    async def scenario(bench: InboxBench) -> None:
        inspection = await an_image_to_analyse(bench)
        bench.command("outcome", {"inspection_id": inspection, **OUTCOME}, officer=OAC)
        await bench.settle()
        kinds = bench.kinds()
        assert kinds.index("outcome.given") < kinds.index("command.answered")
        assert [one.accepted for one in bench.answers()] == [True]

    with_inbox(tmp_path, scenario)


@pytest.mark.parametrize("pause_s", [0.0, COMMIT_S / 3, 0.1])
def test_the_same_command_again_is_done_once_and_gets_the_same_response(
    tmp_path: Path, pause_s: float
) -> None:
    """Also while the first one is on its way to the disk: QoS 1 delivers at least once."""

    async def scenario(bench: InboxBench) -> None:
        inspection = await an_image_to_analyse(bench)
        args = {"inspection_id": inspection, **OUTCOME}
        payload = bench.command("outcome", args, officer=OAC)
        for _ in range(2):
            await bench.lane.run(pause_s)
            bench.send("outcome", payload)
        await bench.settle()
        assert len(bench.responses) == 3
        assert len(set(bench.responses)) == 1
        given = [event for event, _ in bench.posted if isinstance(event, ev.FaultRaised)]
        assert given == []
        assert bench.kinds().count("outcome.given") == 1
        assert bench.kinds().count("command.answered") == 1
        assert bench.lane.journal.refusal is None

    with_inbox(tmp_path, scenario)


@pytest.mark.parametrize("pause_s", [0.0, 0.1])
def test_another_command_under_a_used_id_is_refused(tmp_path: Path, pause_s: float) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.command("ack", ACK)
        await bench.lane.run(pause_s)
        bench.command("ack", {"fault_code": "other"})
        await bench.settle()
        assert sorted(one.reason for one in bench.answers()) == ["accepted", "id_reused"]
        assert bench.kinds().count("command.answered") == 1
        assert bench.lane.journal.refusal is None

    with_inbox(tmp_path, scenario)


@pytest.mark.parametrize(
    ("code", "accepted", "why"),
    [
        ("unit_jammed", True, "unit_jammed: acknowledged"),
        ("estop", False, "reset at the board only"),
        ("nonsense", False, "no fault 'nonsense'"),
    ],
)
def test_a_fault_code_in_a_command_means_this_fault_alone(
    tmp_path: Path, code: str, accepted: bool, why: str
) -> None:
    async def scenario(bench: InboxBench) -> None:
        for fault in (Fault.UNIT_JAMMED, Fault.LINES_STALLED):
            bench.lane.logic.runner.post(ev.FaultRaised(fault, present=False))
        await bench.settle()
        bench.command("ack", {"fault_code": code})
        await bench.settle()
        (answer,) = bench.answers()
        assert answer.accepted is accepted
        assert why in answer.detail
        left = {one.fault for one in bench.lane.logic.runner.state.faults}
        assert Fault.LINES_STALLED in left
        assert (Fault.UNIT_JAMMED in left) is not accepted

    with_inbox(tmp_path, scenario)


def test_a_command_that_control_refuses_is_answered_and_remembered_too(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        payload = bench.command("abort", {"inspection_id": "none-such", "reason": "cats"})
        await bench.settle()
        bench.send("abort", payload)
        await bench.settle()
        assert [one.reason for one in bench.answers()] == ["refused", "refused"]
        assert "none-such" in bench.answers()[0].detail
        assert bench.kinds().count("command.answered") == 1

    with_inbox(tmp_path, scenario)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"key": None}, "unsigned"),
        ({"key": STRANGER}, "bad_signature"),
        ({"key": OFFICERS_OWN}, "key_not_for_officer"),
        ({"lane": "another-lane"}, "wrong_lane"),
        ({"topic": "abort"}, "wrong_topic"),
        ({"officer": "nobody"}, "unknown_officer"),
        ({"officer": OAC}, "not_allowed"),
        ({"expires": "2026-06-01T02:59:00Z"}, "expired"),
        ({"issued": "2026-06-01T04:00:00Z"}, "not_yet"),
        ({"expires": "2026-06-02T00:00:00Z"}, "life_too_long"),
    ],
)
def test_a_command_that_may_not_be_is_refused_journalled_and_answered_with_the_reason(
    tmp_path: Path, change: dict[str, object], code: str
) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.command("ack", ACK, **change)  # type: ignore[arg-type]  # one change of many kinds
        await bench.settle()
        (answer,) = bench.answers()
        assert (answer.accepted, answer.reason) == (False, code)
        assert bench.faults() == [Fault.COMMAND_REFUSED]
        assert code in str(bench.bodies("command.refused")[0]["reason"])
        assert not [event for event, _ in bench.posted if isinstance(event, ev.Acknowledged)]

    with_inbox(tmp_path, scenario)


def test_an_officers_own_key_signs_for_this_officer(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        inspection = await an_image_to_analyse(bench)
        args = {"inspection_id": inspection, **OUTCOME}
        bench.command("outcome", args, officer=OAC, key=OFFICERS_OWN)
        await bench.settle()
        assert [one.accepted for one in bench.answers()] == [True]

    with_inbox(tmp_path, scenario)


@pytest.mark.parametrize("topic", ["reset", "No Topic!", "ПУСК", "x" * 300])
def test_a_command_on_any_topic_is_answered_within_the_contract(tmp_path: Path, topic: str) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.send(topic, b"{}")
        await bench.settle()
        (answer,) = bench.answers()
        assert (answer.id, answer.name, answer.reason) == ("unreadable", "unknown", "unreadable")

    with_inbox(tmp_path, scenario)


def test_nobody_hears_of_an_answer_that_the_disk_did_not_take(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        bench.lane.disk.fails_at = "command.answered"
        payload = bench.command("ack", ACK)
        await bench.settle()
        bench.send("ack", payload)
        await bench.settle()
        assert bench.responses == []
        assert bench.lane.mode() == "held"

    with_inbox(tmp_path, scenario)


def test_an_abort_ends_the_beam_also_when_it_cannot_be_written(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        lane = bench.lane
        await lane.into_service()
        lane.arrive()
        await lane.read_identifiers()
        await lane.until(lambda: lane.relay and lane.hv)
        lane.disk.fails_at = "command.answered"
        (case,) = lane.logic.book.all()
        bench.command("abort", {"inspection_id": case.inspection_id, "reason": "possible living"})
        await lane.run(0.05)
        assert not lane.relay

    with_inbox(tmp_path, scenario)


def test_a_command_is_not_carried_out_when_nobody_knows_whether_it_was_before(
    tmp_path: Path,
) -> None:
    async def scenario(bench: InboxBench) -> None:
        payload = bench.wrap("ack", ACK)
        bench.reader.close()
        bench.send("ack", payload)
        assert bench.faults() == [Fault.JOURNAL_UNAVAILABLE]
        assert not [event for event, _ in bench.posted if isinstance(event, ev.Acknowledged)]

    with_inbox(tmp_path, scenario)


def test_answered_commands_are_forgotten_only_long_after_they_have_expired(tmp_path: Path) -> None:
    async def scenario(bench: InboxBench) -> None:
        def known() -> list[str]:
            rows = bench.reader.rows("SELECT command_id FROM seen_command ORDER BY command_id")
            return [str(name) for (name,) in rows]

        bench.command("ack", ACK, id="old")
        await bench.settle()
        old_expires = bench.lane.clock.utc()
        assert known() == ["old"]
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        loop.pass_time(23 * 3600)
        bench.command("ack", ACK, id="day")
        await bench.settle()
        assert known() == ["day", "old"]
        loop.pass_time(2 * 3600)
        bench.command("ack", ACK, id="next")
        await bench.settle()
        assert known() == ["day", "next"]
        assert (bench.lane.clock.utc() - old_expires).days == 1

    with_inbox(tmp_path, scenario)


def test_a_command_sent_again_after_a_restart_gets_the_response_of_before(tmp_path: Path) -> None:
    first: list[bytes] = []
    sent: list[bytes] = []

    async def before(bench: InboxBench) -> None:
        sent.append(bench.command("ack", ACK))
        await bench.settle()
        first.extend(bench.responses)

    async def after(bench: InboxBench) -> None:
        bench.send("ack", sent[0])
        await bench.settle()
        assert bench.responses == first
        assert bench.posted == []

    with_inbox(tmp_path, before)
    with_inbox(tmp_path, after)
