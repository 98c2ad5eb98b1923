"""The light curtain's driver: direct addresses, sizes rounded up, doubt when out of range."""

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.ez_array import EzArray, EzArraySettings, measured_mm, stacked_mm
from edge.core.values import Quality
from tests.unit.drivers.device_bench import run_device, shipped_map
from tests.unit.drivers.fake_modbus import FakeSlave, rtu

SETTINGS = EzArraySettings(kind="ez_array", bus="sensors", unit=0x41, field="height_mm")


def seen_with(first: int, second: int):
    curtain = FakeSlave(unit=0x41)
    curtain.input = {30001: first, 30002: second}

    async def main(bench):
        await asyncio.sleep(0.25)
        return bench.sink

    return curtain, run_device(curtain, EzArray, SETTINGS, "ez_array", main)


def test_the_measurements_are_read_by_their_direct_address():
    curtain, _ = seen_with(200, 200)
    assert set(curtain.frames) == {rtu("41 04 75 31 00 02")}


@pytest.mark.parametrize(("register", "size_mm"), [(0, 0), (4, 5), (200, 250), (201, 252)])
def test_a_measurement_is_a_size_rounded_up_with_one_pitch_of_uncertainty(register, size_mm):
    _, sink = seen_with(register, register)
    assert sink.last("dev.height_mm").value == size_mm
    assert sink.last("dev.height_mm").quality is Quality.GOOD
    assert sink.last("dev.uncertainty_mm").value == 5


@pytest.mark.parametrize(("first", "second"), [(1921, 0), (0xFFFF, 0), (100, 104)])
def test_a_measurement_that_cannot_be_is_bad_and_has_no_value(first, second):
    _, sink = seen_with(first, second)
    assert sink.last("dev.height_mm").value is None
    assert sink.last("dev.height_mm").quality is Quality.BAD


def test_a_curtain_is_not_asked_while_the_logic_is_dead():
    curtain = FakeSlave(unit=0x41)
    curtain.input = {30001: 0, 30002: 0}

    async def main(bench):
        await asyncio.sleep(0.2)
        bench.alive = False
        await asyncio.sleep(0.2)
        curtain.frames.clear()
        await asyncio.sleep(2.0)
        return list(curtain.frames)

    assert run_device(curtain, EzArray, SETTINGS, "ez_array", main) == []


def test_a_silent_curtain_is_lost_once_and_publishes_nothing():
    curtain = FakeSlave(unit=0x41)
    curtain.silent = True

    async def main(bench):
        await asyncio.sleep(3.0)
        return bench.sink

    sink = run_device(curtain, EzArray, SETTINGS, "ez_array", main)
    assert sink.events == ["lost dev"]
    assert sink.readings == []


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.integers(0, 1920), st.integers(1, 50))
def test_a_size_is_never_taken_for_smaller_than_it_was_measured(register, pitch_mm):
    size = measured_mm(register, pitch_mm)
    assert 4 * (size - 1) < register * pitch_mm <= 4 * size


def test_measurements_that_a_map_reads_apart_are_as_old_as_the_older_one():
    shipped = shipped_map("ez_array")
    one_each = shipped.device.model_copy(update={"max_read": 1})
    curtain = FakeSlave(unit=0x41)
    curtain.input = {30001: 200, 30002: 196}

    async def main(bench):
        await asyncio.sleep(0.25)
        return bench.sink.last("dev.height_mm"), bench.loop.now_ns()

    apart = shipped.model_copy(update={"device": one_each})
    seen, now_ns = run_device(curtain, EzArray, SETTINGS, "ez_array", main, apart)
    assert (seen.value, seen.quality) == (250, Quality.GOOD)
    assert len(set(curtain.frames)) == 2
    assert 0 < now_ns - seen.requested_ns < 100_000_000


@pytest.mark.parametrize(
    ("lower", "upper", "height_mm"),
    [(1200, 0, 1200), (2400, 5, 2405), (2400, 1900, 4300), (2000, 100, 2500), (0, 0, 0)],
)
def test_a_curtain_above_another_adds_to_it(lower, upper, height_mm):
    assert stacked_mm([lower, upper], 2400) == height_mm


@pytest.mark.parametrize(("lower", "upper"), [(None, 0), (0, None), (0, 5)])
def test_doubt_in_one_curtain_or_nothing_below_leaves_no_height(lower, upper):
    assert stacked_mm([lower, upper], 2400) is None


@given(st.integers(0, 2400), st.integers(0, 2400))
def test_two_curtains_never_measure_less_than_either_sees(lower, upper):
    size = stacked_mm([lower, upper], 2400)
    assert size is None or size >= max(lower, upper + 2400 if upper else 0)


@pytest.mark.parametrize(
    "words",
    [
        {"upper_unit": 66},
        {"upper_from_mm": 2400},
        {"upper_unit": 0x41, "upper_from_mm": 2400},
        {"upper_unit": 66, "upper_from_mm": 2401},
        {"upper_unit": 66, "upper_from_mm": 2400, "field": "width_mm"},
    ],
)
def test_curtains_that_do_not_stand_on_each_other_are_refused(words):
    with pytest.raises(ValueError, match=r"upper|gap|height|other"):
        EzArraySettings(**{**SETTINGS.model_dump(exclude_none=True), **words})
