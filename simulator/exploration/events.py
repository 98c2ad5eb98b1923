"""Everything that can happen in the explored world: people, units, time, messages, power."""

from collections.abc import Callable
from functools import cache

from edge.core import events as ev
from edge.core.effects import Effect
from edge.core.faults import CATALOGUE, Fault, FaultClass
from edge.core.inspection import REDECIDABLE, InspectionState
from edge.core.lane import DRIVING, PREPARED, SERVING, STOPPED, LaneState
from edge.core.tracking import Certainty
from edge.law.verdicts import VerdictKind
from simulator.exploration.core import Cores, Trouble
from simulator.exploration.world import (
    ACTS,
    AWAY,
    CLOSED,
    CLOSING,
    CROSSING,
    EXIT,
    GOODS,
    HERD,
    INSIDE,
    SERVICE,
    WAITING,
    Next,
    Sheet,
    World,
)

TICK = ev.Tick(1)
STALLED = ev.Stalled()
LEASE_LOST = ev.LeaseLost()
ACKNOWLEDGED = ev.Acknowledged()
LOCAL_RESET = ev.LocalReset()
DRIVE_FAULT = ev.FaultRaised(Fault.CONVEYOR_FAULT, present=False)

_REVERSIBLE = {CROSSING, INSIDE}
_AT_REST = STOPPED | {LaneState.PROVING}
_TROUBLES_AT_REST = (Trouble.PERSON, Trouble.KEY_OFF)
_TROUBLES = (*_TROUBLES_AT_REST, Trouble.ESTOP, Trouble.SILENCE)
_OUTSIDE = {AWAY, WAITING}
_REFUSABLE = REDECIDABLE | {InspectionState.SCANNING}
_UNITS = {GOODS: "goods", HERD: "herd"}


def successors(world: World, cores: Cores) -> Next:
    """Every thing that can happen in this world, with the world it leads to."""
    for source in _SOURCES:
        yield from source(world, cores)


def _time(world: World, cores: Cores) -> Next:
    """Time passes: for all, or for board and lamp alone while the controller stands still."""
    sheet = Sheet(world, cores)
    if not (world.down or world.unread):
        sheet.pass_time()
        sheet.tell(TICK)
        yield "tick", sheet
    if not (world.armed or world.lease):
        return
    sheet = Sheet(world, cores)
    sheet.pass_time()
    yield "time passes for the board alone", sheet
    if not world.down:
        sheet = Sheet(world, cores)
        sheet.pass_time()
        sheet.tell(STALLED)
        yield "the controller notices that it stood still", sheet


def _board(world: World, cores: Cores) -> Next:
    """The board ends the arming for reasons of its own; that is reported sooner or later."""
    if world.armed:
        sheet = Sheet(world, cores)
        sheet.end_arming()
        yield "the board ends the arming", sheet
    if world.ended and not world.down:
        sheet = Sheet(world, cores)
        sheet.tell(LEASE_LOST)
        yield "the board reports the end of the lease", sheet


def _generator(world: World, cores: Cores) -> Next:
    """Feedback of the tube follows, or fails to follow, its command."""
    if world.glow is not (world.hv and world.lease > 0):
        sheet = Sheet(world, cores)
        sheet.glow = not world.glow
        yield "beam feedback on" if sheet.glow else "beam feedback off", sheet


def _journal(world: World, cores: Cores) -> Next:
    if world.pending and not world.down:
        sheet = Sheet(world, cores)
        sheet.commit()
        yield "a commit reaches the disk", sheet


def _reading(world: World, cores: Cores) -> Next:
    if world.unread and not world.down:
        sheet = Sheet(world, cores)
        sheet.read()
        yield "inputs are read", sheet


def _people(world: World, cores: Cores) -> Next:
    """One thing goes wrong, or what is wrong goes right again."""
    if world.glow and not world.lease:  # the tube's decay is over before anything else happens
        return
    if world.trouble is Trouble.NOTHING:
        at_rest = cores.states[world.core].lane in _AT_REST
        for trouble in _TROUBLES_AT_REST if at_rest else _TROUBLES:
            yield f"{trouble.value} begins", _begin(Sheet(world, cores), trouble)
        if not world.secured and _searchable(world, cores):
            sheet = Sheet(world, cores)
            sheet.secured = sheet.resecured = True
            yield "search and secure", sheet
        return
    if world.unread:  # a visit and a latched button both last longer than one reading
        return
    sheet = Sheet(world, cores)
    sheet.trouble = Trouble.NOTHING
    if world.trouble is Trouble.KEY_OFF:
        sheet.keyed = True
    elif world.trouble is Trouble.SILENCE:
        _hear(sheet)
    yield f"{world.trouble.value} ends", sheet


def _service(world: World, cores: Cores) -> Next:
    """The key is turned to SERVICE over an empty lane; the law permits a mission, which ends."""
    state = cores.states[world.core]
    if world.trouble is Trouble.NOTHING and not world.unread:
        empty = (world.goods, world.herd) == (AWAY, AWAY) and not state.inspections
        if world.service or (empty and state.lane is LaneState.READY and not world.down):
            sheet = Sheet(world, cores)
            sheet.service = not world.service
            yield "the key leaves SERVICE" if world.service else "the key goes to SERVICE", sheet
    if world.down:
        return
    told: list[tuple[str, ev.Event]] = []
    if world.service and state.lane is LaneState.READY:
        told.append(("the law permits a service mission", about(ev.ServicePermitted, SERVICE)))
    if state.lane in SERVING:
        told.append(("the service mission is aborted", about(ev.AbortRequested, SERVICE)))
    if state.lane is LaneState.SERVICE_BEAM:
        told.append(("the service mission is done", about(ev.ServiceDone, SERVICE)))
    for name, event in told:
        sheet = Sheet(world, cores)
        sheet.tell(event)
        yield name, sheet


def _searchable(world: World, cores: Cores) -> bool:
    """Who searches a lane that has lost its units finds the one that no sensor sees."""
    tracked = cores.states[world.core].tracking.certainty is Certainty.TRACKED
    return tracked or (world.goods in _OUTSIDE and world.herd in _OUTSIDE)


def _begin(sheet: Sheet, trouble: Trouble) -> Sheet:
    sheet.trouble = trouble
    if trouble is Trouble.SILENCE:
        _hear(sheet)
        return sheet
    # Late reading matters only where something permissive is on; elsewhere it is read at once.
    sheet.unread = bool(sheet.lamp or sheet.armed or sheet.lease)
    if trouble is not Trouble.KEY_OFF:
        sheet.resecured = False
    if trouble is Trouble.PERSON:
        sheet.secured = False
    elif trouble is Trouble.ESTOP:
        sheet.keyed = False
    return sheet


def _hear(sheet: Sheet) -> None:
    """The safety controller falls silent or speaks again: inputs and sensors change together."""
    if not sheet.down:
        sheet.tell(sheet.look())
        sheet.read_all_sensors()


def _units(world: World, cores: Cores) -> Next:
    if world.unread:  # a unit takes longer from sensor to sensor than one reading of the inputs
        return
    for unit, name in _UNITS.items():
        other = world.herd if unit == GOODS else world.goods
        place = world.goods if unit == GOODS else world.herd
        for verb, after in _moves(world, cores, unit, place, other):
            sheet = Sheet(world, cores)
            sheet.put(unit, after)
            yield f"{name} {verb}", sheet


def _moves(world: World, cores: Cores, unit: int, place: int, other: int) -> list[tuple[str, int]]:
    """Where physics lets one unit go: units keep their order and touch at most."""
    if place == AWAY:
        known = any(i.token == unit for i in cores.states[world.core].inspections)
        return [] if known or other == WAITING else [("arrives", WAITING)]
    found = []
    passable = place != WAITING or world.entry != CLOSED
    released = place != EXIT or world.exit
    if world.belt and passable and released and place + 1 != other:
        found.append(("moves on", (place + 1) % (EXIT + 1)))
    # A closed entry barrier stands behind a unit that is inside: it cannot come back over it.
    if world.belt and place in _REVERSIBLE and place - 1 != other and world.entry != CLOSED:
        found.append(("comes back", place - 1))
    if place == WAITING:
        found.append(("is taken away", AWAY))
    elif world.trouble is Trouble.PERSON and not world.belt:
        found.append(("is taken out of the hall", AWAY))
    return found


def _entry_barrier(world: World, cores: Cores) -> Next:
    if world.entry == CLOSING and CROSSING not in (world.goods, world.herd):
        sheet = Sheet(world, cores)
        sheet.entry = CLOSED
        yield "the entry barrier closes", sheet


@cache
def verdict(token: int, kind: VerdictKind, route: ev.Route) -> ev.Event:
    """One object per verdict."""
    return ev.VerdictGiven(token, kind, route)


@cache
def about(kind: Callable[[int], ev.Event], token: int) -> ev.Event:
    """One object per event that only names a token."""
    return kind(token)


@cache
def answer(token: int, said: ev.Answer) -> ev.Event:
    """One object per answer."""
    return ev.HoldAnswered(token, said)


@cache
def by_code(fault: Fault) -> ev.Event:
    """One object per acknowledgement of one fault."""
    return ev.Acknowledged(fault)


def _verdicts(world: World, cores: Cores) -> Next:
    """The law speaks of each unit's truth; for the goods a corrected manifest may change it."""
    if world.down:
        return
    for inspection in cores.states[world.core].inspections:
        token, open_ = inspection.token, inspection.state
        if open_ not in REDECIDABLE and open_ is not InspectionState.SCANNING:
            continue
        if token == GOODS and not world.corrected:
            for kind in (VerdictKind.SCAN, VerdictKind.HOLD):
                sheet = Sheet(world, cores)
                sheet.tell(verdict(token, kind, ev.Route.PASS))
                yield f"verdict {kind.value} for goods", sheet
        sheet = Sheet(world, cores)
        sheet.corrected = sheet.corrected or token == GOODS
        sheet.tell(verdict(token, VerdictKind.EXEMPT, ev.Route.PASS))
        yield f"verdict exempt for {_UNITS.get(token, 'stranger')}", sheet


def _officers(world: World, cores: Cores) -> Next:
    """Answers to a hold, outcomes, abort, acknowledgement, local reset."""
    if world.down:
        return
    state = cores.states[world.core]
    for inspection in state.inspections:
        for event in _possible(world, inspection.token, inspection.state):
            sheet = Sheet(world, cores)
            sheet.tell(event)
            yield f"{type(event).__name__} {inspection.state.value}", sheet
    refusable = any(i.token == GOODS and i.state in _REFUSABLE for i in state.inspections)
    if refusable and not world.refused:
        sheet = Sheet(world, cores)
        sheet.refused = True
        sheet.tell(about(ev.DriverRefused, GOODS))
        yield "the driver refuses", sheet
    if state.lane in PREPARED:
        sheet = Sheet(world, cores)
        sheet.tell(about(ev.AbortRequested, state.mission))
        yield "abort", sheet
    for fault in (active.fault for active in state.faults):
        if CATALOGUE[fault].kind is FaultClass.STOP:
            sheet = Sheet(world, cores)
            sheet.tell(by_code(fault))
            yield "acknowledged by its code", sheet
    kinds = {CATALOGUE[active.fault].kind for active in state.faults}
    for kind, event, name in (
        (FaultClass.STOP, ACKNOWLEDGED, "acknowledged"),
        (FaultClass.TRIP, LOCAL_RESET, "local reset"),
    ):
        if kind in kinds:
            sheet = Sheet(world, cores)
            sheet.tell(event)
            yield name, sheet


def _possible(world: World, token: int, where: InspectionState) -> list[ev.Event]:
    if where is InspectionState.ON_HOLD:
        said = (ev.Answer.PASS,) if world.corrected else (ev.Answer.SCAN, ev.Answer.TURN_AWAY)
        return [answer(token, one) for one in said]
    if where is InspectionState.IMAGING:
        return [about(ev.ImageStored, token), about(ev.ImageFailed, token)]
    return [about(ev.OutcomeGiven, token)] if where is InspectionState.ANALYSIS else []


def _worker(world: World, cores: Cores) -> Next:
    """The image worker arms the detector and counts lines; the drive may fault."""
    if world.down:
        return
    state = cores.states[world.core]
    told: list[tuple[str, ev.Event]] = []
    if world.detector and not state.detector_armed:
        told.append(("the detector is armed", about(ev.DetectorArmed, world.detector)))
    if state.stall and world.detector:
        told.append(("lines arrive", about(ev.LinesProgressed, world.detector)))
    if state.lane is LaneState.SCANNING:
        told.append(("the image fails", about(ev.ImageFailed, state.mission)))
    if state.lane in DRIVING & PREPARED:
        told.append(("the drive faults", DRIVE_FAULT))
    for name, event in told:
        sheet = Sheet(world, cores)
        sheet.tell(event)
        yield name, sheet


_FIRST = (
    Effect.WITHDRAW, Effect.HV_OFF, Effect.STOP_BELT, Effect.CLOSE_ENTRY, Effect.CLOSE_EXIT,
    Effect.CANCEL_SCAN, Effect.STOP_WARNING,
)  # fmt: skip
"""What a new process does before anything else."""


def _power(world: World, cores: Cores) -> Next:
    """The process dies at any moment; while a lease runs on, the time until its start matters."""
    sheet = Sheet(world, cores)
    if world.down:
        _start(sheet)
        yield "the process starts", sheet
        return
    sheet.core, sheet.pending = cores.crashed(world.core), ()
    if world.lease:
        sheet.down = True
        yield "the process dies", sheet
    else:
        _start(sheet)
        yield "the process dies and starts", sheet


def _start(sheet: Sheet) -> None:
    sheet.glow = False  # a start takes longer than the tube's decay
    sheet.down, sheet.keyed, sheet.resecured = False, False, False
    for effect in _FIRST:
        ACTS[effect](sheet, 0)
    sheet.read_all_sensors()


_SOURCES = (
    _time, _board, _generator, _journal, _reading, _people, _service, _units, _entry_barrier,
    _verdicts, _officers, _worker, _power,
)  # fmt: skip
