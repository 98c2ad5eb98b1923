"""The arithmetic of delivery, on virtual time."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.messages.state import Receipt, Span
from edge.publish.pump import NO_SUBSCRIBERS, SECOND_NS, Pump
from edge.publish.settings import PublishSettings
from tests.unit.publish.fake_outbox import STREAM, TIME, FakeOutbox

SETTINGS = PublishSettings(url="mqtt://broker")


def receipt(upto: int, *missing: Span) -> Receipt:
    return Receipt(stream=STREAM, upto=upto, missing=missing, by="hq", time=TIME)


class World:
    """A broker and a headquarters that lose what chance tells them to."""

    def __init__(self, seed: int, count: int) -> None:
        self.chance = random.Random(seed)
        self.outbox = FakeOutbox(count)
        self.pump = Pump(SETTINGS)
        self.stored: set[int] = set()
        self.flying: dict[int, int] = {}
        self.mid = 0
        self.now_ns = 0

    def send(self) -> None:
        pump = self.pump
        room = pump.room(self.now_ns)
        limit = room + len(pump.flights) + len(pump.accepted) + len(pump.refusals)
        rows = self.outbox.unreceipted(pump.cursor, limit)
        for row in pump.choose(rows, self.now_ns, room):
            self.mid += 1
            pump.sent(self.mid, row.sequence, self.now_ns)
            self.flying[self.mid] = row.sequence
        assert len(pump.flights) <= 20

    def answer(self) -> None:
        for mid, sequence in list(self.flying.items()):
            luck = self.chance.random()
            if luck < 0.2:
                continue
            code = self.chance.choice([0x97, NO_SUBSCRIBERS, 0x87]) if luck < 0.3 else 0
            if code == 0 and self.chance.random() < 0.8:
                self.stored.add(sequence)
            del self.flying[mid]
            quarantined = self.pump.acked(mid, code, self.now_ns)
            if quarantined is not None:
                self.outbox.quarantine(quarantined, "refused")

    def tell(self) -> None:
        upto = self.outbox.released
        while upto + 1 in self.stored:
            upto += 1
        highest = max(self.stored, default=0)
        gaps = [one for one in range(upto + 1, highest) if one not in self.stored]
        spans = tuple(Span(one, one) for one in gaps[:64])
        effect = self.pump.receipt(receipt(upto, *spans), self.now_ns)
        self.outbox.release(effect.release_upto)

    def cut(self) -> None:
        self.flying.clear()
        self.pump.lost()
        self.pump.connected(self.chance.choice([1, 5, 20, 65_535]))


@given(st.integers(min_value=0, max_value=10_000))
@settings(deadline=None, max_examples=40, derandomize=True)
def test_whatever_is_lost_under_way_everything_is_stored_in_the_end(seed: int) -> None:
    world = World(seed, count=60)
    world.cut()
    for _ in range(3000):
        world.now_ns += SECOND_NS // 2
        world.send()
        world.answer()
        if world.chance.random() < 0.3:
            world.tell()
        if world.chance.random() < 0.02 or world.pump.ack_overdue(world.now_ns):
            world.cut()
        world.pump.tick(world.now_ns)
        assert world.outbox.released <= len(world.stored)
        if world.outbox.released == 60:
            return
    raise AssertionError(f"stuck at {world.outbox.released}: {world.pump}")


def test_a_silent_headquarters_is_not_flooded() -> None:
    pump, outbox = Pump(SETTINGS), FakeOutbox(3000)
    pump.connected(20)
    sent = 0
    for second in range(3600):
        now_ns = second * SECOND_NS
        for _ in range(60):
            room = pump.room(now_ns)
            rows = outbox.unreceipted(pump.cursor, room + len(pump.accepted)) if room else []
            chosen = pump.choose(rows, now_ns, room)
            for row in chosen:
                sent += 1
                pump.sent(sent, row.sequence, now_ns)
            for mid in list(pump.flights):
                pump.acked(mid, 0, now_ns)
            if not chosen:
                break
        pump.tick(now_ns)
    assert sent <= 11 * SETTINGS.ahead_rows


def test_a_receipt_behind_ours_is_reported_and_releases_nothing() -> None:
    pump = Pump(SETTINGS)
    pump.restart(10)
    effect = pump.receipt(receipt(4), 0)
    assert effect.behind
    assert effect.release_upto == 10


def test_an_unknown_message_id_is_ignored() -> None:
    pump = Pump(SETTINGS)
    assert pump.acked(99, 0, 0) is None
    assert pump.accepted == set()
