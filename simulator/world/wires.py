"""The one task that polls all devices of the in-process world, slowly while nothing happens."""

import asyncio
from collections.abc import Callable

from edge.core.values import Input
from edge.ports import BoardReport, Heartbeat, Sink
from simulator.world.board import WorldBoard
from simulator.world.hall import Hall
from simulator.world.ports import (
    Link,
    Publisher,
    WorldConveyor,
    WorldSafety,
    WorldSource,
    WorldWorker,
)

BUSY_S = 0.05
IDLE_S = 0.25
"""Below the lane's ``stale_ms``; a hall at rest has nothing new to say."""
SLOW_TURNS = 6
READ_S = 0.3
DEVICES = ("belt", "safety", "height", "width", "source", "qr", "label", "board", "worker")


class Wires:
    """All devices, their links, and their polls.

    Args:
        hall: what they stand in.
        sink: the lane logic's.
        alive: the lane logic's heartbeat.
        now_ns: monotonic time.
        busy: whether the lane logic is about anything.
    """

    def __init__(
        self,
        hall: Hall,
        sink: Sink,
        alive: Heartbeat,
        now_ns: Callable[[], int],
        busy: Callable[[], bool],
    ) -> None:
        self.links = {name: Link(name, sink) for name in DEVICES}
        links = self.links
        self.board = WorldBoard(hall, links["board"], alive, now_ns)
        self.source = WorldSource(hall, links["source"])
        self.conveyor = WorldConveyor(hall, links["belt"])
        self.safety = WorldSafety(hall, links["safety"])
        self.worker = WorldWorker(hall, links["worker"])
        self.on_report: Callable[[BoardReport], None] = lambda _report: None
        self._publish = Publisher(hall, sink, now_ns)
        self._hall = hall
        self._sink = sink
        self._alive = alive
        self._now_ns = now_ns
        self._busy = busy
        self._turn = 0
        self._read_unit = ""

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            self._hall.sync()
            calm = self._hall.rests and not self._busy()
            if self._alive():
                self._poll(all_of_them=calm)
            await asyncio.sleep(IDLE_S if calm else BUSY_S)

    def cut(self, name: str) -> None:
        """Cut a device off."""
        self.links[name].cut()
        if name == "board":
            self.on_report(self.board.silent())
            self._publish.put({"board.link": Input.UNKNOWN, "board.relay": Input.UNKNOWN})

    def _poll(self, *, all_of_them: bool) -> None:
        """Safety controller and board in turn with belt and generator; the rest now and then."""
        hall, links, publish = self._hall, self.links, self._publish
        self._turn += 1
        odd, often = self._turn % 2 == 1, self._turn % SLOW_TURNS == 0
        if links["safety"].up and (all_of_them or odd):
            hall.plc_fed_ms, hall.plc_expired = hall.now_ms, False
            publish.safety()
        if links["board"].up and (all_of_them or odd):
            self._poll_board()
        if links["belt"].up and (all_of_them or not odd):
            hall.belt.heard_ms = hall.now_ms
            publish.belt()
        self.worker.poll()
        if links["source"].up and not odd:
            hall.tube.heard(hall.now_ms)
            publish.source()
        if often or (all_of_them and odd):
            self._poll_slow()

    def _poll_board(self) -> None:
        self.board.poll()
        report = self.board.report()
        self.on_report(report)
        relay = Input.BLOCKED if report.relay_closed else Input.OK
        self._publish.put({"board.link": Input.OK, "board.relay": relay})

    def _poll_slow(self) -> None:
        links, publish, hall = self.links, self._publish, self._hall
        if links["worker"].up:
            publish.put({"worker.detector": Input.OK, "worker.calibration": Input.OK})
        publish.lane()
        unit = hall.plant.at_entry()
        name = unit.unit_id if unit else ""
        if unit is not None and links["height"].up and links["width"].up:
            publish.gauges()
        if unit is not None and name != self._read_unit:
            loop = asyncio.get_running_loop()
            loop.call_later(READ_S, self._read, "qr", unit.qr)
            loop.call_later(READ_S, self._read, "label", unit.label)
        self._read_unit = name

    def _read(self, name: str, text: str) -> None:
        if text and self.links[name].up:
            self._sink.text(f"{name}.text", text, self._now_ns())
