"""What the tests at the cabinet share: a lane file of one device, and a drive as it stands."""

from pathlib import Path

from edge.cabinet.driver_look import Collector, DriverLook
from edge.cabinet.modbus_look import ModbusLook
from edge.cabinet.place import find
from tests.unit.drivers.fake_modbus import FakeSlave
from tests.unit.drivers.virtual_loop import VirtualLoop

PORT = 1502
STANDING = {
    3201: 0x0250, 8604: 0, 6005: 10, 7010: 6, 7121: 0, 8501: 0, 8602: 0,
    3202: 0, 3204: 12, 3207: 4000, 3209: 40, 3240: 2,
}  # fmt: skip
"""Registers of a drive that has mains and stands."""

BELT = f"""
[buses.drive]
kind = "rtu"
port = "socket://line:{PORT}"
[devices.belt]
kind = "altivar"
bus = "drive"
unit = 1
mm_per_rev = 16.0
"""
CURTAIN = f"""
[buses.sensors]
kind = "rtu"
port = "socket://line:{PORT}"
[devices.height]
kind = "ez_array"
bus = "sensors"
field = "height_mm"
"""
REMOTE_IO = f"""
[buses.io]
kind = "tcp"
host = "io"
port = {PORT}
[devices.io]
kind = "iologik"
bus = "io"
model = "E1212"
inputs = {{ lane_free = {{ channel = 0, ok_when = "on" }} }}
"""


def lane_file(folder: Path, text: str) -> Path:
    """A lane file with nothing but buses and devices; the shipped maps are found elsewhere."""
    file = folder / "config" / "lanes" / "lane.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    (folder / "config" / "devices").unlink(missing_ok=True)
    (folder / "config" / "devices").symlink_to(Path(__file__).parents[3] / "config" / "devices")
    file.write_text(text)
    return file


def standing_drive() -> FakeSlave:
    slave = FakeSlave()
    slave.holding = dict(STANDING)
    return slave


def modbus_look(file: Path, name: str, loop: VirtualLoop) -> ModbusLook:
    collector = Collector(loop.now_ns)
    return ModbusLook(find(file, name, file.parent, collector, loop.now_ns), loop.now_ns)


def driver_look(file: Path, name: str, now_ns, wait_s: float = 5.0) -> DriverLook:
    collector = Collector(now_ns)
    place = find(file, name, file.parent, collector, now_ns)
    return DriverLook(place, collector, now_ns, wait_s)
