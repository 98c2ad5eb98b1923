"""The inputs of a decision as a record: everything the law looked at, ready for canonical JSON."""

from collections.abc import Iterable, Sequence
from datetime import date

from edge.law.case import Case, DriverAnswer, LawData, NoAnimalsStatement
from edge.law.dated import Dated, Missing
from edge.law.envelope import Envelope, Measurement
from edge.law.grounds import tables_in_force
from edge.law.manifest import CarrierRequest, ManifestFacts
from edge.law.words import Json


def record_inputs(case: Case) -> dict[str, Json]:
    """Everything a case holds; of tables and lexica which they are, since they are files.

    Lines and measurements are sorted: the order in which they were declared decides nothing. The
    inspection is among them, since a statement or an answer given in another one does not count.
    `edge.law.replay` reads it back.
    """
    return {
        "inspection": case.inspection_id,
        "day": case.day.isoformat(),
        "law": [*considered(case.law, case.day)],
        "manifest": _manifest(case.manifest),
        "measured": _measurements(case.measured),
        "envelope": _envelope(case.envelope),
        "statement": _statement(case.statement),
        "driver": _driver(case.driver),
        "vehicles": case.vehicles,
    }


def considered(law: LawData, day: date) -> list[dict[str, Json]]:
    """Every table and lexicon that covers a civil day, with its hash and how it stood.

    So the files behind a verdict are known also where none of them was in force. Their order, and
    what covers other days, decides nothing.
    """
    table, lexicon = tables_in_force(law, day)
    rows = [*_standing("table", law.tables, table, day)]
    rows += _standing("lexicon", law.lexica, lexicon, day)
    return sorted(rows, key=lambda row: [str(one) for one in row.values()])


def _standing(
    kind: str, things: Sequence[Dated], found: Dated | Missing, day: date
) -> list[dict[str, Json]]:
    """One row for each; standing is "in_force", "agrees" with that one, or why none is."""
    rows: list[dict[str, Json]] = []
    for one in things:
        if one.valid_from <= day <= one.valid_to:
            standing = "in_force" if one is found else "agrees"
            if isinstance(found, Missing):
                standing = found.absence.value
            rows.append(
                {
                    "kind": kind,
                    **one.ref.record(),
                    "valid_from": one.valid_from.isoformat(),
                    "valid_to": one.valid_to.isoformat(),
                    "provenance": one.provenance.value,
                    "standing": standing,
                }
            )
    return rows


def _manifest(manifest: ManifestFacts) -> dict[str, Json]:
    lines = sorted((line.code, line.description) for line in manifest.goods)
    documents = sorted((document.kind, document.number) for document in manifest.documents)
    return {
        "state": manifest.state.value,
        "id": manifest.manifest_id,
        "version": manifest.version,
        "direction": manifest.direction.value,
        "identity": manifest.identity.value,
        "carrier_request": _request(manifest.carrier_request),
        "goods": [{"code": code, "description": text} for code, text in lines],
        "declared": _measurements(manifest.declared),
        "documents": [{"kind": kind, "number": number} for kind, number in documents],
        "vehicle": manifest.vehicle,
        "private_vehicle": manifest.private_vehicle,
    }


def _request(request: CarrierRequest | None) -> Json:
    if request is None:
        return None
    return {
        "reference": request.reference,
        "dated": _day(request.dated),
        "carrier": request.carrier,
    }


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _measurements(amounts: Iterable[Measurement]) -> list[Json]:
    rows = sorted((m.axis.value, m.origin.value, m.value, m.uncertainty) for m in amounts)
    return [
        {"axis": axis, "origin": origin, "value": value, "uncertainty": uncertainty}
        for axis, origin, value, uncertainty in rows
    ]


def _envelope(envelope: Envelope) -> dict[str, Json]:
    must: list[Json] = [*sorted(axis.value for axis in envelope.must_measure)]
    limits: dict[str, Json] = {
        axis.value: [limit.least, limit.greatest] for axis, limit in envelope.limits()
    }
    return {"limits": limits, "must_measure": must}


def _statement(statement: NoAnimalsStatement | None) -> Json:
    if statement is None:
        return None
    return {
        "inspection": statement.inspection_id,
        "officer": statement.officer_id,
        "role": statement.role.value,
        "utc": statement.utc,
    }


def _driver(answer: DriverAnswer | None) -> Json:
    if answer is None:
        return None
    return {
        "inspection": answer.inspection_id,
        "animals": answer.animals.value,
        "officer": answer.officer_id,
        "role": answer.role.value,
        "utc": answer.utc,
    }
