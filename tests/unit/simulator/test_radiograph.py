"""The simulated lines: physics as declared, the same seed the same lines, frames as documented."""

import struct
from dataclasses import dataclass

import numpy as np
import pytest

from drivers.line_frames import Ack, Command, Decoder, Event, Info, Line, LineKind, encode_command
from simulator.devices.detector import STEP_UM, LineDetector
from simulator.hall import radiograph as rg
from simulator.hall.plant import Slice
from simulator.hall.radiograph import Box, Energy, Material, Radiograph, contents
from simulator.hall.units import Unit

WALL = (Box(0, 100, 0, 2000, 10, Material.STEEL),)


@dataclass(slots=True)
class Hall:
    beam_on: bool = True
    encoder_um: int = 0
    unit: Unit | None = None

    def column(self) -> Slice | None:
        return None if self.unit is None else Slice(self.unit, self.encoder_um / 1000)


def test_the_same_seed_gives_the_same_lines_and_another_seed_others() -> None:
    first, same, other = Radiograph(4), Radiograph(4), Radiograph(5)
    assert (first.air_line() == same.air_line()).all()
    assert (first.air_line() != other.air_line()).any()


def test_transmission_is_the_exponential_of_thickness() -> None:
    machine = Radiograph(4)
    column = machine.nepers(WALL, 50)
    assert column[: rg.REFERENCE_PIXELS].tolist() == [0.0] * rg.REFERENCE_PIXELS
    assert np.allclose(column[rg.REFERENCE_PIXELS :], 10 * Material.STEEL.value)
    lines = np.stack([machine.line(column) for _ in range(400)]).astype(np.float64)
    signal = (lines.mean(axis=0) - machine.dark_adu) / machine.air_adu
    got = -np.log(signal[rg.REFERENCE_PIXELS :].mean())
    assert got == pytest.approx(10 * Material.STEEL.value, abs=0.005)


def test_noise_is_poisson_noise_of_the_declared_photons() -> None:
    machine = Radiograph(4)
    lines = np.stack([machine.air_line() for _ in range(600)]).astype(np.float64)
    signal = (lines - machine.dark_adu) / machine.air_adu
    dose = signal[:, : rg.REFERENCE_PIXELS].mean(axis=1, keepdims=True)
    sigma = (signal / dose)[:, rg.REFERENCE_PIXELS :].std()
    expected = np.sqrt(1 / rg.PHOTONS * (1 + 1 / rg.REFERENCE_PIXELS))
    assert sigma == pytest.approx(expected, rel=0.05)


def test_dark_lines_carry_only_the_pattern_and_electronic_noise() -> None:
    machine = Radiograph(4)
    lines = np.stack([machine.dark_line() for _ in range(600)]).astype(np.float64)
    assert np.abs(lines.mean(axis=0) - machine.dark_adu).max() < 0.7
    assert lines.std(axis=0).mean() == pytest.approx(rg.READ_NOISE_ADU, rel=0.05)


def test_contents_lie_in_their_unit_and_never_change() -> None:
    for fill in range(50):
        unit = Unit(f"U{fill}", length_mm=600, height_mm=250, width_mm=250, fill=fill)
        boxes = contents(unit)
        assert boxes == contents(unit)
        for box in boxes:
            assert 0 <= box.start_mm < box.end_mm <= unit.length_mm
            assert 0 <= box.low_mm < box.high_mm <= unit.height_mm
            assert box.nepers(Energy.TUBE) > 0


def _events(data: bytes) -> list[Event]:
    return Decoder().feed(data)


def _lines(data: bytes) -> list[Line]:
    return [event for event in _events(data) if isinstance(event, Line)]


def _say(detector: LineDetector, command: Command, argument: int = 0) -> list[Event]:
    sent = encode_command(command, argument)
    return _events(detector.command(sent[5], sent[12:-4], 1000))


def test_the_detector_describes_itself_as_simulated() -> None:
    expected = Info(rg.PIXELS, rg.REFERENCE_PIXELS, rg.PITCH_UM, simulated=True, serial="SIM-0001")
    assert _say(LineDetector(Hall(), 1), Command.HELLO) == [expected]


def test_an_armed_detector_sends_a_line_per_belt_step_and_none_otherwise() -> None:
    hall = Hall()
    detector = LineDetector(hall, 1)
    hall.encoder_um = 10 * STEP_UM
    assert detector.poll(0) == b""
    assert _say(detector, Command.ARM, 9) == [Ack(Command.ARM, 0, 9)]
    assert detector.poll(0) == b""
    hall.encoder_um += 3 * STEP_UM + 1
    lines = _lines(detector.poll(5))
    assert [(one.scan_id, one.sequence, one.time_us) for one in lines] == [
        (9, 0, 5), (9, 1, 5), (9, 2, 5),
    ]  # fmt: skip
    assert [one.encoder_um for one in lines] == [STEP_UM * n for n in (11, 12, 13)]
    assert detector.poll(6) == b""
    assert _say(detector, Command.STOP) == [Ack(Command.STOP, 0, 0)]
    hall.encoder_um += STEP_UM
    assert detector.poll(7) == b""


def _level(one: Line) -> float:
    return float(np.frombuffer(one.pixels, "<u2").mean())


def test_lines_are_dark_without_beam_even_with_a_unit_in_the_plane() -> None:
    hall = Hall(beam_on=False, unit=Unit("U1"))
    detector = LineDetector(hall, 1)
    _say(detector, Command.ARM, 9)
    hall.encoder_um += STEP_UM
    (dark,) = _lines(detector.poll(0))
    hall.beam_on, hall.unit = True, None
    hall.encoder_um += STEP_UM
    (air,) = _lines(detector.poll(0))
    assert _level(dark) == pytest.approx(rg.DARK_ADU, abs=20)
    assert _level(air) > 40_000


def test_dark_and_air_lines_come_on_command_and_not_while_armed() -> None:
    detector = LineDetector(Hall(beam_on=False), 1)
    for command, kind in ((Command.DARK, LineKind.DARK), (Command.AIR, LineKind.AIR)):
        answer, *lines = _say(detector, command, 5)
        assert answer == Ack(command, 0, 5)
        assert [(one.kind, one.sequence) for one in lines if isinstance(one, Line)] == [
            (kind, number) for number in range(5)
        ]
    assert _say(detector, Command.DARK, 5000) == [Ack(Command.DARK, 2, 5000)]
    _say(detector, Command.ARM, 9)
    assert _say(detector, Command.DARK, 5) == [Ack(Command.DARK, 1, 5)]
    assert _say(detector, Command.ARM, 0) == [Ack(Command.ARM, 2, 0)]


def test_an_unknown_command_is_refused() -> None:
    answer = LineDetector(Hall(), 1).command(0x55, b"", 0)
    assert struct.unpack("<BBI", answer[12:-4]) == (0x55, 2, 0)


def test_dark_lines_under_a_beam_are_not_dark() -> None:
    _, one = _say(LineDetector(Hall(beam_on=True), 1), Command.DARK, 1)
    assert isinstance(one, Line)
    assert _level(one) > 40_000
