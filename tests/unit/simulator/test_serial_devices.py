"""Devices on serial wires of their own, in a lane made from a lane file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import SettingsError
from simulator.hall.units import Unit
from simulator.lane import SimLane
from simulator.lane_file import SerialWire, load_lane_file
from tests.unit.simulator.lane_kit import MAPS
from tests.unit.simulator.test_generator import framed


def lane_of(folder: Path, section: str) -> SimLane:
    """A lane with one device at wires/it."""
    path = folder / "lane.toml"
    path.write_text(f'[devices.it]\nport = "wires/it"\n{section}')
    return SimLane(load_lane_file(path), MAPS)


def test_a_weighbridge_feels_the_unit_at_the_entry(tmp_path: Path) -> None:
    lane = lane_of(tmp_path, 'kind = "toledo"\nincrement_kg = 20')
    scale = lane.serial[SerialWire("wires/it", 9600, "N")]
    # Steps of 2 times 10, kilograms, at rest.
    assert scale.poll(0)[:17] == b"\x02\x31\x30\x20000000000000\r"
    lane.plant.arrive(Unit("A", mass_kg=1850))
    assert scale.poll(100)[2] == 0x38
    assert scale.poll(700)[:17] == b"\x02\x31\x30\x20000186000000\r"


def test_a_weighbridge_says_ten_frames_a_second_and_makes_up_for_none(tmp_path: Path) -> None:
    lane = lane_of(tmp_path, 'kind = "toledo"\nincrement_kg = 5')
    scale = lane.serial[SerialWire("wires/it", 9600, "N")]
    said = b"".join(scale.poll(now_ms) for now_ms in range(0, 1000, 5))
    assert len(said) == 180
    assert len(scale.poll(9000)) == 18


def test_a_step_no_weighbridge_has_is_a_mistake_of_the_lane_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"devices\.it\.increment_kg = 3"):
        lane_of(tmp_path, 'kind = "toledo"\nincrement_kg = 3')


def test_a_generator_speaks_as_its_series(tmp_path: Path) -> None:
    lane = lane_of(tmp_path, 'kind = "spellman"\nseries = "SLM"\nkv_max = 70.0\nma_max = 8.5')
    source = lane.serial[SerialWire("wires/it", 38400, "N")]
    assert source.receive(framed("26,"), 0) == framed("26,SLM70P600,")
    # Interlock open, local, its watchdog off: manual 118080-001 p. 44.
    assert source.receive(framed("22,"), 0) == framed("22,0,1,0,0,0,0,0,0,")
    with pytest.raises(SettingsError, match=r"devices\.it\.series = DXM"):
        lane_of(tmp_path, 'kind = "spellman"\nseries = "DXM"')


def technix_of(folder: Path) -> tuple[SimLane, Callable[[str], str]]:
    lane = lane_of(folder, 'kind = "technix"\nkv_max = 100.0\nma_max = 50.0')
    source = lane.serial[SerialWire("wires/it", 9600, "N")]
    lane.plant.actuators.relay_closed = True

    def ask(command: str) -> str:
        answer = source.receive(command.encode() + b"\r", lane.now_ms).decode()
        assert answer.endswith("\r")
        assert answer.startswith(command)
        return answer[len(command) : -1]

    return lane, ask


def test_a_technix_echoes_what_it_is_told_and_adds_what_it_is_asked(tmp_path: Path) -> None:
    lane, ask = technix_of(tmp_path)
    # Voltage regulation, local.
    assert ask("E") == "65"
    for order in ("P7,0", "d1,4095", "d2,2048", "P5,1"):
        assert ask(order) == ""
    lane.advance(100)
    assert ask("P5,0") == ""
    lane.advance(1000)
    assert lane.plant.hv_on
    assert (ask("a1"), ask("a2"), ask("E")) == ("4095", "2048", "9")
    assert lane.serial[SerialWire("wires/it", 9600, "N")].receive(b"X1\r", 1000) == b""


def test_a_technix_pulse_that_is_too_short_switches_nothing_on(tmp_path: Path) -> None:
    lane, ask = technix_of(tmp_path)
    for order in ("P7,0", "d1,4095", "P5,1", "P5,0"):
        ask(order)
    lane.advance(1000)
    assert not lane.plant.hv_on


def test_a_technix_powers_off_and_goes_to_local_after_five_silent_seconds(tmp_path: Path) -> None:
    lane, ask = technix_of(tmp_path)
    for order in ("P7,0", "d1,4095", "P5,1"):
        ask(order)
    lane.advance(100)
    ask("P5,0")
    lane.advance(5095)
    assert lane.plant.hv_on
    lane.advance(5100)
    assert not lane.plant.hv_on
    assert ask("E") == "65"


def test_an_area_monitor_answers_its_question_and_nothing_else(tmp_path: Path) -> None:
    lane = lane_of(tmp_path, 'kind = "rs_s131"\nalarm_above_mr_h = 0.1')
    monitor = lane.serial[SerialWire("wires/it", 9600, "N")]
    assert monitor.receive(b"#D1\r#L0\r#D0", 0) == b""
    assert monitor.receive(b"\r", 120_000) == b"D 1 0 0000 0400 06.84 0.012 0002 28\r\n"
