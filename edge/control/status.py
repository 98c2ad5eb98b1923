"""What a lane is doing, in words for people and JSON for programs."""

from collections.abc import Mapping, Sequence

from edge.control.cases import CaseBook
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
            }
        )
    return shown
