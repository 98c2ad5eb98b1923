"""The head of a driver with a serial line of its own, and how it holds the line."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Generic, TypedDict, TypeVar, Unpack

from drivers.serial_line import Backoff, SerialLine, SerialSettings
from edge.errors import DeviceError
from edge.ports import Heartbeat, Sink

SectionT = TypeVar("SectionT", bound=SerialSettings)


class LineHead(TypedDict, Generic[SectionT]):
    """What every driver with a line of its own is made of.

    Attributes:
        name: the device as named in the lane file.
        settings: its section.
        sink: where its points go.
        alive: the lane logic's heartbeat; while it is False nothing is sent.
        now_ns: monotonic time in nanoseconds.
    """

    name: str
    settings: SectionT
    sink: Sink
    alive: Heartbeat
    now_ns: Callable[[], int]


class LineDriver(ABC, Generic[SectionT]):
    """A device that only talks or measures: there is no safe state to leave it in."""

    def __init__(self, **head: Unpack[LineHead[SectionT]]) -> None:
        self.name = head["name"]
        self._settings = head["settings"]
        self._sink = head["sink"]
        self._alive = head["alive"]
        self._now_ns = head["now_ns"]
        self._line = SerialLine(self.name, self._settings.line())

    @abstractmethod
    async def _live(self) -> None:
        """Work on the line, which was just opened, until it fails. Raises DeviceError."""

    @abstractmethod
    def _failed(self, error: DeviceError) -> None:
        """Tell that the line or the device has failed."""

    async def run(self) -> None:
        """Hold the line for ever; after a failure it is opened anew, with a bounded back-off."""
        backoff = Backoff(self._settings.retry_ms, self._settings.retry_max_ms)
        try:
            while True:
                try:
                    await self._line.open()
                    backoff.succeeded()
                    await self._live()
                except DeviceError as error:
                    self._failed(error)
                await asyncio.sleep(backoff.failed())
        finally:
            self._line.close()
