"""Banner EZ-ARRAY light curtain: the height or width of what stands in it, in millimetres."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers.about import About
from drivers.bus_driver import BusDriver, Head
from drivers.bus_plan import Plan, block_read, per_second
from drivers.device_link import rest_s
from drivers.device_map_model import DeviceMap, Group
from drivers.modbus_unit import ModbusUnit, Sample
from drivers.read_plan import plan_named, plan_reads
from edge.core.values import Quality
from edge.errors import DeviceError
from edge.ports import points_of

UNITS_PER_CHANNEL = 4
"""A measurement is four times the channel number (Banner manual 130426, p. 36-43)."""
MAX_MEASUREMENT = 1920
"""Largest measurement, of 480 channels (the same pages)."""

REQUIRED_FIELDS = ("measurement_1", "measurement_2")
POLLED: Mapping[str, Group] = dict.fromkeys(REQUIRED_FIELDS, "fast")
"""The group of the map in which each polled field must be."""

ABOUT = About(
    device="Banner EZ-ARRAY light curtain",
    protocol="Modbus registers",
    wire="Modbus RTU",
    publishes=("<field>", "uncertainty_mm"),
)


class EzArraySettings(BaseModel):
    """One curtain of a lane file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["ez_array"]
    bus: str = Field(description="Bus the curtain is on")
    unit: int = Field(65, ge=1, le=247, description="Modbus device id; the manual's is 0x41")
    field: Annotated[str, Field(pattern=r"^(height|width|length)_mm$")]
    pitch_mm: int = Field(5, ge=1, le=50, description="Distance of two channels")
    poll_ms: int = Field(100, ge=20, le=5000, description="Period of the measurement")
    misses: int = Field(2, ge=1, le=10, description="Missing answers until it counts as lost")
    upper_unit: int | None = Field(
        None, ge=1, le=247, description="Modbus device id of a second curtain above this one"
    )
    upper_from_mm: int | None = Field(
        None, ge=1, le=24_000, description="From this one's first channel up to the upper one's"
    )

    @model_validator(mode="after")
    def _stand_on_each_other(self) -> "EzArraySettings":
        if (self.upper_unit is None) != (self.upper_from_mm is None):
            raise ValueError("upper_unit and upper_from_mm belong together")
        if self.upper_from_mm is None:
            return self
        if self.field != "height_mm":
            raise ValueError("a second curtain above this one measures a height")
        if self.upper_unit == self.unit:
            raise ValueError("upper_unit is the other curtain's device id")
        if self.upper_from_mm > measured_mm(MAX_MEASUREMENT, self.pitch_mm):
            raise ValueError("upper_from_mm leaves a gap: nothing sees between the two curtains")
        return self

    @property
    def units(self) -> tuple[int, ...]:
        """Every device id it asks, the lower curtain's first."""
        return (self.unit,) if self.upper_unit is None else (self.unit, self.upper_unit)


def plan(settings: EzArraySettings, device_map: DeviceMap) -> Plan:
    """Both measurements of every curtain at every poll."""
    (block,) = plan_reads(device_map, "fast")
    return tuple(block_read(block, per_second(settings.poll_ms)) for _ in settings.units)


class EzArray(BusDriver[EzArraySettings]):
    """Publishes ``<field>`` (rounded up) and ``uncertainty_mm`` (one pitch) at every poll.

    A measurement out of the curtain's range, or a second one above the first, is Quality.BAD. Where
    a second curtain stands above, so is a height of which only the upper one sees anything.
    """

    def __init__(self, **head: Unpack[Head[EzArraySettings]]) -> None:
        super().__init__(**head)
        self._units = [
            ModbusUnit(name=self.name, unit=unit, bus=head["bus"], device_map=self._map)
            for unit in self._settings.units
        ]
        self._blocks = plan_named(self._map, "fast", REQUIRED_FIELDS)
        self._limit = self._map.field("measurement_1").max

    async def run(self) -> None:
        """Poll for ever; silent while the lane logic is not alive."""
        while True:
            begun_ns = self._now_ns()
            if self._alive():
                await self._poll()
            await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))

    async def _poll(self) -> None:
        try:
            of_units = [
                [await unit.read_block(block) for block in self._blocks] for unit in self._units
            ]
        except DeviceError as error:
            self._link.failed(error)
            return
        self._link.good()
        sizes = [self._size(samples) for samples in of_units]
        size = stacked_mm(sizes, self._settings.upper_from_mm or 0)
        quality = Quality.BAD if size is None else Quality.GOOD
        values = {self._settings.field: size, "uncertainty_mm": self._settings.pitch_mm}
        requested_ns = min(sample.requested_ns for samples in of_units for sample in samples)
        self._sink.deliver(points_of(self.name, values, quality), requested_ns)

    def _size(self, samples: Sequence[Sample]) -> int | None:
        """What one curtain measures, None when its measurements cannot be."""
        seen = {name: value for sample in samples for name, value in sample.values.items()}
        first, second = seen["measurement_1"], seen["measurement_2"]
        good = self._limit is not None and second <= first <= self._limit
        return measured_mm(first, self._settings.pitch_mm) if good else None


def stacked_mm(sizes: Sequence[int | None], upper_from_mm: int) -> int | None:
    """What one curtain, or two of which the second stands above, measure; None is doubt. Pure.

    Nothing stands in the air: an upper curtain that alone sees something says that one is broken.
    """
    lower, *upper = sizes
    if lower is None or None in upper:
        return None
    above = max((size for size in upper if size is not None), default=0)
    if not above:
        return lower
    return upper_from_mm + above if lower else None


def measured_mm(measurement: int, pitch_mm: int) -> int:
    """Millimetres of a measurement, rounded up: a dimension is never taken for smaller."""
    return -(-measurement * pitch_mm // UNITS_PER_CHANNEL)
