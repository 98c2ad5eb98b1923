"""Rules of how effects reach the devices: order, cancellation, retry; no beam without permit."""

import asyncio
from collections.abc import Awaitable, Callable

from edge.control.actuators import RESTRICTIVE_TRIES, Actuators, Devices
from edge.control.cases import Case, CaseBook
from edge.control.service_mission import Mission
from edge.core import events as ev
from edge.core.effects import KINDS, Effect, Request, Target
from edge.core.faults import Fault
from edge.errors import (
    DeviceRefused,
    DeviceTimeout,
)
from edge.ports import Belief, ScanOrder
from tests.unit.control.kit import LANE, TOKEN, Posted
from tests.unit.control.test_acts import OMS
from tests.unit.control.test_acts import Bench as HeldUnit


class World:
    """Every port as a fake that writes down what it was told and may hang or fail."""

    name = "fake"

    def __init__(self) -> None:
        self.log: list[str] = []
        self.hang: dict[str, asyncio.Event] = {}
        self.fail: dict[str, list[Exception]] = {}
        self.ended: list[str] = []

    async def run(self) -> None:
        """Never called."""

    async def _do(self, word: str) -> None:
        self.log.append(word)
        if word in self.hang:
            try:
                await self.hang[word].wait()
            except asyncio.CancelledError:
                self.ended.append(word)
                raise
        if self.fail.get(word):
            raise self.fail[word].pop(0)

    async def start(self, speed_mm_s: int) -> None:
        await self._do(f"start {speed_mm_s}")

    async def stop(self) -> None:
        await self._do("stop")

    async def reset_fault(self) -> None:
        await self._do("reset_fault")

    async def reset_faults(self) -> None:
        await self._do("reset_faults")

    async def set_output(self, name: str, *, on: bool) -> None:
        await self._do(f"{name} {'on' if on else 'off'}")

    async def prepare(self, *, kv: float, ma: float) -> None:
        await self._do(f"prepare {kv:g} {ma:g}")

    async def hv_on(self) -> None:
        await self._do("hv_on")

    async def hv_off(self) -> None:
        await self._do("hv_off")

    async def finish(self, *, complete: bool, reason: str) -> None:
        await self._do(f"finish {complete}")


class Board:
    """The permit board as a fake."""

    name = "board"

    def __init__(self, log: list[str]) -> None:
        self.log = log

    async def run(self) -> None:
        """Never called."""

    def believe(self, belief: Belief) -> None:
        self.log.append("believe")

    def arm(self, scan_id: int) -> None:
        self.log.append(f"arm {scan_id}")

    def renew(self, scan_id: int, healthy_ns: int) -> None:
        self.log.append(f"renew {scan_id} {healthy_ns}")

    def withdraw(self) -> None:
        self.log.append("withdraw")


class Worker:
    """The image worker as a fake."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def arm(self, order: ScanOrder) -> None:
        await self.world._do(f"arm detector {order.scan_id}")

    async def finish(self, *, complete: bool, reason: str) -> None:
        await self.world.finish(complete=complete, reason=reason)


class Bench:
    """Actuators on one unit with a permit."""

    def __init__(self) -> None:
        self.world, self.posted = World(), Posted()
        self.mission: Mission | None = None
        held = HeldUnit()
        held.answer(OMS, "scan")
        self.case: Case = held.case
        self.case.scan_id = self.closed_for = 42
        self.book: CaseBook = held.book
        board = Board(self.world.log)
        self.actuators = Actuators(
            LANE,
            devices=Devices(board, self.world, self.world, self.world, Worker(self.world)),
            book=self.book,
            service=lambda _: self.mission,
            order=lambda case: ScanOrder(case.scan_id, case.inspection_id, "scans", {}),
            on_armed=lambda: self.world.log.append("noted"),
            relay_closed=lambda scan_id: scan_id == self.closed_for,
            post=self.posted,
        )

    def do(self, *effects: Effect) -> None:
        for effect in effects:
            self.actuators.do(Request(effect, TOKEN), 5)

    async def settle(self) -> None:
        for _ in range(30):
            await asyncio.sleep(0)


def run(body: Callable[[Bench], Awaitable[None]]) -> None:
    async def main() -> None:
        bench = Bench()
        await body(bench)
        await bench.actuators.close()

    asyncio.run(main())


def test_withdrawal_is_immediate() -> None:
    async def body(bench: Bench) -> None:
        bench.do(Effect.WITHDRAW)
        assert bench.world.log == ["withdraw"]

    run(body)


def test_every_effect_can_be_carried_out() -> None:
    async def body(bench: Bench) -> None:
        for effect in Effect:
            bench.do(effect)
            await bench.settle()
        told = [effect for effect in Effect if KINDS[effect].target is not Target.PEOPLE]
        # Arming speaks to two devices and is noted; the commit is answered by an event; the source
        # is prepared alone only for a service mission.
        assert len(bench.world.log) == len(told) - 2 + 2
        kinds = [type(event) for event in bench.posted.events]
        assert kinds == [ev.DetectorArmed, ev.IntentCommitted]

    run(body)


def test_a_device_that_refuses_its_reset_keeps_its_fault_and_says_why() -> None:
    async def body(bench: Bench) -> None:
        bench.world.fail["reset_fault"] = [DeviceRefused("belt", "reset", "it is still hot")]
        bench.actuators.reset(Fault.CONVEYOR_FAULT)
        bench.actuators.reset(Fault.SOURCE_FAULT)
        bench.actuators.reset(Fault.ESTOP)
        await bench.settle()
        assert sorted(bench.world.log) == ["reset_fault", "reset_faults"]
        assert bench.posted.events == [ev.FaultRaised(Fault.COMMAND_REFUSED, present=False)]

    run(body)


def test_high_voltage_waits_for_the_relay_of_its_own_scan() -> None:
    async def body(bench: Bench) -> None:
        bench.closed_for = 41
        bench.do(Effect.HV_ON)
        await asyncio.sleep(0.03)
        assert bench.world.log == []
        bench.closed_for = 42
        await asyncio.sleep(0.03)
        assert bench.world.log == ["hv_on"]

    run(body)


def test_high_voltage_is_not_asked_for_after_it_was_taken_back() -> None:
    async def body(bench: Bench) -> None:
        bench.closed_for = 0
        bench.do(Effect.HV_ON)
        await bench.settle()
        bench.do(Effect.HV_OFF)
        bench.closed_for = 42
        await asyncio.sleep(0.03)
        assert bench.world.log == ["hv_off"]

    run(body)


def test_a_stop_cancels_a_start_that_is_under_way_and_follows_it() -> None:
    async def body(bench: Bench) -> None:
        start = f"start {LANE.belt.speed_mm_s}"
        bench.world.hang[start] = asyncio.Event()
        bench.do(Effect.START_BELT)
        await bench.settle()
        bench.do(Effect.STOP_BELT)
        await bench.settle()
        assert bench.world.log == [start, "stop"]
        assert bench.world.ended == [start]

    run(body)


def test_a_start_that_still_waits_is_never_made_after_a_stop() -> None:
    async def body(bench: Bench) -> None:
        bench.do(Effect.START_BELT, Effect.STOP_BELT)
        await bench.settle()
        assert bench.world.log == ["stop"]

    run(body)


def test_a_start_waits_for_the_stop_before_it() -> None:
    async def body(bench: Bench) -> None:
        bench.world.hang["stop"] = asyncio.Event()
        bench.do(Effect.STOP_BELT, Effect.START_BELT)
        await bench.settle()
        assert bench.world.log == ["stop"]
        bench.world.hang["stop"].set()
        await bench.settle()
        assert bench.world.log == ["stop", f"start {LANE.belt.speed_mm_s}"]

    run(body)


def test_the_end_of_a_scan_is_not_cut_short_by_a_cancellation() -> None:
    async def body(bench: Bench) -> None:
        bench.world.hang["finish True"] = asyncio.Event()
        bench.do(Effect.END_SCAN)
        await bench.settle()
        bench.do(Effect.CANCEL_SCAN)
        await bench.settle()
        assert bench.world.ended == []
        bench.world.hang["finish True"].set()
        await bench.settle()
        assert bench.world.log == ["finish True", "finish False"]

    run(body)


def test_targets_do_not_wait_for_each_other() -> None:
    async def body(bench: Bench) -> None:
        bench.world.hang["hv_off"] = asyncio.Event()
        bench.do(Effect.HV_OFF, Effect.STOP_BELT)
        await bench.settle()
        assert bench.world.log == ["hv_off", "stop"]
        bench.world.hang["hv_off"].set()

    run(body)


def test_a_stop_that_fails_is_tried_again() -> None:
    async def body(bench: Bench) -> None:
        bench.world.fail["stop"] = [DeviceTimeout("belt", "stop", "no answer")]
        bench.do(Effect.STOP_BELT)
        await bench.settle()
        assert bench.world.log == ["stop", "stop"]
        assert bench.posted.events == []

    run(body)


def test_a_stop_that_goes_on_failing_is_a_fault() -> None:
    async def body(bench: Bench) -> None:
        errors = [DeviceTimeout("belt", "stop", "no answer") for _ in range(9)]
        bench.world.fail["stop"] = list[Exception](errors)
        bench.do(Effect.STOP_BELT)
        await bench.settle()
        assert bench.world.log == ["stop"] * RESTRICTIVE_TRIES
        assert bench.posted.events == [ev.FaultRaised(Fault.CONVEYOR_LOST, present=False)]
        assert "no answer" in str(bench.posted.notes[0]["detail"])

    run(body)


def test_a_permissive_act_is_tried_once() -> None:
    async def body(bench: Bench) -> None:
        bench.world.fail["hv_on"] = [DeviceTimeout("source", "hv_on", "no answer")]
        bench.do(Effect.HV_ON)
        await bench.settle()
        assert bench.world.log == ["hv_on"]
        assert bench.posted.events == [ev.FaultRaised(Fault.SOURCE_LOST, present=False)]

    run(body)
