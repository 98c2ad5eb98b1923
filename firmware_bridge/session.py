"""The host's end of one board: which frame to send when, what an answer means. No I/O, no clock.

Only `HostSession.renew` can make a frame that closes the relay; nothing here sends one by itself,
and a lost arming is never taken up again.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, unique

from firmware_bridge.frames import Parser, encode
from firmware_bridge.words import (
    MAX_LEASE_MS,
    Command,
    EndReason,
    Hello,
    Identity,
    Permit,
    Refusal,
    State,
    Status,
)

PERIOD_MS = 45
"""Between two frames of the current command: less than the board's own period, so that it answers
and does not have to speak unasked as well."""
HELLO_PERIOD_MS = 100
SILENCE_MS = 300
"""Without a status for so long the board counts as gone: one longest lease."""
_REMEMBERED = 64


@unique
class Loss(Enum):
    """Why the host's arming is over without the host having asked for it."""

    LINK = "link"
    SILENCE = "silence"
    SESSION = "session"
    LAPSED = "lapsed"
    ENDED = "ended"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Identified:
    """A session was agreed; the board was silent or unknown before."""

    identity: Identity


@dataclass(frozen=True, slots=True)
class Reported:
    """The board told its status; ``asked_ms`` is when the frame it answers was sent."""

    status: Status
    asked_ms: int


@dataclass(frozen=True, slots=True)
class ArmingLost:
    """The arming is over; it is not taken up again without `HostSession.arm`."""

    scan_id: int
    loss: Loss
    end_reason: EndReason
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing came for `SILENCE_MS`, said once; a session is sought until the board answers."""


Event = Identified | Reported | ArmingLost | Silent


class HostSession:
    """One board as the host sees it.

    Feed it with `receive`, send what `poll`, `renew` and `withdraw` return, in that order. The
    newest command wins; OFF is the command until `arm`, and again after every loss.
    """

    def __init__(self, challenge: Callable[[], int], lease_ms: int = MAX_LEASE_MS) -> None:
        """Take a source of 32-bit challenges (fresh for each call) and the lease to ask for."""
        assert 0 < lease_ms <= MAX_LEASE_MS, f"lease of {lease_ms} ms: 1-{MAX_LEASE_MS} allowed"
        self._new_challenge = challenge
        self._lease_ms = lease_ms
        self._parser = Parser()
        self._events: list[Event] = []
        self._challenge = 0
        self._session = 0
        self._sequence = 0
        self._armed_sequence = 0
        self._off_first = False
        self._command = Command.OFF
        self._scan_id = 0
        self._belief = 0
        self._board_ms = 0
        self._heard_ms = 0
        self._lease_end_ms = 0
        self._due_ms: int | None = None
        self._sent: deque[tuple[int, int]] = deque(maxlen=_REMEMBERED)
        self._hello_ms = 0
        self._silent_told = False

    @property
    def session(self) -> int:
        """Nonce of the agreed session, 0 without one."""
        return self._session

    @property
    def command(self) -> Command:
        """What the host currently asks for."""
        return self._command

    @property
    def scan_id(self) -> int:
        """Scan of the current arming, 0 without one."""
        return self._scan_id

    @property
    def errors(self) -> int:
        """Damaged frames received since the start."""
        return self._parser.errors

    def connected(self, now_ms: int) -> None:
        """The line was opened anew: forget the session and say HELLO with a new challenge."""
        self._lose(Loss.LINK)
        self._parser.reset()
        self._forget(now_ms)

    def believe(self, belief: int) -> None:
        """Set the belief that travels in every frame from now on."""
        self._belief = belief

    def arm(self, scan_id: int) -> None:
        """Ask for an arming: the next `poll` sends an OFF and the ARM. A repetition does nothing.

        Another arming still held, or no session, is an `ArmingLost` of the new scan and of the old.
        ``scan_id`` is 1 to 2**32 - 1.
        """
        assert 0 < scan_id < 2**32, f"scan id {scan_id} is no 32-bit id"
        if scan_id == self._scan_id:
            return
        if self._session and self._command is Command.OFF:
            self._command, self._scan_id = Command.ARM, scan_id
            self._armed_sequence = self._sequence + 2
            self._off_first, self._due_ms = True, None
        else:
            self._lose(Loss.REFUSED)
            self._note_loss(scan_id, Loss.REFUSED if self._session else Loss.SESSION)

    def renew(self, scan_id: int, now_ms: int) -> bytes:
        """Return one frame that grants or renews the lease; empty when no such arming is held."""
        self._lapse(now_ms)
        held = self._session and self._command is not Command.OFF and not self._off_first
        if not held or scan_id != self._scan_id:
            return b""
        self._command = Command.ON
        self._lease_end_ms = now_ms + self._lease_ms
        return self._permit(now_ms, Command.ON, self._lease_ms)

    def withdraw(self, now_ms: int) -> bytes:
        """Return the frame that opens the relay, to be sent at once; OFF is asked from now on.

        Without a session it is a HELLO, which ends whatever another session had armed.
        """
        self._command, self._scan_id, self._off_first = Command.OFF, 0, False
        if not self._session:
            return self._hello(now_ms)
        return self._permit(now_ms, Command.OFF, 0)

    def receive(self, data: bytes, now_ms: int) -> list[Event]:
        """Take bytes from the board and return what happened, oldest first."""
        for message in self._parser.feed(data):
            if isinstance(message, Identity):
                self._identified(message, now_ms)
            elif isinstance(message, Status):
                self._reported(message, now_ms)
        return self.events()

    def poll(self, now_ms: int) -> bytes:
        """Return what is due: HELLO, OFF or ARM, never ON. Empty between the periods."""
        self._lapse(now_ms)
        if now_ms - self._heard_ms > SILENCE_MS and not self._silent_told:
            self._events.append(Silent())
            self._lose(Loss.SILENCE)
            self._forget(now_ms)
            self._silent_told = True
        if self._due_ms is not None and now_ms < self._due_ms:
            return b""
        if not self._session:
            return self._hello(now_ms)
        if self._command is Command.ON:
            return b""
        before = self._permit(now_ms, Command.OFF, 0) if self._off_first else b""
        self._off_first = False
        return before + self._permit(now_ms, self._command, 0)

    def events(self) -> list[Event]:
        """Return and forget what happened since the last call."""
        happened, self._events = self._events, []
        return happened

    def _hello(self, now_ms: int) -> bytes:
        self._due_ms = now_ms + HELLO_PERIOD_MS
        self._hello_ms = now_ms
        return encode(Hello(self._challenge))

    def _permit(self, now_ms: int, command: Command, duration_ms: int) -> bytes:
        self._sequence += 1
        self._due_ms = now_ms + PERIOD_MS
        self._sent.append((self._sequence, now_ms))
        return encode(
            Permit(
                session=self._session,
                sequence=self._sequence,
                scan_id=0 if command is Command.OFF else self._scan_id,
                heard_ms=self._board_ms,
                command=command,
                duration_ms=duration_ms,
                belief=self._belief,
            )
        )

    def _lapse(self, now_ms: int) -> None:
        """A lease the host did not renew in time is over for the host too."""
        if self._command is Command.ON and now_ms >= self._lease_end_ms:
            self._lose(Loss.LAPSED)

    def _lose(
        self,
        loss: Loss,
        end_reason: EndReason = EndReason.NONE,
        refusal: Refusal = Refusal.NONE,
    ) -> None:
        if self._command is not Command.OFF:
            self._note_loss(self._scan_id, loss, end_reason, refusal)
            self._command, self._scan_id = Command.OFF, 0
            self._off_first, self._due_ms = False, None

    def _note_loss(
        self,
        scan_id: int,
        loss: Loss,
        end_reason: EndReason = EndReason.NONE,
        refusal: Refusal = Refusal.NONE,
    ) -> None:
        self._events.append(ArmingLost(scan_id, loss, end_reason, refusal))

    def _forget(self, now_ms: int) -> None:
        self._session = 0
        self._challenge = self._new_challenge()
        self._due_ms = None
        self._heard_ms = now_ms
        self._silent_told = False

    def _identified(self, identity: Identity, now_ms: int) -> None:
        """Adopt the session. One that was not asked for means the key was turned."""
        if identity.challenge != self._challenge or identity.session in (0, self._session):
            return
        self._lose(Loss.SESSION)
        self._session = identity.session
        self._sequence = 0
        self._sent.clear()
        self._due_ms = None
        self._heard_ms = now_ms
        self._silent_told = False
        self._events.append(Identified(identity))

    def _reported(self, status: Status, now_ms: int) -> None:
        if not self._session:
            return
        if status.session != self._session:
            self._lose(Loss.SESSION)
            self._forget(now_ms)
            return
        self._board_ms, self._heard_ms = status.board_ms, now_ms
        asked_ms = self._hello_ms
        if status.sequence:
            asked_ms = next(
                (at for sequence, at in self._sent if sequence == status.sequence),
                self._hello_ms,
            )
        self._events.append(Reported(status, asked_ms))
        self._judge(status)

    def _judge(self, status: Status) -> None:
        """See whether the board still holds the arming that the host asks for."""
        if self._command is Command.OFF or status.sequence < self._armed_sequence:
            return
        ours = status.scan_id == self._scan_id
        if ours and status.state in (State.ARMING, State.ARMED, State.ON):
            return
        self._lose(Loss.ENDED if ours else Loss.REFUSED, status.end_reason, status.refusal)
