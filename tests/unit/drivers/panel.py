"""A made-up gas panel: a map with a field of every sort, and a slave that answers to it."""

import tomllib

from drivers.device_map import parse_device_map
from drivers.device_map_model import DeviceMap
from tests.unit.drivers.fake_modbus import FakeSlave

PANEL = """
[device]
schema = 1
vendor = "Maker"
model = "Gas panel"
source = "made up for the tests"
byte_order = "CDAB"
max_read = 10
max_gap = 0
addressing = "wire"
min_silence_ms = 4
response_timeout_ms = 150
[watchdog]
kind = "comm-timeout"
source = "made up for the tests"
prove = [ { field = "mode", in = ["watched"] }, { field = "time_ms", min = 1, max = 1000 } ]
refresh_ms = 500
[[fields]]
name = "temperature_c"
table = "input"
address = 0
data_type = "INT16"
access = "r"
group = "fast"
scale = 0.1
unit = "C"
min = -400
max = 850
source = "made up for the tests"
[[fields]]
name = "dose_usv_h"
table = "input"
address = 1
data_type = "FLOAT32"
access = "r"
group = "fast"
unit = "uSv/h"
source = "made up for the tests"
[[fields]]
name = "state"
table = "input"
address = 3
data_type = "UINT16"
access = "r"
group = "fast"
bits = { alarm = 0, sensor_lost = 5 }
source = "made up for the tests"
[[fields]]
name = "fan"
table = "discrete"
address = 4
data_type = "BOOL"
access = "r"
group = "fast"
source = "made up for the tests"
[[fields]]
name = "mode"
table = "holding"
address = 10
data_type = "UINT16"
access = "r"
group = "slow"
values = { 0 = "off", 2 = "watched" }
source = "made up for the tests"
[[fields]]
name = "time_ms"
table = "holding"
address = 12
data_type = "UINT16"
access = "r"
group = "slow"
stale_after_ms = 600
source = "made up for the tests"
[[fields]]
name = "limit"
table = "holding"
address = 20
data_type = "UINT32"
access = "rw"
group = "event"
scale = 0.01
unit = "uSv/h"
max = 1000000
safe = 5
verify = "readback"
source = "made up for the tests"
[[fields]]
name = "level"
table = "holding"
address = 30
data_type = "UINT16"
access = "rw"
group = "event"
values = { 1 = "low", 2 = "high" }
safe = 1
verify = "readback"
source = "made up for the tests"
[[fields]]
name = "horn"
table = "coil"
address = 7
data_type = "BOOL"
access = "rw"
group = "event"
safe = 0
verify = "echo"
source = "made up for the tests"
[[fields]]
name = "unverified"
table = "holding"
address = 40
data_type = "UINT16"
access = "rw"
group = "event"
safe = 0
source = "made up for the tests"
[[fields]]
name = "serial_number"
table = "input"
address = 50
data_type = "UINT16"
access = "r"
group = "once"
source = "made up for the tests"
"""


def panel_map(**watchdog) -> DeviceMap:
    document = tomllib.loads(PANEL)
    document["watchdog"] |= watchdog
    loaded = parse_device_map(document, "panel.toml")
    assert isinstance(loaded, DeviceMap), loaded
    return loaded


def panel() -> FakeSlave:
    made = FakeSlave()
    # 0.25 is 3E80 0000; its low word comes first.
    made.input = {0: 0x10000 - 55, 1: 0x0000, 2: 0x3E80, 3: 0x20, 50: 4711}
    made.discrete = {4: 1}
    made.holding = {10: 2, 12: 800, 20: 0, 21: 0, 30: 2, 40: 9}
    made.coils = {7: 1}
    return made
