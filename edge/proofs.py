"""Proofs that a device stops when its master falls silent: what needs one, and which are valid.

A proof is an entry of the journal, made by `scanlane device prove` and by nothing else; the newest
one of a device counts, also when it shows that the device failed. Pure; the date is an argument.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, get_args

from pydantic import TypeAdapter

from edge.evidence.canonical import canonical
from edge.evidence.record import Record
from edge.settings import LaneFile

PROOF = "device.proof"
"""Kind of a proof's entry."""
PROOFS_READ = 1000
"""How many of the newest are looked at: years of them."""
COMMAND = "scanlane device prove LANE.toml --all --officer ID"
_MOMENT = timedelta(microseconds=1)
_NOT_YET = 0.9
"""Up to this part of its time-out a device must not have fallen, or its parameters say nothing."""
_SURELY = 1.2
"""From this multiple of it on it must have."""

Outcome = Literal["proven", "failed", "not_provable"]
Part = Literal["conveyor", "safety", "board", "source", "outputs"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Needed:
    """A device that must be proven.

    Attributes:
        device: its name in the lane file.
        part: what it is to the lane.
        kind: its driver's.
        settings_sha256: of its section and its bus's, hex.
        limit_ms: longest time from the last frame to its safe state; None where none is stated.
    """

    device: str
    part: Part
    kind: str
    settings_sha256: str
    limit_ms: int | None


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence: from the last frame before it to the first one after it, and what was seen."""

    silence_ms: int
    fell: bool
    safe_ms: int | None
    saw: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What one trial of a device has shown.

    Attributes:
        device: its name in the lane file.
        part: what it is to the lane.
        kind: its driver's.
        settings_sha256: of its section and its bus's, hex.
        method: how its fall was brought about and seen.
        parameters: its watchdog as the device itself says it, empty where it says nothing.
        time_ms: its time-out in these parameters, 0 where it has none of its own.
        silences: in the order in which they were kept.
        outcome: what follows from them.
        reason: why it is not proven; empty when it is.
        survived_ms: longest silence through which it did not fall, 0 without one.
        bound_ms: from the last frame to its safe state being seen; None when it was not seen.
        officer: who stood by.
        utc: when it was made, RFC 3339.
        version: of this software.
        simulated: whether the lane was a simulated one.
    """

    device: str
    part: Part
    kind: str
    settings_sha256: str
    method: str
    parameters: str
    time_ms: int
    silences: tuple[Silence, ...]
    outcome: Outcome
    reason: str
    survived_ms: int
    bound_ms: int | None
    officer: str
    utc: str
    version: str
    simulated: bool

    def body(self) -> dict[str, object]:
        """The proof as the body of its entry."""
        return asdict(self) | {"silences": [asdict(one) for one in self.silences]}


_PROOF = TypeAdapter(Proof)


def proof_of(record: Record) -> Proof | None:
    """Read a proof out of its entry, None when it is none that this software understands."""
    try:
        proof = _PROOF.validate_json(canonical(record.body), strict=True)
        dated = datetime.fromisoformat(proof.utc)
    except ValueError:  # what pydantic says of a wrong field is one, too
        return None
    return proof if dated.tzinfo is not None else None


def newest(records: Iterable[Record]) -> dict[str, Proof]:
    """The newest proof of each device, of entries in their order."""
    found: dict[str, Proof] = {}
    for record in records:
        proof = proof_of(record)
        if proof is None:
            # It may have been a failure: what stood before it is no proof any more.
            found.pop(str(record.body.get("device")), None)
        else:
            found[proof.device] = proof
    return found


def needed(lane: LaneFile) -> tuple[Needed, ...]:
    """Every device of a lane that must be proven, by what it is to the lane.

    The drive, the safety controller, the permit board and the generator always; any other device
    where its section names outputs, since then something may hang on it.
    """
    parts: dict[str, Part] = {
        lane.safety: "safety",
        lane.belt.device: "conveyor",
        lane.board: "board",
        lane.source.device: "source",
    }
    for name, section in lane.devices.items():
        if section.get("outputs"):
            parts.setdefault(name, "outputs")
    limits: dict[Part, int | None] = {part: getattr(lane.proofs, f"{part}_ms") for part in PARTS}
    return tuple(
        Needed(
            name,
            part,
            str(lane.devices[name].get("kind")),
            settings_sha256(lane, name),
            limits[part],
        )
        for name, part in parts.items()
    )


def settings_sha256(lane: LaneFile, device: str) -> str:
    """Hash of what the lane file says of a device and of its bus, hex."""
    section = lane.devices[device]
    bus = lane.buses.get(str(section.get("bus")), {})
    return hashlib.sha256(canonical({"device": section, "bus": bus})).hexdigest()


def judged(proof: Proof, limit_ms: int | None) -> Proof:
    """Say what follows from the silences of a device with a time-out of its own.

    It is proven when it stood through a silence shorter than its time-out, fell in the first one
    that was long enough, and was seen safe within the lane's limit. ``time_ms`` must be above 0.
    """
    stood = [one for one in proof.silences if not one.fell]
    fell = [one for one in proof.silences if one.fell]
    survived_ms = max((one.silence_ms for one in stood), default=0)
    bound_ms = min((one.safe_ms for one in fell if one.safe_ms is not None), default=None)
    reason = _against(proof.time_ms, stood, fell, bound_ms, limit_ms)
    outcome: Outcome = "failed" if reason else "proven"
    return replace(
        proof, outcome=outcome, reason=reason, survived_ms=survived_ms, bound_ms=bound_ms
    )


def _against(
    time_ms: int,
    stood: Sequence[Silence],
    fell: Sequence[Silence],
    bound_ms: int | None,
    limit_ms: int | None,
) -> str:
    late = [one for one in stood if one.silence_ms >= _SURELY * time_ms]
    early = [one for one in fell if one.silence_ms <= _NOT_YET * time_ms]
    if late:
        return f"it went on through {late[-1].silence_ms} ms of silence; its time-out is {time_ms}"
    if early:
        return f"it fell after {early[0].silence_ms} ms already; its time-out is {time_ms}"
    if not fell:
        return "it was not seen to fall"
    if not stood:
        return "no silence was short enough to show that it was silence that it fell by; try again"
    return limit_reason(bound_ms, limit_ms)


def limit_reason(bound_ms: int | None, limit_ms: int | None) -> str:
    """Why a measured bound is not good enough, empty when it is."""
    if bound_ms is None:
        return "its safe state was not seen"
    if limit_ms is None:
        return "the lane file states no limit for it: add outputs_ms under [proofs]"
    if bound_ms > limit_ms:
        return f"safe only after {bound_ms} ms, the lane allows {limit_ms} ms"
    return ""


class ProofBook:
    """The proofs that a lane rests on.

    Args:
        lane: says what must be proven, and how.
        found: the newest proof of each device.
    """

    def __init__(self, lane: LaneFile, found: Mapping[str, Proof]) -> None:
        self._needed = needed(lane)
        self._found = found
        self._valid = timedelta(days=lane.proofs.valid_days)
        self._simulated = lane.lane.simulated
        self._parameters: dict[str, str] = {}
        self._against: dict[str, str] = {}
        self._stands: tuple[datetime, datetime] | None = None

    def says(self, device: str, parameters: str) -> None:
        """Take what a device says of its own watchdog now: a proof holds for these only."""
        if self._parameters.get(device) != parameters:
            self._parameters[device] = parameters
            self._stands = None

    def against(self, now: datetime) -> Mapping[str, str]:
        """What stands against each device that is not proven; empty when all are.

        Args:
            now: wall time; a proof ages, and one that is dated ahead proves nothing.
        """
        if self._stands is None or not self._stands[0] <= now < self._stands[1]:
            self._judge(now)
        return self._against

    def _judge(self, now: datetime) -> None:
        """Judge anew, and note between which moments the passing of time changes nothing."""
        self._against = {
            one.device: reason for one in self._needed if (reason := self._reason(one, now))
        }
        turns = [
            moment
            for proof in self._found.values()
            for made in [datetime.fromisoformat(proof.utc)]
            for moment in (made, made + self._valid + _MOMENT)
        ]
        since = max((turn for turn in turns if turn <= now), default=now)
        self._stands = since, min((turn for turn in turns if turn > now), default=now + self._valid)

    def _reason(self, device: Needed, now: datetime) -> str:
        proof = self._found.get(device.device)
        if proof is None:
            return "no proof in the journal"
        if proof.outcome != "proven":
            return f"{proof.outcome.replace('_', ' ')}: {proof.reason}"
        return (
            self._of_another(device, proof)
            or self._of_another_time(proof, now)
            or limit_reason(proof.bound_ms, device.limit_ms)
        )

    def _of_another(self, device: Needed, proof: Proof) -> str:
        """Why a proof is not of this device as it is now, empty when it is."""
        if (proof.kind, proof.part) != (device.kind, device.part):
            return f"proven as {proof.kind} ({proof.part}), it is {device.kind} ({device.part})"
        if proof.settings_sha256 != device.settings_sha256:
            return "its section of the lane file has changed since the proof"
        if proof.simulated is not self._simulated:
            return f"proven on a {'simulated' if proof.simulated else 'real'} lane"
        says = self._parameters.get(device.device, proof.parameters)
        return "" if says == proof.parameters else f"proven with {proof.parameters}, now {says}"

    def _of_another_time(self, proof: Proof, now: datetime) -> str:
        """Why a proof is not of these days, empty when it is."""
        age = now - datetime.fromisoformat(proof.utc)
        if age < timedelta():
            return f"its proof is dated {proof.utc}, ahead of the clock"
        if age > self._valid:
            return f"its proof of {proof.utc[:10]} is older than {self._valid.days} days"
        return ""


def told(against: Mapping[str, str]) -> str:
    """What stands against the proofs, in one line that names the remedy; devices share reasons."""
    by_reason: dict[str, list[str]] = {}
    for device, reason in against.items():
        by_reason.setdefault(reason, []).append(device)
    said = [f"{', '.join(devices)}: {reason}" for reason, devices in by_reason.items()]
    return "; ".join([*said, f"run {COMMAND}"]) if said else ""
