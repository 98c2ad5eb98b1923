"""The beam-permit board as it behaves on its wire: sessions, sequence, freshness, status.

Pure: bytes, time and inputs come in, bytes go out. firmware_bridge/PROTOCOL.md is its contract;
a board in C has to pass the same tests.
"""

import zlib

from firmware_bridge.frames import Parser, encode
from firmware_bridge.words import Command, EndReason, Hello, Identity, Permit, Refusal, Status
from simulator.devices.mcu_memory import BoardInputs, BoardMemory, bits
from simulator.devices.mcu_permit import Permit as PermitCore
from simulator.devices.mcu_permit import newer

FIRMWARE = 1
STATUS_PERIOD_MS = 50
HEARD_MS = 250
"""Oldest status an ARM or ON may rest on: bounds the delay of a frame in the link."""
_MAX_SESSIONS = 2**24 - 1
_U16 = 2**16 - 1


class Mcu:
    """The board between two power-ups; `BoardMemory` is what outlives them."""

    def __init__(self, memory: BoardMemory | None = None, now_ms: int = 0) -> None:
        """Power up at ``now_ms`` of any clock that never goes back."""
        self.memory = BoardMemory() if memory is None else memory
        self.memory.boots += 1
        self._permit = PermitCore(self.memory, now_ms)
        self._parser = Parser()
        self._session = 0
        self._challenge: int | None = None
        self._sequence = 0
        self._refusal = Refusal.NONE
        self._now_ms = now_ms
        self._status_due_ms = now_ms
        self._told: Status | None = None

    @property
    def relay_closed(self) -> bool:
        """Whether the board drives the permission relay closed."""
        return self._permit.coil

    @property
    def status(self) -> Status:
        """What the next status frame would say."""
        permit, memory = self._permit, self.memory
        return Status(
            session=self._session,
            sequence=self._sequence,
            board_ms=self._now_ms % 2**32,
            scan_id=memory.last_scan_id,
            exposure_ms=memory.exposure_ms,
            warning_ms=permit.warning_ms,
            lease_ms=permit.lease_ms,
            inputs=bits(permit.inputs),
            state=permit.state,
            relay_closed=permit.contact,
            end_reason=permit.end_reason,
            refusal=self._refusal,
            trip=memory.trip,
            trips=min(memory.trips, _U16),
            reset_edges=min(permit.reset_edges, _U16),
            key_edges=min(permit.key_edges, _U16),
            crc_errors=min(self._parser.errors, _U16),
        )

    def receive(self, data: bytes, now_ms: int) -> bytes:
        """Take bytes from the host and return the answers. Time never goes back."""
        self._advance(now_ms)
        out = b""
        for message in self._parser.feed(data):
            if isinstance(message, Hello):
                out += self._hello(message)
            elif isinstance(message, Permit) and self._fits(message):
                self._sequence = message.sequence
                self._refusal = self._obey(message)
                out += self._tell()
        return out

    def poll(self, now_ms: int, inputs: BoardInputs) -> bytes:
        """Look at the inputs and return what is to be said; call every 1-5 ms."""
        self._now_ms = max(self._now_ms, now_ms)
        out = b""
        if self._permit.look(inputs, self._now_ms) and self._challenge is not None:
            out += self._open_session(self._challenge, EndReason.KEY)
        if self._now_ms >= self._status_due_ms or self._changed():
            out += self._tell()
        return out

    def _advance(self, now_ms: int) -> None:
        self._now_ms = max(self._now_ms, now_ms)
        self._permit.advance(self._now_ms)

    def _hello(self, hello: Hello) -> bytes:
        repeated = hello.challenge == self._challenge and self._session and not self._sequence
        if repeated:
            return self._identity()
        return self._open_session(hello.challenge, EndReason.SESSION)

    def _open_session(self, challenge: int, reason: EndReason) -> bytes:
        self._permit.begin_session(reason)
        self._challenge = challenge
        self._sequence = 0
        self._refusal = Refusal.NONE
        self._session = self._nonce(challenge)
        return self._identity() + self._tell()

    def _nonce(self, challenge: int) -> int:
        """Return a nonce never used: the upper 24 bits number it; 0 when they are used up."""
        memory = self.memory
        if memory.sessions >= _MAX_SESSIONS:
            return 0
        memory.sessions += 1
        counters = (challenge, memory.boots, memory.keys, memory.sessions)
        mark = b"".join((number % 2**32).to_bytes(4, "little") for number in counters)
        return memory.sessions << 8 | zlib.crc32(mark) & 0xFF

    def _identity(self) -> bytes:
        memory, challenge = self.memory, self._challenge
        assert challenge is not None, "an identity answers a challenge"
        return encode(Identity(challenge, self._session, memory.boots, memory.keys, FIRMWARE))

    def _fits(self, permit: Permit) -> bool:
        """Frames of another session, repeated or overtaken ones are ignored, not counted."""
        return bool(
            self._session
            and permit.session == self._session
            and newer(permit.sequence, self._sequence)
        )

    def _obey(self, permit: Permit) -> Refusal:
        if permit.command is Command.OFF:
            return self._permit.off()
        if (self._now_ms - permit.heard_ms) % 2**32 > HEARD_MS:
            return Refusal.LATE
        if permit.command is Command.ARM:
            return self._permit.arm(permit.scan_id)
        return self._permit.on(permit.scan_id, permit.duration_ms, permit.belief)

    def _changed(self) -> bool:
        told, permit = self._told, self._permit
        return told is None or (told.state, told.relay_closed, told.trip, told.inputs) != (
            permit.state,
            permit.contact,
            self.memory.trip,
            bits(permit.inputs),
        )

    def _tell(self) -> bytes:
        self._told = self.status
        self._status_due_ms = self._now_ms + STATUS_PERIOD_MS
        return encode(self._told)
