"""Checks of parsed TOML that gather every problem with its key instead of stopping at the first."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, TypeVar

from edge.law.verdicts import TableRef
from edge.law.words import Word, says_something

_W = TypeVar("_W", bound=Word)
_R = TypeVar("_R")

Row = Mapping[str, object]
"""A TOML table."""

_HEAD_KEYS = frozenset({"schema", "id", "version", "source", "valid_from", "valid_to"})
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file of data.

    Attributes:
        key: dotted path of the key, or ``-`` for the whole file.
        value: the offending value as text.
        reason: what is wrong with it.
        remedy: what to do about it.
    """

    key: str
    value: str
    reason: str
    remedy: str


class Head(NamedTuple):
    """What a dated file of the law says of itself, above its rows."""

    ref: TableRef
    valid_from: date
    valid_to: date
    source: str


class RowChecks:
    """Reads values out of tables; a wrong one is told once and replaced by a plain one."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def say(self, key: str, value: object, reason: str, remedy: str) -> None:
        """Note one problem."""
        self.problems.append(Problem(key, str(value)[:80], reason, remedy))

    def known(self, at: str, row: Row, keys: frozenset[str]) -> None:
        """Refuse keys that nobody reads."""
        for name in sorted(str(name) for name in row.keys() - keys):
            self.say(at + name, row[name], "unknown key", "remove it or correct its spelling")

    def schema(self, row: Row, known: int) -> None:
        """Refuse a file of another layout than the one the code reads."""
        found = row.get("schema", "")
        if type(found) is not int or found != known:
            self.say("schema", found, "unknown layout", f"write schema = {known}")

    def head(self, row: Row, sha256: str, *, schema: int, keys: frozenset[str]) -> Head:
        """What a file with this hash says of itself; ``keys`` are those it has besides."""
        ref = TableRef(self.text("", row, "id"), self.text("", row, "version"), sha256)
        source = self.text("", row, "source")
        valid_from, valid_to = self.days(row, "valid_from", "valid_to")
        self.known("", row, _HEAD_KEYS | keys)
        self.schema(row, schema)
        if not _SHA256.fullmatch(sha256):
            self.say("-", sha256, "is no SHA-256", "hash the bytes of the file")
        return Head(ref, valid_from, valid_to, source)

    def text(self, at: str, row: Row, name: str) -> str:
        """A text that says something."""
        value = row.get(name, "")
        if isinstance(value, str) and says_something(value):
            return value
        self.say(at + name, value, "is missing or no text", "write a text")
        return ""

    def texts(self, at: str, row: Row, name: str, most: int) -> list[str]:
        """A list of 1 to ``most`` texts, each of which says something."""
        value = row.get(name)
        if not isinstance(value, list) or not 0 < len(value) <= most:
            shown = "" if value is None else value
            self.say(at + name, shown, "is no list of texts", f"write 1 to {most} texts")
            return []
        for one in value:
            if not isinstance(one, str) or not says_something(one):
                self.say(at + name, one, "is no text", "write a text, or remove it")
        return [one for one in value if isinstance(one, str) and says_something(one)]

    def one_of(self, at: str, row: Row, name: str, words: type[_W], plain: _W | None = None) -> _W:
        """A member of a closed set, by its value; ``plain`` where the key may be left out."""
        members = {str(word.value): word for word in words}
        value = row.get(name, "")
        if plain is not None and name not in row:
            return plain
        if isinstance(value, str) and value in members:
            return members[value]
        self.say(at + name, value, "is none of the known", "write one of " + ", ".join(members))
        return next(iter(words))

    def number(self, at: str, row: Row, name: str, plain: int, most: int) -> int:
        """A whole number from 0 to ``most``; ``plain`` where the key is left out."""
        value = row.get(name, plain)
        if type(value) is int and 0 <= value <= most:
            return value
        self.say(at + name, value, "is no number in its limits", f"write 0 to {most}")
        return plain

    def flag(self, at: str, row: Row, name: str) -> bool:
        """True or false; false where the key is left out."""
        value = row.get(name, False)
        if isinstance(value, bool):
            return value
        self.say(at + name, value, "is neither true nor false", "write true or remove it")
        return False

    def day(self, row: Row, name: str) -> date | None:
        """One civil day; None when it is none, which is told."""
        value = row.get(name, "")
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        self.say(name, value, "is missing or no date", "write a date as 2026-01-31")
        return None

    def days(self, row: Row, first: str, last: str) -> tuple[date, date]:
        """Two civil days, the first not after the last."""
        found = [day for name in (first, last) if (day := self.day(row, name)) is not None]
        if len(found) < 2:
            return date.min, date.max
        if found[0] > found[1]:
            self.say(last, found[1], f"is before {first} {found[0]}", "correct the dates")
        return found[0], found[1]

    def rows(self, row: Row, name: str, most: int, build: Callable[[str, Row], _R]) -> list[_R]:
        """The rows of one kind, each built with its key; only those that gave no problem."""
        found = row.get(name)
        if not isinstance(found, list) or not 0 < len(found) <= most:
            remedy = f"write 1 to {most} [[{name}]] tables"
            self.say(name, type(found).__name__, "is no list of rows", remedy)
            return []
        built: list[_R] = []
        for place, one in enumerate(found):
            before = len(self.problems)
            if isinstance(one, Mapping):
                made = build(f"{name}[{place}].", one)
                built.extend([made] if len(self.problems) == before else [])
            else:
                self.say(f"{name}[{place}]", one, "is no table", f"write it as [[{name}]]")
        return built

    def once(self, key: str, things: Iterable[tuple[object, str]]) -> None:
        """Refuse what comes twice; each thing with the words that show it."""
        seen: set[object] = set()
        for thing, shown in things:
            if thing in seen:
                self.say(key, shown, "comes twice", "keep one of them")
            seen.add(thing)
