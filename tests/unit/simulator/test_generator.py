"""The simulated generator: frames, refusals, interlocks, ramps, faults."""

from enum import IntFlag

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.devices.spellman import Generator
from simulator.devices.spellman_frames import checksum
from simulator.hall.plant import Plant
from simulator.hall.tube import Fault


class Status(IntFlag):
    """Flags of the XRV's command 22 that are looked at here, bit 0 sent first."""

    HV_ON = 1 << 0
    INTERLOCK_1_CLOSED = 1 << 1
    INTERLOCK_2_CLOSED = 1 << 2
    ECR = 1 << 3
    FAULT = 1 << 4
    LOCAL = 1 << 5


def framed(text: str) -> bytes:
    body = text.encode()
    return b"\x02" + body + bytes([checksum(body)]) + b"\x03"


class Bench:
    """A generator with closed interlocks, spoken to in text."""

    def __init__(self, **options: int) -> None:
        self.plant = Plant()
        self.plant.actuators.relay_closed = True
        self.generator = Generator(self.plant, **options)  # type: ignore[arg-type]  # ints only
        self.now_ms = 0

    def ask(self, text: str) -> str:
        answer = self.generator.receive(framed(text), self.now_ms)
        assert answer[:1] == b"\x02"
        assert answer[-1:] == b"\x03"
        body = answer[1:-2]
        assert answer[-2] == checksum(body)
        return body.decode()

    def wait(self, milliseconds: int) -> None:
        for _ in range(milliseconds // 5):
            self.now_ms += 5
            self.generator.advance(self.now_ms)

    def on(self) -> None:
        for text in ("99,1,", "10,4095,", "11,2048,", "98,1,"):
            assert self.ask(text).endswith(",$,")
        self.wait(500)
        assert self.plant.hv_on

    def status(self) -> Status:
        flags = self.ask("22,").split(",")[1:-1]
        assert len(flags) == 17
        return Status(sum(1 << bit for bit, flag in enumerate(flags) if flag == "1"))


def test_the_frame_of_the_makers_manual_is_taken() -> None:
    bench = Bench()
    bench.ask("99,1,")
    # Spellman V6 manual 118109-001 p. 9: command 10, argument 4095.
    golden = bytes.fromhex("02 31 30 2C 34 30 39 35 2C 75 03")
    assert bench.generator.receive(golden, 0) == framed("10,$,")
    assert bench.ask("14,") == "14,4095,"


def test_a_bad_checksum_gets_no_answer_and_changes_nothing() -> None:
    bench = Bench()
    bench.ask("99,1,")
    bad = bytearray(framed("10,4095,"))
    bad[-2] ^= 1
    assert bench.generator.receive(bytes(bad), 0) == b""
    assert bench.ask("14,") == "14,0,"


def test_tcp_frames_carry_no_checksum() -> None:
    generator = Generator(Plant(), serial=False)
    assert generator.receive(b"\x0226,\x03", 0) == b"\x0226,XRV160N,\x03"


@settings(deadline=None, max_examples=100, derandomize=True)
@given(noise=st.binary(max_size=200))
def test_after_any_noise_the_next_good_command_is_answered(noise: bytes) -> None:
    generator = Generator(Plant())
    generator.receive(noise.replace(b"\x03", b""), 0)
    assert generator.receive(framed("26,"), 0).endswith(framed("26,XRV160N,"))


def test_the_high_voltage_ramps_and_the_monitors_follow() -> None:
    bench = Bench()
    for text in ("99,1,", "10,4095,", "11,4095,", "98,1,"):
        bench.ask(text)
    bench.wait(200)
    assert bench.plant.actuators.hv_kv == pytest.approx(80.0)
    bench.wait(300)
    assert bench.plant.actuators.hv_kv == pytest.approx(160.0)
    # Full scale reads 4095 / 1.2, since the monitors have 20 percent overrange.
    assert bench.ask("19,").split(",")[1:3] == ["3412", "3412"]


@pytest.mark.parametrize("what", ["relay", "estop", "door"])
def test_an_opening_interlock_drops_the_high_voltage_at_once_and_it_stays_off(what: str) -> None:
    bench = Bench()
    bench.on()
    people, actuators = bench.plant.people, bench.plant.actuators
    actuators.relay_closed = what != "relay"
    people.estop_pressed = what == "estop"
    people.doors_open = what == "door"
    bench.wait(5)
    assert not bench.plant.hv_on
    actuators.relay_closed, people.estop_pressed, people.doors_open = True, False, False
    bench.wait(5000)
    assert not bench.plant.hv_on
    assert bench.ask("98,1,") == "98,$,"


def test_the_two_interlocks_are_told_apart_in_the_status() -> None:
    bench = Bench()
    both = Status.INTERLOCK_1_CLOSED | Status.INTERLOCK_2_CLOSED
    assert bench.status() & both == both
    bench.plant.actuators.relay_closed = False
    assert bench.status() & both == Status.INTERLOCK_2_CLOSED
    bench.plant.people.doors_open = True
    assert not bench.status() & both


def test_high_voltage_is_refused_for_each_reason() -> None:
    bench = Bench(warm_up_ms=1000)
    assert bench.ask("98,1,") == "98,!,5,"
    bench.ask("99,1,")
    assert bench.ask("98,1,") == "98,!,6,"
    bench.wait(1000)
    bench.plant.actuators.relay_closed = False
    assert bench.ask("98,1,") == "98,!,3,"
    bench.plant.actuators.relay_closed = True
    bench.generator.tube.fail(Fault.OVER_VOLTAGE)
    assert bench.ask("98,1,") == "98,!,4,"
    assert not bench.plant.hv_on


def test_set_points_are_refused_in_local_and_out_of_range() -> None:
    bench = Bench()
    assert bench.ask("10,100,") == "10,!,5,"
    bench.ask("99,1,")
    assert bench.ask("10,4096,") == "10,!,1,"
    assert bench.ask("10,-1,") == "10,!,1,"
    assert bench.ask("55,") == "55,!,2,"


def test_a_fault_is_latched_until_reset_and_longer_while_its_cause_persists() -> None:
    bench = Bench()
    bench.on()
    bench.generator.tube.fail(Fault.OVER_TEMPERATURE_ANODE, persists=True)
    assert not bench.plant.hv_on
    flags = bench.ask("68,").split(",")[1:-1]
    assert len(flags) == 27
    assert [index for index, flag in enumerate(flags) if flag == "1"] == [6]
    bench.ask("31,")
    assert Status.FAULT in bench.status()
    bench.generator.tube.repair()
    assert Status.FAULT in bench.status()
    bench.ask("31,")
    assert Status.FAULT not in bench.status()


def test_a_silent_host_loses_the_high_voltage() -> None:
    bench = Bench(watchdog_ms=1000)
    bench.on()
    bench.wait(1000)
    assert not bench.plant.hv_on
    assert bench.generator.tube.latched is Fault.WATCHDOG


def test_one_arc_recovers_and_the_fourth_is_a_fault() -> None:
    bench = Bench()
    bench.on()
    bench.generator.tube.arc()
    assert not bench.plant.hv_on
    bench.wait(600)
    assert bench.plant.actuators.hv_kv == pytest.approx(160.0)
    for _ in range(3):
        bench.generator.tube.arc()
    assert bench.generator.tube.latched is Fault.ANODE_ARC
    bench.wait(1000)
    assert not bench.plant.hv_on


def test_a_power_cycle_loses_the_set_points_and_remote_control() -> None:
    bench = Bench()
    bench.on()
    bench.generator.power_up()
    assert not bench.plant.hv_on
    assert bench.ask("14,") == "14,0,"
    assert Status.LOCAL in bench.status()
