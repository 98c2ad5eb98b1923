"""The words of the beam-permit link: what host and board can say to each other."""

from dataclasses import dataclass
from enum import Enum, IntFlag, unique

MAX_LEASE_MS = 300
"""Longest lease a frame may ask for; the board refuses more."""


@unique
class Command(Enum):
    """What the host asks for. The codes differ in four bits at least, and none is 0."""

    OFF = 0x3C
    ARM = 0xA5
    ON = 0x5A


@unique
class State(Enum):
    """Where the board stands."""

    SILENT = 1
    OFF = 2
    ARMING = 3
    ARMED = 4
    ON = 5
    ENDED = 6
    TRIPPED = 7


@unique
class EndReason(Enum):
    """Why the last arming ended."""

    NONE = 1
    WITHDRAWN = 2
    EXPIRED = 3
    SILENCE = 4
    SESSION = 5
    ESTOP = 6
    KEY = 7
    DOORS = 8
    SECURED = 9
    ZONE = 10
    LAMP = 11
    BARRIER = 12
    HORN = 13
    TRIPPED = 14


@unique
class Refusal(Enum):
    """Why the newest permit frame of this session was not obeyed."""

    NONE = 1
    FIRST_NOT_OFF = 2
    TRIPPED = 3
    NO_KEY_EDGE = 4
    SCAN_NOT_NEWER = 5
    OTHER_SCAN = 6
    NOT_ARMED = 7
    WARNING_SHORT = 8
    INPUTS = 9
    BELIEF = 10
    DURATION = 11
    LATE = 12


@unique
class Trip(Enum):
    """Why the board locked itself; only a local reset edge ends it."""

    NONE = 1
    RELAY = 2
    HV_WITHOUT_LEASE = 3
    BEAM_WITHOUT_LEASE = 4
    BELIEF = 5
    WATCHDOG = 6


class Seen(IntFlag):
    """Inputs as one bit each, 1 meaning good (or, for the last three, present).

    The low seven are the ones a host has a belief of.
    """

    ESTOP = 1 << 0
    KEY = 1 << 1
    DOORS = 1 << 2
    SECURED = 1 << 3
    ZONE = 1 << 4
    LAMP = 1 << 5
    BARRIER = 1 << 6
    HORN = 1 << 7
    HV = 1 << 8
    BEAM = 1 << 9
    RESET = 1 << 10


BELIEVED = 0x7F
"""The bits of `Seen` that a host's belief speaks of."""


@dataclass(frozen=True, slots=True)
class Hello:
    """Host to board: open a session. ``challenge`` is any number the host did not use lately."""

    challenge: int


@dataclass(frozen=True, slots=True)
class Permit:
    """Host to board: one command.

    Attributes:
        session: nonce the board gave.
        sequence: newer than any before in this session.
        scan_id: the arming it speaks of, 0 for OFF.
        heard_ms: ``board_ms`` of the newest status the host has seen; ARM and ON go stale by it.
        command: OFF, ARM or ON.
        duration_ms: the lease an ON asks for, 1-300; 0 otherwise.
        belief: low seven bits of `Seen` as the host believes them.
    """

    session: int
    sequence: int
    scan_id: int
    heard_ms: int
    command: Command
    duration_ms: int
    belief: int


@dataclass(frozen=True, slots=True)
class Identity:
    """Board to host: the session. Sent on every HELLO and unasked when the key opens a new one.

    Attributes:
        challenge: of the HELLO it answers.
        session: nonce, never used before.
        boots: power-ups counted over the board's life.
        keys: rising edges of the key counted over the board's life.
        firmware: version of the board's program.
    """

    challenge: int
    session: int
    boots: int
    keys: int
    firmware: int


@dataclass(frozen=True, slots=True)
class Status:
    """Board to host: all the board knows; every number as the board counted it.

    Attributes:
        session: nonce in force, 0 before the first HELLO after power-up.
        sequence: of the newest permit frame processed in this session, 0 before one.
        board_ms: the board's own clock, wraps at 2**32.
        scan_id: of the newest arming, kept over power cycles; 0 when there never was one.
        exposure_ms: how long the relay was closed for ``scan_id``.
        warning_ms: warning counted without a break in this arming.
        lease_ms: what is left of the lease, 0 when none.
        inputs: what the board sees, bits of `Seen`.
        state: where the board stands.
        relay_closed: feedback of the relay contact, not the coil.
        end_reason: why the newest arming ended.
        refusal: why the newest permit frame was not obeyed.
        trip: why the board is locked.
        trips: how often it locked over its life.
        reset_edges: local reset edges since power-up.
        key_edges: rising edges of the key since power-up.
        crc_errors: damaged frames since power-up, saturating.
    """

    session: int
    sequence: int
    board_ms: int
    scan_id: int
    exposure_ms: int
    warning_ms: int
    lease_ms: int
    inputs: int
    state: State
    relay_closed: bool
    end_reason: EndReason
    refusal: Refusal
    trip: Trip
    trips: int
    reset_edges: int
    key_edges: int
    crc_errors: int


Message = Hello | Permit | Identity | Status
