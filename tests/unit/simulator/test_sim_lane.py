"""A whole simulated lane in memory: devices on one hall, and the permit board in its chain."""

import pytest

from edge.errors import SettingsError
from firmware_bridge.frames import Parser, encode
from firmware_bridge.words import Command, Hello, Identity, Permit, Seen, State, Status
from simulator.devices.altivar import LFT_OVERHEAT
from simulator.devices.modbus_frames import rtu_frame, tcp_frame
from simulator.hall.plant import STEP_MS, Key
from simulator.hall.units import Unit
from simulator.lane import SimLane
from simulator.lane_file import DeviceEntry, LaneFile
from tests.unit.simulator.lane_kit import (
    BOARD,
    DRIVE,
    LABEL,
    MAPS,
    QR,
    SAFETY,
    SENSORS,
    SOURCE,
    cargo_lane,
)
from tests.unit.simulator.test_generator import framed

SCAN = 1
BELIEF = Seen.ESTOP | Seen.KEY | Seen.DOORS | Seen.SECURED | Seen.ZONE | Seen.LAMP | Seen.BARRIER


class Host:
    """A bare-bones host: holds the warning, speaks to board and source. No code of the lane."""

    def __init__(self) -> None:
        self.lane = cargo_lane()
        self.safety = self.lane.tcp[SAFETY]()
        self._parser = Parser()
        self._session = 0
        self._sequence = 0
        self.belief = BELIEF
        self.status: Status | None = None
        lane = self.lane
        self.run(50)
        lane.plant.people.key = Key.ON
        assert lane.plant.press_secure()
        self.say(encode(Hello(4711)))
        self.run(50)

    def say(self, data: bytes) -> None:
        self.hear(self.lane.serial[BOARD].receive(data, self.lane.now_ms))

    def hear(self, data: bytes) -> None:
        for message in self._parser.feed(data):
            if isinstance(message, Identity):
                self._session, self._sequence = message.session, 0
            elif isinstance(message, Status):
                self.status = message

    def order(self, command: Command, duration_ms: int = 0) -> None:
        assert self.status is not None
        self._sequence += 1
        heard_ms = self.status.board_ms
        self.say(
            encode(
                Permit(
                    self._session,
                    self._sequence,
                    SCAN,
                    heard_ms,
                    command,
                    duration_ms,
                    self.belief.value,
                )
            )
        )

    def outputs(self, word: int) -> None:
        request = bytes.fromhex("06 0000") + word.to_bytes(2, "big")
        assert self.safety.receive(tcp_frame(1, 1, request), self.lane.now_ms)

    def run(self, milliseconds: int) -> None:
        for _ in range(milliseconds // STEP_MS):
            self.lane.advance(self.lane.now_ms + STEP_MS)
            self.hear(self.lane.serial[BOARD].poll(self.lane.now_ms))

    def armed(self) -> None:
        """Key edge seen, OFF, ARM, full warning."""
        self.outputs(1)
        self.order(Command.OFF)
        self.run(20)
        for _ in range(104):
            self.order(Command.ARM)
            self.run(50)
        assert self.status is not None
        assert self.status.state is State.ARMED

    def beam(self) -> None:
        self.armed()
        source = self.lane.serial[SOURCE]
        for text in ("99,1,", "10,4095,", "11,2048,"):
            assert source.receive(framed(text), self.lane.now_ms).endswith(framed(f"{text[:3]}$,"))
        self.order(Command.ON, 300)
        self.run(5)
        assert self.lane.plant.actuators.relay_closed
        assert source.receive(framed("98,1,"), self.lane.now_ms) == framed("98,$,")
        self.run(100)
        assert self.lane.plant.beam_on


def test_a_full_warning_and_a_lease_make_a_beam_and_no_violation() -> None:
    host = Host()
    host.beam()
    assert host.lane.plant.record.violations == []


def test_a_lease_that_is_not_renewed_ends_relay_high_voltage_and_beam() -> None:
    host = Host()
    host.beam()
    host.run(400)
    plant = host.lane.plant
    assert not plant.actuators.relay_closed
    assert not plant.hv_on
    (span,) = plant.record.relay
    assert span.end_ms - span.start_ms <= 300 + STEP_MS


@pytest.mark.parametrize("what", ["estop_pressed", "doors_open", "person_in_zone"])
def test_the_relay_opens_within_one_step_when_an_input_breaks(what: str) -> None:
    host = Host()
    host.beam()
    setattr(host.lane.plant.people, what, True)
    host.run(STEP_MS)
    assert not host.lane.plant.actuators.relay_closed
    assert not host.lane.plant.hv_on


def test_a_board_without_power_has_an_open_relay_and_is_silent() -> None:
    host = Host()
    host.beam()
    board = host.lane.board
    assert board is not None
    board.power(host.lane.now_ms, on=False)
    host.run(STEP_MS)
    assert not host.lane.plant.hv_on
    assert host.lane.serial[BOARD].receive(encode(Hello(1)), host.lane.now_ms) == b""
    board.power(host.lane.now_ms, on=True)
    host.run(500)
    assert not host.lane.plant.actuators.relay_closed


def test_a_welded_relay_is_truth_whatever_the_board_wants() -> None:
    host = Host()
    host.lane.plant.damage.relay_welded = True
    host.run(STEP_MS)
    assert host.lane.plant.actuators.relay_closed


def test_both_readers_read_a_unit_once_after_it_has_come_to_stand() -> None:
    lane = cargo_lane()
    lane.advance(1000)
    lane.plant.arrive(Unit("A", qr="SL-1", label="SL-2"))
    lane.advance(1250)
    assert lane.serial[QR].poll(1250) == b""
    lane.advance(1400)
    assert lane.serial[QR].poll(1400) == b"SL-1\r\n"
    assert lane.serial[LABEL].poll(1400) == b"SL-2\r\n"
    lane.advance(9000)
    assert lane.serial[QR].poll(9000) == b""


def test_curtains_see_the_unit_at_the_entry_and_nothing_after_it_is_gone() -> None:
    lane = cargo_lane()
    lane.plant.arrive(Unit("A", height_mm=500, width_mm=250))
    ask = rtu_frame(65, bytes.fromhex("04 7531 0001"))
    assert lane.serial[SENSORS].receive(ask, 0) == rtu_frame(65, bytes.fromhex("04 02 0190"))
    lane.plant.take_away()
    assert lane.serial[SENSORS].receive(ask, 10) == rtu_frame(65, bytes.fromhex("04 02 0000"))


def test_the_drive_moves_the_belt_through_its_wire() -> None:
    lane = cargo_lane()
    line = lane.serial[DRIVE]
    for request in ("06 219a 05dc", "06 2135 0006", "06 2135 0007", "06 2135 000f"):
        frame = rtu_frame(1, bytes.fromhex(request))
        assert line.receive(frame, 0) == frame
    lane.advance(900)
    assert lane.plant.encoder_um == pytest.approx((0.5 * 150 + 0.4 * 300) * 1000, rel=0.01)
    assert lane.drive is not None
    lane.drive.trip(LFT_OVERHEAT)
    lane.advance(3000)
    assert lane.plant.actuators.belt_speed_mm_s == 0.0


def test_the_same_bytes_at_the_same_times_give_the_same_truth() -> None:
    ends = []
    for _ in range(2):
        host = Host()
        host.beam()
        host.run(500)
        record = host.lane.plant.record
        ends.append((record.relay, record.hv, record.beam, host.lane.plant.now_ms))
    assert ends[0] == ends[1]


def test_two_devices_cannot_have_one_wire_or_one_address() -> None:
    one = DeviceEntry("a", "reader", QR, 0, "a")
    with pytest.raises(SettingsError, match=r"devices\.b\.port"):
        SimLane(LaneFile((one, DeviceEntry("b", "reader", QR, 0, "b")), None), MAPS)
    slave = DeviceEntry("c", "ez_array", SENSORS, 65, "height")
    with pytest.raises(SettingsError, match=r"devices\.d\.unit"):
        SimLane(LaneFile((slave, DeviceEntry("d", "ez_array", SENSORS, 65, "w")), None), MAPS)


@pytest.mark.parametrize(("key", "is_in"), [(Key.OFF, 0), (Key.ON, 1), (Key.SERVICE, 1)])
def test_the_boards_key_contact_is_closed_in_on_and_in_service(key: Key, is_in: int) -> None:
    host = Host()
    host.lane.plant.people.key = key
    host.run(100)
    assert host.status is not None
    assert bool(host.status.inputs & Seen.KEY) is bool(is_in)


def test_a_key_turned_to_service_under_a_lease_is_left_to_the_hosts_belief() -> None:
    """The board cannot tell ON from SERVICE: a host that no longer believes it opens the relay."""
    host = Host()
    host.beam()
    host.lane.plant.people.key = Key.SERVICE
    # The safety controller tells the host that the key is not in ON any more.
    host.belief = BELIEF & ~Seen.KEY
    turned_ms = host.lane.now_ms
    while host.lane.plant.actuators.relay_closed:
        assert host.lane.now_ms - turned_ms <= 200
        host.order(Command.ON, 300)
        host.run(20)
    assert not host.lane.plant.beam_on
