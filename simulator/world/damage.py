"""Makes the troubles of a schedule happen in the in-process world, and ends them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

from edge.control.lane_logic import LaneLogic
from simulator.devices.mcu_permit import Permit
from simulator.hall.plant import Key, Sees, Spot
from simulator.hall.tube import Fault as TubeFault
from simulator.world.faults import Kind, Trouble
from simulator.world.hall import Hall
from simulator.world.journal import COMMIT_S, SlowJournal
from simulator.world.virtual_loop import VirtualLoop
from simulator.world.wires import Wires

SLOW_COMMIT_S = 0.7
_PEOPLE = frozenset({Kind.ESTOP, Kind.DOOR, Kind.PERSON, Kind.KEY})

Coverage = Counter[tuple[str, str]]
"""How often each kind of fault began in each lane state."""


class Saboteur:
    """Carries a schedule out.

    Args:
        loop: the world's loop, which a stalled control stands still with.
        hall: the hall.
        logic: the lane; only its state is looked at, for the coverage.
        wires: the devices.
        journal: the journal.
    """

    def __init__(
        self, loop: VirtualLoop, hall: Hall, logic: LaneLogic, wires: Wires, journal: SlowJournal
    ) -> None:
        self._loop = loop
        self._hall = hall
        self._logic = logic
        self._wires = wires
        self._journal = journal
        self._standing: Counter[Kind] = Counter()
        self.coverage: Coverage = Counter()

    def dangerous(self) -> bool:
        """Whether people are in the way just now, so that nobody resets anything."""
        return any(self._standing[kind] for kind in _PEOPLE)

    async def run(self, troubles: Sequence[Trouble]) -> None:
        """Let everything happen at its time."""
        for trouble in troubles:
            wait_s = (trouble.at_ms - self._hall.sync()) / 1000
            await asyncio.sleep(max(0.0, wait_s))
            self._begin(trouble)

    def _begin(self, trouble: Trouble) -> None:
        self._hall.sync()
        self.coverage[trouble.kind.value, self._logic.runner.state.lane.value] += 1
        if trouble.kind is Kind.CONTROL_STALL:
            self._loop.pass_time(trouble.duration_ms / 1000)
            return
        self._standing[trouble.kind] += 1
        _ACTS[trouble.kind](self, True, trouble.what)  # noqa: FBT003 - begins
        self._loop.call_later(trouble.duration_ms / 1000, self._end, trouble)

    def _end(self, trouble: Trouble) -> None:
        self._hall.sync()
        self._standing[trouble.kind] -= 1
        if not self._standing[trouble.kind]:
            _ACTS[trouble.kind](self, False, trouble.what)  # noqa: FBT003 - ends

    def estop(self, on: bool, _what: str) -> None:  # noqa: FBT001 - one shape for all acts
        """Press or release an emergency stop."""
        self._hall.plant.people.estop_pressed = on

    def door(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """Open or close a door."""
        self._hall.plant.people.doors_open = on

    def person(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """Somebody steps into the zone or out of it."""
        self._hall.plant.people.person_in_zone = on

    def key(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """Somebody turns the key off, and on again."""
        self._hall.plant.people.key = Key.OFF if on else Key.ON

    def drive(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The drive trips; its cause goes away, the fault stays until it is reset."""
        self._hall.belt.fault |= on
        self._hall.belt.fault_persists = on

    def belt_jam(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The belt slips on its drum."""
        self._hall.plant.damage.belt_jammed = on

    def barrier_jam(self, on: bool, what: str) -> None:  # noqa: FBT001
        """A barrier stays where it is."""
        plant = self._hall.plant
        for name, barrier in (("entry", plant.entry_barrier), ("exit", plant.exit_barrier)):
            if what == name or not on:
                barrier.jammed = on

    def sensor(self, on: bool, what: str) -> None:  # noqa: FBT001
        """A presence sensor sticks."""
        plant = self._hall.plant
        plant.stuck.clear()
        if on:
            spot, sees = what.split("=")
            plant.stuck[Spot(spot)] = Sees(sees)

    def device(self, on: bool, what: str) -> None:  # noqa: FBT001
        """A wire is cut, and mended."""
        if on:
            self._wires.cut(what)
            return
        for name, link in self._wires.links.items():
            if name != "worker":
                link.mend()

    def source(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The generator faults, and is repaired; the fault stays until it is reset."""
        if on:
            self._hall.tube.fail(TubeFault.OVER_VOLTAGE, persists=True)
        else:
            self._hall.tube.repair()

    def arc(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The tube arcs; four arcs in a row are a fault."""
        if on:
            self._hall.tube.arc()

    def lamp(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The warning lamp breaks."""
        self._hall.plant.damage.lamp_broken = on

    def horn(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The horn breaks."""
        self._hall.plant.damage.horn_broken = on

    def worker(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The image worker dies, and is started anew."""
        if on:
            self._wires.worker.die()
        else:
            self._wires.links["worker"].mend()

    def journal(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The disk is slow."""
        self._journal.commit_s = SLOW_COMMIT_S if on else COMMIT_S

    def board(self, on: bool, _what: str) -> None:  # noqa: FBT001
        """The permit board loses its power, and gets it back."""
        hall = self._hall
        hall.board = Permit(hall.memory, hall.now_ms)
        hall.session += 1
        hall.obeyed()
        if on:
            hall.memory.boots += 1
            self._wires.cut("board")
        else:
            self._wires.links["board"].mend()


_ACTS: dict[Kind, Callable[[Saboteur, bool, str], None]] = {
    Kind.ESTOP: Saboteur.estop,
    Kind.DOOR: Saboteur.door,
    Kind.PERSON: Saboteur.person,
    Kind.KEY: Saboteur.key,
    Kind.DRIVE_FAULT: Saboteur.drive,
    Kind.BELT_JAM: Saboteur.belt_jam,
    Kind.BARRIER_JAM: Saboteur.barrier_jam,
    Kind.SENSOR_STUCK: Saboteur.sensor,
    Kind.DEVICE_LOST: Saboteur.device,
    Kind.SOURCE_FAULT: Saboteur.source,
    Kind.ARC: Saboteur.arc,
    Kind.LAMP: Saboteur.lamp,
    Kind.HORN: Saboteur.horn,
    Kind.WORKER_DEATH: Saboteur.worker,
    Kind.JOURNAL_SLOW: Saboteur.journal,
    Kind.BOARD_POWER: Saboteur.board,
}
