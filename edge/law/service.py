"""The service permit: beam without a unit, for calibration, seasoning and proofs; its only maker.

An officer in a role alone gets nothing: every condition must be proven, and a refusal names all
that are not.
"""

from dataclasses import KW_ONLY, InitVar, dataclass
from enum import unique
from typing import NoReturn

from edge.law.outcomes import Act, Role, may
from edge.law.words import Word, says_something

_KEY = object()


@unique
class Proof(Word):
    """Whether a condition holds. Only ``PROVEN`` counts."""

    PROVEN = "proven"
    REFUTED = "refuted"
    UNKNOWN = "unknown"


@unique
class Purpose(Word):
    """What beam without a unit is for."""

    AIR_CALIBRATION = "air_calibration"
    SEASONING = "seasoning"
    WEDGE_SELF_TEST = "wedge_self_test"
    WATCHDOG_PROOF = "watchdog_proof"


@dataclass(frozen=True, slots=True)
class ServiceConditions:
    """What must be proven before a service permit.

    Attributes:
        key_in_service: the key switch stands in SERVICE.
        lane_empty: no unit is in the lane.
        no_open_inspection: every inspection is closed.
        secured: search-and-secure is valid.
    """

    key_in_service: Proof
    lane_empty: Proof
    no_open_inspection: Proof
    secured: Proof


@dataclass(frozen=True, slots=True)
class ServiceRequest:
    """Who asks for beam without a unit, what for, for how long at most (seconds)."""

    officer_id: str
    role: Role
    purpose: Purpose
    duration_s: int


@unique
class ServiceRefusal(Word):
    """Why a service permit is refused."""

    KEY = "the key is not proven to stand in SERVICE: turn it"
    LANE = "the lane is not proven empty: clear it and let the sensors show it"
    INSPECTION = "an inspection is not proven closed: end it first"
    SECURED = "the hall is not proven secured: do the search-and-secure round"
    OFFICER = "no officer is named: give the officer's id"
    ROLE = "this role may not ask for service: ask an OMS or the supervisor"
    DURATION = "the duration is not between 1 second and the longest the lane allows"


@dataclass(frozen=True, slots=True)
class ServicePermit:
    """Permission for beam without a unit. Made only by ``make_service_permit``.

    Raises:
        ValueError: somebody else tried to make one.
    """

    officer_id: str
    role: Role
    purpose: Purpose
    duration_s: int
    _: KW_ONLY
    key: InitVar[object]

    def __post_init__(self, key: object) -> None:
        if key is not _KEY:
            raise ValueError("a service permit is made only by service.make_service_permit")

    def __reduce__(self) -> NoReturn:
        raise TypeError("a service permit cannot be copied or stored; ask for a new one")


@dataclass(frozen=True, slots=True)
class ServiceRefused:
    """Every reason why there is no service permit."""

    reasons: tuple[ServiceRefusal, ...]


def make_service_permit(
    request: ServiceRequest, conditions: ServiceConditions, *, longest_s: int
) -> ServicePermit | ServiceRefused:
    """Make the permit, or refuse with the full list of reasons.

    Args:
        request: who asks and what for.
        conditions: what has been proven now.
        longest_s: longest duration the lane's settings allow for any purpose, seconds.
    """
    checks = (
        (ServiceRefusal.KEY, conditions.key_in_service is Proof.PROVEN),
        (ServiceRefusal.LANE, conditions.lane_empty is Proof.PROVEN),
        (ServiceRefusal.INSPECTION, conditions.no_open_inspection is Proof.PROVEN),
        (ServiceRefusal.SECURED, conditions.secured is Proof.PROVEN),
        (ServiceRefusal.OFFICER, says_something(request.officer_id)),
        (ServiceRefusal.ROLE, may(request.role, Act.SERVICE)),
        (ServiceRefusal.DURATION, 1 <= request.duration_s <= longest_s),
    )
    reasons = tuple(refusal for refusal, holds in checks if not holds)
    if reasons:
        return ServiceRefused(reasons)
    return ServicePermit(
        request.officer_id, request.role, request.purpose, request.duration_s, key=_KEY
    )
