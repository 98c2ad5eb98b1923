"""What a lane is doing, in words for people and JSON for programs."""

from collections.abc import Mapping, Sequence

from edge.control.cases import Case, CaseBook
from edge.core.catalogue import TEXTS
from edge.core.faults import CATALOGUE
from edge.core.lane import PACKML
from edge.core.missions import against
from edge.core.state import State
from edge.settings import LaneFile


def describe(
    lane: LaneFile, state: State, book: CaseBook, *, journal: str = ""
) -> dict[str, object]:
    """The mode, the faults with their remedies, what stands against a beam, open inspections.

    ``journal`` says why nothing is written, empty when all is well.
    """
    return {
        "ok": True,
        "lane": lane.lane.id,
        "simulated": lane.lane.simulated,
        "mode": state.lane.value,
        "packml_state": PACKML[state.lane],
        "mission": state.mission,
        "journal": journal,
        "faults": [
            {
                "code": active.fault.value,
                "class": CATALOGUE[active.fault].kind.value,
                "present": active.present,
                "text": TEXTS[active.fault].en,
                "remedy": TEXTS[active.fault].remedy,
            }
            for active in state.faults
        ],
        "against": [{"row": reason.row, "says": reason.says.value} for reason in against(state)],
        "inspections": _inspections(state, book),
    }


def _inspections(state: State, book: CaseBook) -> Sequence[Mapping[str, object]]:
    shown = []
    for inspection in state.inspections:
        case = book.find(inspection.token)
        if case is None:
            continue
        verdict = case.verdict
        shown.append(
            {
                "inspection": case.inspection_id,
                "state": inspection.state.value,
                "verdict": verdict.kind.value if verdict else "",
                "rules": list(verdict.rule_ids) if verdict else [],
                "identifiers": dict(case.identifiers),
                "image": case.image.folder if case.image else "",
                **_stated(case),
            }
        )
    return shown


def _stated(case: Case) -> Mapping[str, object]:
    """What officers have stated of the unit and its driver; only what was stated."""
    shown: dict[str, object] = {}
    if case.statement is not None:
        shown["no_animals"] = f"stated by {case.statement.officer_id} at {case.statement.utc}"
    if case.driver is not None:
        one = case.driver
        shown["driver"] = f"animals {one.animals.value}, asked by {one.officer_id} at {one.utc}"
        shown["driver_answers"] = len(case.driver_answers)
    if case.first_answer is not None:
        shown["answer"] = f"scan by {case.first_answer.officer_id}, waits for a second officer"
    if case.refused_to:
        shown["refused"] = f"the driver refuses, recorded by {case.refused_to}"
    return shown
