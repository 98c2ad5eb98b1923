"""Beam without a unit: makes the law's permit for it, runs the schedule, keeps its record.

So far it is for seasoning the tube. The core decides when the beam may be and ends it at any doubt;
this only asks, counts the time at each step from what the generator reads, and says when all is
done.
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from edge.clock import Clock
from edge.control.act_base import ACTED, Actor, Post, Write
from edge.control.officers import Officers
from edge.control.tube import TubeCare
from edge.core import events as ev
from edge.core.effects import EntryKind
from edge.core.lane import LaneState
from edge.core.servicing import DONE, against_service, hindering, is_empty
from edge.core.state import Freshness, State, Step
from edge.core.values import Input, Quality
from edge.errors import CommandRefused
from edge.law.outcomes import Act, Role
from edge.law.service import (
    Proof,
    Purpose,
    ServiceConditions,
    ServicePermit,
    ServiceRefused,
    ServiceRequest,
    make_service_permit,
)
from edge.ports import Reading
from edge.settings import LaneFile, Seasoning, SeasoningStep

_NS = 1_000_000_000
_MS_NS = 1_000_000
_LONGEST_GAP_S = 0.5
"""Time between two looks that counts at most: nobody has looked in between."""
_INPUT = {Input.OK: Proof.PROVEN, Input.BLOCKED: Proof.REFUTED}


@dataclass(slots=True)
class Mission:
    """A service mission under way.

    Attributes:
        token: the core's token for it, below 0.
        scan_id: number of its arming.
        permit: made by the law.
        steps: the schedule.
        step: place of the step it is at.
        held_s: unbroken time at this step's voltage, seconds.
        was_at: it was at this step's voltage when last looked at.
        is_over: the last step was held.
    """

    token: int
    scan_id: int
    permit: ServicePermit
    steps: tuple[SeasoningStep, ...]
    step: int = 0
    held_s: float = 0.0
    was_at: bool = False
    is_over: bool = False

    @property
    def at(self) -> SeasoningStep:
        """The step it is at."""
        return self.steps[self.step]


class SetsPoints(Protocol):
    """What sets the generator to the next step."""

    def set_points(self, token: int) -> None:
        """Set voltage and current of the step the mission is at."""


class Service:
    """The officers' way to a beam without a unit.

    Args:
        lane: the lane.
        officers: who may ask.
        care: knows whether the tube may be used, and is told when it is seasoned.
        core: the lane's state.
        latest: the newest reading of a source.
        next_scan_id: numbers an arming.
        newest: resolves once everything written so far is on disk.
        post: takes events.
        write: writes an entry behind those of every event posted before.
        then: does something once every event posted before has been taken.
        clock: the lane's.
    """

    def __init__(
        self,
        lane: LaneFile,
        *,
        officers: Officers,
        care: TubeCare,
        core: Callable[[], State],
        latest: Callable[[str], Reading | None],
        next_scan_id: Callable[[], int],
        newest: Callable[[], "Future[Any]"],
        post: Post,
        write: Write,
        then: Callable[[Callable[[], None]], None],
        clock: Clock,
    ) -> None:
        self._lane = lane
        self._officers = officers
        self._care = care
        self._core = core
        self._latest = latest
        self._next_scan_id = next_scan_id
        self._newest = newest
        self._post = post
        self._write = write
        self._then = then
        self._clock = clock
        self._mission: Mission | None = None
        self._token = 0
        self._scan_ids: set[int] = set()
        self._looked_s = 0.0
        self.sets_points: SetsPoints | None = None

    def mission(self, token: int) -> Mission | None:
        """The mission of this token, None when it is over or was never permitted."""
        mission = self._mission
        return mission if mission is not None and mission.token == token else None

    def is_service(self, scan_id: int) -> bool:
        """Whether an arming was for a service mission of this process."""
        return scan_id in self._scan_ids

    def longest_ms(self, scan_id: int) -> int:
        """The longest exposure that an arming may have."""
        section = self._lane.source
        if self.is_service(scan_id) and isinstance(section.seasoning, Seasoning):
            return section.seasoning.longest_s * 1000
        return section.max_exposure_ms

    def season(self, actor: Actor) -> str:
        """Season the tube by the schedule of the lane file.

        Raises:
            CommandRefused: not to this officer, not on this lane, or not now; with every reason.
        """
        settings = self._lane.source.seasoning
        if not isinstance(settings, Seasoning):
            raise CommandRefused(f"this tube is not seasoned: {settings.not_needed}")
        role = self._officers.role_for(actor.officer, Act.SERVICE)
        hindrance = self._care.hindrance()
        if hindrance:
            raise CommandRefused(f"the generator {hindrance}; ask again afterwards")
        permit = self._permit(actor, role, Purpose.SEASONING, settings.longest_s)
        return self._begin(actor, permit, settings.steps)

    def end(self, actor: Actor) -> str:
        """End the mission under way; what it was for stays due. Raises CommandRefused."""
        mission = self._mission
        if mission is None:
            raise CommandRefused("no service mission is under way")
        role = self._role_to_end(actor)
        note = actor.note(role, purpose=mission.permit.purpose.value, ends=True)
        self._post(ev.AbortRequested(mission.token), note)
        self._write(ACTED, None, {"act": Act.SERVICE.value, **note})
        return f"{mission.permit.purpose.value}: ended"

    def tick(self) -> None:
        """Count the time at the step's voltage, and go on to the next step."""
        mission, state = self._mission, self._core()
        now_s = self._clock.monotonic_ns() / _NS
        passed_s, self._looked_s = min(now_s - self._looked_s, _LONGEST_GAP_S), now_s
        if mission is None or mission.is_over:
            return
        radiates = state.lane is LaneState.SERVICE_BEAM and state.mission == mission.token
        if not (radiates and self._is_at(mission.at)):
            mission.held_s, mission.was_at = 0.0, False
            return
        mission.held_s += passed_s if mission.was_at else 0.0
        mission.was_at = True
        if mission.held_s < mission.at.hold_s:
            return
        if mission.step + 1 < len(mission.steps):
            mission.step, mission.held_s, mission.was_at = mission.step + 1, 0.0, False
            assert self.sets_points is not None
            self.sets_points.set_points(mission.token)
        else:
            mission.is_over = True
            note = {"steps": len(mission.steps), "scan_id": mission.scan_id}
            self._post(ev.ServiceDone(mission.token), note)

    def seen(self, _event: ev.Event, step: Step) -> None:
        """See the core end the mission."""
        mission = self._mission
        for entry in step.entries:
            ended = entry.kind is EntryKind.SERVICE_ENDED
            if mission is not None and ended and entry.token == mission.token:
                self._mission = None
                if entry.cause == DONE:
                    self._then(self._seasoned_once_written)

    def describe(self) -> Mapping[str, object] | None:
        """The mission for people, None when there is none."""
        mission = self._mission
        if mission is None:
            return None
        return {
            "purpose": mission.permit.purpose.value,
            "officer": mission.permit.officer_id,
            "step": f"{mission.step + 1} of {len(mission.steps)}",
            "kv": mission.at.kv,
            "held_s": int(mission.held_s),
            "hold_s": mission.at.hold_s,
        }

    def _permit(self, actor: Actor, role: Role, purpose: Purpose, longest_s: int) -> ServicePermit:
        """Have the law make the permit. Raises CommandRefused with every reason against it."""
        if self._mission is not None:
            raise CommandRefused("a service mission is under way; end it first")
        state = self._core()
        secured = _INPUT.get(state.inputs.secured, Proof.UNKNOWN)
        if state.secured is not Freshness.FRESH:
            secured = Proof.REFUTED
        made = make_service_permit(
            ServiceRequest(actor.officer.id, role, purpose, longest_s),
            ServiceConditions(
                key_in_service=_INPUT.get(state.inputs.service, Proof.UNKNOWN),
                lane_empty=Proof.PROVEN if is_empty(state) else Proof.REFUTED,
                no_open_inspection=Proof.REFUTED if state.inspections else Proof.PROVEN,
                secured=secured,
            ),
            longest_s=longest_s,
        )
        if isinstance(made, ServiceRefused):
            raise CommandRefused("; ".join(reason.value for reason in made.reasons))
        against = against_service(state)
        if against:
            rows = [f"{one.row} {one.says.value}" for one in against if one.row != "fault"]
            faults = [fault.value for fault in hindering(state)]
            raise CommandRefused(f"against a beam stands: {', '.join(rows + faults)}")
        if state.lane is not LaneState.READY:
            raise CommandRefused(f"the lane is {state.lane.value}; it must be ready")
        return made

    def _begin(self, actor: Actor, permit: ServicePermit, steps: tuple[SeasoningStep, ...]) -> str:
        self._token -= 1
        mission = Mission(self._token, self._next_scan_id(), permit, steps)
        self._mission = mission
        self._scan_ids.add(mission.scan_id)
        note = actor.note(
            permit.role,
            purpose=permit.purpose.value,
            duration_s=permit.duration_s,
            scan_id=mission.scan_id,
            schedule=[f"{step.kv:g} kV {step.ma:g} mA {step.hold_s} s" for step in steps],
        )
        self._post(ev.ServicePermitted(mission.token), note)
        self._write(ACTED, None, {"act": Act.SERVICE.value, **note})
        return f"{permit.purpose.value}: permitted for {permit.duration_s} s; keep away"

    def _role_to_end(self, actor: Actor) -> Role:
        """Whoever may ask for service or abort a scan may end it. Raises CommandRefused."""
        try:
            return self._officers.role_for(actor.officer, Act.SERVICE)
        except CommandRefused:
            return self._officers.role_for(actor.officer, Act.ABORT)

    def _is_at(self, step: SeasoningStep) -> bool:
        """Whether the generator surely reads this step's voltage, within the tolerance."""
        reading = self._latest(f"{self._lane.source.device}.kv")
        seasoning = self._lane.source.seasoning
        assert isinstance(seasoning, Seasoning)
        if reading is None or reading.quality is not Quality.GOOD:
            return False
        age_ms = (self._clock.monotonic_ns() - reading.requested_ns) / _MS_NS
        if not 0 <= age_ms <= self._lane.timing.slow_stale_ms:
            return False
        value = reading.value
        if not isinstance(value, int | float):
            return False
        return abs(value - step.kv) <= step.kv * seasoning.tolerance_percent / 100

    def _seasoned_once_written(self) -> None:
        """The tube counts as seasoned once the end of the schedule is on disk."""
        loop = asyncio.get_running_loop()

        def ended(written: "Future[Any]") -> None:
            if written.exception() is None:
                loop.call_soon_threadsafe(self._care.seasoned)

        self._newest().add_done_callback(ended)
