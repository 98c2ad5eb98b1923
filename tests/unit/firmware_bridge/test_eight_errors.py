"""The eight communication errors of a black channel (IEC 61784-3): none closes the relay."""

import pytest

from firmware_bridge.words import Command, Refusal, State
from tests.unit.simulator.permit_bench import Bench

SCAN = 7


def armed() -> Bench:
    bench = Bench()
    bench.armed(SCAN)
    assert bench.told.state is State.ARMED
    return bench


def expect_dark(bench: Bench) -> None:
    bench.step(50)
    assert bench.closed_ms == []
    assert not bench.mcu.relay_closed


def expect_a_clean_on_still_works(bench: Bench) -> None:
    """The way to the beam is really open, so the dark before was the error's doing."""
    bench.on(SCAN)
    bench.step()
    assert bench.mcu.relay_closed


@pytest.mark.parametrize("bit", range(8))
def test_corruption(bit: int) -> None:
    bench = armed()
    frame = bench.frame(Command.ON, SCAN)
    for place in range(1, len(frame) - 1):
        harmed = bytearray(frame)
        harmed[place] ^= 1 << bit
        bench.raw(bytes(harmed))
    expect_dark(bench)
    assert bench.told.crc_errors > 0
    expect_a_clean_on_still_works(bench)


def test_repetition() -> None:
    bench = armed()
    frame = bench.frame(Command.ON, SCAN)
    bench.raw(frame)
    bench.step(150)
    for _ in range(20):
        bench.raw(frame)
        bench.step(25)
    assert len(bench.closed_ms) * 5 < 300
    assert not bench.mcu.relay_closed


def test_wrong_order() -> None:
    bench = armed()
    on, off = bench.frame(Command.ON, SCAN), bench.frame(Command.OFF)
    bench.raw(off)
    bench.raw(on)
    expect_dark(bench)
    assert bench.told.state is State.OFF


def test_loss() -> None:
    bench = armed()
    bench.on(SCAN)
    bench.step(100)
    lost_from = len(bench.closed_ms)
    for _ in range(20):
        bench.frame(Command.ON, SCAN)
        bench.step(50)
    assert (len(bench.closed_ms) - lost_from) * 5 < 300
    assert bench.told.state is State.ENDED


@pytest.mark.parametrize("delay_ms", [255, 400, 900])
def test_delay(delay_ms: int) -> None:
    bench = armed()
    frame = bench.frame(Command.ON, SCAN)
    bench.step(delay_ms)
    bench.raw(frame)
    assert bench.told.refusal is Refusal.LATE
    expect_dark(bench)


def test_delay_past_the_end_of_the_arming() -> None:
    bench = armed()
    frame = bench.frame(Command.ON, SCAN)
    bench.step(5000)
    bench.raw(frame)
    expect_dark(bench)
    assert bench.told.state is State.ENDED


def test_insertion() -> None:
    bench = armed()
    stale = bench.frame(Command.ON, SCAN, sequence=1)
    older_than_half_the_circle = bench.frame(Command.ON, SCAN, sequence=2**31 + 200)
    same = bench.frame(Command.ON, SCAN, sequence=bench.sequence)
    for frame in (stale, older_than_half_the_circle, same):
        bench.raw(frame)
    expect_dark(bench)
    expect_a_clean_on_still_works(bench)


def test_masquerade() -> None:
    bench = armed()
    for session in (0, 1, bench.session - 1, bench.session + 1, bench.session ^ 2**31):
        bench.raw(bench.frame(Command.ON, SCAN, session=session))
    bench.raw(bench.mcu.receive(b"", bench.now_ms))
    expect_dark(bench)
    expect_a_clean_on_still_works(bench)


def test_masquerade_by_a_frame_from_before_the_key_was_turned() -> None:
    bench = armed()
    frame = bench.frame(Command.ON, SCAN)
    good = bench.inputs
    bench.inputs = good._replace(key_on=False)
    bench.step(5)
    bench.inputs = good
    bench.step(5)
    bench.raw(frame)
    expect_dark(bench)
    assert bench.told.state is State.SILENT
    assert bench.told.sequence == 0


@pytest.mark.parametrize("scan_id", [0, SCAN - 1, SCAN + 1, 2**32 - 1])
def test_addressing(scan_id: int) -> None:
    bench = armed()
    bench.on(scan_id)
    assert bench.told.refusal is Refusal.OTHER_SCAN
    expect_dark(bench)
    expect_a_clean_on_still_works(bench)
