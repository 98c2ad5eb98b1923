"""The people of the matrix: who brings units, the officers, and whoever mends the lane."""

import asyncio
from collections.abc import Callable

from edge.control.acts import Actor
from edge.core.faults import Fault
from edge.core.inspection import InspectionState
from edge.core.lane import DRIVING, PREPARED, STOPPED, LaneState
from edge.core.state import Freshness, State
from edge.core.tracking import Certainty
from edge.errors import CommandRefused
from simulator.hall.plant import Key
from simulator.hall.units import Cargo, GoodsLine, Unit
from tests.matrix.bench import Bench

LOOK_S, ROUND_S = 0.02, 0.2
HAND_S = 0.4
"""How long a person holds a button, a key or a door."""
BACK_S = 90.0
LENGTH_MM = 500
_TAKEN_AWAY = frozenset({InspectionState.TURNING_AWAY, InspectionState.NOT_COMPLETED})
_RESET_BY_ACK = frozenset({Fault.CONVEYOR_FAULT, Fault.SOURCE_FAULT})


class NotReached(Exception):
    """The lane did not come where a cell begins, or not back."""


class Hands:
    """Everybody at one lane."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._units = 0
        self._logic = bench.logic
        self._oms = Actor(bench.logic.officers.by_signature("oms-sim"))
        self._oac = Actor(bench.logic.officers.by_signature("oac-sim"))

    @property
    def state(self) -> State:
        return self._logic.runner.state

    def ack(self) -> None:
        """Acknowledge whatever may be."""
        self._logic.acts.ack(self._oms)

    async def contradict(self) -> None:
        """Let a sensor say neither: the lane no longer knows where its units are."""
        self._bench.do(do="sensor", spot="presence_exit", sees="neither")
        await asyncio.sleep(HAND_S)
        self._bench.do(do="sensor", spot="presence_exit")

    def arrive(self, cargo: Cargo, goods: GoodsLine) -> None:
        """Let a unit come with papers that are right."""
        self._units += 1
        name = f"MX-{self._units:05d}"
        unit = Unit(
            name, LENGTH_MM, qr=name, label=name, cargo=cargo, goods=(goods,),
            may_be_scanned=cargo is Cargo.GENERAL,
        )  # fmt: skip
        self._bench.sync()
        self._bench.forwarder.deliver(
            self._bench.forwarder._manifest(unit, self._bench.clock.utc())
        )
        assert self._bench.plant.arrive(unit)

    def abort(self) -> None:
        """End the mission, as an officer may."""
        case = self._logic.book.find(self.state.mission)
        assert case is not None
        self._logic.acts.abort(self._oac, inspection_id=case.inspection_id, reason="a trial")

    def conclude(self) -> bool:
        """Give an outcome to whatever waits for one; True when there was one."""
        for inspection in self.state.inspections:
            case = self._logic.book.find(inspection.token)
            if inspection.state is InspectionState.ANALYSIS and case is not None:
                try:
                    self._logic.acts.outcome(
                        self._oac, inspection_id=case.inspection_id, suspicion=False, agrees=True,
                        note="seen",
                    )  # fmt: skip
                except CommandRefused:
                    continue
                return True
        return False

    # People -----------------------------------------------------------------------------------

    async def come_back(self) -> None:
        """Do what stands in the remedies until the lane is ready, whole and empty."""
        bench = self._bench
        bench.desk.clear()
        bench.do(do="repair")
        bench.do(do="estop_release")
        waited_s = 0.0
        while not self._is_calm():
            await self._mend()
            await asyncio.sleep(ROUND_S)
            waited_s += ROUND_S
            if waited_s > BACK_S:
                raise NotReached(self._plight())
        await asyncio.sleep(HAND_S)

    def _is_calm(self) -> bool:
        state, plant = self.state, self._bench.plant
        here = plant.present() or plant.waiting() or state.inspections
        rows = self._logic.supervisor.inputs()
        well = all(getattr(rows, row).value == "ok" for row in ("source", "detector", "board"))
        fresh = state.key is state.secured is Freshness.FRESH
        return state.lane is LaneState.READY and not here and not state.faults and well and fresh

    def _plight(self) -> str:
        state = self.state
        return (
            f"liveness: after {BACK_S:.0f} s the lane is {state.lane.value}, faults "
            f"{[one.fault.value for one in state.faults]}, inspections "
            f"{[one.state.value for one in state.inspections]}, {self._logic.supervisor.inputs()}"
        )

    async def _mend(self) -> None:
        bench, state = self._bench, self.state
        bench.sync()
        self.conclude()
        if state.lane in {LaneState.ARMING, LaneState.WARNING}:
            self.abort()
        if state.lane is LaneState.TRIPPED:
            await self._reset()
        if state.lane in STOPPED or any(
            active.fault in _RESET_BY_ACK or not active.present for active in state.faults
        ):
            self.ack()
        board = self._logic.supervisor.board
        if not self._stands():
            return
        self._take_away()
        if state.lane in STOPPED and state.tracking.tunnel:
            # Quicker than to have the lane drive it out: people take it off where it stands.
            bench.plant.clear()
            await self.contradict()
        elif state.tracking.certainty is not Certainty.TRACKED:
            bench.plant.clear()
            await self._search()
        elif (
            not bench.plant.secured
            or bench.plant.people.doors_open
            or (state.secured is not Freshness.FRESH and state.lane not in DRIVING)
        ):
            await self._search()
        elif state.key is not Freshness.FRESH and board is not None and board.session:
            await self.turn_key()

    def _take_away(self) -> None:
        state = self.state
        if state.lane in DRIVING or state.lane in PREPARED:
            return
        at_entry = [one for one in state.inspections if one.token == state.tracking.entry]
        if any(one.state in _TAKEN_AWAY for one in at_entry) or state.lane in STOPPED:
            self._bench.plant.take_away(self._bench.plant.geometry.tunnel_in_mm - 1)

    def _stands(self) -> bool:
        plant = self._bench.plant
        return plant.actuators.belt_speed_mm_s == 0.0 and not plant.beam_on

    async def _reset(self) -> None:
        await self.turn_key()
        self._bench.do(do="reset")
        await asyncio.sleep(HAND_S)
        await self._search()

    async def turn_key(self) -> None:
        """Turn the key off and on again."""
        people = self._bench.plant.people
        people.key = Key.OFF
        await asyncio.sleep(HAND_S)
        self._bench.sync()
        people.key = Key.ON

    async def _search(self) -> None:
        people = self._bench.plant.people
        people.doors_open = True
        await asyncio.sleep(HAND_S)
        self._bench.sync()
        people.doors_open = False
        self._bench.plant.press_secure()

    async def until(self, fact: Callable[[], bool], seconds: float, what: str) -> None:
        """Look at a fact until it holds. Raises NotReached."""
        waited_s = 0.0
        while not fact():
            await asyncio.sleep(LOOK_S)
            self._bench.sync()
            waited_s += LOOK_S
            if waited_s > seconds:
                raise NotReached(f"{what}: {self._plight()}")
