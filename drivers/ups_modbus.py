"""Tripp Lite UPS with a Modbus card: whether there is mains, and how long the battery lasts."""

import asyncio
from collections.abc import Mapping
from typing import Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field

from drivers.about import About
from drivers.bus_driver import BusDriver, Head
from drivers.bus_plan import Plan, block_read, per_second
from drivers.device_link import rest_s
from drivers.device_map_checks import value_range
from drivers.device_map_model import DeviceMap
from drivers.read_plan import plan_reads
from edge.core.values import Input, Quality
from edge.errors import DeviceError
from edge.ports import Point

NUMBERS = ("minutes_left", "battery_percent", "on_battery_s")
_UNKNOWN_CODE = "a code that the map does not know"
REQUIRED_FIELDS = ("battery_condition", "battery_status", "battery_charge", *NUMBERS)

ABOUT = About(
    device="Tripp Lite UPS with Modbus card, read only",
    protocol="Modbus registers",
    wire="Modbus RTU",
    publishes=("mains", "battery", *NUMBERS),
)


class UpsModbusSettings(BaseModel):
    """The UPS of a lane file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["ups_modbus"]
    bus: str = Field(description="Bus the card is on")
    unit: int = Field(1, ge=0, le=255, description="Modbus device id, switch SW1 of the card")
    poll_ms: int = Field(1000, ge=100, le=10_000, description="Period of reading")
    misses: int = Field(3, ge=1, le=10, description="Missing answers until it counts as lost")


def plan(settings: UpsModbusSettings, device_map: DeviceMap) -> Plan:
    """Everything in one question at every poll."""
    (block,) = plan_reads(device_map, "fast")
    return (block_read(block, per_second(settings.poll_ms)),)


def contradicts(values: Mapping[str, str | None], percent: int) -> bool:
    """Say whether a battery is called well and empty at once: a card that knows nothing says 0.

    So a block of zeros, with which 0 means "ok", is no UPS on mains. Pure.
    """
    return values["battery_status"] == "ok" and percent == 0


def mains(values: Mapping[str, str | None], on_battery_s: int) -> Input:
    """Say whether there is mains; the first second on battery is still 0 seconds. Pure."""
    charge = values["battery_charge"]
    if on_battery_s > 0 or charge == "discharging":
        return Input.BLOCKED
    return Input.UNKNOWN if charge is None else Input.OK


def battery(values: Mapping[str, str | None]) -> Input:
    """Say whether the battery is well: not low, and not to be replaced. Pure."""
    status, condition = values["battery_status"], values["battery_condition"]
    if status is None or condition is None:
        return Input.UNKNOWN
    return Input.OK if (status, condition) == ("ok", "good") else Input.BLOCKED


class UpsModbus(BusDriver[UpsModbusSettings]):
    """Publishes ``mains`` (OK on mains, BLOCKED on battery), ``battery`` and the numbers.

    ``battery_percent``, ``minutes_left`` and ``on_battery_s`` are Quality.BAD without a value when
    they are outside the map's range. It only reads: nothing is ever shut down from here.
    """

    def __init__(self, **head: Unpack[Head[UpsModbusSettings]]) -> None:
        super().__init__(**head)
        (self._block,) = plan_reads(self._map, "fast")

    async def run(self) -> None:
        """Poll for ever; silent while the lane logic is not alive."""
        while True:
            begun_ns = self._now_ns()
            if self._alive():
                await self._poll()
            await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))

    async def _poll(self) -> None:
        try:
            sample = await self._unit.read_block(self._block)
        except DeviceError as error:
            self._link.failed(error)
            return
        self._link.good()
        raw = sample.values
        words = {
            name: self._map.field(name).values.get(raw[name])
            for name in ("battery_condition", "battery_status", "battery_charge")
        }
        states = {"mains": mains(words, raw["on_battery_s"]), "battery": battery(words)}
        why = _UNKNOWN_CODE
        if contradicts(words, raw["battery_percent"]):
            why = "its battery is called ok with 0 % left: the card knows nothing of its UPS"
            states = {
                name: state if state is Input.BLOCKED else Input.UNKNOWN
                for name, state in states.items()
            }
        points = (
            *(self._judged(name, state, why) for name, state in states.items()),
            *(self._number(name, raw[name]) for name in NUMBERS),
        )
        self._sink.deliver(points, sample.requested_ns)

    def _judged(self, name: str, state: Input, why: str) -> Point:
        source = f"{self.name}.{name}"
        if state is Input.UNKNOWN:
            return Point(source, state, Quality.BAD, why)
        return Point(source, state)

    def _number(self, name: str, raw: int) -> Point:
        low, high = value_range(self._map.field(name))
        if low <= raw <= high:
            return Point(f"{self.name}.{name}", raw)
        detail = f"{raw} is outside {low}..{high} of the map"
        return Point(f"{self.name}.{name}", None, Quality.BAD, detail)
