"""The hall of the simulated lane: belt, barriers, sensors, people and beam, in steps of 5 ms.

Where things stand is a `Geometry`. The plant obeys its actuators and knows no protocol; the
emulators write the actuators and read the rest.
"""

from dataclasses import dataclass, replace
from enum import Enum, unique

from simulator.hall.barrier import Barrier
from simulator.hall.geometry import BELT, Geometry, Span
from simulator.hall.truth import Passage, Record, Wrong
from simulator.hall.units import Unit

STEP_MS = 5
UNIT_GAP_MM = 20
MAX_QUEUE = 20
ENTRY_PAUSE_MS = 1500
"""The entry stands clear this long before the next waiting unit is put on it."""
WARNING_MS = 5000
"""Warning that must have run before the relay may close (design, section 3)."""


@unique
class Key(Enum):
    """Positions of the key switch."""

    OFF = "off"
    ON = "on"
    SERVICE = "service"


@unique
class Spot(Enum):
    """The presence sensors, in the order of the safety controller's bits."""

    __hash__ = object.__hash__

    ENTRY = "presence_entry"
    TUNNEL_IN = "presence_tunnel_in"
    TUNNEL_OUT = "presence_tunnel_out"
    EXIT = "presence_exit"


@unique
class Sees(Enum):
    """What a presence sensor's antivalent pair of contacts says."""

    CLEAR = "clear"
    OCCUPIED = "occupied"
    NEITHER = "neither"


@dataclass(slots=True)
class Actuators:
    """What the devices do to the hall; written by the emulators."""

    belt_speed_mm_s: float = 0.0
    warning: bool = False
    entry_barrier_open: bool = False
    exit_barrier_open: bool = False
    relay_closed: bool = False
    hv_kv: float = 0.0


@dataclass(slots=True)
class People:
    """What people have done: switches, doors, and where they stand."""

    estop_pressed: bool = False
    key: Key = Key.OFF
    doors_open: bool = False
    person_in_zone: bool = False
    person_in_cab: bool = False
    reset_pressed: bool = False


@dataclass(slots=True)
class Damage:
    """What is broken, for fault tests; everything whole by default."""

    estop_b_stuck: bool = False
    lamp_broken: bool = False
    horn_broken: bool = False
    zone_selftest_failed: bool = False
    belt_jammed: bool = False
    beam_detector_on: bool = False
    relay_welded: bool = False
    leaking: bool = False


@dataclass(slots=True)
class _Body:
    """A unit on the belt."""

    passage: Passage
    front_mm: float

    @property
    def rear_mm(self) -> float:
        return self.front_mm - self.passage.unit.length_mm

    def overlaps(self, span: Span) -> bool:
        return self.front_mm > span[0] and self.rear_mm < span[1]

    def covers(self, spot_mm: int) -> bool:
        return spot_mm <= self.front_mm and self.rear_mm < spot_mm


@dataclass(frozen=True, slots=True)
class Slice:
    """What stands in the beam plane: a unit and how far behind its front the plane cuts it."""

    unit: Unit
    offset_mm: float


class Plant:
    """The hall. Deterministic: the same acts at the same times give the same history.

    Args:
        geometry: where things stand.
    """

    def __init__(self, geometry: Geometry = BELT) -> None:
        self.geometry = geometry
        self.now_ms = 0
        self.actuators = Actuators()
        self.people = People()
        self.damage = Damage()
        self.entry_barrier = Barrier()
        self.exit_barrier = Barrier()
        self.stuck: dict[Spot, Sees] = {}
        self.record = Record()
        self.secured = False
        self._lamp_ms = 0
        self._entry_clear_ms = ENTRY_PAUSE_MS
        self._belt_mm = 0.0
        self._bodies: list[_Body] = []
        self._queue: list[Unit] = []

    # What people do -------------------------------------------------------------------------

    def arrive(self, unit: Unit) -> bool:
        """Let a unit come; it waits outside while the entry is taken. False when 20 wait."""
        if len(self._queue) >= MAX_QUEUE:
            return False
        self._queue.append(unit)
        self._let_in()
        return True

    def take_away(self, reach_mm: int | None = None) -> Unit | None:
        """The attendant takes the unit at the entry off the lane, if one stands in his reach.

        Args:
            reach_mm: how far he reaches; None for the entry barrier.
        """
        reach_mm = self.geometry.entry_barrier_mm if reach_mm is None else reach_mm
        for body in self._bodies:
            if body.front_mm <= reach_mm:
                self._bodies.remove(body)
                self._leave(body, taken_away=True)
                self._entry_clear_ms = 0
                return body.passage.unit
        return None

    def clear(self) -> tuple[Unit, ...]:
        """People take every unit off the standing belt ."""
        taken = [body.passage.unit for body in self._bodies]
        for body in tuple(self._bodies):
            self._bodies.remove(body)
            self._leave(body, taken_away=True)
        self._entry_clear_ms = 0
        return tuple(taken)

    def press_secure(self) -> bool:
        """Search-and-secure; holds only with doors shut, e-stop released and nobody inside."""
        self.secured = self._may_be_secured()
        return self.secured

    def power_up(self) -> None:
        """The safety controller was switched on again: search-and-secure is lost."""
        self.secured = False

    # What can be seen -----------------------------------------------------------------------

    @property
    def hv_on(self) -> bool:
        """True while there is any high voltage on the tube."""
        return self.actuators.hv_kv > 0.0

    @property
    def beam_on(self) -> bool:
        """True while X-rays come out."""
        return self.hv_on and self.actuators.relay_closed

    @property
    def leaks(self) -> bool:
        """True while radiation comes through the shielding beside the lane."""
        return self.beam_on and self.damage.leaking

    @property
    def lamp_current(self) -> bool:
        """True while the warning lamp draws current."""
        return self.actuators.warning and not self.damage.lamp_broken

    @property
    def horn_current(self) -> bool:
        """True while the horn draws current."""
        return self.actuators.warning and not self.damage.horn_broken

    @property
    def encoder_um(self) -> int:
        """Belt travel since power-up in micrometres."""
        return round(self._belt_mm * 1000)

    def sees(self, spot: Spot) -> Sees:
        """What a presence sensor says, stuck ones included."""
        if spot in self.stuck:
            return self.stuck[spot]
        return Sees.OCCUPIED if self.is_occupied(spot) else Sees.CLEAR

    def is_occupied(self, spot: Spot) -> bool:
        """Whether a unit really is in front of a sensor."""
        place = self.geometry
        if spot is Spot.TUNNEL_IN or spot is Spot.TUNNEL_OUT:
            is_in = spot is Spot.TUNNEL_IN
            return self._covered(place.tunnel_in_mm if is_in else place.tunnel_out_mm)
        zone = place.entry_zone_mm if spot is Spot.ENTRY else place.exit_zone_mm
        for body in self._bodies:  # noqa: SIM110 - a generator costs more than its items here
            if body.overlaps(zone):
                return True
        return False

    def _covered(self, spot_mm: int) -> bool:
        for body in self._bodies:  # noqa: SIM110
            if body.covers(spot_mm):
                return True
        return False

    def at_entry(self) -> Unit | None:
        """The unit in the entry zone, which the curtains and readers look at."""
        for body in self._bodies:
            if body.overlaps(self.geometry.entry_zone_mm):
                return body.passage.unit
        return None

    def at_beam(self) -> Slice | None:
        """What the beam plane cuts now."""
        for body in self._bodies:
            if body.covers(self.geometry.beam_plane_mm):
                return Slice(body.passage.unit, body.front_mm - self.geometry.beam_plane_mm)
        return None

    def present(self) -> tuple[Passage, ...]:
        """Passages of the units on the belt, the foremost first."""
        return tuple(body.passage for body in self._bodies)

    def fronts_mm(self) -> tuple[float, ...]:
        """Fronts of the units on the belt, the foremost first."""
        return tuple(body.front_mm for body in self._bodies)

    def waiting(self) -> int:
        """How many units wait outside."""
        return len(self._queue)

    # Time -----------------------------------------------------------------------------------

    def advance(self, now_ms: int) -> None:
        """Move the hall on to ``now_ms`` in whole steps; a rest below one step waits."""
        while self.now_ms + STEP_MS <= now_ms:
            self._step()
            left = (now_ms - self.now_ms) // STEP_MS
            if left and self.is_at_rest:
                self._skip(left)

    @property
    def is_at_rest(self) -> bool:
        """True when further steps would change nothing but the clocks."""
        actuators = self.actuators
        if actuators.belt_speed_mm_s or self._queue:
            return False
        if actuators.relay_closed or actuators.hv_kv > 0.0:
            return False
        return self.entry_barrier.rests(wanted_open=actuators.entry_barrier_open) and (
            self.exit_barrier.rests(wanted_open=actuators.exit_barrier_open)
        )

    def _skip(self, steps: int) -> None:
        """Let so many steps pass in which the hall is at rest."""
        self.now_ms += steps * STEP_MS
        self._lamp_ms = self._lamp_ms + steps * STEP_MS if self.lamp_current else 0
        self._entry_clear_ms = (
            0 if self.is_occupied(Spot.ENTRY) else (self._entry_clear_ms + steps * STEP_MS)
        )

    def _step(self) -> None:
        self.now_ms += STEP_MS
        actuators = self.actuators
        self._swing(
            self.entry_barrier, self.geometry.entry_barrier_mm, opens=actuators.entry_barrier_open
        )
        self._swing(
            self.exit_barrier, self.geometry.exit_barrier_mm, opens=actuators.exit_barrier_open
        )
        if actuators.belt_speed_mm_s and not self.damage.belt_jammed:
            self._move(actuators.belt_speed_mm_s * STEP_MS / 1000)
        self.secured = self.secured and self._may_be_secured()
        self._note()
        self._lamp_ms = self._lamp_ms + STEP_MS if self.lamp_current else 0
        occupied = self.is_occupied(Spot.ENTRY)
        self._entry_clear_ms = 0 if occupied else self._entry_clear_ms + STEP_MS
        if self._queue:
            self._let_in()

    def _swing(self, barrier: Barrier, at_mm: int, *, opens: bool) -> None:
        if not barrier.rests(wanted_open=opens):
            barrier.step(STEP_MS, wanted_open=opens, obstructed=self._covered(at_mm))

    def _move(self, travel_mm: float) -> None:
        self._belt_mm += travel_mm
        limit_mm = float("inf")
        for body in self._bodies:
            body.front_mm = self._moved(body, travel_mm, limit_mm)
            limit_mm = body.rear_mm - UNIT_GAP_MM
        for body in [
            body for body in self._bodies if body.rear_mm >= self.geometry.exit_barrier_mm
        ]:
            self._bodies.remove(body)
            self._leave(body, taken_away=False)

    def _moved(self, body: _Body, travel_mm: float, limit_mm: float) -> float:
        """Where a body's front comes to: barriers and the body before it stand in the way."""
        front_mm = body.front_mm
        if front_mm <= self.geometry.entry_barrier_mm and not self.entry_barrier.is_open:
            return front_mm
        target_mm = front_mm + travel_mm
        if front_mm <= self.geometry.exit_stand_mm and not self.exit_barrier.is_open:
            target_mm = min(target_mm, self.geometry.exit_stand_mm)
        if travel_mm < 0:
            return max(target_mm, self.geometry.entry_stand_mm)
        return max(front_mm, min(target_mm, limit_mm))

    def _let_in(self) -> None:
        free = self._entry_clear_ms >= ENTRY_PAUSE_MS and not self.is_occupied(Spot.ENTRY)
        if self._queue and free:
            self._bodies.append(
                _Body(Passage(self._queue.pop(0), self.now_ms), self.geometry.entry_stand_mm)
            )

    def _leave(self, body: _Body, *, taken_away: bool) -> None:
        self.record.left(replace(body.passage, left_ms=self.now_ms, taken_away=taken_away))

    def _may_be_secured(self) -> bool:
        people = self.people
        return not (people.doors_open or people.estop_pressed or people.person_in_zone)

    def _note(self) -> None:
        """Write the truth of this step."""
        relay, hv = self.actuators.relay_closed, self.hv_on
        if not (relay or hv):
            self.record.all_well()
            return
        found: set[tuple[Wrong, str]] = set()
        for body in self._bodies:
            if body.overlaps(self.geometry.tunnel_mm) and not body.passage.unit.may_be_scanned:
                found.add((Wrong.UNIT_NOT_SCANNABLE, body.passage.unit.unit_id))
        if self.people.person_in_zone:
            found.add((Wrong.PERSON_IN_ZONE, ""))
        if self.people.person_in_cab:
            found.add((Wrong.PERSON_IN_CAB, ""))
        if relay and self._lamp_ms < WARNING_MS:
            found.add((Wrong.NOT_WARNED, ""))
        self.record.wrong(found, self.now_ms, STEP_MS, relay=relay, hv=hv)
        if relay:
            self.record.extend(self.record.relay, self.now_ms, STEP_MS)
        if hv:
            self.record.extend(self.record.hv, self.now_ms, STEP_MS)
        if relay and hv:
            self.record.extend(self.record.beam, self.now_ms, STEP_MS)
            self._expose()

    def _expose(self) -> None:
        for body in self._bodies:
            if body.covers(self.geometry.beam_plane_mm):
                exposure_ms = body.passage.exposure_ms + STEP_MS
                body.passage = replace(body.passage, exposure_ms=exposure_ms)
