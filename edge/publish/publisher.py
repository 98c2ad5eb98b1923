"""The publisher: one thread that owns the connection and drains the outbox through it.

It never blocks control: control hands things over by bounded queues and hears by notices.
"""

import logging
import queue
import random
import socket
import threading
from dataclasses import dataclass

from edge.clock import Clock, rfc3339
from edge.errors import EdgeError, PublishError
from edge.messages.base import MESSAGE_LIMIT_BYTES, to_bytes
from edge.messages.state import Health, State
from edge.messages.topics import LaneTopics, broker_address
from edge.publish.inbound import Inbox
from edge.publish.mqtt import (
    Acked,
    Arrived,
    Closed,
    Connected,
    Message,
    Subscribed,
    Wire,
    WireSettings,
)
from edge.publish.notices import Deliver, Notice, NoticeKind
from edge.publish.outbox_port import Outbox, OutboxRow
from edge.publish.pump import NO_SUBSCRIBERS, PACKET_TOO_LARGE, SECOND_NS, Pump
from edge.publish.settings import PublishSettings

_log = logging.getLogger(__name__)
_POLL_S = 0.25
_PENDING_LIMIT = 256
_RESPONSE_EXPIRY_S = 60
_PACKET_OVERHEAD_BYTES = 1024
_RECEIPT_FIRST_NS = 500_000_000
"""Wait for the retained receipt after connecting; none comes from a headquarters that is new."""


@dataclass(frozen=True, slots=True)
class LaneIdentity:
    """Who publishes: lane id, UUID of this start, software version, simulated or not."""

    lane: str
    boot: str
    software: str
    simulated: bool


class Publisher:
    """Publishes one lane. Construct, `start`, and `stop` at the end.

    Args:
        identity: who publishes.
        settings: limits and times.
        outbox: where the rows come from; called from this thread only.
        deliver: thread-safe; while it waits nothing more is read from the broker.
        clock: where the time comes from.
        rng: for the jitter of the back-off.
        meta: self-description to publish retained at each connection.
    """

    def __init__(
        self,
        *,
        identity: LaneIdentity,
        settings: PublishSettings,
        outbox: Outbox,
        deliver: Deliver,
        clock: Clock,
        rng: random.Random,
        meta: bytes = b"",
    ) -> None:
        self._identity = identity
        self._settings = settings
        self._address = broker_address(settings.url)
        self._topics = LaneTopics(identity.lane)
        self._outbox = outbox
        self._deliver = deliver
        self._clock = clock
        self._rng = rng
        self._meta = meta
        self._pump = Pump(settings)
        self._inbox = Inbox(outbox, self._pump, deliver)
        self._pending: queue.Queue[Message] = queue.Queue(_PENDING_LIMIT)
        self._health: Health | None = None
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.settimeout(0)
        self._wake_write.settimeout(0)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        self._session = 0
        self._since = ""
        self._busy: set[int] = set()
        self._reachable: bool | None = None
        self._greeted = False
        self._refusing = False
        self._failed = False
        self._useful = False
        self._packet_limit = MESSAGE_LIMIT_BYTES

    def start(self) -> None:
        """Start the thread; the broker need not be there."""
        self._thread.start()

    def stop(self, timeout_s: float) -> bool:
        """Say farewell and end the thread; False when it did not end in time."""
        self._stopping.set()
        self.wake()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        ended = not self._thread.is_alive()
        if ended:
            self._wake_read.close()
            self._wake_write.close()
        return ended

    def alive(self) -> bool:
        """Say whether the thread runs; control raises a fault when it does not."""
        return self._thread.is_alive()

    def wake(self) -> None:
        """Say that the outbox has new rows. Thread-safe, returns at once."""
        try:
            self._wake_write.send(b"\0")
        except BlockingIOError:
            return  # it is awake already

    def respond(self, name: str, response: bytes, correlation: bytes) -> bool:
        """Send the response to a command; False when too many wait, which is a fault.

        Headquarters repeats an unanswered command and gets the same response again.
        """
        message = Message(
            self._topics.response(name),
            response,
            expiry_s=_RESPONSE_EXPIRY_S,
            correlation=correlation,
        )
        try:
            self._pending.put_nowait(message)
        except queue.Full:
            return False
        self.wake()
        return True

    def set_health(self, health: Health) -> None:
        """Leave the newest gauges; they go out at the interval of the settings."""
        self._health = health

    def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            self._useful = False
            reason = self._one_session()
            self._pump.lost()
            self._note_lost(reason)
            attempt = 0 if self._useful else min(attempt + 1, 16)
            longest_s = min(self._settings.retry_max_s, self._settings.retry_min_s * 2**attempt)
            self._stopping.wait(self._rng.uniform(0, longest_s))

    def _one_session(self) -> str:
        """Connect and publish until the connection ends; give the reason."""
        self._session += 1
        self._since = rfc3339(self._clock.utc())
        self._busy.clear()
        settings = self._settings
        wire = Wire(
            WireSettings(
                self._address,
                self._identity.lane,
                settings.keep_alive_s,
                settings.connect_timeout_s,
                settings.will_delay_s,
                settings.tls,
            ),
            self._state_message(online=False),
        )
        try:
            wire.open()
            reason = self._greet(wire) or self._serve(wire)
        except EdgeError as error:
            if not isinstance(error, PublishError) and not self._failed:
                self._failed = True
                self._deliver(Notice(NoticeKind.FAILED, f"publishing stopped: {error}"))
            reason = str(error)
        wire.drop()
        return reason

    def _greet(self, wire: Wire) -> str:
        """Wait for CONNACK, subscribe, publish the birth; give the reason when it came to none."""
        deadline_ns = self._clock.monotonic_ns() + int(self._settings.connect_timeout_s * SECOND_NS)
        while self._clock.monotonic_ns() < deadline_ns and not self._stopping.is_set():
            for event in wire.poll(_POLL_S, self._wake_read):
                if isinstance(event, Closed):
                    return event.reason
                if isinstance(event, Connected):
                    self._begin(wire, event)
                    return ""
            self._drain_wake()
        return "no CONNACK in time"

    def _begin(self, wire: Wire, connected: Connected) -> None:
        self._inbox.read_stream()
        self._pump.connected(connected.receive_maximum)
        if not self._greeted:
            # Only between two processes can a database go back in time.
            self._pump.hold(self._clock.monotonic_ns() + _RECEIPT_FIRST_NS)
            self._greeted = True
        self._packet_limit = min(connected.packet_limit_bytes, MESSAGE_LIMIT_BYTES)
        wire.subscribe(self._topics.inbound)
        self._publish(wire, self._state_message(online=True))
        if self._meta:
            self._publish(wire, Message(self._topics.meta, self._meta, retain=True))
        if not self._reachable:
            _log.info("broker %s: connected", self._address.url)
        self._reachable = True
        self._deliver(Notice(NoticeKind.CONNECTED, f"broker {self._address.url}: connected"))

    def _serve(self, wire: Wire) -> str:
        next_health_ns = 0
        while not self._stopping.is_set():
            for event in wire.poll(_POLL_S, self._wake_read):
                if isinstance(event, Closed):
                    return event.reason
                self._handle(event)
            self._drain_wake()
            now_ns = self._clock.monotonic_ns()
            self._pump.tick(now_ns)
            if self._pump.ack_overdue(now_ns):
                return f"no PUBACK for {self._settings.ack_timeout_s:g} s"
            self._send_pending(wire)
            self._send_rows(wire, now_ns)
            if now_ns >= next_health_ns and self._health is not None:
                next_health_ns = now_ns + int(self._settings.health_interval_s * SECOND_NS)
                message = Message(self._topics.health, to_bytes(self._health), 0, expiry_s=60)
                wire.publish(message)
        self._farewell(wire)
        return "stopped"

    def _handle(self, event: Acked | Arrived | Subscribed | Connected) -> None:
        now_ns = self._clock.monotonic_ns()
        if isinstance(event, Acked):
            self._busy.discard(event.mid)
            flight = self._pump.flights.get(event.mid)
            if flight is not None:
                self._note_refusing(event.code, flight.sequence)
            self._quarantine(self._pump.acked(event.mid, event.code, now_ns))
        elif isinstance(event, Arrived):
            self._useful = self._inbox.arrived(event, now_ns) or self._useful
        elif isinstance(event, Subscribed) and event.refused:
            self._tell(
                NoticeKind.REFUSED,
                f"broker {self._address.url} refused a subscription of lane "
                f"{self._identity.lane}; check its access list",
            )

    def _send_rows(self, wire: Wire, now_ns: int) -> None:
        pump = self._pump
        room = pump.room(now_ns, busy=len(self._busy))
        if not room:
            return
        # Rows already taken are skipped, so that many more may have to be read.
        limit = room + len(pump.flights) + len(pump.accepted) + len(pump.refusals)
        rows = self._outbox.unreceipted(pump.cursor, limit)
        for row in pump.choose(rows, now_ns, room):
            if len(row.body) + _PACKET_OVERHEAD_BYTES > self._packet_limit:
                self._quarantine(pump.refused(row.sequence, now_ns))
                self._note_refusing(PACKET_TOO_LARGE, row.sequence)
                continue
            pump.sent(wire.publish(self._row_message(row)), row.sequence, now_ns)

    def _row_message(self, row: OutboxRow) -> Message:
        labels = (
            ("stream", self._outbox.stream),
            ("seq", str(row.sequence)),
            ("type", row.event_type),
        )
        return Message(self._topics.event(row.event_type), row.body, labels=labels)

    def _send_pending(self, wire: Wire) -> None:
        while len(self._busy) < self._pump.window:
            try:
                message = self._pending.get_nowait()
            except queue.Empty:
                return
            self._publish(wire, message)

    def _publish(self, wire: Wire, message: Message) -> None:
        self._busy.add(wire.publish(message))

    def _quarantine(self, sequence: int | None) -> None:
        if sequence is None:
            return
        reason = f"the broker refused it {self._settings.refusals} times and took others"
        self._outbox.quarantine(sequence, reason)
        self._tell(NoticeKind.QUARANTINED, f"event {sequence} quarantined: {reason}", sequence)

    def _farewell(self, wire: Wire) -> None:
        """Publish the clean farewell and wait, not long, until the broker has it."""
        self._publish(wire, self._state_message(online=False))
        deadline_ns = self._clock.monotonic_ns() + int(
            self._settings.farewell_timeout_s * SECOND_NS
        )
        while self._busy and self._clock.monotonic_ns() < deadline_ns:
            for event in wire.poll(_POLL_S, self._wake_read):
                if isinstance(event, Closed):
                    return
                if isinstance(event, Acked):
                    self._busy.discard(event.mid)
            self._drain_wake()
        wire.close()

    def _state_message(self, *, online: bool) -> Message:
        state = State(
            online=online,
            lane=self._identity.lane,
            boot=self._identity.boot,
            session=self._session,
            since=self._since,
            software=self._identity.software,
            backlog=max(0, self._outbox.highest() - self._pump.upto) if online else 0,
            simulated=self._identity.simulated,
        )
        return Message(self._topics.state, to_bytes(state), retain=True)

    def _note_refusing(self, code: int, sequence: int) -> None:
        if code == 0:
            self._useful = True
            self._refusing = self._failed = False
        elif not self._refusing:
            self._refusing = True
            why = "nobody subscribes" if code == NO_SUBSCRIBERS else "refused"
            text = f"broker {self._address.url}: event {sequence}: {why} (0x{code:02x}); kept"
            self._tell(NoticeKind.REFUSED, text, sequence)

    def _note_lost(self, reason: str) -> None:
        if self._reachable is not False and not self._stopping.is_set():
            self._reachable = False
            self._tell(NoticeKind.LOST, f"broker {self._address.url}: {reason}; retrying")

    def _tell(self, kind: NoticeKind, detail: str, sequence: int = 0) -> None:
        _log.warning("%s", detail)
        self._deliver(Notice(kind, detail, sequence=sequence))

    def _drain_wake(self) -> None:
        try:
            self._wake_read.recv(4096)
        except BlockingIOError:
            return
