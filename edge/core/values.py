"""The words every signal is spoken in: what an input can say, how good a reading is.

Doubt is a value of its own here and never equals a safe one.
"""

from enum import Enum, unique


class Word(Enum):
    """Base of every closed set in the core: members compare and hash by identity.

    Identity hashing keeps states cheap to hash under exploration, and a member never equals a
    member of another set, an integer or a string.
    """

    __hash__ = object.__hash__


@unique
class Input(Word):
    """What one safety-relevant input says. Only ``OK`` (or ``NOT_FITTED``) lets a beam be."""

    OK = "ok"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    STALE = "stale"
    CONFLICT = "conflict"
    NOT_FITTED = "not_fitted"


@unique
class Presence(Word):
    """What a presence sensor says about its spot."""

    CLEAR = "clear"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"


@unique
class Quality(Word):
    """How far a reading may be trusted (the OPC UA trio)."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


@unique
class Plausibility(Word):
    """Whether a measured length fits the unit it was measured on."""

    PLAUSIBLE = "plausible"
    IMPLAUSIBLE = "implausible"
    UNKNOWN = "unknown"
