"""Rules by which readings, silence and the board's reports become events."""

import pytest

from edge.core import events as ev
from edge.core.faults import Fault
from edge.core.interlocks import Feedback
from edge.core.lane import RADIATING, LaneState
from edge.core.tracking import Sensor
from edge.core.values import Input, Plausibility, Presence, Quality
from edge.ports import BoardReport, Point, Reading
from tests.unit.control.kit import LANE
from tests.unit.supervision_bench import SLOW_MS, STALE_MS, Bench

SILENT = BoardReport(0, "silent", True, 0, 0, 0, "none", 0, 0, 0)


def test_nothing_read_is_unknown() -> None:
    inputs = Bench().supervisor.inputs()
    assert {inputs.estop, inputs.key, inputs.watchdogs, inputs.rules} == {Input.UNKNOWN}
    assert {inputs.hv, inputs.relay, inputs.beam} == {Feedback.UNKNOWN}


def test_only_the_lane_file_says_that_a_row_is_not_fitted() -> None:
    bench = Bench()
    assert bench.row("cab") is Input.NOT_FITTED
    bench.say("safety.estop", Input.NOT_FITTED)
    assert bench.row("estop") is Input.UNKNOWN


@pytest.mark.parametrize(
    ("source", "row", "limit_ms"),
    [
        ("safety.estop", "estop", STALE_MS),
        ("board.link", "board", STALE_MS),
        ("source.ready", "source", SLOW_MS),
        ("worker.detector", "detector", SLOW_MS),
        ("lane.rules", "rules", SLOW_MS),
    ],
)
def test_age_counts_from_the_request(source: str, row: str, limit_ms: int) -> None:
    bench = Bench()
    bench.say(source, Input.OK, age_ms=limit_ms)
    assert bench.row(row) is Input.OK
    bench.clock.ms += 1
    assert bench.row(row) is Input.STALE
    bench.posted.events.clear()
    bench.supervisor.tick()
    assert [getattr(event.inputs, row) for event in bench.posted.of(ev.InputsChanged)] == [
        Input.STALE
    ]


def test_the_belt_ages_as_fast_as_its_drive() -> None:
    bench = Bench()
    bench.say("belt.speed_mm_s", LANE.belt.speed_mm_s)
    bench.clock.ms += STALE_MS
    assert bench.row("belt") is Input.OK
    bench.clock.ms += 1
    assert bench.row("belt") is Input.STALE


def test_a_request_that_lies_ahead_is_not_fresh() -> None:
    bench = Bench()
    bench.say("safety.estop", Input.OK, age_ms=-1)
    assert bench.row("estop") is Input.STALE


@pytest.mark.parametrize("quality", [Quality.BAD, Quality.UNCERTAIN])
def test_a_reading_that_is_not_good_is_unknown(quality: Quality) -> None:
    bench = Bench()
    bench.say("safety.estop", Input.OK, quality)
    bench.say("source.hv", Input.OK, quality)
    assert bench.row("estop") is Input.UNKNOWN
    assert bench.row("hv") is Feedback.UNKNOWN


@pytest.mark.parametrize("value", [1, "ok", True, None, Presence.CLEAR])
def test_a_value_of_another_kind_is_unknown(value: object) -> None:
    bench = Bench()
    bench.say("safety.estop", value)
    bench.say("safety.presence_entry", value if value is not Presence.CLEAR else Input.OK)
    assert bench.row("estop") is Input.UNKNOWN
    assert bench.posted.of(ev.SensorChanged) == []


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        (Input.OK, Feedback.OFF),
        (Input.BLOCKED, Feedback.ON),
        (Input.CONFLICT, Feedback.UNKNOWN),
        (Input.UNKNOWN, Feedback.UNKNOWN),
    ],
)
def test_a_doubtful_feedback_is_not_off(value: Input, seen: Feedback) -> None:
    bench = Bench()
    bench.say("source.hv", value)
    assert bench.row("hv") is seen


def test_the_core_hears_only_of_changes() -> None:
    bench = Bench()
    for _ in range(5):
        bench.say("safety.estop", Input.OK)
        bench.supervisor.tick()
    assert len(bench.posted.of(ev.InputsChanged)) == 1


def test_a_presence_sensor_grows_unknown_with_age_and_doubt() -> None:
    bench = Bench()
    bench.say("safety.presence_entry", Presence.CLEAR)
    bench.clock.ms += STALE_MS + 1
    bench.supervisor.tick()
    bench.say("safety.presence_entry", Presence.CLEAR)
    bench.say("safety.presence_entry", Presence.CLEAR, Quality.BAD)
    seen = [event.presence for event in bench.posted.of(ev.SensorChanged)]
    assert seen == [Presence.CLEAR, Presence.UNKNOWN, Presence.CLEAR, Presence.UNKNOWN]


def test_antivalent_bits_that_agree_are_told_as_unknown() -> None:
    bench = Bench()
    bench.say("safety.presence_entry", Presence.CLEAR)
    bench.say("safety.presence_entry", Presence.UNKNOWN)
    last = bench.posted.of(ev.SensorChanged)[-1]
    assert (last.sensor, last.presence) == (Sensor.ENTRY, Presence.UNKNOWN)


def drive(bench: Bench, length_mm: int, *, lose: bool = False) -> Plausibility:
    """Drive a unit of a length over the spot sensor at the tunnel."""
    speed = LANE.belt.speed_mm_s
    bench.say("belt.speed_mm_s", speed)
    bench.say("safety.presence_tunnel_in", Presence.OCCUPIED)
    for _ in range(length_mm * 1000 // speed // 50):
        bench.clock.ms += 50
        bench.say("belt.speed_mm_s", speed)
    if lose:
        bench.say("belt.speed_mm_s", None, Quality.BAD)
    bench.say("safety.presence_tunnel_in", Presence.CLEAR)
    return bench.posted.of(ev.SensorChanged)[-1].length


@pytest.mark.parametrize(
    ("declared", "length_mm", "plausible"),
    [
        (600, 600, Plausibility.PLAUSIBLE),
        (600, 760, Plausibility.IMPLAUSIBLE),
        (600, 440, Plausibility.IMPLAUSIBLE),
        (None, 800, Plausibility.PLAUSIBLE),
        (None, 1000, Plausibility.IMPLAUSIBLE),
        (100, 0, Plausibility.IMPLAUSIBLE),
    ],
)
def test_a_length_fits_what_is_declared_or_the_envelope(
    declared: int | None, length_mm: int, plausible: Plausibility
) -> None:
    bench = Bench()
    bench.declared = declared
    assert drive(bench, length_mm) is plausible


@pytest.mark.parametrize("declared", [None, 1, 100, 600])
def test_a_length_that_was_lost_is_never_plausible(declared: int | None) -> None:
    bench = Bench()
    bench.declared = declared
    assert drive(bench, 600, lose=True) is Plausibility.UNKNOWN


def prove(bench: Bench) -> None:
    bench.say("belt.watchdog_set", Input.OK)
    bench.say("safety.watchdog", Input.OK)


def test_watchdogs_are_proven_only_by_both_devices() -> None:
    bench = Bench()
    bench.say("safety.watchdog", Input.OK)
    assert bench.row("watchdogs") is Input.BLOCKED
    prove(bench)
    assert bench.row("watchdogs") is Input.OK


@pytest.mark.parametrize("doubt", ["blocked", "bad", "old"])
def test_a_doubtful_watchdog_is_unproven(doubt: str) -> None:
    bench = Bench()
    prove(bench)
    if doubt == "blocked":
        bench.say("belt.watchdog_set", Input.BLOCKED)
    elif doubt == "bad":
        bench.say("belt.watchdog_set", Input.OK, Quality.BAD)
    else:
        bench.clock.ms += SLOW_MS + 1
    bench.say("safety.watchdog", Input.OK)
    assert bench.row("watchdogs") is Input.BLOCKED
    assert bench.faults()[-1] == ev.FaultRaised(Fault.WATCHDOG_UNPROVEN, present=True)


def test_an_unproven_watchdog_names_the_device_and_what_is_wrong_with_it() -> None:
    bench = Bench()
    bench.say("safety.watchdog", Input.OK)
    assert bench.posted.notes[-2]["detail"] == f"{LANE.belt.device}: no watchdog was read"
    bench.say("belt.watchdog_set", Input.BLOCKED, detail="SLL is ignore")
    raised = [note for note in bench.posted.notes if "source" in note]
    assert raised[-1] == {"source": "lane.watchdogs", "detail": "belt.watchdog_set: SLL is ignore"}


def test_what_a_device_says_anew_of_its_fault_is_told_and_a_repetition_is_not() -> None:
    bench = Bench()
    for detail in ("", "anode_arc", "anode_arc", "watchdog", ""):
        bench.say("source.source_fault", Input.BLOCKED, detail=detail)
    said = [note.get("detail", "") for note in bench.posted.notes]
    assert said == ["", "anode_arc", "watchdog"]
    bench.say("source.source_fault", Input.OK)
    assert bench.faults()[-1] == ev.FaultGone(Fault.SOURCE_FAULT)


def test_another_devices_unset_watchdog_counts_too() -> None:
    bench = Bench()
    prove(bench)
    bench.say("extra.watchdog", Input.BLOCKED)
    assert bench.row("watchdogs") is Input.BLOCKED


def test_a_board_trip_is_a_fault_until_the_board_says_otherwise() -> None:
    bench = Bench()
    bench.report("off")
    bench.report("tripped", end_reason="tripped", trip="beam_without_lease")
    bench.report("tripped", end_reason="tripped", trip="beam_without_lease")
    assert bench.faults() == [ev.FaultRaised(Fault.BOARD_TRIPPED, present=True)]
    assert "trip beam_without_lease" in str(bench.posted.notes)
    bench.supervisor.report(SILENT)
    assert len(bench.faults()) == 1
    bench.report("off")
    assert bench.faults()[-1] == ev.FaultGone(Fault.BOARD_TRIPPED)


def test_a_local_reset_is_an_edge_the_board_counted() -> None:
    bench = Bench()
    bench.report("tripped", reset_edges=3)
    assert bench.posted.of(ev.LocalReset) == []
    bench.report("off", reset_edges=4)
    bench.report("off", reset_edges=4)
    assert len(bench.posted.of(ev.LocalReset)) == 1


def test_a_board_that_was_silent_has_not_been_reset() -> None:
    bench = Bench()
    bench.report("off", reset_edges=3)
    bench.supervisor.report(SILENT)
    bench.report("off", reset_edges=3)
    bench.report("off", reset_edges=0)  # it lost its power
    assert bench.posted.of(ev.LocalReset) == []


@pytest.mark.parametrize("state", ["ended", "off", "tripped"])
@pytest.mark.parametrize("lane", list(LaneState))
def test_a_lease_is_lost_only_while_armed(lane: LaneState, state: str) -> None:
    bench = Bench()
    bench.supervisor.armed()
    bench.clock.ms += 1
    bench.core.lane(lane, 7)
    bench.report(state)
    armed = {LaneState.ADMITTING, LaneState.INTENT} | RADIATING | {LaneState.SERVICE_INTENT}
    assert len(bench.posted.of(ev.LeaseLost)) == (1 if lane in armed else 0)


def test_a_report_older_than_the_arming_says_nothing_about_it() -> None:
    bench = Bench()
    bench.core.lane(LaneState.ADMITTING, 7)
    bench.supervisor.armed()
    bench.report("off", requested_ns=bench.clock.monotonic_ns())
    assert bench.posted.of(ev.LeaseLost) == []
    bench.clock.ms += 1
    bench.report("off")
    assert len(bench.posted.of(ev.LeaseLost)) == 1


def test_a_board_that_counts_key_edges_anew_was_without_power() -> None:
    bench = Bench()
    bench.report("off", key_edges=2)
    bench.supervisor.report(SILENT)
    bench.report("off", key_edges=2)
    bench.report("off", key_edges=3)
    assert bench.posted.of(ev.BoardRestarted) == []
    bench.report("off", key_edges=0)
    assert len(bench.posted.of(ev.BoardRestarted)) == 1


def test_too_long_an_exposure_is_against_the_beam_until_a_new_arming() -> None:
    bench = Bench()
    limit = LANE.source.max_exposure_ms
    bench.report("on", exposure_ms=limit)
    assert bench.row("exposure") is Input.OK
    bench.report("on", exposure_ms=limit + 1)
    assert bench.row("exposure") is Input.BLOCKED
    bench.report("off", exposure_ms=limit + 1)
    assert bench.row("exposure") is Input.OK


def test_a_silent_board_says_nothing_of_its_exposure() -> None:
    bench = Bench()
    bench.report("on")
    bench.supervisor.report(SILENT)
    assert bench.row("exposure") is Input.STALE


@pytest.mark.parametrize(
    ("speed", "row"),
    [
        (LANE.belt.speed_mm_s, Input.OK),
        (LANE.belt.speed_mm_s * 11 // 10, Input.OK),
        (LANE.belt.speed_mm_s * 11 // 10 + 1, Input.BLOCKED),
        (0, Input.BLOCKED),
        (-LANE.belt.speed_mm_s, Input.BLOCKED),
    ],
)
def test_the_belt_is_good_only_in_its_band(speed: int, row: Input) -> None:
    bench = Bench()
    bench.say("belt.speed_mm_s", speed)
    assert bench.row("belt") is row


def test_the_newest_reading_of_every_source_is_kept_and_no_more() -> None:
    bench = Bench()
    for number in range(100):
        bench.say("safety.life", Input.OK if number % 2 else Input.STALE)
    assert [reading.source for reading in bench.supervisor.readings()] == ["safety.life"]
    assert bench.supervisor.latest("safety.life") == Reading(
        "safety.life", Input.OK, Quality.GOOD, bench.clock.monotonic_ns()
    )


def test_a_fault_that_a_reading_explains_says_why() -> None:
    bench = Bench()
    now_ns = bench.clock.monotonic_ns()
    why = "every table of exemptions ended before 2026-03-02"
    bench.supervisor.deliver((Point("lane.rules", Input.BLOCKED, detail=why),), now_ns)
    at = bench.posted.events.index(ev.FaultRaised(Fault.RULES_INVALID, present=True))
    assert bench.posted.notes[at] == {"source": "lane.rules", "detail": why}


def test_watchdogs_that_are_set_do_not_help_a_lane_without_proofs() -> None:
    bench = Bench(proofs={})
    prove(bench)
    assert bench.row("watchdogs") is Input.BLOCKED
    raised = [note for note in bench.posted.notes if note.get("source") == "lane.watchdogs"]
    assert "safety, belt, board, source: no proof in the journal" in raised[-1]["detail"]
    assert "scanlane device prove" in raised[-1]["detail"]


def test_a_proof_that_grows_too_old_while_the_lane_runs_ends_its_service() -> None:
    bench = Bench()
    prove(bench)
    assert bench.row("watchdogs") is Input.OK
    bench.clock.ms += (LANE.proofs.valid_days * 86_400 + 1) * 1000
    prove(bench)
    assert bench.row("watchdogs") is Input.BLOCKED
    assert bench.faults()[-1] == ev.FaultRaised(Fault.WATCHDOG_UNPROVEN, present=True)


def test_a_drive_whose_watchdog_was_set_anew_is_unproven() -> None:
    bench = Bench()
    bench.say("belt.watchdog_parameters", "TTO 900 ms, SLL ramp")
    prove(bench)
    assert bench.row("watchdogs") is Input.BLOCKED
    bench.say("belt.watchdog_parameters", "TTO 1000 ms, SLL ramp")
    prove(bench)
    assert bench.row("watchdogs") is Input.OK
