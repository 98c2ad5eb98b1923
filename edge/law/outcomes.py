"""Who may do what at a lane, and what an inspection ends with.

The two outcomes are the order's (No. 722 of 12.11.2021); the process states are not outcomes.
"""

from collections.abc import Iterable
from enum import unique
from types import MappingProxyType

from edge.law.words import BLANK_LETTERS, Text, Word, says_something


@unique
class IcOutcome(Word):
    """What the analysis of the image ended with."""

    WITHOUT_SUSPICION = "without_suspicion"
    UNDER_SUSPICION = "under_suspicion"


OUTCOME_TEXTS = MappingProxyType(
    {
        IcOutcome.WITHOUT_SUSPICION: Text(
            "IC control without suspicion",
            "ИДК контроль без подозрения",
            "ТҚК бақылауы күдіксіз",
        ),
        IcOutcome.UNDER_SUSPICION: Text(
            "IC control under suspicion",
            "ИДК контроль с подозрением",
            "ТҚК бақылауы күдікті",
        ),
    }
)
"""The words of the order for each outcome."""


@unique
class ProcessState(Word):
    """How an inspection ends that has no outcome."""

    NOT_APPLIED_EXEMPT = "not_applied_exempt"
    NOT_APPLIED_NO_BASIS = "not_applied_no_basis"
    NOT_COMPLETED = "not_completed"
    TURNED_AWAY = "turned_away"


@unique
class Judgement(Word):
    """The OAC's answer to one of the two questions."""

    YES = "yes"
    NO = "no"


def outcome(*, suspicion: Judgement, agrees_with_documents: Judgement) -> IcOutcome:
    """Derive the outcome from the two answers of the OAC.

    Without suspicion needs both: no suspicion of prohibited goods, and a scan that agrees with
    the documents. A discrepancy alone is enough for "under suspicion".
    """
    if suspicion is Judgement.NO and agrees_with_documents is Judgement.YES:
        return IcOutcome.WITHOUT_SUSPICION
    return IcOutcome.UNDER_SUSPICION


@unique
class Role(Word):
    """The kinds of officers: the order's two, and the supervisor of the lane."""

    OMS = "oms"
    OAC = "oac"
    SUPERVISOR = "supervisor"


@unique
class Act(Word):
    """What an officer may ask of a lane."""

    ANSWER = "answer"
    ABORT = "abort"
    OUTCOME = "outcome"
    ACK = "ack"
    CONFIRM_IDENTITY = "confirm_identity"
    STATE_NO_ANIMALS = "state_no_animals"
    ASK_DRIVER = "ask_driver"
    REFUSAL = "refusal"
    SERVICE = "service"


MAY = MappingProxyType(
    {
        Act.ANSWER: frozenset({Role.OMS}),
        Act.ABORT: frozenset({Role.OMS, Role.OAC}),
        Act.OUTCOME: frozenset({Role.OAC}),
        Act.ACK: frozenset({Role.OMS, Role.SUPERVISOR}),
        Act.CONFIRM_IDENTITY: frozenset({Role.OMS}),
        Act.STATE_NO_ANIMALS: frozenset({Role.OMS}),
        Act.ASK_DRIVER: frozenset({Role.OMS}),
        Act.REFUSAL: frozenset({Role.OMS}),
        Act.SERVICE: frozenset({Role.OMS, Role.SUPERVISOR}),
    }
)
"""Which roles may do what."""


def may(role: Role, act: Act) -> bool:
    """Whether officers of a role may do an act."""
    return role in MAY[act]


def duties_are_separate(
    oac_id: str, oms_ids: Iterable[str], *, one_person_allowed: bool = False
) -> bool:
    """Whether this officer may give the outcome of an inspection others ran.

    The order names two kinds of operators and does not say that one person may not be both; the
    default is that the OAC may not be an OMS of the same inspection.

    Args:
        oac_id: who wants to give the outcome; an empty id never may.
        oms_ids: everyone who acted as OMS in this inspection.
        one_person_allowed: the site's setting for the other reading, `[policy] one_person`.
    """
    if not says_something(oac_id):
        return False
    return one_person_allowed or same_officer(oac_id) not in map(same_officer, oms_ids)


def same_officer(officer_id: str) -> str:
    """An officer's id in the one form in which two are compared: what cannot be seen is nothing."""
    seen = (char for char in officer_id if char.isprintable() and char not in BLANK_LETTERS)
    return "".join(seen).strip().casefold()
