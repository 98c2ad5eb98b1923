"""Rules of what a lane says of itself: mode, faults, what stands against a beam, units."""

import json

from edge.control.cases import CaseBook, StoredImage
from edge.control.status import describe
from edge.core.faults import ActiveFault, Fault
from edge.core.inspection import InspectionState
from edge.core.interlocks import BEAM
from edge.core.lane import PACKML, LaneState
from tests.unit.control.kit import LANE, TOKEN, Clock, Core, open_case


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
        }
    ]
