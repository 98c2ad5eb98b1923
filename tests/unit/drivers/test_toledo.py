"""The weighbridge: frames by an encoder of the tests' own, and the emulator on a virtual wire.

No manual at hand prints a whole frame; the golden one was added up by hand from the layout.
"""

import asyncio
import itertools
from decimal import Decimal
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.toledo import Toledo, ToledoSettings, masses
from drivers.toledo_frames import FrameCutter, Reject, Weight, checksum, decode
from edge.control.facts import gauges_of
from edge.core.values import Quality
from edge.law.envelope import Axis
from edge.settings import Gauges
from simulator.devices.line_faults import FaultScript, Harm, LineFault
from simulator.devices.toledo import Weighbridge
from tests.unit.drivers.device_bench import PORT, Bench
from tests.unit.drivers.emulated_line import Listener
from tests.unit.drivers.virtual_loop import run_virtual

GOLDEN = bytes.fromhex("02 3A 30 20 303132333435 303030303030 0D 18")
"""12345 kg gross at rest in steps of 5: 744 in all, two's complement in seven bits 0x18."""


def frame(digits: int = 12345, a: int = 0x3A, b: int = 0x30, c: int = 0x20) -> bytes:
    """A frame without checksum."""
    return bytes((2, a, b, c)) + b"%06d000000\r" % digits


def summed(text: bytes) -> bytes:
    """The frame with its checksum, the slow way."""
    rest = sum(byte % 128 for byte in text) % 128
    return text + bytes(((128 - rest) % 128,))


def cut(*chunks: bytes) -> list[Weight | Reject]:
    cutter = FrameCutter()
    return [found for chunk in chunks for found in cutter.feed(chunk)]


def weight(**status: int) -> Weight:
    found = decode(frame(**status))
    assert isinstance(found, Weight)
    return found


def test_the_golden_frame() -> None:
    assert checksum(GOLDEN[:-1]) == 0x18 == GOLDEN[-1]
    found = decode(GOLDEN[:-1])
    assert found == Weight(
        Decimal(12345), Decimal(5), "kg", False, False, False, False, False, False
    )


@pytest.mark.parametrize(
    ("position", "amount"),
    [(0, "1234500"), (1, "123450"), (2, "12345"), (3, "1234.5"), (5, "12.345"), (7, "0.12345")],
)
def test_the_decimal_point_stands_where_the_first_status_says(position: int, amount: str) -> None:
    assert weight(a=0x38 | position).amount == Decimal(amount)


def test_each_bit_of_the_status_has_its_meaning() -> None:
    assert [weight(a=0x22 | code << 3).increment for code in (1, 2, 3)] == [1, 2, 5]
    assert weight(b=0x31).net
    assert weight(b=0x32).negative
    assert weight(b=0x34).out_of_range
    assert weight(b=0x38).motion
    assert weight(b=0x20).unit == "lb"
    assert [weight(c=0x20 | code).unit for code in (0, 1, 2, 3)] == ["kg", "g", "t", "?"]
    assert weight(c=0x30).expanded
    assert weight(b=0x70).not_zeroed


@pytest.mark.parametrize(
    ("text", "reject"),
    [
        (frame(a=0x1A), Reject.STATUS),
        (frame(a=0x22), Reject.STATUS),
        (frame(a=0x7A), Reject.STATUS),
        (frame(b=0x10), Reject.STATUS),
        (frame(c=0x00), Reject.STATUS),
        (frame().replace(b"012345", b" 12345"), Reject.DIGITS),
        (frame().replace(b"012345", b"01234."), Reject.DIGITS),
    ],
)
def test_a_character_that_cannot_be_is_no_weight(text: bytes, reject: Reject) -> None:
    assert decode(text) is reject


@pytest.mark.parametrize("make", [frame, lambda digits: summed(frame(digits))])
@pytest.mark.parametrize("size", [1, 3, 17, 18, 40])
def test_the_length_is_found_out_however_the_stream_is_cut(make, size: int) -> None:
    stream = frame(11)[9:] + b"".join(make(digits) for digits in (11, 11, 15, 20, 25)) + b"\x02\x3a"
    chunks = [stream[at : at + size] for at in range(0, len(stream), size)]
    found = [each for each in cut(*chunks) if isinstance(each, Weight)]
    assert [each.amount for each in found][-2:] == [20, 25]
    assert len(found) == len(cut(*chunks))


def test_a_checksum_that_looks_like_stx_is_still_one() -> None:
    wanted = frame(19999)
    assert summed(wanted)[-1] == 2
    found = cut(summed(wanted) * 4)
    assert found == [decode(wanted)] * 2


def test_once_a_checksum_was_seen_a_frame_without_one_is_refused() -> None:
    found = cut(summed(frame()) * 3, frame(99) + frame(99) + frame(99))
    assert [each for each in found if isinstance(each, Weight)] == [decode(frame())]
    assert Reject.CHECKSUM in found


def test_parity_bits_do_not_matter() -> None:
    stream = summed(frame()) * 4
    assert cut(bytes(byte | 0x80 for byte in stream)) == cut(stream)
    assert len(cut(stream)) == 2


def test_the_short_format_is_named() -> None:
    short = frame()[:10] + b"\r"
    assert set(cut(short * 4)) == {Reject.SHORT}
    assert Reject.SHORT in cut(summed(short) * 4)


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.integers(1, 17), st.integers(1, 127), st.booleans())
def test_no_single_spoilt_character_passes_a_checksum(at: int, harm: int, parity: bool) -> None:
    spoilt = bytearray(summed(frame()))
    spoilt[at] ^= harm
    if parity:
        spoilt[at] ^= 0x80
    cutter = FrameCutter()
    cutter.feed(summed(frame()) * 2)
    found = cutter.feed(bytes(spoilt) + summed(frame(77)) + b"\x02")
    assert [each for each in found if isinstance(each, Weight)] in ([], [decode(frame(77))])


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.binary(max_size=400), st.integers(1, 30))
def test_any_noise_leaves_the_next_frames_whole_and_costs_bounded_memory(
    noise: bytes, size: int
) -> None:
    cutter = FrameCutter()
    cutter.feed(summed(frame()) * 2)
    stream = noise + summed(frame(77)) * 2
    found = []
    for at in range(0, len(stream), size):
        found += cutter.feed(stream[at : at + size])
        assert len(cutter._held) < 20
    assert found[-1] == decode(frame(77))


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.integers(0, 999_999), st.integers(0, 7), st.sampled_from((1, 2, 3)))
def test_a_mass_is_never_taken_for_smaller_and_lies_within_its_uncertainty(
    digits: int, position: int, step: int
) -> None:
    one = weight(digits=digits, a=0x20 | step << 3 | position)
    mass_kg, spread_kg = masses(one)
    assert one.amount <= mass_kg < one.amount + 1
    assert mass_kg - spread_kg <= one.amount - one.increment


@pytest.mark.parametrize("step", [0.0, 3.0, 15.0, 0.25])
def test_a_step_no_scale_has_is_refused(step: float) -> None:
    with pytest.raises(ValidationError):
        ToledoSettings(port="x", increment_kg=step, tolerance_kg=0)


class ScaleWire:
    """The emulator behind a virtual connection; it says its frames in pieces."""

    def __init__(self, scale: Weighbridge) -> None:
        self.scale = scale
        self.reachable = True
        self.heard = b""

    def receive(self, data: bytes) -> list[tuple[int, bytes]]:
        self.heard += data
        return []


def seen(scale: Weighbridge, seconds: float, act=None, kept: bytes = b"", **more: object):
    """What the sink has seen of a scale after so many seconds; ``act`` is called at the half.

    ``kept`` comes at once when the line is opened.
    """
    wire = ScaleWire(scale)

    async def main(loop):
        sink = Listener()
        bench = Bench(None, sink, loop)
        given = {"port": f"socket://scale:{PORT}", "increment_kg": 5.0, "tolerance_kg": 0, **more}
        bench.device = Toledo(
            name="scale",
            settings=ToledoSettings.model_validate(given),
            sink=sink,
            alive=lambda: bench.alive,
            now_ns=loop.now_ns,
        )
        bench.task = asyncio.create_task(bench.device.run())
        steps = round(seconds * 100)
        for step in range(steps):
            if act is not None and step == steps // 2:
                act(bench, wire)
            await asyncio.sleep(0.01)
            if step == 0 and kept:
                loop.transports[-1].deliver(kept)
            data = scale.poll(round(loop.time() * 1000))
            for piece in (data[:7], data[7:]):
                if piece and loop.transports:
                    loop.transports[-1].deliver(piece)
        await bench.cancel()
        return bench

    bench = run_virtual({PORT: wire}, main)
    assert wire.heard == b""
    return bench.sink


@pytest.mark.parametrize("has_sum", [True, False])
@pytest.mark.parametrize("parity", [True, False])
def test_a_standing_load_is_good_with_step_and_tolerance(has_sum: bool, parity: bool) -> None:
    scale = Weighbridge(lambda: 2501, checksum=has_sum)
    scale.even_parity = parity
    sink = seen(scale, 3.0, tolerance_kg=15)
    mass, spread = sink.last("scale.mass_kg"), sink.last("scale.uncertainty_kg")
    assert (mass.value, mass.quality) == (2500, Quality.GOOD)
    assert (spread.value, spread.quality) == (20, Quality.GOOD)
    assert sink.events == []
    assert len(sink.values("scale.mass_kg")) >= 20


def test_tons_are_kilograms_when_published() -> None:
    sink = seen(Weighbridge(lambda: 2501, tons=True), 2.0, unit="t")
    assert sink.last("scale.mass_kg").value == 2500
    assert sink.last("scale.mass_kg").quality is Quality.GOOD


@pytest.mark.parametrize(
    ("switch", "value", "says"),
    [
        ("tare_kg", 100, "net"),
        ("pounds", True, "shown in lb"),
        ("tons", True, "shown in t"),
        ("expanded", True, "expanded"),
        ("capacity_kg", 2000, "range"),
        ("increment_kg", 10.0, "steps of 10"),
    ],
)
def test_what_is_not_as_the_lane_file_says_has_no_value(
    switch: str, value: object, says: str
) -> None:
    scale = Weighbridge(lambda: 2500)
    setattr(scale, switch, value)
    last = seen(scale, 2.0).last("scale.mass_kg")
    assert (last.value, last.quality) == (None, Quality.BAD)
    assert says in last.detail


def test_a_swinging_load_is_never_good() -> None:
    load = [0]
    scale = Weighbridge(lambda: load[0])

    def act(_bench, _wire) -> None:
        load[0] = 2500

    sink = seen(scale, 2.0, act)
    loaded = [each for each in sink.readings if each.source == "scale.mass_kg" and each.value]
    assert {each.quality for each in loaded[:4]} == {Quality.UNCERTAIN}
    assert loaded[-1].quality is Quality.GOOD


def test_without_a_checksum_a_new_weight_is_good_only_when_said_twice() -> None:
    load = [2500]
    scale = Weighbridge(lambda: load[0], checksum=False)

    def act(_bench, _wire) -> None:
        load[0] = 2505
        scale._load_kg = 2505  # no motion bit, as on a scale that filters it

    readings = [one for one in seen(scale, 4.0, act).readings if one.value == 2505]
    assert readings[0].quality is Quality.UNCERTAIN
    assert "once" in readings[0].detail
    assert readings[-1].quality is Quality.GOOD


def test_a_frame_is_never_younger_than_what_it_says() -> None:
    sink = seen(Weighbridge(lambda: 2500), 2.0)
    stamps = [each.requested_ns for each in sink.readings if each.source == "scale.mass_kg"]
    assert all(0 < after - before < 150_000_000 for before, after in itertools.pairwise(stamps[1:]))
    assert stamps[-1] <= 1_900_000_000


def test_a_silent_scale_is_lost_once_and_its_next_frames_bring_it_back() -> None:
    scale = Weighbridge(lambda: 2500)
    switch = iter((True, False))

    def act(_bench, _wire) -> None:
        scale.silent = next(switch)

    sink = seen(scale, 4.0, act)
    assert sink.events == ["lost scale"]
    scale = Weighbridge(lambda: 2500)
    scale.silent = True
    sink = seen(scale, 6.0, lambda *_: setattr(scale, "silent", False))
    assert sink.events == ["lost scale", "back scale"]


def test_the_short_format_is_lost_with_the_remedy_in_words() -> None:
    scale = Weighbridge(lambda: 2500)
    scale.short = True
    sink = seen(scale, 2.0)
    assert sink.events == ["lost scale"]
    assert "short format. Set it to the full" in sink.details[0]


@pytest.mark.parametrize("harm", [Harm.CORRUPT, Harm.TRUNCATE, Harm.DROP, Harm.DUPLICATE])
def test_spoilt_frames_now_and_then_are_passed_over(harm: Harm) -> None:
    faults = FaultScript((LineFault(harm, times=0, chance=0.2),), seed=3)
    sink = seen(Weighbridge(lambda: 2500, faults=faults), 20.0)
    values = {each.value for each in sink.readings if each.source == "scale.mass_kg"}
    assert values - {None} == {2500}
    assert sink.values("scale.mass_kg").count(2500) > 60


def test_an_unplugged_line_is_lost_and_comes_back_when_plugged_in() -> None:
    def act(_bench, wire) -> None:
        _bench.loop.transports[-1].drop()

    sink = seen(Weighbridge(lambda: 2500), 6.0, act)
    assert sink.events == ["lost scale", "back scale"]
    assert sink.last("scale.mass_kg").value == 2500


def test_nothing_is_published_while_the_lane_logic_is_dead() -> None:
    marks: list[int] = []

    def act(bench, _wire) -> None:
        bench.alive = False
        marks.append(len(bench.sink.readings))

    sink = seen(Weighbridge(lambda: 2500), 4.0, act)
    assert len(sink.readings) == marks[0]
    assert sink.events == []


def test_a_lane_finds_mass_and_uncertainty_by_their_names() -> None:
    gauges = Gauges(height="h.height_mm", width="w.width_mm", mass="scale.mass_kg")
    mass = next(one for one in gauges_of(SimpleNamespace(gauges=gauges)) if one.axis is Axis.MASS)
    sink = seen(Weighbridge(lambda: 2500), 2.0)
    assert sink.last(mass.amount).value == 2500
    assert sink.last(mass.uncertainty).value == 5


def test_frames_that_were_kept_before_the_line_was_opened_are_no_weight() -> None:
    sink = seen(Weighbridge(lambda: 2500), 2.0, kept=summed(frame(9000)) * 40)
    assert set(sink.values("scale.mass_kg")) == {2500}
    assert sink.events == []


def test_of_many_frames_at_once_the_last_counts_and_is_uncertain() -> None:
    def act(bench, _wire) -> None:
        many = b"".join(summed(frame(at)) for at in range(3000, 3200, 5))
        bench.loop.transports[-1].deliver(many)

    readings = [one for one in seen(Weighbridge(lambda: 2500), 2.0, act).readings if one.value]
    odd = [one for one in readings if one.source == "scale.mass_kg" and one.value != 2500]
    assert [(one.value, one.quality) for one in odd] == [(3195, Quality.UNCERTAIN)]
    assert "perhaps old" in odd[0].detail


def test_a_line_that_never_stops_pouring_is_lost_and_no_weight() -> None:
    scale = Weighbridge(lambda: 2500)
    scale.poll = lambda now_ms: summed(frame(9000)) * 6
    sink = seen(scale, 4.0)
    assert sink.values("scale.mass_kg") == []
    assert "faster than a scale" in sink.details[0]
