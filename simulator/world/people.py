"""The people of the in-process world: who brings units and clears the lane, and the officers.

They act by what they see and by the truth of the goods; none of them ever lets a unit be scanned
that may not be, so that whatever goes wrong is the lane's.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Protocol

from edge.control.acts import Actor
from edge.control.lane_logic import LaneLogic
from edge.core.faults import Fault
from edge.core.inspection import InspectionState
from edge.core.lane import DRIVING, STOPPED, LaneState
from edge.core.state import Freshness
from edge.core.tracking import Certainty
from edge.errors import CommandRefused
from edge.journal.entries import JournalEntry
from edge.law.rules import Rule
from simulator.hall.plant import Key, People, Plant

ROUND_S = 1.0
KEY_ON_S = 2.0
PATIENCE_ROUNDS = 4
ABORT_CHANCE = 0.03
_TO_BE_TAKEN_AWAY = frozenset({InspectionState.TURNING_AWAY, InspectionState.NOT_COMPLETED})
_NOT_IDENTIFIED = frozenset({Rule.IDENTITY_MISSING, Rule.IDENTITY_CONFLICT})
_RESET_BY_ACK = frozenset({Fault.CONVEYOR_FAULT, Fault.SOURCE_FAULT})


class Place(Protocol):
    """The hall as people stand in it, whatever its devices are made of."""

    plant: Plant

    def sync(self) -> int:
        """Live up to the present; return it in milliseconds."""

    def look(self) -> None:
        """Let the board see what people have just done."""

    @property
    def stands(self) -> bool:
        """True while the belt neither moves nor is about to."""

    @property
    def key_edges(self) -> int:
        """Turns of the key that the board has seen since it has power."""


class Attendant:
    """Goes round once a second; a word with him takes no time, walking does.

    Args:
        hall: the hall.
        logic: the lane, whose display he reads.
        dangerous: whether an e-stop, a person or a door stands in the way just now.
    """

    def __init__(self, hall: Place, logic: LaneLogic, dangerous: Callable[[], bool]) -> None:
        self._hall = hall
        self._logic = logic
        self._dangerous = dangerous
        self._rounds = 0
        self._turned_away_rounds = 0

    async def run(self) -> None:
        """Go round for ever."""
        await asyncio.sleep(KEY_ON_S)
        self._people.key = Key.ON
        while True:
            await asyncio.sleep(ROUND_S)
            self._hall.sync()
            self._rounds += 1
            self._turn_away()
            if self._rounds % PATIENCE_ROUNDS == 0 and not self._dangerous():
                await self._mend()

    @property
    def _people(self) -> People:
        return self._hall.plant.people

    async def _mend(self) -> None:
        """Do what stands in the remedy of what the display says."""
        state = self._logic.runner.state
        if state.lane is LaneState.TRIPPED:
            await self._reset()
        if state.lane in STOPPED or any(
            active.present and active.fault in _RESET_BY_ACK for active in state.faults
        ):
            officer = self._logic.officers.by_signature("oms-sim")
            self._logic.acts.ack(Actor(officer))
        if state.tracking.certainty is not Certainty.TRACKED and self._stands():
            self._hall.plant.clear()
            await self._search()
        elif not self._hall.plant.secured:
            self._hall.plant.press_secure()
        elif state.secured is not Freshness.FRESH and state.lane not in DRIVING:
            await self._search()
        elif self._hall.key_edges == 0:
            await self._turn_key()

    async def _reset(self) -> None:
        await self._turn_key()
        self._people.reset_pressed = True
        self._hall.look()
        await asyncio.sleep(0.3)
        self._hall.sync()
        self._people.reset_pressed = False
        await self._search()

    async def _turn_key(self) -> None:
        self._people.key = Key.OFF
        await asyncio.sleep(0.7)
        self._hall.sync()
        self._people.key = Key.ON

    async def _search(self) -> None:
        """Open the door, look, close it, press the button."""
        if self._hall.plant.hv_on or not self._stands():
            return
        self._people.doors_open = True
        await asyncio.sleep(0.7)
        self._hall.sync()
        self._people.doors_open = False
        self._hall.plant.press_secure()

    def _stands(self) -> bool:
        return self._hall.stands and not self._hall.plant.beam_on

    def _turn_away(self) -> None:
        state = self._logic.runner.state
        turned = any(
            inspection.token == state.tracking.entry and inspection.state in _TO_BE_TAKEN_AWAY
            for inspection in state.inspections
        )
        self._turned_away_rounds = self._turned_away_rounds + 1 if turned else 0
        if self._turned_away_rounds >= PATIENCE_ROUNDS and self._stands():
            # One that was stopped under the open barrier is pulled back.
            plant = self._hall.plant
            plant.take_away(plant.geometry.tunnel_in_mm - 1)
            self._turned_away_rounds = 0


class Officers:
    """The simulated OMS and OAC.

    Args:
        seed: of their patience and moods.
        logic: the lane.
        may_scan: the truth of the unit that stands at the entry.
        own_manifest: the id of its own manifest, empty when it has none.
    """

    def __init__(
        self,
        seed: int,
        logic: LaneLogic,
        may_scan: Callable[[], bool],
        own_manifest: Callable[[], str],
    ) -> None:
        self._random = random.Random(f"officers {seed}")
        self._logic = logic
        self._may_scan = may_scan
        self._own_manifest = own_manifest
        self.refusals: Counter[str] = Counter()
        self._oms = Actor(logic.officers.by_signature("oms-sim"))
        self._oac = Actor(logic.officers.by_signature("oac-sim"))

    def told(self, entries: Sequence[JournalEntry]) -> None:
        """Hear what the lane has just written."""
        loop = asyncio.get_running_loop()
        for entry in entries:
            inspection = entry.inspection_id
            if inspection is None:
                continue
            if entry.kind == "hold.asked":
                loop.call_later(self._random.uniform(2.0, 25.0), self._answer, inspection)
            elif entry.kind == "image.stored":
                loop.call_later(self._random.uniform(3.0, 20.0), self._conclude, inspection)
            elif entry.kind == "beam.intent" and self._random.random() < ABORT_CHANCE:
                loop.call_later(self._random.uniform(0.1, 2.0), self._abort, inspection)

    def _answer(self, inspection: str) -> None:
        if self._confirm(inspection):
            return
        acts, drawn = self._logic.acts, self._random
        choices = ["pass", "turn_away"]
        if self._may_scan():
            choices = ["scan", "scan", "turn_away"]
        for decision in (drawn.choice(choices), "turn_away"):
            try:
                acts.answer(
                    self._oms, inspection_id=inspection, decision=decision, reason="looked inside"
                )
            except CommandRefused:
                self.refusals[decision] += 1
            else:
                return

    def _confirm(self, inspection: str) -> bool:
        """Say whose papers they are where only that is not known; True when the lane has heard."""
        case = self._logic.book.by_inspection(inspection)
        manifest_id = self._own_manifest()
        if case is None or case.verdict is None or not manifest_id:
            return False
        if not {reason.rule for reason in case.verdict.reasons} & _NOT_IDENTIFIED:
            return False
        try:
            self._logic.acts.confirm_identity(
                self._oms, inspection_id=inspection, manifest_id=manifest_id, reason="papers seen"
            )
        except CommandRefused:
            self.refusals["confirm_identity"] += 1
            return False
        return True

    def _conclude(self, inspection: str) -> None:
        suspicion, agrees = self._random.random() < 0.2, self._random.random() < 0.9
        try:
            self._logic.acts.outcome(
                self._oac, inspection_id=inspection, suspicion=suspicion, agrees=agrees, note="seen"
            )
        except CommandRefused:
            self.refusals["outcome"] += 1

    def _abort(self, inspection: str) -> None:
        try:
            self._logic.acts.abort(
                self._oac, inspection_id=inspection, reason="possible living cargo"
            )
        except CommandRefused:
            self.refusals["abort"] += 1
