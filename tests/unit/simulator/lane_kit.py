"""What the simulator's tests share: a cargo lane in memory, moved by hand."""

import struct
from pathlib import Path

from simulator.devices.modbus_server import Slave, execute
from simulator.devices.registers import RegisterFile, Table, load_register_file
from simulator.hall.plant import Key, Plant
from simulator.lane import SimLane
from simulator.lane_file import DeviceEntry, LaneFile, SerialWire, TcpWire

MAPS = Path(__file__).resolve().parents[3] / "config" / "devices"
DRIVE = SerialWire("wires/drive", 19200, "E")
SENSORS = SerialWire("wires/sensors", 19200, "E")
SAFETY = TcpWire("127.0.0.1", 15502, modbus=True)
SOURCE = SerialWire("wires/source", 38400, "N")
QR = SerialWire("wires/qr", 9600, "N")
LABEL = SerialWire("wires/label", 9600, "N")
BOARD = SerialWire("wires/board", 115200, "N")

CARGO = LaneFile(
    (
        DeviceEntry("belt", "altivar", DRIVE, 1, "belt"),
        DeviceEntry("safety", "pnozmulti", SAFETY, 1, "safety"),
        DeviceEntry("height", "ez_array", SENSORS, 65, "height_mm"),
        DeviceEntry("width", "ez_array", SENSORS, 66, "width_mm"),
        DeviceEntry("source", "spellman", SOURCE, 0, "source", texts={"series": "XRV"}),
        DeviceEntry("qr", "reader", QR, 0, "qr"),
        DeviceEntry("label", "reader", LABEL, 0, "label"),
        DeviceEntry("board", "permit_board", BOARD, 0, "board"),
    ),
    None,
)


def cargo_lane(seed: int = 1) -> SimLane:
    """A fresh cargo lane."""
    return SimLane(CARGO, MAPS, seed)


def registers(kind: str) -> RegisterFile:
    """A register file from the shipped map of a device kind."""
    return load_register_file(MAPS / f"{kind}.toml")


def run(plant: Plant, milliseconds: int) -> None:
    """Let a hall live on."""
    plant.advance(plant.now_ms + milliseconds)


def staffed(plant: Plant) -> Plant:
    """Key on, lane secured."""
    plant.people.key = Key.ON
    assert plant.press_secure()
    return plant


def read(slave: Slave, table: Table, address: int, now_ms: int) -> int:
    """One value, asked for as a client does."""
    function = 3 if table is Table.HOLDING else 4
    answer = execute(slave, struct.pack(">BHH", function, address, 1), now_ms)
    assert answer[0] == function, f"refused: {answer.hex()}"
    return int.from_bytes(answer[2:4], "big")


def write(slave: Slave, address: int, value: int, now_ms: int) -> None:
    """Write one holding register as a client does."""
    request = struct.pack(">BHH", 6, address, value & 0xFFFF)
    assert execute(slave, request, now_ms) == request
