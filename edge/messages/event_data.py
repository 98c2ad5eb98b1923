"""The data of every event type, and the table that names them.

Additive within a major version: readers ignore fields they do not know.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from edge.messages.base import Additive, Line, Sha256Hex, Text, Token, UtcTime

Count = Annotated[int, Field(ge=0, le=2**53 - 1)]
Sequence = Annotated[int, Field(ge=1, le=2**53 - 1)]


class EventData(Additive):
    """What every event says besides its own facts.

    Attributes:
        journal_sequence: the journal entry this event speaks of.
        journal_head: hash of that entry, the head of the chain when the event was made.
        simulated: made on a lane whose officers and devices may be simulated.
    """

    journal_sequence: Sequence
    journal_head: Sha256Hex
    simulated: bool


class Reason(Additive):
    """One rule that spoke, and what it spoke about."""

    rule: Token
    text: Line
    offending: Line = ""


class InspectionOpened(EventData):
    """A unit arrived. Identifiers are those read so far."""

    direction: Literal["arrival", "departure"] | None = None
    plate: Line = ""
    container: Line = ""
    qr: Line = ""


class VerdictGiven(EventData):
    """What the law decided, by which rules, table, lexicon and inputs.

    Attributes:
        notices: what is to be noted and has decided nothing.
        words_id: the lexicon of living goods in force, empty when there was none; like the table.
    """

    verdict: Literal["scan", "exempt", "no_basis", "hold"]
    reasons: tuple[Reason, ...] = ()
    rule_ids: tuple[Token, ...] = ()
    table_id: Line = ""
    table_version: Line = ""
    table_sha256: Sha256Hex | None = None
    notices: tuple[Reason, ...] = ()
    words_id: Line = ""
    words_version: Line = ""
    words_sha256: Sha256Hex | None = None
    manifest_id: Line = ""
    manifest_version: Count | None = None
    inputs: dict[str, object] = Field(default_factory=dict)


class HoldAsked(EventData):
    """The lane waits for an officer, until ``answer_until`` at the latest."""

    reasons: tuple[Reason, ...]
    answer_until: UtcTime


class HoldAnswered(EventData):
    """A named officer answered; ``command_id`` when it came from headquarters.

    ``confirmed_by`` names the second officer where the site wants two for a scan; the command is
    then the second one's.
    """

    officer: Token
    role: Token
    decision: Literal["scan", "turn_away", "pass"]
    reason: Text
    confirmed_by: Token | None = None
    command_id: Token | None = None


class ScanStarted(EventData):
    """The beam was permitted for this unit."""

    scan_id: Count
    kv: float
    ma: float


class Package(Additive):
    """The scan package on the lane's disk, named by its content."""

    sha256: Sha256Hex
    size_bytes: Count
    media_type: Line
    lines: Count


class ScanCompleted(EventData):
    """The scan became an image. The thumbnail is a PNG of at most 32 KB in base64.

    ``counted``: the board has shown its relay open since, so that ``exposure_ms`` is all of it.
    """

    scan_id: Count
    exposure_ms: Count
    counted: bool | None = None
    package: Package
    thumbnail_png: Annotated[str, Field(max_length=43_692)] = ""


class ScanNotCompleted(EventData):
    """The scan ended early; the exposure is what the permit board counted so far.

    The relay opens only now: the record's closing says what was counted in the end.
    """

    scan_id: Count
    exposure_ms: Count
    counted: bool | None = None
    reason: Line


class UnitNotScanned(EventData):
    """A unit left without a scan, and why."""

    why: Literal["exempt", "no_basis", "turned_away", "passed_by_officer"]
    rule_ids: tuple[Token, ...] = ()
    officer: Token | None = None
    reason: Line = ""


_CLEAN: JsonDict = {"suspicion": {"const": False}, "agrees_with_documents": {"const": True}}
_ONLY_DERIVED: JsonDict = {
    "if": {"properties": _CLEAN, "required": [*_CLEAN]},
    "then": {"properties": {"outcome": {"const": "without_suspicion"}}},
    "else": {"properties": {"outcome": {"const": "under_suspicion"}}},
}
"""What the law derives from the two answers, for readers of the JSON Schema. The contract knows no
law, so it is said here once more; a test holds the two together."""


class OutcomeGiven(EventData):
    """The two answers of the analysing officer and the outcome derived from them.

    Raises:
        ValueError: another outcome than the two answers lead to; "without suspicion" beside a
            suspicion or a discrepancy is no message.
    """

    model_config = ConfigDict(json_schema_extra=_ONLY_DERIVED)

    officer: Token
    suspicion: bool
    agrees_with_documents: bool
    outcome: Literal["without_suspicion", "under_suspicion"]
    note: Text = ""
    command_id: Token | None = None

    @model_validator(mode="after")
    def _outcome_is_derived(self) -> Self:
        """Refuse what the law does not derive from the two answers."""
        clean = not self.suspicion and self.agrees_with_documents
        derived = "without_suspicion" if clean else "under_suspicion"
        if self.outcome != derived:
            raise ValueError(
                f"outcome {self.outcome!r} does not follow from suspicion={self.suspicion} and "
                f"agrees_with_documents={self.agrees_with_documents}, which lead to {derived!r}; "
                "send the answers as the officer gave them"
            )
        return self


class InspectionClosed(EventData):
    """The record is complete.

    Attributes:
        state: the outcome, or what there is instead of one.
        reason: why it was not completed (``refused``, ``aborted``, ``restart``); else empty.
        scan_id: of the newest arming, None when there was none.
        exposure_ms: what the board counted for it, None without an arming.
        counted: whether the board has shown its relay open since; False where it fell silent, and
            up to one more lease may have to be added.
    """

    state: Token
    opened: UtcTime
    closed: UtcTime
    package_sha256: Sha256Hex | None = None
    reason: Line = ""
    scan_id: Count | None = None
    exposure_ms: Count | None = None
    counted: bool | None = None


class FaultRaised(EventData):
    """A fault began."""

    code: Token
    fault_class: Literal["trip", "stop", "no_entry", "notice"]
    text: Line
    detail: Line = ""


class FaultCleared(EventData):
    """A fault ended; ``officer`` where someone had to acknowledge it."""

    code: Token
    began: UtcTime
    officer: Token | None = None
    reason: Line = ""


class LaneMode(EventData):
    """The lane changed its mode; the PackML number is for supervisory systems."""

    mode: Token
    packml_state: Count
    reason: Line = ""


class Tombstone(EventData):
    """Fills the place of an event that no broker would take, so that receipts can move on."""

    replaces_type: Token
    replaces_sha256: Sha256Hex
    reason: Line


class ConfigFile(Additive):
    """One configuration file in force."""

    name: Line
    sha256: Sha256Hex
    version: Line = ""


class ConfigApplied(EventData):
    """The configuration in force from now on."""

    files: tuple[ConfigFile, ...]


EVENTS: Mapping[str, type[EventData]] = MappingProxyType(
    {
        "inspection.opened": InspectionOpened,
        "verdict.given": VerdictGiven,
        "hold.asked": HoldAsked,
        "hold.answered": HoldAnswered,
        "scan.started": ScanStarted,
        "scan.completed": ScanCompleted,
        "scan.not_completed": ScanNotCompleted,
        "unit.not_scanned": UnitNotScanned,
        "outcome.given": OutcomeGiven,
        "inspection.closed": InspectionClosed,
        "fault.raised": FaultRaised,
        "fault.cleared": FaultCleared,
        "lane.mode": LaneMode,
        "tombstone": Tombstone,
        "config.applied": ConfigApplied,
    }
)
"""Every event type with the model of its data."""
