"""The belt drive's driver against a small CiA 402 drive of the tests' own."""

import asyncio
import itertools

import pytest
from pydantic import ValidationError

from drivers.altivar import Altivar, AltivarSettings
from drivers.altivar_states import DriveState, drive_state
from edge.core.values import Input, Quality
from edge.errors import DeviceRefused, DeviceTimeout, DeviceUnreachable
from tests.unit.drivers.device_bench import run_device
from tests.unit.drivers.fake_modbus import FakeSlave, rtu

CMD, LFRD, ETA, RFRD, LFT, TTO, SLL = 8501, 8602, 3201, 8604, 7121, 6005, 7010
SETTINGS = AltivarSettings(kind="altivar", bus="drive", mm_per_rev=12.0)


class FakeDrive(FakeSlave):
    """Follows the words of devices sheet 1.1: 0x40 -6-> 0x21 -7-> 0x23 -F-> 0x27, 2 stops."""

    STEPS = ((0x40, 6, 0x21), (0x21, 7, 0x23), (0x23, 0xF, 0x27))

    def __init__(self) -> None:
        super().__init__()
        self.holding = {CMD: 0, LFRD: 0, ETA: 0x50, RFRD: 0, LFT: 0, TTO: 10, SLL: 6}
        self.on_write = self._obey
        self.stuck = False
        self.keeps_moving = False

    def _obey(self, address: int, value: int) -> None:
        state = self.holding[ETA] & 0x6F
        if address == CMD and not self.stuck:
            if state == 0x08:
                if value & 0x80:
                    state = 0x40
            elif value & 0xF in (0, 2):
                state = 0x40
            else:
                for before, command, after in self.STEPS:
                    if (state, value) == (before, command):
                        state = after
                        break
            self.holding[ETA] = state | 0x10
        running = self.holding[ETA] & 0x6F == 0x27 or self.keeps_moving
        self.holding[RFRD] = self.holding[LFRD] if running else 0

    def commands(self) -> list[int]:
        return [value for address, value in self.writes if address == CMD]


@pytest.fixture
def drive() -> FakeDrive:
    return FakeDrive()


def on(drive: FakeDrive, main, settings: AltivarSettings = SETTINGS):
    return run_device(drive, Altivar, settings, "altivar", main)


def test_start_walks_every_state_and_the_belt_runs_at_the_asked_speed(drive):
    async def main(bench):
        await asyncio.sleep(0.5)
        await bench.device.start(300)
        await asyncio.sleep(0.5)
        return bench.sink, [command for command, _ in itertools.groupby(drive.commands())]

    sink, commands = on(drive, main)
    assert commands == [2, 6, 7, 0xF]
    assert sink.last("dev.speed_mm_s").value == 300
    assert sink.last("dev.running").value is Input.OK
    assert sink.last("dev.state").value == "operation_enabled"
    assert sink.last("dev.drive_fault").value is Input.OK
    assert sink.last("dev.fault_name").value == "no_fault"


def test_a_belt_runs_backwards_with_a_negative_reference(drive):
    async def main(bench):
        await bench.device.start(-150)
        await asyncio.sleep(0.3)
        return bench.sink.last("dev.speed_mm_s").value

    assert on(drive, main) == -150
    assert (LFRD, 0x10000 - 750) in drive.writes


def test_frames_of_the_walk_are_those_of_the_specification(drive):
    """FC16 to 8501 (0x2135) and FC3 from 3201 (0x0C81), built by hand from V1.1b3."""

    async def main(bench):
        await bench.device.start(300)

    on(drive, main)
    assert rtu("01 10 21 35 00 01 02 00 06") in drive.frames
    assert rtu("01 10 21 35 00 01 02 00 0F") in drive.frames
    assert rtu("01 10 21 9A 00 01 02 05 DC") in drive.frames
    assert rtu("01 03 0C 81 00 01") in drive.frames


def test_commands_are_refreshed_unchanged_while_the_logic_is_alive_and_never_after(drive):
    async def main(bench):
        await bench.device.start(300)
        drive.writes.clear()
        await asyncio.sleep(2.0)
        refreshed = list(drive.writes)
        bench.alive = False
        await asyncio.sleep(0.3)
        drive.frames.clear()
        await asyncio.sleep(3.0)
        return refreshed, list(drive.frames)

    refreshed, after_death = on(drive, main)
    assert set(refreshed) == {(CMD, 0xF), (LFRD, 1500)}
    assert refreshed.count((CMD, 0xF)) >= 6
    assert after_death == []


def test_a_belt_never_starts_again_by_itself_when_the_logic_comes_back(drive):
    async def main(bench):
        await bench.device.start(300)
        bench.alive = False
        await asyncio.sleep(1.0)
        drive.writes.clear()
        bench.alive = True
        await asyncio.sleep(1.0)
        return bench.sink.last("dev.speed_mm_s").value

    assert on(drive, main) == 0
    assert set(drive.writes) == {(CMD, 2), (LFRD, 0)}


def test_a_belt_never_starts_again_by_itself_when_the_drive_comes_back(drive):
    async def main(bench):
        await bench.device.start(300)
        drive.silent = True
        await asyncio.sleep(3.0)
        drive.silent = False
        drive.writes.clear()
        await asyncio.sleep(1.5)
        return bench.sink.events

    assert on(drive, main) == ["lost dev", "back dev"]
    assert set(drive.writes) == {(CMD, 2), (LFRD, 0)}


def test_one_lost_frame_does_not_stop_the_belt(drive):
    async def main(bench):
        await bench.device.start(300)
        drive.harms = [lambda q, a: []]
        await asyncio.sleep(1.5)
        return bench.sink

    sink = on(drive, main)
    assert sink.events == []
    assert sink.last("dev.speed_mm_s").value == 300


def test_stop_is_a_quick_stop_with_speed_zero_and_is_seen_to_stand(drive):
    async def main(bench):
        await bench.device.start(300)
        drive.writes.clear()
        await bench.device.stop()
        return bench.loop.time()

    on(drive, main)
    assert drive.writes[:2] == [(CMD, 2), (LFRD, 0)]
    assert drive.holding[RFRD] == 0


def test_stop_overtakes_a_start_which_then_fails(drive):
    async def main(bench):
        await asyncio.sleep(0.2)
        starting = asyncio.create_task(bench.device.start(300))
        await asyncio.sleep(0.03)
        await bench.device.stop()
        with pytest.raises(DeviceRefused):
            await starting
        await asyncio.sleep(1.0)

    on(drive, main)
    last_stop = len(drive.writes) - 1 - drive.writes[::-1].index((CMD, 2))
    assert all(value in (0, 2) for address, value in drive.writes[last_stop:] if address == CMD)
    assert drive.holding[RFRD] == 0


@pytest.mark.parametrize("after_ms", range(0, 240, 12))
def test_no_refresh_that_waits_while_a_stop_comes_is_ever_sent(drive, after_ms):
    drive.delay_ms = 30

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0 + after_ms / 1000)
        drive.writes.clear()
        await bench.device.stop()
        await asyncio.sleep(0.5)

    on(drive, main)
    first_stop = drive.writes.index((CMD, 2))
    assert (CMD, 0xF) not in drive.writes[first_stop:]
    assert drive.holding[RFRD] == 0


def test_a_belt_that_does_not_stop_is_an_error_naming_the_speed(drive):
    async def main(bench):
        await bench.device.start(300)
        drive.keeps_moving = True
        drive.holding[LFRD] = 1500
        drive.on_write = lambda address, value: None
        with pytest.raises(DeviceTimeout, match=r"dev: stop: .*1500 rpm after 2000 ms"):
            await bench.device.stop()

    on(drive, main)


def test_a_state_that_is_not_confirmed_ends_the_start_and_asks_for_stop(drive):
    drive.stuck = True

    async def main(bench):
        with pytest.raises(DeviceTimeout, match=r"switch_on_disabled where ready_to_switch_on"):
            await bench.device.start(300)
        drive.writes.clear()
        await asyncio.sleep(1.0)

    on(drive, main)
    assert set(drive.writes) == {(CMD, 2), (LFRD, 0)}


def test_a_drive_in_fault_does_not_start_and_is_reset_only_when_asked(drive):
    drive.holding[ETA] = 0x18
    drive.holding[LFT] = 5

    async def main(bench):
        with pytest.raises(DeviceRefused, match="fault, last fault modbus_loss"):
            await bench.device.start(300)
        await asyncio.sleep(1.0)
        assert bench.sink.last("dev.drive_fault").value is Input.BLOCKED
        assert bench.sink.last("dev.drive_fault").detail == "modbus_loss"
        assert bench.sink.last("dev.fault_name").value == "modbus_loss"
        assert 0x80 not in drive.commands()
        await bench.device.reset_fault()
        await bench.device.start(300)

    on(drive, main)
    assert 0x80 in drive.commands()


def test_a_speed_beyond_the_map_is_refused_before_anything_is_sent(drive):
    async def main(bench):
        with pytest.raises(DeviceRefused, match=r"1000 mm/s are 5000 rpm"):
            await bench.device.start(1000)

    on(drive, main)
    assert all(value == 0 for address, value in drive.writes if address == LFRD)


@pytest.mark.parametrize(
    ("tto", "sll", "expected"),
    [
        (10, 1, Input.OK),
        (10, 6, Input.OK),
        (5, 7, Input.OK),
        (0, 6, Input.BLOCKED),
        (11, 6, Input.BLOCKED),
        (100, 6, Input.BLOCKED),
        (10, 0, Input.BLOCKED),
        (10, 2, Input.BLOCKED),
        (10, 4, Input.BLOCKED),
        (10, 5, Input.BLOCKED),
        (10, 8, Input.BLOCKED),
        (10, 99, Input.BLOCKED),
    ],
)
def test_the_watchdog_counts_as_set_only_when_it_is_on_short_and_stops(drive, tto, sll, expected):
    drive.holding.update({TTO: tto, SLL: sll})

    async def main(bench):
        await asyncio.sleep(1.0)
        return bench.sink.values("dev.watchdog_set")

    values = on(drive, main)
    assert values[0] is Input.UNKNOWN
    assert values[-1] is expected
    assert expected is Input.OK or Input.OK not in values


def test_an_unread_watchdog_is_unknown_and_bad(drive):
    async def main(bench):
        await asyncio.sleep(0.1)
        return bench.sink.readings

    first = next(each for each in on(drive, main) if each.source == "dev.watchdog_set")
    assert (first.value, first.quality) == (Input.UNKNOWN, Quality.BAD)


def test_a_cancelled_driver_leaves_the_belt_stopped(drive):
    async def main(bench):
        await bench.device.start(300)
        await bench.cancel()

    on(drive, main)
    assert drive.writes[-2:] == [(CMD, 2), (LFRD, 0)]
    assert drive.holding[RFRD] == 0


def test_a_driver_that_begins_stops_a_belt_it_finds_running(drive):
    drive.holding.update({ETA: 0x37, LFRD: 900, RFRD: 900})

    async def main(bench):
        await asyncio.sleep(0.5)

    on(drive, main)
    assert (drive.holding[RFRD], drive.writes[0]) == (0, (LFRD, 0))


def test_stop_on_a_dead_line_says_that_it_did_not_arrive(drive):
    drive.reachable = False

    async def main(bench):
        await asyncio.sleep(0.2)
        with pytest.raises(DeviceUnreachable):
            await bench.device.stop()

    on(drive, main)


def test_every_status_word_has_one_state():
    assert [drive_state(word).value for word in (0x50, 0x31, 0x33, 0x37, 0x17, 0x18, 0x1F)] == [
        "switch_on_disabled",
        "ready_to_switch_on",
        "switched_on",
        "operation_enabled",
        "quick_stop_active",
        "fault",
        "fault_reaction_active",
    ]
    assert drive_state(0x00) is DriveState.NOT_READY
    assert all(isinstance(drive_state(word), DriveState) for word in range(0x100))


def test_a_refresh_slower_than_a_third_of_the_watchdog_is_refused():
    with pytest.raises(ValidationError, match="third"):
        AltivarSettings(
            kind="altivar", bus="drive", mm_per_rev=12.0, refresh_ms=400, watchdog_max_ms=1000
        )
