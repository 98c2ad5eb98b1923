"""The area monitor: answers added up by hand from the manual's form, and the emulator on a line.

The manual prints the form of an answer (S131-200-UM p. 69) and no example; the golden one was made
by hand.
"""

import asyncio
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.rs_s131 import Dose, RsS131, RsS131Settings, decode
from edge.core.values import Input, Quality
from simulator.devices.line_faults import Harm, LineFault
from simulator.devices.rs_s131 import AreaMonitor
from tests.unit.drivers.emulated_line import Bench, run_emulated

GOLDEN = b"D 1 0 0000 0400 06.84 0.012 0000 26"
"""1 + 4 + 6+8+4 + 1+2 = 26."""


def perform(act, dose: list[float] | None = None, **more: object) -> Bench:
    rates = [0.012] if dose is None else dose
    monitor = AreaMonitor(lambda: rates[0])
    return run_emulated(monitor, RsS131, RsS131Settings, {"alarm_above_mr_h": 0.1, **more}, act)


def rate_of(line: bytes) -> Decimal | None:
    try:
        return decode(line).rate_mr_h
    except ValueError:
        return None


async def wait(_: Bench) -> None:
    await asyncio.sleep(3)


def test_the_golden_answer() -> None:
    assert decode(GOLDEN) == Dose(Decimal("0.012"), "", alarm=False)


@pytest.mark.parametrize(
    ("line", "rate"),
    [
        (b"D 1 0 0000 0400 06.84 00012 0003 29", "12"),
        (b"D 0 0 0000 0400 06.84 .0120 0000 25", "0.012"),
        (b"D 7 0 0000 0400 06.84 12.50 0000 37", "12.5"),
    ],
)
def test_the_dose_rate_is_as_printed_in_milliroentgen_an_hour(line: bytes, rate: str) -> None:
    assert decode(line).rate_mr_h == Decimal(rate)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        GOLDEN[:-1],
        GOLDEN + b"0",
        GOLDEN.replace(b"26", b"27"),
        GOLDEN.replace(b"0.012", b"0.013"),
        GOLDEN.replace(b"0.012", b"0,012"),
        GOLDEN.replace(b"0.012", b" .012"),
        GOLDEN.replace(b"0.012", b"-.012"),
        GOLDEN.replace(b"0.012", b"0012."),
        GOLDEN.replace(b"0.012", b"00.012"),
        GOLDEN.replace(b"0.012", b"1e012"),
        GOLDEN.replace(b"D 1 0", b"D 1 1"),
        GOLDEN.replace(b"D 1 0", b"E 1 0"),
        GOLDEN.replace(b"0000 04", b"0002 02"),
        b"D 9 0 0000 9999 99.99 99999 9999 62",
    ],
)
def test_an_answer_of_another_form_or_sum_is_none(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"form|sum"):
        decode(line)


@pytest.mark.parametrize(
    ("status", "trouble", "alarm"),
    [
        ("1000", "processor", False),
        ("0100", "converter", False),
        ("0010", "battery", False),
        ("0001", "", True),
        ("1001", "processor", True),
    ],
)
def test_each_flag_of_the_status_is_told(status: str, trouble: str, alarm: bool) -> None:
    total = 26 + status.count("1")
    dose = decode(f"D 1 0 {status} 0400 06.84 0.012 0000 {total}".encode())
    assert trouble in dose.trouble
    assert bool(dose.trouble) is bool(trouble)
    assert dose.alarm is alarm


@settings(deadline=None, max_examples=300, derandomize=True)
@given(st.integers(0, len(GOLDEN) - 1), st.integers(1, 255))
def test_a_spoilt_byte_is_never_another_dose_rate(at: int, harm: int) -> None:
    spoilt = bytearray(GOLDEN)
    spoilt[at] ^= harm
    assert rate_of(bytes(spoilt)) in (None, Decimal("0.012"))


def test_a_dose_rate_below_the_limit_is_ok() -> None:
    sink = perform(wait).sink
    assert sink.last("dev.dose_rate_mr_h").value == pytest.approx(0.012)
    assert sink.last("dev.alarm").value is Input.OK
    assert sink.last("dev.alarm").quality is Quality.GOOD
    assert sink.events == []
    assert len(sink.values("dev.alarm")) >= 5


@pytest.mark.parametrize("rate", [0.1, 0.2, 5.0, 99999.0])
def test_from_the_limit_on_no_beam_may_be(rate: float) -> None:
    sink = perform(wait, [rate]).sink
    assert set(sink.values("dev.alarm")) == {Input.BLOCKED}
    assert sink.last("dev.alarm").quality is Quality.GOOD


def test_the_monitors_own_alarm_counts_below_the_limit_of_the_lane_too() -> None:
    async def act(bench: Bench) -> None:
        bench.endpoint.alarm = True
        await asyncio.sleep(2)

    assert set(perform(act).sink.values("dev.alarm")) == {Input.BLOCKED}


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ("processor_error", True),
        ("converter_error", True),
        ("battery_low", True),
        ("high_voltage_v", 0),
    ],
)
def test_a_monitor_in_trouble_is_unknown(what: str, value: object) -> None:
    async def act(bench: Bench) -> None:
        setattr(bench.endpoint, what, value)
        await asyncio.sleep(2)

    last = perform(act).sink.last("dev.alarm")
    assert (last.value, last.quality) == (Input.UNKNOWN, Quality.BAD)
    assert last.detail


@pytest.mark.parametrize("harm", [Harm.CORRUPT, Harm.TRUNCATE, Harm.DROP, Harm.DUPLICATE])
def test_a_damaged_answer_is_doubt_at_once_and_a_run_of_them_a_loss(harm: Harm) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(2)
        bench.endpoint.faults.add(LineFault(harm, times=1))
        await asyncio.sleep(2)
        assert bench.sink.events == []
        bench.endpoint.faults.add(LineFault(Harm.DROP, times=0))
        await asyncio.sleep(4)
        assert bench.sink.last("dev.alarm").value is Input.UNKNOWN
        assert bench.sink.events == ["lost dev"]
        bench.endpoint.faults.clear()
        await asyncio.sleep(2)

    sink = perform(act).sink
    assert sink.events == ["lost dev", "back dev"]
    assert sink.last("dev.alarm").value is Input.OK


@pytest.mark.parametrize("late_ms", [360, 420, 550, 700, 880])
def test_a_late_answer_is_not_taken_for_the_next_one(late_ms: int) -> None:
    rate = [5.0]

    async def act(bench: Bench) -> None:
        bench.endpoint.faults.add(LineFault(Harm.LATE, amount=late_ms, times=1))
        # The next ones are slow, too, so that the late one would come before them.
        bench.endpoint.faults.add(LineFault(Harm.LATE, amount=280, times=3, skip=1))
        await asyncio.sleep(0.1)
        rate[0] = 0.012
        await asyncio.sleep(3)

    values = perform(act, rate).sink.values("dev.alarm")
    assert values[0] is Input.UNKNOWN
    assert Input.BLOCKED not in values
    assert values[-1] is Input.OK


def test_unplugged_it_is_lost_once_and_back_when_plugged_in() -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        bench.unplug()
        await asyncio.sleep(20)
        bench.reachable = True
        await asyncio.sleep(8)

    assert perform(act).sink.events == ["lost dev", "back dev"]


def test_it_is_not_asked_while_the_lane_logic_is_dead() -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        bench.alive = False
        await asyncio.sleep(0.6)
        bench.heard.clear()
        await asyncio.sleep(5)

    assert perform(act).heard == []


def test_the_question_is_the_manuals() -> None:
    assert set(perform(wait).heard) == {b"#D0\r"}


def test_the_limit_has_no_default() -> None:
    with pytest.raises(ValidationError, match="alarm_above_mr_h"):
        RsS131Settings.model_validate({"port": "wires/monitor"})
