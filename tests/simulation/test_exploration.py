"""The whole reachable space of the real core, and planted defects that the explorer must find."""

import sys
from collections.abc import Callable

import pytest

from edge.core import decisions, events, machine, missions, moves, servicing, tracking
from edge.core.effects import Effect, EntryKind
from edge.core.faults import RANK, FaultClass, released
from edge.core.inspection import Happening, InspectionState
from edge.core.interlocks import BEAM, Against, Inputs, reasons_against
from edge.core.lane import LaneState, Trigger
from edge.core.state import State, Work
from edge.core.tracking import Move, Moved, Phase, Sensor
from edge.core.values import Presence
from simulator.exploration.core import LIMITS, Cores, Done
from simulator.exploration.events import successors
from simulator.exploration.explorer import Explorer, Report, tell, walked
from simulator.exploration.invariants import RULES

PROVEN = ("key_off begins", "key_off ends", "search and secure", "goods arrives")
"""A lane proven empty, keyed and secured, with the goods at its entry."""

UNDER_BEAM = (
    *PROVEN, "verdict scan for goods", "a commit reaches the disk", "the detector is armed",
    "a commit reaches the disk", "tick", "tick", "a commit reaches the disk", "goods moves on",
    "goods moves on", "the entry barrier closes", "a commit reaches the disk",
    "a commit reaches the disk",
)  # fmt: skip


@pytest.mark.timeout(600)
def test_the_whole_space_keeps_every_rule_and_reaches_every_goal() -> None:
    report = Explorer().run()
    tell(report, sys.stdout)
    assert report.violation is None
    assert report.missed == ()
    assert report.states > 100_000
    assert report.transitions > 1_000_000


def test_the_same_exploration_twice_counts_the_same() -> None:
    cores = [Cores(LIMITS), Cores(LIMITS)]
    worlds = [walked(each, UNDER_BEAM) for each in cores]
    names = [
        [(label, sheet.freeze()) for label, sheet in successors(world, each)]
        for world, each in zip(worlds, cores, strict=True)
    ]
    assert worlds[0].lease
    assert names[0] == names[1]


def test_every_rule_and_every_goal_has_its_own_name() -> None:
    assert len(RULES) >= 12
    assert len({rule.name for rule in RULES}) == len(RULES)
    assert len({rule.goal_name for rule in RULES}) == len(RULES)
    assert all((rule.holds is None) is not (rule.obeyed is None) for rule in RULES)


IN_SERVICE = (*PROVEN[:3], "the key goes to SERVICE")
"""A lane proven empty whose key stands in SERVICE."""

SERVICE_BEAM = (
    *IN_SERVICE, "the law permits a service mission", "a commit reaches the disk", "tick", "tick",
    "a commit reaches the disk", "a commit reaches the disk",
)  # fmt: skip


def _blind_to_zone(inputs: Inputs, rows: tuple[str, ...] = BEAM) -> tuple[Against, ...]:
    return reasons_against(inputs, tuple(row for row in rows if row != "zone"))


def _plant_blind_predicate(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(missions, "reasons_against", _blind_to_zone)


def _arrive_whatever_is_inside(t: tracking.Tracking, context: tracking.Context) -> Moved | None:
    if t.entry:
        return None
    return Moved(t._replace(entry=context.fresh), Move.ARRIVED, context.fresh)


def _plant_reversal_taken_for_arrival(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(tracking._TABLE, (Sensor.ENTRY, Presence.OCCUPIED), _arrive_whatever_is_inside)


def _clear_whatever_the_length(t: tracking.Tracking, _context: tracking.Context) -> Moved | None:
    token = t.entry
    if t.phase is Phase.ENTERING:
        inside = t._replace(entry=0, tunnel=token, phase=Phase.INSIDE)
        return Moved(inside, Move.INSIDE, token)
    return Moved(t._replace(entry=0), Move.TAKEN_AWAY, token) if token else None


def _plant_length_ignored(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(tracking._TABLE, (Sensor.ENTRY, Presence.CLEAR), _clear_whatever_the_length)


def _plant_permissive_before_commit(patch: pytest.MonkeyPatch) -> None:
    really = Cores._really

    def hasty(self: Cores, core: int, event: events.Event) -> Done:
        return really(self, core, event)._replace(written=False)

    patch.setattr(Cores, "_really", hasty)


def _plant_verdict_ignored_under_beam(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decisions, "withdraw", lambda *_: None)


def _without_edges(state: State, rows: tuple[str, ...] = BEAM) -> tuple[Against, ...]:
    return reasons_against(state.inputs, rows)


def _plant_no_key_edge(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(missions, "against", _without_edges)


def _plant_stop_without_withdrawal(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(missions, "retract", lambda _work: None)


def _plant_trip_acknowledged(patch: pytest.MonkeyPatch) -> None:
    def acknowledge_all(work: Work, _event: events.Acknowledged) -> None:
        work.replace_faults(released(work.state.faults, frozenset(FaultClass)))

    patch.setitem(machine._HANDLERS, events.Acknowledged, acknowledge_all)


def _plant_stop_hidden_by_a_reset(patch: pytest.MonkeyPatch) -> None:
    def rest_as_it_is(work: Work) -> None:
        if RANK[work.fault_class()] < RANK[FaultClass.STOP]:
            missions._rest(work)

    patch.setitem(missions._HANDLERS, LaneState.TRIPPED, rest_as_it_is)


def _plant_release_before_outcome(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(missions, "_may_leave", lambda _work, _token: True)


def _plant_refusal_only_written(patch: pytest.MonkeyPatch) -> None:
    def only_write(work: Work, event: events.DriverRefused) -> None:
        work.write(EntryKind.SCAN_NOT_COMPLETED, event.token, "refused")

    patch.setitem(machine._HANDLERS, events.DriverRefused, only_write)


def _plant_refusal_forgotten_at_the_entry(patch: pytest.MonkeyPatch) -> None:
    """The unit is turned away, and a new verdict clears it again."""

    def turn_away(work: Work, event: events.DriverRefused) -> None:
        inspection = work.inspection(event.token)
        if inspection is not None and inspection.state is InspectionState.IDENTIFYING:
            work.happen(event.token, Happening.VERDICT_TURN_AWAY)

    patch.setitem(machine._HANDLERS, events.DriverRefused, turn_away)


def _plant_beam_left_on_at_the_end(patch: pytest.MonkeyPatch) -> None:
    def only_the_detector(work: Work, ending: Effect = Effect.CANCEL_SCAN) -> None:
        work.ask(ending)

    patch.setattr(moves, "retract", only_the_detector)


def _plant_service_whatever_the_key(patch: pytest.MonkeyPatch) -> None:
    really = servicing.against_service

    def without_the_key(state: State, *rows: tuple[str, ...]) -> tuple[Against, ...]:
        return tuple(one for one in really(state, *rows) if one.row != "service")

    patch.setattr(servicing, "against_service", without_the_key)


def _plant_service_over_a_unit(patch: pytest.MonkeyPatch) -> None:
    really = servicing.against_service

    def whatever_is_there(state: State, *rows: tuple[str, ...]) -> tuple[Against, ...]:
        spared = {"lane_empty", "inspection"}
        return tuple(one for one in really(state, *rows) if one.row not in spared)

    patch.setattr(servicing, "against_service", whatever_is_there)


def _plant_units_in_service(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(missions, "_may_be_service", lambda _state: False)


def _plant_service_that_ends_in_words(patch: pytest.MonkeyPatch) -> None:
    def only_leave(work: Work, _cause: str) -> None:
        work.move(Trigger.SERVED)

    patch.setattr(servicing, "end", only_leave)


DEFECTS: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], tuple[str, ...], str]] = {
    "the predicate ignores the zone": (
        # The search-and-secure that the person breaks still ends a beam; the belt goes on.
        _plant_blind_predicate, UNDER_BEAM,
        "the belt stands once the zone has been read as not clear",
    ),
    "a unit coming back is taken for an arrival": (
        _plant_reversal_taken_for_arrival, UNDER_BEAM[:-5],
        "from the intent on the mission's unit is inside alone",
    ),
    "two units that touch are taken for one": (
        _plant_length_ignored, UNDER_BEAM[:-5],
        "from the intent on the mission's unit is inside alone",
    ),
    "permissive effects go before their commit": (
        _plant_permissive_before_commit, PROVEN,
        "high voltage is switched on only under an intent on disk",
    ),
    "a new verdict is ignored under the beam": (
        _plant_verdict_ignored_under_beam, UNDER_BEAM,
        "an exempt unit in the tunnel is never under a closed relay",
    ),
    "no key edge is asked for after a start": (
        _plant_no_key_edge, ("search and secure",),
        "after a start or an e-stop no beam before key edge and search-and-secure",
    ),
    "a stop withdraws nothing": (
        _plant_stop_without_withdrawal, UNDER_BEAM,
        "a lease serves the running scan's token only",
    ),
    "an acknowledgement ends a TRIP": (
        _plant_trip_acknowledged, PROVEN, "a TRIP ends by a local reset only",
    ),
    "a lane stays tripped when only a stop is left": (
        _plant_stop_hidden_by_a_reset, UNDER_BEAM,
        "a lane is tripped under a TRIP, held under a STOP, and neither without",
    ),
    "a unit is released before its outcome": (
        _plant_release_before_outcome, UNDER_BEAM,
        "the exit opens only for a unit whose record is final",
    ),
    "a refusal is written and not obeyed": (
        _plant_refusal_only_written, UNDER_BEAM,
        "a unit whose driver refused is never under a beam afterwards",
    ),
    "a unit that was refused can be cleared again": (
        _plant_refusal_forgotten_at_the_entry, (*PROVEN, "the driver refuses", *UNDER_BEAM[4:]),
        "a unit whose driver refused is never under a beam afterwards",
    ),
    "a beam without a unit goes on when the key leaves SERVICE": (
        _plant_service_whatever_the_key, SERVICE_BEAM,
        "beam without a unit only with the key in SERVICE and the lane empty",
    ),
    "a beam without a unit goes on when a unit comes": (
        _plant_service_over_a_unit, SERVICE_BEAM,
        "beam without a unit only with the key in SERVICE and the lane empty",
    ),
    "units are admitted with the key in SERVICE": (
        _plant_units_in_service, (*IN_SERVICE, "goods arrives"),
        "with the key in SERVICE no unit comes in",
    ),
    "a service mission ends without taking its beam back": (
        _plant_service_that_ends_in_words, SERVICE_BEAM,
        "a lease serves the running scan's token only",
    ),
    "the beam stays on when the scan ends": (
        _plant_beam_left_on_at_the_end, UNDER_BEAM,
        "a lease serves the running scan's token only",
    ),
}  # fmt: skip
"""Each defect: how it is planted, from where the search starts, which rule it breaks."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("defect", DEFECTS)
def test_a_planted_defect_is_found_with_a_shortest_trace(
    defect: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant, prefix, rule = DEFECTS[defect]
    plant(monkeypatch)
    report: Report = Explorer(prefix=prefix).run()
    tell(report, sys.stdout)
    assert report.violation is not None
    assert report.violation.rule == rule
    assert len(report.violation.trace) == report.depth + 1
