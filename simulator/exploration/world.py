"""The small plant that the explorer drives the real core against: truth, board, pending commits.

What is left out, and why nothing is lost by it, stands in `simulator/explorer.py`.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from edge.core import events as ev
from edge.core.effects import KINDS, Effect, Nature, Request, Target
from edge.core.state import State, restarted
from edge.core.tracking import Sensor
from edge.core.values import Plausibility, Presence
from simulator.exploration.core import WARNING_TICKS, Cores, Trouble, committed, reading, sensed

GOODS, HERD = 1, 2
"""The two units and their tokens: one to be scanned (until corrected), one always exempt."""

STRANGER = 3
"""The token of an arrival that is neither unit coming anew: something the core misread."""

SERVICE = -1
"""The token of every service mission: one ends before the next begins."""

AWAY, WAITING, CROSSING, INSIDE, DEEP, LEAVING, AT_EXIT, EXIT = range(8)
"""Places of a unit in the order it meets them; each step changes exactly one sensor."""

CLOSED, OPEN, CLOSING = range(3)
"""Where the entry barrier is."""

NONE, LIT, LOST = range(3)
"""Dose of the goods: never in the beam, in the beam, or the beam went off over them."""

LEASE_TICKS, MOST_PENDING = 2, 1

_MOST_READINGS = 8


class Batch(NamedTuple):
    """Effects that wait for a commit, and the token its beam intent is for (0: none)."""

    intent: int
    requests: tuple[Request, ...]


class World(NamedTuple):
    """One composite state. ``core`` is the number of a core state in `Cores`.

    Attributes:
        core: number of the core's state.
        down: the controller's process is not running.
        pending: commits under way, oldest first.
        goods: place of the unit to be scanned.
        herd: place of the exempt unit.
        corrected: a corrected manifest has made the goods exempt.
        refused: the driver of the goods has refused to drive through.
        dose: what the beam has done to the goods.
        merged: two units have covered tunnel-in at once since it was last clear.
        trouble: what is wrong.
        unread: what is wrong has begun, but has not been read yet.
        secured: search-and-secure is valid.
        service: the key stands in SERVICE.
        keyed: a key edge has happened since the process started.
        resecured: search-and-secure was made since the process started.
        belt: the belt runs.
        entry: where the entry barrier is.
        exit: the exit barrier is open.
        lamp: the warning is on.
        warned: ticks of unbroken warning, saturating.
        detector: token the detector is armed for.
        armed: token the board is armed for.
        proof: the board's own count of the warning.
        lease: ticks of lease left; the relay is closed while it is not 0.
        ended: the board has ended an arming and waits for OFF.
        hv: high voltage is commanded.
        glow: the feedbacks see high voltage, relay and beam.
        sworn: token whose beam intent is on disk and not withdrawn since.
    """

    core: int
    down: bool
    pending: tuple[Batch, ...]
    goods: int
    herd: int
    corrected: bool
    refused: bool
    dose: int
    merged: bool
    trouble: Trouble
    unread: bool
    secured: bool
    service: bool
    keyed: bool
    resecured: bool
    belt: bool
    entry: int
    exit: bool
    lamp: bool
    warned: int
    detector: int
    armed: int
    proof: int
    lease: int
    ended: bool
    hv: bool
    glow: bool
    sworn: int


COVERED: dict[Sensor, tuple[int, int]] = {
    Sensor.ENTRY: (WAITING, CROSSING),
    Sensor.TUNNEL_IN: (CROSSING, INSIDE),
    Sensor.TUNNEL_OUT: (LEAVING, AT_EXIT),
    Sensor.EXIT: (AT_EXIT, EXIT),
}
"""The places in which a unit covers each sensor."""


class Sheet:
    """A world being changed: takes events to the core and carries its effects out."""

    __slots__ = (*World._fields, "cores")

    def __init__(self, world: World, cores: Cores) -> None:
        self.cores = cores
        (
            self.core, self.down, self.pending, self.goods, self.herd, self.corrected,
            self.refused, self.dose, self.merged, self.trouble, self.unread, self.secured,
            self.service, self.keyed, self.resecured, self.belt, self.entry, self.exit, self.lamp,
            self.warned, self.detector, self.armed, self.proof, self.lease, self.ended, self.hv,
            self.glow, self.sworn,
        ) = world  # fmt: skip

    def freeze(self) -> World:
        """The world after the change: devices' answers are read, the dose follows the goods."""
        if not (self.down or self.unread):
            self.read()
        if self.goods == AWAY:
            self.dose, self.corrected, self.refused = NONE, False, False
        elif INSIDE <= self.goods <= LEAVING and self.hv and self.lease:
            self.dose = LIT if self.dose == NONE else self.dose
        if self.dose == LIT and not self.lease and self.goods < EXIT:
            self.dose = LOST
        return World(
            self.core, self.down, self.pending, self.goods, self.herd, self.corrected,
            self.refused, self.dose, self.merged, self.trouble, self.unread, self.secured,
            self.service, self.keyed, self.resecured, self.belt, self.entry, self.exit, self.lamp,
            self.warned, self.detector, self.armed, self.proof, self.lease, self.ended, self.hv,
            self.glow, self.sworn,
        )  # fmt: skip

    @property
    def state(self) -> State:
        """The core's state."""
        return self.cores.states[self.core]

    def tell(self, event: ev.Event) -> None:
        """Have the core take an event and obey its effects by the runner's rules."""
        done = self.cores.step(self.core, event)
        self.core = done.core
        for request in done.now:
            self._cancel(KINDS[request.effect].target)
            ACTS[request.effect](self, request.token)
        if not done.written:
            self._carry_out(done.later)
        elif self.pending or done.intent or _waits(done.later):
            while len(self.pending) >= MOST_PENDING:
                self.commit()
            self.pending = (*self.pending, Batch(done.intent, done.later))
        else:
            self._carry_out(done.later)

    def commit(self) -> None:
        """The oldest pending commit reaches the disk."""
        batch, self.pending = self.pending[0], self.pending[1:]
        if batch.intent:
            self.sworn = batch.intent
        self._carry_out(batch.requests)

    def _carry_out(self, requests: tuple[Request, ...]) -> None:
        for request in requests:
            ACTS[request.effect](self, request.token)

    def _cancel(self, target: Target) -> None:
        kept = []
        for batch in self.pending:
            requests = tuple(r for r in batch.requests if _stays(r.effect, target))
            if requests or batch.intent:
                kept.append(Batch(batch.intent, requests))
        self.pending = tuple(kept)

    def read(self) -> None:
        """Have the core read its inputs until they rest: obeying may change them again."""
        self.unread = False
        for _ in range(_MOST_READINGS):
            look = self.look()
            if self.state.inputs == look.inputs:
                return
            self.tell(look)
        raise AssertionError(self.state.inputs)

    def look(self) -> ev.InputsChanged:
        """What the lane would read now."""
        return reading(
            self.trouble, secured=self.secured, lamp=self.lamp, shut=self.entry == CLOSED,
            belt=self.belt, glow=self.glow, service=self.service,
        )  # fmt: skip

    def pass_time(self) -> None:
        """One tick on the board and on the lamp."""
        self.warned = min(self.warned + 1, WARNING_TICKS) if self.lamp else 0
        if self.armed:
            self.proof = min(self.proof + 1, WARNING_TICKS) if self.lamp else 0
        if self.lease:
            self.lease -= 1
            if not self.lease:
                self.end_arming()

    def end_arming(self) -> None:
        """The board opens its relay by itself; nothing but OFF gets it out of this."""
        self.armed, self.proof, self.lease, self.ended = 0, 0, 0, True

    def place(self, unit: int) -> int:
        """Where a unit is."""
        return self.goods if unit == GOODS else self.herd

    def put(self, unit: int, place: int) -> None:
        """Move a unit; the sensor edges that this makes are told at once, unless nobody reads."""
        before = {sensor: self.covered(sensor) for sensor in COVERED}
        if unit == GOODS:
            self.goods = place
        else:
            self.herd = place
        over = COVERED[Sensor.TUNNEL_IN]
        both = self.goods in over and self.herd in over
        self.merged = both or self.merged
        if not self.down and self.trouble is not Trouble.SILENCE:
            for sensor, was in before.items():
                if self.covered(sensor) is not was:
                    self._tell_sensor(sensor, unit)
        if not self.covered(Sensor.TUNNEL_IN):
            self.merged = False

    def covered(self, sensor: Sensor) -> bool:
        """Whether any unit covers a sensor."""
        places = COVERED[sensor]
        return self.goods in places or self.herd in places

    def _tell_sensor(self, sensor: Sensor, unit: int) -> None:
        known = any(i.token == unit for i in self.state.inspections)
        presence = Presence.OCCUPIED if self.covered(sensor) else Presence.CLEAR
        length = Plausibility.IMPLAUSIBLE if self.merged else Plausibility.PLAUSIBLE
        self.tell(sensed(sensor, presence, STRANGER if known else unit, length))

    def read_all_sensors(self) -> None:
        """Tell the core all four sensors, after a start or a silence."""
        for sensor in COVERED:
            presence = Presence.OCCUPIED if self.covered(sensor) else Presence.CLEAR
            if self.trouble is Trouble.SILENCE:
                presence = Presence.UNKNOWN
            self.tell(sensed(sensor, presence, STRANGER, Plausibility.UNKNOWN))


def _waits(requests: tuple[Request, ...]) -> bool:
    return any(KINDS[request.effect].nature is Nature.PERMISSIVE for request in requests)


def _stays(effect: Effect, target: Target) -> bool:
    kind = KINDS[effect]
    return kind.nature is not Nature.PERMISSIVE or kind.target is not target


def _withdraw(sheet: Sheet, _token: int) -> None:
    sheet.armed, sheet.proof, sheet.lease, sheet.ended, sheet.sworn = 0, 0, 0, False, 0


def _arm_board(sheet: Sheet, token: int) -> None:
    if not sheet.ended:
        sheet.armed, sheet.proof = token, 0


def _renew(sheet: Sheet, token: int) -> None:
    if sheet.armed == token and sheet.proof == WARNING_TICKS and sheet.lamp:
        sheet.lease = LEASE_TICKS


def _hv(*, on: bool) -> Callable[[Sheet, int], None]:
    def act(sheet: Sheet, _token: int) -> None:
        sheet.hv = on

    return act


def _belt(*, on: bool) -> Callable[[Sheet, int], None]:
    def act(sheet: Sheet, _token: int) -> None:
        sheet.belt = on

    return act


def _open_entry(sheet: Sheet, _token: int) -> None:
    sheet.entry = OPEN


def _close_entry(sheet: Sheet, _token: int) -> None:
    if sheet.entry == OPEN:
        sheet.entry = CLOSING


def _exit(*, opened: bool) -> Callable[[Sheet, int], None]:
    def act(sheet: Sheet, _token: int) -> None:
        sheet.exit = opened

    return act


def _detector(sheet: Sheet, token: int) -> None:
    sheet.detector = token


def _no_detector(sheet: Sheet, _token: int) -> None:
    sheet.detector = 0


def _lamp(*, on: bool) -> Callable[[Sheet, int], None]:
    def act(sheet: Sheet, _token: int) -> None:
        sheet.lamp = on
        sheet.warned = sheet.warned if on else 0

    return act


def _confirm(sheet: Sheet, token: int) -> None:
    sheet.tell(committed(token))


ACTS: dict[Effect, Callable[[Sheet, int], None]] = {
    Effect.WITHDRAW: _withdraw,
    Effect.HV_OFF: _hv(on=False),
    Effect.STOP_BELT: _belt(on=False),
    Effect.CLOSE_ENTRY: _close_entry,
    Effect.CLOSE_EXIT: _exit(opened=False),
    Effect.END_SCAN: _no_detector,
    Effect.CANCEL_SCAN: _no_detector,
    Effect.ARM_DETECTOR: _detector,
    Effect.PREPARE_SOURCE: lambda _sheet, _token: None,
    Effect.START_WARNING: _lamp(on=True),
    Effect.ARM_BOARD: _arm_board,
    Effect.RENEW_LEASE: _renew,
    Effect.HV_ON: _hv(on=True),
    Effect.OPEN_ENTRY: _open_entry,
    Effect.OPEN_EXIT: _exit(opened=True),
    Effect.START_BELT: _belt(on=True),
    Effect.STOP_WARNING: _lamp(on=False),
    Effect.CONFIRM_COMMIT: _confirm,
}
"""What each effect does to the plant; asking people does nothing to it."""


def first_world(cores: Cores) -> World:
    """A process that has just started in an empty, unsearched hall and has read it once."""
    world = World(
        core=cores.number(restarted(())), down=False, pending=(), goods=AWAY, herd=AWAY,
        corrected=False, refused=False, dose=NONE, merged=False, trouble=Trouble.NOTHING,
        unread=False, secured=False, service=False, keyed=False, resecured=False, belt=False,
        entry=CLOSED, exit=False, lamp=False, warned=0, detector=0, armed=0, proof=0, lease=0,
        ended=False, hv=False, glow=False, sworn=0,
    )  # fmt: skip
    sheet = Sheet(world, cores)
    sheet.read_all_sensors()
    return sheet.freeze()


Next = Iterator[tuple[str, Sheet]]
"""What can happen next: a name and the world after it, still open."""
