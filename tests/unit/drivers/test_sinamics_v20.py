"""The V20's driver against the simulated V20, which leaves the factory without a watchdog."""

import asyncio

import pytest
from pydantic import ValidationError

from drivers.sinamics_v20 import moves
from drivers.sinamics_v20_direction import Direction
from drivers.sinamics_v20_words import (
    OTHER_DIRECTION,
    SinamicsV20Settings,
    command_words,
    drive_status,
)
from edge.core.values import Input, Quality
from edge.errors import DeviceRefused, DeviceTimeout
from simulator.devices.registers import Table
from simulator.devices.sinamics_v20 import F_NONE, F_OVERHEAT, F_TELEGRAM_LOSS
from tests.unit.drivers.device_bench import shipped_map
from tests.unit.drivers.emulated_modbus import Emulated
from tests.unit.drivers.fake_modbus import rtu
from tests.unit.drivers.v20_bench import GIVEN, HSW, SETTINGS, STW, drive, given, holds, on


@pytest.mark.parametrize(
    ("values", "moving"),
    [
        ({}, False),
        ({"zsw": 0b0011, "hiw": 0}, False),
        ({"zsw": 0b0100, "hiw": 0}, True),
        ({"zsw": 0, "hiw": -1}, True),
        ({"hiw": 5}, True),
    ],
)
def test_a_drive_that_runs_or_still_turns_is_seen_to_move(values: dict[str, int], moving: bool):
    assert moves(SETTINGS, values) is moving


def test_the_frames_are_control_word_and_set_point_in_one_request():
    """FC16 to 40100 (wire 99 = 63 hex), built by hand from V1.1b3; 300 mm/s are 1333 hex."""
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(300)

    on(far, main)
    ready = far.frames.index(rtu("01 10 00 63 00 02 04 04 7E 13 33"))
    run = far.frames.index(rtu("01 10 00 63 00 02 04 04 7F 13 33"))
    assert ready < run
    assert far.frames[ready + 1] == far.frames[run + 1] == rtu("01 03 00 63 00 02")


def test_a_started_belt_runs_at_the_asked_speed_and_says_so():
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0)
        return bench.sink

    sink = on(far, main)
    assert far.slave.speed_mm_s == pytest.approx(300, abs=0.1)
    assert sink.last("dev.speed_mm_s").value == 300
    assert sink.last("dev.running").value is Input.OK
    assert sink.last("dev.drive_fault").value is Input.OK
    assert sink.last("dev.status_word").value == "0005"


@pytest.mark.parametrize(
    ("forward", "speed", "word"),
    [("047F", 200, 0x47F), ("047F", -200, 0xC7F), ("0C7F", 200, 0xC7F), ("0C7F", -200, 0x47F)],
)
def test_the_direction_is_the_one_of_the_lane_file(forward, speed, word):
    settings = given(forward=forward)
    assert command_words(settings, speed) == (word, 3277)
    hiw = -3277 if word & 0x800 else 3277
    assert drive_status(settings, 4, hiw, word).speed_mm_s == speed
    magnitude = given(forward=forward, actual="magnitude")
    assert drive_status(magnitude, 4, 3277, word).speed_mm_s == speed


def test_a_belt_turned_round_runs_backwards_and_says_so():
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0)
        await bench.device.start(-200)
        await asyncio.sleep(2.0)
        return bench.sink.last("dev.speed_mm_s").value

    assert on(far, main) == -200
    assert far.slave.speed_mm_s == pytest.approx(-200, abs=0.1)


def test_an_actual_value_that_cannot_be_is_bad_and_has_no_value():
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(-200)
        await asyncio.sleep(1.0)
        return bench.sink.last("dev.speed_mm_s")

    seen = on(far, main, given(actual="magnitude"))
    assert (seen.value, seen.quality) == (None, Quality.BAD)


@pytest.mark.parametrize(
    ("watchdog_ms", "action", "expected"),
    [
        (1000, 1, Input.OK),
        (1, 1, Input.OK),
        (0, 1, Input.BLOCKED),
        (1001, 1, Input.BLOCKED),
        (1000, 0, Input.BLOCKED),
        (1000, 2, Input.BLOCKED),
        (0, 0, Input.BLOCKED),
    ],
)
def test_the_watchdog_counts_as_set_only_with_a_short_time_and_the_proven_action(
    watchdog_ms, action, expected
):
    far = Emulated(drive(watchdog_ms, action))

    async def main(bench):
        await asyncio.sleep(1.0)
        return bench.sink.values("dev.watchdog_set")

    assert set(on(far, main)) == {expected}


def test_a_watchdog_switched_off_while_the_lane_runs_is_noticed():
    far = Emulated(drive())

    async def main(bench):
        await asyncio.sleep(0.5)
        assert bench.sink.last("dev.watchdog_set").value is Input.OK
        far.slave.commission(watchdog_ms=0)
        await asyncio.sleep(0.5)
        return bench.sink.last("dev.watchdog_set").value

    assert on(far, main) is Input.BLOCKED


def test_a_drive_as_it_leaves_the_factory_runs_on_without_us_and_is_never_called_proven():
    far = Emulated(drive(watchdog_ms=0, watchdog_action=0))

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0)
        bench.alive = False
        await asyncio.sleep(60.0)
        far.slave.advance(round(bench.loop.time() * 1000))
        return bench.sink.values("dev.watchdog_set"), far.slave.speed_mm_s

    proofs, speed_mm_s = on(far, main)
    assert set(proofs) == {Input.BLOCKED}
    assert speed_mm_s == pytest.approx(300, abs=0.1)


def test_a_commissioned_drive_stops_with_f72_when_the_logic_dies_and_never_starts_by_itself():
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0)
        bench.alive = False
        await asyncio.sleep(0.2)
        far.frames.clear()
        await asyncio.sleep(4.0)
        assert far.frames == []
        far.slave.advance(round(bench.loop.time() * 1000))
        assert (far.slave.fault, far.slave.speed_mm_s) == (F_TELEGRAM_LOSS, 0.0)
        bench.alive = True
        await asyncio.sleep(1.0)
        assert holds(far.slave, STW) == 0x47E
        return bench.sink

    sink = on(far, main)
    assert sink.last("dev.drive_fault").value is Input.BLOCKED
    assert far.slave.speed_mm_s == 0.0


def test_a_belt_never_starts_again_by_itself_when_the_drive_comes_back():
    far = Emulated(drive(watchdog_ms=60_000))

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0)
        far.silent = True
        await asyncio.sleep(3.0)
        far.silent = False
        far.frames.clear()
        await asyncio.sleep(2.0)
        assert bench.sink.events == ["lost dev", "back dev"]
        return [frame for frame in far.frames if frame[1] == 16]

    assert set(on(far, main)) == {rtu("01 10 00 63 00 02 04 04 7E 00 00")}


def test_a_running_belt_changes_its_speed_without_being_stopped():
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(1.0)
        far.frames.clear()
        await bench.device.start(200)
        return [frame[7:9] for frame in far.frames if frame[1] == 16]

    assert set(on(far, main)) == {b"\x04\x7f"}


def test_words_are_refreshed_while_the_logic_lives_so_that_f72_never_comes():
    far = Emulated(drive(watchdog_ms=600))

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(20.0)

    on(far, main, given(watchdog_max_ms=600, p2014_ms=600))
    assert far.slave.fault == F_NONE


def test_a_drive_that_keeps_other_words_is_refused_and_asked_to_stop():
    far = Emulated(drive())
    written = far.slave.written

    def stubborn(table, address, count, now_ms):
        written(table, address, count, now_ms)
        if address == STW:
            far.slave.registers.store(Table.HOLDING, HSW, [0])

    far.slave.written = stubborn

    async def main(bench):
        with pytest.raises(DeviceRefused, match=r"keeps 047E and 0 where 047E and 4915 were sent"):
            await bench.device.start(300)
        await asyncio.sleep(0.5)
        return holds(far.slave, STW)

    assert on(far, main) == 0x47E


def test_a_drive_that_never_says_that_it_runs_ends_the_start_and_is_asked_to_stop():
    far = Emulated(drive())

    async def main(bench):
        with pytest.raises(DeviceTimeout, match="Check running_bit and P0700"):
            await bench.device.start(300)
        await asyncio.sleep(1.0)
        return holds(far.slave, STW)

    assert on(far, main, given(running_bit=9)) == 0x47E


def test_a_fault_refuses_the_start_and_falls_only_when_asked_and_when_its_cause_is_gone():
    far = Emulated(drive())
    far.slave.trip(F_OVERHEAT, persists=True)

    async def main(bench):
        with pytest.raises(DeviceRefused, match="in fault"):
            await bench.device.start(300)
        with pytest.raises(DeviceRefused, match="cause is still there"):
            await bench.device.reset_fault()
        far.slave.repair()
        await asyncio.sleep(1.0)
        assert bench.sink.last("dev.drive_fault").value is Input.BLOCKED
        await bench.device.reset_fault()
        assert holds(far.slave, STW) == 0x47E
        await bench.device.start(300)

    on(far, main)
    assert far.slave.fault == F_NONE


def test_a_speed_beyond_full_scale_is_refused_before_anything_is_sent():
    far = Emulated(drive())

    async def main(bench):
        with pytest.raises(DeviceRefused, match=r"1001 mm/s is beyond 1000 mm/s at full scale"):
            await bench.device.start(1001)

    on(far, main)
    assert holds(far.slave, HSW) == 0


def test_a_cancelled_driver_leaves_the_belt_asked_to_stop():
    far = Emulated(drive())

    async def main(bench):
        await bench.device.start(300)
        await asyncio.sleep(0.5)
        await bench.cancel()

    on(far, main)
    assert far.frames[-1] == rtu("01 10 00 63 00 02 04 04 7E 00 00")


@pytest.mark.parametrize(
    "key",
    [
        "full_scale",
        "mm_s_at_full_scale",
        "forward",
        "actual",
        "running_bit",
        "fault_bit",
        "watchdog_action",
    ],
)
def test_what_no_document_confirms_has_no_default(key):
    section = {name: value for name, value in GIVEN.items() if name != key}
    with pytest.raises(ValidationError, match=key):
        SinamicsV20Settings(**section)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"refresh_ms": 400}, "third"),
        ({"fault_bit": 2}, "two bits"),
        ({"watchdog_action": 0}, "watchdog_action"),
    ],
)
def test_settings_that_cannot_hold_together_are_refused(changes, reason):
    with pytest.raises(ValidationError, match=reason):
        given(**changes)


@pytest.mark.parametrize("stands_first", [True, False])
def test_the_direction_of_a_magnitude_is_not_known_before_the_belt_was_seen_to_stand(
    stands_first,
):
    far = Emulated(drive(watchdog_ms=60_000))

    async def main(bench):
        if not stands_first:
            show = far.slave.registers.store
            far.slave.refresh = lambda now_ms: show(Table.HOLDING, 110, [273])
        await asyncio.sleep(0.5)
        return bench.sink.last("dev.speed_mm_s")

    seen = on(far, main, given(actual="magnitude"))
    assert (seen.value, seen.quality) == (
        (0, Quality.GOOD) if stands_first else (None, Quality.BAD)
    )


def test_a_reversal_of_a_magnitude_is_doubt_until_the_belt_was_seen_to_stand():
    look = Direction().seen
    assert look(0, runs=False, bit=0)
    assert look(273, runs=True, bit=0)
    assert look(273, runs=False, bit=0), "it coasts"
    assert not look(273, runs=True, bit=OTHER_DIRECTION)
    assert not look(100, runs=True, bit=0)
    assert look(0, runs=True, bit=OTHER_DIRECTION)
    assert look(273, runs=True, bit=OTHER_DIRECTION)


def test_a_belt_that_somebody_else_started_runs_whichever_way_it_does():
    look = Direction().seen
    assert look(0, runs=False, bit=0)
    assert not look(273, runs=False, bit=0)
    assert not look(273, runs=True, bit=0)


def test_registers_that_nothing_ties_to_the_fault_that_stops_are_uncertain():
    async def main(bench):
        await asyncio.sleep(1.0)
        return bench.sink.last("dev.watchdog_set")

    seen = on(Emulated(drive()), main, given(p2014_ms=None))
    assert (seen.value, seen.quality) == (Input.OK, Quality.UNCERTAIN)
    assert "set it, and p2014_ms" in seen.detail


def test_a_watchdog_that_is_not_set_says_what_to_set():
    async def main(bench):
        await asyncio.sleep(1.0)
        return bench.sink.last("dev.watchdog_set").detail

    said = on(Emulated(drive(watchdog_ms=0, watchdog_action=7)), main)
    assert said == "40001 holds 0 ms: set 1 to 1000; 40002 holds 7: set 1"


def test_no_setting_allows_a_longer_watchdog_than_the_map():
    (limit,) = [one.max for one in shipped_map("sinamics_v20").watchdog.prove if one.max]
    assert given(watchdog_max_ms=limit).watchdog_max_ms == 1000
    with pytest.raises(ValidationError, match="watchdog_max_ms"):
        given(watchdog_max_ms=limit + 1)
    with pytest.raises(ValidationError, match="p2014_ms must be at most"):
        given(watchdog_max_ms=600, p2014_ms=700)
