"""What two tables, or two lexica, decide differently, in words.

Computed on what decides; texts, sources and dates are listed apart. Of two lists only what differs
is printed.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from edge.law.code_changes import code_changes
from edge.law.lexicon import Element, Entry, FalseFriend, Lexicon
from edge.law.tables import DocumentRow, ExemptionTable, GoodsRow, VehicleRow
from edge.law.tariff import print_code

_T = TypeVar("_T")

_UNSPOKEN = "not spoken of"


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two tables or two lexica.

    Attributes:
        decides: what decides differently, one sentence each, sorted.
        apart: what differs and decides nothing differently: texts, sources, dates, versions.
    """

    decides: tuple[str, ...]
    apart: tuple[str, ...]


def compare_tables(old: ExemptionTable, new: ExemptionTable) -> Difference:
    """Compare two tables of exemptions and advice."""
    decides = sorted(
        {*code_changes(old, new), *_documents(old, new), *_vehicles(old, new)}
    )  # fmt: skip
    apart = [*_head(old, new), *_texts(old, new)]
    if old.substance != new.substance and not decides:
        apart.append("rows differ, and no code, document or vehicle is decided differently")
    return Difference(tuple(decides), tuple(apart))


def _documents(old: ExemptionTable, new: ExemptionTable) -> Iterator[str]:
    rows = [{row.code: row for row in one.documents} for one in (old, new)]
    for code, before, after in _both(*rows):
        what = f"document {code}"
        if before is None or after is None:
            yield _came_or_went(what, _document(before), _document(after))
            continue
        if before.action is not after.action:
            yield f"{what} was {before.action.value}, is now {after.action.value}"
        known = [frozenset(map(print_code, row.expected_with)) for row in (before, after)]
        yield from _listed(f"{what}: expected with", *known)
        yield from _listed(f"{what}: name", frozenset(before.stems), frozenset(after.stems))


def _document(row: DocumentRow | None) -> str:
    if row is None:
        return ""
    known = ", ".join(map(print_code, sorted(row.expected_with)))
    return row.action.value + (f", expected with {known}" if known else "") + _named(row.stems)


def _vehicles(old: ExemptionTable, new: ExemptionTable) -> Iterator[str]:
    rows = [{row.kind: row for row in one.vehicles} for one in (old, new)]
    for kind, before, after in _both(*rows):
        what = f"vehicle {kind}"
        if before is None or after is None:
            yield _came_or_went(what, _vehicle(before), _vehicle(after))
            continue
        yield from _listed(f"{what}: name", frozenset(before.stems), frozenset(after.stems))


def _vehicle(row: VehicleRow | None) -> str:
    return "" if row is None else "hold" + _named(row.stems)


def _named(stems: tuple[str, ...]) -> str:
    return f", by name {', '.join(sorted(stems))}" if stems else ""


def _came_or_went(what: str, before: str, after: str) -> str:
    return f"{what} was {before or _UNSPOKEN}, is now {after or _UNSPOKEN}"


def _listed(what: str, old: frozenset[str], new: frozenset[str]) -> Iterator[str]:
    """What has gone from a list and what has come to it, each list in one sentence."""
    for gone_or_come, some in (("gone", old - new), ("come", new - old)):
        if some:
            yield f"{what}: has {gone_or_come}: {', '.join(sorted(some))}"


def _both(
    old: Mapping[str, _T], new: Mapping[str, _T]
) -> Iterator[tuple[str, _T | None, _T | None]]:
    for key in sorted({*old, *new}):
        yield key, old.get(key), new.get(key)


def _head(old: ExemptionTable | Lexicon, new: ExemptionTable | Lexicon) -> Iterator[str]:
    pairs = (
        ("id", old.ref.table_id, new.ref.table_id),
        ("version", old.ref.version, new.ref.version),
        ("valid_from", str(old.valid_from), str(new.valid_from)),
        ("valid_to", str(old.valid_to), str(new.valid_to)),
        ("source", old.source, new.source),
    )
    for name, before, after in pairs:
        yield from _reworded(name, before, after)


def _reworded(name: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{name}: {before!r} became {after!r}"


def _texts(old: ExemptionTable, new: ExemptionTable) -> Iterator[str]:
    for key, before, after in _both(_told(old), _told(new)):
        if before is not None and after is not None:
            yield from _reworded(f"{key} what", before[0], after[0])
            yield from _reworded(f"{key} source", before[1], after[1])


def _told(table: ExemptionTable) -> dict[str, tuple[str, str]]:
    """What and source of every row, by the words that name the row."""
    advice: Iterable[GoodsRow] = table.goods
    return {
        **{f"exempt {print_code(row.prefix)}": (row.what, row.source) for row in table.rows},
        **{f"goods {print_code(row.prefix)}": (row.what, row.source) for row in advice},
        **{f"document {row.code}": (row.what, row.source) for row in table.documents},
        **{f"vehicle {row.kind}": (row.what, row.source) for row in table.vehicles},
    }


def compare_lexica(old: Lexicon, new: Lexicon) -> Difference:
    """Compare two lexica: words that are heard or not, and what silences them."""
    decides = [
        *_members("Kazakh context word", _kazakh(old), _kazakh(new)),
        *(line for key, a, b in _both(old.entries, new.entries) for line in _entry(key, a, b)),
        *(
            line
            for key, a, b in _both(old.friends, new.friends)
            for line in _friend(
                key, None if a is None else (old, a), None if b is None else (new, b)
            )
        ),
    ]
    apart = [*_head(old, new), *_reworded("review", old.review, new.review)]
    for key, before, after in _both(old.friends, new.friends):
        if before is not None and after is not None:
            apart += _reworded(f"false friend {key} example", before.example, after.example)
    return Difference(tuple(sorted(decides)), tuple(apart))


def _members(what: str, old: frozenset[str], new: frozenset[str]) -> Iterator[str]:
    yield from (f"{what} {one!r} was there, is now gone" for one in sorted(old - new))
    yield from (f"{what} {one!r} was not there, is now" for one in sorted(new - old))


def _entry(key: str, old: Entry | None, new: Entry | None) -> Iterator[str]:
    what = f"words {key}"
    if old is None or new is None:
        was, now = ("not heard", "heard") if old is None else ("heard", "not heard")
        entry = new or old
        shown = "" if entry is None else ", ".join(sorted(stem.text for stem in entry.stems))
        yield f"{what} were {was}, are now {now}: {shown}"
        return
    for name, before, after in (
        ("class", old.word_class.value, new.word_class.value),
        ("language", old.language.value, new.language.value),
        ("strength", old.strength.value, new.strength.value),
        ("needs", old.needs.value, new.needs.value),
        ("live_word", str(old.live_word).lower(), str(new.live_word).lower()),
        ("window", str(old.window), str(new.window)),
    ):
        if before != after:
            yield f"{what}: {name} was {before}, is now {after}"
    stems = [frozenset(stem.text for stem in one.stems) for one in (old, new)]
    yield from _members(f"{what}: stem", *stems)


_Owned = tuple[Lexicon, FalseFriend]


def _friend(key: str, old: _Owned | None, new: _Owned | None) -> Iterator[str]:
    what = f"false friend {key}"
    if old is None or new is None:
        yield f"{what} " + ("silenced nothing, now does" if old is None else "is now gone")
        return
    (_, before), (_, after) = old, new
    if before.reach != after.reach:
        yield f"{what}: reach was {before.reach}, is now {after.reach}"
    if before.abbreviated != after.abbreviated:
        yield f"{what}: abbreviated was {before.abbreviated}, is now {after.abbreviated}"
    if before.made_for != after.made_for:
        yield f"{what}: made_for was {before.made_for}, is now {after.made_for}"
    yield from _members(f"{what}: silencing of", before.silences, after.silences)
    yield from _members(f"{what}: phrase", _phrases(*old), _phrases(*new))


def _phrases(lexicon: Lexicon, friend: FalseFriend) -> frozenset[str]:
    return frozenset(
        " ".join(_written(lexicon, element) for element in phrase) for phrase in friend.phrases
    )


def _written(lexicon: Lexicon, element: Element) -> str:
    word = "" if element.word is None else _word(lexicon, element.word)
    return f"@{word}" if element.silenced else word


def _word(lexicon: Lexicon, number: int) -> str:
    """Every way a word is written; the notation of the file is not kept."""
    return "/".join(way.text + ("*" if way.open_ended else "") for way in lexicon.words[number])


def _kazakh(lexicon: Lexicon) -> frozenset[str]:
    return frozenset(_word(lexicon, number) for number in lexicon.kazakh_words)
