"""What must hold in the explored world, each with a goal that must be reachable.

A rule whose goal is never reached would hold of a lane that does nothing.
"""

from collections.abc import Callable
from typing import NamedTuple

from edge.core.faults import RANK, FaultClass, highest
from edge.core.inspection import FINAL, UNSCANNED, Inspection, InspectionState
from edge.core.interlocks import MOTION, reasons_against
from edge.core.lane import RADIATING, SERVING, STOPPED, LaneState
from edge.core.state import State
from edge.core.tracking import Certainty, Phase
from edge.core.values import Input
from simulator.exploration.core import WARNING_TICKS, Trouble
from simulator.exploration.world import (
    AT_EXIT,
    AWAY,
    CROSSING,
    DEEP,
    EXIT,
    GOODS,
    HERD,
    INSIDE,
    LOST,
    NONE,
    OPEN,
    SERVICE,
    WAITING,
    World,
)

_TUNNEL = range(CROSSING, AT_EXIT + 1)
_UNDER = {LaneState.INTENT, LaneState.SCANNING}


class Change(NamedTuple):
    """One transition: the worlds and core states before and after, and what happened."""

    before: World
    was: State
    label: str
    after: World
    now: State


class Rule(NamedTuple):
    """One invariant.

    Attributes:
        name: what must hold.
        holds: of every reachable world (``None`` for a rule about changes).
        obeyed: by every transition (``None`` for a rule about worlds).
        goal: a transition that must exist.
        goal_name: the goal in words.
    """

    name: str
    holds: Callable[[World, State], bool] | None
    obeyed: Callable[[Change], bool] | None
    goal_name: str
    goal: Callable[[Change], bool]


def _record(state: State, token: int) -> Inspection | None:
    return next((one for one in state.inspections if one.token == token), None)


def _where(state: State, token: int) -> InspectionState | None:
    record = _record(state, token)
    return None if record is None else record.state


def exempt_is_never_irradiated(world: World, _state: State) -> bool:
    """No relay while an exempt unit is anywhere in the tunnel."""
    exempt = world.herd in _TUNNEL or (world.corrected and world.goods in _TUNNEL)
    return not (world.lease and exempt)


def refused_is_never_irradiated(world: World, _state: State) -> bool:
    """No relay while goods whose driver has refused are anywhere in the tunnel."""
    return not (world.lease and world.refused and world.goods in _TUNNEL)


def read_trouble_ends_the_beam(world: World, _state: State) -> bool:
    """What is wrong and has been read leaves no relay closed, even if the board sees nothing."""
    return not world.lease or world.down or world.unread or world.trouble is Trouble.NOTHING


def lost_scan_stays_dark(world: World, _state: State) -> bool:
    """Goods over which the beam went off are never under a closed relay again."""
    return not (world.lease and world.dose == LOST)


def beam_is_warned_of(world: World, _state: State) -> bool:
    """A closed relay has a full, unbroken warning behind it, and the lamp is on."""
    return not world.lease or (world.lamp and world.warned == WARNING_TICKS)


def lease_is_the_missions(world: World, state: State) -> bool:
    """A lease serves the token of the running scan or service mission only."""
    if not world.lease or world.down:
        return True
    return state.lane in RADIATING and state.mission == world.armed


def beam_without_a_unit_is_permitted(world: World, _state: State) -> bool:
    """Without a unit the relay is closed only with the key in SERVICE and the lane empty."""
    if not world.lease or world.down or world.armed != SERVICE:
        return True
    return world.service and world.goods == world.herd == AWAY


def service_has_no_unit_under_it(world: World, _state: State) -> bool:
    """With the key in SERVICE the relay is closed for a service mission or for nothing."""
    return not world.lease or world.down or not world.service or world.armed == SERVICE


def intent_is_on_disk(world: World, _state: State) -> bool:
    """The relay is closed only for the token whose beam intent is on disk."""
    return not world.lease or world.sworn == world.armed


def start_needs_local_edges(world: World, _state: State) -> bool:
    """No beam before a key edge and a search-and-secure since the start or the last e-stop."""
    return not world.lease or world.down or world.unread or (world.keyed and world.resecured)


def mission_is_alone(world: World, state: State) -> bool:
    """From the intent on, the mission's unit is inside and the other is not."""
    if world.down or state.lane not in _UNDER:
        return True
    mine, other = world.goods, world.herd
    if state.mission != GOODS:
        mine, other = other, mine
    return INSIDE <= mine <= AT_EXIT and other not in _TUNNEL


def stop_means_stop(world: World, state: State) -> bool:
    """Under a fault of class STOP or TRIP neither relay nor belt is on."""
    stopped = RANK[highest(state.faults)] >= RANK[FaultClass.STOP]
    return not (stopped and not world.down and (world.lease or world.belt))


def belt_waits_for_people(world: World, state: State) -> bool:
    """The belt stands once the zone has been read as not clear."""
    return world.down or state.inputs.zone is Input.OK or not world.belt


def exposure_is_recorded(world: World, state: State) -> bool:
    """Irradiated goods are never recorded as passed or turned away."""
    if world.dose == NONE or world.down:
        return True
    return _where(state, GOODS) not in UNSCANNED


def detector_is_the_missions(world: World, _state: State) -> bool:
    """Under a closed relay the detector is armed for the same token as the board."""
    serving = world.armed == SERVICE
    return not world.lease or world.down or serving or world.detector == world.armed


def doubt_about_place_is_dark(world: World, state: State) -> bool:
    """A lane that does not know where its units are has no beam."""
    tracked = state.tracking.certainty is Certainty.TRACKED
    return world.down or tracked or not world.lease


_MODES = {FaultClass.TRIP: LaneState.TRIPPED, FaultClass.STOP: LaneState.HELD}


def mode_tells_the_class(_world: World, state: State) -> bool:
    """Tripped under a TRIP, held under a STOP, and neither without: what people read is true."""
    strongest = highest(state.faults)
    expected = _MODES.get(strongest) if strongest is not None else None
    return state.lane is expected or (expected is None and state.lane not in STOPPED)


def trip_ends_locally(change: Change) -> bool:
    """Only a local reset (or a new process, which proves the lane anew) ends a TRIP."""
    trips = [highest(state.faults) is FaultClass.TRIP for state in (change.was, change.now)]
    if trips != [True, False]:
        return True
    return change.label in {"local reset", "the process dies and starts"}


def entry_opens_for_the_decided(change: Change) -> bool:
    """The entry opens for a unit whose verdict lets it in, or over one that is crossing."""
    if change.after.entry != OPEN or change.before.entry == OPEN:
        return True
    state = change.now
    decided = {InspectionState.CLEARED, InspectionState.PASSING}
    crossing = state.tracking.phase is Phase.ENTERING
    return crossing or _where(state, state.tracking.entry) in decided


def exit_opens_for_the_finished(change: Change) -> bool:
    """The exit opens for a unit whose record is final."""
    if not change.after.exit or change.before.exit:
        return True
    where = _where(change.now, change.now.tracking.exit)
    return where is None or where in FINAL


def voltage_needs_a_scan(change: Change) -> bool:
    """High voltage is switched on in a scan or service whose intent is on disk, nowhere else."""
    if not change.after.hv or change.before.hv:
        return True
    return change.now.lane in RADIATING and change.after.sworn == change.now.mission


def no_unit_comes_in_during_service(change: Change) -> bool:
    """The entry does not open for a unit while the key has been read in SERVICE."""
    if change.after.entry != OPEN or change.before.entry == OPEN:
        return True
    crossing = change.now.tracking.phase is Phase.ENTERING
    return crossing or change.now.inputs.service is not Input.OK


def belt_starts_in_a_good_hall(change: Change) -> bool:
    """The belt starts only while e-stop, doors and zone have been read good."""
    if not change.after.belt or change.before.belt:
        return True
    return not reasons_against(change.now.inputs, MOTION)


def _beam_begins(change: Change) -> bool:
    return bool(change.after.lease and not change.before.lease)


def _scan_concluded(change: Change) -> bool:
    was = _where(change.was, GOODS) is InspectionState.ANALYSIS
    return was and change.before.dose != NONE and "OutcomeGiven" in change.label


def _hold_ends_unscanned(change: Change) -> bool:
    turned = _where(change.was, GOODS) is InspectionState.TURNING_AWAY
    return turned and _where(change.now, GOODS) is None and change.after.goods == AWAY


RULES: tuple[Rule, ...] = (
    Rule("an exempt unit in the tunnel is never under a closed relay",
         exempt_is_never_irradiated, None,
         "irradiated goods get their outcome", _scan_concluded),
    Rule("a unit whose driver refused is never under a beam afterwards",
         refused_is_never_irradiated, None,
         "goods on their way to the beam are driven out when their driver refuses",
         lambda c: c.before.refused and c.after.goods == EXIT and c.after.dose == NONE
         and _where(c.now, GOODS) is InspectionState.NOT_COMPLETED),
    Rule("trouble that has been read ends the beam whatever the board sees",
         read_trouble_ends_the_beam, None,
         "a person enters under the beam",
         lambda c: bool(c.after.lease and c.after.trouble is Trouble.PERSON)),
    Rule("a scan that lost its beam is never irradiated again",
         lost_scan_stays_dark, None,
         "goods that lost their beam are driven to the exit",
         lambda c: c.after.dose == LOST and c.after.goods == EXIT),
    Rule("a full warning stands before and during each beam",
         beam_is_warned_of, None,
         "a broken warning begins anew",
         lambda c: c.was.lane is LaneState.WARNING and c.now.lane is LaneState.ARMING),
    Rule("a lease serves the running scan's token only",
         lease_is_the_missions, None,
         "a lease outlives the process that asked for it",
         lambda c: bool(c.after.down and c.after.lease)),
    Rule("beam without a unit only with the key in SERVICE and the lane empty",
         beam_without_a_unit_is_permitted, None,
         "a service mission ends because what it was for is done",
         lambda c: c.was.lane is LaneState.SERVICE_BEAM and c.before.lease > 0
         and "is done" in c.label and c.now.lane is LaneState.READY),
    Rule("with the key in SERVICE no unit is under a beam",
         service_has_no_unit_under_it, None,
         "a unit that comes during a service mission ends it",
         lambda c: c.was.lane in SERVING and c.before.lease > 0 and "arrives" in c.label
         and not c.after.lease),
    Rule("with the key in SERVICE no unit comes in", None, no_unit_comes_in_during_service,
         "a unit waits until the key has left SERVICE",
         lambda c: c.label == "the key leaves SERVICE" and c.after.goods == WAITING
         and c.now.lane is LaneState.ARMING),
    Rule("no relay before the beam intent is on disk",
         intent_is_on_disk, None,
         "goods travel on while their intent is not yet on disk",
         lambda c: c.now.lane is LaneState.INTENT and c.after.goods == DEEP
         and bool(c.after.pending)),
    Rule("after a start or an e-stop no beam before key edge and search-and-secure",
         start_needs_local_edges, None,
         "after both edges a beam begins", _beam_begins),
    Rule("from the intent on the mission's unit is inside alone",
         mission_is_alone, None,
         "the next unit waits, identified, during a scan",
         lambda c: c.now.lane is LaneState.SCANNING and c.after.herd == WAITING
         and c.now.tracking.entry == HERD),
    Rule("under STOP or TRIP neither relay nor belt is on",
         stop_means_stop, None,
         "after a stop the unit is driven out",
         lambda c: c.label == "acknowledged" and c.now.lane is LaneState.CLEARING),
    Rule("the belt stands once the zone has been read as not clear",
         belt_waits_for_people, None,
         "a person stops the moving belt",
         lambda c: c.before.belt and not c.after.belt and c.after.trouble is Trouble.PERSON),
    Rule("irradiated goods are never recorded as passed or turned away",
         exposure_is_recorded, None,
         "a lost image is recorded as not completed",
         lambda c: "ImageFailed" in c.label and _where(c.was, GOODS) is InspectionState.IMAGING),
    Rule("under a closed relay the detector serves the same token",
         detector_is_the_missions, None,
         "a new verdict disarms the detector",
         lambda c: bool(c.before.detector and not c.after.detector and "verdict" in c.label)),
    Rule("a lane that has lost its units has no beam",
         doubt_about_place_is_dark, None,
         "a lane that has lost its units is proven empty again",
         lambda c: c.was.lane is LaneState.PROVING and c.now.lane is LaneState.READY
         and bool(c.was.inspections)),
    Rule("a lane is tripped under a TRIP, held under a STOP, and neither without",
         mode_tells_the_class, None,
         "a local reset leaves a STOP to be acknowledged",
         lambda c: c.label == "local reset" and c.now.lane is LaneState.HELD),
    Rule("a TRIP ends by a local reset only", None, trip_ends_locally,
         "a local reset ends a TRIP",
         lambda c: c.label == "local reset" and c.now.lane is not LaneState.TRIPPED),
    Rule("the entry opens only for a unit that may come in", None, entry_opens_for_the_decided,
         "a unit that was held is turned away unscanned", _hold_ends_unscanned),
    Rule("the exit opens only for a unit whose record is final", None, exit_opens_for_the_finished,
         "a concluded unit leaves by the exit",
         lambda c: c.before.goods == EXIT and c.after.goods == AWAY
         and _where(c.was, GOODS) is InspectionState.CONCLUDED),
    Rule("high voltage is switched on only under an intent on disk",
         None, voltage_needs_a_scan,
         "the feedbacks see the beam", lambda c: c.after.glow and not c.before.glow),
    Rule("the belt starts only in a hall read as good", None, belt_starts_in_a_good_hall,
         "the exempt unit passes without beam",
         lambda c: c.before.herd == AT_EXIT and c.after.herd == EXIT
         and _where(c.now, HERD) is InspectionState.PASSING),
)  # fmt: skip
"""Every rule with its goal."""
