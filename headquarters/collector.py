"""The reference subscriber: stores every event once, then acknowledges, then receipts.

In this order: commit, MQTT acknowledgement, retained receipt. Killed in between, it only ever
makes the lane or the broker send again.
"""

import logging
import random
import re
import threading
from dataclasses import dataclass, field

from pydantic import ValidationError

from edge.clock import Clock, rfc3339
from edge.errors import PublishError
from edge.messages.base import moment, problems, to_bytes
from edge.messages.manifest import read_manifest
from edge.messages.state import Health, Meta, Receipt, State
from edge.messages.tls import TlsFiles
from edge.messages.topics import ROOT, BrokerAddress, LaneTopics, split_topic
from headquarters.link import RECEIVE_MAXIMUM, Link, Mail, Post
from headquarters.store import Incoming, Store, StreamState

_log = logging.getLogger(__name__)
_MS_NS = 1_000_000
_TOPICS = tuple(f"{ROOT}/+/{channel}" for channel in ("evt/+", "state", "health", "meta"))
_NOTES: dict[str, type[Health | Meta]] = {"health": Health, "meta": Meta}


@dataclass(frozen=True, slots=True)
class CollectorSettings:
    """How the collector connects and batches.

    Attributes:
        session_expiry_s: how long the broker queues for a collector that is away (7 days).
        linger_ms: how long a batch may grow after its first message.
        receipt_interval_ms: most frequent receipt of one stream.
    """

    address: BrokerAddress
    name: str = "hq-collector"
    tls: TlsFiles | None = None
    session_expiry_s: int = 7 * 86_400
    linger_ms: int = 20
    batch_limit: int = RECEIVE_MAXIMUM
    receipt_interval_ms: int = 200
    connect_timeout_s: float = 10.0
    retry_min_s: float = 1.0
    retry_max_s: float = 60.0


@dataclass(slots=True)
class _Receipts:
    """Receipts that wait for their interval."""

    waiting: dict[str, StreamState] = field(default_factory=dict)
    sent_ns: int = 0


class Collector:
    """Collects from every lane until ``stopping`` is set. Runs in the caller's thread."""

    def __init__(
        self,
        settings: CollectorSettings,
        store: Store,
        *,
        clock: Clock,
        rng: random.Random,
        stopping: threading.Event,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._rng = rng
        self._stopping = stopping
        self._receipts = _Receipts()

    def run(self) -> None:
        """Collect for ever; a lost broker is tried again with a growing, jittered wait.

        Raises:
            PublishError: the store cannot be written.
        """
        attempt = 0
        reachable = True
        while not self._stopping.is_set():
            link = Link(
                self._settings.address,
                client_id=self._settings.name,
                clock=self._clock,
                session_expiry_s=self._settings.session_expiry_s,
                tls=self._settings.tls,
            )
            try:
                self._begin(link)
                _log.info("broker %s: collecting", self._settings.address.url)
                attempt, reachable = 0, True
                while not self._stopping.is_set():
                    self._collect(link)
                link.close()
            except _LinkLost as error:
                link.drop()
                if reachable:
                    _log.warning("%s; retrying", error)
                attempt, reachable = min(attempt + 1, 16), False
                longest_s = min(self._settings.retry_max_s, self._settings.retry_min_s * 2**attempt)
                self._stopping.wait(self._rng.uniform(0, longest_s))

    def _begin(self, link: Link) -> None:
        timeout_s = self._settings.connect_timeout_s
        try:
            link.open(timeout_s)
            link.subscribe(_TOPICS, timeout_s)
        except PublishError as error:
            raise _LinkLost(str(error)) from error
        # A broker that lost its retained messages learns the receipts and manifests again.
        for state in self._store.streams():
            self._send_receipt(link, state)
        self._repeat_manifests(link)

    def _collect(self, link: Link) -> None:
        """Take one batch: store, acknowledge, receipt."""
        batch = self._read_batch(link)
        received = rfc3339(self._clock.utc())
        events: list[Incoming] = []
        for mail in batch:
            incoming = self._sort(mail, received)
            if incoming is not None:
                events.append(incoming)
        if events:
            for state in self._store.add(events):
                self._receipts.waiting[state.stream] = state
        for mail in batch:
            link.ack(mail)
        self._send_receipts(link)
        link.forget_acks()

    def _read_batch(self, link: Link) -> list[Mail]:
        batch = _poll(link, self._settings.receipt_interval_ms / 1000)
        if not batch:
            return batch
        deadline_ns = self._clock.monotonic_ns() + self._settings.linger_ms * _MS_NS
        while len(batch) < self._settings.batch_limit:
            left_ns = deadline_ns - self._clock.monotonic_ns()
            if left_ns <= 0:
                break
            batch.extend(_poll(link, left_ns / 1_000_000_000))
        return batch

    def _sort(self, mail: Mail, received: str) -> Incoming | None:
        """Give an event to store, or note what is no event at once."""
        try:
            parts = split_topic(mail.topic)
            if parts.channel == "evt":
                return _incoming(mail, parts.lane, received)
            if parts.channel == "state":
                state = State.model_validate_json(mail.payload)
                if state.lane == parts.lane:
                    self._store.lane_state(state, received)
                return None
            note = _NOTES[parts.channel].model_validate_json(mail.payload)
            self._store.lane_note(parts.lane, note, received)
        except ValidationError as error:
            _log.warning("%s: %s; ignored", mail.topic, problems(error))
        return None

    def _send_receipts(self, link: Link) -> None:
        now_ns = self._clock.monotonic_ns()
        due = now_ns - self._receipts.sent_ns >= self._settings.receipt_interval_ms * _MS_NS
        if not self._receipts.waiting or not due:
            return
        self._receipts.sent_ns = now_ns
        for state in self._receipts.waiting.values():
            self._send_receipt(link, state)
        self._receipts.waiting.clear()

    def _send_receipt(self, link: Link, state: StreamState) -> None:
        receipt = Receipt(
            stream=state.stream,
            upto=state.upto,
            missing=state.missing,
            by=self._settings.name,
            time=rfc3339(self._clock.utc()),
        )
        link.publish(Post(LaneTopics(state.lane).receipt, to_bytes(receipt), retain=True))

    def _repeat_manifests(self, link: Link) -> None:
        now = self._clock.utc()
        for lane, body in self._store.sent("manifest"):
            manifest = read_manifest(body)
            left_s = int((moment(manifest.valid_until) - now).total_seconds())
            if left_s > 0:
                topic = LaneTopics(lane).manifest(manifest.id)
                link.publish(Post(topic, body, retain=True, expiry_s=left_s))


class _LinkLost(PublishError):
    """The link failed; unlike a failed store, this is tried again."""


def _poll(link: Link, timeout_s: float) -> list[Mail]:
    try:
        return link.poll(timeout_s)
    except PublishError as error:
        raise _LinkLost(str(error)) from error


_STREAM = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _incoming(mail: Mail, lane: str, received: str) -> Incoming:
    labels = dict(mail.labels)
    stream, number = labels.get("stream", ""), labels.get("seq", "")
    sequence = int(number) if number.isascii() and number.isdigit() and len(number) < 16 else 0
    return Incoming(
        mail.topic,
        lane,
        mail.payload,
        stream if _STREAM.fullmatch(stream) else "",
        sequence,
        received,
    )
