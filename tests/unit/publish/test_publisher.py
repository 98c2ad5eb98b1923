"""The publisher against a broker that misbehaves on purpose."""

import json
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from edge.clock import SystemClock
from edge.errors import JournalUnavailable
from edge.messages.base import to_bytes
from edge.messages.state import Health, Receipt, Span
from edge.messages.topics import LaneTopics
from edge.publish.notices import Notice, NoticeKind
from edge.publish.publisher import LaneIdentity, Publisher
from edge.publish.settings import PublishSettings
from tests.unit.publish.fake_outbox import (
    LANE,
    OTHER_STREAM,
    STREAM,
    TIME,
    FakeOutbox,
    Row,
    lane_mode,
)
from tests.unit.publish.fault_broker import FaultBroker, Published, Script

BOOT = "0f6f8cd0-9999-4222-8333-944445555666"
TOPICS = LaneTopics(LANE)


@dataclass
class Told:
    notices: list[Notice] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, notice: Notice) -> None:
        with self.changed:
            self.notices.append(notice)
            self.changed.notify_all()

    def wait_for(self, kind: NoticeKind, count: int = 1, timeout_s: float = 10.0) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.of(kind)) >= count, timeout_s)

    def of(self, kind: NoticeKind) -> list[Notice]:
        return [notice for notice in self.notices if notice.kind is kind]


@pytest.fixture
def broker() -> Iterator[FaultBroker]:
    one = FaultBroker()
    yield one
    one.close()


@contextmanager
def running(
    url: str, outbox: FakeOutbox, told: Told, **settings: float | int
) -> Iterator[Publisher]:
    times: dict[str, float | int] = {
        "retry_min_s": 0.05,
        "retry_max_s": 0.2,
        "farewell_timeout_s": 0.5,
        **settings,
    }
    publisher = Publisher(
        identity=LaneIdentity(LANE, BOOT, "0.1.0", simulated=True),
        settings=PublishSettings.model_validate({"url": url, **times}),
        outbox=outbox,
        deliver=told,
        clock=SystemClock(),
        rng=random.Random(3),
        meta=b'{"lane":"cargo-1"}',
    )
    publisher.start()
    try:
        yield publisher
    finally:
        assert publisher.stop(10.0)


def receipt(upto: int, *missing: Span, stream: str = STREAM) -> bytes:
    return to_bytes(Receipt(stream=stream, upto=upto, missing=missing, by="hq", time=TIME))


def sequences(messages: list[Published]) -> list[int]:
    return [int(json.loads(message.payload)["sequence"]) for message in messages]


def test_never_more_in_flight_than_the_broker_allows(broker: FaultBroker) -> None:
    broker.script = Script(receive_maximum=4, hold=True)
    with running(broker.url, FakeOutbox(50), Told()):
        assert broker.wait_for(lambda: broker.outstanding >= 4)
        assert not broker.wait_for(lambda: broker.most_outstanding > 4, 0.5)


def test_a_puback_alone_releases_nothing(broker: FaultBroker) -> None:
    outbox, told = FakeOutbox(30), Told()
    with running(broker.url, outbox, told):
        assert broker.wait_for(lambda: len(broker.rows()) == 30)
        assert outbox.released == 0
        broker.send(TOPICS.receipt, receipt(20))
        assert told.wait_for(NoticeKind.RECEIPTED)
        assert outbox.released == 20
    assert sequences(broker.rows()) == list(range(1, 31))


def test_swallowed_pubacks_renew_the_connection(broker: FaultBroker) -> None:
    broker.script = Script(answer=lambda message: None if message.connection == 1 else 0)
    with running(broker.url, FakeOutbox(3), Told(), ack_timeout_s=0.3):
        assert broker.wait_for(
            lambda: sequences([m for m in broker.rows() if m.connection == 2]) == [1, 2, 3]
        )


def test_events_without_a_receipt_are_sent_again(broker: FaultBroker) -> None:
    with running(broker.url, FakeOutbox(3), Told(), receipt_timeout_s=0.3):
        assert broker.wait_for(lambda: sequences(broker.rows()) == [1, 2, 3, 1, 2, 3])


def test_only_what_headquarters_misses_is_sent_again(broker: FaultBroker) -> None:
    with running(broker.url, FakeOutbox(9), Told()):
        assert broker.wait_for(lambda: len(broker.rows()) == 9)
        broker.send(TOPICS.receipt, receipt(2, Span(3, 4), Span(7, 7)))
        assert broker.wait_for(lambda: len(broker.rows()) == 12)
    assert sequences(broker.rows())[9:] == [3, 4, 7]


def test_no_subscriber_is_not_delivered(broker: FaultBroker) -> None:
    listening = threading.Event()
    broker.script = Script(answer=lambda _message: 0 if listening.is_set() else 0x10)
    outbox, told = FakeOutbox(2), Told()
    with running(broker.url, outbox, told):
        assert told.wait_for(NoticeKind.REFUSED)
        listening.set()
        before = len(broker.rows())
        assert broker.wait_for(lambda: set(sequences(broker.rows()[before:])) == {1, 2})
    assert outbox.quarantined == []


def test_one_poisoned_event_is_quarantined_and_blocks_nothing(broker: FaultBroker) -> None:
    outbox, told = FakeOutbox(5), Told()

    def answer(message: Published) -> int:
        poisoned = message.topic.endswith("lane.mode") and sequences([message]) == [3]
        return 0x99 if poisoned else 0

    broker.script = Script(answer=answer, hang_up_on=frozenset({0x99}))
    feeding = threading.Event()
    with running(broker.url, outbox, told) as publisher:
        for _ in range(800):  # some refusals, and the waits between them, on a busy machine
            if outbox.quarantined:
                break
            outbox.append()
            publisher.wake()
            feeding.wait(0.05)
        assert told.wait_for(NoticeKind.QUARANTINED)
        assert broker.wait_for(
            lambda: any(m.topic == TOPICS.event("tombstone") for m in broker.rows())
        )
    assert outbox.quarantined == [3]


def test_a_broker_that_refuses_everything_costs_no_event(broker: FaultBroker) -> None:
    broker.script = Script(answer=lambda message: 0x87 if "/evt/" in message.topic else 0)
    outbox, told = FakeOutbox(5), Told()
    with running(broker.url, outbox, told):
        assert broker.wait_for(lambda: len(broker.rows()) >= 40)
        broker.script = Script()
        before = len(broker.rows())
        assert broker.wait_for(lambda: set(sequences(broker.rows()[before:])) == {1, 2, 3, 4, 5})
    assert outbox.quarantined == []
    assert len(told.of(NoticeKind.REFUSED)) == 1


def test_an_event_too_long_for_the_broker_never_goes_out(broker: FaultBroker) -> None:
    broker.script = Script(packet_limit=4000)
    outbox = FakeOutbox(1)
    for _ in range(12):
        outbox.append(lane_mode(1, "x" * 300))
    outbox._rows[2] = type(outbox._rows[2])(2, "lane.mode", b"x" * 3500)
    with running(broker.url, outbox, Told()):
        assert broker.wait_for(lambda: len(broker.rows()) >= 12)
    assert all(len(message.payload) < 3000 for message in broker.rows())


def test_a_cut_connection_starts_again_behind_the_receipt(broker: FaultBroker) -> None:
    outbox, told = FakeOutbox(40), Told()
    with running(broker.url, outbox, told):
        assert broker.wait_for(lambda: len(broker.rows()) == 40)
        broker.send(TOPICS.receipt, receipt(30))
        assert told.wait_for(NoticeKind.RECEIPTED)
        broker.cut()
        assert broker.wait_for(lambda: len(broker.rows()) == 50)
    second = [message for message in broker.rows() if message.connection == 2]
    assert sequences(second) == list(range(31, 41))
    assert broker.most_outstanding <= 20


@pytest.mark.parametrize(("sent_before", "upto"), [(None, 900), (1, 2)])
def test_a_receipt_of_what_was_never_sent_starts_a_new_stream(
    broker: FaultBroker, sent_before: int | None, upto: int
) -> None:
    outbox, told = FakeOutbox(3, sent_before=sent_before), Told()
    with running(broker.url, outbox, told):
        assert broker.wait_for(lambda: len(broker.rows()) == 3)
        broker.send(TOPICS.receipt, receipt(upto))
        assert told.wait_for(NoticeKind.ROLLED_BACK)
        assert broker.wait_for(lambda: len(broker.rows()) == 6)
    streams = [json.loads(message.payload)["stream"] for message in broker.rows()]
    assert streams == [STREAM] * 3 + [OTHER_STREAM] * 3
    assert outbox.released == 0


def test_a_receipt_of_another_stream_releases_nothing(broker: FaultBroker) -> None:
    outbox, told = FakeOutbox(3), Told()
    with running(broker.url, outbox, told):
        assert broker.wait_for(lambda: len(broker.rows()) == 3)
        broker.send(TOPICS.receipt, receipt(3, stream=OTHER_STREAM))
        broker.send(TOPICS.receipt, b"{")
        assert told.wait_for(NoticeKind.UNREADABLE)
    assert outbox.released == 0


def test_what_comes_down_is_handed_over_unread(broker: FaultBroker) -> None:
    told = Told()
    with running(broker.url, FakeOutbox(), told) as publisher:
        assert broker.wait_for(lambda: len(broker.subscribed) == 4)
        broker.send(TOPICS.command("abort"), b"one")
        broker.send(TOPICS.manifest("m-1"), b"two")
        broker.send(TOPICS.rules("exemptions"), b"three")
        assert told.wait_for(NoticeKind.RULES)
        assert publisher.respond("abort", b"{}", b"id-1")
        assert broker.wait_for(
            lambda: any(m.topic == TOPICS.response("abort") for m in broker.published)
        )
    heard = [(notice.kind, notice.name, notice.payload) for notice in told.notices]
    assert (NoticeKind.COMMAND, "abort", b"one") in heard
    assert (NoticeKind.MANIFEST, "m-1", b"two") in heard
    assert (NoticeKind.RULES, "exemptions", b"three") in heard


def test_birth_is_retained_and_the_farewell_says_offline(broker: FaultBroker) -> None:
    with running(broker.url, FakeOutbox(2), Told()):
        assert broker.wait_for(lambda: len(broker.rows()) == 2)
    states = [message for message in broker.published if message.topic == TOPICS.state]
    assert [json.loads(message.payload)["online"] for message in states] == [True, False]
    assert all(message.retain for message in states)
    assert b'"online":false' in broker.connects[0]
    assert any(m.topic == TOPICS.meta and m.retain for m in broker.published)


def test_health_goes_out_at_its_interval_without_acknowledgement(broker: FaultBroker) -> None:
    with running(broker.url, FakeOutbox(), Told(), health_interval_s=0.1) as publisher:
        publisher.set_health(Health(time=TIME, simulated=True, mode="idle"))
        assert broker.wait_for(
            lambda: sum(m.topic == TOPICS.health and m.qos == 0 for m in broker.published) >= 2
        )


def test_a_refused_connection_is_said_once_and_tried_again(broker: FaultBroker) -> None:
    broker.script = Script(connack=0x87)
    told = Told()
    with running(broker.url, FakeOutbox(), told):
        assert broker.wait_for(lambda: len(broker.connects) >= 4)
    assert len(told.of(NoticeKind.LOST)) == 1


def test_too_many_waiting_responses_are_reported_not_dropped_silently() -> None:
    publisher = Publisher(
        identity=LaneIdentity(LANE, BOOT, "0.1.0", simulated=True),
        settings=PublishSettings(url="mqtt://127.0.0.1:1"),
        outbox=FakeOutbox(),
        deliver=Told(),
        clock=SystemClock(),
        rng=random.Random(3),
    )
    sent = [publisher.respond("abort", b"{}", b"") for _ in range(257)]
    assert publisher.stop(1.0)
    assert sent == [True] * 256 + [False]


def test_a_journal_that_fails_stops_publishing_and_is_said_once(broker: FaultBroker) -> None:
    class Broken(FakeOutbox):
        def unreceipted(self, after: int, limit: int) -> list[Row]:
            raise JournalUnavailable("disk full")

    told = Told()
    with running(broker.url, Broken(3), told):
        assert broker.wait_for(lambda: len(broker.connects) >= 4)
    assert [notice.detail for notice in told.of(NoticeKind.FAILED)] == [
        "publishing stopped: disk full"
    ]
    assert broker.rows() == []
