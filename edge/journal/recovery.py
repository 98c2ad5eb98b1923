"""What must be known before a lane works again: does the journal hold, and what is unfinished."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.errors import JournalError
from edge.evidence.chain import ChainProblem, Head
from edge.evidence.signing import trust
from edge.journal.checkpoints import CheckpointProblem, Origin
from edge.journal.database import Reader
from edge.journal.open_work import BEAM_BEGIN, BEAM_ENDS, CLOSING, OpenInspection, open_inspections
from edge.journal.reading import entries_of
from edge.journal.store import Journal
from edge.journal.streams import Stream
from edge.journal.verifying import ChainCheck, verify_tail, verify_whole

OPEN_LIMIT = 10_000
"""More unfinished inspections than a lane can have waiting for outcomes."""

_UNFINISHED = """
SELECT inspection_id FROM entry WHERE inspection_id IS NOT NULL
EXCEPT SELECT inspection_id FROM entry WHERE kind = ? LIMIT ?
"""
_LAST_BEAM_OF_LANE = """
SELECT sequence, kind FROM entry WHERE inspection_id IS NULL AND kind IN (?, ?, ?)
ORDER BY sequence DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class RecoveryReport:
    """What a journal says after a start.

    Attributes:
        head: newest record.
        checkpoint: newest record covered by a checkpoint that holds, 0 without one.
        checked_from: first record whose hash was checked.
        stream: the outbox stream and how far it was released.
        file: what SQLite's own check complains of, or what could not be read.
        chain: what is wrong with the chain.
        checkpoints: checkpoints that prove nothing.
        inspections: inspections without a closing entry.
        beam_intents: sequences of beam intents that no entry ended; the exposure is unknown until
            the permit board's counter has been read.
    """

    head: Head
    checkpoint: int
    checked_from: int
    stream: Stream
    file: tuple[str, ...]
    chain: tuple[ChainProblem, ...]
    checkpoints: tuple[CheckpointProblem, ...]
    inspections: tuple[OpenInspection, ...]
    beam_intents: tuple[int, ...]

    @property
    def sound(self) -> bool:
        """True when nothing at all is wrong; otherwise the lane must not enter service."""
        return not (self.file or self.chain or self.checkpoints)

    @property
    def awaiting_outcome(self) -> tuple[str, ...]:
        """Inspections whose image waits for the analysing officer."""
        return tuple(one.inspection_id for one in self.inspections if one.awaiting_outcome)

    def complaints(self) -> list[str]:
        """Give everything that is wrong, one line each."""
        return [*self.file, *map(str, self.chain), *map(str, self.checkpoints)]


def recover(
    journal: Journal,
    *,
    whole: bool = False,
    known: Iterable[Head] = (),
    trusted: Mapping[str, Ed25519PublicKey] | None = None,
) -> RecoveryReport:
    """Check a journal and find what is unfinished; call it before the first append.

    A sound journal is vouched for: from now on it signs checkpoints. An unsound one signs none.

    Args:
        journal: freshly opened.
        whole: check every record instead of those after the newest checkpoint.
        known: heads known from outside (receipts, paper); shows a tail that was cut off.
        trusted: keys that may have signed checkpoints; the lane's own by default.

    Raises:
        JournalUnavailable: the journal cannot be opened for reading. What is damaged is reported.
    """
    reader = journal.reader()
    try:
        origin = Origin(journal.lane, journal.journal_id)
        keys = trust([journal.public_key]) if trusted is None else trusted
        file = _file_check(reader)
        check = ChainCheck(1, 0, (), ())
        inspections: list[OpenInspection] = []
        lane_intents: list[int] = []
        try:
            verify = verify_whole if whole else verify_tail
            check = verify(reader, origin, keys, known)
            inspections = _unfinished(reader)
            lane_intents = _lane_intent(reader)
        except JournalError as error:
            file.append(str(error))
    finally:
        reader.close()
    if not (file or check.chain or check.checkpoints):
        journal.vouch()
    intents = [one.beam_intent for one in inspections if one.beam_intent]
    return RecoveryReport(
        head=journal.head,
        checkpoint=check.checkpoint,
        checked_from=check.checked_from,
        stream=journal.stream,
        file=tuple(file),
        chain=check.chain,
        checkpoints=check.checkpoints,
        inspections=tuple(inspections),
        beam_intents=tuple(sorted((*intents, *lane_intents))),
    )


def _file_check(reader: Reader) -> list[str]:
    try:
        lines = [str(row[0]) for row in reader.rows("PRAGMA quick_check(20)")]
    except JournalError as error:
        return [str(error)]
    return [f"journal file: {line}" for line in lines if line != "ok"]


def _unfinished(reader: Reader) -> list[OpenInspection]:
    found: list[OpenInspection] = []
    for (inspection_id,) in reader.rows(_UNFINISHED, CLOSING, OPEN_LIMIT):
        assert isinstance(inspection_id, str)
        found.extend(open_inspections(entries_of(reader, inspection_id)))
    return sorted(found, key=lambda one: one.last_sequence)


def _lane_intent(reader: Reader) -> list[int]:
    """Find a beam intent that belongs to no inspection (a service permit) and was not ended."""
    row = reader.row(_LAST_BEAM_OF_LANE, BEAM_BEGIN, *BEAM_ENDS)
    if row is None or row[1] != BEAM_BEGIN:
        return []
    assert isinstance(row[0], int)
    return [row[0]]
