"""The linac's driver: no high voltage comes back by itself, and none outlives its host."""

import asyncio

import pytest

from edge.core.values import Input
from edge.errors import DeviceRefused, DeviceTimeout, DeviceUnreachable
from edge.ports import XraySource
from simulator.devices.linac import LinacFault
from simulator.devices.registers import Table
from tests.unit.drivers.linac_bench import beam, control, far_linac, given, on, pdus


def test_all_commands_go_in_one_request_with_the_next_watchdog_word():
    """FC16 to 0, 7 registers: remote, dual, 6000 and 4000 keV, 100 uA, 200 Hz; by hand."""
    far = far_linac()

    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.prepare(kv=6000, ma=0.1)
        far.frames.clear()
        await asyncio.sleep(0.4)
        return isinstance(bench.device, XraySource)

    assert on(far, main)
    head = bytes.fromhex("10 0000 0007 0e 0001 0003 1770 0fa0 0064 00c8")
    sent = [pdu for pdu in pdus(far) if pdu[0] == 0x10 and pdu.startswith(head)]
    words = [int.from_bytes(pdu[-2:], "big") for pdu in sent]
    assert len(words) >= 5
    assert words == list(range(words[0], words[0] + len(words)))


def test_a_beam_is_asked_for_seen_published_and_ended():
    far = far_linac()

    async def main(bench):
        await beam(bench, far)
        await asyncio.sleep(1.0)
        sink = bench.sink
        assert sink.last("dev.hv").value is Input.BLOCKED
        assert (sink.last("dev.kv").value, sink.last("dev.ma").value) == (6000.0, 0.1)
        assert sink.last("dev.dose_rate_cgy_min").value == 20.0
        assert 150 <= sink.last("dev.exposure_count").value <= 250
        await bench.device.hv_off()
        assert not far.slave.hv
        await asyncio.sleep(0.2)
        return sink

    sink = on(far, main)
    assert sink.last("dev.hv").value is Input.OK
    assert (sink.last("dev.kv").value, sink.last("dev.dose_rate_cgy_min").value) == (0.0, 0.0)
    assert sink.last("dev.source_fault").value is Input.OK


@pytest.mark.parametrize(
    ("mode", "low_kv", "registers_of"),
    [("low", None, [1, 0, 3000]), ("high", None, [2, 3000, 0]), ("dual", 2000, [3, 3000, 2000])],
)
def test_the_lane_energy_is_the_highest_of_the_mode(mode, low_kv, registers_of):
    far = far_linac()

    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.prepare(kv=3000, ma=0.05)
        await bench.device.hv_on()
        await asyncio.sleep(0.2)
        return bench.sink.last("dev.kv").value

    assert on(far, main, given(mode=mode, low_kv=low_kv)) == 3000.0
    assert far.slave.registers.read(Table.HOLDING, 1, 3) == registers_of


def test_hv_off_overtakes_and_ends_an_hv_on_that_waits():
    far = far_linac(relay=False)

    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.prepare(kv=6000, ma=0.1)
        asking = asyncio.create_task(bench.device.hv_on())
        await asyncio.sleep(0.05)
        await bench.device.hv_off()
        with pytest.raises(DeviceRefused, match="newer command"):
            await asking
        far.plant.actuators.relay_closed = True
        await asyncio.sleep(0.5)

    on(far, main)
    assert not far.slave.hv


OFF = bytes.fromhex("10 0000 0001 02 0001")


@pytest.mark.parametrize("after_ms", range(0, 120, 12))
def test_no_refresh_that_waits_while_hv_off_comes_is_ever_sent(after_ms):
    far = far_linac()
    far.answer_ms = 30

    async def main(bench):
        await beam(bench, far)
        await asyncio.sleep(after_ms / 1000)
        far.frames.clear()
        await bench.device.hv_off()
        await asyncio.sleep(0.3)
        return [pdu[7] for pdu in pdus(far) if pdu[0] == 0x10]

    assert set(on(far, main)) == {1}
    assert pdus(far)[0] == OFF


@pytest.mark.parametrize("after_ms", range(20, 140, 12))
def test_hv_off_is_the_next_request_and_what_waited_is_never_sent(after_ms):
    far = far_linac(relay=False)
    far.answer_ms = 30

    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.prepare(kv=6000, ma=0.1)
        asking = asyncio.create_task(bench.device.hv_on())
        await asyncio.sleep(after_ms / 1000)
        far.frames.clear()
        await bench.device.hv_off()
        with pytest.raises(DeviceRefused, match=r"newer command|withdrawn"):
            await asking
        await asyncio.sleep(0.3)
        return [pdu[7] for pdu in pdus(far) if pdu[0] == 0x10]

    assert set(on(far, main)) == {1}
    assert pdus(far)[0] == OFF


@pytest.mark.parametrize("what", ["relay", "fault"])
def test_high_voltage_that_ended_by_itself_never_comes_back_by_itself(what):
    far = far_linac()

    async def main(bench):
        await beam(bench, far)
        if what == "relay":
            far.plant.actuators.relay_closed = False
            await asyncio.sleep(0.3)
            far.plant.actuators.relay_closed = True
        else:
            far.slave.fail(LinacFault.ARC)
            await asyncio.sleep(0.3)
            assert bench.sink.last("dev.source_fault").value is Input.BLOCKED
            assert bench.sink.last("dev.fault_names").value == "arc"
            await bench.device.reset_faults()
        await asyncio.sleep(0.5)
        assert control(far) & 2 == 0

    on(far, main)
    assert not far.slave.hv


def test_a_dead_logic_falls_silent_and_the_linac_ends_the_beam_by_its_own_watchdog():
    far = far_linac(watchdog_ms=500)

    async def main(bench):
        await beam(bench, far)
        bench.alive = False
        await asyncio.sleep(0.1)
        far.frames.clear()
        await asyncio.sleep(1.0)
        assert far.frames == []
        far.slave.advance(round(bench.loop.time() * 1000))
        assert (far.slave.hv, far.slave.fault) == (False, LinacFault.HOST_WATCHDOG)
        bench.alive = True
        await asyncio.sleep(0.5)
        assert bench.sink.last("dev.fault_names").value == "host_watchdog"
        with pytest.raises(DeviceRefused, match="not prepared"):
            await bench.device.hv_on()
        return control(far)

    assert on(far, main) == 0


def test_a_beam_outlasts_the_watchdog_while_the_logic_lives():
    far = far_linac(watchdog_ms=200)

    async def main(bench):
        await beam(bench, far)
        await asyncio.sleep(10.0)
        assert far.slave.hv

    on(far, main)
    assert far.slave.fault is LinacFault.NONE


@pytest.mark.parametrize(
    ("watchdog_ms", "expected"),
    [(0, Input.BLOCKED), (1, Input.OK), (500, Input.OK), (501, Input.BLOCKED)],
)
def test_the_watchdog_counts_as_set_only_when_it_is_on_and_short(watchdog_ms, expected):
    far = far_linac(watchdog_ms=watchdog_ms)

    async def main(bench):
        await asyncio.sleep(0.5)
        return set(bench.sink.values("dev.watchdog_set"))

    assert on(far, main) == {expected}


def test_a_linac_that_is_not_ready_gives_no_beam_and_says_why():
    far = far_linac(warm_up_ms=60_000)

    async def main(bench):
        await asyncio.sleep(0.2)
        assert bench.sink.last("dev.ready").value is Input.BLOCKED
        assert bench.sink.last("dev.warm_up_s").value == 60
        await bench.device.prepare(kv=6000, ma=0.1)
        with pytest.raises(DeviceTimeout, match="ready False, interlock closed True, no fault"):
            await bench.device.hv_on()
        await asyncio.sleep(61)
        assert bench.sink.last("dev.ready").value is Input.OK

    on(far, main)
    assert not far.slave.hv


def test_an_open_interlock_gives_no_beam_and_the_request_is_taken_back():
    far = far_linac(relay=False)

    async def main(bench):
        await asyncio.sleep(0.1)
        await bench.device.prepare(kv=6000, ma=0.1)
        with pytest.raises(DeviceTimeout, match="interlock closed False"):
            await bench.device.hv_on()
        await asyncio.sleep(0.2)
        return bench.sink.last("dev.interlock").value, control(far)

    assert on(far, main) == (Input.BLOCKED, 1)


def test_a_fault_whose_cause_persists_cannot_be_reset():
    far = far_linac()
    far.slave.fail(LinacFault.VACUUM, persists=True)

    async def main(bench):
        await asyncio.sleep(0.1)
        with pytest.raises(DeviceRefused, match="vacuum stays"):
            await bench.device.reset_faults()
        far.slave.repair()
        await bench.device.reset_faults()

    on(far, main)
    assert far.slave.fault is LinacFault.NONE


@pytest.mark.parametrize(
    ("kv", "ma", "reason"),
    [
        (0, 0.1, "0 kV is not in"),
        (10_001, 0.1, "10001 kV is not in"),
        (6000, 0, "0 mA is not in"),
        (6000, 70, "70 mA is not in"),
        (4000, 0.1, "low_kv 4000 is not below"),
    ],
)
def test_set_points_that_cannot_be_are_refused_before_anything_is_sent(kv, ma, reason):
    far = far_linac()

    async def main(bench):
        with pytest.raises(DeviceRefused, match=reason):
            await bench.device.prepare(kv=kv, ma=ma)

    on(far, main)
    assert control(far) == 0


def test_a_linac_that_keeps_other_set_points_is_refused_and_let_go():
    far = far_linac()
    written = far.slave.written

    def stubborn(table, address, count, now_ms):
        written(table, address, count, now_ms)
        far.slave.registers.store(Table.HOLDING, 2, [5000])

    far.slave.written = stubborn

    async def main(bench):
        await asyncio.sleep(0.1)
        with pytest.raises(DeviceRefused, match="high_kev was set to 6000 and reads 5000"):
            await bench.device.prepare(kv=6000, ma=0.1)
        await asyncio.sleep(0.3)
        return control(far)

    assert on(far, main) == 0


def test_energies_are_not_changed_under_high_voltage():
    far = far_linac()

    async def main(bench):
        await beam(bench, far)
        with pytest.raises(DeviceRefused, match="high voltage is on"):
            await bench.device.prepare(kv=5000, ma=0.1)

    on(far, main)
    assert far.slave.registers.get(Table.HOLDING, 2) == 6000


def test_high_voltage_that_does_not_end_is_an_error():
    far = far_linac()

    async def main(bench):
        await beam(bench, far)
        far.slave._drop = lambda: None
        with pytest.raises(DeviceTimeout, match="still on after 500 ms"):
            await bench.device.hv_off()

    on(far, main)
    assert control(far) & 2 == 0


def test_a_cancelled_driver_leaves_no_high_voltage_and_no_command():
    far = far_linac()

    async def main(bench):
        await beam(bench, far)
        await bench.cancel()

    on(far, main)
    assert pdus(far)[-1] == bytes.fromhex("10 0000 0001 02 0000")
    assert (far.slave.hv, control(far)) == (False, 0)


def test_hv_off_on_a_dead_line_says_that_it_did_not_arrive():
    far = far_linac()
    far.reachable = False

    async def main(bench):
        await asyncio.sleep(0.2)
        with pytest.raises(DeviceUnreachable):
            await bench.device.hv_off()

    on(far, main)
    assert far.frames == []


@pytest.mark.parametrize("watchdog_ms", [0, 500])
def test_a_lost_linac_is_asked_for_nothing_when_it_comes_back(watchdog_ms):
    far = far_linac(watchdog_ms=watchdog_ms)

    async def main(bench):
        await beam(bench, far)
        far.silent = True
        await asyncio.sleep(2.0)
        far.silent = False
        await asyncio.sleep(1.0)
        return bench.sink.events, far.slave.hv, control(far)

    assert on(far, main) == (["lost dev", "back dev"], False, 0)


def test_a_linac_that_is_only_looked_at_takes_no_order_but_high_voltage_off():
    far = far_linac()

    async def main(bench):
        bench.device.only_looked_at = True
        await asyncio.sleep(0.1)
        for order in (
            bench.device.prepare(kv=6000, ma=0.1),
            bench.device.hv_on(),
            bench.device.reset_faults(),
        ):
            with pytest.raises(DeviceRefused, match="only looked at"):
                await order
        await bench.device.hv_off()
        return bench.sink.last("dev.hv").value

    assert on(far, main) is Input.OK
    assert control(far) == 0
