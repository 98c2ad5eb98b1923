"""Which event goes out next: window, receipts, refusals and watchdogs, as plain arithmetic.

No socket, no clock, no thread: every moment is an argument in monotonic nanoseconds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edge.messages.state import Receipt
from edge.publish.outbox_port import OutboxRow
from edge.publish.settings import PublishSettings

SECOND_NS = 1_000_000_000
ACCEPTED = 0x00
NO_SUBSCRIBERS = 0x10
NOT_AUTHORISED = 0x87
PACKET_TOO_LARGE = 0x95
_OF_THE_MESSAGE = frozenset({NOT_AUTHORISED, 0x90, PACKET_TOO_LARGE, 0x99})
"""Refusals that repeating cannot cure: not authorised, topic name, size, payload format."""
_REPAIR_PAUSE_NS = 5 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Flight:
    """One PUBLISH that awaits its PUBACK."""

    sequence: int
    sent_ns: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """How often one event was refused while the broker took others.

    Attributes:
        count: refusals that had an acceptance of another event between them, plus one.
        accepted_before: acceptances counted when it was last refused.
        retry_ns: not sent again before this moment.
        wait_ns: the wait that led there; doubles.
    """

    count: int
    accepted_before: int
    retry_ns: int
    wait_ns: int


@dataclass(frozen=True, slots=True)
class ReceiptEffect:
    """What a receipt means: rows to release up to, and whether headquarters went back in time."""

    release_upto: int
    behind: bool


@dataclass(slots=True)
class Pump:
    """Delivery state of one stream.

    Attributes:
        upto: highest sequence headquarters has receipted without a gap.
        cursor: highest sequence considered for sending in this round.
        accepted: sequences the broker took and headquarters has not receipted.
    """

    settings: PublishSettings
    upto: int = 0
    cursor: int = 0
    window: int = 0
    flights: dict[int, Flight] = field(default_factory=dict)
    accepted: set[int] = field(default_factory=set)
    refusals: dict[int, Refusal] = field(default_factory=dict)
    _accepted_total: int = 0
    _paused_until_ns: int = 0
    _pause_ns: int = 0
    _waiting_since_ns: int = 0
    _receipt_wait_ns: int = 0
    _repair_after_ns: int = 0

    def connected(self, receive_maximum: int) -> None:
        """Begin a connection: everything unreceipted is to be sent again."""
        self.window = max(1, min(self.settings.window, receive_maximum))
        self.restart(self.upto)

    def hold(self, until_ns: int) -> None:
        """Send nothing until then, or until a receipt has come.

        The retained receipt comes right after the subscription; a database that went back in time
        has to learn of it before it uses a number for the second time.
        """
        self._paused_until_ns = until_ns

    def lost(self) -> None:
        """End a connection: nothing goes out, nothing is in flight."""
        self.window = 0
        self.flights.clear()

    def restart(self, upto: int) -> None:
        """Send again from behind ``upto``, also after a change of stream."""
        self.upto = self.cursor = upto
        self.flights.clear()
        self.accepted.clear()
        self._receipt_wait_ns = 0
        self._paused_until_ns = self._pause_ns = 0

    def room(self, now_ns: int, *, busy: int = 0) -> int:
        """Give how many events may go out now; ``busy`` other messages await their PUBACK."""
        if now_ns < self._paused_until_ns:
            return 0
        ahead = self.settings.ahead_rows - (self.cursor - self.upto)
        return max(0, min(self.window - len(self.flights) - busy, ahead))

    def choose(self, rows: Sequence[OutboxRow], now_ns: int, room: int) -> list[OutboxRow]:
        """Pick what to send of rows read behind the cursor, and move the cursor over them."""
        flying = {flight.sequence for flight in self.flights.values()}
        chosen: list[OutboxRow] = []
        for row in rows:
            if len(chosen) == room:
                break
            self.cursor = row.sequence
            refusal = self.refusals.get(row.sequence)
            aside = refusal is not None and now_ns < refusal.retry_ns
            if row.sequence not in flying and row.sequence not in self.accepted and not aside:
                chosen.append(row)
        return chosen

    def sent(self, mid: int, sequence: int, now_ns: int) -> None:
        """Note a PUBLISH under way."""
        assert sequence > self.upto
        self.flights[mid] = Flight(sequence, now_ns)

    def acked(self, mid: int, code: int, now_ns: int) -> int | None:
        """Take a PUBACK; give the sequence to quarantine, if it came to that.

        A message id of an earlier connection or of another kind of message is ignored.
        """
        flight = self.flights.pop(mid, None)
        if flight is None:
            return None
        if code == NO_SUBSCRIBERS or (code >= 0x80 and code not in _OF_THE_MESSAGE):
            self._pause(now_ns)
            self._back_to(flight.sequence)
            return None
        if code in _OF_THE_MESSAGE:
            return self.refused(flight.sequence, now_ns)
        self._take(flight.sequence, now_ns)
        return None

    def refused(self, sequence: int, now_ns: int) -> int | None:
        """Set one event aside; give it back for quarantine once it is surely its own fault.

        It is its own fault when the broker took others between its refusals. A broker that
        refuses everything (a wrong access list) never costs an event.
        """
        before = self.refusals.get(sequence)
        wait_ns = self._longer(before.wait_ns if before else 0)
        counts = before is None or self._accepted_total > before.accepted_before
        count = (before.count if before else 0) + counts
        self.refusals[sequence] = Refusal(count, self._accepted_total, now_ns + wait_ns, wait_ns)
        if count < self.settings.refusals:
            return None
        self.refusals[sequence] = Refusal(0, self._accepted_total, now_ns, wait_ns)
        self._back_to(sequence)
        return sequence

    def receipt(self, receipt: Receipt, now_ns: int) -> ReceiptEffect:
        """Take a receipt of the current stream."""
        self._paused_until_ns = self._pause_ns = 0
        if receipt.upto > self.upto:
            self.upto = receipt.upto
            self.cursor = max(self.cursor, self.upto)
            self.accepted = {one for one in self.accepted if one > self.upto}
            self.refusals = {one: why for one, why in self.refusals.items() if one > self.upto}
            self._waiting_since_ns = now_ns
            self._receipt_wait_ns = 0
        if receipt.missing and now_ns >= self._repair_after_ns:
            self._repair_after_ns = now_ns + _REPAIR_PAUSE_NS
            self._resend(span for span in receipt.missing if span.last > self.upto)
        return ReceiptEffect(self.upto, behind=receipt.upto < self.upto)

    def tick(self, now_ns: int) -> None:
        """Run the receipt watchdog and take events back whose time aside is over."""
        due = [one for one, why in self.refusals.items() if why.retry_ns <= now_ns]
        flying = {flight.sequence for flight in self.flights.values()}
        for sequence in due:
            if sequence not in flying and sequence not in self.accepted:
                self._back_to(sequence)
        wait_ns = self._receipt_wait_ns or int(self.settings.receipt_timeout_s * SECOND_NS)
        if self.accepted and now_ns - self._waiting_since_ns >= wait_ns:
            limit_ns = int(self.settings.receipt_timeout_max_s * SECOND_NS)
            self._receipt_wait_ns = min(2 * wait_ns, max(limit_ns, wait_ns))
            self._waiting_since_ns = now_ns
            self.accepted.clear()
            self.cursor = self.upto

    def ack_overdue(self, now_ns: int) -> bool:
        """Say whether the broker swallows acknowledgements: the connection must be renewed."""
        limit_ns = int(self.settings.ack_timeout_s * SECOND_NS)
        return any(now_ns - flight.sent_ns > limit_ns for flight in self.flights.values())

    def _take(self, sequence: int, now_ns: int) -> None:
        self._accepted_total += 1
        self._paused_until_ns = self._pause_ns = 0
        self.refusals.pop(sequence, None)
        if sequence <= self.upto:
            return
        if not self.accepted:
            self._waiting_since_ns = now_ns
        self.accepted.add(sequence)

    def _resend(self, spans: Iterable[tuple[int, int]]) -> None:
        for first, last in spans:
            self.accepted = {one for one in self.accepted if not first <= one <= last}
            self._back_to(max(first, self.upto + 1))

    def _back_to(self, sequence: int) -> None:
        self.cursor = max(self.upto, min(self.cursor, sequence - 1))

    def _pause(self, now_ns: int) -> None:
        if now_ns >= self._paused_until_ns:
            self._pause_ns = self._longer(self._pause_ns)
            self._paused_until_ns = now_ns + self._pause_ns

    def _longer(self, wait_ns: int) -> int:
        shortest_ns = int(self.settings.retry_min_s * SECOND_NS)
        return min(max(2 * wait_ns, shortest_ns), int(self.settings.retry_max_s * SECOND_NS))
