"""The line of a generator: one exchange at a time, and no late answer taken for the next one's."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from drivers.serial_line import SerialLine
from edge.errors import DeviceGarbled, DeviceRefused, DeviceTimeout
from firmware_bridge.link import LineSettings

QUIET_ROUNDS = 3
"""Pauses in which a line must fall silent once."""

T = TypeVar("T")


class Overtaken(DeviceRefused):
    """HV off waits; nothing else is sent before it."""


class Unheard(DeviceRefused):
    """The lane logic is not alive; nothing but HV off is sent."""


class StaysOn(DeviceGarbled):
    """HV off was given and the status still says high voltage."""


class GeneratorLine:
    """Exchanges with one generator.

    After an answer that did not come, or that was none, nothing but HV off is sent until the line
    was quiet for ``quiet_ms``. **So an answer later than timeout_ms + quiet_ms can be taken for the
    next one's**; an earlier one cannot.

    Args:
        name: the generator as named in the lane file.
        settings: where its line is.
        timeout_ms: longest wait for one answer.
        quiet_ms: the pause.
        now_ns: monotonic time in nanoseconds.
        hinders: raises DeviceRefused when a command that is no HV off may not be sent now.
    """

    def __init__(
        self,
        name: str,
        settings: LineSettings,
        *,
        timeout_ms: int,
        quiet_ms: int,
        now_ns: Callable[[], int],
        hinders: Callable[[str], None],
    ) -> None:
        self._name = name
        self._timeout_ms = timeout_ms
        self._quiet_s = quiet_ms / 1000
        self._now_ns = now_ns
        self._hinders = hinders
        self.line = SerialLine(name, settings)
        self.unsettled = False
        self.asked_ns = 0

    def say(self, words: bytes, *, spoils: bool) -> None:
        """Send without waiting; ``spoils`` where the answer could be taken for another one.

        Raises DeviceUnreachable.
        """
        self.unsettled = self.unsettled or spoils
        self.line.write(words)

    async def exchange(
        self,
        command: str,
        request: bytes,
        read: Callable[[bytes], T | None],
        *,
        urgent: bool = False,
    ) -> T:
        """Send one request; ``read`` takes bytes as they come and returns the answer when whole.

        Raises DeviceTimeout, DeviceUnreachable, DeviceGarbled, and DeviceRefused when this is no
        HV off and may not be sent, or HV off was asked for while it was in flight.
        """
        if not urgent:
            self._hinders(command)
            await self.settle(command)
            self._hinders(command)
        self.line.discard()
        self.asked_ns = self._now_ns()
        try:
            async with asyncio.timeout(self._timeout_ms / 1000):
                self.line.write(request)
                answer = None
                while answer is None:
                    answer = read(await self.line.read(self._timeout_ms / 1000))
        except (TimeoutError, DeviceTimeout) as error:
            self.unsettled = True
            detail = f"no answer in {self._timeout_ms} ms. Check cable, baud and power"
            raise DeviceTimeout(self._name, f"command {command}", detail) from error
        except DeviceGarbled:
            self.unsettled = True
            raise
        if not urgent:
            self._hinders(command)
        return answer

    async def settle(self, command: str = "", *, urgent: bool = False) -> None:
        """Let late answers pass. Raises DeviceGarbled when the line does not fall silent.

        What is not urgent gives way in between: raises DeviceRefused.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + QUIET_ROUNDS * self._quiet_s
        while self.unsettled:
            try:
                await self.line.read(self._quiet_s)
            except DeviceTimeout:
                self.unsettled = False
            if not urgent:
                self._hinders(command)
            if self.unsettled and loop.time() >= until_s:
                detail = "the line does not fall silent. Check the device"
                raise DeviceGarbled(self._name, "settle", detail)
