"""What two tables, or two lexica, decide differently, in words.

Computed on what decides; texts, sources and dates are listed apart. Codes are compared as the
tables divide the tariff: for every prefix of either table, and for what is cut short of an exempt
one, the codes that begin with it and with no longer prefix of either.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from edge.law.lexicon import Element, Entry, FalseFriend, Lexicon
from edge.law.tables import DocumentRow, ExemptionTable, GoodsRow, VehicleRow
from edge.law.tariff import LENGTHS, print_code

_T = TypeVar("_T")

_SCANNED = "not spoken of (scanned)"
"""What becomes of a code of which no row speaks, where nothing else holds its unit."""


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
        {*_codes(old, new), *_documents(old, new), *_vehicles(old, new)}
    )  # fmt: skip
    apart = [*_head(old, new), *_texts(old, new)]
    if old.substance != new.substance and not decides:
        apart.append("rows differ, and no code, document or vehicle is decided differently")
    return Difference(tuple(decides), tuple(apart))


def _codes(old: ExemptionTable, new: ExemptionTable) -> Iterator[str]:
    exempt = {row.prefix for one in (old, new) for row in one.rows}
    rows = exempt | {row.prefix for one in (old, new) for row in one.goods}
    short = {prefix[:end] for prefix in exempt for end in range(2, len(prefix), 2)}
    for prefix in sorted(rows | short):
        below = [_below(one, prefix) for one in (old, new)]
        if prefix in rows:
            yield from _moved(_span(prefix, rows), old.ref.version, *below)
        maybe = [_maybe(one, prefix) for one in (old, new)]
        if maybe[0] != maybe[1]:
            alone = ["; ".join(filter(None, pair)) for pair in zip(maybe, below, strict=True)]
            yield from _moved(f"{print_code(prefix)} when no longer", old.ref.version, *alone)


def _moved(what: str, version: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{what} was {before or _SCANNED} under {version}, is now {after or _SCANNED}"


def _span(prefix: str, rows: set[str]) -> str:
    """The codes that begin with a prefix, but for those that begin with a longer one of a row."""
    shown = print_code(prefix)
    if len(prefix) == max(LENGTHS):
        return shown
    finer = {row for row in rows if row != prefix and row.startswith(prefix)}
    closest = [row for row in finer if not any(row[:end] in finer for end in range(len(row)))]
    but = f", but for {', '.join(map(print_code, sorted(closest)))}," if closest else ""
    return f"{shown} and below{but}"


def _below(table: ExemptionTable, prefix: str) -> str:
    """What is said of the codes that go on with no other row's; empty when nothing is."""
    words = []
    rules = {one.rule.value for one in table.exempting.matching(prefix)}
    if rules:
        words.append("exempt (" + ", ".join(sorted(rules)) + ")")
    row = table.advice(prefix)
    if row is not None:
        expected = (
            f", expects {', '.join(sorted(row.expects))}" if row.expects else ", expects no word"
        )
        policy = " (policy of the site)" if row.site_policy else ""
        words.append(f"{row.action.value}{policy}{expected}")
    return "; ".join(words)


def _maybe(table: ExemptionTable, prefix: str) -> str:
    """What is said besides of a code that is no longer than its prefix; empty when nothing is."""
    finer = sorted(print_code(one.prefix) for one in table.exempting.undecided(prefix))
    return f"held (it may be {', '.join(finer)})" if finer else ""


def _documents(old: ExemptionTable, new: ExemptionTable) -> Iterator[str]:
    def say(row: DocumentRow | None) -> str:
        if row is None:
            return "not spoken of"
        beside = f", expected with {', '.join(sorted(row.expected_with))}"
        named = f", by name {', '.join(sorted(row.stems))}"
        return row.action.value + (beside if row.expected_with else "") + (
            named if row.stems else ""
        )  # fmt: skip

    rows = [{row.code: row for row in one.documents} for one in (old, new)]
    for code, before, after in _both(*rows):
        yield from _changed(f"document {code}", say(before), say(after))


def _vehicles(old: ExemptionTable, new: ExemptionTable) -> Iterator[str]:
    def say(row: VehicleRow | None) -> str:
        if row is None:
            return "not spoken of"
        return "hold" + (f", by name {', '.join(sorted(row.stems))}" if row.stems else "")

    rows = [{row.kind: row for row in one.vehicles} for one in (old, new)]
    for kind, before, after in _both(*rows):
        yield from _changed(f"vehicle {kind}", say(before), say(after))


def _changed(what: str, before: str, after: str) -> Iterator[str]:
    if before != after:
        yield f"{what} was {before}, is now {after}"


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
