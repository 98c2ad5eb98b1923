"""Rules of what a lane says of itself: mode, faults, what stands against a beam, units."""

import json

from edge.control.cases import CaseBook, StoredImage
from edge.control.status import describe
from edge.core.faults import ActiveFault, Fault
from edge.core.inspection import InspectionState
from edge.core.interlocks import BEAM
from edge.core.lane import PACKML, LaneState
from tests.unit.control.kit import LANE, LIVING, TOKEN, UNDECIDED, Clock, Core, manifest, open_case
from tests.unit.control.test_unit_acts import Entrance


def shown(core: Core, book: CaseBook) -> dict[str, object]:
    """The status as it comes out of the socket."""
    read: dict[str, object] = json.loads(json.dumps(describe(LANE, core.state, book)))
    return read


def test_after_a_start_every_row_of_the_predicate_stands_against_a_beam() -> None:
    status = shown(Core(), CaseBook(LANE.lane.id, TOKEN))
    rows = status["against"]
    assert isinstance(rows, list)
    against = {row["row"] for row in rows}
    assert set(BEAM) <= against
    assert {"key_edge", "secured_edge"} <= against
    assert (status["ok"], status["lane"], status["simulated"]) == (True, LANE.lane.id, True)
    assert status["inspections"] == []


def test_every_mode_is_shown_with_its_packml_number() -> None:
    core, book = Core(), CaseBook(LANE.lane.id, TOKEN)
    for mode in LaneState:
        core.lane(mode, mission=3)
        status = shown(core, book)
        assert (status["mode"], status["packml_state"]) == (mode.value, PACKML[mode])
        assert status["mission"] == 3


def test_every_fault_is_shown_with_its_class_and_what_to_do() -> None:
    core, book = Core(), CaseBook(LANE.lane.id, TOKEN)
    core.state = core.state._replace(faults=tuple(ActiveFault(one, present=True) for one in Fault))
    faults = shown(core, book)["faults"]
    assert isinstance(faults, list)
    assert [fault["code"] for fault in faults] == [one.value for one in Fault]
    for fault in faults:
        assert fault["class"] in {"trip", "stop", "no_entry", "notice"}
        assert fault["text"]
        assert fault["remedy"]
        assert fault["present"] is True


def test_a_fault_is_shown_with_who_brought_it_and_what_it_says() -> None:
    core, book = Core(), CaseBook(LANE.lane.id, TOKEN)
    core.state = core.state._replace(
        faults=tuple(
            ActiveFault(one, present=True) for one in (Fault.BOARD_TRIPPED, Fault.SOURCE_FAULT)
        )
    )
    notes = {Fault.SOURCE_FAULT: {"source": "source.source_fault", "detail": "anode_arc", "x": 1}}
    trip, source = describe(LANE, core.state, book, fault_notes=notes)["faults"]  # type: ignore[misc]
    assert (source["source"], source["detail"]) == ("source.source_fault", "anode_arc")
    assert "x" not in source
    assert "detail" not in trip


def test_an_open_inspection_is_shown_with_what_is_known_of_its_unit() -> None:
    core, book = Core(), CaseBook(LANE.lane.id, TOKEN)
    case = open_case(book, Clock())
    case.identifiers["container"] = "MSKU1"
    core.inspection(TOKEN, InspectionState.ANALYSIS)
    case.image = StoredImage("archive/2026-03-02/x", "ab" * 32, 1, 1, "")
    assert shown(core, book)["inspections"] == [
        {
            "inspection": case.inspection_id,
            "state": "analysis",
            "verdict": "",
            "rules": [],
            "identifiers": {"container": "MSKU1"},
            "image": "archive/2026-03-02/x",
            "waits_for": ["an OAC: scanlane outcome"],
        }
    ]


def held(**changes: object) -> tuple[Entrance, dict[str, object]]:
    """A unit on hold, and what is shown of it."""
    bench = Entrance(manifest(**changes))
    bench.to(InspectionState.ON_HOLD)
    (row,) = shown(bench.core, bench.book)["inspections"]  # type: ignore[misc]
    return bench, row


def test_a_held_unit_shows_every_reason_and_who_may_end_it_how() -> None:
    bench, row = held(goods=(LIVING,), transport={"kind": "livestock carrier"})
    assert bench.case.verdict is not None
    waits = row["waits_for"]
    assert isinstance(waits, list)
    for reason in bench.case.verdict.reasons:
        assert any(reason.rule_id in one and reason.text.en in one for one in waits)
    assert waits[-1] == "an OMS: scanlane answer scan, pass, turn_away"
    assert row["answer_within_s"] == LANE.timing.hold_ms // 1000


def test_a_hold_that_nobody_may_scan_does_not_offer_it_and_names_what_helps() -> None:
    _, row = held(private_vehicle=True, goods=())
    waits = row["waits_for"]
    assert isinstance(waits, list)
    assert "an OMS asks the driver: scanlane ask-driver" in waits
    assert waits[-1] == "an OMS: scanlane answer pass, turn_away"


def test_a_hold_about_what_nobody_knows_names_the_fact_that_ends_it() -> None:
    _, row = held(goods=(UNDECIDED, {"tnved_code": "", "description": "goods"}))
    waits = row["waits_for"]
    assert isinstance(waits, list)
    assert waits.count("a corrected manifest from headquarters") == 1
    assert waits[-1] == "an OMS: scanlane answer pass, turn_away"


def test_what_a_verdict_rests_on_and_what_it_only_notes_is_shown() -> None:
    certificate = {"type": "01202", "number": "P-1", "date": "2026-02-01"}
    bench, row = held(documents=(certificate,))
    assert bench.case.verdict is not None
    assert row["table"] == "kz-order-722-exemptions 2026.3"
    assert str(row["words"]).startswith("kz-")
    assert len(row["notices"]) == len(bench.case.verdict.notices)  # type: ignore[arg-type]


def test_rules_that_are_not_in_force_are_named() -> None:
    status = describe(LANE, Core().state, CaseBook(LANE.lane.id, TOKEN), rules="no table")
    assert status["rules"] == "no table"
