"""Rules of the runner: stop before you write, write before you permit."""

import asyncio
from concurrent.futures import Future

import pytest

from edge.core import events as ev
from edge.core.effects import KINDS, Effect, Nature, Request
from edge.core.faults import Fault
from edge.core.inspection import Inspection, InspectionState
from edge.core.interlocks import UNREAD, Feedback, Inputs
from edge.core.lane import LaneState
from edge.core.state import Freshness, Limits, State, Step, restarted
from edge.core.tracking import Certainty, Phase
from edge.core.values import Input, Presence
from edge.errors import JournalUnavailable
from edge.law.verdicts import VerdictKind
from edge.runner import QUEUE_LIMIT, Note, Runner

LIMITS = Limits(3, 4, 40, 10, 600, 400, 2400, 40, release_at_once=False)
TOKEN = 5


def inputs(**changes: object) -> Inputs:
    good = dict.fromkeys(Inputs._fields, Input.OK) | {"service": Input.BLOCKED}
    off = dict.fromkeys(("hv", "relay", "beam"), Feedback.OFF)
    return UNREAD._replace(**{**good, **off, **changes})


def prepared(lane: LaneState, phase: Phase = Phase.INSIDE) -> State:
    """A lane that does something for one unit, everything in order."""
    state = restarted(())
    inside = phase is not Phase.STANDING
    tracking = state.tracking._replace(
        certainty=Certainty.TRACKED,
        entry=0 if inside else TOKEN,
        tunnel=TOKEN if inside else 0,
        phase=phase,
        seen_entry=Presence.CLEAR if inside else Presence.OCCUPIED,
        seen_tunnel_in=Presence.OCCUPIED if inside else Presence.CLEAR,
        seen_tunnel_out=Presence.CLEAR,
        seen_exit=Presence.CLEAR,
    )
    scanning = lane is LaneState.SCANNING
    kind = InspectionState.SCANNING if scanning else InspectionState.CLEARED
    return state._replace(
        lane=lane,
        mission=TOKEN,
        tracking=tracking,
        inspections=(Inspection(TOKEN, kind, gone=False, held_ticks=0),),
        inputs=inputs(),
        key=Freshness.FRESH,
        secured=Freshness.FRESH,
        detector_armed=True,
    )


class Bench:
    """A runner whose commits end when the test says so, and what was done, in order."""

    def __init__(self, state: State) -> None:
        self.now_ms = 1000
        self.pending_ms = 0
        self.log: list[str] = []
        self.healthy: list[int] = []
        self.commits: list[Future[object]] = []
        self.notes: list[Note] = []
        self.told: list[tuple[Fault, Note]] = []
        self.runner = Runner(
            state=state,
            limits=LIMITS,
            recorder=self,
            effector=self,
            now_ns=lambda: self.now_ms * 1_000_000,
        )

    def record(self, step: Step, event: ev.Event, note: Note) -> Future[object]:
        self.log.append("write")
        self.notes.append(note)
        self.commits.append(Future())
        return self.commits[-1]

    def fault_told(self, fault: Fault, note: Note) -> None:
        self.told.append((fault, note))

    def pending_age_ms(self, now_ns: int) -> int:
        return self.pending_ms

    def do(self, request: Request, healthy_ns: int) -> None:
        self.log.append(request.effect.value)
        self.healthy.append(healthy_ns)
        if request.effect is Effect.CONFIRM_COMMIT:
            self.runner.post(ev.IntentCommitted(request.token))

    def permissive(self) -> list[str]:
        words = {e.value for e in Effect if KINDS[e].nature is Nature.PERMISSIVE}
        return [word for word in self.log if word in words]

    def take(self, *events: ev.Event) -> None:
        for event in events:
            self.runner.post(event)
        self.runner.drain()

    async def committed(self, error: Exception | None = None) -> None:
        waiting, self.commits = self.commits, []
        for commit in waiting:
            if error is None:
                commit.set_result(None)
            else:
                commit.set_exception(error)
        await asyncio.sleep(0)
        self.runner.drain()


def run(body):
    asyncio.run(body())


def test_the_permit_is_withdrawn_before_anything_is_written() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.SCANNING))
        bench.take(ev.InputsChanged(inputs(estop=Input.BLOCKED)))
        assert bench.log[0] == "withdraw"
        restrictive = ["withdraw", "hv_off", "cancel_scan", "stop_belt"]
        assert bench.log[:4] == restrictive
        assert bench.log.index("write") >= 4
        assert "stop_warning" not in bench.log  # the warning ends only after the commit
        await bench.committed()
        assert bench.log[-1] == "stop_warning"

    run(body)


def test_nothing_permissive_happens_before_the_commit() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.INTENT))
        bench.take(ev.IntentCommitted(TOKEN))
        assert bench.permissive() == []
        await bench.committed()
        assert bench.permissive() == ["renew_lease", "hv_on"]

    run(body)


def test_nothing_permissive_happens_when_the_commit_fails() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.INTENT))
        bench.take(ev.IntentCommitted(TOKEN))
        await bench.committed(JournalUnavailable("disk full"))
        assert bench.permissive() == []
        assert bench.runner.state.lane is LaneState.HELD
        assert Fault.JOURNAL_UNAVAILABLE in {a.fault for a in bench.runner.state.faults}
        assert "withdraw" in bench.log
        # The fault's own entries fail too; that must not raise it again and again.
        await bench.committed(JournalUnavailable("disk full"))
        assert bench.commits == []

    run(body)


def test_a_later_withdrawal_cancels_what_waits_for_its_commit() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.INTENT))
        bench.take(ev.IntentCommitted(TOKEN), ev.AbortRequested(TOKEN))
        await bench.committed()
        assert bench.permissive() == []
        assert bench.runner.state.lane is LaneState.CLEARING

    run(body)


def test_an_event_that_waits_is_taken_before_a_commit_permits() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.INTENT))
        bench.take(ev.IntentCommitted(TOKEN))
        bench.runner.post(ev.InputsChanged(inputs(zone=Input.BLOCKED)))
        await bench.committed()
        assert bench.permissive() == []
        assert bench.runner.state.lane is LaneState.TRIPPED

    run(body)


@pytest.mark.parametrize(("pending_ms", "renewed"), [(200, True), (201, False), (5000, False)])
def test_a_lease_is_not_renewed_while_a_commit_is_late(pending_ms: int, renewed: bool) -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.SCANNING))
        bench.pending_ms = pending_ms
        bench.take(ev.Tick(1))
        assert ("renew_lease" in bench.log) is renewed

    run(body)


def test_only_a_tick_is_healthy() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.SCANNING))
        bench.take(ev.Tick(1))
        bench.now_ms += 120
        bench.take(ev.LinesProgressed(TOKEN), ev.InputsChanged(inputs()))
        assert bench.runner.healthy_ns == 1000 * 1_000_000
        bench.take(ev.Tick(1))
        assert bench.healthy[-1] == 1120 * 1_000_000

    run(body)


def test_a_beam_needs_its_intent_on_disk() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.ADMITTING))
        bench.take(ev.Tick(1))
        assert bench.runner.state.lane is LaneState.INTENT
        assert bench.permissive() == []
        await bench.committed()  # confirms, and the next entry waits for its own commit
        assert bench.runner.state.lane is LaneState.SCANNING
        assert bench.permissive() == []
        await bench.committed()
        assert bench.permissive() == ["renew_lease", "hv_on"]

    run(body)


def test_a_verdict_that_changes_before_the_commit_leaves_no_beam() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.ADMITTING))
        bench.take(ev.Tick(1), ev.VerdictGiven(TOKEN, VerdictKind.HOLD, ev.Route.TURN_AWAY))
        await bench.committed()
        await bench.committed()
        assert bench.permissive() == []
        assert bench.runner.state.lane is LaneState.CLEARING

    run(body)


def test_a_broken_assertion_ends_the_run() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.INTENT))
        running = asyncio.create_task(bench.runner.run())
        bench.runner.post(ev.IntentCommitted(TOKEN))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        bench.commits.pop().set_exception(AssertionError("ours"))
        with pytest.raises(AssertionError, match="ours"):
            await asyncio.wait_for(running, 5)
        assert bench.permissive() == []

    run(body)


def test_the_queue_is_bounded() -> None:
    bench = Bench(prepared(LaneState.READY))
    for _ in range(QUEUE_LIMIT):
        bench.runner.post(ev.Tick(1))
    with pytest.raises(AssertionError):
        bench.runner.post(ev.Tick(1))


def test_watchers_see_a_step_after_its_restrictive_effects_and_before_the_write() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.SCANNING))
        bench.runner.watch(lambda _event, _step: bench.log.append("watch"))
        bench.take(ev.AbortRequested(TOKEN))
        order = [bench.log.index(word) for word in ("withdraw", "watch", "write")]
        assert order == sorted(order)

    run(body)


def test_what_was_said_last_of_a_fault_is_known_while_it_is_active() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.READY))
        raised = ev.FaultRaised(Fault.SOURCE_FAULT, present=True)
        first, newer = (
            {"source": "source.x", "detail": "arc"},
            {"source": "source.x", "detail": "watchdog"},
        )
        bench.runner.post(raised, first)
        bench.runner.drain()
        assert bench.runner.fault_notes == {Fault.SOURCE_FAULT: first}
        assert bench.told == []  # it stands in the entry of the fault
        bench.runner.post(raised, newer)
        bench.take(raised)
        assert bench.runner.fault_notes == {Fault.SOURCE_FAULT: newer}
        assert bench.told == [(Fault.SOURCE_FAULT, newer)]
        bench.take(ev.FaultGone(Fault.SOURCE_FAULT))
        assert bench.runner.fault_notes == {}

    run(body)


def test_a_fault_that_the_core_finds_is_known_by_what_came_with_its_event() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.SCANNING))
        bench.runner.post(ev.LeaseLost(), {"detail": "zone"})
        bench.runner.drain()
        assert bench.runner.fault_notes == {Fault.LEASE_LOST: {"detail": "zone"}}

    run(body)


def test_a_step_without_entries_writes_nothing() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.SCANNING))
        bench.take(ev.Tick(1))
        assert bench.log == ["renew_lease"]

    run(body)


def test_what_is_to_follow_is_done_once_everything_posted_before_it_was_taken() -> None:
    async def body() -> None:
        bench = Bench(prepared(LaneState.SCANNING))
        bench.runner.post(ev.AbortRequested(TOKEN))
        bench.runner.then(lambda: bench.log.append("then"))
        bench.runner.post(ev.Tick(1))
        assert "then" not in bench.log
        bench.runner.drain()
        assert bench.log.index("write") < bench.log.index("then")
        assert bench.runner.steps == 2

    run(body)
