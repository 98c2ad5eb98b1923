"""Everything the law decides on for one unit, gathered by the lane, and what people state of it."""

from dataclasses import dataclass
from datetime import date
from enum import unique
from typing import NamedTuple

from edge.law.envelope import Envelope, Measurement
from edge.law.lexicon import Lexicon
from edge.law.manifest import ManifestFacts
from edge.law.outcomes import Act, Role, may
from edge.law.tables import ExemptionTable
from edge.law.words import Word, says_something


@dataclass(frozen=True, slots=True)
class NoAnimalsStatement:
    """A named officer states that a circus or menagerie travels without animals.

    Attributes:
        inspection_id: the inspection of the unit it is said of; it says nothing of any other.
        officer_id: who states it.
        role: in which role.
        utc: when, RFC 3339 text.
    """

    inspection_id: str
    officer_id: str
    role: Role
    utc: str

    @property
    def counts(self) -> bool:
        """Whether it is a dated statement of a named officer who may make it."""
        return _counts(self, Act.STATE_NO_ANIMALS)


@unique
class Aboard(Word):
    """What a driver says to "are there live animals on board?"."""

    YES = "yes"
    NO = "no"
    UNANSWERED = "unanswered"


@dataclass(frozen=True, slots=True)
class DriverAnswer:
    """The driver's answer to the question for live animals, and who asked.

    Attributes:
        inspection_id: the inspection of the unit; it says nothing of any other.
        animals: what the driver says.
        officer_id: who asked.
        role: in which role.
        utc: when, RFC 3339 text.
    """

    inspection_id: str
    animals: Aboard
    officer_id: str
    role: Role
    utc: str

    @property
    def counts(self) -> bool:
        """Whether a named officer who may ask has asked, and dated it."""
        return _counts(self, Act.ASK_DRIVER)


def _counts(said: NoAnimalsStatement | DriverAnswer, act: Act) -> bool:
    named, dated = says_something(said.officer_id), says_something(said.utc)
    return named and dated and may(said.role, act)


class LawData(NamedTuple):
    """Every table of exemptions and every lexicon of living goods that is loaded."""

    tables: tuple[ExemptionTable, ...]
    lexica: tuple[Lexicon, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One unit before the law.

    Attributes:
        inspection_id: the inspection of the unit.
        manifest: the papers and their standing.
        measured: what the lane measured.
        envelope: what the lane can take.
        law: every table and lexicon that is loaded.
        day: the civil day at the lane.
        statement: an officer's statement on a circus, None when there is none; one that names
            another inspection does not count.
        driver: the driver's answer, None when he was not asked; as with the statement.
        vehicles: the lane takes vehicles, so that what comes without papers may be a private one.
    """

    inspection_id: str
    manifest: ManifestFacts
    measured: tuple[Measurement, ...]
    envelope: Envelope
    law: LawData
    day: date
    statement: NoAnimalsStatement | None = None
    driver: DriverAnswer | None = None
    vehicles: bool = False
