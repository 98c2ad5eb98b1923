"""Whether there is a basis to apply the complex at all.

Source: order of the State Revenue Committee No. 722 of 12.11.2021, as noticed on 18.04.2025: the
complex is applied at arrival; on departure only upon the written request of the carrier.
"""

from datetime import date

from edge.law.manifest import CarrierRequest, Direction, ManifestFacts
from edge.law.rules import Rule
from edge.law.verdicts import Finding
from edge.law.words import says_something


def basis_findings(manifest: ManifestFacts, day: date) -> tuple[Finding, ...]:
    """What stands against a basis; empty when there is one.

    Args:
        manifest: the facts about the unit.
        day: the civil day at the lane; a request dated later is none yet.
    """
    if manifest.direction is Direction.ARRIVAL:
        return ()
    if manifest.direction is Direction.CONTRADICTED:
        name = f"manifest {manifest.manifest_id or '-'} version {manifest.version}"
        return (Finding(Rule.DIRECTION_CONTRADICTION, name),)
    if manifest.direction is not Direction.DEPARTURE:
        return (Finding(Rule.DIRECTION_UNKNOWN, f"direction {manifest.direction.value}"),)
    request = manifest.carrier_request
    if request is None:
        return (Finding(Rule.DEPARTURE, "no written request"),)
    return tuple(Finding(Rule.DEPARTURE_REQUEST, flaw) for flaw in _flaws(request, day))


def _flaws(request: CarrierRequest, day: date) -> list[str]:
    flaws = []
    if not says_something(request.reference):
        flaws.append("no number of the request")
    if not says_something(request.carrier):
        flaws.append("no name of the carrier")
    if request.dated is None:
        flaws.append("no date of the request")
    elif request.dated > day:
        flaws.append(f"dated {request.dated.isoformat()}, later than {day.isoformat()}")
    return flaws
