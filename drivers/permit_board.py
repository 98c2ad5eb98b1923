"""The driver of the beam-permit board: carries the permit, reports what the board counts.

It decides nothing. The only way to a frame that closes the relay is `PermitBoard.renew`.
"""

import asyncio
import zlib
from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import Field

from drivers.about import About
from drivers.bus_plan import Plan, PlannedExchange
from drivers.serial_line import Backoff, SerialSettings
from edge.core.values import Input, Quality
from edge.ports import Belief, BoardReport, Heartbeat, Sink, Value, points_of
from firmware_bridge.frames import PERMIT_BYTES, STATUS_BYTES
from firmware_bridge.link import Line, LinkDown, open_line
from firmware_bridge.session import (
    PERIOD_MS,
    ArmingLost,
    HostSession,
    Identified,
    Reported,
    Silent,
)
from firmware_bridge.words import MAX_LEASE_MS, Refusal, Seen, State, Status, Trip

HEALTHY_MS = 150
"""Oldest healthy tick of the lane logic that a renewal may rest on."""
_TICK_S = PERIOD_MS / 1000
_MS = 1_000_000

ABOUT = About(
    device="beam-permit board",
    protocol="firmware_bridge/PROTOCOL.md",
    wire="serial",
    publishes=("link", "relay", "trip", "state", "trip_code", "refusal", "inputs"),
    tells=("arming_lost", "renewal"),
    sends="HELLO, which ends an arming, and OFF",
)

OnReport = Callable[[BoardReport], None]


class PermitBoardSettings(SerialSettings):
    """The board in the lane file.

    Attributes:
        lease_ms: lease asked for with each renewal, 300 at most.
    """

    kind: Literal["permit_board"] = "permit_board"
    baud: int = Field(default=115_200, ge=9600, le=1_000_000)
    lease_ms: int = Field(default=MAX_LEASE_MS, ge=100, le=MAX_LEASE_MS)


def plan(_settings: PermitBoardSettings) -> Plan:
    """One frame of the current command a period, and the status that answers it."""
    frames = PlannedExchange("renew", 1000 / PERIOD_MS, PERMIT_BYTES, STATUS_BYTES)
    return (frames,)


def ignore_report(report: BoardReport) -> None:
    """Drop a report: what `PermitBoard.on_report` does until somebody listens."""


class PermitBoard:
    """The board as the lane sees it; satisfies `edge.ports.BeamPermit`."""

    def __init__(
        self,
        *,
        name: str,
        settings: PermitBoardSettings,
        sink: Sink,
        alive: Heartbeat,
        now_ns: Callable[[], int],
        on_report: OnReport = ignore_report,
    ) -> None:
        self.name = name
        self.on_report = on_report
        self._settings = settings
        self._sink = sink
        self._alive = alive
        self._now_ns = now_ns
        self._challenges = 0
        self._session = HostSession(self._challenge, settings.lease_ms)
        self._line: Line | None = None
        self._broken = ""
        self._status: Status | None = None
        self._status_ns = 0
        self._asked_ns = 0
        self._reachable: bool | None = None
        self._was_alive = True
        self._is_dumb = False

    def play_dead(self, *, dead: bool) -> None:
        """Say nothing at all, not even OFF, as a host whose power has failed; or speak again.

        Only ever for a proof of the board: what it says meanwhile is still heard.
        """
        self._is_dumb = dead

    async def run(self) -> None:
        """Hold the link for ever; on cancellation the board is told OFF."""
        backoff = Backoff(self._settings.retry_ms, self._settings.retry_max_ms)
        try:
            while True:
                try:
                    self._broken = ""
                    self._line = await open_line(
                        self._settings.line(), self._received, self._dropped
                    )
                    backoff.succeeded()
                    self._session.connected(self._now_ms())
                    await self._serve()
                except LinkDown as error:
                    self._dropped(str(error))
                self._close()
                self._publish()
                await asyncio.sleep(backoff.failed())
        finally:
            self.play_dead(dead=False)
            self.withdraw()
            self._close()

    def believe(self, belief: Belief) -> None:
        """Hand over the newest belief; it travels in every frame from now on."""
        bits = (
            (belief.estop_ok, Seen.ESTOP),
            (belief.key_on, Seen.KEY),
            (belief.doors_closed, Seen.DOORS),
            (belief.secured, Seen.SECURED),
            (belief.zone_clear, Seen.ZONE),
            (belief.lamp_proven, Seen.LAMP),
            (belief.barrier_closed, Seen.BARRIER),
        )
        self._session.believe(sum(bit.value for true, bit in bits if true))

    def arm(self, scan_id: int) -> None:
        """Begin an arming: the board starts to count its own warning time."""
        if not self._alive():
            self._deliver({"arming_lost": f"scan {scan_id}: the lane logic is not alive"})
            return
        self._session.arm(scan_id)
        self._drain()
        self._send_due()

    def renew(self, scan_id: int, healthy_ns: int) -> None:
        """Grant or renew the lease now.

        Dropped, with a ``renewal`` reading that says why, when ``healthy_ns`` is older than 150 ms
        (or lies ahead), the lane logic is not alive, or no arming of ``scan_id`` is held.
        """
        now_ns = self._now_ns()
        age_ms = (now_ns - healthy_ns) / _MS
        if not 0 <= age_ms <= HEALTHY_MS:
            self._refuse(f"healthy tick is {age_ms:.0f} ms old, {HEALTHY_MS} ms allowed")
        elif not self._alive():
            self._refuse("the lane logic is not alive")
        elif self._line is None:
            self._refuse("the board's line is not open")
        else:
            frame = self._session.renew(scan_id, now_ns // _MS)
            self._drain()
            if frame:
                self._write(frame)
            else:
                self._refuse(f"no arming of scan {scan_id} is held")

    def withdraw(self) -> None:
        """Send OFF at once, ahead of everything queued, and keep sending OFF."""
        frame = self._session.withdraw(self._now_ms())
        if self._line is not None and not self._is_dumb:
            try:
                self._line.overtake(frame)
            except LinkDown as error:
                self._dropped(str(error))

    async def _serve(self) -> None:
        while not self._broken:
            if self._alive():
                self._was_alive = True
                self._send_due()
            elif self._was_alive:
                self._was_alive = False
                self.withdraw()
            self._drain()
            await asyncio.sleep(_TICK_S)

    def _send_due(self) -> None:
        """Send what the session owes, and publish once per period."""
        if self._line is None:
            return
        now_ns = self._now_ns()
        frame = self._session.poll(now_ns // _MS)
        if frame:
            self._write(frame)
        if now_ns - self._asked_ns >= PERIOD_MS * _MS:
            self._asked_ns = now_ns
            self._publish()

    def _write(self, frame: bytes) -> None:
        if self._line is not None and not self._is_dumb:
            try:
                self._line.write(frame)
            except LinkDown as error:
                self._dropped(str(error))

    def _received(self, data: bytes) -> None:
        for event in self._session.receive(data, self._now_ms()):
            self._happened(event)

    def _drain(self) -> None:
        for event in self._session.events():
            self._happened(event)

    def _happened(self, event: Identified | Reported | ArmingLost | Silent) -> None:
        match event:
            case Reported(status, asked_ms):
                before, self._status = self._status, status
                self._status_ns = asked_ms * _MS
                self._reached()
                self.on_report(_report(status, self._status_ns))
                if before is None or before.relay_closed is not status.relay_closed:
                    self._publish()
            case ArmingLost(scan_id, loss, end_reason, refusal):
                words = [f"scan {scan_id}: {loss.value}"]
                words += [end_reason.name.lower()] if end_reason.value > 1 else []
                words += [refusal.name.lower()] if refusal is not Refusal.NONE else []
                self._deliver({"arming_lost": ", ".join(words)})
            case Silent():
                self._lost("the board says nothing. Check cable, power and board")
            case Identified():
                pass

    def _refuse(self, why: str) -> None:
        self._deliver({"renewal": f"dropped: {why}"}, Quality.UNCERTAIN)

    def _dropped(self, detail: str) -> None:
        self._broken = detail
        self._session.connected(self._now_ms())
        self._drain()
        self._lost(f"{detail}. Check that {self._settings.port} is there, free and powered")

    def _close(self) -> None:
        if self._line is not None:
            self._line.close()
            self._line = None

    def _reached(self) -> None:
        if self._reachable is not True:
            if self._reachable is False:
                self._sink.back(self.name)
            self._reachable = True

    def _lost(self, detail: str) -> None:
        if self._reachable is not False:
            self._reachable = False
            self._sink.lost(self.name, detail)
        if self._status is not None:
            self._status = None
            self.on_report(SILENT_REPORT)
        self._publish()

    def _publish(self) -> None:
        status = self._status
        if status is None:
            self._deliver(dict.fromkeys(("link", "relay", "trip"), Input.UNKNOWN), Quality.BAD)
            return
        self._deliver(
            {
                "link": Input.OK,
                "relay": Input.BLOCKED if status.relay_closed else Input.OK,
                "trip": Input.OK if status.trip is Trip.NONE else Input.BLOCKED,
                "state": status.state.name.lower(),
                "trip_code": status.trip.name.lower(),
                "refusal": status.refusal.name.lower(),
                "inputs": status.inputs,
            },
            # Said again in every period, and as old as the question it answered.
            requested_ns=self._status_ns,
        )

    def _deliver(
        self,
        values: Mapping[str, Value],
        quality: Quality = Quality.GOOD,
        requested_ns: int | None = None,
    ) -> None:
        asked_ns = self._now_ns() if requested_ns is None else requested_ns
        self._sink.deliver(points_of(self.name, values, quality), asked_ns)

    def _now_ms(self) -> int:
        return self._now_ns() // _MS

    def _challenge(self) -> int:
        """A number that no earlier session of this or another run of the host is likely to have."""
        self._challenges += 1
        mark = self._now_ns().to_bytes(8, "little") + self._challenges.to_bytes(4, "little")
        return zlib.crc32(mark)


SILENT_REPORT = BoardReport(
    session=0,
    state=State.SILENT.name.lower(),
    relay_closed=True,
    scan_id=0,
    exposure_ms=0,
    warning_ms=0,
    end_reason="none",
    reset_edges=0,
    key_edges=0,
    requested_ns=0,
)
"""What is reported when the board stops answering: its relay has to be taken for closed."""


def _report(status: Status, requested_ns: int) -> BoardReport:
    return BoardReport(
        session=status.session,
        state=status.state.name.lower(),
        relay_closed=status.relay_closed,
        scan_id=status.scan_id,
        exposure_ms=status.exposure_ms,
        warning_ms=status.warning_ms,
        end_reason=status.end_reason.name.lower(),
        reset_edges=status.reset_edges,
        key_edges=status.key_edges,
        requested_ns=requested_ns,
        trip=status.trip.name.lower(),
    )
