"""Any device by its map: scaled, doubted where the map says so, written only where it may be."""

import asyncio
import copy
import tomllib

import pytest
from pydantic import ValidationError

from drivers.device_map import parse_device_map
from drivers.device_map_model import DeviceMap
from drivers.generic import Generic, GenericSettings, mistakes_of
from edge.core.values import Input, Quality
from edge.errors import DeviceRefused, DeviceTimeout
from tests.unit.drivers.device_bench import run_device
from tests.unit.drivers.fake_modbus import FakeSlave
from tests.unit.drivers.panel import PANEL, panel, panel_map

SETTINGS = GenericSettings(kind="generic", bus="panel", map="panel.toml", poll_ms=100)


def on(far: FakeSlave, main, loaded: DeviceMap | None = None):
    def driver(**parts):
        return Generic(**{**parts, "device_map": loaded or panel_map()})

    return run_device(far, driver, SETTINGS, "ez_array", main)


def seen(far: FakeSlave, seconds: float = 1.5, loaded: DeviceMap | None = None):
    async def main(bench):
        await asyncio.sleep(seconds)
        return bench.sink

    return on(far, main, loaded)


def test_every_readable_field_is_published_scaled_in_the_words_of_its_map():
    sink = seen(panel())
    values = {
        name: sink.last(f"dev.{name}").value
        for name in ("temperature_c", "dose_usv_h", "state", "fan", "mode", "serial_number")
    }
    assert values == {
        "temperature_c": -5.5,
        "dose_usv_h": 0.25,
        "state": 0x20,
        "fan": 1,
        "mode": "watched",
        "serial_number": 4711,
    }
    assert sink.last("dev.state_alarm").value == 0
    assert sink.last("dev.state_sensor_lost").value == 1
    assert {each.quality for each in sink.readings if each.source != "dev.watchdog_set"} == {
        Quality.GOOD
    }


@pytest.mark.parametrize(
    ("address", "words", "field", "detail"),
    [
        (0, [851], "temperature_c", "851 is outside -400..850 of the map"),
        (0, [0x8000], "temperature_c", "-32768 is outside -400..850 of the map"),
        (1, [0x0000, 0x7FC0], "dose_usv_h", "nan is no number"),
        (1, [0x0000, 0x7F80], "dose_usv_h", "inf is no number"),
    ],
)
def test_a_number_that_cannot_be_is_bad_without_a_value_and_says_why(address, words, field, detail):
    far = panel()
    far.input.update(enumerate(words, start=address))
    point = seen(far).last(f"dev.{field}")
    assert (point.value, point.quality, point.detail) == (None, Quality.BAD, detail)


def test_a_code_the_map_does_not_know_is_bad_and_not_a_guess():
    far = panel()
    far.holding[10] = 1
    point = seen(far).last("dev.mode")
    assert (point.value, point.quality) == (None, Quality.BAD)
    assert point.detail == "code 1 is not in the map"


def test_a_field_the_device_refuses_is_bad_and_the_others_go_on():
    far = panel()
    del far.discrete[4]
    sink = seen(far)
    assert sink.events == []
    assert (sink.last("dev.fan").value, sink.last("dev.fan").quality) == (None, Quality.BAD)
    assert "illegal data address" in sink.last("dev.fan").detail
    assert sink.last("dev.temperature_c").value == -5.5


def test_the_bits_of_a_word_that_is_refused_are_bad_too():
    far = panel()
    del far.input[3]
    far.input[2] = 0
    sink = seen(far)
    points = [sink.last(f"dev.{name}") for name in ("state", "state_alarm", "state_sensor_lost")]
    assert {(each.value, each.quality) for each in points} == {(None, Quality.BAD)}


def test_a_field_whose_turn_comes_too_seldom_is_bad():
    far = panel()
    far.delay_ms = 100

    async def main(bench):
        await asyncio.sleep(6.0)
        return [each for each in bench.sink.readings if each.source == "dev.time_ms"]

    points = on(far, main)
    assert {each.quality for each in points} == {Quality.GOOD, Quality.BAD}
    assert "not read for more than 600 ms" in {each.detail for each in points}


@pytest.mark.parametrize(
    ("mode", "time_ms", "expected"),
    [
        (2, 1000, Input.OK),
        (2, 0, Input.BLOCKED),
        (2, 1001, Input.BLOCKED),
        (0, 1000, Input.BLOCKED),
        (7, 1000, Input.BLOCKED),
    ],
)
def test_the_watchdog_counts_as_set_by_the_conditions_of_the_map(mode, time_ms, expected):
    far = panel()
    far.holding.update({10: mode, 12: time_ms})
    sink = seen(far)
    states = sink.values("dev.watchdog_set")
    assert states[0] is Input.UNKNOWN
    assert set(states) == {Input.UNKNOWN, expected}


def test_a_driver_that_begins_gives_every_settable_field_its_safe_value():
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.3)
        return far.holding[20], far.holding[21], far.holding[30], far.coils[7]

    # 5 raw, CDAB: low word first.
    assert on(far, main) == (5, 0, 1, 0)
    assert far.holding[40] == 9


def test_a_value_is_set_in_its_unit_read_back_and_repeated_for_the_watchdog():
    far = panel()

    async def main(bench):
        await bench.device.set_field("limit", 700.5)
        assert (far.holding[20], far.holding[21]) == (70050 & 0xFFFF, 1)
        await bench.device.set_field("level", "high")
        await bench.device.set_field("horn", 1)
        far.writes.clear()
        await asyncio.sleep(1.1)
        return bench.sink

    sink = on(far, main)
    assert far.writes.count((30, 2)) >= 2
    assert {value for address, value in far.writes if address == 30} <= {1, 2}
    assert sink.last("dev.limit").value == 700.5
    assert sink.last("dev.level").value == "high"


def test_what_needs_no_watchdog_is_not_written_again_and_again():
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.5)
        far.writes.clear()
        await asyncio.sleep(5.0)
        return list(far.writes)

    assert on(far, main, panel_map(kind="none", prove=[])) == []


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("temperature_c", 5, "does not let it be written"),
        ("unverified", 1, "does not let it be written"),
        ("nothing", 1, "it lets horn, level, limit"),
        ("limit", 10_001, r"10001 is outside 0..10000 uSv/h"),
        ("limit", float("nan"), "nan is no number"),
        ("level", "loud", "'loud' is none of low, high"),
        ("level", 0, "0 is none of its numbers"),
        ("limit", "low", "'low' is none of its words"),
    ],
)
def test_what_the_map_does_not_allow_is_refused_before_anything_is_sent(name, value, reason):
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.4)
        far.writes.clear()
        with pytest.raises(DeviceRefused, match=reason):
            await bench.device.set_field(name, value)
        return list(far.writes)

    assert on(far, main) == []


def test_a_device_that_keeps_another_value_is_refused_and_everything_becomes_safe():
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.4)
        await bench.device.set_field("horn", 1)
        far.on_write = lambda address, value: far.holding.update({30: 1})
        with pytest.raises(DeviceRefused, match=r"asked for 2, the device keeps 1 \(raw\)"):
            await bench.device.set_field("level", "high")
        await asyncio.sleep(0.4)
        return far.coils[7]

    assert on(far, main) == 0


def test_nothing_is_written_while_the_logic_is_dead_and_all_is_safe_when_it_is_back():
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.4)
        await bench.device.set_field("horn", 1)
        bench.alive = False
        await asyncio.sleep(0.3)
        far.frames.clear()
        await asyncio.sleep(3.0)
        assert far.frames == []
        assert far.coils[7] == 1
        bench.alive = True
        await asyncio.sleep(0.4)
        return far.coils[7]

    assert on(far, main) == 0


def test_a_cancelled_driver_leaves_every_field_safe():
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.4)
        await bench.device.set_field("level", "high")
        await bench.device.set_field("horn", 1)
        await bench.cancel()

    on(far, main)
    assert (far.holding[30], far.coils[7]) == (1, 0)


def test_a_silent_device_is_lost_once_and_its_values_never_come_back_by_themselves():
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.4)
        await bench.device.set_field("horn", 1)
        far.silent = True
        await asyncio.sleep(3.0)
        read = len(bench.sink.readings)
        await asyncio.sleep(1.0)
        assert len(bench.sink.readings) == read
        far.silent = False
        await asyncio.sleep(2.0)
        return bench.sink.events, far.coils[7], far.holding[30]

    assert on(far, main) == (["lost dev", "back dev"], 0, 1)


def test_a_value_that_may_not_have_arrived_makes_everything_safe():
    far = panel()

    async def main(bench):
        await asyncio.sleep(0.4)
        await bench.device.set_field("horn", 1)
        far.harms = [lambda q, a: []] * 2
        with pytest.raises(DeviceTimeout):
            await bench.device.set_field("level", "high")
        await asyncio.sleep(0.8)
        return far.coils[7], far.holding[30]

    assert on(far, main) == (0, 1)


def test_a_watchdog_that_must_be_fed_is_refused_for_a_map_with_settable_fields():
    assert mistakes_of(panel_map(), "panel.toml") == []
    (found,) = mistakes_of(panel_map(kind="toggle"), "panel.toml")
    assert (found.key, found.value) == ("watchdog.kind", "toggle")


def test_a_map_without_a_readable_field_is_refused():
    document = copy.deepcopy(tomllib.loads(PANEL))
    field = next(each for each in document["fields"] if each["name"] == "horn")
    document["fields"] = [field | {"access": "w"}]
    document["watchdog"] = {"kind": "none", "source": "made up", "refresh_ms": 500}
    loaded = parse_device_map(document, "panel.toml")
    assert isinstance(loaded, DeviceMap), loaded
    assert [each.key for each in mistakes_of(loaded, "panel.toml")] == ["fields"]


def test_a_map_is_named_by_a_toml_file():
    with pytest.raises(ValidationError, match="map"):
        GenericSettings(kind="generic", bus="panel", map="panel.csv")
