"""The simulated line detector: a TCP server of ``drivers/LINE_STREAM.md``, a line per belt step.

Its frames are written from that page, not with the driver's code. Armed, it sends one line for
every step the belt travels (100 lines/s at 300 mm/s and 3 mm); without beam the lines are dark.
"""

import asyncio
import contextlib
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

from simulator.devices.line_faults import FaultScript, Outbox, spoil_frame
from simulator.hall.array import GOODS_ARRAY, LineArray
from simulator.hall.plant import Plant, Slice
from simulator.hall.radiograph import Box, Energy, Pixels, Radiograph, contents
from simulator.plugs import Plug

STEP_UM = GOODS_ARRAY.step_um
MAX_STEPS = 200
"""Most lines of one poll; a belt that went farther in it leaves a gap in the sequence."""
MAX_COUNT = 4096
MAX_UNSENT_BYTES = 4 << 20
FRAMES_AT_ONCE = 8
"""Frames of one answer that are made before the loop looks at anything else."""
SERIAL = b"SIM-0001"
SIMULATED, TWO_ENERGIES = 1, 2
HELLO, ARM, STOP, DARK, AIR = 1, 2, 3, 4, 5
INFO, ACK, LINE = 0x81, 0x82, 0x83
DONE, WRONG_STATE, BAD_ARGUMENT = 0, 1, 2
SCAN_LINE, DARK_LINE, AIR_LINE = 0, 1, 2


_IDS = {Energy.TUBE: 0, Energy.HIGH: 0, Energy.LOW: 1}
"""Energy ids of a line."""


class Source(Protocol):
    """What the detector sees of the hall."""

    @property
    def beam_on(self) -> bool:
        """True while X-rays come out."""

    @property
    def encoder_um(self) -> int:
        """Belt travel."""

    def column(self) -> Slice | None:
        """What stands in the beam plane now."""


class PlantSource:
    """A plant as the detector sees it."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    @property
    def beam_on(self) -> bool:
        """True while X-rays come out."""
        return self._plant.beam_on

    @property
    def encoder_um(self) -> int:
        """Belt travel."""
        return self._plant.encoder_um

    def column(self) -> Slice | None:
        """What stands in the beam plane now."""
        return self._plant.at_beam()


def frame(kind: int, payload: bytes) -> bytes:
    """Write one frame."""
    bare = struct.pack("<4sBBHI", b"SLS1", 1, kind, 0, len(payload))
    head = bare[:6] + struct.pack("<H", zlib.crc32(bare) & 0xFFFF) + bare[8:]
    return head + payload + struct.pack("<I", zlib.crc32(head + payload))


@dataclass(frozen=True, slots=True)
class LineHead:
    """What stands before the pixels of a line."""

    scan_id: int
    sequence: int
    kind: int
    encoder_um: int
    time_us: int
    flags: int = SIMULATED
    energy: int = 0


def line_frame(head: LineHead, pixels: Pixels) -> bytes:
    """Write one line."""
    fixed = struct.pack(
        "<IIIBBHqQHH",
        head.scan_id, head.sequence, head.sequence + 1, head.energy, head.kind, head.flags,
        head.encoder_um, head.time_us, pixels.size, 0,
    )  # fmt: skip
    return frame(LINE, fixed + pixels.astype("<u2").tobytes())


class LineDetector:
    """The device itself: commands and belt travel in, frames out; no input or output.

    Args:
        source: the hall.
        seed: seed of the patterns and the noise.
        faults: what goes wrong with its frames; a fault's ``function`` is the type of a frame.
        array: its elements.

    Attributes:
        muted: while True no line is sent though they are taken, as with a torn cable.
        skip_lines: so many of the next lines are lost inside the detector.
    """

    def __init__(
        self,
        source: Source,
        seed: int,
        faults: FaultScript | None = None,
        array: LineArray = GOODS_ARRAY,
    ) -> None:
        self._source = source
        self.faults = faults or FaultScript()
        self._outbox = Outbox()
        self._array = array
        self.radiograph = Radiograph(seed, array)
        self._scan_id = 0
        self._sequence = 0
        self._next_um = 0
        self._boxes: tuple[str, tuple[Box, ...]] = ("", ())
        self.muted = False
        self.skip_lines = 0

    @property
    def is_armed(self) -> bool:
        """True between ARM and STOP."""
        return self._scan_id != 0

    def disarm(self) -> None:
        """Send no more lines, as after STOP or a lost connection."""
        self._scan_id = 0

    def hung_up(self) -> None:
        """The connection is gone: what was armed and what waited to be sent is, too."""
        self.disarm()
        self._outbox.drop()

    def _say(self, frames: list[bytes], now_us: int) -> bytes:
        """Put frames on the wire, spoilt as its faults say."""
        now_ms = now_us // 1000
        if not self.faults.rules and self._outbox.is_empty:
            return b"".join(frames)
        for each in frames:
            harms = self.faults.harms(0, each[5]) if each else ()
            self._outbox.put(spoil_frame(each, harms, self.faults), harms, now_ms)
        return self._outbox.due(now_ms)

    def info(self) -> bytes:
        """Return the INFO frame."""
        serial = SERIAL.ljust(16, b"\0")
        array = self._array
        flags = SIMULATED | (TWO_ENERGIES if array.energies > 1 else 0)
        fields = (array.pixels, array.reference_pixels, array.pitch_um, flags, serial)
        return frame(INFO, struct.pack("<HHIH16s", *fields))

    def command(self, kind: int, payload: bytes, now_us: int) -> bytes:
        """Carry out a command and return the answer."""
        return b"".join(self.answers(kind, payload, now_us))

    def answers(self, kind: int, payload: bytes, now_us: int) -> Iterator[bytes]:
        """Carry out a command and give the answer frame by frame, each made when asked for."""
        for each in self._frames(kind, payload, now_us):
            yield self._say([each], now_us)

    def _frames(self, kind: int, payload: bytes, now_us: int) -> Iterator[bytes]:
        argument = int.from_bytes(payload[:4], "little")
        if kind == HELLO:
            yield self.info()
        elif kind in {DARK, AIR}:
            yield from self._internal_lines(kind, argument, now_us)
        else:
            yield self._obey(kind, argument)

    def _obey(self, kind: int, argument: int) -> bytes:
        status = DONE
        if kind == STOP:
            self.disarm()
        elif kind == ARM and argument:
            self._scan_id, self._sequence = argument, 0
            self._next_um = self._source.encoder_um + self._array.step_um
        else:
            status = BAD_ARGUMENT
        return self._ack(kind, status, argument)

    @property
    def _highest(self) -> Energy:
        return self.radiograph.energy_of(0)

    def poll(self, now_us: int) -> bytes:
        """Return the lines the belt has earned since the last call."""
        if not self.is_armed:
            return self._say([], now_us)
        travelled = (self._source.encoder_um - self._next_um) // self._array.step_um + 1
        if travelled < 1:
            return self._say([], now_us)
        overrun = max(0, travelled - MAX_STEPS)
        self._sequence += overrun
        self._next_um += overrun * self._array.step_um
        sent = [self._scan_line(now_us) for _ in range(travelled - overrun)]
        return b"" if self.muted else self._say(sent, now_us)

    def _scan_line(self, now_us: int) -> bytes:
        energy = self.radiograph.energy_of(self._sequence)
        head = LineHead(
            self._scan_id, self._sequence, SCAN_LINE, self._next_um, now_us, energy=_IDS[energy]
        )
        behind_mm = (self._source.encoder_um - self._next_um) / 1000
        self._sequence += 1
        self._next_um += self._array.step_um
        if self.skip_lines:
            self.skip_lines -= 1
            return b""
        return line_frame(head, self._exposed(behind_mm, energy))

    def _exposed(self, behind_mm: float, energy: Energy) -> Pixels:
        if not self._source.beam_on:
            return self.radiograph.dark_line()
        cut = self._source.column()
        if cut is None:
            return self.radiograph.air_line(energy)
        if self._boxes[0] != cut.unit.unit_id:
            self._boxes = (cut.unit.unit_id, contents(cut.unit, self._highest))
        nepers = self.radiograph.nepers(self._boxes[1], cut.offset_mm - behind_mm, energy)
        return self.radiograph.line(nepers, energy)

    def _internal_lines(self, kind: int, count: int, now_us: int) -> Iterator[bytes]:
        if self.is_armed:
            yield self._ack(kind, WRONG_STATE, count)
        elif not 1 <= count <= MAX_COUNT:
            yield self._ack(kind, BAD_ARGUMENT, count)
        else:
            yield self._ack(kind, DONE, count)
            for number in range(count):
                yield self._internal(kind, number, now_us)

    def _internal(self, kind: int, number: int, now_us: int) -> bytes:
        # A simulated detector knows its air level and gives it without beam; a dark line taken
        # under a beam is not dark, as with a real one.
        dark = kind == DARK and not self._source.beam_on
        energy = self._highest if kind == DARK else self.radiograph.energy_of(number)
        pixels = self.radiograph.dark_line() if dark else self.radiograph.air_line(energy)
        line_kind = DARK_LINE if kind == DARK else AIR_LINE
        encoder_um, time_us = self._source.encoder_um, now_us + 1000 * number
        head = LineHead(0, number, line_kind, encoder_um, time_us, energy=_IDS[energy])
        return line_frame(head, pixels)

    @staticmethod
    def _ack(kind: int, status: int, argument: int) -> bytes:
        return frame(ACK, struct.pack("<BBI", kind, status, argument))


class DetectorServer:
    """The TCP front of a `LineDetector`; one client at a time.

    Args:
        detector: the device.
        now_us: the detector's clock.
        poll_s: how often the belt is looked at.
        plug: of its wire; while it is out, or the detector has no power, it has no client.
    """

    def __init__(
        self,
        detector: LineDetector,
        *,
        now_us: Callable[[], int],
        poll_s: float = 0.01,
        plug: Plug | None = None,
    ) -> None:
        self.detector = detector
        self._plug = plug or Plug()
        self._now_us = now_us
        self._poll_s = poll_s
        self._server: asyncio.Server | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def start(self, host: str, port: int) -> int:
        """Listen; returns the port, chosen by the system for port 0."""
        self._server = await asyncio.start_server(self._serve, host, port)
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Stop listening and hang up."""
        self.drop()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def drop(self) -> None:
        """Cut the connection, as a torn cable would."""
        if self._writer is not None:
            self._writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._writer is not None or not self._is_reachable():
            writer.close()
            return
        self._writer = writer
        polling = asyncio.create_task(self._poll(writer))
        try:
            writer.write(self.detector.info())
            await self._obey(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            self.detector.disarm()
        finally:
            polling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await polling
            self.detector.hung_up()
            self._writer = None
            writer.close()

    def _is_reachable(self) -> bool:
        in_ = self._plug.is_in(self._now_us() // 1000)
        return in_ and not self.detector.faults.is_dark(0)

    async def _obey(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await reader.readexactly(12)
            size = int.from_bytes(head[8:12], "little")
            if head[:5] != b"SLS1\x01" or size > 64:
                return
            body = await reader.readexactly(size + 4)
            if frame(head[5], body[:size]) != head + body:
                return
            answers = self.detector.answers(head[5], body[:size], self._now_us())
            while frames := list(islice(answers, FRAMES_AT_ONCE)):
                writer.write(b"".join(frames))
                await writer.drain()
                # Making thousands of lines takes long: the lane's other devices must live on.
                await asyncio.sleep(0)

    async def _poll(self, writer: asyncio.StreamWriter) -> None:
        while not writer.is_closing():
            if not self._is_reachable():
                writer.transport.abort()
                return
            lines = self.detector.poll(self._now_us())
            if writer.transport.get_write_buffer_size() < MAX_UNSENT_BYTES:
                writer.write(lines)
            await asyncio.sleep(self._poll_s)
