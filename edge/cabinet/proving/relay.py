"""The proof of the permit board, and through its relay of the generator, without high voltage.

Under a service permit the relay is closed as for a scan: warning of five seconds proven by lamp and
horn, every interlock good, belief and board agreeing. The generator's interlock must be seen open
before, closed while the lease is renewed, and open after the host has fallen silent without a
word. High voltage is never asked for, and drivers that could be asked refuse.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from drivers.permit_board import PermitBoard
from edge.cabinet.proving.cell import MS_NS, Cell, ProofBroken
from edge.core.interlocks import WARNED, reasons_against
from edge.core.tracking import Sensor
from edge.core.values import Input, Presence
from edge.law.service import Proof as Shown
from edge.law.service import ServiceConditions, ServicePermit
from edge.ports import Belief, BoardReport, SafetyController
from edge.proofs import Silence

ROWS = ("estop", "doors", "secured", "zone", "cab", "entry_barrier", "dose_monitor", "enable")
"""Rows of the beam's predicate that speak of people and the hall. The key stands in SERVICE and is
judged by the permit; what else a scan needs (belt, detector, storage ...) no relay alone needs."""
HEEDED = (*ROWS, *WARNED)
"""Rows whose devices must be heard, whichever they are, while the relay may be closed."""
_SETTLE_S = 5.0
_WARNING_S = 15.0
_RENEW_S = 0.05
_HELD_MS = 1000
"""The relay is seen closed for so long: three leases, so that it is renewal that holds it."""
_FALLS_S = 2.0
_SHOWS_S = 5.0
_LOOK_S = 0.005


@dataclass(frozen=True, slots=True)
class Relay:
    """What was seen of one relay.

    Attributes:
        renewed_ms: longest pause between two renewals while it stayed closed.
        held_ms: how long it was seen closed.
        board_ms: from the last renewal to the relay being reported open; None when it was not.
        source_ms: from the last renewal to the generator's interlock being read open.
        end_reason: why the board says that it opened.
        exposure_ms: what the board has counted of the relay closed.
        interlock: why the generator's interlock shows nothing, empty when it does.
    """

    renewed_ms: int
    held_ms: int
    board_ms: int | None
    source_ms: int | None
    end_reason: str
    exposure_ms: int
    interlock: str

    def silences(self, safe_ms: int | None, what: str) -> tuple[Silence, ...]:
        """The two silences: of a renewed lease, and of the host that said no more."""
        kept = f"closed for {self.held_ms} ms by renewals"
        fell = safe_ms is not None
        end = f"{what} open ({self.end_reason})" if fell else f"{what} not seen open"
        return (
            Silence(self.renewed_ms, fell=False, safe_ms=None, saw=kept),
            Silence(safe_ms or int(_FALLS_S * 1000), fell=fell, safe_ms=safe_ms, saw=end),
        )


class RelayTrial:
    """One trial of the relay; board, generator and safety controller run in ``cell``."""

    def __init__(self, cell: Cell, notice: Callable[[str], None]) -> None:
        lane = cell.lane
        board, safety = cell.device(lane.board), cell.device(lane.safety)
        assert isinstance(board, PermitBoard), "checked with the lane file"
        assert isinstance(safety, SafetyController), "checked with the lane file"
        self._cell, self._eyes, self._lane = cell, cell.eyes, lane
        self._board, self._safety = board, safety
        self._notice = notice
        self._interlock = f"{lane.source.device}.interlock"
        self._hv = lane.interlocks["hv"]
        self._first_ns = self._last_ns = self._pause_ns = 0

    async def conditions(self) -> ServiceConditions:
        """What the hall shows of the conditions of a service permit; inspections are not its.

        Waits until board, generator and safety controller were read at all.
        """
        eyes, lane = self._eyes, self._lane
        key = f"{lane.safety}.key_service"
        told = (self._interlock, f"{lane.board}.link", key)
        await eyes.until(
            lambda: (
                all(eyes.latest(one) is not None for one in told)
                and eyes.input(told[1]) is Input.OK
            ),
            _SETTLE_S,
            f"{lane.board}, {lane.source.device} and {lane.safety} answer",
        )
        with contextlib.suppress(ProofBroken):
            # A life counter has to move first. What stays doubtful is refused by its name.
            await eyes.until(lambda: eyes.input(key) is Input.OK, 2.0, "the key in SERVICE")
        presences = [
            eyes.presence(getattr(lane.presence, sensor.value)) is Presence.CLEAR
            for sensor in Sensor
        ]
        return ServiceConditions(
            key_in_service=_shown(ok=eyes.input(key) is Input.OK),
            lane_empty=_shown(ok=all(presences)),
            no_open_inspection=Shown.UNKNOWN,
            secured=_shown(ok=eyes.row("secured") is Input.OK),
        )

    async def run(self, permit: ServicePermit, scan_id: int) -> Relay:
        """Close the relay, see it held, fall silent, see it fall. Raises ProofBroken, DeviceError.

        Args:
            permit: without one there is no trial; it ends when its time is over.
            scan_id: newer than any the board has seen.
        """
        try:
            async with asyncio.timeout(permit.duration_s):
                return await self._run(scan_id)
        except TimeoutError as error:
            limit = f"{permit.duration_s} s of the service permit are over"
            raise ProofBroken(f"{limit}, and the relay's trial is not") from error
        finally:
            self._board.play_dead(dead=False)
            self._board.withdraw()
            await self._safety.set_output("warning", on=False)

    async def _run(self, scan_id: int) -> Relay:
        eyes, reported = self._eyes, self._cell.report
        if reported is None or reported.state == "tripped":
            trip = "" if reported is None else reported.trip
            raise ProofBroken(f"{self._lane.board} is locked ({trip}). Reset it there, then again")
        interlock = self._without_interlock()
        self._notice("warning: the permit relay will be closed; no high voltage is asked for")
        await self._safety.set_output("warning", on=True)
        await eyes.until(lambda: not self._against(HEEDED), _SETTLE_S, "every interlock is good")
        self._believe()
        self._board.arm(scan_id)
        await self._hold(lambda: self._is("armed", scan_id), _WARNING_S, "the board is armed")
        await self._close(scan_id, interlock)
        self._board.play_dead(dead=True)
        renewed_ms, held_ms = self._pause_ns // MS_NS, (self._last_ns - self._first_ns) // MS_NS
        board_ms = await self._opens()
        source_ms = None if interlock else await self._interlock_opens()
        self._board.play_dead(dead=False)
        report = self._cell.report
        assert report is not None
        return Relay(
            renewed_ms,
            held_ms,
            board_ms,
            source_ms,
            report.end_reason,
            report.exposure_ms if report.scan_id == scan_id else 0,
            interlock,
        )

    def _without_interlock(self) -> str:
        """Why the generator's interlock could not show anything, with the relay still open."""
        says = self._eyes.input(self._interlock)
        if says is Input.BLOCKED:
            return ""
        if says is Input.OK:
            return "its interlock is closed although the relay is open: it is not wired through it"
        return f"it does not tell its interlock ({says.value})"

    def _against(self, rows: tuple[str, ...]) -> list[str]:
        found = reasons_against(self._eyes.inputs(rows), rows)
        return [f"{reason.row} is {reason.says.value}" for reason in found]

    def _believe(self) -> None:
        row, eyes = self._eyes.row, self._eyes
        self._board.believe(
            Belief(
                estop_ok=row("estop") is Input.OK,
                key_on=eyes.input(f"{self._lane.safety}.key_service") is Input.OK,
                doors_closed=row("doors") is Input.OK,
                secured=row("secured") is Input.OK,
                zone_clear=row("zone") is Input.OK,
                lamp_proven=row("lamp") is Input.OK and row("horn") is Input.OK,
                barrier_closed=row("entry_barrier") is Input.OK,
            )
        )

    async def _hold(self, fact: Callable[[], bool], seconds: float, what: str) -> None:
        """Wait for a fact with everything good all the while."""
        deadline_ns = self._cell.now_ns() + int(seconds * 1e9)
        while not fact():
            self._guard()
            if self._cell.now_ns() > deadline_ns:
                self._break(f"not within {seconds:g} s: {what}")
            await asyncio.sleep(_LOOK_S)

    def _guard(self) -> None:
        self._believe()
        against = self._against(HEEDED)
        if self._eyes.input(f"{self._lane.safety}.key_service") is not Input.OK:
            against.append("the key is not in SERVICE")
        if isinstance(self._hv, str) and self._eyes.input(self._hv) is not Input.OK:
            against.append("the generator does not say that high voltage is off")
        report = self._cell.report
        if report is None or report.state in {"silent", "tripped"}:
            against.append("the board is silent or locked")
        if against:
            self._break(", ".join(against))

    def _break(self, why: str) -> NoReturn:
        self._board.withdraw()
        refusal = self._eyes.latest(f"{self._lane.board}.refusal")
        said = "" if refusal is None or refusal.value == "none" else f"; it says {refusal.value}"
        raise ProofBroken(f"the relay's trial was ended: {why}{said}")

    def _is(self, state: str, scan_id: int) -> bool:
        report = self._cell.report
        return report is not None and (report.state, report.scan_id) == (state, scan_id)

    async def _close(self, scan_id: int, interlock: str) -> None:
        """Renew the lease until relay and interlock were seen closed for long enough."""
        cell = self._cell
        self._first_ns = self._last_ns = cell.now_ns()
        deadline_ns = self._first_ns + int(_SHOWS_S * 1e9)
        while True:
            self._guard()
            now_ns = cell.now_ns()
            self._pause_ns = max(self._pause_ns, now_ns - self._last_ns)
            self._last_ns = now_ns
            self._board.renew(scan_id, now_ns)
            report = cell.report
            closed = report is not None and report.relay_closed and self._is("on", scan_id)
            shown = bool(interlock) or self._eyes.input(self._interlock) is Input.OK
            if closed and shown and now_ns - self._first_ns >= _HELD_MS * MS_NS:
                return
            if now_ns > deadline_ns:
                seen = f"relay closed {closed}, interlock closed {shown}"
                self._break(f"{seen} after {_SHOWS_S:g} s of renewals")
            await asyncio.sleep(_RENEW_S)

    async def _opens(self) -> int | None:
        """Milliseconds from the last renewal to the relay reported open, None when it was not."""

        def opened(report: BoardReport | None) -> bool:
            return report is not None and report.state != "silent" and not report.relay_closed

        deadline_ns = self._last_ns + int(_FALLS_S * 1e9)
        while not opened(self._cell.report):
            if self._cell.now_ns() > deadline_ns:
                return None
            await asyncio.sleep(_LOOK_S)
        return -(-(self._cell.now_ns() - self._last_ns) // MS_NS)

    async def _interlock_opens(self) -> int | None:
        """Milliseconds from the last renewal to the question that found the interlock open."""
        opened: list[int] = []

        def is_open() -> bool:
            found = self._eyes.since(self._interlock, self._last_ns)
            opened[:] = [one.requested_ns for one in found if one.value is Input.BLOCKED]
            return bool(opened)

        try:
            await self._eyes.until(is_open, _SHOWS_S, "the interlock opens")
        except ProofBroken:
            return None
        return -(-(opened[0] - self._last_ns) // MS_NS)


def _shown(*, ok: bool) -> Shown:
    return Shown.PROVEN if ok else Shown.REFUTED
