"""A case read back from the record of its inputs: the inverse of ``inputs.record_inputs``.

With the tables and lexica that the record names, ``decide`` gives the same verdict again, here and
at headquarters, years later; with others it is refused. Nothing is filled in: what is missing,
unknown or of another kind is refused by its key.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import TypeVar

from edge.law.case import Aboard, Case, DriverAnswer, LawData, NoAnimalsStatement
from edge.law.envelope import Axis, Envelope, Limits, Measurement, Origin
from edge.law.inputs import considered
from edge.law.manifest import (
    CarrierRequest,
    Direction,
    Document,
    GoodsLine,
    IdentityState,
    ManifestFacts,
    ManifestState,
)
from edge.law.outcomes import Role
from edge.law.words import Json, Word

_W = TypeVar("_W", bound=Word)
_T = TypeVar("_T")

_NAMED = ["kind", "id", "version", "sha256", "valid_from", "valid_to", "provenance", "standing"]

_REMEDY = "replay the record as it was journalled, with the edition that made it"


class RecordRefused(ValueError):
    """A record that is not the inputs of a decision: names key, value, reason and remedy."""

    def __init__(self, key: str, value: object, reason: str) -> None:
        super().__init__(f"inputs.{key}: {str(value)[:80]!r} {reason}; {_REMEDY}")


def read_inputs(record: Mapping[str, object], law: LawData) -> Case:
    """Read the case of a record.

    Args:
        record: as ``record_inputs`` gives it, or as JSON gives it back.
        law: the tables and lexica it was decided by; the record names them by hash, those of other
            days excepted.

    Raises:
        RecordRefused: a key is missing, unknown, or holds something else than it must; or the law
            that covers the day is not the one it names.
    """
    fields = _Fields("", record)
    named = fields.rows("law", _named)
    case = Case(
        inspection_id=fields.text("inspection"),
        manifest=_manifest(fields.inner("manifest")),
        measured=fields.rows("measured", _measurement),
        envelope=_envelope(fields.inner("envelope")),
        law=law,
        day=fields.day("day"),
        statement=fields.optional("statement", _statement),
        driver=fields.optional("driver", _driver),
        vehicles=fields.flag("vehicles"),
    )
    fields.end()
    if [*named] != (held := considered(law, case.day)):
        files = ", ".join(f"{row['id']} {row['version']} {row['sha256']}" for row in held)
        raise RecordRefused("law", named, f"is not the law it is read with: {files or 'none'}")
    return case


def _named(fields: "_Fields") -> dict[str, Json]:
    """One table or lexicon as `edge.law.inputs.considered` records it."""
    return {name: fields.text(name) for name in _NAMED}


class _Fields:
    """The fields of one object; each is read once, and none may be left over."""

    def __init__(self, at: str, value: object) -> None:
        if not isinstance(value, Mapping):
            raise RecordRefused(at.rstrip(".") or "-", value, "is no object")
        self._at = at
        self._left = dict(value)

    def _take(self, key: str) -> object:
        if key not in self._left:
            raise RecordRefused(self._at + key, "", "is missing")
        return self._left.pop(key)

    def _typed(self, key: str, kind: type[_T]) -> _T:
        value = self._take(key)
        if type(value) is kind:
            return value
        raise RecordRefused(self._at + key, value, f"is no {kind.__name__}")

    def end(self) -> None:
        """Refuse what nobody has read."""
        for key, value in self._left.items():
            raise RecordRefused(f"{self._at}{key}", value, "is an unknown key")

    def text(self, key: str) -> str:
        """A text."""
        return self._typed(key, str)

    def number(self, key: str) -> int:
        """A whole number."""
        return self._typed(key, int)

    def flag(self, key: str) -> bool:
        """True or false."""
        return self._typed(key, bool)

    def listed(self, key: str) -> list[object]:
        """A list."""
        return self._typed(key, list)

    def word(self, key: str, words: type[_W]) -> _W:
        """A member of a closed set, by its value."""
        return self._member(key, self._take(key), words)

    def words(self, key: str, words: type[_W]) -> tuple[_W, ...]:
        """Members of a closed set."""
        return tuple(self._member(key, value, words) for value in self.listed(key))

    def _member(self, key: str, value: object, words: type[_W]) -> _W:
        for word in words:
            if word.value == value:
                return word
        raise RecordRefused(self._at + key, value, "is none of the known")

    def day(self, key: str) -> date:
        """A civil day."""
        value = self.text(key)
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise RecordRefused(self._at + key, value, "is no date") from error

    def inner(self, key: str) -> "_Fields":
        """The fields of an object inside."""
        return _Fields(f"{self._at}{key}.", self._take(key))

    def rows(self, key: str, build: Callable[["_Fields"], _T]) -> tuple[_T, ...]:
        """A list of objects."""
        return tuple(
            _built(_Fields(f"{self._at}{key}[{place}].", value), build)
            for place, value in enumerate(self.listed(key))
        )

    def optional(self, key: str, build: Callable[["_Fields"], _T]) -> _T | None:
        """An object, or None."""
        value = self._take(key)
        return None if value is None else _built(_Fields(f"{self._at}{key}.", value), build)

    def optional_day(self, key: str) -> date | None:
        """A civil day, or None."""
        if self._left.get(key, "") is None:
            self._take(key)
            return None
        return self.day(key)

    def names(self) -> tuple[str, ...]:
        """The keys that are left."""
        return tuple(self._left)


def _built(fields: _Fields, build: Callable[[_Fields], _T]) -> _T:
    made = build(fields)
    fields.end()
    return made


def _manifest(fields: _Fields) -> ManifestFacts:
    return _built(
        fields,
        lambda fields: ManifestFacts(
            state=fields.word("state", ManifestState),
            direction=fields.word("direction", Direction),
            carrier_request=fields.optional("carrier_request", _request),
            goods=fields.rows(
                "goods", lambda row: GoodsLine(row.text("code"), row.text("description"))
            ),
            declared=fields.rows("declared", _measurement),
            identity=fields.word("identity", IdentityState),
            documents=fields.rows(
                "documents", lambda row: Document(row.text("kind"), row.text("number"))
            ),
            vehicle=fields.text("vehicle"),
            private_vehicle=fields.flag("private_vehicle"),
            manifest_id=fields.text("id"),
            version=fields.number("version"),
        ),
    )


def _request(fields: _Fields) -> CarrierRequest:
    return CarrierRequest(
        fields.text("reference"), fields.optional_day("dated"), fields.text("carrier")
    )


def _measurement(fields: _Fields) -> Measurement:
    return Measurement(
        fields.word("axis", Axis),
        fields.number("value"),
        fields.number("uncertainty"),
        fields.word("origin", Origin),
    )


def _envelope(fields: _Fields) -> Envelope:
    """The envelope; limits that make no sense are refused as the lane's own would be."""
    limits = fields.inner("limits")
    spans = {name: _limits(name, limits.listed(name)) for name in limits.names()}
    must = fields.words("must_measure", Axis)
    fields.end()
    known = {axis.value for axis in Axis}
    for name in (*spans.keys() - known, *_ALWAYS - spans.keys()):
        raise RecordRefused(f"envelope.limits.{name}", "", "is unknown or missing")
    try:
        return Envelope(**spans, must_measure=frozenset(must))
    except ValueError as error:
        raise RecordRefused("envelope", sorted(spans), f"is refused: {error}") from error


_ALWAYS = {Axis.HEIGHT.value, Axis.WIDTH.value, Axis.LENGTH.value}


def _limits(name: str, pair: list[object]) -> Limits:
    numbers = [one for one in pair if type(one) is int]
    if len(pair) != 2 or len(numbers) != 2:
        raise RecordRefused(f"envelope.limits.{name}", pair, "is no pair of whole numbers")
    try:
        return Limits(*numbers)
    except ValueError as error:
        raise RecordRefused(f"envelope.limits.{name}", pair, f"is refused: {error}") from error


def _statement(fields: _Fields) -> NoAnimalsStatement:
    return NoAnimalsStatement(
        fields.text("inspection"),
        fields.text("officer"),
        fields.word("role", Role),
        fields.text("utc"),
    )


def _driver(fields: _Fields) -> DriverAnswer:
    return DriverAnswer(
        fields.text("inspection"),
        fields.word("animals", Aboard),
        fields.text("officer"),
        fields.word("role", Role),
        fields.text("utc"),
    )
