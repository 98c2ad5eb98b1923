"""Lane to headquarters over real brokers that are killed under way."""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge.clock import SystemClock
from edge.messages.topics import broker_address
from edge.publish.notices import Notice, NoticeKind
from edge.publish.publisher import LaneIdentity, Publisher
from edge.publish.settings import PublishSettings
from headquarters.collector import Collector, CollectorSettings
from headquarters.store import Store
from simulator.broker import BrokerHandle, free_port, start_broker
from tests.unit.publish.fake_outbox import LANE, STREAM, FakeOutbox

BOOT = "0f6f8cd0-9999-4222-8333-944445555666"
KINDS = (pytest.param("mosquitto", marks=pytest.mark.packages("mosquitto")), "iotcore")


@dataclass
class Told:
    """What the publisher told the lane."""

    notices: list[Notice] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __call__(self, notice: Notice) -> None:
        with self.changed:
            self.notices.append(notice)
            self.changed.notify_all()

    def wait_for(self, kind: NoticeKind, *, count: int = 1, timeout_s: float = 15.0) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: self.count(kind) >= count, timeout_s)

    def count(self, kind: NoticeKind) -> int:
        return sum(notice.kind is kind for notice in self.notices)


def settings(url: str) -> PublishSettings:
    return PublishSettings(
        url=url,
        retry_min_s=0.05,
        retry_max_s=0.3,
        receipt_timeout_s=1.5,
        receipt_timeout_max_s=3.0,
        ack_timeout_s=3.0,
        will_delay_s=1,
    )


@contextmanager
def publishing(url: str, outbox: FakeOutbox, told: Told) -> Iterator[Publisher]:
    publisher = Publisher(
        identity=LaneIdentity(LANE, BOOT, "0.1.0", simulated=True),
        settings=settings(url),
        outbox=outbox,
        deliver=told,
        clock=SystemClock(),
        rng=random.Random(7),
    )
    publisher.start()
    try:
        yield publisher
    finally:
        assert publisher.stop(10.0)


@contextmanager
def collecting(url: str, folder: Path) -> Iterator[None]:
    stopping = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        store = Store.open(folder)
        collector = Collector(
            CollectorSettings(broker_address(url), retry_min_s=0.05, retry_max_s=0.3),
            store,
            clock=SystemClock(),
            rng=random.Random(8),
            stopping=stopping,
        )
        try:
            collector.run()
        except BaseException as error:
            failures.append(error)
            raise
        finally:
            store.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(10.0)
        assert not thread.is_alive()
        assert not failures


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[BrokerHandle]]:
    """A list of one broker, so that a test can put a restarted one in its place."""
    kind = request.param
    if kind == "iotcore":
        pytest.importorskip("iotcore")
    handles = [start_broker(free_port(), tmp_path / "broker", kind=kind)]
    yield handles
    handles[0].stop()


def restart(broker: list[BrokerHandle], folder: Path) -> None:
    broker[0].kill()
    port = broker_address(broker[0].url).port
    broker[0] = start_broker(port, folder / "broker", kind=broker[0].kind)


def test_a_broker_killed_three_times_loses_and_doubles_no_event(
    broker: list[BrokerHandle], tmp_path: Path
) -> None:
    url = broker[0].url
    outbox, told, pace = FakeOutbox(), Told(), threading.Event()
    with collecting(url, tmp_path / "hq"), publishing(url, outbox, told) as publisher:
        assert told.wait_for(NoticeKind.CONNECTED)
        for number in range(1, 501):
            outbox.append()
            publisher.wake()
            pace.wait(0.004)
            if number in (100, 250, 400):
                restart(broker, tmp_path)
        assert outbox.drained.wait(30.0)
        assert told.count(NoticeKind.LOST) == 3
    store = Store.open(tmp_path / "hq")
    try:
        assert [number for number, _, _ in store.bodies(STREAM)] == list(range(1, 501))
        assert store.rows("problems") == []
        assert outbox.released == 500
    finally:
        store.close()


def test_a_collector_that_was_away_gets_everything(
    broker: list[BrokerHandle], tmp_path: Path
) -> None:
    url = broker[0].url
    outbox, told = FakeOutbox(50), Told()
    with publishing(url, outbox, told):
        assert told.wait_for(NoticeKind.CONNECTED)
        with collecting(url, tmp_path / "hq"):
            assert outbox.drained.wait(20.0)
        for _ in range(50):
            outbox.append()
        with collecting(url, tmp_path / "hq"):
            assert outbox.drained.wait(20.0)
    store = Store.open(tmp_path / "hq")
    try:
        assert [number for number, _, _ in store.bodies(STREAM)] == list(range(1, 101))
    finally:
        store.close()


def test_a_lane_whose_broker_is_away_says_so_once_and_connects_later(tmp_path: Path) -> None:
    port = free_port()
    outbox, told = FakeOutbox(3), Told()
    with publishing(f"mqtt://127.0.0.1:{port}", outbox, told):
        assert told.wait_for(NoticeKind.LOST)
        assert not told.wait_for(NoticeKind.LOST, count=2, timeout_s=1.0)
        handle = start_broker(port, tmp_path / "broker")
        try:
            assert told.wait_for(NoticeKind.CONNECTED)
        finally:
            handle.stop()
        assert told.wait_for(NoticeKind.LOST, count=2)


def test_headquarters_sees_birth_and_farewell(broker: list[BrokerHandle], tmp_path: Path) -> None:
    url = broker[0].url
    outbox, told = FakeOutbox(1), Told()
    with collecting(url, tmp_path / "hq"), publishing(url, outbox, told):
        assert outbox.drained.wait(20.0)
    store = Store.open(tmp_path / "hq")
    try:
        (lane,) = store.rows("lanes_now")
        assert lane["lane"] == LANE
        assert lane["upto"] == 1
    finally:
        store.close()
