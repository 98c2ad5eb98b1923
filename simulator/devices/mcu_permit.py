"""The decision inside the permit board: arming, warning, lease, trip. Pure; time is an argument."""

from firmware_bridge.words import BELIEVED, MAX_LEASE_MS, EndReason, Refusal, State, Trip
from simulator.devices.mcu_memory import (
    BEAM_ROWS,
    WARNING_ROWS,
    BoardInputs,
    BoardMemory,
    bits,
    first_bad,
)

WARNING_MS = 5000
"""Least warning before the beam (IEC 62523:2010 4.8)."""
BELIEF_MS = 150
"""How long host and board may disagree on an input while the relay is closed."""
STRAY_MS = 200
"""How long high voltage or beam may be seen with the relay open: the generator's decay."""
RELAY_MS = 100
"""How long the relay's contact may differ from its coil: its travel, with margin."""
WATCHDOG_MS = 250
"""Longest gap between two looks at the inputs with the relay closed."""
SILENCE_MS = 1000
"""How long an arming outlives the last frame that asked for it."""

_OPEN_PHASES = (State.ARMING, State.ARMED, State.ON)


def newer(candidate: int, last: int) -> bool:
    """Whether a 32-bit number comes after another (serial number arithmetic, RFC 1982)."""
    return 0 < (candidate - last) % 2**32 < 2**31


class Since:
    """When a condition began; says whether it has lasted longer than its limit."""

    def __init__(self, limit_ms: int) -> None:
        self._limit_ms = limit_ms
        self._began_ms: int | None = None

    def lasted(self, now_ms: int, *, true: bool) -> bool:
        """Note whether the condition holds now; True once it held for more than the limit."""
        if not true:
            self._began_ms = None
            return False
        if self._began_ms is None:
            self._began_ms = now_ms
        return self.over(now_ms)

    def over(self, now_ms: int) -> bool:
        """Whether a condition that began and was not ended is past its limit."""
        return self._began_ms is not None and now_ms - self._began_ms > self._limit_ms


class Permit:
    """One relay and everything that must hold for it to be closed.

    ``phase`` is where the arming stands; a trip lies over it until a local reset.
    """

    def __init__(self, memory: BoardMemory, now_ms: int) -> None:
        self.memory = memory
        self.phase = State.SILENT
        self.end_reason = EndReason.NONE
        self.warning_ms = 0
        self.reset_edges = 0
        self.key_edges = 0
        self.inputs = BoardInputs()
        self._now_ms = now_ms
        self._looked_ms: int | None = None
        self._lease_end_ms = 0
        self._asked_ms = 0
        self._belief = Since(BELIEF_MS)
        self._stray_hv = Since(STRAY_MS)
        self._stray_beam = Since(STRAY_MS)
        self._relay = Since(RELAY_MS)

    @property
    def coil(self) -> bool:
        """Whether the board drives its relay closed."""
        return self.phase is State.ON

    @property
    def contact(self) -> bool:
        """What the relay's auxiliary contact says."""
        feedback = self.inputs.relay_feedback
        return self.coil if feedback is None else feedback

    @property
    def state(self) -> State:
        """The phase, or TRIPPED."""
        return self.phase if self.memory.trip is Trip.NONE else State.TRIPPED

    @property
    def lease_ms(self) -> int:
        """What is left of the lease at the last advance."""
        return max(0, self._lease_end_ms - self._now_ms) if self.coil else 0

    def advance(self, now_ms: int) -> None:
        """Let time pass: count exposure, end what has run out."""
        elapsed_ms = max(0, now_ms - self._now_ms)
        self._now_ms += elapsed_ms
        if self.coil or self.contact:
            self.memory.expose(elapsed_ms)
        if self.coil and self._now_ms >= self._lease_end_ms:
            self.end(EndReason.EXPIRED)
        if self.coil and self._belief.over(self._now_ms):
            self.trip(Trip.BELIEF)
        if self.phase in (State.ARMING, State.ARMED) and self._now_ms - self._asked_ms > SILENCE_MS:
            self.end(EndReason.SILENCE)

    def look(self, inputs: BoardInputs, now_ms: int) -> bool:
        """Take in the inputs; return True when the key was turned on, which opens a session."""
        gap_ms = 0 if self._looked_ms is None else max(0, now_ms - self._looked_ms)
        if self.coil and gap_ms > WATCHDOG_MS:
            self.trip(Trip.WATCHDOG)
        self.advance(now_ms)
        before, first = self.inputs, self._looked_ms is None
        self.inputs, self._looked_ms = inputs, self._now_ms
        self._break_or_warn(before, gap_ms)
        self._watch_feedback()
        if first:
            return False
        if inputs.reset_button and not before.reset_button:
            self._reset()
        if inputs.key_on and not before.key_on:
            self.key_edges += 1
            self.memory.keys += 1
            return True
        return False

    def _break_or_warn(self, before: BoardInputs, gap_ms: int) -> None:
        if self.coil:
            bad = first_bad(self.inputs, BEAM_ROWS)
            if bad is not None:
                self.end(bad.end)
        elif self.phase in (State.ARMING, State.ARMED):
            proven = (
                gap_ms <= WATCHDOG_MS
                and first_bad(before, WARNING_ROWS) is None
                and first_bad(self.inputs, WARNING_ROWS) is None
            )
            self.warning_ms = min(self.warning_ms + gap_ms, 2**32 - 1) if proven else 0
            self.phase = State.ARMED if self.warning_ms >= WARNING_MS else State.ARMING

    def _watch_feedback(self) -> None:
        now_ms, coil = self._now_ms, self.coil
        dark = not coil
        if self._relay.lasted(now_ms, true=self.contact is not coil):
            self.trip(Trip.RELAY)
        if self._stray_hv.lasted(now_ms, true=dark and self.inputs.hv):
            self.trip(Trip.HV_WITHOUT_LEASE)
        if self._stray_beam.lasted(now_ms, true=dark and self.inputs.beam):
            self.trip(Trip.BEAM_WITHOUT_LEASE)

    def _reset(self) -> None:
        self.reset_edges += 1
        healed = not (self.inputs.hv or self.inputs.beam or self.contact)
        if healed:
            self.memory.trip = Trip.NONE

    def end(self, reason: EndReason) -> None:
        """Open the relay and end the arming, if one is open."""
        if self.phase in _OPEN_PHASES:
            self.phase = State.ENDED
            self.end_reason = reason
            self.warning_ms = 0
            self._belief.lasted(self._now_ms, true=False)

    def trip(self, why: Trip) -> None:
        """Open the relay and lock; the first reason stays until the reset."""
        self.end(EndReason.TRIPPED)
        if self.memory.trip is Trip.NONE:
            self.memory.trip = why
            self.memory.trips += 1

    def begin_session(self, reason: EndReason) -> None:
        """Forget the host: whatever was armed has ended, and only OFF is understood."""
        self.end(reason)
        self.phase = State.SILENT

    def off(self) -> Refusal:
        """Obey OFF, which is never refused."""
        self.end(EndReason.WITHDRAWN)
        self.phase = State.OFF
        return Refusal.NONE

    def arm(self, scan_id: int) -> Refusal:
        """Begin or keep an arming."""
        refusal = self._barred()
        if refusal is None and self.phase in _OPEN_PHASES:
            refusal = Refusal.NONE if scan_id == self.memory.last_scan_id else Refusal.OTHER_SCAN
            if refusal is Refusal.NONE:
                self._asked_ms = self._now_ms
        if refusal is None and self.phase is State.ENDED:
            refusal = Refusal.NOT_ARMED
        if refusal is None and not (self.key_edges and self.inputs.key_on):
            refusal = Refusal.NO_KEY_EDGE
        if refusal is None and not (scan_id and newer(scan_id, self.memory.last_scan_id)):
            refusal = Refusal.SCAN_NOT_NEWER
        if refusal is not None:
            return refusal
        self.memory.open_scan(scan_id)
        self.phase, self.warning_ms, self._asked_ms = State.ARMING, 0, self._now_ms
        self.end_reason = EndReason.NONE
        return Refusal.NONE

    def on(self, scan_id: int, duration_ms: int, belief: int) -> Refusal:
        """Close the relay for a lease, or renew it."""
        agrees = belief == bits(self.inputs) & BELIEVED
        refusal = self._against(scan_id, duration_ms)
        if refusal is None and self.coil and self._belief.lasted(self._now_ms, true=not agrees):
            self.trip(Trip.BELIEF)
        if refusal is None and not agrees:
            refusal = Refusal.BELIEF
        if refusal is not None:
            return refusal
        self.phase = State.ON
        self._lease_end_ms = self._now_ms + duration_ms
        return Refusal.NONE

    def _against(self, scan_id: int, duration_ms: int) -> Refusal | None:
        refusal = self._barred()
        if refusal is not None:
            return refusal
        stale = self._looked_ms is None or self._now_ms - self._looked_ms > WATCHDOG_MS
        checks = (
            (self.phase not in _OPEN_PHASES, Refusal.NOT_ARMED),
            (scan_id != self.memory.last_scan_id, Refusal.OTHER_SCAN),
            (not 0 < duration_ms <= MAX_LEASE_MS, Refusal.DURATION),
            (self.phase is State.ARMING, Refusal.WARNING_SHORT),
            (stale or first_bad(self.inputs, BEAM_ROWS) is not None, Refusal.INPUTS),
            (not self.coil and (self.inputs.hv or self.inputs.beam), Refusal.INPUTS),
        )
        return next((refusal for wrong, refusal in checks if wrong), None)

    def _barred(self) -> Refusal | None:
        if self.phase is State.SILENT:
            return Refusal.FIRST_NOT_OFF
        if self.memory.trip is not Trip.NONE:
            return Refusal.TRIPPED
        return None
