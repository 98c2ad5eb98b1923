"""What the publisher tells the lane, one typed notice at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, unique


@unique
class NoticeKind(Enum):
    """Why the publisher speaks up. ``payload`` and ``name`` are set for the first three only."""

    COMMAND = "command"
    MANIFEST = "manifest"
    RULES = "rules"
    CONNECTED = "connected"
    LOST = "lost"
    RECEIPTED = "receipted"
    REFUSED = "refused"
    QUARANTINED = "quarantined"
    BEHIND = "behind"
    ROLLED_BACK = "rolled_back"
    UNREADABLE = "unreadable"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice.

    Attributes:
        kind: why.
        detail: what was tried, the value, what to do; for a person.
        name: last topic level of what arrived (command name, manifest id, table id).
        payload: what arrived, unchecked.
        correlation: to be given back with the response to a command.
        sequence: the event spoken of, 0 where none is.
    """

    kind: NoticeKind
    detail: str = ""
    name: str = ""
    payload: bytes = b""
    correlation: bytes = b""
    sequence: int = 0


Deliver = Callable[[Notice], None]
"""Called on the publisher's thread; must be thread-safe.

It may wait while control has no place for more: what is unread then waits at the broker.
"""
