"""A whole lane on virtual time with the real drivers, on wires in memory to the simulated devices.

The hall's devices are the ones of ``scanlane-sim``: they speak their protocols. Only the image
worker is replaced, at its port, and headquarters is left out.
"""

import asyncio
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from drivers.kind import Surroundings
from drivers.permit_board import PermitBoard
from drivers.registry import build
from edge.control.actuators import Devices
from edge.control.lane_logic import LaneLogic
from edge.core.values import Input
from edge.ports import Conveyor, Point, SafetyController, XraySource
from simulator.hall.plant import STEP_MS
from simulator.harness import Harness
from simulator.lane import STRIDE_MS, SimLane
from simulator.lane_file import load_lane_file
from simulator.wires import TcpFront, serve_tcp
from simulator.world.damage import Coverage
from simulator.world.faults import Kind, Trouble
from simulator.world.journal import COMMIT_S, SlowJournal
from simulator.world.ports import Link, WorldWorker
from simulator.world.run import Fitted, Plan, Result
from simulator.world.seeded import listen, run_plan, shipped_config
from simulator.world.virtual_loop import START_S, VirtualClock, VirtualLoop

PUMP_S, REST_PUMP_S = 0.02, 0.05
SELF_S = 0.2
SLOW_COMMIT_S = 0.7
POLL_MS = {"safety": 90, "belt": 120, "source": 200, "height": 300, "width": 300}
"""Slower than the drivers' own choice and inside what their settings and the lane's ages allow."""

_BEGIN: dict[Kind, dict[str, object]] = {
    Kind.ESTOP: {"do": "estop"},
    Kind.DOOR: {"do": "door", "on": True},
    Kind.PERSON: {"do": "person", "on": True},
    Kind.KEY: {"do": "key", "position": "off"},
    Kind.DRIVE_FAULT: {"do": "drive_fault", "persists": True},
    Kind.BELT_JAM: {"do": "damage", "what": "belt_jammed", "on": True},
    Kind.SOURCE_FAULT: {"do": "source_fault", "what": "over_voltage", "persists": True},
    Kind.ARC: {"do": "arc"},
    Kind.LAMP: {"do": "damage", "what": "lamp_broken", "on": True},
    Kind.HORN: {"do": "damage", "what": "horn_broken", "on": True},
    Kind.BOARD_POWER: {"do": "power", "what": "board", "on": False},
}
_END: dict[Kind, dict[str, object]] = {
    Kind.ESTOP: {"do": "estop_release"},
    Kind.DOOR: {"do": "door", "on": False},
    Kind.PERSON: {"do": "person", "on": False},
    Kind.KEY: {"do": "key", "position": "on"},
    Kind.DRIVE_FAULT: {"do": "repair"},
    Kind.BELT_JAM: {"do": "damage", "what": "belt_jammed", "on": False},
    Kind.SOURCE_FAULT: {"do": "repair"},
    Kind.LAMP: {"do": "damage", "what": "lamp_broken", "on": False},
    Kind.HORN: {"do": "damage", "what": "horn_broken", "on": False},
    Kind.BOARD_POWER: {"do": "power", "what": "board", "on": True},
}
_PEOPLE = {Kind.ESTOP, Kind.DOOR, Kind.PERSON, Kind.KEY}


class SimPlace:
    """The simulated lane as people stand in it."""

    def __init__(self, lane: SimLane, logic: LaneLogic, loop: VirtualLoop) -> None:
        self.plant = lane.plant
        self.lane = lane
        self._logic = logic
        self._loop = loop

    def sync(self) -> int:
        """Live up to the present; return it in milliseconds."""
        now_ms = round((self._loop.time() - START_S) * 1000)
        passed_ms = now_ms - self.lane.now_ms
        if passed_ms >= STRIDE_MS or (passed_ms >= STEP_MS and not self.lane.is_at_rest):
            self.lane.advance(now_ms)
        return now_ms

    def look(self) -> None:
        """The board looks by itself; the button must be held down long enough."""
        self.lane.press_reset()

    @property
    def stands(self) -> bool:
        """True while the belt stands."""
        return self.plant.actuators.belt_speed_mm_s == 0.0

    @property
    def key_edges(self) -> int:
        """Turns of the key as the board reports them; 1 while it is silent."""
        board = self._logic.supervisor.board
        return board.key_edges if board is not None and board.session else 1


class Wreckers:
    """Carries a schedule out through the harness of the simulated lane."""

    def __init__(self, place: SimPlace, loop: VirtualLoop, journal: SlowJournal, logic: LaneLogic):
        self._place = place
        self._loop = loop
        self._journal = journal
        self._logic = logic
        self._harness = Harness(place.lane)
        self._standing: Counter[Kind] = Counter()
        self.worker = Link("worker", logic.supervisor)
        self.coverage: Coverage = Counter()

    def dangerous(self) -> bool:
        return any(self._standing[kind] for kind in _PEOPLE)

    async def run(self, troubles: Sequence[Trouble]) -> None:
        for trouble in troubles:
            wait_s = (trouble.at_ms - self._place.sync()) / 1000
            await asyncio.sleep(max(0.0, wait_s))
            self._place.sync()
            self.coverage[trouble.kind.value, self._logic.runner.state.lane.value] += 1
            if trouble.kind is Kind.CONTROL_STALL:
                self._loop.pass_time(trouble.duration_ms / 1000)
                continue
            self._standing[trouble.kind] += 1
            self._act(trouble, begins=True)
            self._loop.call_later(trouble.duration_ms / 1000, self._end, trouble)

    def _end(self, trouble: Trouble) -> None:
        self._place.sync()
        self._standing[trouble.kind] -= 1
        if not self._standing[trouble.kind]:
            self._act(trouble, begins=False)

    def _act(self, trouble: Trouble, *, begins: bool) -> None:
        kind = trouble.kind
        if kind is Kind.JOURNAL_SLOW:
            self._journal.commit_s = SLOW_COMMIT_S if begins else COMMIT_S
        elif kind is Kind.WORKER_DEATH:
            self.worker.cut() if begins else self.worker.mend()
        elif kind is Kind.SENSOR_STUCK:
            spot, sees = trouble.what.split("=")
            self._ask({"do": "sensor", "spot": spot, **({"sees": sees} if begins else {})})
        elif kind is Kind.BARRIER_JAM:
            self._ask({"do": "damage", "what": f"{trouble.what}_barrier_jammed", "on": begins})
        elif kind is Kind.DEVICE_LOST:
            self._lose(trouble.what, begins=begins)
        else:
            request = (_BEGIN if begins else _END).get(kind)
            if request is not None:
                self._ask(request)

    def _lose(self, device: str, *, begins: bool) -> None:
        """Answers of what speaks in requests are lost; readers and board lose their power."""
        if device == "board":
            self._ask(_BEGIN[Kind.BOARD_POWER] if begins else _END[Kind.BOARD_POWER])
        elif not begins:
            self._ask({"do": "line_clear"})
        elif device in self._place.lane.faults:
            fault = {"harm": "drop", "times": 0}
            self._ask({"do": "line_fault", "device": device, "fault": fault})

    def _ask(self, request: dict[str, object]) -> None:
        answer = self._harness.handle(request)
        assert answer["ok"], (request, answer)


def lane_folder(folder: Path, poll_ms: Mapping[str, int] = POLL_MS, lane: str = "cargo") -> Path:
    """Copy the shipped configuration with every serial port of a lane made an address in memory.

    Args:
        folder: where to.
        poll_ms: periods that its devices get instead of their own; the others keep theirs.
        lane: the lane's file, without its suffix.
    """
    config = folder / "config"
    shutil.copytree(shipped_config(), config)
    path = config / "lanes" / f"{lane}.toml"
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'port = "wires/(\w+)"', r'port = "socket://\1:7000"', text)
    for device, period_ms in poll_ms.items():
        section = re.compile(rf"(\[devices\.{device}\]\n(?:(?!\[)[^\n]*\n)*?)poll_ms = \d+\n")
        text = section.sub(r"\1", text)
        head = f"[devices.{device}]\n"
        assert head in text
        text = text.replace(head, f"{head}poll_ms = {period_ms}\n")
    path.write_text(text, encoding="utf-8")
    return config


class WireFit:
    """Attaches a simulated lane by real drivers over wires in memory.

    Args:
        config: the configuration.
        wreck: makes what can break the lane.
        lane: the lane's file in it, without its suffix.
    """

    def __init__(self, config: Path, wreck: type[Wreckers] = Wreckers, lane: str = "cargo") -> None:
        self._config = config
        self._wreck = wreck
        self._lane = lane
        self._fronts: list[TcpFront] = []

    def __call__(
        self, logic: LaneLogic, loop: VirtualLoop, clock: VirtualClock, journal: SlowJournal
    ) -> Fitted:
        lane_path = self._config / "lanes" / f"{self._lane}.toml"
        sim = SimLane(load_lane_file(lane_path), self._config / "devices", seed=1)
        place = SimPlace(sim, logic, loop)
        wreckers = self._wreck(place, loop, journal, logic)
        worker = WorldWorker(place, wreckers.worker)
        listen(worker, logic)
        around = Surroundings(
            sink=logic.supervisor,
            alive=logic.ticker.alive,
            now_ns=clock.monotonic_ns,
            state_folder=self._config,
            map_folder=self._config / "devices",
            file=str(lane_path),
        )
        lane = logic.lane
        built = build(lane.buses, lane.devices, around)
        board, source = built.devices[lane.board], built.devices[lane.source.device]
        conveyor, safety = built.devices[lane.belt.device], built.devices[lane.safety]
        assert isinstance(board, PermitBoard)
        assert isinstance(source, XraySource)
        assert isinstance(conveyor, Conveyor)
        assert isinstance(safety, SafetyController)
        board.on_report = logic.report
        devices = Devices(
            board=board, source=source, conveyor=conveyor, safety=safety, worker=worker
        )

        async def pump() -> None:
            for wire, factory in sim.tcp.items():
                self._fronts.append(await serve_tcp(factory, wire.host, wire.port, place.sync))
            while True:
                place.sync()
                worker.poll()
                for front in self._fronts:
                    front.poll()
                await asyncio.sleep(REST_PUMP_S if sim.is_at_rest else PUMP_S)

        async def self_check() -> None:
            while True:
                now_ns = clock.monotonic_ns()
                ours = ["lane.storage", "lane.clock", "lane.rules"]
                if wreckers.worker.up:
                    ours += ["worker.detector", "worker.calibration"]
                logic.supervisor.deliver(tuple(Point(each, Input.OK) for each in ours), now_ns)
                await asyncio.sleep(SELF_S)

        device_runs = [device.run for device in built.devices.values()]
        bus_runs = [bus.run for bus in built.buses.values()]
        return Fitted(place, devices, (pump, self_check, *bus_runs, *device_runs), wreckers)


def run_full(plan: Plan, folder: Path) -> Result:
    """Run a plan with real drivers, its journal and configuration in an empty folder."""
    config = lane_folder(folder)
    return run_plan(plan, folder, config, WireFit(config))
