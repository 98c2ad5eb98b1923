"""HV off of every generator: on the wire at once, and done when the status says so."""

import asyncio

import pytest
from pydantic import ValidationError

from drivers.spellman import SpellmanSettings
from drivers.technix import TechnixSettings
from edge.core.values import Input
from edge.errors import DeviceError, DeviceRefused, DeviceTimeout, DeviceUnreachable
from simulator.devices.line_faults import Harm, LineFault
from tests.unit.drivers.emulated_line import Bench
from tests.unit.drivers.test_spellman_series import GIVEN, asked
from tests.unit.drivers.test_spellman_series import perform as spellman
from tests.unit.drivers.test_technix import perform as technix

SERIES = tuple(GIVEN)
OFF = {"XRV": "98,0,", "SLM": "98,0,", "XRB011": "99,0,"}
each_series = pytest.mark.parametrize("series", SERIES)


def switch(series: str) -> int:
    """Number of the command that switches."""
    return int(OFF[series][:2])


class Ears:
    """Loses the requests it is told to before the generator hears them."""

    def __init__(self, bench: Bench) -> None:
        self.deaf_to: list[bytes] = []
        self._hear = bench.endpoint.receive
        bench.endpoint.receive = self.receive

    def receive(self, data: bytes, now_ms: int) -> bytes:
        if any(word in data for word in self.deaf_to):
            self.deaf_to = [word for word in self.deaf_to if word not in data]
            return b""
        return self._hear(data, now_ms)


async def at_hv(bench: Bench) -> None:
    await asyncio.sleep(1)
    await bench.device.prepare(kv=60.0, ma=0.5)
    await bench.device.hv_on()
    await asyncio.sleep(0.5)
    assert bench.endpoint.tube.requested


async def lost(bench: Bench) -> None:
    for _ in range(1000):
        if bench.sink.events:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it was never lost")


@each_series
@pytest.mark.parametrize("late_ms", [343, 360, 600, 880])
def test_a_late_answer_to_hv_on_is_not_the_one_to_a_damaged_hv_off(
    series: str, late_ms: int
) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        await bench.device.prepare(kv=60.0, ma=0.5)
        late = LineFault(Harm.LATE, amount=late_ms, function=switch(series), times=1)
        bench.endpoint.faults.add(late)
        with pytest.raises(DeviceTimeout):
            await bench.device.hv_on()
        Ears(bench).deaf_to = [OFF[series].encode()]
        await bench.device.hv_off()
        assert not bench.endpoint.tube.requested

    assert asked(spellman(series, act)).count(OFF[series]) >= 3


@each_series
def test_hv_off_whose_answer_is_refused_once_is_given_again(series: str) -> None:
    refusal = {"XRV": "!,4,", "SLM": "4,", "XRB011": "1,"}[series]

    async def act(bench: Bench) -> None:
        await at_hv(bench)
        orders: list[str] = []
        execute = bench.endpoint._execute

        def refusing(command: str, args: tuple[str, ...]) -> tuple[str, ...]:
            if f"{command},{','.join(args)}," == OFF[series]:
                orders.append(command)
                if len(orders) == 1:
                    return tuple(refusal[:-1].split(","))
            return execute(command, args)

        bench.endpoint._execute = refusing
        await bench.device.hv_off()
        assert not bench.endpoint.tube.requested
        assert len(orders) == 2

    assert OFF[series] in asked(spellman(series, act))


@each_series
def test_hv_off_does_not_wait_for_a_poll_that_is_not_answered(series: str) -> None:
    async def act(bench: Bench) -> None:
        await at_hv(bench)
        bench.spoil = lambda answer: b""
        await asyncio.sleep(0.2)
        going = asyncio.create_task(bench.device.hv_off())
        await asyncio.sleep(0.002)
        assert asked(bench)[-1] == OFF[series]
        assert not bench.endpoint.tube.requested
        bench.spoil = lambda answer: answer
        await going

    assert spellman(series, act).sink.events == []


@each_series
def test_hv_off_is_sent_although_its_caller_has_left(series: str) -> None:
    async def act(bench: Bench) -> None:
        await at_hv(bench)
        Ears(bench).deaf_to = [OFF[series].encode()] * 2
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await bench.device.hv_off()
        await asyncio.sleep(4)
        assert not bench.endpoint.tube.requested

    assert OFF[series] in asked(spellman(series, act))


@each_series
def test_high_voltage_that_nobody_wants_is_ended_when_a_poll_sees_it(series: str) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        await bench.device.prepare(kv=60.0, ma=0.5)
        await bench.device.hv_off()
        bench.heard.clear()
        bench.endpoint.tube.request()
        await asyncio.sleep(1)
        assert not bench.endpoint.tube.requested

    assert OFF[series] in asked(spellman(series, act))


@each_series
def test_nothing_else_is_sent_between_the_call_of_hv_off_and_hv_off(series: str) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        await bench.device.prepare(kv=60.0, ma=0.5)
        # The line is settling after an answer that did not come when HV off is asked for.
        bench.endpoint.faults.add(LineFault(Harm.DROP, function=22, times=1))
        bench.endpoint.faults.add(LineFault(Harm.DROP, function=98, times=1))
        await asyncio.sleep(0.5)
        coming = asyncio.create_task(bench.device.hv_on())
        await asyncio.sleep(0.1)
        bench.heard.clear()
        going = asyncio.create_task(bench.device.hv_off())
        with pytest.raises(DeviceRefused):
            await coming
        await going
        assert asked(bench)[0] == OFF[series]
        assert OFF[series].replace("0,", "1,") not in asked(bench)

    spellman(series, act)


@each_series
def test_hv_on_is_not_sent_once_the_heartbeat_has_died(series: str) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        await bench.device.prepare(kv=60.0, ma=0.5)
        function = 98 if series == "XRB011" else 22
        bench.endpoint.faults.add(LineFault(Harm.DROP, function=function, times=1))
        await asyncio.sleep(0.2)
        coming = asyncio.create_task(bench.device.hv_on())
        await asyncio.sleep(0.01)
        bench.alive = False
        with pytest.raises(DeviceRefused, match="not alive"):
            await coming

    assert OFF[series].replace("0,", "1,") not in asked(spellman(series, act))


@pytest.mark.parametrize("step", ["before", "between"])
def test_no_half_of_a_pulse_is_sent_once_the_heartbeat_has_died(step: str) -> None:
    async def act(bench: Bench) -> None:
        await bench.device.prepare(kv=80.0, ma=10.0)
        bench.heard.clear()
        coming = asyncio.create_task(bench.device.hv_on())
        await asyncio.sleep(0.002 if step == "before" else 0.06)
        bench.alive = False
        with pytest.raises(DeviceRefused, match="not alive"):
            await coming
        assert (b"P5,1\r" in bench.heard) is (step == "between")
        if step == "between":
            # What is half given is taken back while HV off is held.
            assert bench.heard.index(b"P6,1\r") < bench.heard.index(b"P5,0\r")
        assert bench.endpoint.tube.kv == 0

    technix(act)


@each_series
def test_a_generator_lost_with_high_voltage_is_told_off_before_anything_else(series: str) -> None:
    async def act(bench: Bench) -> None:
        await at_hv(bench)
        bench.endpoint.tube.watchdog_ms = 0
        bench.unplug()
        await asyncio.sleep(1)
        assert bench.endpoint.tube.requested
        bench.heard.clear()
        bench.reachable = True
        await asyncio.sleep(1)
        assert asked(bench)[0] == OFF[series]
        assert not bench.endpoint.tube.requested
        assert bench.sink.last("dev.hv").value is Input.OK

    spellman(series, act)


@each_series
def test_a_generator_found_with_high_voltage_is_told_off(series: str) -> None:
    async def act(bench: Bench) -> None:
        bench.endpoint.tube.request()
        await asyncio.sleep(1)
        assert not bench.endpoint.tube.requested

    assert asked(spellman(series, act))[0] == OFF[series]


def test_one_that_stays_on_is_told_as_on_and_told_off_again_and_again() -> None:
    async def act(bench: Bench) -> None:
        bench.endpoint.tube.drop = lambda: None
        bench.endpoint.tube.request()
        await asyncio.sleep(8)
        assert bench.sink.last("dev.hv").value is Input.BLOCKED
        assert bench.sink.last("dev.source_fault").value is Input.OK

    assert asked(spellman("XRV", act)).count("98,0,") > 10


@each_series
def test_hv_off_is_said_blindly_to_a_generator_that_is_not_met(series: str) -> None:
    async def act(bench: Bench) -> None:
        await at_hv(bench)
        bench.spoil = lambda answer: b""
        bench.endpoint.tube.watchdog_ms = 0
        await lost(bench)
        await asyncio.sleep(0.5)
        bench.endpoint.tube.request()
        bench.heard.clear()
        with pytest.raises(DeviceUnreachable, match="said blindly"):
            await bench.device.hv_off()
        assert asked(bench) == [OFF[series]]
        assert not bench.endpoint.tube.requested

    spellman(series, act)


@each_series
def test_the_last_word_of_a_line_that_is_given_up_is_hv_off(series: str) -> None:
    async def act(bench: Bench) -> None:
        await at_hv(bench)
        bench.endpoint.tube.watchdog_ms = 0
        bench.spoil = lambda answer: b""
        await lost(bench)
        assert asked(bench)[-1] == OFF[series]
        assert not bench.endpoint.tube.requested

    spellman(series, act)


def test_half_a_command_does_not_swallow_the_last_word_of_a_technix() -> None:
    async def act(bench: Bench) -> None:
        await bench.device.prepare(kv=80.0, ma=10.0)
        await bench.device.hv_on()
        bench.endpoint.receive(b"d1,3", bench.now_ms)

    bench = technix(act)
    assert bench.heard[-1] == b"\rP6,1\r"
    assert not bench.endpoint.tube.requested


def test_a_technix_that_was_only_looked_at_is_not_left_with_hv_off_held() -> None:
    async def act(bench: Bench) -> None:
        bench.device.only_looked_at = True
        await asyncio.sleep(1)

    bench = technix(act)
    assert not bench.endpoint._off_held
    assert bench.heard[-1] == b"\rP6,1\rP6,0\r"


@pytest.mark.parametrize("kind", [SpellmanSettings, TechnixSettings])
@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"timeout_ms": 4000, "quiet_ms": 4000}, "command_ms must be longer"),
        ({"timeout_ms": 700}, "quiet_ms must be at least timeout_ms, 700"),
    ],
)
def test_a_command_leaves_time_for_every_attempt_at_hv_off(kind, given, says: str) -> None:
    series = {"series": "XRV"} if kind is SpellmanSettings else {}
    base = {"port": "wires/source", "kv_max": 100.0, "ma_max": 10.0, **series}
    assert kind.model_validate(base)
    with pytest.raises(ValidationError, match=says):
        kind.model_validate({**base, **given})


@pytest.mark.parametrize("late_ms", [360, 880])
def test_hv_off_after_a_late_status_is_judged_by_its_own_status(late_ms: int) -> None:
    async def act(bench: Bench) -> None:
        await asyncio.sleep(1)
        await bench.device.prepare(kv=60.0, ma=0.5)
        bench.endpoint.faults.add(LineFault(Harm.LATE, amount=late_ms, function=22, times=1))
        await asyncio.sleep(0.35)
        bench.endpoint.tube.request()
        Ears(bench).deaf_to = [b"98,0,"]
        await bench.device.hv_off()
        assert not bench.endpoint.tube.requested

    assert issubclass(DeviceTimeout, DeviceError)
    assert asked(spellman("XRV", act)).count("98,0,") >= 3
