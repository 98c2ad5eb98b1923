"""What a change of a presence sensor leads to: arrivals, units inside, out, gone, tracking lost."""

from collections.abc import Callable

from edge.core.effects import Effect, EntryKind
from edge.core.events import SensorChanged
from edge.core.faults import Fault
from edge.core.inspection import REDECIDABLE, Happening, Inspection, InspectionState
from edge.core.lane import TAKING_IN, LaneState, Trigger
from edge.core.missions import drop, retract, withdraw
from edge.core.state import Freshness, Work
from edge.core.tracking import Context, Move, tokens, track
from edge.core.values import Input


def sensor_changed(work: Work, event: SensorChanged) -> None:
    """Take one sensor change: a token moves, or the tracking is lost."""
    state = work.state
    context = Context(
        fresh=event.token,
        length=event.length,
        admitting=state.lane in TAKING_IN,
        separated=state.inputs.entry_barrier is Input.OK,
    )
    moved = track(state.tracking, event.sensor, event.presence, context)
    if moved.move in {Move.LOST, Move.CONFLICT}:
        _lose_tracking(work, moved.move)
    work.state = work.state._replace(tracking=moved.tracking)
    if moved.move is not Move.NOTHING:
        work.state = work.state._replace(elapsed=0)
    handler = _MOVES.get(moved.move)
    if handler is not None:
        handler(work, moved.token)


def _lose_tracking(work: Work, move: Move) -> None:
    state = work.state
    lost = tokens(state.tracking)
    work.write(EntryKind.TRACKING_LOST, 0, move.value)
    work.state = state._replace(secured=Freshness.OLD)
    if move is Move.CONFLICT or state.lane not in {LaneState.READY, LaneState.PROVING}:
        work.raise_fault(Fault.TRACKING_CONFLICT, present=False)
    for token in lost:
        inspection = work.inspection(token)
        if inspection is not None and inspection.state in _ABANDONABLE:
            work.happen(token, Happening.ABANDONED)
            work.write(EntryKind.SCAN_NOT_COMPLETED, token, "tracking_lost")


def _arrived(work: Work, token: int) -> None:
    opened = Inspection(token, InspectionState.IDENTIFYING, gone=False, held_ticks=0)
    work.state = work.state._replace(inspections=(*work.state.inspections, opened))
    work.write(EntryKind.INSPECTION_OPENED, token)


def _taken_away(work: Work, token: int) -> None:
    if work.state.mission == token:
        drop(work)
    inspection = work.inspection(token)
    if inspection is None:
        return
    if inspection.state is InspectionState.TURNING_AWAY:
        work.write(EntryKind.UNIT_TURNED_AWAY, token)
    elif inspection.state in REDECIDABLE:
        work.happen(token, Happening.ABANDONED)
        work.write(EntryKind.SCAN_NOT_COMPLETED, token, "taken_away")
    _left(work, token, "entry")


def _inside(work: Work, _token: int) -> None:
    work.ask(Effect.CLOSE_ENTRY)


def _leaving(work: Work, _token: int) -> None:
    if work.state.lane in {LaneState.ADMITTING, LaneState.INTENT}:
        withdraw(work, "no_beam_in_time")


def _out(work: Work, token: int) -> None:
    if work.state.mission != token:
        return
    if work.state.lane is LaneState.SCANNING:
        retract(work, Effect.END_SCAN)
        work.happen(token, Happening.SCAN_ENDED)
        work.write(EntryKind.SCAN_ENDED, token)
    work.ask(Effect.STOP_BELT)
    work.move(Trigger.OUT)


def _gone(work: Work, token: int) -> None:
    released_now = work.state.lane is LaneState.RELEASING and work.state.mission == token
    if released_now:
        work.ask(Effect.STOP_BELT, Effect.CLOSE_EXIT)
        work.move(Trigger.LEFT)
    _left(work, token, "exit" if released_now else "exit_unreleased")


def _left(work: Work, token: int, cause: str) -> None:
    work.write(EntryKind.UNIT_LEFT, token, cause)
    inspection = work.inspection(token)
    if inspection is not None:
        work.put(inspection._replace(gone=True))


_ABANDONABLE = REDECIDABLE | {InspectionState.SCANNING}

_MOVES: dict[Move, Callable[[Work, int], None]] = {
    Move.ARRIVED: _arrived,
    Move.TAKEN_AWAY: _taken_away,
    Move.INSIDE: _inside,
    Move.LEAVING: _leaving,
    Move.OUT: _out,
    Move.GONE: _gone,
}
