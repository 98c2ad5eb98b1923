"""The inputs of a decision as a record: everything the law looked at, ready for canonical JSON."""

from collections.abc import Iterable
from datetime import date

from edge.law.case import Case, DriverAnswer, NoAnimalsStatement
from edge.law.envelope import Envelope, Measurement
from edge.law.manifest import CarrierRequest, ManifestFacts
from edge.law.words import Json


def record_inputs(case: Case) -> dict[str, Json]:
    """Everything a case holds but tables and lexica, which the verdict names by hash.

    Lines and measurements are sorted: the order in which they were declared decides nothing. The
    inspection is among them, since a statement or an answer given in another one does not count.
    `edge.law.replay` reads it back.
    """
    return {
        "inspection": case.inspection_id,
        "day": case.day.isoformat(),
        "manifest": _manifest(case.manifest),
        "measured": _measurements(case.measured),
        "envelope": _envelope(case.envelope),
        "statement": _statement(case.statement),
        "driver": _driver(case.driver),
        "vehicles": case.vehicles,
    }


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
