"""The Technix generator: its driver and the emulator on a virtual line."""

import asyncio

import pytest
from pydantic import ValidationError

from drivers.technix import Technix, TechnixSettings
from edge.core.values import Input
from edge.errors import DeviceError, DeviceRefused, DeviceUnreachable
from edge.ports import XraySource
from simulator.devices.line_faults import Harm, LineFault
from simulator.devices.technix import TechnixGenerator
from simulator.hall.plant import Plant
from simulator.hall.tube import Fault
from tests.unit.drivers.emulated_line import Bench, run_emulated

MET_S = 7
"""From opening the line to the first poll: the watchdog is tried first."""


def perform(act, **more: object) -> Bench:
    plant = Plant()
    plant.actuators.relay_closed = True
    generator = TechnixGenerator(plant, kv_max=100.0, ma_max=50.0)
    return run_emulated(
        generator, Technix, TechnixSettings, {"kv_max": 100.0, "ma_max": 50.0, **more}, met(act)
    )


def met(act):
    """Run ``act`` once the driver has met its generator."""

    async def main(bench: Bench) -> None:
        if getattr(act, "at_once", False):
            await act(bench)
            return
        await asyncio.sleep(MET_S)
        await act(bench)

    return main


def at_once(act):
    act.at_once = True
    return act


async def wait(_: Bench) -> None:
    await asyncio.sleep(1)


async def with_hv(bench: Bench) -> None:
    await bench.device.prepare(kv=80.0, ma=10.0)
    await bench.device.hv_on()
    await asyncio.sleep(0.5)
    assert bench.endpoint.tube.kv == pytest.approx(80.0, rel=0.001)


def test_each_poll_publishes_every_field() -> None:
    async def act(bench: Bench) -> None:
        await wait(bench)
        assert bench.sink.last("dev.ready").value is Input.BLOCKED, "it is in local"
        await bench.device.prepare(kv=80.0, ma=10.0)
        await wait(bench)

    bench = perform(act)
    last = {name: bench.sink.last(f"dev.{name}").value for name in (
        "hv", "ready", "interlock", "source_fault", "watchdog", "kv", "ma",
    )}  # fmt: skip
    assert last == {
        "hv": Input.OK, "ready": Input.OK, "interlock": Input.OK, "source_fault": Input.OK,
        "watchdog": Input.OK, "kv": 0.0, "ma": 0.0,
    }  # fmt: skip
    assert bench.sink.events == []
    assert len(bench.sink.values("dev.hv")) >= 5


def test_a_scan_is_prepared_switched_on_and_off() -> None:
    async def act(bench: Bench) -> None:
        assert isinstance(bench.device, XraySource)
        await with_hv(bench)
        await asyncio.sleep(0.5)
        assert bench.sink.last("dev.hv").value is Input.BLOCKED
        assert bench.sink.last("dev.kv").value == pytest.approx(80.0, abs=0.05)
        assert bench.sink.last("dev.ma").value == pytest.approx(10.0, abs=0.05)
        await bench.device.hv_off()
        assert bench.endpoint.tube.kv == 0
        await asyncio.sleep(0.5)

    bench = perform(act)
    assert {b"d1,3276\r", b"d2,819\r"} <= set(bench.heard)
    assert bench.sink.last("dev.hv").value is Input.OK


def test_the_pulse_of_hv_on_is_a_tenth_of_a_second_after_the_answer() -> None:
    times: dict[bytes, int] = {}

    async def act(bench: Bench) -> None:
        receive = bench.receive

        def noting(data: bytes):
            times[data] = bench.now_ms
            return receive(data)

        bench.receive = noting
        await with_hv(bench)

    perform(act)
    assert times[b"P5,0\r"] - times[b"P5,1\r"] >= 100


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda it: setattr(it, "local", True), "in local"),
        (lambda it: setattr(it, "inhibited", True), "inhibited"),
        (lambda it: it.tube.fail(Fault.OVER_VOLTAGE), "has a fault"),
        (lambda it: setattr(it.tube._plant.actuators, "relay_closed", False), "interlock is open"),
    ],
)
def test_hv_on_is_refused_in_words_although_the_generator_would_echo_it(spoil, why: str) -> None:
    async def act(bench: Bench) -> None:
        await bench.device.prepare(kv=80.0, ma=10.0)
        spoil(bench.endpoint)
        with pytest.raises(DeviceRefused, match=why):
            await bench.device.hv_on()

    assert b"P5,1\r" not in perform(act).heard


def test_hv_that_does_not_come_is_a_refusal_and_leaves_it_off() -> None:
    async def act(bench: Bench) -> None:
        await bench.device.prepare(kv=80.0, ma=10.0)
        bench.endpoint.tube.request = lambda: None
        bench.heard.clear()
        with pytest.raises(DeviceRefused, match="no high voltage 500 ms after"):
            await bench.device.hv_on()
        assert b"P6,1\r" in bench.heard

    perform(act)


def test_a_generator_locked_in_local_is_refused() -> None:
    async def act(bench: Bench) -> None:
        bench.endpoint.local = bench.endpoint.local_locked = True
        with pytest.raises(DeviceRefused, match="stays in local"):
            await bench.device.prepare(kv=80.0, ma=10.0)
        assert not any(sent.startswith(b"d1") for sent in bench.heard)

    perform(act)


def test_a_fault_is_blocked_and_no_command_pretends_to_reset_it() -> None:
    async def act(bench: Bench) -> None:
        await bench.device.reset_faults()
        bench.endpoint.tube.fail(Fault.OVER_VOLTAGE)
        await asyncio.sleep(0.5)
        assert bench.sink.last("dev.source_fault").value is Input.BLOCKED
        assert bench.sink.last("dev.ready").value is Input.BLOCKED
        with pytest.raises(DeviceRefused, match="front panel"):
            await bench.device.reset_faults()
        bench.endpoint.tube.reset()
        await asyncio.sleep(0.5)

    assert perform(act).sink.last("dev.source_fault").value is Input.OK


def test_an_opening_interlock_is_told_and_drops_the_high_voltage() -> None:
    async def act(bench: Bench) -> None:
        await with_hv(bench)
        bench.endpoint.tube._plant.actuators.relay_closed = False
        await asyncio.sleep(0.5)
        assert bench.endpoint.tube.kv == 0

    sink = perform(act).sink
    assert sink.last("dev.interlock").value is Input.BLOCKED
    assert sink.last("dev.hv").value is Input.OK


def test_the_watchdog_is_tried_before_anything_is_asked_of_the_generator() -> None:
    @at_once
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        with pytest.raises(DeviceUnreachable):
            await bench.device.hv_on()
        sent = len(bench.heard)
        await asyncio.sleep(4)
        assert len(bench.heard) == sent
        await asyncio.sleep(2)

    bench = perform(act)
    assert bench.heard.count(b"P7,0\r") == 1
    assert bench.endpoint.local
    assert bench.sink.last("dev.watchdog").value is Input.OK


def test_a_generator_that_stays_in_remote_through_silence_has_no_watchdog() -> None:
    @at_once
    async def act(bench: Bench) -> None:
        bench.endpoint.has_watchdog = False
        await asyncio.sleep(MET_S + 1)

    assert perform(act).sink.last("dev.watchdog").value is Input.BLOCKED


def test_a_dead_lane_logic_is_silence_and_the_generator_ends_it_all() -> None:
    async def act(bench: Bench) -> None:
        await with_hv(bench)
        bench.alive = False
        await asyncio.sleep(0.5)
        bench.heard.clear()
        await asyncio.sleep(6)
        assert bench.heard == []
        assert bench.endpoint.local
        assert bench.endpoint.tube.kv == 0
        with pytest.raises(DeviceRefused, match="not alive"):
            await bench.device.hv_on()
        bench.alive = True
        await asyncio.sleep(1)
        assert bench.sink.last("dev.hv").value is Input.OK
        assert bench.endpoint.local

    perform(act)


def test_hv_off_breaks_into_the_pulse_of_hv_on_and_wins() -> None:
    async def act(bench: Bench) -> None:
        await bench.device.prepare(kv=80.0, ma=10.0)
        coming = asyncio.create_task(bench.device.hv_on())
        await asyncio.sleep(0.06)
        assert bench.heard[-1] == b"P5,1\r"
        await bench.device.hv_off()
        with pytest.raises(DeviceRefused):
            await coming
        await asyncio.sleep(1)
        assert bench.endpoint.tube.kv == 0
        # HV on is let go of while HV off is held, which is let go of last.
        pulses = [sent for sent in bench.heard if sent[:2] in (b"P5", b"P6")][-3:]
        assert pulses == [b"P6,1\r", b"P5,0\r", b"P6,0\r"]

    perform(act)


@pytest.mark.parametrize("harm", [Harm.CORRUPT, Harm.DROP, Harm.TRUNCATE, Harm.DUPLICATE])
def test_a_spoilt_answer_to_hv_off_is_asked_again(harm: Harm) -> None:
    async def act(bench: Bench) -> None:
        await with_hv(bench)
        bench.endpoint.faults.add(LineFault(harm, function=ord("P"), times=1))
        await bench.device.hv_off()
        assert bench.endpoint.tube.kv == 0

    assert perform(act).heard.count(b"P6,1\r") >= 3


@pytest.mark.parametrize("harm", [Harm.CORRUPT, Harm.DROP])
def test_hv_on_with_a_spoilt_answer_ends_in_hv_off(harm: Harm) -> None:
    async def act(bench: Bench) -> None:
        await bench.device.prepare(kv=80.0, ma=10.0)
        bench.endpoint.faults.add(LineFault(harm, function=ord("P"), times=1, skip=1))
        with pytest.raises(DeviceError):
            await bench.device.hv_on()
        await asyncio.sleep(0.5)
        assert bench.endpoint.tube.kv == 0

    perform(act)


def test_a_status_that_is_said_once_only_is_not_believed() -> None:
    flips: list[bytes] = []

    def spoil(answer: bytes) -> bytes:
        if answer.startswith(b"E") and len(flips) % 2 == 0:
            flips.append(answer)
            return b"E73\r"
        flips.append(answer)
        return answer

    async def act(bench: Bench) -> None:
        bench.sink.readings.clear()
        bench.spoil = spoil
        await asyncio.sleep(3)

    sink = perform(act).sink
    assert Input.BLOCKED not in sink.values("dev.hv")
    assert sink.last("dev.hv").value is Input.UNKNOWN


@pytest.mark.parametrize("late_ms", [320, 360, 450, 600, 750, 880])
def test_a_late_answer_is_not_taken_for_the_next_one(late_ms: int) -> None:
    async def act(bench: Bench) -> None:
        late = LineFault(Harm.LATE, amount=late_ms, function=ord("a"), times=1)
        bench.endpoint.faults.add(late)
        await asyncio.sleep(3)

    sink = perform(act).sink
    assert Input.UNKNOWN in sink.values("dev.hv")
    assert sink.last("dev.hv").value is Input.OK
    assert sink.events == []


def test_a_line_of_garbage_is_lost_once_and_comes_back() -> None:
    async def act(bench: Bench) -> None:
        bench.spoil = lambda answer: b"\x00\xff" * 4
        await asyncio.sleep(4)
        assert bench.sink.events == ["lost dev"]
        assert bench.sink.last("dev.ready").value is Input.UNKNOWN
        bench.spoil = lambda answer: answer
        await asyncio.sleep(8)

    sink = perform(act).sink
    assert sink.events == ["lost dev", "back dev"]
    assert "screen" in sink.details[0]


def test_unplugged_and_plugged_in_again_it_is_met_off_without_trying_its_watchdog_anew() -> None:
    async def act(bench: Bench) -> None:
        await with_hv(bench)
        bench.unplug()
        await asyncio.sleep(1)
        bench.reachable = True
        bench.heard.clear()
        await asyncio.sleep(3)
        assert bench.sink.last("dev.hv").value is Input.OK
        assert bench.heard[:3] == [b"P6,1\r", b"P5,0\r", b"P6,0\r"]

    assert perform(act).sink.events == ["lost dev", "back dev"]


def test_the_last_word_of_a_cancelled_driver_holds_hv_off() -> None:
    bench = perform(with_hv)
    assert bench.heard[-1] == b"\rP6,1\r"
    assert bench.endpoint.tube.kv == 0


@pytest.mark.parametrize(("kv", "ma"), [(101.0, 1.0), (-1.0, 1.0), (50.0, 50.1)])
def test_set_points_out_of_range_never_reach_the_line(kv: float, ma: float) -> None:
    async def act(bench: Bench) -> None:
        with pytest.raises(DeviceRefused, match="is not in 0-"):
            await bench.device.prepare(kv=kv, ma=ma)

    assert not any(sent.startswith(b"d") for sent in perform(act).heard)


def test_full_scale_has_no_default_and_polls_stay_below_the_watchdog() -> None:
    with pytest.raises(ValidationError, match="kv_max"):
        TechnixSettings.model_validate({"port": "x", "ma_max": 1.0})
    with pytest.raises(ValidationError, match="poll_ms"):
        TechnixSettings.model_validate({"port": "x", "kv_max": 1.0, "ma_max": 1.0, "poll_ms": 5000})
