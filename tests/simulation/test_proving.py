"""`scanlane device prove` on virtual time: the real drivers, the emulators, and what goes wrong."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.cabinet.proving.prove import Broken, Found, Order, prove
from edge.errors import CommandRefused, EdgeError
from edge.journal.database import Reader
from edge.journal.entries import JournalEntry
from edge.journal.keys import lane_key
from edge.journal.reading import links, newest_of_kind
from edge.journal.recovery import recover
from edge.journal.store import Journal
from edge.lane_file import load
from edge.proofs import Proof, ProofBook, newest
from simulator.hall.plant import Key, Sees, Spot
from simulator.lane import SimLane
from simulator.lane_file import load_lane_file
from simulator.wires import serve_tcp
from simulator.world.virtual_loop import EPOCH, START_S, VirtualClock, VirtualLoop, run_virtual
from tests.simulation.full_lane import lane_folder
from tests.simulation.test_other_devices import refitted

PUMP_S = 0.005
CANCEL = "cancel"
REMOTE_IO = """[buses.io]
kind = "tcp"
host = "127.0.0.1"
port = 15505

[devices.io]
kind = "iologik"
bus = "io"
model = "E1212"
outputs = {{ beacon = {{ channel = 0, safe = "off" }} }}
proof_output = "beacon"
{more}

[detector]
"""

Act = Callable[[SimLane], object]
"""Something that is done in the hall once; gives False while it is not time yet. What gives CANCEL
has the command stopped, as by Ctrl-C."""


class Scene:
    """A hall, its lane file and journal, and what a proof has found there."""

    def __init__(self, config: Path, folder: Path, lane: str = "cargo") -> None:
        self.file = config / "lanes" / f"{lane}.toml"
        self.state = folder / "state"
        self.state.mkdir()
        self.told: list[str] = []
        self.relay_seen = False
        self.fastest_mm_s = 0.0
        self.sim: SimLane | None = None

    def change(self, *changes: tuple[str, str]) -> None:
        text = self.file.read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        self.file.write_text(text, encoding="utf-8")

    def prove(
        self, *devices: str, act: Act = lambda _lane: True, officer: str = "oms-sim"
    ) -> dict[str, Found]:
        """Prove devices in a hall that is ready for it; ``act`` is tried at every step."""

        async def main(loop: VirtualLoop) -> list[Found]:
            self.sim = sim = SimLane(load_lane_file(self.file), self.file.parents[1] / "devices")
            begun_s = START_S

            def sync() -> int:
                now_ms = round((loop.time() - begun_s) * 1000)
                sim.advance(now_ms)
                return now_ms

            fronts = [
                await serve_tcp(factory, wire.host, wire.port, sync)
                for wire, factory in sim.tcp.items()
            ]
            sim.plant.people.key = Key.OFF
            sim.plant.press_secure()
            await self._live(loop, sync, 0.2)
            sim.plant.people.key = Key.SERVICE
            await self._live(loop, sync, 0.2)
            done = [False]

            async def pump() -> None:
                while True:
                    sync()
                    for front in fronts:
                        front.poll()
                    actuators = sim.plant.actuators
                    self.relay_seen |= actuators.relay_closed
                    self.fastest_mm_s = max(self.fastest_mm_s, abs(actuators.belt_speed_mm_s))
                    said = done[0] or act(sim)
                    done[0] = said is not False
                    if said == CANCEL:
                        proving.cancel()
                    await asyncio.sleep(PUMP_S)

            order = Order(self.file, self.state, devices, officer)
            proving = asyncio.create_task(prove(order, VirtualClock(loop), self.told.append))
            task = asyncio.create_task(pump())
            try:
                with contextlib.suppress(asyncio.CancelledError):
                    return await proving
                return []
            finally:
                await self._live(loop, sync, 2.0)
                task.cancel()

        return {one.device: one for one in run_virtual(main)}

    async def _live(self, loop: VirtualLoop, sync: Callable[[], int], seconds: float) -> None:
        end_s = loop.time() + seconds
        while loop.time() < end_s:
            sync()
            await asyncio.sleep(PUMP_S)

    def entries(self) -> list[dict[str, object]]:
        reader = Reader(self.state / "journal.db")
        try:
            return [json.loads(link.record) for link in links(reader, 1)]
        finally:
            reader.close()

    def kinds(self) -> list[object]:
        return [entry["kind"] for entry in self.entries()]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(lane_folder(tmp_path), tmp_path)


def proven(found: Found) -> Proof:
    assert isinstance(found, Proof), found
    assert (found.outcome, found.reason) == ("proven", "")
    return found


def broken(found: Found) -> str:
    assert isinstance(found, Broken), found
    return found.reason


def test_a_cargo_lane_is_proven_and_its_proofs_are_what_a_lane_rests_on(scene: Scene) -> None:
    found = scene.prove()
    assert {name: proven(one).part for name, one in found.items()} == {
        "belt": "conveyor", "safety": "safety", "board": "board", "source": "source",
    }  # fmt: skip
    lane = load(scene.file)
    reader = Reader(scene.state / "journal.db")
    kept = newest(newest_of_kind(reader, "device.proof", 100))
    reader.close()
    assert kept == found
    assert ProofBook(lane, kept).against(EPOCH.replace(hour=4)) == {}
    assert scene.relay_seen
    assert scene.sim is not None
    assert scene.sim.plant.record.hv == []
    assert scene.sim.plant.record.violations == []
    assert 0 < scene.fastest_mm_s <= lane.belt.speed_mm_s / 4 + 1


def test_another_make_of_drive_and_a_linac_are_proven_too(tmp_path: Path) -> None:
    scene = Scene(refitted(tmp_path), tmp_path)
    found = scene.prove()
    assert proven(found["belt"]).parameters == "40001 1000 ms, 40002 1"
    assert proven(found["source"]).kind == "linac_sim"
    assert scene.sim is not None
    assert scene.sim.plant.record.hv == []


def test_whoever_comes_near_a_belt_that_is_left_alone_stops_it_before_its_time_out(
    scene: Scene,
) -> None:
    at_ms: list[int] = []
    stood_ms: list[int] = []

    def step_in(lane: SimLane) -> object:
        speed = lane.plant.actuators.belt_speed_mm_s
        if not at_ms and speed > 90:
            lane.plant.people.person_in_zone = True
            at_ms.append(lane.now_ms)
        if at_ms and not stood_ms and speed == 0:
            stood_ms.append(lane.now_ms)
        return False

    found = scene.prove("belt", act=step_in)
    assert "stopped, since zone is blocked" in broken(found["belt"])
    assert stood_ms[0] - at_ms[0] < 700
    assert scene.kinds() == []


def _light(lane: SimLane) -> None:
    """Somebody asks for high voltage at the generator's own panel."""
    assert lane.generator is not None
    lane.generator.tube.set_kv = 100.0
    lane.generator.tube.request()


RELAY_TROUBLES: dict[str, tuple[Act, str]] = {
    "door": (lambda lane: setattr(lane.plant.people, "doors_open", True), "doors is blocked"),
    "estop": (lambda lane: setattr(lane.plant.people, "estop_pressed", True), "estop is blocked"),
    "person": (lambda lane: setattr(lane.plant.people, "person_in_zone", True), "zone is blocked"),
    "key": (lambda lane: setattr(lane.plant.people, "key", Key.OFF), "the key is not in SERVICE"),
    "lamp": (lambda lane: setattr(lane.plant.damage, "lamp_broken", True), "lamp is blocked"),
    "hv": (_light, "high voltage"),
}


@pytest.mark.parametrize("what", RELAY_TROUBLES)
def test_whatever_happens_while_the_relay_is_closed_opens_it_and_nothing_is_proven(
    scene: Scene, what: str
) -> None:
    do, said = RELAY_TROUBLES[what]
    at_ms: list[int] = []
    open_ms: list[int] = []

    def once(lane: SimLane) -> object:
        closed = lane.plant.actuators.relay_closed
        if closed and not at_ms:
            do(lane)
            at_ms.append(lane.now_ms)
        elif at_ms and not closed and not open_ms:
            open_ms.append(lane.now_ms)
        return False

    found = scene.prove("board", act=once)
    assert set(found) == {"board", "source"}
    for one in found.values():
        assert broken(one)
    # The board may have seen it first: then the trial ends because the relay is open.
    reason = broken(found["board"])
    assert said in reason or "relay closed False" in reason
    assert open_ms[0] - at_ms[0] <= 400
    assert scene.kinds() == ["service.permitted", "service.ended"]


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (lambda lane: setattr(lane.plant.people, "key", Key.ON), "key"),
        (lambda lane: setattr(lane.plant, "secured", False), "search-and-secure"),
        (lambda lane: lane.plant.stuck.update({Spot.EXIT: Sees.OCCUPIED}), "empty"),
    ],
)
def test_no_service_permit_is_made_while_a_condition_is_not_proven(
    scene: Scene, do: Act, said: str
) -> None:
    found = scene.prove("source", act=do)
    assert "no service permit" in broken(found["source"])
    assert said in broken(found["source"])
    assert not scene.relay_seen
    assert scene.kinds() == []


def test_no_service_permit_is_made_while_an_inspection_is_open(scene: Scene) -> None:
    lane = load(scene.file)

    async def main(loop: VirtualLoop) -> None:
        clock, key = VirtualClock(loop), lane_key(scene.state)
        journal = Journal.open(scene.state / "journal.db", lane.lane.id, key, clock=clock)
        assert recover(journal).sound
        subject = f"{lane.lane.id}-00000003"
        entry = JournalEntry("inspection.opened", subject, "2026-06-01T03:00:00.000000Z", 1, {})
        journal.wait(journal.append([entry]))
        journal.close()

    run_virtual(main)
    found = scene.prove("board")
    assert "an inspection is not proven closed" in broken(found["board"])
    assert not scene.relay_seen


def test_a_board_that_is_locked_is_reset_by_people_and_not_proven(scene: Scene) -> None:
    def weld(lane: SimLane) -> object:
        lane.plant.damage.relay_welded = True
        return True

    found = scene.prove("board", act=weld)
    assert broken(found["board"])
    assert "device.proof" not in scene.kinds()


@pytest.mark.parametrize(
    ("more", "outcome", "said"),
    [
        ("host_watchdog_ms = 2000", "proven", ""),
        ("", "not_provable", "its watchdog is off or not told"),
    ],
)
def test_a_remote_io_with_outputs_is_proven_by_its_host_watchdog_and_by_nothing_else(
    scene: Scene, more: str, outcome: str, said: str
) -> None:
    scene.change(
        ("[detector]\n", REMOTE_IO.format(more=more)),
        ("source_ms = 1000", "outputs_ms = 3000\nsource_ms = 1000"),
    )
    (found,) = scene.prove("io").values()
    assert isinstance(found, Proof)
    assert (found.outcome, found.reason[: len(said)]) == (outcome, said)


def test_who_may_not_and_what_needs_nothing_is_refused_before_anything_is_sent(
    scene: Scene,
) -> None:
    with pytest.raises(CommandRefused, match="none of which may service"):
        scene.prove("belt", officer="oac-sim")
    with pytest.raises(EdgeError, match=r"qr: needs no proof on this lane; there are: belt, board"):
        scene.prove("qr")
    assert not (scene.state / "journal.db").exists()


@pytest.mark.parametrize(
    ("device", "begun"),
    [
        ("belt", lambda lane: lane.plant.actuators.belt_speed_mm_s > 90),
        ("safety", lambda lane: lane.plant.actuators.warning),
        ("board", lambda lane: lane.plant.actuators.relay_closed),
    ],
)
def test_a_command_that_is_stopped_leaves_everything_at_rest_and_proves_nothing(
    scene: Scene, device: str, begun: Callable[[SimLane], bool]
) -> None:
    found = scene.prove(device, act=lambda lane: CANCEL if begun(lane) else False)
    assert found == {}
    assert scene.sim is not None
    actuators = scene.sim.plant.actuators
    assert actuators.belt_speed_mm_s == 0
    assert (actuators.warning, actuators.relay_closed) == (False, False)
    assert "device.proof" not in scene.kinds()
