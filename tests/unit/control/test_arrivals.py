"""Rules of what headquarters sends: it never keeps the lane waiting, and none of it is lost."""

import asyncio
import threading

from edge.control.arrivals import TURN_MS, WAITING_LIMIT, Arrivals
from edge.publish.notices import Notice, NoticeKind
from simulator.world.virtual_loop import VirtualLoop, run_virtual

MANIFEST_NS = 410_000
"""What reading and verifying one manifest takes."""
MS_NS = 1_000_000


def notice(number: int) -> Notice:
    return Notice(NoticeKind.MANIFEST, name=str(number))


class Taker:
    """Takes notices, and time with each of them."""

    def __init__(self) -> None:
        self.now_ns = 0
        self.taken: list[str] = []
        self.told = 0
        self.wanted = 0
        self.all_taken = asyncio.Event()
        self.arrivals = Arrivals(take=self.take, crowded=self.crowded, now_ns=lambda: self.now_ns)

    def take(self, one: Notice) -> None:
        self.now_ns += MANIFEST_NS
        self.taken.append(one.name)
        if len(self.taken) == self.wanted:
            self.all_taken.set()

    def crowded(self) -> None:
        self.told += 1


def test_many_manifests_at_once_never_keep_the_loop_for_longer_than_a_turn() -> None:
    async def main(_loop: VirtualLoop) -> None:
        taker = Taker()
        for number in range(WAITING_LIMIT):
            taker.arrivals.put(notice(number))
        running = asyncio.create_task(taker.arrivals.run())
        longest_ns = seen_ns = 0
        for _ in range(2000):
            await asyncio.sleep(0.001)
            longest_ns, seen_ns = max(longest_ns, taker.now_ns - seen_ns), taker.now_ns
        running.cancel()
        assert 0 < longest_ns <= TURN_MS * MS_NS + MANIFEST_NS
        assert taker.taken == [str(number) for number in range(WAITING_LIMIT)]

    run_virtual(main)


def test_a_full_queue_makes_the_sender_wait_loses_nothing_and_is_told_once() -> None:
    count = 2 * WAITING_LIMIT

    async def main() -> None:
        taker = Taker()
        full = threading.Event()

        def send() -> None:
            for number in range(count):
                if number == WAITING_LIMIT:
                    full.set()
                taker.arrivals.put(notice(number))

        sender = threading.Thread(target=send)
        sender.start()
        assert await asyncio.to_thread(full.wait, 20)
        taker.wanted = count
        running = asyncio.create_task(taker.arrivals.run())
        async with asyncio.timeout(20):
            await taker.all_taken.wait()
        running.cancel()
        sender.join()
        assert taker.taken == [str(number) for number in range(count)]
        assert taker.told == 1

    asyncio.run(main())


def test_a_sender_that_waits_for_a_place_is_let_go_at_the_end() -> None:
    async def main() -> None:
        taker = Taker()

        for number in range(WAITING_LIMIT):
            taker.arrivals.put(notice(number))
        sender = threading.Thread(target=lambda: taker.arrivals.put(notice(WAITING_LIMIT)))
        sender.start()
        taker.arrivals.close()
        await asyncio.to_thread(sender.join, 20)
        assert not sender.is_alive()
        assert taker.taken == []

    asyncio.run(main())
