"""The permit board of the in-process world at its port: the host's side, without frames."""

from collections.abc import Callable

from edge.ports import Belief, BoardReport, Heartbeat
from firmware_bridge.words import MAX_LEASE_MS, EndReason, Seen, State, Trip
from simulator.world.hall import Hall
from simulator.world.ports import Link

MS_NS = 1_000_000
HEALTHY_MS = 150
"""Oldest healthy tick that a renewal may rest on."""


class WorldBoard:
    """Satisfies `edge.ports.BeamPermit`: the host's side of a board without frames."""

    name = "board"

    def __init__(self, hall: Hall, link: Link, alive: Heartbeat, now_ns: Callable[[], int]) -> None:
        self._hall = hall
        self._link = link
        self._alive = alive
        self._now_ns = now_ns
        self._said: Belief | None = None
        self._belief = 0
        self._held = 0
        self._session = -1

    async def run(self) -> None:
        """`Wires` polls for it."""

    def believe(self, belief: Belief) -> None:
        """Hand over the newest belief."""
        if belief == self._said:
            return
        self._said = belief
        self._belief = (
            belief.estop_ok * Seen.ESTOP.value
            | belief.key_on * Seen.KEY.value
            | belief.doors_closed * Seen.DOORS.value
            | belief.secured * Seen.SECURED.value
            | belief.zone_clear * Seen.ZONE.value
            | belief.lamp_proven * Seen.LAMP.value
            | belief.barrier_closed * Seen.BARRIER.value
        )

    def arm(self, scan_id: int) -> None:
        """Begin an arming."""
        if self._alive() and self._link.up:
            self._held = scan_id
            self._hall.sync()
            self._hall.board.arm(scan_id)

    def renew(self, scan_id: int, healthy_ns: int) -> None:
        """Grant or renew the lease, unless the lane logic is not healthy."""
        age_ms = (self._now_ns() - healthy_ns) / MS_NS
        if not 0 <= age_ms <= HEALTHY_MS or not self._alive() or not self._link.up:
            return
        if self._held == scan_id:
            self._hall.sync()
            self._hall.board.on(scan_id, MAX_LEASE_MS, self._belief)
            self._hall.obeyed()

    def withdraw(self) -> None:
        """Send OFF at once; it reaches the board only over a whole wire."""
        self._held = 0
        if self._link.up:
            self._hall.sync()
            self._hall.board.off()
            self._hall.obeyed()

    def poll(self) -> None:
        """Keep an arming, or go on sending OFF; a new session begins with OFF."""
        board = self._hall.board
        if self._session != self._hall.session or not self._alive():
            self._session, self._held = self._hall.session, 0
        if not self._held:
            board.off()
            self._hall.obeyed()
        elif board.phase in (State.ARMING, State.ARMED):
            board.arm(self._held)

    def report(self) -> BoardReport:
        """What the board says of itself now."""
        board, memory = self._hall.board, self._hall.memory
        return BoardReport(
            session=self._hall.session + 1,
            state=_STATES[board.state],
            relay_closed=board.contact,
            scan_id=memory.last_scan_id,
            exposure_ms=memory.exposure_ms,
            warning_ms=board.warning_ms,
            end_reason=_REASONS[board.end_reason],
            reset_edges=board.reset_edges,
            key_edges=board.key_edges,
            requested_ns=self._now_ns(),
            trip=_TRIPS[memory.trip],
        )

    def silent(self) -> BoardReport:
        """What stands for a board that does not answer: its relay counts as closed."""
        return BoardReport(0, "silent", True, 0, 0, 0, "none", 0, 0, 0)  # noqa: FBT003 - a record


_STATES = {state: state.name.lower() for state in State}
_TRIPS = {trip: trip.name.lower() for trip in Trip}
_REASONS = {reason: reason.name.lower() for reason in EndReason}
