"""Faults by name: what fits where, for whom, for how long; power and plugs come back."""

from dataclasses import replace

import pytest

from simulator.devices.altivar import DriveState
from simulator.devices.line_faults import FaultScript, Harm, LineFault, Outbox
from simulator.devices.modbus_frames import rtu_frame, tcp_frame
from simulator.faults import FITS, FaultDesk, FaultRefused
from simulator.harness import Harness
from simulator.lane import DETECTOR, SimLane
from simulator.lane_file import TcpWire
from tests.unit.simulator.lane_kit import (
    BOARD,
    CARGO,
    DRIVE,
    MAPS,
    QR,
    SAFETY,
    SENSORS,
    SOURCE,
    cargo_lane,
)

HEIGHT, WIDTH, BELT = 65, 66, 1
READ = bytes.fromhex("04 7531 0001")
READ_ETA = bytes.fromhex("03 0C81 0001")


def asked(lane: SimLane, unit: int) -> bytes:
    return lane.serial[SENSORS].receive(rtu_frame(unit, READ), lane.now_ms)


def test_a_fault_is_of_the_device_it_was_set_at_and_of_no_neighbour() -> None:
    lane = cargo_lane()
    FaultDesk(lane).set("height", LineFault(Harm.DROP, times=0))
    assert asked(lane, HEIGHT) == b""
    assert asked(lane, WIDTH) != b""


def test_a_fault_with_a_time_ends_by_itself() -> None:
    lane = cargo_lane()
    desk = FaultDesk(lane)
    desk.set("height", LineFault(Harm.DROP, times=0), for_ms=500)
    lane.advance(400)
    assert asked(lane, HEIGHT) == b""
    lane.advance(600)
    assert asked(lane, HEIGHT) != b""
    assert desk.standing() == ()


def test_clearing_one_device_leaves_its_neighbour_spoilt() -> None:
    lane = cargo_lane()
    desk = FaultDesk(lane)
    desk.set("height", LineFault(Harm.DROP, times=0))
    desk.set("width", LineFault(Harm.DROP, times=0))
    desk.clear("height")
    assert [each.device for each in desk.standing()] == ["width"]
    assert (asked(lane, HEIGHT) != b"", asked(lane, WIDTH)) == (True, b"")
    desk.clear()
    assert desk.standing() == ()


def test_a_drive_without_power_is_silent_and_comes_back_without_its_orders() -> None:
    lane = cargo_lane()
    drive = lane.drive
    assert drive is not None
    desk = FaultDesk(lane)
    desk.set("belt", LineFault(Harm.POWER_CYCLE, amount=300))
    assert lane.serial[DRIVE].receive(rtu_frame(BELT, READ_ETA), lane.now_ms) == b""
    lane.advance(400)
    answer = lane.serial[DRIVE].receive(rtu_frame(BELT, READ_ETA), lane.now_ms)
    assert answer[3:5] == DriveState.SWITCH_ON_DISABLED.value.to_bytes(2, "big")


def test_a_safety_controller_without_power_forgets_the_search() -> None:
    lane = cargo_lane()
    assert lane.plant.press_secure()
    FaultDesk(lane).set("safety", LineFault(Harm.POWER_CYCLE))
    assert not lane.plant.secured
    connection = lane.tcp[SAFETY]()
    assert connection.receive(tcp_frame(1, 1, bytes.fromhex("04 0800 0001")), 0) == b""


def test_a_generator_and_a_board_without_power_say_nothing() -> None:
    lane = cargo_lane()
    desk = FaultDesk(lane)
    asked_for_status = bytes((2,)) + b"22," + bytes((0x7E,)) + bytes((3,))
    for device in ("source", "board"):
        desk.set(device, LineFault(Harm.POWER_CYCLE, amount=1000))
    lane.advance(200)
    assert lane.serial[SOURCE].receive(asked_for_status, 200) == b""
    assert lane.serial[BOARD].poll(200) == b""
    desk.clear()
    lane.advance(400)
    assert lane.serial[BOARD].poll(400) != b""


def test_a_reader_repeats_loses_and_reorders_its_codes() -> None:
    lane = cargo_lane()
    desk, reader, wire = FaultDesk(lane), lane.readers["qr"], lane.serial[QR]
    for harm, expected in (
        (Harm.DUPLICATE, b"A\r\nA\r\n"),
        (Harm.DROP, b""),
        (Harm.TRUNCATE, b"A"),
    ):
        desk.set("qr", LineFault(harm, times=1))
        reader.read("A")
        assert wire.poll(lane.now_ms) == expected
        desk.clear()
    desk.set("qr", LineFault(Harm.REORDER, times=1))
    said = b""
    for text in ("A", "B"):
        reader.read(text)
        said += wire.poll(lane.now_ms)
    assert said == b"B\r\nA\r\n"


def test_what_is_overtaken_by_nothing_comes_after_a_second() -> None:
    box = Outbox()
    box.put(b"a", (LineFault(Harm.REORDER),), 0)
    assert [box.due(now_ms) for now_ms in (0, 900, 1000)] == [b"", b"", b"a"]
    assert box.is_empty


def test_single_bytes_come_one_by_one_and_noise_stands_before_the_answer() -> None:
    box = Outbox()
    box.put(b"abc", (LineFault(Harm.SINGLE_BYTES, amount=10),), 0)
    assert [box.due(now_ms) for now_ms in (0, 10, 15, 20)] == [b"a", b"b", b"", b"c"]
    lane = cargo_lane()
    good = asked(lane, HEIGHT)
    FaultDesk(lane).set("height", LineFault(Harm.NOISE, amount=5))
    noisy = asked(lane, HEIGHT)
    assert noisy[5:] == good
    assert len(noisy) == len(good) + 5


def test_the_same_seed_makes_the_same_noise() -> None:
    said = [FaultScript(seed=seed).noise(16) for seed in (3, 3, 4)]
    assert said[0] == said[1] != said[2]


@pytest.mark.parametrize(
    ("device", "fault", "key"),
    [
        ("nobody", LineFault(Harm.DROP), "device"),
        (DETECTOR, LineFault(Harm.DROP), "device"),
        ("belt", LineFault(Harm.WRONG_TRANSACTION), "harm"),
        ("qr", LineFault(Harm.EXCEPTION), "harm"),
        ("belt", LineFault(Harm.DELAY), "amount"),
        ("belt", LineFault(Harm.EXCEPTION, amount=256), "amount"),
        ("belt", LineFault(Harm.DROP, times=-1), "times"),
        ("belt", LineFault(Harm.DROP, chance=0.0), "chance"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_by_its_key(
    device: str, fault: LineFault, key: str
) -> None:
    lane = cargo_lane()
    desk = FaultDesk(lane)
    with pytest.raises(FaultRefused) as refused:
        desk.set(device, fault)
    assert refused.value.key == key
    assert desk.standing() == ()


def test_every_harm_fits_some_wire() -> None:
    assert {harm for harms in FITS.values() for harm in harms} == set(Harm)


def test_the_detector_is_a_device_where_the_lane_has_one() -> None:
    lane = SimLane(replace(CARGO, detector=TcpWire("127.0.0.1", 15600)), MAPS)
    desk = FaultDesk(lane)
    desk.set(DETECTOR, LineFault(Harm.UNPLUG))
    assert [each.device for each in desk.standing()] == [DETECTOR]
    desk.clear(DETECTOR)
    assert desk.standing() == ()


def test_the_control_socket_lists_sets_and_clears() -> None:
    harness = Harness(cargo_lane())
    asked_for = {"do": "line_fault", "device": "belt", "fault": {"harm": "drop", "times": 0}}
    assert harness.handle(asked_for)["ok"] is True
    told = harness.handle({"do": "line_faults"})
    assert told["standing"] == [
        {
            "device": "belt",
            "fault": {
                "harm": "drop", "amount": 0, "unit": 1, "function": None, "skip": 0, "times": 0,
                "chance": 1.0,
            },
        }
    ]  # fmt: skip
    devices = told["devices"]
    assert isinstance(devices, dict)
    assert "wrong_unit" in devices["height"]
    assert harness.handle({"do": "line_clear", "device": "belt"})["ok"] is True
    assert harness.handle({"do": "line_faults"})["standing"] == []
    odd = {"do": "line_fault", "device": "belt", "fault": {"harm": "drop", "colour": 1}}
    assert "fault.colour" in str(harness.handle(odd)["error"])
