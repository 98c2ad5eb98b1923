"""The head of every driver on a Modbus bus: what it is given, and what it makes of it."""

from collections.abc import Callable
from typing import Generic, Protocol, TypedDict, TypeVar, Unpack

from drivers.device_link import DeviceLink
from drivers.device_map_model import DeviceMap
from drivers.modbus import ModbusBus
from drivers.modbus_unit import ModbusUnit
from edge.ports import Heartbeat, Sink


class BusSection(Protocol):
    """What the section of every such device has."""

    @property
    def unit(self) -> int:
        """Modbus unit id."""

    @property
    def misses(self) -> int:
        """Missing answers until it counts as lost."""


SectionT = TypeVar("SectionT", bound=BusSection)


class Head(TypedDict, Generic[SectionT]):
    """What every driver on a bus is made of.

    Attributes:
        name: the device as named in the lane file.
        settings: its section.
        sink: where its points go.
        alive: the lane logic's heartbeat; while it is False nothing is sent.
        now_ns: monotonic time in nanoseconds.
        bus: the line it is on.
        device_map: its registers.
    """

    name: str
    settings: SectionT
    sink: Sink
    alive: Heartbeat
    now_ns: Callable[[], int]
    bus: ModbusBus
    device_map: DeviceMap


class BusDriver(Generic[SectionT]):
    """Keeps the head; ``_unit`` holds the device's registers, ``_link`` counts missing answers."""

    def __init__(self, **head: Unpack[Head[SectionT]]) -> None:
        self.name = head["name"]
        self._settings = head["settings"]
        self._sink = head["sink"]
        self._alive = head["alive"]
        self._now_ns = head["now_ns"]
        self._map = head["device_map"]
        self._unit = ModbusUnit(
            name=self.name, unit=self._settings.unit, bus=head["bus"], device_map=self._map
        )
        self._link = DeviceLink(self.name, self._sink, self._settings.misses)
