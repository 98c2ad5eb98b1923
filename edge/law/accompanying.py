"""What goes with the goods: documents, the vehicle, and the driver's answer. Only ever doubt."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from edge.law.case import Aboard, Case
from edge.law.goods import StudiedLine
from edge.law.kinds import MALFORMED, document_code, is_called
from edge.law.lexicon import Lexicon, Strength
from edge.law.living_words import Found, WordHit, find_words
from edge.law.manifest import VEHICLE_SEPARATOR, Document, ManifestState
from edge.law.rules import Rule
from edge.law.tables import Action, DocumentRow, ExemptionTable
from edge.law.verdicts import Finding

_WITHOUT_PAPERS = (ManifestState.MISSING, ManifestState.UNSIGNED)


def document_findings(
    documents: Sequence[Document], table: ExemptionTable, lines: Sequence[StudiedLine]
) -> Iterator[Finding]:
    """Documents that point to living or dangerous goods.

    One that is usual with some goods is a notice when all goods are such and no word speaks of
    life; beside any other line it holds, since that line may be what it is for.
    """
    for document in documents:
        for row in table.documents:
            code = document_code(document.kind)
            if code == row.code or is_called(document.kind, row.code, row.stems):
                rule = _document_rule(row, lines)
                if rule is not None:
                    shown = f"{document.kind[:40]} {document.number[:40]}: {row.what}"
                    yield Finding(rule, shown)


def document_doubts(
    documents: Sequence[Document], lexicon: Lexicon | None, lines: Sequence[StudiedLine]
) -> Iterator[Finding]:
    """Kinds of documents that cannot be read, and those whose names speak of living goods.

    A word in a name holds as one in a description does: unless the code of every line explains it.
    """
    for document in documents:
        shown = f"{document.kind[:40]} {document.number[:40]}"
        if document_code(document.kind) == MALFORMED:
            yield Finding(Rule.DOCUMENT, f"{shown}: no code of a document, which has five digits")
        elif lexicon is not None:
            for hit in _heard(lexicon, document.kind).hits:
                explained = bool(lines) and all(line.expected(hit) for line in lines)
                if not explained and _says_so(hit):
                    yield Finding(Rule.DOCUMENT, f"{shown}: {hit.words!r} ({hit.entry_id})")


# As with lines: neither changes, so remembering changes only the time.
@lru_cache(maxsize=1024)
def _heard(lexicon: Lexicon, kind: str) -> Found:
    return find_words(lexicon, kind)


def _says_so(hit: WordHit) -> bool:
    # A record of dosimetric control is an ordinary paper.
    return hit.word_class.living or hit.strength is Strength.STRONG


def _document_rule(row: DocumentRow, lines: Sequence[StudiedLine]) -> Rule | None:
    if row.action is Action.ALLOW:
        return None
    if row.action is Action.NOTICE:
        return Rule.DOCUMENT_NOTICE
    speaks = any(line.speaks_of_life or line.found.strong for line in lines)
    if row.action is Action.HOLD_IF_LIVING:
        return Rule.DOCUMENT if speaks else Rule.DOCUMENT_NOTICE
    usual = bool(lines) and all(line.code_in(row.expected_with) for line in lines)
    return Rule.DOCUMENT_NOTICE if usual and not speaks else Rule.DOCUMENT


def vehicle_findings(kind: str, table: ExemptionTable) -> Iterator[Finding]:
    """A vehicle made for animals: an empty one on its way back is a classic concealment."""
    kinds = kind.split(VEHICLE_SEPARATOR.strip())
    for row in table.vehicles:
        if any(is_called(one, row.kind, row.stems) for one in kinds):
            yield Finding(Rule.ANIMAL_VEHICLE, f"{kind[:40]}: {row.what}")


def vehicle_words(kind: str, lexicon: Lexicon) -> Iterator[Finding]:
    """Words of living goods in a kind of vehicle, whatever its code and the goods.

    A thing made for animals, which is nothing living in a description, is here the very vehicle.
    """
    for one in kind.split(VEHICLE_SEPARATOR.strip()):
        found = _heard(lexicon, one)
        made_for = (s.hit for s in found.silenced if lexicon.friends[s.friend_id].made_for)
        for hit in (*found.hits, *made_for):
            if hit.word_class.living:
                shown = f"{kind[:40]}: {hit.words!r} ({hit.entry_id})"
                yield Finding(Rule.ANIMAL_VEHICLE, shown)


def driver_findings(case: Case) -> Iterator[Finding]:
    """The question for live animals: pets and riding horses have no goods declaration.

    A "yes" holds, whoever has heard it; only a "no" said to a named officer settles the question. A
    question that was put stays open until it is answered, also where nobody had to put it.
    """
    answer = case.driver
    if answer is not None and answer.inspection_id == case.inspection_id:
        if answer.animals is Aboard.YES:
            yield Finding(Rule.ANIMALS_ABOARD, f"asked by {answer.officer_id} at {answer.utc}")
        elif answer.animals is Aboard.UNANSWERED or not answer.counts:
            yield Finding(Rule.DRIVER_NOT_ASKED, "asked, and no answer that counts")
        return
    manifest = case.manifest
    if manifest.private_vehicle:
        yield Finding(Rule.DRIVER_NOT_ASKED, "a private vehicle")
    elif case.vehicles and manifest.state in _WITHOUT_PAPERS:
        yield Finding(Rule.DRIVER_NOT_ASKED, "a vehicle without papers")
