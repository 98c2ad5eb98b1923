"""Everything the law decides on for one unit, gathered by the lane, and the officer's statement."""

from dataclasses import dataclass
from datetime import date

from edge.law.envelope import Envelope, Measurement
from edge.law.manifest import ManifestFacts
from edge.law.outcomes import Act, Role, may
from edge.law.tables import ExemptionTable


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
        return (
            bool(self.officer_id.strip())
            and bool(self.utc.strip())
            and may(self.role, Act.STATE_NO_ANIMALS)
        )


@dataclass(frozen=True, slots=True)
class Case:
    """One unit before the law.

    Attributes:
        inspection_id: the inspection of the unit.
        manifest: the papers and their standing.
        measured: what the lane measured.
        envelope: what the lane can take.
        tables: every table of exemptions that is loaded.
        day: the civil day at the lane.
        statement: an officer's statement on a circus, None when there is none; one that names
            another inspection does not count.
    """

    inspection_id: str
    manifest: ManifestFacts
    measured: tuple[Measurement, ...]
    envelope: Envelope
    tables: tuple[ExemptionTable, ...]
    day: date
    statement: NoAnimalsStatement | None = None
