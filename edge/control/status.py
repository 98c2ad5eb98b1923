"""What a lane is doing, in words for people and JSON for programs."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from edge.control.cases import Case, CaseBook
from edge.control.facts import limits_of, who_and_why
from edge.control.waiting import waits_for
from edge.core.catalogue import TEXTS
from edge.core.faults import CATALOGUE, Fault
from edge.core.inspection import Inspection, InspectionState
from edge.core.lane import PACKML
from edge.core.missions import against
from edge.core.remedies import REMEDIES
from edge.core.state import State
from edge.law.verdicts import TableRef, Verdict
from edge.settings import LaneFile


def describe(
    lane: LaneFile,
    state: State,
    book: CaseBook,
    *,
    journal: str = "",
    rules: str = "",
    fault_notes: Mapping[Fault, Mapping[str, object]] = MappingProxyType({}),
    source: Mapping[str, object] = MappingProxyType({}),
    service: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The mode, the faults with their remedies, what stands against a beam, open inspections.

    Args:
        lane: the lane.
        state: the core's.
        book: the open cases.
        journal: why nothing is written, empty when all is well.
        rules: which table or lexicon is not in force and why, empty when all is well.
        fault_notes: what was said with each fault when it was raised last.
        source: why the tube may not be used now, and for how long; empty when it may.
        service: the service mission under way, None when there is none.
    """
    return {
        "ok": True,
        "lane": lane.lane.id,
        "simulated": lane.lane.simulated,
        "mode": state.lane.value,
        "packml_state": PACKML[state.lane],
        "mission": state.mission,
        "journal": journal,
        "rules": rules,
        "faults": [
            {
                "code": active.fault.value,
                "class": CATALOGUE[active.fault].kind.value,
                "present": active.present,
                "text": TEXTS[active.fault].en,
                **who_and_why(fault_notes.get(active.fault, {})),
                "remedy": REMEDIES[active.fault].en,
            }
            for active in state.faults
        ],
        "source": dict(source),
        "service": dict(service or {}),
        "against": [{"row": reason.row, "says": reason.says.value} for reason in against(state)],
        "inspections": _inspections(lane, state, book),
    }


def _inspections(lane: LaneFile, state: State, book: CaseBook) -> Sequence[Mapping[str, object]]:
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
                **_also_read(case),
                "image": case.image.folder if case.image else "",
                **_law(verdict),
                **_stated(case),
                **_waiting(lane, inspection, case),
            }
        )
    return shown


def _also_read(case: Case) -> Mapping[str, object]:
    """Texts that contradict the first one of their kind."""
    read = {kind: sorted(texts) for kind, texts in case.also_read.items()}
    return {"also_read": read} if read else {}


def _law(verdict: Verdict | None) -> Mapping[str, object]:
    """What the verdict rests on, and what it only notes."""
    if verdict is None:
        return {}
    return {
        "table": _name(verdict.table),
        "words": _name(verdict.words),
        "notices": [
            f"{one.rule_id} {'; '.join(one.offending)}".rstrip() for one in verdict.notices
        ],
    }


def _name(ref: TableRef | None) -> str:
    return "" if ref is None else f"{ref.table_id} {ref.version}"


def _waiting(lane: LaneFile, inspection: Inspection, case: Case) -> Mapping[str, object]:
    shown: dict[str, object] = {}
    waited_for = waits_for(inspection.state, case)
    if waited_for:
        shown["waits_for"] = waited_for
    if inspection.state is InspectionState.ON_HOLD:
        left = limits_of(lane).hold_ticks - inspection.held_ticks
        shown["answer_within_s"] = left * lane.timing.tick_ms // 1000
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
    if case.first_confirmed[0]:
        officer, manifest_id = case.first_confirmed
        shown["identity"] = f"manifest {manifest_id} by {officer}, waits for a second officer"
    if case.refused_to:
        shown["refused"] = f"the driver refuses, recorded by {case.refused_to}"
    return shown
