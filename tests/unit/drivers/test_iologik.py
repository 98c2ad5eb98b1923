"""The remote I/O's driver: names of the lane file, no safety by default, outputs read back."""

import asyncio

import pytest
from pydantic import ValidationError

from drivers.iologik import Iologik, IologikSettings
from edge.core.values import Input, Quality
from edge.errors import DeviceRefused, DeviceUnreachable
from simulator.devices.iologik import COUNTING, IoLogik
from simulator.devices.registers import ModbusRefusal, Table
from tests.unit.drivers.device_bench import run_device
from tests.unit.drivers.emulated_modbus import Emulated
from tests.unit.simulator.lane_kit import registers

GIVEN = {
    "kind": "iologik",
    "bus": "io",
    "model": "E1214",
    "inputs": {
        "lane_free": {"channel": 0, "ok_when": "on"},
        "gas_alarm": {"channel": 5, "ok_when": "off"},
    },
    "counters": {"axles": 3},
    "outputs": {
        "beacon": {"channel": 2, "safe": "off"},
        "closed_sign": {"channel": 4, "safe": "on"},
    },
}


def given(**changes) -> IologikSettings:
    return IologikSettings(**{**GIVEN, **changes})


SETTINGS = given()


def remote_io(**settings) -> Emulated:
    return Emulated(IoLogik(registers("iologik"), **settings), tcp=True)


def on(far: Emulated, main, settings: IologikSettings = SETTINGS):
    return run_device(far, Iologik, settings, "iologik", main)


def pdus(far: Emulated) -> list[str]:
    return [frame[7:].hex(" ") for frame in far.frames]


def test_only_the_channels_that_are_named_are_asked_for():
    """Function codes and addresses of appendix A, by hand: counter 3 is 0x0016, Hi word first."""
    far = remote_io()

    async def main(bench):
        await asyncio.sleep(0.25)
        far.frames.clear()
        await asyncio.sleep(0.15)
        return set(pdus(far))

    assert on(far, main) == {
        "02 00 00 00 01",
        "02 00 05 00 01",
        "04 00 16 00 02",
        "01 01 03 00 01",
        "01 00 02 00 01",
        "01 00 04 00 01",
        "01 10 12 00 01",
        "01 10 14 00 01",
    }


@pytest.mark.parametrize("closed", [False, True])
def test_an_input_is_ok_only_in_the_state_the_lane_file_names(closed):
    far = remote_io()
    far.slave.set_input(0, on=closed)
    far.slave.set_input(5, on=closed)

    async def main(bench):
        await asyncio.sleep(0.3)
        return bench.sink

    sink = on(far, main)
    assert sink.last("dev.lane_free").value is (Input.OK if closed else Input.BLOCKED)
    assert sink.last("dev.gas_alarm").value is (Input.BLOCKED if closed else Input.OK)


def test_a_counter_is_32_bits_high_word_first():
    far = remote_io()
    far.slave.registers.store(Table.INPUT, 0x16, [1, 0xFFFF])

    async def main(bench):
        await asyncio.sleep(0.2)
        before = bench.sink.last("dev.axles").value
        far.slave.set_input(3, on=True)
        await asyncio.sleep(0.2)
        return before, bench.sink.last("dev.axles")

    before, after = on(far, main)
    assert (before, after.value, after.quality) == (0x1FFFF, 0x20000, Quality.GOOD)


def test_a_counter_that_was_stopped_is_bad_and_says_so():
    far = remote_io()
    far.slave.registers.store(Table.COIL, COUNTING + 3, [0])

    async def main(bench):
        await asyncio.sleep(0.2)
        return bench.sink.last("dev.axles")

    seen = on(far, main)
    assert seen.quality is Quality.BAD
    assert "stopped" in seen.detail


def test_a_counter_is_cleared_by_a_one_and_never_by_a_nought():
    far = remote_io()
    far.slave.set_input(3, on=True)

    async def main(bench):
        await asyncio.sleep(0.2)
        await bench.device.clear_counter("axles")
        await asyncio.sleep(0.2)
        return bench.sink.last("dev.axles").value

    assert on(far, main) == 0
    assert [pdu for pdu in pdus(far) if pdu.startswith("05 01 1")] == ["05 01 13 ff 00"]


def test_outputs_begin_in_their_safe_states_and_are_set_by_name_and_read_back():
    far = remote_io()
    far.slave.registers.store(Table.COIL, 2, [1])

    async def main(bench):
        await asyncio.sleep(0.3)
        assert (far.slave.output(2), far.slave.output(4)) == (False, True)
        await bench.device.set_output("beacon", on=True)
        assert pdus(far)[-2:] == ["05 00 02 ff 00", "01 00 02 00 01"]
        await asyncio.sleep(0.3)
        return bench.sink

    sink = on(far, main)
    assert sink.last("dev.beacon").value == 1
    assert sink.last("dev.outputs").value is Input.OK
    assert sink.last("dev.safe_mode").value is Input.OK


def test_an_output_that_somebody_else_moved_is_a_conflict_and_all_become_safe():
    far = remote_io()

    async def main(bench):
        await bench.device.set_output("beacon", on=True)
        await asyncio.sleep(0.3)
        seen = len(bench.sink.readings)
        far.slave.registers.store(Table.COIL, 4, [0])
        await asyncio.sleep(0.4)
        return [each.value for each in bench.sink.readings[seen:] if each.source == "dev.outputs"]

    states = on(far, main)
    assert states.count(Input.CONFLICT) == 1
    assert states[-1] is Input.OK
    assert (far.slave.output(2), far.slave.output(4)) == (False, True)


def test_an_output_in_safe_mode_is_refused_and_the_mode_is_published():
    far = remote_io(host_watchdog_ms=400)

    async def main(bench):
        await asyncio.sleep(0.3)
        bench.alive = False
        await asyncio.sleep(2.0)
        bench.alive = True
        await asyncio.sleep(0.3)
        with pytest.raises(DeviceRefused, match=r"asked for 1, the device holds 0\. Is it in safe"):
            await bench.device.set_output("beacon", on=True)
        await asyncio.sleep(0.2)
        return bench.sink.last("dev.safe_mode").value

    assert on(far, main) is Input.BLOCKED


def test_after_the_logic_was_dead_no_output_comes_back_by_itself():
    far = remote_io()

    async def main(bench):
        await asyncio.sleep(0.3)
        await bench.device.set_output("beacon", on=True)
        bench.alive = False
        await asyncio.sleep(1.0)
        assert far.slave.output(2)
        bench.alive = True
        await asyncio.sleep(0.3)
        assert not far.slave.output(2)
        bench.alive = False
        with pytest.raises(DeviceRefused, match="withdrawn"):
            await bench.device.set_output("beacon", on=True)

    on(far, main)
    assert not far.slave.output(2)


def test_a_cancelled_driver_leaves_every_output_safe():
    far = remote_io()

    async def main(bench):
        await bench.device.set_output("beacon", on=True)
        await bench.device.set_output("closed_sign", on=False)
        await bench.cancel()

    on(far, main)
    assert (far.slave.output(2), far.slave.output(4)) == (False, True)


def test_an_output_that_cannot_be_reached_is_an_error():
    far = remote_io()
    far.reachable = False

    async def main(bench):
        await asyncio.sleep(0.2)
        with pytest.raises(DeviceUnreachable):
            await bench.device.set_output("beacon", on=True)

    on(far, main)
    assert not far.slave.output(2)


def test_a_name_that_is_not_there_is_refused_with_those_that_are():
    far = remote_io()

    async def main(bench):
        with pytest.raises(DeviceRefused, match="there are beacon, closed_sign"):
            await bench.device.set_output("horn", on=True)
        with pytest.raises(DeviceRefused, match="there are axles"):
            await bench.device.clear_counter("horn")

    on(far, main)
    assert not far.slave.output(0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"inputs": {"a": {"channel": 0}}}, "ok_when"),
        ({"outputs": {"a": {"channel": 0}}}, "safe"),
        ({"inputs": {"axles": {"channel": 0, "ok_when": "on"}}}, "axles: every name is used once"),
        ({"counters": {"outputs": 0}}, "outputs: every name is used once"),
        ({"counters": {"a": 6}}, "a: E1214 has channels 0 to 5"),
        ({"counters": {"Bad Name": 1}}, "pattern"),
        ({"inputs": {}, "counters": {}, "outputs": {}}, "names nothing"),
        (
            {"outputs": {"a": {"channel": 1, "safe": "off"}, "b": {"channel": 1, "safe": "on"}}},
            "same channel",
        ),
        ({"model": "E1210"}, "model"),
    ],
)
def test_a_section_that_cannot_be_is_refused_with_its_reason(changes, reason):
    with pytest.raises(ValidationError, match=reason):
        given(**changes)


def test_an_e1212_has_two_channels_more():
    assert given(model="E1212", counters={"a": 7}).counters == {"a": 7}


def test_one_output_that_fails_keeps_no_other_from_its_safe_state_and_inputs_are_told_first():
    far = remote_io()

    async def main(bench):
        await asyncio.sleep(0.5)
        await bench.device.set_output("beacon", on=True)
        check = far.slave.registers.check_write

        def refusing(table, address, count):
            if address == 2:
                raise ModbusRefusal(4)
            check(table, address, count)

        far.slave.registers.check_write = refusing
        far.slave.registers.store(Table.COIL, 4, [0])
        bench.sink.readings.clear()
        await asyncio.sleep(0.15)
        assert far.slave.registers.get(Table.COIL, 4) == 1
        return bench.sink

    assert on(far, main).values("dev.lane_free")
