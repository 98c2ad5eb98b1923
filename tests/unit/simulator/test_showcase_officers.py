"""Rules of the simulated people: they act on what the lane tells, through people's doors only."""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from simulator.showcase.feed import Story
from simulator.showcase.officers import Hands, Pace, People
from simulator.showcase.processes import Said, ShowError
from simulator.showcase.script import Scene
from tests.unit.simulator.showcase_kit import PLAY, line, news, verdict

PALLET, BAND, NO_BASIS, EGGS, DRIVE, ESTOP = (PLAY[n] for n in (0, 9, 10, 12, 14, 15))


@dataclass
class Hall:
    """The simulator's control socket and the ``scanlane`` command, as fakes that write down."""

    at_entry: str = ""
    refuses: str = ""
    code: int = 0
    story: Story = field(default_factory=lambda: Story(PLAY))
    acts: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = json.loads(await reader.readline())
        act = " ".join(str(value) for value in request.values())
        self.acts.append(act)
        self.follow(act)
        answer = {"ok": act != self.refuses, "unit_id": self.at_entry, "error": "refused"}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()
        writer.close()

    async def correct(self, scene: Scene) -> None:
        self.corrected.append(scene.unit.unit_id)

    async def run(self, command: Sequence[str]) -> Said:
        self.commands.append(" ".join(command[1:-2]))
        if command[1] == "ack":
            self.follow(f"ack {sum(each.startswith('ack') for each in self.commands)}")
        return Said(self.code, "done", "no open inspection")

    def follow(self, act: str) -> None:
        """What the lane does about an act."""
        steps = {
            "estop": ("tripped", "fault.raised", "estop"),
            "reset": ("tripped", "fault.cleared", "estop"),
            "drive_fault": ("held", "fault.raised", "conveyor_fault"),
            "ack 1": ("held", "", ""),
            "ack 2": ("ready", "fault.cleared", "conveyor_fault"),
        }
        if act in steps:
            mode, kind, cause = steps[act]
            self.story.mode = mode
            tripped = "trip" if cause == "estop" else "stop"
            told = line(kind, cause=cause, **{"class": tripped}).replace(b'"ready"', b'""')
            self.story.take(news(told)[0])


def play_out(hall: Hall, folder: Path, *lines: bytes) -> None:
    """Let people hear lines and wait until they have acted."""

    async def body() -> None:
        server = await asyncio.start_unix_server(hall.serve, str(folder / "sim.sock"))
        tasks: list[asyncio.Task[None]] = []

        def spawn(work: Coroutine[None, None, None]) -> None:
            tasks.append(asyncio.create_task(work))

        hands = Hands(folder / "sim.sock")
        people = People(folder, hall.story, hands, spawn, hall.correct, hall.run, Pace(0.0, 0.0))
        async with server:
            for each in news(*lines):
                hall.story.take(each)
                people.hear(each)
            await asyncio.gather(*tasks)

    asyncio.run(body())


def test_a_hold_is_answered_by_the_oms_with_a_reason(tmp_path: Path) -> None:
    hall = Hall()
    play_out(hall, tmp_path, verdict(BAND, "I-1"), line("hold.asked", "I-1"))
    assert hall.commands == [
        "answer I-1 turn_away --reason cannot be sure that it fits --officer oms-sim"
    ]
    assert hall.acts == []


def test_a_hold_about_what_nobody_knows_is_ended_by_a_corrected_manifest(tmp_path: Path) -> None:
    hall = Hall()
    asked = line("hold.asked", "I-1")
    play_out(hall, tmp_path, verdict(EGGS, "I-1", held_for=EGGS.expected.first), asked, asked)
    assert (hall.corrected, hall.commands) == ([EGGS.unit.unit_id], [])
    assert "boxes opened: table eggs" in hall.story.acts[0]


def test_an_image_is_analysed_by_the_oac(tmp_path: Path) -> None:
    hall = Hall()
    play_out(hall, tmp_path, verdict(PALLET, "I-1"), line("image.stored", "I-1"))
    (command,) = hall.commands
    assert command.startswith("outcome I-1 --suspicion no --agrees yes")
    assert command.endswith("--officer oac-sim")


def test_a_unit_turned_away_is_taken_off_the_entry(tmp_path: Path) -> None:
    hall = Hall(at_entry=NO_BASIS.unit.unit_id)
    play_out(hall, tmp_path, verdict(NO_BASIS, "I-1", route="turn_away"))
    assert hall.acts == ["take_away"]


def test_a_unit_that_passes_is_left_alone(tmp_path: Path) -> None:
    hall = Hall()
    play_out(hall, tmp_path, verdict(PLAY[2], "I-1", route="pass"))
    assert (hall.acts, hall.commands) == ([], [])


def test_taking_another_unit_away_than_the_one_meant_is_an_error(tmp_path: Path) -> None:
    hall = Hall(at_entry="SHOW-99")
    with pytest.raises(ShowError, match="SHOW-99 stood at the entry"):
        play_out(hall, tmp_path, verdict(NO_BASIS, "I-1", route="turn_away"))


def test_a_refused_act_is_an_error_that_says_why(tmp_path: Path) -> None:
    hall = Hall(code=1)
    with pytest.raises(ShowError, match="no open inspection"):
        play_out(hall, tmp_path, verdict(BAND, "I-1"), line("hold.asked", "I-1"))


def test_a_drive_fault_is_acknowledged_until_the_lane_goes_on(tmp_path: Path) -> None:
    hall = Hall()
    play_out(hall, tmp_path, verdict(DRIVE, "I-1"), line("beam.intent", "I-1", scan_id=1))
    assert hall.acts == ["drive_fault"]
    assert hall.commands == ["ack --officer oms-sim"] * 2


def test_an_emergency_stop_is_undone_in_the_order_the_board_asks_for(tmp_path: Path) -> None:
    hall = Hall()
    play_out(hall, tmp_path, verdict(ESTOP, "I-1"), line("beam.intent", "I-1", scan_id=1))
    assert hall.acts == ["estop", "estop_release", "key off", "key on", "secure", "reset"]
    assert hall.commands == ["ack --officer oms-sim"] * 2


def test_a_simulator_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ShowError, match="no answer"):
        asyncio.run(Hands(tmp_path / "sim.sock").do("truth"))
