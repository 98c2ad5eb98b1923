"""`scanlane device prove`: makes the proofs of a lane's devices and writes them into its journal.

The daemon must not run: the journal of the state folder is opened as it would open it, and refuses
a second owner. A trial that could not be carried through writes nothing; one that shows that a
device does not fall is written and takes the place of an older proof.
"""

import os
import pwd
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path

from edge.cabinet.place import refuse_beside_the_lane
from edge.cabinet.proving.cell import Cell, ProofBroken, tellers
from edge.cabinet.proving.relay import HEEDED, Relay, RelayTrial
from edge.cabinet.proving.trials import (
    DriveTrial,
    OutputsTrial,
    SafetyTrial,
    Trial,
    silences,
    watchdog_of,
)
from edge.clock import Clock, rfc3339
from edge.control.officers import Officers
from edge.core.interlocks import MOTION
from edge.errors import DeviceError, EdgeError, JournalCorrupt
from edge.journal.entries import JournalEntry
from edge.journal.keys import lane_key
from edge.journal.recovery import RecoveryReport, recover
from edge.journal.store import Journal
from edge.lane_file import load
from edge.law.outcomes import Act, Role
from edge.law.service import (
    Proof as Shown,
)
from edge.law.service import (
    Purpose,
    ServicePermit,
    ServiceRefused,
    ServiceRequest,
    make_service_permit,
)
from edge.proofs import PROOF, Needed, Proof, Silence, judged, limit_reason, needed
from edge.settings import LaneFile

Notice = Callable[[str], None]

_RELAY_PARTS = frozenset({"board", "source"})
_METHODS = {
    "conveyor": "growing silences of a slow belt; the drive's own fault, and standstill",
    "safety": "growing silences with the warning on; its own status, and the lamp's current",
    "outputs": "growing silences with an output on; its own safe mode",
    "board": "service permit, no high voltage: the host dies while the lease is held",
    "source": "service permit, no high voltage: its interlock, when the board's host dies",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A device whose trial could not be carried through, and why; nothing was written."""

    device: str
    reason: str


Found = Proof | Broken


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be proven.

    Attributes:
        lane_file: the lane.
        state: its state folder.
        devices: names; empty for every device that needs it.
        officer: who stands by.
    """

    lane_file: Path
    state: Path
    devices: tuple[str, ...]
    officer: str


async def prove(order: Order, clock: Clock, notice: Notice) -> list[Found]:
    """Prove devices one after the other.

    Raises:
        SettingsError: the lane file has mistakes.
        EdgeError: the lane runs, the journal cannot be used, or no such device needs a proof.
        CommandRefused: the officer may not.
    """
    lane = load(order.lane_file)
    await refuse_beside_the_lane(order.state)
    role = _role(lane, order.officer)
    chosen = _chosen(lane, order)
    path = order.state / "journal.db"
    if not order.state.is_dir():
        raise EdgeError(f"there is no state folder {order.state}: name the lane's --state")
    journal = Journal.open(path, lane.lane.id, lane_key(order.state), clock=clock)
    try:
        report = recover(journal)
        if not report.sound:
            found = "; ".join(report.complaints()[:5])
            raise JournalCorrupt(f"journal {path} does not verify: {found}; nothing was proven")
        return await _Prover(order, lane, journal, clock, notice, role, report).all(chosen)
    finally:
        journal.close()


def _role(lane: LaneFile, officer_id: str) -> Role:
    officers = Officers(lane)
    try:
        login = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        login = f"uid {os.getuid()}"
    officer = officers.at_the_lane(officer_id, login=login, own_login=login)
    return officers.role_for(officer, Act.SERVICE)


def _chosen(lane: LaneFile, order: Order) -> list[Needed]:
    """What is to be proven; board and generator hang on one relay and are proven together."""
    known = {one.device: one for one in needed(lane)}
    unknown = sorted(set(order.devices) - set(known))
    if unknown:
        there = ", ".join(sorted(known))
        raise EdgeError(f"{', '.join(unknown)}: needs no proof on this lane; there are: {there}")
    names = set(order.devices or known)
    if any(known[name].part in _RELAY_PARTS for name in names):
        names |= {one.device for one in known.values() if one.part in _RELAY_PARTS}
    return [one for one in known.values() if one.device in names]


class _Prover:
    def __init__(
        self,
        order: Order,
        lane: LaneFile,
        journal: Journal,
        clock: Clock,
        notice: Notice,
        role: Role,
        report: RecoveryReport,
    ) -> None:
        self._order, self._lane, self._journal = order, lane, journal
        self._clock, self._notice, self._role, self._report = clock, notice, role, report
        self._cell = Cell(lane, order.lane_file, order.state, clock.monotonic_ns)

    async def all(self, chosen: Sequence[Needed]) -> list[Found]:
        found: list[Found] = []
        for one in chosen:
            if one.part not in _RELAY_PARTS:
                found += await self._tried([one], partial(self._watched, one))
        relay = [one for one in chosen if one.part in _RELAY_PARTS]
        if relay:
            found += await self._tried(relay, partial(self._relay, relay))
        return found

    async def _tried(
        self, devices: Sequence[Needed], trial: Callable[[], Awaitable[list[Proof]]]
    ) -> list[Found]:
        try:
            proofs = await trial()
        except (ProofBroken, DeviceError) as error:
            return [Broken(one.device, str(error)) for one in devices]
        for proof in proofs:
            self._write(PROOF, proof.body())
        return list(proofs)

    async def _watched(self, one: Needed) -> list[Proof]:
        """Prove a device by its own watchdog."""
        beside = tellers(self._lane, MOTION) if one.part == "conveyor" else ()
        async with self._cell.running(one.device, *beside):
            watchdog = await watchdog_of(self._cell, one.device)
            if watchdog is None or not watchdog.time_ms:
                said = "none" if watchdog is None else watchdog.parameters
                reason = (
                    f"its watchdog is off or not told ({said}), and nothing else that can be tried "
                    "without a scan stops it. Set one and prove it again"
                )
                return [self._proof(one, outcome="not_provable", reason=reason)]
            self._notice(f"{one.device}: watchdog {watchdog.parameters}")
            trial = self._trial(one)
            kept = await silences(self._cell, one.device, trial, watchdog.time_ms, self._notice)
        measured = replace(
            self._proof(one),
            parameters=watchdog.parameters,
            time_ms=watchdog.time_ms,
            silences=kept,
        )
        return [judged(measured, one.limit_ms)]

    def _trial(self, one: Needed) -> Trial:
        if one.part == "conveyor":
            return DriveTrial(self._cell)
        if one.part == "safety":
            return SafetyTrial(self._cell)
        return OutputsTrial(self._cell, one.device)

    async def _relay(self, devices: Sequence[Needed]) -> list[Proof]:
        """Prove board and generator by the relay between them."""
        lane = self._lane
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(
                self._cell.running(
                    lane.safety, lane.board, lane.source.device, *tellers(lane, HEEDED)
                )
            )
            trial = RelayTrial(self._cell, self._notice)
            permit = await self._permit(trial)
            reported = self._cell.report
            newest = reported.scan_id if reported is not None else 0
            scan_id = max(newest + 1, int(self._clock.utc().timestamp())) & 0xFFFFFFFF
            words = {"officer": permit.officer_id, "role": permit.role.value}
            about = {"purpose": permit.purpose.value, "scan_id": scan_id, **words}
            self._write("service.permitted", {**about, "duration_s": permit.duration_s})
            try:
                relay = await trial.run(permit, scan_id)
            finally:
                report = self._cell.report
                ours = report is not None and report.scan_id == scan_id
                exposure_ms = report.exposure_ms if report is not None and ours else 0
                ended = {**about, "relay_ms": exposure_ms, "counted": ours}
                self._write("service.ended", ended)
        self._notice(f"{lane.board}: relay open {_shown(relay.board_ms)} after the last renewal")
        self._notice(f"{lane.source.device}: interlock open {_shown(relay.source_ms)} after it")
        return [self._of_relay(one, relay) for one in devices]

    async def _permit(self, trial: RelayTrial) -> ServicePermit:
        conditions = replace(
            await trial.conditions(),
            no_open_inspection=Shown.REFUTED if self._report.inspections else Shown.PROVEN,
        )
        longest_s = self._lane.proofs.service_s
        request = ServiceRequest(self._order.officer, self._role, Purpose.WATCHDOG_PROOF, longest_s)
        permit = make_service_permit(request, conditions, longest_s=longest_s)
        if isinstance(permit, ServiceRefused):
            reasons = "; ".join(reason.value for reason in permit.reasons)
            raise ProofBroken(f"no service permit: {reasons}")
        return permit

    def _of_relay(self, one: Needed, relay: Relay) -> Proof:
        is_board = one.part == "board"
        bound_ms = relay.board_ms if is_board else relay.source_ms
        what = "relay" if is_board else "interlock"
        kept: tuple[Silence, ...] = relay.silences(bound_ms, what)
        reason = limit_reason(bound_ms, one.limit_ms)
        proof = replace(self._proof(one), silences=kept, survived_ms=relay.renewed_ms)
        if not is_board and relay.interlock:
            return replace(proof, silences=(), outcome="not_provable", reason=relay.interlock)
        if is_board and not reason and relay.end_reason != "expired":
            reason = f"the relay opened by {relay.end_reason}, not by the end of its lease"
        return replace(
            proof, outcome="failed" if reason else "proven", reason=reason, bound_ms=bound_ms
        )

    def _proof(
        self, one: Needed, outcome: str = "failed", reason: str = "nothing was measured"
    ) -> Proof:
        """The proof of a device before anything was measured."""
        return Proof(
            device=one.device,
            part=one.part,
            kind=one.kind,
            settings_sha256=one.settings_sha256,
            method=_METHODS[one.part],
            parameters="",
            time_ms=0,
            silences=(),
            outcome="not_provable" if outcome == "not_provable" else "failed",
            reason=reason,
            survived_ms=0,
            bound_ms=None,
            officer=self._order.officer,
            utc=rfc3339(self._clock.utc()),
            version=version("scanlane"),
            simulated=self._lane.lane.simulated,
        )

    def _write(self, kind: str, body: Mapping[str, object]) -> None:
        """Write an entry and wait until it is on disk. Raises JournalError."""
        utc, now_ns = rfc3339(self._clock.utc()), self._clock.monotonic_ns()
        entry = JournalEntry(kind, None, utc, now_ns, body)
        self._journal.wait(self._journal.append([entry]))


def _shown(span_ms: int | None) -> str:
    return "never" if span_ms is None else f"{span_ms} ms"
