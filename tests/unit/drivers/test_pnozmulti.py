"""The safety controller's driver against a small controller of the tests' own."""

import asyncio

import pytest

from drivers.pnozmulti import Pnozmulti, PnozmultiSettings
from drivers.pnozmulti_inputs import LifeCounter
from edge.core.values import Input, Presence, Quality
from edge.errors import DeviceRefused
from tests.unit.drivers.device_bench import run_device
from tests.unit.drivers.fake_modbus import FakeSlave

SETTINGS = PnozmultiSettings(kind="pnozmulti", bus="safety")
FEED = (255, 0x8300)
SAFE_BITS = {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 12, 20, 21, 22, 23}
INPUTS = (
    "estop",
    "key",
    "key_service",
    "doors",
    "secured",
    "zone",
    "lamp",
    "horn",
    "entry_barrier_closed",
    "entry_barrier_open",
    "exit_barrier_closed",
    "exit_barrier_open",
    "beam_feedback",
)
SPOTS = ("presence_entry", "presence_tunnel_in", "presence_tunnel_out", "presence_exit")


class FakePnoz(FakeSlave):
    """Areas and watchdog of Pilz 1002971EN02; the life counter follows the loop's time."""

    def __init__(self) -> None:
        super().__init__(tcp=True, delay_ms=1)
        self.holding = {0: 0, 255: 0}
        self.input = {512: 0, 513: 0, 514: 0, 2048: 0}
        self.fed_s: float | None = None
        self.frozen = False
        self.expired = False
        self.show(SAFE_BITS)
        self.before = self._cycle
        self.on_write = self._written

    def show(self, bits: set[int]) -> None:
        for word in (0, 1):
            self.input[512 + word] = sum(1 << bit % 16 for bit in bits if bit // 16 == word)

    def _now_s(self) -> float:
        return asyncio.get_running_loop().time()

    def _cycle(self) -> None:
        now_s = self._now_s()
        if not self.frozen:
            self.input[514] = int(now_s * 100) & 0xFFFF
        if self.fed_s is not None and now_s - self.fed_s > 0.5:
            self.expired = True
            self.holding[0] = 0
        self.input[2048] = self.input[2048] & ~0x20 | (0x20 if self.expired else 0)

    def _written(self, address: int, value: int) -> None:
        if address == 0 or (address == 255 and value & 0x8000):
            self.fed_s, self.expired = self._now_s(), False


@pytest.fixture
def plc() -> FakePnoz:
    return FakePnoz()


def on(plc: FakePnoz, main, settings: PnozmultiSettings = SETTINGS):
    return run_device(plc, Pnozmulti, settings, "pnozmulti", main)


def settled(plc: FakePnoz) -> dict[str, object]:
    """All last readings after half a second, by field."""

    async def main(bench):
        await asyncio.sleep(0.5)
        return {each.source.removeprefix("dev."): each for each in bench.sink.readings}

    return on(plc, main)


def test_a_safe_hall_reads_safe_on_every_input(plc):
    seen = settled(plc)
    blocked = {"key_service", "entry_barrier_open", "exit_barrier_open"}
    assert {name: seen[name].value for name in INPUTS} == {
        name: Input.BLOCKED if name in blocked else Input.OK for name in INPUTS
    }
    assert {seen[name].value for name in SPOTS} == {Presence.CLEAR}
    assert {seen[name].value for name in ("life", "watchdog", "outputs")} == {Input.OK}
    assert {each.quality for each in seen.values()} == {Quality.GOOD}


@pytest.mark.parametrize(
    ("bit", "field", "expected"),
    [
        (0, "estop", Input.CONFLICT),
        (1, "estop", Input.CONFLICT),
        (2, "key", Input.BLOCKED),
        (3, "key_service", Input.OK),
        (4, "doors", Input.BLOCKED),
        (5, "secured", Input.BLOCKED),
        (6, "zone", Input.BLOCKED),
        (7, "zone", Input.UNKNOWN),
        (8, "lamp", Input.BLOCKED),
        (9, "horn", Input.BLOCKED),
        (10, "entry_barrier_closed", Input.BLOCKED),
        (11, "entry_barrier_open", Input.OK),
        (12, "exit_barrier_closed", Input.BLOCKED),
        (13, "exit_barrier_open", Input.OK),
        (14, "beam_feedback", Input.BLOCKED),
        (16, "presence_entry", Presence.UNKNOWN),
        (20, "presence_entry", Presence.UNKNOWN),
        (17, "presence_tunnel_in", Presence.UNKNOWN),
        (22, "presence_tunnel_out", Presence.UNKNOWN),
        (19, "presence_exit", Presence.UNKNOWN),
    ],
)
def test_each_bit_speaks_for_its_own_field_alone(plc, bit, field, expected):
    before = settled(FakePnoz())
    plc.show(SAFE_BITS ^ {bit})
    after = settled(plc)
    changed = {name for name in after if after[name].value is not before[name].value}
    assert changed == {field}
    assert after[field].value is expected


def test_both_estop_contacts_open_is_blocked_and_an_occupied_spot_is_occupied(plc):
    plc.show(SAFE_BITS - {0, 1, 21} | {17})
    seen = settled(plc)
    assert seen["estop"].value is Input.BLOCKED
    assert seen["presence_tunnel_in"].value is Presence.OCCUPIED


def test_all_bits_zero_say_nothing_safe(plc):
    plc.show(set())
    seen = settled(plc)
    safe = {name for name in INPUTS if seen[name].value is Input.OK}
    assert safe == {"beam_feedback"}
    assert {seen[name].value for name in SPOTS} == {Presence.UNKNOWN}


def test_a_standing_life_counter_makes_every_field_bad(plc):
    async def main(bench):
        await asyncio.sleep(0.3)
        plc.frozen = True
        await asyncio.sleep(0.3)
        return {each.source.removeprefix("dev."): each for each in bench.sink.readings}

    seen = on(plc, main)
    assert seen["life"].value is Input.STALE
    assert {seen[name].quality for name in (*INPUTS, *SPOTS)} == {Quality.BAD}
    assert {seen[name].value for name in INPUTS} == {Input.STALE}
    assert {seen[name].value for name in SPOTS} == {Presence.UNKNOWN}


def test_nothing_is_believed_before_the_life_counter_was_seen_to_move(plc):
    async def main(bench):
        await asyncio.sleep(0.03)
        return bench.sink.readings

    first = on(plc, main)
    assert {each.quality for each in first if each.source == "dev.estop"} == {Quality.BAD}


def test_data_that_are_not_current_are_bad(plc):
    plc.input[2048] = 1
    seen = settled(plc)
    assert seen["life"].value is Input.STALE
    assert seen["doors"].quality is Quality.BAD


def test_two_reads_within_one_cycle_of_the_controller_are_no_standstill():
    life = LifeCounter(30_000_000)
    seen = [
        life.seen(counter, at_ms * 1_000_000)
        for counter, at_ms in ((5, 0), (9, 40), (9, 45), (9, 69), (9, 70), (10, 75))
    ]
    assert seen == [
        Input.UNKNOWN,
        Input.OK,
        Input.OK,
        Input.OK,
        Input.STALE,
        Input.OK,
    ]


def test_the_watchdog_of_500_ms_is_fed_every_100_ms_while_the_logic_lives(plc):
    async def main(bench):
        await asyncio.sleep(2.0)
        fed = plc.writes.count(FEED)
        bench.alive = False
        await asyncio.sleep(0.1)
        plc.frames.clear()
        await asyncio.sleep(2.0)
        return fed, list(plc.frames), bench.loop.time() - plc.fed_s

    fed, after_death, unfed_s = on(plc, main)
    assert 18 <= fed <= 26
    assert after_death == []
    assert unfed_s > 1.9


def test_a_watchdog_that_does_not_take_its_time_is_not_ok(plc):
    plc.on_write = lambda address, value: plc.holding.update({255: 0})
    watchdog = settled(plc)["watchdog"]
    assert (watchdog.value, watchdog.detail) == (
        Input.BLOCKED,
        "it did not take the 500 ms of its watchdog",
    )


def test_outputs_are_kept_as_one_word_and_read_back(plc):
    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.set_output("warning", on=True)
        await bench.device.set_output("exit_barrier_open", on=True)
        both = plc.holding[0]
        await bench.device.set_output("warning", on=False)
        return both, plc.holding[0]

    assert on(plc, main) == (0b101, 0b100)


def test_an_output_nobody_has_is_refused_by_name(plc):
    async def main(bench):
        with pytest.raises(DeviceRefused, match="entry_barrier_open, exit_barrier_open, warning"):
            await bench.device.set_output("beam", on=True)

    on(plc, main)
    assert all(address != 0 or value == 0 for address, value in plc.writes)


def test_an_output_the_controller_does_not_keep_is_an_error_and_nothing_is_asked_any_more(plc):
    async def main(bench):
        await asyncio.sleep(0.1)
        plc.on_write = lambda address, value: plc.holding.update({0: 0})
        with pytest.raises(DeviceRefused, match="asked for 0001, the controller holds 0000"):
            await bench.device.set_output("warning", on=True)
        plc.on_write = lambda address, value: None
        await bench.device.set_output("entry_barrier_open", on=True)

    on(plc, main)
    assert 0b11 not in [value for address, value in plc.writes if address == 0]


def test_outputs_lost_by_the_controller_are_reported_and_never_restored(plc):
    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.set_output("entry_barrier_open", on=True)
        plc.holding[0] = 0
        plc.writes.clear()
        await asyncio.sleep(0.5)
        return bench.sink.values("dev.outputs")

    values = on(plc, main)
    assert values.count(Input.CONFLICT) == 1
    assert values[-1] is Input.OK
    assert {value for address, value in plc.writes if address == 0} == {0}


def test_outputs_do_not_come_back_after_the_logic_was_dead(plc):
    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.set_output("entry_barrier_open", on=True)
        bench.alive = False
        await asyncio.sleep(1.0)
        plc.writes.clear()
        bench.alive = True
        await asyncio.sleep(0.3)

    on(plc, main)
    assert plc.holding[0] == 0
    assert {value for address, value in plc.writes if address == 0} <= {0}


def test_an_open_chain_is_told_before_anything_else_is_asked(plc):
    plc.delay_ms = 10
    settings = PnozmultiSettings(kind="pnozmulti", bus="safety", poll_ms=150)

    async def main(bench):
        deliver, asked = bench.sink.deliver, []

        def watched(points, requested_ns):
            open_now = any(each[:2] == ("dev.doors", Input.BLOCKED) for each in points)
            if open_now and not asked:
                asked.extend(function for function, _address, _count in plc.reads)
            deliver(points, requested_ns)

        await asyncio.sleep(1.0)
        bench.sink.deliver = watched
        plc.reads.clear()
        plc.show(SAFE_BITS - {4})
        await asyncio.sleep(0.5)
        return asked

    # What was left of a poll, then both blocks of inputs of the next one, and nothing more.
    asked = on(plc, main, settings)
    assert asked[-2:] == [4, 4]
    assert len(asked) <= 4


def test_a_lost_controller_is_said_once_and_its_return_once(plc):
    async def main(bench):
        await asyncio.sleep(0.2)
        plc.silent = True
        await asyncio.sleep(2.0)
        readings = len(bench.sink.readings)
        await asyncio.sleep(1.0)
        assert len(bench.sink.readings) == readings
        plc.silent = False
        await asyncio.sleep(1.0)
        return bench.sink.events

    assert on(plc, main) == ["lost dev", "back dev"]


def test_a_cancelled_driver_switches_every_output_off(plc):
    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.set_output("entry_barrier_open", on=True)
        await bench.cancel()

    on(plc, main)
    assert plc.holding[0] == 0


def test_a_controller_that_shows_itself_and_refuses_every_write_is_lost(plc):
    async def main(bench):
        await asyncio.sleep(0.5)
        plc._write_registers = lambda pdu, address, count: bytes([0x90, 4])
        plc._write_coil = lambda pdu, address, *, on: bytes([0x85, 4])
        await asyncio.sleep(3)
        return bench.sink.events

    assert on(plc, main) == ["lost dev"]
